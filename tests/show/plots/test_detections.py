"""Lists of boxes in pictures: the shared area, each step of suppression, the curves, and clear errors."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from yolo_course.show import style
from yolo_course.show.plots.detections import (
    Step,
    overlap_figure,
    precision_recall_figure,
    suppression_figure,
    threshold_figure,
)

IMAGE = np.full((60, 60, 3), 90, np.uint8)
BOXES = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 50, 50]])
SCORES = np.array([0.9, 0.8, 0.7])


def words(axes):
    return [text.get_text() for text in axes.texts]


def places(axes, colour):
    """The left edges of the boxes in a colour."""
    from matplotlib.colors import to_rgba

    frames = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return [frame.get_x() for frame in frames if frame.get_edgecolor() == to_rgba(colour)]


def test_the_shared_area_is_hatched_and_counted():
    axes = overlap_figure((1, 1, 5, 4), (3, 2, 7, 6)).axes[0]
    assert words(axes) == ["a: 12", "b: 16", "4"]
    shared = next(patch for patch in axes.patches if patch.get_hatch())
    assert shared.get_bbox().bounds == (3, 2, 2, 2)
    assert len({patch.get_linestyle() for patch in axes.patches if not patch.get_fill()}) == 2  # not by colour alone


def test_boxes_that_do_not_touch_share_nothing():
    axes = overlap_figure((0, 0, 2, 2), (2, 0, 4, 2)).axes[0]
    assert words(axes) == ["a: 4", "b: 4"] and not any(patch.get_hatch() for patch in axes.patches)


@pytest.mark.parametrize("box", [(5, 1, 1, 4), (1, 1, 1, 4)])
def test_a_box_without_area_is_refused(box):
    with pytest.raises(ValueError, match="expected two boxes"):
        overlap_figure(box, (3, 2, 7, 6))


def test_each_step_shows_what_is_kept_removed_and_waiting():
    figure = suppression_figure(IMAGE, BOXES, SCORES, [Step(0, [1]), Step(2, [])])
    first, second, last = figure.axes
    assert (places(first, style.FOUND), places(first, style.YELLOW), places(first, "white")) == ([0], [1], [30])
    assert (places(second, style.FOUND), places(second, style.YELLOW), places(second, "white")) == ([0, 30], [], [])
    assert places(last, style.FOUND) == [0, 30] and last.get_title() == "left: 2\nof 3"
    assert [axes.get_title() for axes in (first, second)] == [
        "step 1: keep 0.90,\nremove 1",
        "step 2: keep 0.70,\nremove 0",
    ]


def test_suppression_needs_a_step():
    with pytest.raises(ValueError, match="found no step"):
        suppression_figure(IMAGE, BOXES, SCORES, [])


def test_threshold_curves_are_the_numbers():
    thresholds, precision, recall, boxes = np.array([0.1, 0.5]), [0.2, 0.9], [0.8, 0.3], [20, 2]
    left, right = threshold_figure(thresholds, precision, recall, boxes, marks=(0.25,)).axes
    assert [list(each.get_ydata()) for each in left.lines[:2]] == [precision, recall]
    assert left.lines[0].get_linestyle() != left.lines[1].get_linestyle()
    assert list(right.lines[0].get_ydata()) == boxes and right.get_yscale() == "log"
    assert all(" 0.25" in words(axes) and axes.lines[-1].get_xdata()[0] == 0.25 for axes in (left, right))


def test_threshold_curves_must_pair():
    with pytest.raises(ValueError, match=r"found \[2, 2, 1, 2\] numbers"):
        threshold_figure(np.array([0.1, 0.5]), [1, 1], [1], [1, 1])


def test_dots_are_numbered_and_the_reading_is_drawn():
    at = np.linspace(0, 1, 101)
    read, other = np.where(at <= 0.5, 1, 0), np.full(101, 0.4)
    axes = precision_recall_figure(np.array([0.25, 0.5]), np.array([1, 1]), at, read, other).axes[0]
    assert [bar.get_height() for bar in axes.patches] == list(read)
    assert words(axes) == ["1", "2"]
    dashed = next(each for each in axes.lines if each.get_linestyle() == "--")
    np.testing.assert_array_equal(dashed.get_ydata(), other)
    assert len(precision_recall_figure(np.array([1.0]), np.array([1.0]), at, read).axes[0].lines) == 2


def test_recall_and_precision_must_pair():
    with pytest.raises(ValueError, match="found 2 recalls, 1 precisions"):
        precision_recall_figure(np.array([0.1, 0.2]), np.array([1.0]), np.zeros(3), np.zeros(3))
