"""The head in pictures: what is drawn is where it belongs, and bad input is refused in words."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from yolo_course.show import style
from yolo_course.show.plots.head import anchor_figure, cell_figure, decode_curves, score_maps, trace_figure
from yolo_course.stages.head import decode

IMAGE = np.full((64, 128, 3), 90, np.uint8)


def frames(axes):
    """The boxes that are only outlined, by (left, top, width, height), with their line styles."""
    found = [patch for patch in axes.patches if isinstance(patch, Rectangle) and not patch.get_fill()]
    return {tuple(np.round(patch.get_bbox().bounds, 4)): patch.get_linestyle() for patch in found}


def line(axes, label):
    return next(each for each in axes.lines if each.get_label() == label)


def test_cell_figure_draws_reach_anchor_and_boxes():
    axes = cell_figure(4, 32, (1, 2), (48, 32), {"one": (80, 48, 20, 10)}).axes[0]
    assert frames(axes) == {(48, 16, 64, 64): ":", (56, 32, 48, 32): "--", (70, 43, 20, 10): "-"}
    lit = next(patch for patch in axes.patches if patch.get_fill())
    assert lit.get_bbox().bounds == (64, 32, 32, 32)
    assert [text.get_text() for text in axes.get_legend().get_texts()][2:] == ["one"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # y counts downwards


def test_a_centre_reaches_the_dotted_square_and_not_further():
    raw = torch.tensor([50.0, -50, 0, 0, 0, 0]).expand(1, 1, 4, 4, 6)
    x, y = decode(raw, torch.tensor([[48.0, 32]]), 32)[0, 0, 1, 2, :2].tolist()
    reach = next(box for box, dash in frames(cell_figure(4, 32, (1, 2), (48, 32)).axes[0]).items() if dash == ":")
    assert (x, y) == pytest.approx((reach[0] + reach[2], reach[1]))


@pytest.mark.parametrize("cell", [(4, 0), (0, -1)])
def test_a_cell_outside_is_refused(cell):
    with pytest.raises(ValueError, match="expected .* from 0 to 3"):
        cell_figure(4, 32, cell, (48, 32))


def test_decode_curves_are_the_formulas():
    centre, size, slope = decode_curves().axes
    for axes, ours, theirs in ((centre, (-0.5, 1.5), (0, 1)), (size, (0, 4), None)):
        curve = line(axes, "YOLOv5 (v2.0 on)").get_ydata()
        assert (curve.min(), curve.max()) == pytest.approx(ours, abs=0.05) and ours[0] <= curve.min()
        if theirs:
            assert line(axes, "YOLOv3").get_ydata().max() <= theirs[1]
    raw = torch.from_numpy(line(size, "YOLOv3").get_xdata()).requires_grad_()
    for name, function in (("YOLOv5 (v2.0 on)", lambda t: (2 * t.sigmoid()) ** 2), ("YOLOv3", torch.exp)):
        gradient = torch.autograd.grad(function(raw).sum(), raw)[0].numpy()
        np.testing.assert_allclose(line(slope, name).get_ydata(), gradient, rtol=1e-9)
        np.testing.assert_allclose(line(size, name).get_ydata(), function(raw).detach().numpy(), rtol=1e-9)


def test_decode_curves_need_a_range():
    with pytest.raises(ValueError, match="found 2 to 2"):
        decode_curves(2, 2)


def test_each_level_has_its_anchors_and_its_cells():
    anchors = np.array([[[4, 6], [8, 8]], [[20, 10], [30, 40]]])
    figure = anchor_figure(anchors, (8, 16), 128)
    assert [axes.get_title().split("\n")[0] for axes in figure.axes] == ["P3, stride 8", "P4, stride 16"]
    for axes, shapes, cells in zip(figure.axes, anchors, (16, 8), strict=True):
        assert {box[2:] for box in frames(axes)} == {(128, 128), *map(tuple, shapes)}
        assert all(box[0] + box[2] / 2 == box[1] + box[3] / 2 == 64 for box in frames(axes))
        assert [len(lines.get_segments()) for lines in axes.collections] == [cells + 1, cells + 1]


@pytest.mark.parametrize("anchors, strides", [(np.ones((3, 2)), (8,)), (np.ones((2, 3, 2)), (8, 16, 32))])
def test_anchors_and_strides_must_pair(anchors, strides):
    with pytest.raises(ValueError, match="found anchors"):
        anchor_figure(anchors, strides, 128)


def test_a_trace_shows_cell_anchor_box_and_bars():
    probabilities = {"objectness": 0.9, "disc": 0.2, "ring": 0.7}
    left, right = trace_figure(IMAGE, 16, (1, 2), (24, 12), (50, 20, 30, 10), probabilities).axes
    assert frames(left) == {(28, 18, 24, 12): "--", (35, 15, 30, 10): "-"}
    assert [patch.get_bbox().bounds for patch in left.patches if patch.get_fill()] == [(32, 16, 16, 16)]
    assert [bar.get_width() for bar in right.patches] == [0.9, 0.2, 0.7]
    assert [label.get_text() for label in right.get_yticklabels()] == list(probabilities)


def test_score_maps_share_a_scale_and_frame_one_cell():
    maps = {"a": np.zeros((4, 8)), "b": np.eye(4, 8)}
    picture, first, second, _ = score_maps(IMAGE, maps, (1, 2)).axes
    assert {each.images[0].get_clim() for each in (first, second)} == {(0, 1)}
    np.testing.assert_array_equal(second.images[0].get_array(), maps["b"])
    assert frames(picture).keys() == {(32, 16, 16, 16)}
    assert frames(first).keys() == frames(second).keys() == {(1.5, 0.5, 1, 1)}
    assert [each.get_title() for each in (picture, first, second)] == ["the picture", "a", "b"]


def test_score_maps_without_a_cell_have_no_frame():
    assert not any(frames(axes) for axes in score_maps(IMAGE, {"a": np.zeros((4, 8))}).axes[:2])


@pytest.mark.parametrize("maps", [{}, {"a": np.zeros((1, 4, 8))}])
def test_maps_must_have_two_axes(maps):
    with pytest.raises(ValueError, match="expected .H, W. each"):
        score_maps(IMAGE, maps)


def test_letters_are_large_enough():
    for axes in decode_curves().axes:
        assert all(label.get_fontsize() >= style.SMALL for label in [axes.xaxis.label, axes.yaxis.label, axes.title])
