import re

import numpy as np
import pytest
import torch

from yolo_course.boxes import KINDS, iou, xywh_to_xyxy
from yolo_course.show.explorers import canvas, loss
from yolo_course.show.plots.loss import OVERLAPS

TRUTH = loss.TRUTH_BOX
APART, INSIDE, ACROSS = (10.5, 8, 3, 3), (5.25, 5.25, 2, 2), (7.1, 6.3, 3, 5.2)
UPRIGHT = (6, 6, 2.5, 6)


def value(box, kind):
    return iou(*(xywh_to_xyxy(torch.tensor(each, dtype=torch.float64)) for each in (box, TRUTH)), kind).item()


def view(box, kind):
    return loss.overlap_view(TRUTH, kind, *box)


def inked(picture, kind):
    """Where the picture has the very colour of a measure."""
    return (picture == canvas.rgb(OVERLAPS[kind].colour)).all(-1)


@pytest.mark.parametrize("box", [APART, INSIDE, ACROSS])
@pytest.mark.parametrize("kind", ["iou", "giou", "diou"])  # the paper leaves out a part of CIoU's slope
def test_the_slope_is_what_a_small_move_of_a_side_brings(box, kind):
    slope = loss.pull(box, TRUTH, kind).slope
    corners = xywh_to_xyxy(torch.tensor(box, dtype=torch.float64))
    target = xywh_to_xyxy(torch.tensor(TRUTH, dtype=torch.float64))
    for side in range(4):
        ends = [corners + sign * 1e-6 * torch.eye(4, dtype=torch.float64)[side] for sign in (1, -1)]
        there, back = (iou(end, target, kind).item() for end in ends)
        assert slope[side] == pytest.approx((there - back) / 2e-6, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("box", [APART, INSIDE, ACROSS, UPRIGHT])
def test_a_step_along_the_slope_makes_the_boxes_more_alike_unless_it_is_flat(box, kind):
    found = loss.pull(box, TRUTH, kind)
    corners = xywh_to_xyxy(np.array(box)) + 0.01 * found.slope
    stepped = ((corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2, *(corners[2:] - corners[:2]))
    assert found.value == value(box, kind)
    assert value(stepped, kind) == found.value if found.is_flat else value(stepped, kind) > found.value


def test_only_iou_lets_go_of_a_box_that_does_not_touch():
    assert [kind for kind in KINDS if loss.pull(APART, TRUTH, kind).is_flat] == ["iou"]
    assert [kind for kind in KINDS if np.abs(loss.pull(INSIDE, TRUTH, kind).centre).max() > 1e-6] == ["diou", "ciou"]


@pytest.mark.parametrize("box", [APART, INSIDE, ACROSS])
def test_words_and_bars_are_the_four_values(box):
    shown = view(box, "giou")
    numbers = re.findall(r"IoU ([+-]\d\.\d\d)", shown.words.partition(". ")[0])
    assert numbers == [f"{value(box, kind):+.2f}" for kind in KINDS]
    for row, kind in enumerate(KINDS):
        bar = inked(shown.picture, kind)[loss.ROW * row + 65, loss.ZERO - loss.ONE : loss.ZERO + loss.ONE]
        if kind != "diou":  # black, as is the line at 0
            assert bar.sum() == pytest.approx(abs(value(box, kind)) * loss.ONE, abs=2.5)


def test_arrows_are_drawn_where_there_is_a_slope_and_point_along_it():
    beside = np.ones(loss.FRAME, bool)
    left, top, right, bottom = (xywh_to_xyxy(np.array(APART)) * loss.UNIT).astype(int)
    beside[top - 3 : bottom + 4, left - 3 : right + 4] = beside[:30] = beside[:, loss.PAPER :] = False
    assert (view(APART, "iou").picture == loss._ground(TRUTH))[beside].all()
    rows, columns = np.nonzero(inked(view(APART, "ciou").picture[:, : loss.PAPER], "ciou"))
    assert columns.min() == pytest.approx(left - loss.LONGEST, abs=4)  # the longest: the side next to the truth
    assert (columns[rows > APART[1] * loss.UNIT + 20] > left).all()


def test_the_words_say_where_it_goes():
    assert "nothing" in view(APART, "iou").words
    assert "moves the centre left and up" in view(APART, "ciou").words
    assert (
        "leaves the centre" in view(INSIDE, "giou").words and "width grows, height grows" in view(INSIDE, "giou").words
    )
    assert "moves the centre right and down" in view(INSIDE, "ciou").words
    assert "width grows, height shrinks" in view(UPRIGHT, "ciou").words
