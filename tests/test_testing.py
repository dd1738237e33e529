"""How `make test` calls pytest."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from yolo_course import machine, testing
from yolo_course.testing import ToolsMissing, pytest_command, run_tests


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
    assert paths == ["tests/test_notebooks_twice.py", "notebooks", "tests"]  # the longest first


def test_one_thread_a_process(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert testing.environment()["OMP_NUM_THREADS"] == "1"


def test_status_is_pytests_and_a_missing_browser_is_said(checkout, monkeypatch):
    said = []
    monkeypatch.setattr(machine, "browser", lambda: None)
    monkeypatch.setattr(testing.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=3))
    assert run_tests(checkout, [], said.append) == 3
    assert "browser tests are skipped" in said[0]


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
