"""Reading errors: curves of runs, precision and recall, confusion, the mistakes themselves."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from yolo_course.learn.matching import THRESHOLDS
from yolo_course.learn.metrics import score
from yolo_course.show import style
from yolo_course.show.plots.own_errors import (
    KINDS,
    Mistake,
    confusion_chart,
    mistake_bars,
    mistake_sheet,
    precision_recall_chart,
    run_curves,
)

NAMES = ["disc", "square"]


def rows(epochs, best):
    """Rows of metrics.csv, measured every second epoch."""
    return [
        {"epoch": e, "box": 1 / e, "obj": 0.2, "cls": 0.1, "map50": best if e % 2 == 0 else None}
        for e in range(1, epochs + 1)
    ]


def test_runs_follow_one_another():
    left, right = run_curves({"backbone": rows(4, 0.4), "unfrozen": rows(2, 0.6)}).axes
    first, second = right.lines
    assert first.get_xydata().tolist() == [[2, 0.4], [4, 0.4]] and second.get_xydata().tolist() == [[6, 0.6]]
    assert (first.get_color(), second.get_color()) == (style.FROZEN, style.UNFROZEN)
    assert [line.get_xdata()[0] for line in left.lines] == [1, 1, 1, 5, 5, 5]
    assert len({line.get_linestyle() for line in left.lines[:3]}) == 3
    assert [text.get_text() for text in left.texts] == ["box", "objectness", "class"]


def test_no_run():
    with pytest.raises(ValueError, match="found no run, expected rows by mode"):
        run_curves({})


@pytest.fixture(scope="module")
def metrics():
    boxes, classes = np.array([[0, 0, 10, 10], [20, 0, 30, 10.0]]), np.array([0, 1])
    found = np.array([[0, 0, 10, 10, 0.9, 0], [40, 0, 50, 10, 0.8, 1], [20, 0, 30, 10, 0.7, 1.0]])
    return score([(boxes, classes)], [found], NAMES)


def test_precision_recall_draws_each_class_and_the_chosen_threshold(metrics):
    precision, recall = np.linspace(0.2, 1, 1001), np.linspace(1, 0, 1001)
    left, right = precision_recall_chart(metrics, THRESHOLDS, precision, recall, 0.4).axes
    assert [line.get_label() for line in left.lines] == ["disc 1.00", "square 0.50"]
    assert np.allclose(left.lines[1].get_ydata(), metrics.pr_curves[1])
    drawn = {line.get_label(): line for line in right.lines}
    assert np.allclose(drawn["precision"].get_ydata(), precision) and np.allclose(drawn["recall"].get_ydata(), recall)
    assert drawn["F1"].get_ydata()[0] == pytest.approx(2 * 0.2 / 1.2) and drawn["F1"].get_ydata()[-1] == 0
    assert right.lines[-1].get_xdata()[0] == 0.4 and right.texts[0].get_text() == "chosen: 0.40"


def test_a_class_without_boxes_has_no_curve():
    boxes, found = np.array([[0, 0, 10, 10.0]]), np.array([[0, 0, 10, 10, 0.9, 0]])
    half = score([(boxes, np.array([0]))], [found], NAMES)
    left, _ = precision_recall_chart(half, THRESHOLDS, np.ones(1001), np.ones(1001), 0.5).axes
    assert [line.get_label() for line in left.lines] == ["disc 1.00"]


def test_lengths_that_do_not_fit(metrics):
    with pytest.raises(ValueError, match="found 1001 thresholds, 3 precisions, 1001 recalls"):
        precision_recall_chart(metrics, THRESHOLDS, np.ones(3), np.ones(1001), 0.5)


def test_confusion_writes_every_count_in_its_place():
    matrix = np.array([[7, 1, 2], [0, 5, 0], [3, 0, 0]])
    axes = confusion_chart(matrix, NAMES).axes[0]
    written = {tuple(int(v) for v in text.get_position()): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "7", (1, 0): "1", (2, 0): "2", (1, 1): "5", (0, 2): "3"}  # (column, row)
    assert np.allclose(axes.images[0].get_array(), matrix / [10, 6, 2])
    assert [label.get_text() for label in axes.get_xticklabels()] == [*NAMES, "nothing"]


def test_an_empty_confusion_and_a_wrong_one():
    assert not confusion_chart(np.zeros((3, 3), int), NAMES).axes[0].texts
    with pytest.raises(ValueError, match=r"found a matrix of \(2, 2\) for 2 names, expected \(3, 3\)"):
        confusion_chart(np.zeros((2, 2), int), NAMES)


def test_bars_for_each_kind_in_the_colours_of_the_modes():
    axes = mistake_bars({"backbone": {"missed": 4}, "unfrozen": {"missed": 1, "wrong class": 2}}).axes[0]
    frozen, unfrozen = axes.containers
    assert [bar.get_width() for bar in frozen] == [4, 0, 0, 0] and [bar.get_width() for bar in unfrozen] == [1, 0, 2, 0]
    assert [label.get_text() for label in axes.get_yticklabels()] == list(KINDS)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["backbone frozen", "unfrozen"]
    assert frozen[0].get_hatch() != unfrozen[0].get_hatch()


@pytest.mark.parametrize("count", [0, 4])
def test_too_many_bars(count):
    with pytest.raises(ValueError, match=f"found {count} rows of counts, expected 1 to 3"):
        mistake_bars({str(i): {} for i in range(count)})


def test_no_mistakes_still_make_a_chart():
    assert mistake_bars({"backbone": {}}).axes[0].get_xlim()[1] > 1


IMAGE = np.full((200, 300, 3), 90, np.uint8)
TRUTH = np.float32([[10, 10, 30, 30], [250, 150, 290, 190]]), np.int64([0, 1])
FOUND = np.float32([[12, 12, 30, 32, 0.9, 1], [200, 20, 220, 40, 0.5, 0]])


def mistake(box, kind="wrong class"):
    return Mistake(kind, IMAGE, TRUTH, FOUND, np.float32(box))


def test_a_mistake_is_cut_out_and_ringed():
    axes = mistake_sheet([mistake(FOUND[0, :4])], NAMES).axes[0]
    assert axes.get_title() == "wrong class"
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert 0 <= left < 12 and 30 < right < 300 and top < 12 and 32 < bottom < 200 and bottom > top
    assert right - left == pytest.approx(bottom - top)  # a square
    ring = next(patch for patch in axes.patches if patch.get_gid() == "ring")
    inside, outside = FOUND[0, :4], ring.get_bbox().extents
    assert (outside[:2] < inside[:2]).all() and (outside[2:] > inside[2:]).all()


def test_only_boxes_that_touch_the_mistake_are_drawn():
    axes = mistake_sheet([mistake(FOUND[0, :4])], NAMES).axes[0]
    assert [text.get_text() for text in axes.texts] == ["disc", "square 0.90"]
    assert len([patch for patch in axes.patches if isinstance(patch, Rectangle)]) == 3  # truth, finding, ring
    alone = mistake_sheet([mistake(FOUND[1, :4], "false alarm")], NAMES).axes[0]
    assert [text.get_text() for text in alone.texts] == ["disc 0.50"]


@pytest.mark.parametrize("box", [[0, 0, 300, 200], [295, 195, 300, 200], [0, 0, 2, 2]])
def test_the_cut_stays_in_the_picture(box):
    axes = mistake_sheet([mistake(box, "missed")], NAMES).axes[0]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left >= 0 and top >= 0 and right <= 300 and bottom <= 200


def test_rows_of_four_and_none():
    figure = mistake_sheet([mistake(FOUND[0, :4])] * 5, NAMES)
    assert len(figure.axes) == 8 and sum(len(axes.images) for axes in figure.axes) == 5
    with pytest.raises(ValueError, match="found no mistake"):
        mistake_sheet([])
