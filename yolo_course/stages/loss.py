"""Stage 5, the loss: how far are the predictions from the ground truth?

First each object is given to the cells and anchors that shall answer for it (``assign_targets``); then three
questions are put to them: is the box right (CIoU), is there an object (objectness), is it of this class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from yolo_course.boxes import iou, xywh_to_xyxy

# The values of v7.0 for training from scratch. The names are the original's, so that its hyperparameter files fit.
DEFAULT_HYP = {
    "box": 0.05,  # gain of the box loss
    "cls": 0.5,  # gain of the class loss
    "cls_pw": 1.0,  # weight of the positive examples in the class loss
    "obj": 1.0,  # gain of the objectness loss
    "obj_pw": 1.0,  # weight of the positive examples in the objectness loss
    "anchor_t": 4.0,  # an anchor answers for boxes up to 4 times as large or small
    "fl_gamma": 0.0,  # focal loss (Lin et al., ICCV 2017) if above 0
    "label_smoothing": 0.0,
}
BALANCE = (
    4.0,
    1.0,
    0.4,
)  # objectness of P3, P4, P5: the fine map has most cells, so its mean needs most weight
NEIGHBOURS = (
    (0, 0),
    (1, 0),
    (0, 1),
    (-1, 0),
    (0, -1),
)  # the cell itself, then the left, upper, right and lower one


class Assignment(NamedTuple):
    """Who answers for what on one level: n rows, one for each (object, anchor, cell)."""

    image: Tensor  # (n,) index in the batch
    anchor: Tensor  # (n,) index of the anchor
    row: Tensor  # (n,) y of the cell
    column: Tensor  # (n,) x of the cell
    box: Tensor  # (n, 4) xywh in cells, the centre counted from the cell's corner
    anchor_size: Tensor  # (n, 2) width and height in cells
    label: Tensor  # (n,) class


def complete_hyp(hyp: Mapping | None) -> dict:
    """``hyp`` with v7.0's values where it has none; ``giou`` was the name of the box gain up to v3.0."""
    hyp = dict(hyp or {})
    if "giou" in hyp:
        hyp.setdefault("box", hyp["giou"])
    return {**DEFAULT_HYP, **hyp}


def scale_hyp(hyp: Mapping, size: int, num_classes: int, levels: int = 3) -> dict:
    """The gains as v7.0's training scales them: by levels (box), classes (cls) and picture size in pixels (obj)."""
    scaled = complete_hyp(hyp)
    scaled["box"] *= 3 / levels
    scaled["cls"] *= num_classes / 80 * 3 / levels
    scaled["obj"] *= (size / 640) ** 2 * 3 / levels
    return scaled


def assign_targets(targets: Tensor, shape: tuple[int, int], anchors: Tensor, anchor_t: float = 4.0) -> Assignment:
    """Which cells and anchors of one level answer for which objects?

    ``targets`` (n, 6) are image, class, x, y, w, h with the box normalised; ``shape`` is the map's (height, width);
    ``anchors`` (A, 2) are in cells. An anchor matches when neither width nor height differs from the object's by
    ``anchor_t`` times or more. The cell of the centre answers, and so do the two neighbours nearest to the centre
    (the overlap plays no part).
    """
    height, width = shape
    scale = targets.new_tensor((1, 1, width, height, width, height))
    candidates = (targets * scale)[None].repeat(len(anchors), 1, 1)  # (A, n, 6)
    ratio = candidates[..., 4:6] / anchors[:, None]
    matched = torch.maximum(ratio, 1 / ratio).amax(2) < anchor_t
    anchor = matched.nonzero()[:, 0]
    objects = candidates[matched]
    centre = objects[:, 2:4]

    offsets = centre.new_tensor(NEIGHBOURS)
    wanted = _near_cells(centre, centre.new_tensor((width, height)))  # (5, n)
    which, index = wanted.nonzero(as_tuple=True)
    objects, anchor = objects[index], anchor[index]
    cell = (objects[:, 2:4] - 0.5 * offsets[which]).long()
    box = torch.cat((objects[:, 2:4] - cell, objects[:, 4:6]), 1)
    column, row = cell[:, 0].clamp(0, width - 1), cell[:, 1].clamp(0, height - 1)
    return Assignment(objects[:, 0].long(), anchor, row, column, box, anchors[anchor], objects[:, 1].long())


def _near_cells(centre: Tensor, size: Tensor) -> Tensor:
    """(5, n): is this neighbour (in the order of NEIGHBOURS) within half a cell of the centre, and on the map?"""
    from_end = size - centre
    left, upper = ((centre % 1 < 0.5) & (centre > 1)).T
    right, lower = ((from_end % 1 < 0.5) & (from_end > 1)).T
    return torch.stack((torch.ones_like(left), left, upper, right, lower))


class YOLOLoss:
    """``loss, parts = YOLOLoss(model, hyp)(raw, targets)``: the loss of YOLOv5 v7.0.

    ``hyp`` is any mapping with the original's key names; absent keys take v7.0's values. Gains are used as given:
    :func:`scale_hyp` adapts them to picture size and classes. ``overlap`` is the measure of the box loss; v2.0 used
    ``"giou"``, v3.0 and later use ``"ciou"``.

    ``raw`` are the head's three maps (B, A, H, W, 5 + nc), ``targets`` (n, 6) as in :func:`assign_targets`, n may
    be 0. Returns the total x batch size (a scalar with gradient), and (box, obj, cls) detached, gains included.
    Targets are best left on the CPU: who answers for what is found out where they are, and to ask a GPU such a
    question is to wait until it has done all it was given.
    """

    def __init__(self, model: nn.Module, hyp: Mapping | None = None, overlap: str = "ciou"):
        self.hyp = complete_hyp(hyp)
        self.detect, self.overlap = model.detect, overlap
        self._cpu_anchors: Tensor | None = None

    def __call__(self, raw: Sequence[Tensor], targets: Tensor) -> tuple[Tensor, Tensor]:
        self._check(raw, targets)
        device, targets = raw[0].device, targets.float()
        parts = torch.zeros(3, device=device)
        for out, anchors, balance in zip(raw, self._anchors(targets.device), BALANCE, strict=True):
            assigned = assign_targets(targets, out.shape[2:4], anchors, self.hyp["anchor_t"])
            assigned = Assignment(*(each.to(device, non_blocking=True) for each in assigned))
            box, objectness, label = self._level(out.float(), assigned)
            parts = parts + torch.stack((box, objectness * balance, label))
        gains = [self.hyp[key] for key in ("box", "obj", "cls")]
        parts = torch.stack([part * gain for part, gain in zip(parts, gains, strict=True)])
        return parts.sum() * len(raw[0]), parts.detach()

    def _anchors(self, device: torch.device) -> Tensor:
        """The anchors in cells where the targets are; from a GPU they are fetched once, with the first batch."""
        if device == self.detect.anchors.device:
            return self.detect.anchors
        if self._cpu_anchors is None:
            self._cpu_anchors = self.detect.anchors.to(device)
        return self._cpu_anchors

    def _check(self, raw: Sequence[Tensor], targets: Tensor) -> None:
        if targets.ndim != 2 or targets.shape[1] != 6:
            raise ValueError(
                f"found targets of shape {tuple(targets.shape)}, expected (n, 6): image, class, x, y, w, h"
            )
        classes = self.detect.num_classes
        if raw[0].shape[-1] != classes + 5:
            raise ValueError(f"found maps of {raw[0].shape[-1]} numbers a box, expected 5 + {classes} classes")
        if not len(targets) or targets.device.type != "cpu":  # to ask a GPU for numbers is to wait for it
            return
        for column, what, count in ((0, "picture", len(raw[0])), (1, "class", classes)):
            if not 0 <= targets[:, column].min() <= targets[:, column].max() < count:
                raise ValueError(f"found a {what} outside 0..{count - 1} in the targets: do they fit the model?")

    def _level(self, out: Tensor, assigned: Assignment) -> tuple[Tensor, Tensor, Tensor]:
        """(box, objectness, class) loss of one level, before gains and balance."""
        answers = out[assigned.image, assigned.anchor, assigned.row, assigned.column]  # (n, 5 + nc)
        wanted = torch.zeros_like(out[..., 4])
        box = label = out.new_zeros(())
        if len(answers):
            overlap = self._overlap(answers[:, :4].sigmoid(), assigned)
            box = (1 - overlap).mean()
            # The objectness to learn is the quality of the box. Where two objects share a slot the last one stays.
            slot = (assigned.image, assigned.anchor, assigned.row, assigned.column)
            wanted[slot] = overlap.detach().clamp(min=0).to(wanted.dtype)
            if self.detect.num_classes > 1:
                label = self._class_loss(answers[:, 5:], assigned.label)
        return box, self._cross_entropy(out[..., 4], wanted, self.hyp["obj_pw"]), label

    def _overlap(self, s: Tensor, assigned: Assignment) -> Tensor:
        predicted = torch.cat((2 * s[:, :2] - 0.5, (2 * s[:, 2:]) ** 2 * assigned.anchor_size), 1)
        return iou(xywh_to_xyxy(predicted), xywh_to_xyxy(assigned.box), self.overlap)

    def _class_loss(self, logits: Tensor, label: Tensor) -> Tensor:
        smoothing = self.hyp["label_smoothing"]
        wanted = torch.full_like(logits, 0.5 * smoothing)
        wanted[torch.arange(len(label), device=label.device), label] = 1 - 0.5 * smoothing
        return self._cross_entropy(logits, wanted, self.hyp["cls_pw"])

    def _cross_entropy(self, logits: Tensor, wanted: Tensor, positive_weight: float) -> Tensor:
        weight = None if positive_weight == 1 else logits.new_tensor(positive_weight)
        if not self.hyp["fl_gamma"]:
            return binary_cross_entropy_with_logits(logits, wanted, pos_weight=weight)
        each = binary_cross_entropy_with_logits(logits, wanted, pos_weight=weight, reduction="none")
        s = logits.sigmoid()
        missed = 1 - (wanted * s + (1 - wanted) * (1 - s))
        return (each * (wanted * 0.25 + (1 - wanted) * 0.75) * missed ** self.hyp["fl_gamma"]).mean()
