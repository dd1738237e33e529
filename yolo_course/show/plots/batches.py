"""Batches drawn: what is in one, and how much of it is padding when all are squares or each has its own shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy import ndarray
from torch import Tensor

from yolo_course.boxes import denormalise
from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_boxes, draw_image
from yolo_course.show.style import new_figure, tidy
from yolo_course.stages.input import rectangular_batches

SQUARE, RECTANGULAR = "square", "rectangular"
_LOOK = {
    SQUARE: {"facecolor": "white", "edgecolor": style.GREY, "hatch": "///"},
    RECTANGULAR: {"facecolor": style.STAGES["input"], "edgecolor": "black"},
}


def batch_sheet(images: Tensor, targets: Tensor, names: Sequence[str] = (), columns: int = 4) -> Figure:
    """The pictures of a batch (B, 3, H, W) in 0..1, each with the boxes that ``targets`` (n, 6) give it."""
    if images.ndim != 4 or targets.ndim != 2 or targets.shape[1] != 6 or columns < 1 or not len(images):
        raise ValueError(
            f"found images {tuple(images.shape)} and targets {tuple(targets.shape)} in {columns} columns, expected "
            "(B, 3, H, W), (n, 6) and at least one column and picture: pass what yc.collate returns"
        )
    count, _, height, width = images.shape
    rows = -(-count // columns)
    figure, grid = new_figure(style.WIDTH, rows * style.WIDTH / columns * height / width + 0.2, rows, columns)
    for axes in grid.flat:
        axes.set_axis_off()
    for number, axes in zip(range(count), grid.flat, strict=False):
        own = targets[targets[:, 0] == number].cpu().numpy()
        draw_image(axes, images[number].permute(1, 2, 0).float().cpu().numpy())
        boxes = denormalise(own[:, 2:], width, height)
        draw_boxes(axes, boxes, own[:, 1].astype(int), names, colour=style.TRUTH, dash="--")
    return figure


def share_of_padding(
    shapes_wh: ndarray, size: int, batch_size: int, kind: str = SQUARE, pad: float = 0.0, stride: int = 32
) -> float:
    """Of all pixels in the batches of pictures (n, 2) width, height: which share is padding, 0 to 1?"""
    frames, pictures = laid_out(shapes_wh, size, batch_size, kind, pad, stride)
    return float(1 - pictures.prod(1).sum() / frames.prod(1).sum())


def padding_plan(shapes_wh: ndarray, size: int, batch_size: int) -> Figure:
    """Each picture in the frame that its batch gives it: squares above, rectangular batches below; hatched: padding."""
    shapes_wh = np.asarray(shapes_wh)
    figure, grid = new_figure(style.WIDTH, 3.6, 2, 1)
    for axes, kind in zip(grid[:, 0], (SQUARE, RECTANGULAR), strict=True):
        frames, pictures = laid_out(shapes_wh, size, batch_size, kind)
        share = share_of_padding(shapes_wh, size, batch_size, kind)
        axes.set_title(f"{kind} batches: {share:.0%} padding", fontsize=style.NORMAL, fontweight="bold", loc="left")
        _draw_row(axes, frames, pictures, size, batch_size)
    return figure


def laid_out(
    shapes_wh: ndarray, size: int, batch_size: int, kind: str, pad: float = 0.0, stride: int = 32
) -> tuple[ndarray, ndarray]:
    """For every picture, in the order of the batches: (width, height) of its frame, and its own in there."""
    if kind not in _LOOK:
        raise ValueError(f"found kind={kind!r}, expected {SQUARE!r} or {RECTANGULAR!r}")
    shapes = np.asarray(shapes_wh, dtype=float)
    frames = np.full_like(shapes, size)
    if kind == RECTANGULAR:
        order, batch_shapes = rectangular_batches(shapes, size, batch_size, stride, pad)
        shapes = shapes[order]
        frames = np.repeat(batch_shapes[:, ::-1], batch_size, axis=0)[: len(shapes)]
    ratio = (frames / shapes).min(axis=1, keepdims=True)
    return frames, np.maximum(1, np.rint(shapes * ratio))


def _draw_row(axes: Axes, frames: ndarray, pictures: ndarray, size: int, batch_size: int) -> None:
    gap, x = 0.06 * size, 0.0
    for number, ((wide, high), (width, height)) in enumerate(zip(frames, pictures, strict=True)):
        x += 2 * gap if number and number % batch_size == 0 else 0
        axes.add_patch(Rectangle((x, size - high), wide, high, linewidth=1, **_LOOK[SQUARE]))
        corner = x + (wide - width) / 2, size - high + (high - height) / 2
        axes.add_patch(Rectangle(corner, width, height, linewidth=1.2, **_LOOK[RECTANGULAR]))
        label = f"{width:.0f}×{height:.0f}"
        middle = corner[0] + width / 2, corner[1] + height / 2
        axes.text(*middle, label, fontsize=style.SMALL - 1.5, ha="center", va="center", rotation=90 * (width < height))
        x += wide + gap
    whole = len(frames) * (size + gap) + 2 * gap * (len(frames) // batch_size)
    axes.set(xlim=(-gap, whole), ylim=(size + gap, -gap), aspect="equal", anchor="W")
    axes.set_axis_off()


def padding_bars(padding: Mapping[str, tuple[float, float]]) -> Figure:
    """For each named data set, the share of padding in square and in rectangular batches, as two bars."""
    if not padding:
        raise ValueError("found no data set, expected at least one: its name, and (square, rectangular)")
    figure, ((axes,),) = new_figure(style.WIDTH, 0.55 * len(padding) + 0.9)
    for number, shares in enumerate(padding.values()):
        for place, (kind, share) in enumerate(zip((SQUARE, RECTANGULAR), shares, strict=True)):
            y = number + 0.36 * place - 0.18
            label = f"{kind} batches" if number == 0 else None
            axes.barh(y, 100 * share, 0.32, label=label, linewidth=1.2, **_LOOK[kind])
            axes.text(100 * share + 0.8, y, f"{share:.1%}", va="center", fontsize=style.SMALL)
    axes.set_yticks(range(len(padding)), list(padding))
    axes.invert_yaxis()
    tidy(axes, "", "share of the pixels that is padding, %", "", grid="x")
    axes.tick_params(labelsize=style.NORMAL)
    axes.set_xlim(0, 100 * max(map(max, padding.values())) * 1.12 + 3)
    axes.legend(fontsize=style.SMALL, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderpad=0)
    return figure
