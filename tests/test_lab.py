"""JupyterLab starts as `make lab` starts it: a free port, no screen, root or not, no network."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from yolo_course import lab
from yolo_course.lab import LabError

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind((lab.HOST, 0))
        server.listen()
        yield server.getsockname()[1]


def test_taken_port_is_passed_over(taken_port):
    assert not lab.is_free(taken_port)
    assert taken_port < lab.free_port(taken_port) < taken_port + lab.PORTS_TRIED


def test_no_port_left(monkeypatch):
    monkeypatch.setattr(lab, "is_free", lambda port: False)
    with pytest.raises(LabError, match="--port"):
        lab.free_port()


def test_a_chosen_port_that_is_taken_names_a_free_one(taken_port):
    with pytest.raises(LabError, match=rf"Port {taken_port} is taken.* (\d+) is free"):
        lab.checked_port(taken_port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_does_not_exist(port):
    with pytest.raises(LabError, match="does not exist"):
        lab.checked_port(port)


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(LabError, match="00_start_here"):
        lab.start_lab(tmp_path)


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize("browser", [True, False])
def test_root_and_browser_on_the_command_line(monkeypatch, tmp_path, root, browser):
    monkeypatch.setattr(lab, "is_root", lambda: root)
    arguments = lab.server_arguments(tmp_path, 9000, "secret", browser)
    assert ("--allow-root" in arguments) is root
    assert ("--no-browser" in arguments) is not browser
    assert {"--port=9000", "--ip=127.0.0.1", "--ServerApp.port_retries=0"} <= set(arguments)


@pytest.mark.parametrize(
    ("platform", "root", "display", "expected"),
    [
        ("linux", False, {"DISPLAY": ":0"}, True),
        ("linux", False, {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", False, {}, False),
        ("linux", True, {"DISPLAY": ":0"}, False),
        ("darwin", False, {}, True),
        ("win32", False, {}, True),
    ],
)
def test_where_there_is_a_screen(monkeypatch, platform, root, display, expected):
    monkeypatch.setattr(lab.sys, "platform", platform)
    monkeypatch.setattr(lab, "is_root", lambda: root)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in display.items():
        monkeypatch.setenv(name, value)
    assert lab.has_screen() is expected


@pytest.fixture
def running_lab(tmp_path):
    """`python -m yolo_course lab` on a free port, with Jupyter's own folders in tmp_path; its address."""
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    environment = {**os.environ, **{name: str(tmp_path / name.lower()) for name in folders}}
    environment.pop("DISPLAY", None)
    command = [
        sys.executable,
        "-m",
        "yolo_course",
        "lab",
        "--port",
        str(lab.free_port(20000)),
        "--no-browser",
    ]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield printed_address(server, tmp_path / "log")
    finally:
        server.terminate()
        server.wait(timeout=30)


def printed_address(server, log, seconds=60):
    """Wait until the server has printed its address and answers there."""
    for _ in range(seconds * 5):
        text = log.read_text(encoding="utf-8")
        assert server.poll() is None, f"JupyterLab ended: {text}"
        if found := re.search(r"http://\S+", text):
            try:
                get(found[0], "/api")
                return found[0]
            except urllib.error.URLError:
                pass
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer: {text}")


def get(address, path):
    """The status at `path` of the server at `address`, with its token."""
    base, token = address.split("/lab/tree")[0], address.rpartition("token=")[2]
    request = urllib.request.Request(base + path, headers={"Authorization": f"token {token}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return answer.status


def test_lab_opens_the_first_notebook(running_lab):
    assert "/lab/tree/notebooks/00_start_here.ipynb?token=" in running_lab
    assert get(running_lab, f"/lab/tree/{lab.FIRST_NOTEBOOK}") == 200
    assert get(running_lab, f"/api/contents/{lab.FIRST_NOTEBOOK}?content=0") == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(running_lab.rpartition("=")[0] + "=wrong", "/api/contents")
