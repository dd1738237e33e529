"""The command line: quick to start, complete in its help, and clear in its errors."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yolo_course import checkup, lab, notebooks, testing
from yolo_course.checkup import Finding
from yolo_course.cli import app
from yolo_course.show import slides

HEAVY = {"torch", "torchvision", "cv2", "matplotlib", "numpy", "jupyterlab", "nbclient"}


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), prog_name="yolo-course", terminal_width=100)


def test_help_names_every_command_and_imports_nothing_heavy():
    code = (
        "import sys\nfrom yolo_course.cli import app\n"
        "try:\n    app(['--help'])\nfinally:\n    print('LOADED', *sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    text, _, loaded = result.stdout.partition("LOADED")
    assert all(name in text for name in ("doctor", "lab", "notebooks", "slides", "solutions", "test"))
    assert not HEAVY & set(loaded.split())


def test_python_m_is_the_same_command():
    command = [sys.executable, "-m", "yolo_course", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert "Usage: yolo-course" in result.stdout


def test_python_m_without_the_libraries_says_how_to_set_up():
    code = "import sys; sys.modules['typer'] = None; import yolo_course.__main__"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 1 and "make lab" in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["doctor", "lab", "notebooks", "slides", "solutions", "test"])
def test_each_help_has_an_example(command):
    result = run(command, "--help")
    assert result.exit_code == 0 and f"yolo-course {command}" in result.output.replace("\n", " ")
    assert "Example" in result.output


@pytest.mark.parametrize(("broken", "status"), [(False, 0), (True, 1)])
def test_doctor_prints_the_fix_and_sets_the_status(monkeypatch, broken, status):
    finding = Finding("cv2", "missing [really]", "install it", broken)
    monkeypatch.setattr(checkup, "examine", lambda: [Finding("Python", "3.11"), finding])
    result = run("doctor")
    assert result.exit_code == status
    assert "missing [really]" in result.output and "install it" in result.output
    assert ("Something is broken" in result.output) is broken


def test_errors_of_the_course_are_a_message_not_a_traceback(monkeypatch):
    def fail(*_, **__):
        raise lab.LabError("Port [9] is taken")

    monkeypatch.setattr(lab, "start_lab", fail)
    result = run("lab")
    assert result.exit_code == 1 and "Error: Port [9] is taken" in result.stderr
    assert "Traceback" not in result.output
    assert isinstance(run("--traceback", "lab").exception, lab.LabError)


def test_lab_options_arrive(monkeypatch):
    seen = []
    monkeypatch.setattr(lab, "start_lab", lambda root, port, browser, say: seen.append((port, browser)))
    run("lab", "--port", "9000", "--no-browser")
    run("lab")
    assert seen == [(9000, False), (None, True)]


@pytest.mark.parametrize(("all_ran", "status"), [(True, 0), (False, 1)])
def test_notebooks_status(monkeypatch, all_ran, status):
    monkeypatch.setattr(notebooks, "find_notebooks", lambda folder, names: names)
    monkeypatch.setattr(notebooks, "run_all", lambda paths, timeout, say: paths == ["07"] and all_ran)
    assert run("notebooks", "07").exit_code == status


@pytest.mark.parametrize(("all_made", "status"), [(True, 0), (False, 1)])
def test_slides_options_and_status(monkeypatch, all_made, status):
    seen = []
    monkeypatch.setattr(slides, "build", lambda folder, out, names, say: seen.append((out, names)) or all_made)
    assert run("slides", "07", "talk", "--out", "decks").exit_code == status
    run("slides")
    assert seen == [(Path("decks"), ["07", "talk"]), (Path("build/slides"), [])]


def test_test_passes_arguments_and_status_on(monkeypatch):
    seen = []
    monkeypatch.setattr(testing, "run_tests", lambda root, arguments, say: seen.append(arguments) or 5)
    assert run("test", "-k", "letterbox", "-x").exit_code == 5
    assert seen == [["-k", "letterbox", "-x"]]
