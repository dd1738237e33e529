"""Two ways to write a box, and four ways to compare two."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import complete_box_iou, distance_box_iou, generalized_box_iou

from yolo_course.boxes import (
    KINDS,
    clip,
    denormalise,
    iou,
    iou_matrix,
    normalise,
    unletterbox,
    xywh_to_xyxy,
    xyxy_to_xywh,
)
from yolo_course.stages.input import letterbox, letterbox_boxes

XYXY = np.float32([[10, 20, 50, 40], [0, 0, 1, 3]])
XYWH = np.float32([[30, 30, 40, 20], [0.5, 1.5, 1, 3]])


def random_boxes(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner, size = (torch.rand(count, 2, generator=generator) * 60 for _ in range(2))
    return torch.cat((corner, corner + size + 1), 1)


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_the_two_notations_for_arrays_and_tensors(kind):
    for boxes, other, convert in ((XYXY, XYWH, xyxy_to_xywh), (XYWH, XYXY, xywh_to_xyxy)):
        given_boxes = kind(boxes)
        found = convert(given_boxes)
        assert type(found) is type(given_boxes) and found.dtype == given_boxes.dtype
        assert np.array_equal(np.asarray(found), other)
        assert np.array_equal(np.asarray(given_boxes), boxes), "the input was changed"


@pytest.mark.parametrize("shape", [(4,), (0, 4), (2, 5, 4)])
def test_any_number_of_leading_dimensions(shape):
    boxes = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    for convert in (xyxy_to_xywh, xywh_to_xyxy, lambda b: normalise(b, 4, 5), lambda b: clip(b, 4, 5)):
        assert convert(boxes).shape == shape
        assert convert(torch.from_numpy(boxes)).shape == shape


def test_label_files_hold_fractions_of_width_and_height():
    fractions = normalise(XYXY, 100, 40)
    assert np.allclose(fractions[0], [0.3, 0.75, 0.4, 0.5])
    assert np.allclose(denormalise(fractions, 100, 40), XYXY, atol=1e-5)


def test_clipping_moves_corners_inside_and_copies():
    boxes = np.float32([[-5, -5, 200, 30], [90, 10, 95, 70]])
    assert np.array_equal(clip(boxes, 100, 40), [[0, 0, 100, 30], [90, 10, 95, 40]])
    assert boxes[0, 0] == -5
    assert torch.equal(clip(torch.tensor([[-1.0, 3, 9, 9]]), 8, 5), torch.tensor([[0.0, 3, 8, 5]]))


@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(1, 10).map(lambda n: 32 * n),
    st.booleans(),
    st.booleans(),
)
def test_a_box_comes_back_from_letterbox(width, height, size, auto, scaleup):
    box = np.float32([[0, 0, width, height], [width / 4, height / 3, width / 2, height]])
    image = np.zeros((height, width, 3), np.uint8)
    _, ratio, pad = letterbox(image, size, auto=auto, scaleup=scaleup)
    moved = letterbox_boxes(box, ratio, pad)
    assert np.allclose(unletterbox(moved, ratio, pad, (height, width)), box, atol=2e-3 * max(width, height))
    back = unletterbox(torch.from_numpy(moved), ratio, pad, (height, width))
    assert np.allclose(back, box, atol=2e-3 * max(width, height))


def test_unletterbox_clips_to_the_original_picture():
    boxes = torch.tensor([[-10.0, 5, 700, 500]])
    assert unletterbox(boxes, (2.0, 2.0), (10.0, 5.0), (100, 200)).tolist() == [[0, 0, 200, 100]]


def test_iou_of_boxes_that_can_be_counted_by_hand():
    a = torch.tensor([[0.0, 0, 4, 4]] * 4)
    b = torch.tensor([[0.0, 0, 4, 4], [2, 0, 6, 4], [4, 0, 8, 4], [10, 10, 12, 12]])
    assert iou(a, b, "iou").tolist() == pytest.approx([1, 8 / 24, 0, 0], abs=1e-6)
    # The box around a and the last one is 12 x 12, of which 16 + 4 are covered.
    assert iou(a, b, "giou")[3].item() == pytest.approx(-(144 - 20) / 144, abs=1e-6)
    # Their centres are (2, 2) and (11, 11), the diagonal of that box is 12 sqrt 2.
    assert iou(a, b, "diou")[3].item() == pytest.approx(-(2 * 81) / (2 * 144), abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [("giou", generalized_box_iou), ("diou", distance_box_iou), ("ciou", complete_box_iou)],
)
def test_the_same_as_torchvision(kind, theirs):
    a, b = random_boxes(50), random_boxes(50, seed=1)
    assert torch.allclose(iou(a, b, kind), theirs(a, b).diagonal(), atol=1e-5)


def test_iou_is_the_diagonal_of_the_matrix():
    a, b = random_boxes(20), random_boxes(20, seed=1)
    assert iou_matrix(a, b[:7]).shape == (20, 7)
    assert torch.allclose(iou_matrix(a, b).diagonal(), iou(a, b, "iou"), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_one_for_equal_boxes_and_orders_the_others(kind):
    a, b = random_boxes(50), random_boxes(50, seed=1)
    assert torch.allclose(iou(a, a, kind), torch.ones(50), atol=1e-5)
    assert (iou(a, b, kind) <= iou(a, b, "iou") + 1e-6).all() and (iou(a, b, kind) > -2).all()
    assert torch.allclose(iou(a, b, kind), iou(b, a, kind), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_without_an_area_give_finite_values_and_gradients(kind):
    a = torch.tensor([[3.0, 3, 3, 3], [3, 3, 3, 9], [0, 0, 0, 0]], requires_grad=True)
    b = torch.tensor([[3.0, 3, 3, 3], [5, 5, 8, 8], [1, 1, 1, 1]])
    value = iou(a, b, kind)
    value.sum().backward()
    assert value.isfinite().all() and a.grad.isfinite().all()


@pytest.mark.parametrize(("kind", "points"), [("iou", False), ("giou", True), ("diou", True), ("ciou", True)])
def test_only_plain_iou_is_blind_when_boxes_do_not_touch(kind, points):
    a = torch.tensor([[0.0, 0, 2, 2]], requires_grad=True)
    iou(a, torch.tensor([[10.0, 0, 12, 2]]), kind).sum().backward()
    assert bool(a.grad.abs().sum() > 0) is points
    if points:
        assert a.grad[0, 2] > 0, "growing to the right, towards the other box, must pay"


def test_the_weight_of_the_aspect_ratio_is_a_constant_of_the_gradient():
    """CIoU = IoU - distance - alpha v, where alpha depends on v and IoU but is not differentiated."""
    a, b = random_boxes(10).requires_grad_(), random_boxes(10, seed=1)
    size_a, size_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    v = 4 / math.pi**2 * (torch.atan(size_a[:, 0] / size_a[:, 1]) - torch.atan(size_b[:, 0] / size_b[:, 1])) ** 2
    alpha = (v / (1 - iou(a, b, "iou") + v)).detach()
    (expected,) = torch.autograd.grad((iou(a, b, "diou") - alpha * v).sum(), a)
    (found,) = torch.autograd.grad(iou(a, b, "ciou").sum(), a)
    assert torch.allclose(found, expected, atol=1e-5)


def test_another_kind_is_an_error_that_lists_the_kinds():
    with pytest.raises(ValueError, match="found kind='siou', expected one of iou, giou, diou, ciou"):
        iou(torch.zeros(1, 4), torch.zeros(1, 4), "siou")
