"""How `make test` calls pytest."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.chromium import started_chromium
from yolo_course import machine, testing
from yolo_course.testing import ToolsMissing, alone_command, pytest_command, run_tests
from yolo_course.twice import SHORT, write_doubles


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def test_two_workers_and_a_file_each():
    command = pytest_command([], ["-k", "iou"])
    assert command[:3] == [sys.executable, "-m", "pytest"] and command[-2:] == ["-k", "iou"]
    assert command[command.index("-n") + 1] == "2" and command[command.index("--dist") + 1] == "loadfile"
    assert "--nbval-lax" not in command


def test_notebooks_are_compared_and_the_longest_come_first():
    command = pytest_command(["build/twice/07.ipynb", "build/twice/00.ipynb"], [])
    assert "--nbval-lax" in command and "--no-loadscope-reorder" in command
    at = command.index("tests/browser")
    assert command[at : at + 4] == ["tests/browser", "build/twice/07.ipynb", "build/twice/00.ipynb", "tests"]
    assert f"--ignore={testing.ALONE}" in command and "-n" not in alone_command([])
    assert (Path(__file__).parents[1] / testing.ALONE).is_file()


def test_doubles_hold_every_cell_twice_and_no_others_stay(tmp_path):
    cells = [new_markdown_cell("# Title"), new_code_cell("a = 1")]
    for name in ("00_a", "07_b"):
        nbformat.write(new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
    (tmp_path / "twice").mkdir()
    (tmp_path / "twice/03_gone.ipynb").write_text("{}", encoding="utf-8")
    doubles = write_doubles(tmp_path, tmp_path / "twice")
    assert [path.name for path in doubles] == ["07_b.ipynb", "00_a.ipynb"]
    assert sorted(os.listdir(tmp_path / "twice")) == ["00_a.ipynb", "07_b.ipynb"]
    found = nbformat.read(doubles[0], as_version=4)
    nbformat.validate(found)
    assert [cell.source for cell in found.cells] == ["# Title", "a = 1", SHORT, "# Title", "a = 1"]


def test_trainings_are_short_the_second_time():
    code = "import yolo_course as yc\nfrom yolo_course.learn.experiment import load_experiment\n"
    code += "print(load_experiment('far80').settings['epochs'], yc.learn.settings.Settings.of(epochs=9).epochs)\n"
    found = subprocess.run([sys.executable, "-c", code + SHORT + code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == ["24 9", "2 2"]


def test_what_is_left_in_the_checkout_fails(checkout, monkeypatch):
    monkeypatch.setattr(machine, "browser", lambda: "/x/chromium")

    def run(command, **_):
        (checkout / "notebooks/left.txt").write_text("x", encoding="utf-8")
        return SimpleNamespace(returncode=0)

    said = []
    monkeypatch.setattr(testing.subprocess, "run", run)
    assert run_tests(checkout, [], said.append) == 1
    assert "written while the tests ran" in said[0] and "left.txt" in said[0]


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
