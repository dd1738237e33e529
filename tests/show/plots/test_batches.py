"""Batches drawn: a sheet of one, and its padding."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from yolo_course.show.plots.batches import batch_sheet, padding_bars, padding_plan, share_of_padding
from yolo_course.stages.input import letterbox

SHAPES = np.array([(160, 100), (100, 160), (128, 128), (160, 100), (100, 160), (160, 80), (80, 160), (160, 100)])


def words(axes):
    return [text.get_text() for text in axes.texts]


def frames(axes):
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


def batch(count=5):
    targets = torch.tensor([[0, 1, 0.5, 0.5, 0.5, 0.25], [2, 0, 0.25, 0.5, 0.5, 1.0]])
    return torch.rand(count, 3, 16, 32), targets


def test_batch_sheet_gives_each_picture_its_own_boxes():
    images, targets = batch()
    axes = batch_sheet(images, targets, ["disc", "square"]).axes
    assert len(axes) == 8 and [len(one.images) for one in axes] == [1] * 5 + [0] * 3
    assert np.allclose(axes[3].images[0].get_array(), images[3].permute(1, 2, 0))
    assert [words(one) for one in axes[:3]] == [["square"], [], ["disc"]]
    assert frames(axes[0])[0].get_bbox().extents == pytest.approx((8, 6, 24, 10))
    assert frames(axes[2])[0].get_bbox().extents == pytest.approx((0, 0, 16, 16))


@pytest.mark.parametrize(
    ("images", "targets", "columns"),
    [
        (torch.rand(3, 16, 16), batch()[1], 4),
        (torch.rand(0, 3, 16, 16), batch()[1], 4),
        (torch.rand(2, 3, 16, 16), torch.rand(2, 5), 4),
        (torch.rand(2, 3, 16, 16), torch.rand(6), 4),
        (torch.rand(2, 3, 16, 16), batch()[1], 0),
    ],
)
def test_batch_sheet_refuses_what_is_no_batch(images, targets, columns):
    with pytest.raises(ValueError, match=r"found images .*expected .*yc\.collate"):
        batch_sheet(images, targets, columns=columns)


def test_share_of_padding_by_hand():
    shapes = [(100, 50), (100, 50), (100, 50), (64, 64)]
    assert share_of_padding(shapes, 128, 1) == pytest.approx(3 / 8)  # three halves of a square are empty
    assert share_of_padding(shapes, 128, 1, "rectangular") == 0
    assert share_of_padding(shapes, 128, 3, "rectangular") == 0
    assert share_of_padding(shapes, 128, 4, "rectangular") == pytest.approx(3 / 8)  # all in one: a square
    with pytest.raises(ValueError, match="found kind='round'"):
        share_of_padding(shapes, 128, 1, "round")


def test_share_of_padding_counts_the_grey_of_real_batches():
    white = [np.full((height, width, 3), 255, np.uint8) for width, height in SHAPES]
    grey = np.concatenate([letterbox(image, 128)[0].reshape(-1, 3) for image in white]) == 114
    assert share_of_padding(SHAPES, 128, 4) == pytest.approx(grey.mean())


def test_padding_plan_draws_each_picture_in_its_frame():
    above, below = padding_plan(SHAPES, 128, 4).axes
    assert above.get_title("left") == f"square batches: {share_of_padding(SHAPES, 128, 4):.0%} padding"
    assert (
        below.get_title("left") == f"rectangular batches: {share_of_padding(SHAPES, 128, 4, 'rectangular'):.0%} padding"
    )
    for axes in (above, below):
        outer, inner = frames(axes)[::2], frames(axes)[1::2]
        assert len(outer) == len(inner) == 8
        for frame, picture in zip(outer, inner, strict=True):
            (x0, y0, x1, y1), (left, top, right, bottom) = frame.get_bbox().extents, picture.get_bbox().extents
            assert x0 <= left < right <= x1 and y0 <= top < bottom <= y1
        starts = [frame.get_x() for frame in outer]
        assert all(a.get_x() + a.get_width() < b for a, b in zip(outer, starts[1:], strict=False))
    assert {(f.get_width(), f.get_height()) for f in frames(above)[::2]} == {(128, 128)}
    assert sorted(words(above)) == sorted(words(below))


def test_padding_bars():
    axes = padding_bars({"far": (0.205, 0.129), "near": (0.1, 0.01)}).axes[0]
    assert [bar.get_width() for bar in frames(axes)] == pytest.approx([20.5, 12.9, 10, 1])
    assert words(axes) == ["20.5%", "12.9%", "10.0%", "1.0%"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["far", "near"]
    hatches = [bar.get_hatch() for bar in frames(axes)]
    assert hatches == ["///", None, "///", None]  # told apart without colour
    with pytest.raises(ValueError, match="found no data set"):
        padding_bars({})
