"""The head in pictures: one cell and its anchor, the decoding, one output traced to one box, maps of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy import ndarray

from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_cells, draw_image
from yolo_course.show.style import mixed, new_figure, tidy

ANCHOR = style.BLUE  # what an anchor is drawn in
_COLOURS = (style.FOUND, style.VERMILLION, style.GREEN, style.BLACK)


def sigmoid(raw):
    return 1 / (1 + np.exp(-np.asarray(raw, dtype=float)))


def cell_figure(
    cells: int,
    stride: int,
    cell: tuple[int, int],
    anchor: tuple[float, float],
    boxes: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """A grid of ``cells`` x ``cells``, one ``cell`` (y, x) lit, its ``anchor`` (w, h in pixels), and decoded boxes.

    The dotted square is where the cell's centre may go: half a cell over its edges. ``boxes`` are x, y, w, h in
    pixels by what is written in the legend. Raises ValueError for a cell outside.
    """
    if not all(0 <= place < cells for place in cell):
        raise ValueError(f"found cell {cell}, expected (y, x) from 0 to {cells - 1}")
    figure, ((axes,),) = new_figure(style.WIDTH, 4.6)
    side, (y, x) = cells * stride, cell
    _grid(axes, (side, side), stride, style.GREY)
    axes.add_patch(Rectangle((x * stride, y * stride), stride, stride, color=mixed(style.FOUND, 0.4), zorder=0))
    reach = Rectangle(((x - 0.5) * stride, (y - 0.5) * stride), 2 * stride, 2 * stride, fill=False)
    axes.add_patch(reach).set(linestyle=":", linewidth=2.5, edgecolor=style.BLACK, label="the centre stays in here")
    at_rest = (x + 0.5) * stride, (y + 0.5) * stride, *anchor
    _frame(axes, at_rest, ANCHOR, "--", "the anchor, laid on the cell's centre")
    for (label, box), colour in zip((boxes or {}).items(), _COLOURS, strict=False):
        _frame(axes, box, colour, "-", label)
        axes.plot(*box[:2], marker="o", markersize=8, color=colour, markeredgecolor="black")
    low, high, ticks = -stride / 4, side + stride / 4, np.arange(0, side + 1, stride)
    axes.set(xlim=(low, high), ylim=(high, low), aspect="equal", xticks=ticks, yticks=ticks)
    tidy(axes, "", "x in pixels", "y in pixels", grid=None)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=style.NORMAL, frameon=False)
    return figure


def _grid(axes: Axes, size: tuple[float, float], stride: float, colour: str, **look) -> None:
    """Lines every ``stride`` pixels over a picture of ``size`` (width, height)."""
    draw_cells(axes, size, (stride, stride), color=colour, linewidth=0.8, **look)


def _frame(axes: Axes, box: Sequence[float], colour: str, dash: str, label: str = "", halo=False, width=2.8) -> None:
    x, y, w, h = (float(number) for number in box)
    frame = Rectangle((x - w / 2, y - h / 2), w, h, fill=False, edgecolor=colour, linewidth=width)
    frame.set(linestyle=dash, label=label, path_effects=[withStroke(linewidth=5, foreground="black")] if halo else None)
    axes.add_patch(frame)


def decode_curves(low: float = -6.0, high: float = 6.0) -> Figure:
    """Where the centre goes, how the size grows, and how steeply: YOLOv5's way against YOLOv3's.

    Against the raw number, from ``low`` to ``high``.
    """
    if not low < high:
        raise ValueError(f"found {low} to {high}, expected a lower and a higher raw number")
    raw = np.linspace(low, high, 241)
    s = sigmoid(raw)
    figure, (row,) = new_figure(style.WIDTH, 3.9, 1, 3)
    curves = {
        "Where is the centre?": (2 * s - 0.5, s, "cells"),
        "How large is the box?": ((2 * s) ** 2, np.exp(raw), "times the anchor"),
        "How steep is the size?": (8 * s**2 * (1 - s), np.exp(raw), "slope"),
    }
    for axes, (title, (ours, theirs, unit)) in zip(row, curves.items(), strict=True):
        axes.plot(raw, ours, color=style.FOUND, linewidth=3.2, label="YOLOv5 (v2.0 on)")
        axes.plot(raw, theirs, color=style.BLACK, linewidth=2.2, linestyle="--", label="YOLOv3")
        tidy(axes, title, "raw number t", unit)
    row[0].axhspan(0, 1, color=mixed(style.FOUND, 0.2), zorder=0)
    row[0].text(low, 0.03, "the cell", fontsize=style.SMALL, va="bottom")
    row[0].set_ylim(-0.6, 1.6)
    for axes in row[1:]:
        axes.set_ylim(-0.2, 8)
    row[1].axhline(4, color=style.GREY, linewidth=1, linestyle=":")
    row[1].text(low, 4.1, "at most 4", fontsize=style.SMALL, va="bottom")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=style.NORMAL, frameon=False)
    return figure


def anchor_figure(anchors: ndarray, strides: Sequence[float], size: int) -> Figure:
    """The anchors (levels, A, 2) in pixels: a picture of ``size`` for each level, with that level's cells.

    The anchors lie on the middle of the picture, as if all of them belonged to a cell there.
    """
    anchors = np.asarray(anchors, dtype=float)
    if anchors.ndim != 3 or anchors.shape[2] != 2 or len(anchors) != len(strides):
        raise ValueError(
            f"found anchors {anchors.shape} and {len(strides)} strides, expected (levels, A, 2) and levels"
        )
    figure, (row,) = new_figure(style.WIDTH, 3.5, 1, len(strides))
    for level, (axes, shapes, stride) in enumerate(zip(row, anchors, strides, strict=True), 3):
        _grid(axes, (size, size), stride, style.LIGHT if stride < size / 8 else style.GREY)
        axes.add_patch(Rectangle((0, 0), size, size, fill=False, linewidth=1.5, edgecolor="black"))
        for shape in shapes:
            _frame(axes, (size / 2, size / 2, *shape), ANCHOR, "-", width=1.6)
        margin = max(2, (anchors.max() - size) / 2 + 4)
        axes.set(xlim=(-margin, size + margin), ylim=(size + margin, -margin), aspect="equal")
        sizes = ", ".join(f"{w:.0f}×{h:.0f}" for w, h in shapes)
        axes.set_title(f"P{level}, stride {stride:g}\n{sizes}", fontsize=style.NORMAL)
        axes.set_axis_off()
    return figure


def trace_figure(
    image: ndarray,
    stride: float,
    cell: tuple[int, int],
    anchor: Sequence[float],
    box: Sequence[float],
    probabilities: Mapping[str, float],
) -> Figure:
    """One output traced: its ``cell`` (y, x) and ``anchor`` on the picture, the ``box`` (x, y, w, h) it gives, and
    the ``probabilities`` by name, objectness first.
    """
    figure, ((left, right),) = new_figure(style.WIDTH, 4.2, 1, 2, width_ratios=(1.25, 1))
    draw_image(left, image)
    height, width = image.shape[:2]
    _grid(left, (width, height), stride, "white", alpha=0.45)
    y, x = cell
    left.add_patch(Rectangle((x * stride, y * stride), stride, stride, color=style.FOUND, alpha=0.55))
    centre = (x + 0.5) * stride, (y + 0.5) * stride
    _frame(left, (*centre, *anchor), style.SKY, "--", "anchor", halo=True)
    _frame(left, box, style.FOUND, "-", "decoded box", halo=True)
    left.plot(*box[:2], marker="o", markersize=8, color=style.FOUND, markeredgecolor="black", linestyle="none")
    left.set(xlim=(0, width), ylim=(height, 0))
    left.legend(loc="lower right", fontsize=style.NORMAL, framealpha=0.9)
    _probability_bars(right, probabilities)
    return figure


def _probability_bars(axes: Axes, probabilities: Mapping[str, float]) -> None:
    names, values = list(probabilities), np.array(list(probabilities.values()), dtype=float)
    colours = [style.BLACK, *[style.FOUND] * (len(names) - 1)]
    axes.barh(range(len(names)), values, color=colours, height=0.65)
    for row, value in enumerate(values):
        axes.text(value + 0.02, row, f"{value:.2f}", va="center", fontsize=style.SMALL)
    axes.set_yticks(range(len(names)), names)
    tidy(axes, "After the sigmoid", "", "", grid="x").set(xlim=(0, 1.18), ylim=(len(names) - 0.4, -0.6))
    axes.tick_params(labelsize=style.NORMAL)


def score_maps(image: ndarray, maps: Mapping[str, ndarray], cell: tuple[int, int] | None = None) -> Figure:
    """The picture, and beside it the named ``maps`` (H, W) of probabilities, all on one scale from 0 to 1.

    The ``cell`` (y, x), if any, is framed in all of them, on the picture too.
    """
    if not maps or any(np.ndim(each) != 2 for each in maps.values()):
        raise ValueError(f"found {len(maps)} maps of {[np.ndim(m) for m in maps.values()]} axes, expected (H, W) each")
    figure, (row,) = new_figure(style.WIDTH, style.WIDTH / (len(maps) + 1) + 1.05, 1, len(maps) + 1)
    draw_image(row[0], image, "the picture")
    for axes, (title, values) in zip(row[1:], maps.items(), strict=True):
        drawn = axes.imshow(values, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(title, fontsize=style.NORMAL)
        axes.set_axis_off()
    if cell is not None:
        shape = np.shape(next(iter(maps.values())))
        _mark(row[0], cell, image.shape[0] / shape[0], 0)
        for axes in row[1:]:
            _mark(axes, cell, 1, -0.5)
    bar = figure.colorbar(drawn, ax=list(row), orientation="horizontal", fraction=0.06, pad=0.02, aspect=50)
    bar.set_label("probability", fontsize=style.SMALL)
    bar.ax.tick_params(labelsize=style.SMALL)
    return figure


def _mark(axes: Axes, cell: tuple[int, int], side: float, offset: float) -> None:
    y, x = cell
    frame = Rectangle((x * side + offset, y * side + offset), side, side, fill=False, linewidth=2.5)
    frame.set(edgecolor=style.VERMILLION, path_effects=[withStroke(linewidth=5, foreground="white")])
    axes.add_patch(frame)
