"""The instructor's edition: the notebooks with every exercise solved, graded by a cell below it, and annotated.

Its cells carry nbgrader's metadata (schema 3) and marks, so that ``nbgrader generate_assignment`` makes the students'
version of it, and ``nbgrader autograde`` marks what they hand in.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import wrap

import nbformat
from nbformat.v4 import new_code_cell, new_output

from yolo_course.exercises.cells import check_line, exercises_of, refresh
from yolo_course.exercises.exercise import SOLVED, Exercise, Verdict

IMPORTS = "import math\nimport numpy as np\nimport torch\nimport yolo_course as yc\n"  # what an exercise may rely on


def build(paths: list[Path], out: Path, say: Callable[[str], None] = print) -> None:
    """Write the instructor's edition of each notebook into the folder ``out``, under its own name.

    Raises ValueError for a solution that its own check does not accept.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        count = solve(notebook, path.stem)
        nbformat.write(notebook, out / path.name)
        say(f"{out / path.name}: {count} exercises solved")


def solve(notebook, stem: str) -> int:
    """Put solution, and check with grading note, in the place of each exercise's cell; the number of exercises."""
    refresh(notebook, stem)
    cells, known = [], exercises_of(stem)
    for cell in notebook.cells:
        name = cell.metadata.get("exercise")
        cells += [cell] if name is None or cell.cell_type == "markdown" else _solved_cells(known[name])
    notebook.cells = cells
    return len(known)


def _solved_cells(exercise: Exercise) -> list:
    name, points = exercise.name, exercise.points
    output = new_output("stream", name="stdout", text=f"{judged(exercise)}\n")
    answer = new_code_cell(exercise.marked.rstrip(), id=f"{name}-answer", metadata=_metadata(name, solution=True))
    check = new_code_cell(
        f"{check_line(exercise, strict=True)}\n{_note(exercise)}",
        id=f"{name}-check",
        metadata=_metadata(f"{name}-check", grade=True, locked=True, points=points),
        outputs=[output],
    )
    return [answer, check]


def _note(exercise: Exercise) -> str:
    """How to grade, between the marks of what students do not get."""
    text = f"To grade ({exercise.points} point{'s' * (exercise.points > 1)}): {' '.join(exercise.grading.split())}"
    return "\n".join(["### BEGIN HIDDEN TESTS", *(f"# {line}" for line in wrap(text, 100)), "### END HIDDEN TESTS"])


def judged(exercise: Exercise) -> Verdict:
    """The verdict on the exercise's own solution, which is run here. Raises ValueError unless it is "correct"."""
    names: dict = {}
    for part in (IMPORTS, exercise.solved):
        exec(part, names)
    verdict = exercise.judge(*(names[name] for name in exercise.answers))
    if verdict.state != SOLVED:
        raise ValueError(f"found the solution of {exercise.name!r} {verdict}, expected it to be correct: mend either")
    return verdict


def _metadata(grade_id: str, **options) -> dict:
    fields = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"slideshow": {"slide_type": "skip"}, "nbgrader": {**fields, "grade_id": grade_id, **options}}
