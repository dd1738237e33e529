"""The chart of the family."""

import pytest

from yolo_course.show.plots.models import ModelCost, model_chart

COSTS = [ModelCost("n", 1_872_157, 1.1, 21.0), ModelCost("x", 86_749_405, 51.3, 830.0)]


def test_two_panels_with_each_model_named():
    figure = model_chart(COSTS)
    left, right = figure.axes
    assert [text.get_text() for text in left.texts] == ["n: 1.9 M", "x: 86.7 M"]
    assert [text.get_text() for text in right.texts] == ["n: 21 ms", "x: 830 ms"]
    assert right.lines[0].get_xdata().tolist() == [1.1, 51.3]
    figure.draw_without_rendering()
    for axes in figure.axes:
        for text in axes.texts:
            assert text.get_window_extent().x1 <= axes.bbox.x1


def test_one_model_and_none():
    assert len(model_chart(COSTS[:1]).axes[0].texts) == 1
    with pytest.raises(ValueError, match="found no model"):
        model_chart([])
