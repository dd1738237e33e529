"""Receptive fields, and the maps of the rows."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from yolo_course.show import style
from yolo_course.show.plots.receptive import Field, receptive_fields, side_by_side, walk_strip

IMAGE = np.full((20, 20, 3), 90, np.uint8)


def test_two_squares_around_the_middle():
    gradient = np.zeros((40, 40))
    gradient[20, 12] = 4
    gradient[21, 12] = 1
    above, below = receptive_fields([Field("P3", gradient, (12, 20), 16, 6)]).axes
    for axes in (above, below):
        whole, most = axes.patches
        assert whole.get_bbox().bounds == (4, 12, 16, 16) and whole.get_linestyle() == "--"
        assert most.get_bbox().bounds == (9, 17, 6, 6) and to_hex(most.get_edgecolor()) == style.VERMILLION.lower()
        shown = axes.images[0].get_array()
        assert shown[20, 12] == 1 and shown[21, 12] == 0.5  # the square root of a quarter
    assert above.get_xlim() == (0, 40) and above.get_ylim() == (40, 0)
    assert below.get_xlim() == pytest.approx((3.36, 20.64)) and below.get_ylim() == pytest.approx((28.64, 11.36))
    assert (above.get_title(), below.get_title()) == ("P3", "16 px, 90 % in 6 px")


def test_a_gradient_of_nothing_and_no_field():
    figure = receptive_fields([Field("", np.zeros((4, 4)), (2, 2), 2, 1)] * 3)
    assert len(figure.axes) == 6 and figure.axes[0].images[0].get_array().max() == 0
    with pytest.raises(ValueError, match="found no receptive field"):
        receptive_fields([])


def test_the_walk_shows_the_channel_that_varies_most():
    maps = torch.zeros(1, 3, 4, 4)
    maps[0, 1, 0, 0] = 5
    figure = walk_strip(IMAGE, {"row 0": maps, "row 1": maps[..., :2, :2]}, columns=2)
    first, second, third, empty = figure.axes
    assert first.get_title() == "the picture\n3×20×20"
    assert second.get_title() == "row 0\n3×4×4" and third.get_title() == "row 1\n3×2×2"
    assert second.images[0].get_array().tolist() == maps[0, 1].tolist()
    assert not empty.images and not empty.axison
    with pytest.raises(ValueError, match="found no map"):
        walk_strip(IMAGE, {})


def test_side_by_side():
    figure = side_by_side(IMAGE, [("a", np.eye(3)), ("b", torch.ones(2, 2))])
    assert [axes.get_title() for axes in figure.axes] == ["the picture", "a", "b"]
    assert figure.axes[1].images[0].get_array().tolist() == np.eye(3).tolist()


@pytest.mark.parametrize("pairs", [[], [("a", np.zeros(3))]])
def test_side_by_side_of_other_shapes(pairs):
    with pytest.raises(ValueError, match=r"found maps of shapes .* expected at least one, and each \(H, W\)"):
        side_by_side(IMAGE, pairs)
