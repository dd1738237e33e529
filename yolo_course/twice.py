"""Each notebook twice in a row in one file, for nbval: as when a reader goes back to the top, in the same kernel.

Both times every cell has to run, and the cells tagged `nbval-check-output` have to show what is stored.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

WRITES_TO = ("notebooks", "data", "runs")  # where a careless notebook would
# What trainings teach is shown by the first time. Only what is asked for by name is cut: resumed runs stay whole.
SHORT = """
from dataclasses import replace
from yolo_course.learn import experiment, settings

def at_most_two(given):
    return {**given, "epochs": min(2, given.get("epochs", 2))}

whole_settings, whole_file = settings.Settings.of, experiment.load_experiment
settings.Settings.of = lambda **given: whole_settings(**at_most_two(given))

def short_file(name):
    found = whole_file(name)
    return replace(found, settings=at_most_two(found.settings))

experiment.load_experiment = short_file
"""


def write_doubles(notebooks: Path, folder: Path) -> list[Path]:
    """Copies of the notebooks in ``folder``, all cells twice, with trainings of two epochs the second time.

    The longest ones come first. What lay in ``folder`` before goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for former in folder.glob("*.ipynb"):
        former.unlink()
    paths = sorted(notebooks.glob("[0-9][0-9]_*.ipynb"), reverse=True)  # those that train stand last in the course
    return [_write_double(path, folder / path.name) for path in paths]


def _write_double(path: Path, copy: Path) -> Path:
    notebook = nbformat.read(path, as_version=4)
    again = deepcopy(notebook.cells)
    for cell in again:
        cell.id += "-again"
    notebook.cells += [new_code_cell(SHORT), *again]
    nbformat.write(notebook, copy)
    return copy


def files_of(root: Path) -> dict[Path, int]:
    """What lies where notebooks must not write, with the time of its last change."""
    found = (path for folder in WRITES_TO for path in (root / folder).rglob("*"))
    return {path: path.stat().st_mtime_ns for path in found if path.is_file()}
