"""Boxes: the two ways to write one, and the ways to compare two.

A box is four numbers. Arrays hold them as ``xyxy`` (left, top, right, bottom, in pixels); label files and training
targets as ``xywh`` (centre x, centre y, width, height). The conversions take NumPy arrays and tensors alike.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

KINDS = ("iou", "giou", "diou", "ciou")
_TINY = 1e-7  # keeps the divisions finite for boxes without an area


def _stack(parts, like):
    return torch.stack(parts, -1) if isinstance(like, Tensor) else np.stack(parts, -1)


def xyxy_to_xywh(boxes):
    """Corners to centre and size, ``(..., 4)`` to ``(..., 4)``, in the same unit."""
    left, top, right, bottom = (boxes[..., i] for i in range(4))
    return _stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], boxes)


def xywh_to_xyxy(boxes):
    """Centre and size to corners, ``(..., 4)`` to ``(..., 4)``, in the same unit."""
    x, y, width, height = (boxes[..., i] for i in range(4))
    return _stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], boxes)


def normalise(boxes, width: int, height: int):
    """Pixel ``xyxy`` to the ``xywh`` of a label file: fractions of the picture's ``width`` and ``height``."""
    boxes = xyxy_to_xywh(boxes)
    x, y, w, h = (boxes[..., i] for i in range(4))
    return _stack([x / width, y / height, w / width, h / height], boxes)


def denormalise(boxes, width: int, height: int):
    """The ``xywh`` fractions of a label file to pixel ``xyxy`` in a picture of ``width`` by ``height``."""
    x, y, w, h = (boxes[..., i] for i in range(4))
    return xywh_to_xyxy(_stack([x * width, y * height, w * width, h * height], boxes))


def clip(boxes, width: int, height: int):
    """A copy of the ``xyxy`` boxes with every corner moved inside a picture of ``width`` by ``height`` pixels."""
    bound = torch.clamp if isinstance(boxes, Tensor) else np.clip
    return _stack([bound(boxes[..., i], 0, (width, height)[i % 2]) for i in range(4)], boxes)


def unletterbox(boxes, ratio: tuple[float, float], pad: tuple[float, float], shape: tuple[int, int]):
    """Undo :func:`yolo_course.stages.input.letterbox`: ``xyxy`` in the padded picture to ``xyxy`` in the original.

    ``ratio`` and ``pad`` are what letterbox returned, each (horizontal, vertical); ``shape`` is the original
    picture's (height, width). The result is clipped to it.
    """
    moved = [(boxes[..., i] - pad[i % 2]) / ratio[i % 2] for i in range(4)]
    return clip(_stack(moved, boxes), shape[1], shape[0])


def iou_matrix(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of every box in ``a`` (n, 4) with every box in ``b`` (m, 4), ``xyxy``: (n, m)."""
    from torchvision.ops import box_iou  # takes seconds to import: only who compares boxes waits for it

    return box_iou(a, b)


def iou(a: Tensor, b: Tensor, kind: str = "ciou") -> Tensor:
    """How alike are ``a[i]`` and ``b[i]``? Row by row, ``xyxy`` tensors (..., 4) in, (...) out; differentiable.

    ``iou`` is overlap / union. The others still point the way when boxes do not touch: ``giou`` subtracts the empty
    share of the box around both (Rezatofighi et al., CVPR 2019), ``diou`` the squared distance of the centres over
    the squared diagonal of that box, ``ciou`` also the disagreement of the aspect ratios (Zheng et al., AAAI 2020).

    Raises ValueError for an unknown ``kind``.
    """
    if kind not in KINDS:
        raise ValueError(f"found kind={kind!r}, expected one of {', '.join(KINDS)}")
    size_a, size_b = a[..., 2:] - a[..., :2], b[..., 2:] - b[..., :2]
    overlap = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    union = size_a.prod(-1) + size_b.prod(-1) - overlap + _TINY
    plain = overlap / union
    if kind == "iou":
        return plain
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    if kind == "giou":
        hull_area = hull.prod(-1) + _TINY
        return plain - (hull_area - union) / hull_area
    gap = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2
    distance = gap.square().sum(-1) / (hull.square().sum(-1) + _TINY)
    if kind == "diou":
        return plain - distance
    return plain - distance - _aspect_penalty(size_a, size_b, plain)


def _aspect_penalty(size_a: Tensor, size_b: Tensor, plain: Tensor) -> Tensor:
    angle_a, angle_b = (torch.atan(size[..., 0] / (size[..., 1] + _TINY)) for size in (size_a, size_b))
    difference = 4 / math.pi**2 * (angle_a - angle_b).square()
    with torch.no_grad():  # the weight is a constant of the gradient, as in the paper
        weight = difference / (difference - plain + (1 + _TINY))
    return difference * weight
