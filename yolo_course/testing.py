"""Run every test as `make test` does: two processes of one thread each, notebooks included."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from yolo_course import machine

TOOLS = ("pytest", "nbval", "xdist", "pytest_timeout", "hypothesis", "pycocotools")
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class ToolsMissing(ValueError):
    """The environment was made without the extra `test`."""


def run_tests(root: Path, arguments: list[str], say: Callable[[str], None] = print) -> int:
    """Run pytest on the checkout `root` with `arguments` added; the result is its exit status."""
    missing = [name for name in TOOLS if importlib.util.find_spec(name) is None]
    if missing:
        raise ToolsMissing(
            f"The test tools are not all here (missing: {', '.join(missing)}). In the checkout, run: "
            'python -m pip install -c constraints.txt -e ".[test]"'
        )
    if not (root / "tests").is_dir():
        raise ToolsMissing(f"{root} has no tests: run this in a clone of the course's repository.")
    if machine.browser() is None:
        say("No Chromium or Chrome: the browser tests are skipped (`yolo-course doctor` has the fix).")
    return subprocess.run(pytest_command(root, arguments), cwd=root, env=environment()).returncode


def pytest_command(root: Path, arguments: list[str]) -> list[str]:
    """Two workers, a file each; a notebook cell fails on an error, or where a marked output differs."""
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    if any((root / "notebooks").glob("*.ipynb")):  # the longest first, so that both workers end together
        command += ["tests/test_notebooks_twice.py", "notebooks"]
        command += ["--nbval-lax", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
    return [*command, "tests", *arguments]


def environment() -> dict[str, str]:
    """This environment, with one thread a process (two workers would fight for the cores) and no screen."""
    return {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "MPLBACKEND": "Agg"}
