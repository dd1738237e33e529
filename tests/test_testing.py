"""How `make test` calls pytest."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.chromium import started_chromium
from yolo_course import machine, testing
from yolo_course.testing import ToolsMissing, browser_command, pytest_command, run_tests


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def test_two_workers_and_a_file_each(checkout):
    command = pytest_command(checkout, ["-k", "iou"])
    assert command[:3] == [sys.executable, "-m", "pytest"] and command[-2:] == ["-k", "iou"]
    assert command[command.index("-n") + 1] == "2" and command[command.index("--dist") + 1] == "loadfile"
    assert "notebooks" not in command


def test_notebooks_are_compared_where_there_are_any(checkout):
    (checkout / "notebooks/00.ipynb").write_text("{}", encoding="utf-8")
    command = pytest_command(checkout, [])
    assert "--nbval-lax" in command and "--no-loadscope-reorder" in command
    paths = [part for part in command if part.startswith(("tests/test_", "notebooks")) or part == "tests"]
    twice = ["tests/test_notebooks_twice_trained.py", "tests/test_notebooks_twice.py"]
    assert paths == [*twice, "notebooks", "tests"]  # the longest first
    assert "--ignore=tests/browser" in command and "-n" not in browser_command([])


def test_one_thread_a_process(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert testing.environment()["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    ("ended", "status"),
    [((0, 0), 0), ((1, 0), 1), ((0, 1), 1), ((0, 5), 0), ((5, 0), 0), ((1, 5), 1), ((5, 5), 5), ((2,), 2)],
)
def test_status_of_both_parts(checkout, monkeypatch, ended, status):
    left, ran = list(ended), []
    monkeypatch.setattr(machine, "browser", lambda: "/x/chromium")

    def run(command, **_):
        ran.append(command)
        return SimpleNamespace(returncode=left.pop(0))

    monkeypatch.setattr(testing.subprocess, "run", run)
    assert run_tests(checkout, ["-k", "iou"]) == status
    assert not left and all(command[-2:] == ["-k", "iou"] for command in ran)


@pytest.mark.parametrize("comes", [True, False])
def test_a_missing_browser_is_fetched_or_its_absence_is_said(monkeypatch, comes):
    said, ran = [], []
    monkeypatch.setattr(testing.subprocess, "run", lambda command, **_: ran.append(command))
    monkeypatch.setattr(machine, "browser", lambda: "/x/chrome" if comes and ran else None)
    testing.find_browser(said.append)
    assert ran == [testing.GET_BROWSER] and "trying to get one" in said[0]
    assert len(said) == 1 if comes else "THE BROWSER TESTS ARE SKIPPED" in said[1]


def test_a_required_browser_that_is_missing_fails_and_any_other_is_skipped(monkeypatch):
    monkeypatch.setattr(machine, "browser", lambda: None)
    for value, outcome in (("required", pytest.fail.Exception), ("", pytest.skip.Exception)):
        monkeypatch.setenv("YOLO_COURSE_BROWSER", value)
        with pytest.raises(outcome, match="no Chromium"), started_chromium():
            pass


def test_missing_tools_name_the_extra(checkout, monkeypatch):
    monkeypatch.setattr(testing, "TOOLS", ("pytest", "no_such_tool"))
    with pytest.raises(ToolsMissing, match=r"no_such_tool.*\[test\]"):
        run_tests(checkout, [])


def test_without_a_checkout(tmp_path):
    with pytest.raises(ToolsMissing, match="no tests"):
        run_tests(tmp_path, [])


def test_sanitising_lets_times_differ_and_nothing_else():
    from nbval.plugin import get_sanitize_patterns

    text = (Path(__file__).parent / "nbval_sanitize.cfg").read_text(encoding="utf-8")
    patterns = get_sanitize_patterns(text)

    def clean(output):
        for pattern, replacement in patterns:
            output = re.sub(pattern, replacement, output)
        return output

    assert clean("12.5 ms, at 0x7f12") == clean("9 ms, at 0x00ab")
    assert clean("epoch:  12%|### | 3/24") == clean("epoch:  99%|#####| 9/24")
    assert clean("(3, 640, 640)") != clean("(3, 320, 320)") and clean("7,468,157") == "7,468,157"
