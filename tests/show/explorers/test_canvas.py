"""Drawing into arrays: what is asked for is there, and the input stays as it was."""

import numpy as np
import pytest

from yolo_course.show.explorers import canvas

GREY = canvas.blank(40, 60, "#808080")
DRAWN = {
    "boxes": lambda image: canvas.with_boxes(image, [[5, 5, 20, 20]], "#0072B2"),
    "dashes": lambda image: canvas.with_boxes(image, [[5, 5, 40, 30]], "#0072B2", dashed=True),
    "grid": lambda image: canvas.with_grid(image, 10),
    "fill": lambda image: canvas.with_fill(image, [5, 5, 20, 20], "#0072B2"),
    "dot": lambda image: canvas.with_dot(image, 20, 20, "#0072B2"),
    "words": lambda image: canvas.with_words(image, [("a", 5, 5)], ground="#0072B2"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_something_is_drawn_and_the_input_stays(name):
    image = GREY.copy()
    drawn = DRAWN[name](image)
    assert (image == GREY).all() and drawn.shape == GREY.shape and drawn.dtype == np.uint8
    assert (drawn != GREY).any()


def test_boxes_lie_on_their_edges_and_dashes_leave_gaps():
    solid = canvas.with_boxes(GREY, [[5, 5, 40, 30]], "#0072B2", halo=None)
    assert (solid[5, 6:39] == canvas.rgb("#0072B2")).all() and (solid[15, 15] == 128).all()
    dashed = canvas.with_boxes(GREY, [[5, 5, 40, 30]], "#0072B2", dashed=True, halo=None)
    shares = [(picture[5, 5:40] != 128).any(1).mean() for picture in (solid, dashed)]
    assert shares[0] == 1 and 0.3 < shares[1] < 0.9
    assert (canvas.with_boxes(GREY, np.zeros((0, 4)), "#000000") == GREY).all()


def test_boxes_far_outside_do_no_harm():
    canvas.with_boxes(GREY, [[-1e9, -1e9, 1e9, 1e9]], "#000000")
    canvas.with_fill(GREY, [-50, -50, 500, 500], "#000000")
    canvas.with_words(GREY, [("far away", 900, -900)])


def test_fill_mixes_by_its_share():
    filled = canvas.with_fill(GREY, [10, 10, 20, 30], "#000000", 0.5)
    assert (filled[10:30, 10:20] == 64).all() and (filled[:10] == 128).all() and (filled[:, 20:] == 128).all()


def test_sizes():
    assert canvas.enlarged(GREY, 3).shape == (120, 180, 3)
    assert canvas.fitted(GREY, 20).shape == (20, 30, 3) and canvas.fitted(GREY, 80).shape == (80, 120, 3)
    assert canvas.side_by_side([GREY, GREY[:10]]).shape == (40, 120 + canvas.GAP, 3)
    assert canvas.side_by_side([GREY, GREY], shape=(30, 90)).shape == (30, 90, 3)
    assert canvas.captioned(GREY, "a very long caption indeed").shape[1] > 60
    assert (canvas.captioned(GREY, "a")[-40:, :60] == GREY).all()


def test_words_stay_inside_the_picture():
    for x, y in ((55, 35), (-20, -20)):
        drawn = canvas.with_words(GREY, [("ab", x, y)], ground="#ffffff")
        assert (drawn == 255).all(2).sum() > 100
