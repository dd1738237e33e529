"""The instructor's edition: solved, annotated, and ready for nbgrader."""

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from yolo_course.exercises.cells import cell_code, exercises_of, expected_cells, module_of, task_text
from yolo_course.exercises.edition import build, judged, solve

BACKBONE = Path(__file__).parents[2] / "notebooks/02_backbone.ipynb"


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """The edition of notebook 02, and what was said."""
    out, said = tmp_path_factory.mktemp("solutions"), []
    build([BACKBONE], out, said.append)
    return nbformat.read(out / BACKBONE.name, as_version=4), said


def graded(notebook, key):
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get(key)]


def test_every_exercise_is_solved_checked_and_annotated(edition):
    notebook, said = edition
    nbformat.validate(notebook)
    exercises = exercises_of(BACKBONE.stem)
    assert said[0].endswith(f"{len(exercises)} exercises solved")
    answers, checks = graded(notebook, "solution"), graded(notebook, "grade")
    assert [cell.source for cell in answers] == [exercise.marked.rstrip() for exercise in exercises.values()]
    for exercise, cell in zip(exercises.values(), checks, strict=True):
        line, begin, *note, end = cell.source.splitlines()
        assert line.endswith("strict=True)") and cell.metadata.nbgrader.points == exercise.points
        assert cell.metadata.nbgrader.locked and cell.outputs[0].text.startswith("✔ correct")
        assert (begin, end) == ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
        assert exercise.grading in " ".join(part.removeprefix("# ") for part in note)


def test_grade_ids_are_unique_and_all_else_stays(edition):
    notebook, _ = edition
    ids = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len(ids) == len(set(ids)) == 2 * len(exercises_of(BACKBONE.stem))
    before = nbformat.read(BACKBONE, as_version=4).cells
    untouched = [cell.source for cell in before if "exercise" not in cell.metadata]
    assert [source for source in untouched if source not in {cell.source for cell in notebook.cells}] == []


def test_nbgrader_finds_its_marks_and_every_cell_its_schema(edition):
    for cell in graded(edition[0], "solution"):
        assert cell.source.count("### BEGIN SOLUTION") == cell.source.count("### END SOLUTION") >= 1
        assert cell.metadata.nbgrader.schema_version == 3 and not cell.metadata.nbgrader.grade


def test_a_solution_that_its_check_refuses_stops_the_build():
    exercise = next(iter(exercises_of(BACKBONE.stem).values()))
    broken = replace(exercise, judge_answers=lambda *_: 1 / 0)
    with pytest.raises(ValueError, match="ZeroDivisionError.*mend either"):
        judged(broken)


def cell_of(kind, name):
    return nbformat.NotebookNode(cell_type=kind, source="old", metadata=nbformat.NotebookNode(exercise=name))


def test_cells_are_written_from_the_package_and_numbered_in_the_notebooks_order():
    names = list(exercises_of(BACKBONE.stem))[:2][::-1]
    notebook = nbformat.NotebookNode(cells=[cell_of(kind, name) for name in names for kind in ("markdown", "code")])
    sources = [source for _, source in expected_cells(notebook, BACKBONE.stem)]
    first, second = (exercises_of(BACKBONE.stem)[name] for name in names)
    assert sources == [task_text(first, 1), cell_code(first), task_text(second, 2), cell_code(second)]
    assert "### Exercise 2: " in sources[2] and sources[1].endswith(f"ex.{names[0]}.check({first.answers[0]})")
    assert solve(notebook, BACKBONE.stem) and len(notebook.cells) == 6


def test_unknown_exercises_and_notebooks_are_named():
    notebook = nbformat.NotebookNode(cells=[cell_of("code", "fly")])
    with pytest.raises(ValueError, match="'fly' in 02_backbone, expected one of "):
        expected_cells(notebook, "02_backbone")
    with pytest.raises(ValueError, match="'99_more', expected the module yolo_course.exercises.more"):
        module_of("99_more")
