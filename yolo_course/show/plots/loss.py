"""The loss in pictures: how alike two boxes are, which cells and anchors answer, what objectness is to learn.

How the loss is used in training is drawn in :mod:`yolo_course.show.plots.steps`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator
from numpy import ndarray
from torch import Tensor

from yolo_course.boxes import KINDS, iou
from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_cells, draw_image
from yolo_course.show.style import LineStyle, mixed, new_figure, tidy
from yolo_course.stages.loss import assign_targets

OVERLAPS = {
    "iou": LineStyle("IoU", style.GREY, ":", "o"),
    "giou": LineStyle("GIoU", style.SKY, "--", "s"),
    "diou": LineStyle("DIoU", style.BLACK, "-.", "^"),
    "ciou": LineStyle("CIoU", style.STAGES["loss"], "-", "D"),
}
LEVELS = ("P3", "P4", "P5")
# Curves that lie on each other: the one below is wider, the one above is dotted.
_WIDE = {"diou": {"linewidth": 6, "linestyle": "-", "alpha": 0.35}, "iou": {"linewidth": 3.4, "zorder": 3}}
_TRUTH = {"edgecolor": "black", "linestyle": "--", "linewidth": 2.4, "fill": False}
_FOUND = {"edgecolor": style.FOUND, "facecolor": mixed(style.FOUND, 0.4), "linewidth": 2.4, "alpha": 0.85}


def overlap_curves(shift: Sequence[float], values: Mapping[str, Sequence], slopes: Mapping[str, Sequence]) -> Figure:
    """A box slides past another: each measure's value and its slope against the ``shift`` of the centres.

    ``values`` and ``slopes`` are by kind (iou, giou, diou, ciou). Raises ValueError for another kind and for a
    curve that is not as long as ``shift``.
    """
    for curves in (values, slopes):
        _check_kinds(curves)
        for kind, curve in curves.items():
            if len(curve) != len(shift):
                raise ValueError(f"found {len(curve)} numbers of {kind}, expected one for each of {len(shift)} shifts")
    figure, ((left, right),) = new_figure(style.WIDTH, 3.9, 1, 2)
    titles = ("How alike are they?", "Which way is better? (slope)")
    for axes, curves, title in zip((left, right), (values, slopes), titles, strict=True):
        for kind, curve in curves.items():
            look = {**OVERLAPS[kind].line, "marker": "none"} | _WIDE.get(kind, {"linewidth": 2.6})
            axes.plot(shift, torch.as_tensor(curve).detach().numpy(), label=OVERLAPS[kind].label, **look)
        tidy(axes, title, "distance of the centres").axhline(0, color="black", linewidth=0.8)
    left.set_ylabel("value", fontsize=style.NORMAL)
    figure.legend(
        *left.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(values),
        fontsize=style.NORMAL,
        frameon=False,
    )
    return figure


def _check_kinds(kinds) -> None:
    unknown = [kind for kind in kinds if kind not in OVERLAPS]
    if unknown:
        raise ValueError(f"found the measure {unknown[0]!r}, expected some of {', '.join(OVERLAPS)}")


def box_pairs(pairs: Sequence[tuple]) -> Figure:
    """Toy pairs side by side, each (title, truth, predicted) with xyxy boxes, and their four measures below."""
    if not pairs:
        raise ValueError("found no pair of boxes, expected at least one (title, truth, predicted)")
    figure, (row,) = new_figure(style.WIDTH, 2.6, 1, len(pairs), sharex=True, sharey=True)
    corners = np.array([box for _, *boxes in pairs for box in boxes], dtype=float)
    low, high = corners.min(0)[:2] - 0.5, corners.max(0)[2:] + 0.5
    for number, (axes, (title, truth, predicted)) in enumerate(zip(row, pairs, strict=True)):
        for (left, top, right, bottom), look in ((predicted, _FOUND), (truth, _TRUTH)):
            axes.add_patch(Rectangle((left, top), right - left, bottom - top, **look))
        axes.set(xlim=(low[0], high[0]), ylim=(high[1], low[1]), aspect="equal", xticks=[], yticks=[])
        axes.set_title(title, fontsize=style.NORMAL, fontweight="bold")
        axes.spines[:].set_color(style.LIGHT)
        _measures(axes, truth, predicted, first=number == 0)
    return figure


def _measures(axes: Axes, truth, predicted, first: bool) -> None:
    boxes = [torch.tensor([box], dtype=torch.float64) for box in (predicted, truth)]
    for line, kind in enumerate(KINDS):
        place = {"xytext": (0.5, -18 - 20 * line), "textcoords": ("axes fraction", "offset points")}
        look = {"ha": "center", "va": "center", "fontsize": style.LARGE, "family": "monospace"}
        value = f"{iou(*boxes, kind).item():+.2f}"
        axes.annotate(value, (0.5, 0), xycoords="axes fraction", **place, **look)
        if first:
            place["xytext"] = (-0.02, -18 - 20 * line)
            look |= {"ha": "right", "fontsize": style.NORMAL, "fontweight": "bold"}
            axes.annotate(OVERLAPS[kind].label, (0, 0), xycoords="axes fraction", **place, **look)


def anchor_reach(anchors: Tensor, limit: float = 4.0, objects: Mapping[str, tuple] | None = None) -> Figure:
    """Which sizes does an anchor answer for? Width and height by powers of two, a square around each anchor.

    ``anchors`` are (levels, A, 2) in pixels; a square reaches from a ``limit``-th of the anchor to ``limit`` times
    it. ``objects`` are named (width, height), marked by a star.
    """
    anchors = torch.as_tensor(anchors, dtype=torch.float32)
    if anchors.ndim != 3 or anchors.shape[-1] != 2 or limit <= 1:
        found = f"anchors of shape {tuple(anchors.shape)} and limit {limit}"
        raise ValueError(f"found {found}, expected (levels, A, 2) in pixels and a limit above 1")
    figure, (row,) = new_figure(style.WIDTH, 3.9, 1, len(anchors), sharex=True, sharey=True)
    low, high = float(anchors.min()) / limit / 1.3, float(anchors.max()) * limit * 1.3
    for level, (axes, own) in enumerate(zip(row, anchors.tolist(), strict=True)):
        for w, h in own:
            area = Rectangle((w / limit, h / limit), w * limit - w / limit, h * limit - h / limit)
            area.set(facecolor=mixed(style.STAGES["loss"], 0.5), alpha=0.35, edgecolor="black", linewidth=1.2)
            axes.add_patch(area)
            axes.plot([w], [h], "k+", markersize=11, markeredgewidth=2)
        for name, (w, h) in (objects or {}).items():
            axes.plot([w], [h], "*", color=style.YELLOW, markeredgecolor="black", markersize=15)
            halo = [withStroke(linewidth=3, foreground="white")]
            options = {"xytext": (9, 5), "textcoords": "offset points", "fontsize": style.SMALL, "fontweight": "bold"}
            axes.annotate(name, (w, h), path_effects=halo, **options)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        tidy(axes, LEVELS[level], "width, pixels", "height, pixels" if level == 0 else "", grid="both")
        axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(_powers(high))
            axis.set_major_formatter("{x:g}")
    return figure


def _powers(high: float) -> FixedLocator:
    return FixedLocator([4**n for n in range(0, 12) if 4**n < high])


def answering_cells(image: ndarray, target: Tensor, shapes: Sequence[tuple], anchors: Tensor) -> Figure:
    """The grid of each level on the picture, and the cells that answer for one object.

    ``target`` is a row of six (image, class, x, y, w, h), ``shapes`` are the maps' (height, width), ``anchors``
    (levels, A, 2) in cells. The cell of the centre is darker; the number in a cell counts its anchors.
    """
    if target.shape != (6,):
        raise ValueError(f"found a target of shape {tuple(target.shape)}, expected one row of six numbers")
    figure, (row,) = new_figure(style.WIDTH, 3.6, 1, len(shapes))
    height, width = image.shape[:2]
    x, y, w, h = (target[2:] * torch.tensor([width, height, width, height])).tolist()
    for level, (axes, (rows, columns), own) in enumerate(zip(row, shapes, anchors, strict=True)):
        found = assign_targets(target[None], (rows, columns), own)
        step = width / columns, height / rows
        draw_image(axes, image, f"{LEVELS[level]}: {len(found.image)} answers")
        draw_cells(axes, (width, height), step, color="white", linewidth=0.7, alpha=0.55)
        axes.set(xlim=(0, width), ylim=(height, 0))
        counts = Counter(zip(found.column.tolist(), found.row.tolist(), strict=True))
        for cell, count in counts.items():
            holds = cell == (int(x / step[0]), int(y / step[1]))
            _draw_cell(axes, cell, step, count, holds)
        axes.add_patch(Rectangle((x - w / 2, y - h / 2), w, h, **{**_TRUTH, "edgecolor": style.TRUTH}))
        axes.plot([x], [y], "o", color=style.TRUTH, markeredgecolor="black", markersize=6)
    return figure


def _draw_cell(axes: Axes, cell: tuple[int, int], step: tuple[float, float], count: int, holds: bool) -> None:
    colour = style.STAGES["loss"]
    corner = cell[0] * step[0], cell[1] * step[1]
    look = {"facecolor": colour, "edgecolor": "black", "linewidth": 2.4 if holds else 1.2, "alpha": 0.85}
    axes.add_patch(Rectangle(corner, *step, **(look if holds else {**look, "facecolor": mixed(colour, 0.4)})))
    if step[0] >= 16:
        middle = corner[0] + 0.22 * step[0], corner[1] + 0.25 * step[1]
        axes.text(*middle, count, ha="center", va="center", fontsize=style.SMALL, fontweight="bold")


def objectness_maps(wanted: Sequence[Tensor], said: Sequence[Tensor]) -> Figure:
    """What objectness is to learn on each level, and what the network says: maps (A, H, W) from 0 to 1.

    Of a cell's anchors the largest value is shown.
    """
    for a, b in zip(wanted, said, strict=True):
        if a.shape != b.shape or a.ndim != 3:
            raise ValueError(f"found maps of {tuple(a.shape)} and {tuple(b.shape)}, expected twice the same (A, H, W)")
    figure, grid = new_figure(style.WIDTH, 4.6, 2, len(wanted))
    for name, row, maps in zip(("wanted", "said"), grid, (wanted, said), strict=True):
        for level, (axes, values) in enumerate(zip(row, maps, strict=True)):
            shown = axes.imshow(
                values.detach().amax(0).numpy(), cmap="cividis", vmin=0, vmax=1, interpolation="nearest"
            )
            axes.set(xticks=[], yticks=[])
            axes.set_title(f"{LEVELS[level]}, {name}", fontsize=style.NORMAL)
    bar = figure.colorbar(shown, ax=grid, shrink=0.8)
    bar.ax.tick_params(labelsize=style.SMALL)
    return figure
