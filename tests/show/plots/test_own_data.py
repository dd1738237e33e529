"""A data set at a glance: the loop of work, class balance, box sizes, anchors."""

import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch, Rectangle

from yolo_course.data import Dataset
from yolo_course.show import style
from yolo_course.show.plots.own_data import (
    MANY,
    STEPS,
    anchor_fit,
    box_sizes,
    class_balance,
    scaled_sizes,
    work_loop,
)

NAMES = ["disc", "square"]
WIDE = np.zeros((100, 200, 3), np.uint8)


def data(classes=(0, 1, 1), names=NAMES):
    """One picture, 200 x 100, with boxes of 20 x 10 pixels and one of 100 x 50."""
    boxes = np.float32([[0, 0, 20, 10]] * (len(classes) - 1) + [[0, 0, 100, 50]])
    return Dataset([WIDE], [boxes], [np.int64(classes)], names)


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_the_loop_names_every_step_and_leads_back():
    axes = work_loop().axes[0]
    assert [word for word in words(axes) if word in STEPS] == list(STEPS)
    assert any("test split stays closed" in word for word in words(axes))
    arrows = [patch for patch in axes.patches if not isinstance(patch, FancyBboxPatch)]
    assert len(arrows) == len(STEPS) and arrows[-1].get_linestyle() == "--"


def test_one_step_lit():
    boxes = [patch for patch in work_loop("train").axes[0].patches if isinstance(patch, FancyBboxPatch)]
    white = [patch.get_facecolor()[:3] == (1, 1, 1) for patch in boxes]
    assert white.count(False) == 1 and not white[list(STEPS).index("train")]


def test_an_unknown_step_is_refused():
    with pytest.raises(ValueError, match="found step 'deploy', expected one of photograph"):
        work_loop("deploy")


def test_class_balance_counts_each_class_in_each_split():
    axes = class_balance({"train": data(), "val": data((0, 0))}).axes[0]
    train, val = axes.containers
    assert [bar.get_width() for bar in train] == [1, 2] and [bar.get_width() for bar in val] == [2, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["disc", "square"]  # 3 boxes, 2 boxes
    assert {bar.get_hatch() for bar in val} != {bar.get_hatch() for bar in train}  # not by colour alone
    assert words(axes) == [" 1", " 2", " 2", " 0"]


def test_class_balance_of_many_classes_draws_the_largest():
    names = [f"c{i}" for i in range(MANY + 5)]
    axes = class_balance({"train": data([3, 3, MANY + 4], names)}).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == MANY and labels[:2] == ["c3", f"c{MANY + 4}"]


def test_class_balance_of_nothing():
    with pytest.raises(ValueError, match="found no split, expected"):
        class_balance({})


def test_sizes_are_those_at_the_training_size():
    assert scaled_sizes(data(), 100).tolist() == [[10, 5], [10, 5], [50, 25]]
    empty = Dataset([WIDE], [np.zeros((0, 4))], [np.zeros(0, int)], NAMES)
    assert scaled_sizes(empty, 100).shape == (0, 2)


def test_small_boxes_are_counted_and_hatched():
    figure = box_sizes(data(), sizes=(100, 200))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [
        "pictures at 100 px: 67% of the boxes under 8 px",
        "pictures at 200 px: 0% of the boxes under 8 px",
    ]
    fine, small = figure.axes[0].containers
    assert sum(bar.get_height() for bar in fine) == 1 and sum(bar.get_height() for bar in small) == 2
    assert all(bar.get_hatch() and bar.get_x() + bar.get_width() <= 8 for bar in small if bar.get_height())
    assert [text.strip() for text in words(figure.axes[0])] == ["P3", "P4", "P5"]


def test_boxes_larger_than_usual_and_tiny_ones_stay_in_the_chart():
    boxes = np.float32([[0, 0, 100, 100], [0, 0, 0.1, 0.1]])
    axes = box_sizes(Dataset([WIDE[:, :100]], [boxes], [np.int64([0, 1])], NAMES), sizes=(1280,)).axes[0]
    assert sum(bar.get_height() for bars in axes.containers for bar in bars) == 2
    assert axes.get_xlim()[1] >= 1280


def test_no_box_at_all():
    with pytest.raises(ValueError, match="found no box in the data set"):
        box_sizes(Dataset([WIDE], [np.zeros((0, 4))], [np.zeros(0, int)], NAMES))


ANCHORS = np.array([[[8, 8]], [[16, 32]]])  # two levels with an anchor each


def test_anchor_fit_tells_reached_boxes_from_others():
    sizes = np.array([[8, 8], [2.1, 8], [2, 8], [60, 120], [200, 8]])  # 2 is exactly 4 times less: out
    axes = anchor_fit(sizes, ANCHORS).axes[0]
    dots, crosses, *levels = axes.lines
    assert dots.get_xydata().tolist() == [[8, 8], [2.1, 8], [60, 120]]
    assert crosses.get_xydata().tolist() == [[2, 8], [200, 8]] and crosses.get_color() == style.VERMILLION
    assert [line.get_xydata().tolist() for line in levels] == [[[8, 8]], [[16, 32]]]
    assert len({line.get_marker() for line in levels}) == 2
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[:3] == ["boxes that an anchor fits: 3", "no anchor: 2", "anchors of P3"]


def test_a_square_on_logarithmic_axes_is_an_anchors_reach():
    axes = anchor_fit(np.ones((1, 2)), ANCHORS).axes[0]
    first = next(patch for patch in axes.patches if isinstance(patch, Rectangle))
    assert first.get_bbox().extents.tolist() == [2, 2, 32, 32]
    assert axes.get_xscale() == axes.get_yscale() == "log"


def test_anchors_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"found sizes \(3, 4\) and anchors \(2, 1, 2\), expected"):
        anchor_fit(np.ones((3, 4)), ANCHORS)
    with pytest.raises(ValueError, match="expected"):
        anchor_fit(np.ones((3, 2)), ANCHORS[0])
