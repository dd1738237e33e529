"""Stage 4, the head: three maps of numbers become a list of boxes.

At each cell of each map and for each of its three anchors the head gives 5 + nc numbers: where the box is (4),
whether there is one (objectness), and of which class it is (nc). ``decode`` turns them into pixels and
probabilities, ``non_max_suppression`` keeps one box per object.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from yolo_course.boxes import xywh_to_xyxy

FIRST_LOOK = 1000  # candidates that non-max suppression looks at before it asks whether it needs more


class Detect(nn.Module):
    """One 1 x 1 convolution a level: maps (B, C, H, W) to raw outputs (B, A, H, W, 5 + nc).

    ``anchors`` are (levels, A, 2) widths and heights in pixels, ``channels`` and ``strides`` one number a level. The
    buffer ``anchors`` holds them in units of the level's stride, as the original's checkpoints do;
    ``anchor_grid=True`` adds the copy in pixels that releases up to v5.0 kept under that name.
    """

    def __init__(self, num_classes: int, anchors, channels: Sequence[int], strides: Sequence[int], anchor_grid=False):
        super().__init__()
        pixels = torch.as_tensor(anchors, dtype=torch.float32)
        self.num_classes, self.num_outputs = num_classes, num_classes + 5
        self.num_levels, self.num_anchors = pixels.shape[:2]
        self.register_buffer("stride", torch.tensor(strides, dtype=torch.float32), persistent=False)
        self.register_buffer("anchors", pixels / self.stride.view(-1, 1, 1))
        if anchor_grid:
            self.register_buffer("anchor_grid", pixels.view(self.num_levels, 1, -1, 1, 1, 2).clone())
        self.m = nn.ModuleList(nn.Conv2d(c, self.num_anchors * self.num_outputs, 1) for c in channels)
        self._set_bias_prior(strides)

    def _set_bias_prior(self, strides: Sequence[int]) -> None:
        # An untrained head should say "nothing here": about 8 objects in a picture of 640 pixels, classes equally rare.
        for conv, stride in zip(self.m, strides, strict=True):
            bias = conv.bias.detach().view(self.num_anchors, -1)  # shares the parameter's memory
            bias[:, 4] += math.log(8 / (640 / stride) ** 2)
            bias[:, 5:] += math.log(0.6 / (self.num_classes - 0.99999))

    @property
    def anchor_pixels(self) -> Tensor:
        """The anchors' widths and heights in pixels, (levels, A, 2)."""
        return self.anchors * self.stride.view(-1, 1, 1)

    def set_anchors(self, pixels) -> None:
        """Replace the anchors by other widths and heights in pixels, (levels, A, 2)."""
        pixels = torch.as_tensor(pixels, dtype=torch.float32, device=self.anchors.device)
        if pixels.shape != self.anchors.shape or not bool(((pixels > 0) & pixels.isfinite()).all()):
            raise ValueError(
                f"found anchors of shape {tuple(pixels.shape)}, expected {tuple(self.anchors.shape)} positive "
                "widths and heights in pixels: one (width, height) for each level and anchor"
            )
        self.anchors.copy_(pixels / self.stride.view(-1, 1, 1))
        if hasattr(self, "anchor_grid"):
            self.anchor_grid.copy_(pixels.view_as(self.anchor_grid))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        raw = []
        for conv, features in zip(self.m, maps, strict=True):
            batch, _, height, width = features.shape
            out = conv(features).view(batch, self.num_anchors, self.num_outputs, height, width)
            raw.append(out.permute(0, 1, 3, 4, 2).contiguous())  # (B, A, H, W, 5 + nc)
        return raw

    def decode(self, raw: Sequence[Tensor]) -> Tensor:
        """Raw maps to (B, N, 5 + nc): x, y, w, h in pixels, then probabilities; N runs over level, anchor, y, x."""
        levels = zip(raw, self.anchor_pixels, self.stride, strict=True)
        return torch.cat([decode(out, anchors, stride).flatten(1, 3) for out, anchors, stride in levels], 1)


def decode(raw: Tensor, anchors: Tensor, stride: float | Tensor) -> Tensor:
    """One level's raw outputs (B, A, H, W, 5 + nc) to pixels and probabilities, same shape, float32.

    With s = sigmoid(raw): the centre is (2 s - 0.5 + cell) x stride, so that it can leave its cell by half a cell;
    the size is (2 s)^2 x anchor, at most four times the anchor (YOLOv5 v2.0 and later). ``anchors`` (A, 2) in pixels.
    """
    height, width = raw.shape[2:4]
    y, x = torch.meshgrid(*(torch.arange(n, device=raw.device) for n in (height, width)), indexing="ij")
    cell = torch.stack((x, y), -1)  # (H, W, 2)
    s = raw.float().sigmoid()
    centre = (2 * s[..., :2] - 0.5 + cell) * stride
    size = (2 * s[..., 2:4]) ** 2 * anchors.view(-1, 1, 1, 2)
    return torch.cat((centre, size, s[..., 4:]), -1)


@torch.no_grad()
def non_max_suppression(
    decoded: Tensor,
    conf: float = 0.25,
    iou: float = 0.45,
    multi_label: bool = False,
    agnostic: bool = False,
    max_detections: int = 300,
) -> list[Tensor]:
    """From (B, N, 5 + nc) decoded outputs to the boxes worth keeping: a list of B tensors (n, 6).

    A row is x1, y1, x2, y2, score, class; best score first; score = objectness x class probability. Boxes that score
    at most ``conf`` go; then, from the best down, each box removes those of its class that overlap it by more than
    ``iou`` (``agnostic``: of any class). ``multi_label`` lets one box stand for several classes, as validation does.

    The result is exact for any number of candidates and there is no time limit. Raises ValueError for thresholds
    outside 0..1, a negative ``max_detections`` and an input of another shape. Boxes that are not finite are dropped.
    """
    if decoded.ndim != 3 or decoded.shape[2] < 6:
        raise ValueError(f"found a tensor of shape {tuple(decoded.shape)}, expected (B, N, 5 + classes): decode first")
    if not (0 <= conf <= 1 and 0 <= iou <= 1):
        raise ValueError(f"found conf={conf}, iou={iou}, expected two thresholds between 0 and 1")
    if max_detections < 0:
        raise ValueError(f"found max_detections={max_detections}, expected 0 or more")
    return [
        _suppress(_candidates(picture, conf, multi_label), iou, agnostic, max_detections) for picture in decoded.float()
    ]


def _candidates(picture: Tensor, conf: float, multi_label: bool) -> Tensor:
    """One picture's rows (N, 5 + nc) that score above ``conf``: (n, 6), best first."""
    picture = picture[(picture[:, 4] > conf) & picture[:, :4].isfinite().all(1)]  # a diverged model's boxes are none
    boxes, scores = xywh_to_xyxy(picture[:, :4]), picture[:, 5:] * picture[:, 4:5]
    if multi_label:
        row, label = (scores > conf).nonzero(as_tuple=True)
        score = scores[row, label]
    else:
        score, label = scores.max(1)
        row = (score > conf).nonzero()[:, 0]
        score, label = score[row], label[row]
    order = score.argsort(descending=True, stable=True)
    return torch.cat((boxes[row], score[:, None], label[:, None].float()), 1)[order]


def _suppress(candidates: Tensor, iou: float, agnostic: bool, max_detections: int) -> Tensor:
    from torchvision.ops import nms  # takes seconds to import: only who detects waits for it

    # Greedy suppression never looks ahead: what survives among the k best is what survives of them among all. So a
    # short prefix is enough, unless it leaves fewer boxes than asked for.
    device = candidates.device
    if device.type == "mps":  # has no float64
        candidates = candidates.cpu()
    boxes, score, label = candidates[:, :4].double(), candidates[:, 4], candidates[:, 5:]
    if not agnostic and len(boxes):
        boxes = boxes + label * (boxes.max() - boxes.min() + 1)  # far apart: classes cannot overlap
    k = max(FIRST_LOOK, 2 * max_detections)
    while True:
        keep = nms(boxes[:k], score[:k].double(), iou)
        if len(keep) >= max_detections or k >= len(boxes):
            return candidates[keep[:max_detections]].to(device)
        k *= 4
