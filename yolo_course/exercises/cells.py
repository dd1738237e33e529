"""Exercises in a notebook: two cells each, written from the package, so that nothing is said twice.

Both cells carry ``"exercise": name`` in their metadata: the text, and below it the code to fill in.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from yolo_course.exercises.exercise import Exercise

STUCK = "*Stuck? `ex.{0}.hint()`, as often as you like. To compare: `ex.{0}.solution()`.*"


def module_of(stem: str) -> ModuleType:
    """The exercises of a notebook: those of "02_backbone" are in ``yolo_course.exercises.backbone``.

    Raises ValueError for a notebook that has none.
    """
    name = f"{__package__}.{stem[3:]}"
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ValueError(f"found no exercises for the notebook {stem!r}, expected the module {name}") from error


def exercises_of(stem: str) -> dict[str, Exercise]:
    """All exercises of a notebook by name, in the order in which they are written."""
    found = vars(module_of(stem)).values()
    return {exercise.name: exercise for exercise in found if isinstance(exercise, Exercise)}


def task_text(exercise: Exercise, number: int) -> str:
    """The Markdown above the cell."""
    return f"### Exercise {number}: {exercise.title}\n\n{exercise.task}\n\n{STUCK.format(exercise.name)}"


def check_line(exercise: Exercise, strict: bool = False) -> str:
    """The line that judges the answers."""
    return f"ex.{exercise.name}.check({', '.join(exercise.answers)}{', strict=True' if strict else ''})"


def cell_code(exercise: Exercise) -> str:
    """The cell to fill in, with its check."""
    space = "\n\n" if exercise.code.lstrip().startswith("def ") else ""
    return f"{exercise.stub}{space}{check_line(exercise)}"


def expected_cells(notebook, stem: str) -> list[tuple[dict, str]]:
    """Each cell of the notebook that belongs to an exercise, and the source that the package gives it.

    Raises ValueError for an exercise that the notebook's module does not have.
    """
    named = [(cell, cell.metadata["exercise"]) for cell in notebook.cells if "exercise" in cell.metadata]
    known = exercises_of(stem) if named else {}
    seen, pairs = [], []
    for cell, name in named:
        if name not in known:
            raise ValueError(f"found the exercise {name!r} in {stem}, expected one of {', '.join(known)}")
        if name not in seen:
            seen.append(name)
        is_text = cell.cell_type == "markdown"
        pairs.append((cell, task_text(known[name], seen.index(name) + 1) if is_text else cell_code(known[name])))
    return pairs


def refresh(notebook, stem: str) -> None:
    """Write the exercises' cells anew, in place: what the package says now, and nothing a reader filled in."""
    for cell, source in expected_cells(notebook, stem):
        cell.source = source
