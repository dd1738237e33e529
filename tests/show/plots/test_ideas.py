"""The map of ideas: every stage has some, each is in the package where it says, and all are drawn."""

from functools import reduce
from importlib import import_module

import pytest

from yolo_course.show.ideas import EARLIER, IDEAS, IN_USE, OFF, idea_table
from yolo_course.show.plots.ideas import idea_map
from yolo_course.show.style import STAGES


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_idea_is_where_it_says(idea):
    *path, name = idea.here.split(".")
    module = next(
        (import_module("yolo_course." + ".".join(path[:n])), path[n:])
        for n in range(len(path), 0, -1)
        if path[n - 1].islower()
    )
    assert callable(reduce(getattr, [*module[1], name], module[0]))
    assert idea.stage in STAGES and idea.use in (IN_USE, EARLIER, OFF) and 1990 < idea.year < 2023


def test_names_are_unique_and_every_stage_has_ideas_by_year():
    names = [idea.name for idea in IDEAS]
    assert len(set(names)) == len(names)
    order = [(list(STAGES).index(idea.stage), idea.year) for idea in IDEAS]
    assert order == sorted(order) and {stage for stage, _ in order} == set(range(5))


def test_table_of_a_stage():
    head, _, *rows = idea_table("neck").splitlines()
    assert head.startswith("| neck | from | year")
    assert [row.split("**")[1] for row in rows] == ["concatenation", "FPN", "PAN"]
    assert {row.count("|") for row in rows} == {head.count("|")}
    with pytest.raises(ValueError, match="found stage 'tail', expected one of input"):
        idea_table("tail")


def test_map_shows_every_idea_in_the_column_of_its_stage():
    figure = idea_map()
    (axes,) = figure.axes
    column = {text.get_text(): text.get_position()[0] for text in axes.texts}
    for idea in IDEAS:
        assert column[idea.name] == column[idea.stage.capitalize()]
    figure.draw_without_rendering()
    boxes = [patch.get_window_extent() for patch in axes.patches]
    assert len(boxes) == len(IDEAS)
    words = [text for text in axes.texts if text.get_text() in {idea.name for idea in IDEAS}]
    for text, box in zip(words, boxes, strict=True):
        assert box.x0 < text.get_window_extent().x0 and text.get_window_extent().x1 < box.x1, text.get_text()
