"""What holds for every exercise: the solution passes, the untouched cell stops nothing, wrong answers hear why."""

import ast
import builtins
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from yolo_course.exercises.cells import exercises_of, expected_cells
from yolo_course.exercises.edition import IMPORTS

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
EXERCISES = [(path.stem, name) for path in NOTEBOOKS for name in exercises_of(path.stem)]


def wrong_answers(stem) -> dict[str, dict[str, str]]:
    """By exercise: code that answers wrongly, and a part of the message that it deserves."""
    return import_module(f"tests.exercises.wrong.{stem[3:]}").WRONG


def run(exercise, code):
    names = {}
    for part in (IMPORTS, code):  # apart, as in a notebook: where a module is imported changes how its calls compile
        exec(part, names)
    return exercise.judge(*(names[name] for name in exercise.answers))


@pytest.mark.parametrize(("stem", "name"), EXERCISES)
def test_exercise(stem, name):
    exercise = exercises_of(stem)[name]
    assert run(exercise, exercise.stub).state == "not attempted"
    verdict = run(exercise, exercise.solved)
    assert verdict.state == "correct", verdict
    assert exercise.grading and exercise.points >= 1 and exercise.task and exercise.title
    assert BLOCK_MARK not in exercise.stub and BLOCK_MARK not in exercise.solved


BLOCK_MARK = "SOLUTION"


@pytest.mark.parametrize(("stem", "name"), EXERCISES)
def test_wrong_answers_get_the_message_written_for_them(stem, name):
    exercise, wrong = exercises_of(stem)[name], wrong_answers(stem)[name]
    messages = []
    for code, part in wrong.items():
        verdict = run(exercise, code)
        assert verdict.state == "not yet" and part in verdict.message, verdict
        assert all(word in verdict.message for word in ("found", "expected", "Try: ")), verdict
        messages.append(verdict.message)
    assert len(set(messages)) >= 2, "expected two wrong answers with messages of their own"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_says_what_the_package_says(path):
    notebook = nbformat.read(path, as_version=4)
    for cell, source in expected_cells(notebook, path.stem):
        assert cell.source == source, f"an exercise differs from the package: run `yolo-course notebooks {path.stem}`"
    used = [cell.metadata["exercise"] for cell in notebook.cells if "exercise" in cell.metadata]
    assert used == [name for name in dict.fromkeys(used) for _ in range(2)], "expected text and code, side by side"
    assert set(used) == set(exercises_of(path.stem))


@pytest.mark.parametrize(("stem", "name"), EXERCISES)
def test_a_cell_needs_nothing_but_common_imports(stem, name):
    """Names that solution and check line use: of their own, built in, or of the four common imports."""
    tree = ast.parse(exercises_of(stem)[name].solved)
    nodes = list(ast.walk(tree))
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    bound |= {alias.asname or alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    common = used & {"math", "np", "torch", "yc"}
    assert used <= bound | common | set(dir(builtins)), used - bound
    path = next(path for path in NOTEBOOKS if path.stem == stem)
    notebook = nbformat.read(path, as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    needed = {
        "math": "import math",
        "np": "import numpy as np",
        "torch": "import torch",
        "yc": "import yolo_course as yc",
    }
    assert all(needed[module] in code for module in common), common
