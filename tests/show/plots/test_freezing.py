"""The map of comparisons: each seed's difference to unfrozen lies where it was measured."""

import pytest

from tests.show.make import comparison
from yolo_course.learn.verdict import verdict
from yolo_course.show.plots.freezing import freezing_map


def test_dots_are_the_paired_differences():
    one, two = comparison(), comparison()
    (axes,) = freezing_map({"far": one, "near": two}, modes=("backbone",)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["far", "near"]
    for row, (dots, own) in enumerate(zip(axes.collections, (one, two), strict=True)):
        assert dots.get_offsets()[:, 0].tolist() == pytest.approx(verdict(own, "backbone").differences)
        assert set(dots.get_offsets()[:, 1]) == {row}


def test_each_mode_is_named_once_in_the_legend():
    figure = freezing_map({"far": comparison(), "near": comparison()}, modes=("backbone", "scratch"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["backbone frozen", "from scratch"]


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="found no comparison"):
        freezing_map({})
    with pytest.raises(ValueError, match="'frozen-solid'"):
        freezing_map({"far": comparison()}, modes=("frozen-solid",))
