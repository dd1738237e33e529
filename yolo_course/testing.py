"""Run every test as `make test` does: two processes of one thread each, then the one test that wants no company."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from yolo_course import machine
from yolo_course.twice import files_of, write_doubles

TOOLS = ("pytest", "nbval", "xdist", "pytest_timeout", "hypothesis", "pycocotools")
LONG = "tests/browser"  # opens every notebook
ALONE = "tests/browser/test_speed.py"  # times the way from a key to a picture
GET_BROWSER = [sys.executable, "-m", "playwright", "install", "chromium"]
NOTHING_CHOSEN, INTERRUPTED = 5, 2  # pytest's exit status


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
    find_browser(say)
    ended, before = [], files_of(root)
    doubles = [str(path.relative_to(root)) for path in write_doubles(root / "notebooks", root / "build" / "twice")]
    for command in (pytest_command(doubles, arguments), alone_command(arguments)):
        ended.append(subprocess.run(command, cwd=root, env=environment()).returncode)
        if ended[-1] == INTERRUPTED:
            return INTERRUPTED
    # `-k letterbox` may choose tests of one part only; that none is chosen at all is an error
    status = max(status for status in ended if status != NOTHING_CHOSEN or set(ended) == {NOTHING_CHOSEN})
    return status or touched(root, before, say)


def touched(root: Path, before: dict[Path, int], say: Callable[[str], None]) -> int:
    """1, and a line, where tests or notebooks changed files that lay in the checkout ``before``, or left new ones."""
    changed = sorted(str(path.relative_to(root)) for path, _ in files_of(root).items() ^ before.items())
    if changed:
        say(f"FAILED  written while the tests ran, though they write elsewhere: {', '.join(dict.fromkeys(changed))}")
    return int(bool(changed))


def find_browser(say: Callable[[str], None]) -> None:
    """Say so where there is no browser for the tests, after an attempt to install one."""
    if machine.browser() is not None:
        return
    say("No Chromium or Chrome: trying to get one for the browser tests (playwright install chromium) ...")
    try:
        subprocess.run(GET_BROWSER, capture_output=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired):
        pass  # said below
    if machine.browser() is None:
        say("None to be had: THE BROWSER TESTS ARE SKIPPED. To run them: sudo apt install chromium, or install Chrome.")


def pytest_command(notebooks: list[str], arguments: list[str]) -> list[str]:
    """Two workers, a file each; a notebook cell fails on an error, or where a marked output differs."""
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    if notebooks:
        command += ["--nbval-lax", "--nbval-sanitize-with", "tests/nbval_sanitize.cfg"]
    # The longest first, so that both workers end together.
    return [*command, LONG, *notebooks, "tests", f"--ignore={ALONE}", *arguments]


def alone_command(arguments: list[str]) -> list[str]:
    """One test after the other, with nothing else going on: their times count."""
    return [sys.executable, "-m", "pytest", ALONE, *arguments]


def environment() -> dict[str, str]:
    """This environment, with one thread a process (two workers would fight for the cores) and no screen."""
    return {**os.environ, **dict.fromkeys(machine.THREADS, "1"), "MPLBACKEND": "Agg"}
