"""Which pixels move a cell: its receptive field by the formula, and its gradient as it is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache

import numpy as np
import torch
from numpy import ndarray

from yolo_course.config import Row
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.backbone import SHOWN, SIDE, headed, heat, quiet_course_model, square_pictures
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider
from yolo_course.show.plots.receptive import Field

OUTSIDE = 12  # pixels: how far beyond the picture a frame is drawn, so that its edges there are not seen


def layers(row: Row) -> list[tuple[int, int, int]]:
    """(kernel, stride, padding) along the longest path through a row of v6.0 or v7.0; 1 × 1 adds nothing."""
    if row.module == "C3":
        return [(3, 1, 1)] * row.repeats
    kernel, stride, *padding = (row.args[1], 1) if row.module == "SPPF" else row.args[1:4]
    return [(kernel, stride, *(padding or [kernel // 2]))] * (3 if row.module == "SPPF" else 1)


def span(rows: Sequence[Row], cell: int) -> tuple[int, int]:
    """The first pixel that ``cell`` of the last row can see along one side, and the one behind the last."""
    first = last = cell
    for kernel, stride, padding in reversed([layer for row in rows for layer in layers(row)]):
        first, last = first * stride - padding, last * stride - padding + kernel - 1
    return first, last + 1


def gradient_of(model: YOLOv5, image: ndarray) -> Callable[[int, int, int], ndarray]:
    """A function that measures how strongly each pixel moves cell (x, y) of a row: ``measure(row, x, y)``, (H, W).

    The picture is sent through the network once; only the way back is walked for each cell, and once for each.
    """
    order = torch.channels_last  # like one layer in place of two: the same gradient, in less time
    network = deepcopy(model).fuse().requires_grad_(False).to(memory_format=order)
    pixels = (torch.from_numpy(image).movedim(2, 0)[None] / 255).contiguous(memory_format=order)  # (1, 3, H, W)
    pixels.requires_grad_()
    outputs = network.walk(range(network.first_neck_row), {-1: pixels})

    @cache
    def measure(row: int, x: int, y: int) -> ndarray:
        answer = outputs[row][0, :, y, x].sum()
        (gradient,) = torch.autograd.grad(answer, pixels, retain_graph=True)
        return gradient[0].abs().sum(0).numpy()  # (H, W)

    return measure


def effective(gradient: ndarray, centre: tuple[float, float], share: float = 0.9) -> float:
    """The side of the square around ``centre`` (x, y) that holds this share of the gradient (H, W), in pixels."""
    away = [np.abs(np.arange(size) + 0.5 - at) for size, at in zip(gradient.shape[::-1], centre, strict=True)]
    ring = np.maximum(away[0][None, :], away[1][:, None])  # half the side at which a pixel gets in
    inside = np.bincount(np.rint(2 * ring).astype(int).ravel(), weights=gradient.ravel()).cumsum()
    return float(np.searchsorted(inside, share * inside[-1])) + 1


def measured_field(rows: Sequence[Row], gradient: ndarray, cell: tuple[int, int]) -> Field:
    """The gradient of ``cell`` (x, y) of the last row, with the formula's square and the one that holds 90 %."""
    across, down = (span(rows, place) for place in cell)
    centre = sum(across) / 2, sum(down) / 2
    name = f"Row {rows[-1].index} ({rows[-1].module})"
    return Field(name, gradient, centre, across[1] - across[0], effective(gradient, centre))


def field_view(image: ndarray, field: Field, cell: tuple[int, int], stride: int) -> View:
    """A picture (H, W, 3) and a gradient on it: the ``cell`` (x, y) green, its field dashed, 90 % of it solid."""
    size, place = len(image), f"cell ({cell[0]}, {cell[1]})"
    bright = np.sqrt(field.gradient / (field.gradient.max() or 1.0))  # as in show.plots.receptive: the faint is seen
    pictures = [_framed(picture, field, cell, stride) for picture in (image, heat(bright, 0, 1))]
    columns, rows = ((field.gradient > 0).any(axis).sum() for axis in (0, 1))
    words = (
        f"{field.title}, {place}: by the formula it sees {field.reach:g} × {field.reach:g} pixels; of this picture of "
        f"{size} × {size}, {columns} columns and {rows} rows of pixels move it. 90 % of the gradient lies within "
        f"{field.most:g} × {field.most:g} pixels around the field's middle."
    )
    heads = f"{field.title}, {place}\ndashed: all it can see", f"its gradient\n90 % within {field.most:g} pixels"
    both = [headed(*pair, lines=2) for pair in zip(pictures, heads, strict=True)]
    return View(canvas.side_by_side(both, gap=24, shape=(SHOWN + 50, 2 * SHOWN + 24)), words)


def _framed(picture: ndarray, field: Field, cell: tuple[int, int], stride: int) -> ndarray:
    zoom = SHOWN / len(picture)
    large, own = canvas.fitted(picture, SHOWN), np.array([*cell, cell[0] + 1, cell[1] + 1]) * stride * zoom
    large = canvas.with_boxes(large, [own], style.STAGES["backbone"], width=3)
    for side, colour, dashed in ((field.reach, "white", True), (field.most, style.VERMILLION, False)):
        frame = np.add.outer((-side / 2, side / 2), field.centre).ravel() * zoom
        large = canvas.with_boxes(large, [np.clip(frame, -OUTSIDE, SHOWN + OUTSIDE)], colour, dashed, width=3)
    return large


def _random_model() -> YOLOv5:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return YOLOv5("n", num_classes=1).eval()


def explore_field(image: ndarray | None = None) -> Explorer:
    """The receptive field of any cell of rows 0 to 9, on a picture (uint8 RGB (H, W, 3)) of yours or the course's."""
    pictures, trained = square_pictures(image), quiet_course_model()
    models = {"trained": lambda: trained, "random": _random_model}
    graph = cache(lambda picture, weights: gradient_of(models[weights](), pictures[picture]))
    strides = [SIDE // out for out in (80, 40, 40, 20, 20, 10, 10, 5, 5, 5)]

    def draw(row: int, across: int, down: int, picture: str, weights: str) -> View:
        stride = strides[row]
        x, y = across // stride, down // stride
        field = measured_field(trained.rows[: row + 1], graph(picture, weights)(row, x, y), (x, y))
        return field_view(pictures[picture], field, (x, y), stride)

    return Explorer(
        "what a cell sees",
        draw,
        {
            "row": slider("row", 0, 9, 4),
            "across": slider("pixel across", 4, 156, 76, 8),
            "down": slider("pixel down", 4, 156, 76, 8),
            "picture": choice("picture", list(pictures), next(iter(pictures))),
            "weights": choice("weights", list(models), "trained"),
        },
        {
            "row 4: P3": {},
            "row 4, random weights": {"weights": "random"},
            "row 6: P4": {"row": 6},
            "row 9: P5": {"row": 9},
        },
    )
