"""The neck drawn: its rows and wires, small maps with their numbers, and which input reaches which output."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.plots.architecture import Box, list_boxes, place, wire_ends
from yolo_course.show.style import ink, mixed, new_figure

Wire = tuple[int, int]  # (row that reads, row that is read)
CUT = style.VERMILLION
GRID_COLOURS = {"plain": style.LIGHT, "backbone": style.STAGES["backbone"], "neck": style.STAGES["neck"]}
_COLUMN, _WIDTH, _HEIGHT, _LEFT = 3.3, 1.9, 0.76, -3.1


def wire_letters(model: YOLOv5) -> dict[Wire, str]:
    """A letter for every wire that leads into one of the neck's Concats: a, b, c ... in the order of the rows."""
    neck = model.rows[model.first_neck_row :]
    wires = [(row.index, source) for row in neck if row.module == "Concat" for source in row.source]
    return dict(zip(wires, "abcdefghijklmnopqrstuvwxyz", strict=False))


def draw_neck(model: YOLOv5, image_size: int = 640, cut: Collection[Wire] = (), letters: bool = True) -> Figure:
    """The neck's rows from P3, P4, P5 on the left to N3, N4, N5, with shapes; wires in ``cut`` are crossed out.

    A wire is (row that reads, row that is read), such as (16, 4). Raises ValueError for one that there is not.
    """
    named, cut = wire_letters(model), set(cut)
    if unknown := cut - set(named):
        known = ", ".join(map(str, named))
        raise ValueError(f"found the wires {sorted(unknown)}, expected some of {known}: (reader, source) of a Concat")
    boxes = {box.row: box for box in place_neck(model, image_size)}
    bottom = min(box.y for box in boxes.values()) - 0.62
    figure, ((axes,),) = new_figure(height=0.4 * -bottom + 0.42)
    for band in sorted({box.stride for box in boxes.values()}):
        _draw_band(axes, [box for box in boxes.values() if box.stride == band], image_size)
    for box in boxes.values():
        _draw_row(axes, box)
    for reader in (row for row in model.rows[model.first_neck_row : -1]):
        for source in reader.source:
            wire = (reader.index, source)
            letter = named.get(wire, "") if letters else ""
            _draw_wire(axes, boxes[source], boxes[reader.index], letter, wire in cut)
    for column, title in enumerate(("from the backbone", "top-down (FPN)", "bottom-up (PAN)")):
        axes.text(column * _COLUMN, 0.1, title, fontsize=style.NORMAL, fontweight="bold", ha="center", va="bottom")
    axes.set(xlim=(_LEFT, 2 * _COLUMN + 1.75), ylim=(bottom, 0.65))
    axes.set_axis_off()
    return figure


def place_neck(model: YOLOv5, image_size: int = 640) -> list[Box]:
    """The boxes of the drawing: P3, P4, P5 beside the rows that read them, then the neck's rows, band by band."""
    boxes = [box for box in list_boxes(model, image_size) if box.column in (1, 2) or box.tag in ("P3", "P4", "P5")]
    placed = {box.row: replace(box, x=box.column * _COLUMN) for box in place(boxes, ())}
    for row in model.rows[model.first_neck_row :]:
        for source in row.source:
            if source in model.feature_rows:
                placed[source] = replace(placed[source], y=placed[row.index].y)
    return list(placed.values())


def _draw_band(axes: Axes, boxes: list[Box], image_size: int) -> None:
    low, high = min(box.y for box in boxes) - 0.57, max(box.y for box in boxes) + 0.57
    axes.add_patch(Rectangle((_LEFT, low), 2 * _COLUMN + 1.75 - _LEFT, high - low, facecolor="#f4f4f4", zorder=0))
    cells = image_size // boxes[0].stride
    text = f"stride {boxes[0].stride}\n{cells}×{cells} cells"
    axes.text(_LEFT + 0.1, (low + high) / 2, text, fontsize=style.SMALL, color=style.GREY, va="center")


def _draw_row(axes: Axes, box: Box) -> None:
    colour = style.STAGES["neck" if box.column else "backbone"]
    look = {"facecolor": mixed(colour, 0.55), "edgecolor": mixed(colour, 0.6, "black"), "linewidth": 1.3, "zorder": 2}
    axes.add_patch(Rectangle((box.x - _WIDTH / 2, box.y - _HEIGHT / 2), _WIDTH, _HEIGHT, **look))
    options = {"ha": "center", "va": "center", "zorder": 3}
    axes.text(box.x, box.y + 0.17, box.text, fontsize=style.SMALL, fontweight="bold", **options)
    axes.text(box.x, box.y - 0.2, box.shape, fontsize=style.SMALL - 1, **options)
    if box.tag:
        badge = {"facecolor": "black", "edgecolor": "none", "boxstyle": "round,pad=0.25"}
        side = _WIDTH / 2 + 0.32
        x = box.x + (side if box.column else -side)
        axes.text(x, box.y, box.tag, color="white", bbox=badge, fontsize=style.NORMAL, **options)


def _draw_wire(axes: Axes, start: Box, end: Box, letter: str, is_cut: bool) -> None:
    a, b = wire_ends(start, end, _WIDTH, _HEIGHT)
    look = {"color": CUT, "linestyle": ":", "linewidth": 2.4} if is_cut else {"color": "black", "linewidth": 1.4}
    options = {"arrowstyle": "-|>", "mutation_scale": 12, "shrinkA": 0, "shrinkB": 0, "zorder": 4}
    axes.add_patch(FancyArrowPatch(a, b, **look, **options))
    if is_cut:
        letter = f"✕ {letter}".strip()
    if letter:
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        if abs(b[1] - a[1]) < _HEIGHT and a[0] == b[0]:  # no room between the boxes: beside them
            aside = a[0] + _WIDTH / 2 + 0.3
            axes.plot([a[0], aside], [middle[1]] * 2, color=look["color"], linewidth=0.8, zorder=1)
            middle = (aside, middle[1])
        badge = {"facecolor": CUT if is_cut else "white", "edgecolor": "black", "boxstyle": "circle,pad=0.18"}
        colour = "white" if is_cut else "black"
        axes.text(*middle, letter, fontsize=style.SMALL, color=colour, bbox=badge, ha="center", va="center", zorder=6)


def number_grids(grids: Sequence[tuple[str, Sequence, str]], signs: Sequence[str] = ()) -> Figure:
    """Small maps side by side with the number of every cell: (title, (H, W) values, colour) each.

    The colour is one of ``GRID_COLOURS``, darker the larger the number; ``signs`` stand between the maps.
    """
    arrays = [np.asarray(values) for _, values, _ in grids]
    if not arrays or any(array.ndim != 2 for array in arrays):
        shapes = [array.shape for array in arrays]
        raise ValueError(f"found maps of shapes {shapes}, expected at least one, all (H, W): take one channel")
    figure, (row,) = new_figure(style.WIDTH, 2.7, 1, len(grids), width_ratios=[array.shape[1] for array in arrays])
    top = max(float(np.abs(array).max()) for array in arrays) or 1.0
    for axes, (title, _, colour), array in zip(row, grids, arrays, strict=True):
        _draw_grid(axes, title, array, GRID_COLOURS[colour], top)
    for axes, sign in zip(row[1:], signs, strict=False):
        options = {"transform": axes.transAxes, "ha": "right", "va": "center", "clip_on": False}
        axes.text(-0.06, 0.5, sign, fontsize=style.LARGE + 6, fontweight="bold", **options)
    return figure


def _draw_grid(axes: Axes, title: str, array: np.ndarray, colour: str, top: float) -> None:
    height, width = array.shape
    for (y, x), value in np.ndenumerate(array):
        fill = mixed(colour, 0.15 + 0.75 * abs(float(value)) / top)
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor="white", linewidth=2))
        axes.text(x + 0.5, y + 0.5, f"{value:g}", ha="center", va="center", fontsize=style.LARGE, color=ink(fill))
    axes.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -0.05), aspect="equal")
    axes.set_title(title, fontsize=style.NORMAL)
    axes.set_axis_off()


def reach_matrices(matrices: Mapping[str, np.ndarray]) -> Figure:
    """Which input reaches which output: titles to shares (inputs P3.., outputs N3..), each column summing to 1.

    A share of exactly 0 is hatched: there is no way. Raises ValueError for columns that do not sum to 1.
    """
    figure, (row,) = new_figure(style.WIDTH, 3.5, 1, len(matrices))
    for axes, (title, shares) in zip(row, matrices.items(), strict=True):
        shares = np.asarray(shares, dtype=float)
        if shares.ndim != 2 or not np.allclose(shares.sum(0), 1, atol=1e-3):
            raise ValueError(
                f"found {shares.tolist()} for {title!r}, expected (inputs, outputs), columns that sum to 1"
            )
        _draw_reach(axes, shares)
        axes.set_title(title, fontsize=style.NORMAL, fontweight="bold")
    return figure


def _draw_reach(axes: Axes, shares: np.ndarray) -> None:
    inputs, outputs = shares.shape
    for (y, x), share in np.ndenumerate(shares):
        fill = mixed(style.STAGES["backbone"], 0.12 + 0.88 * share) if share else "white"
        hatch = None if share else "///"
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor="white" if share else style.GREY, hatch=hatch))
        text = "no way" if not share else "< 1 %" if share < 0.005 else f"{share:.0%}".replace("%", " %")
        halo = None if share else {"facecolor": "white", "edgecolor": "none", "pad": 2}
        colour = ink(fill) if share else style.GREY
        options = {"ha": "center", "va": "center", "fontsize": style.LARGE, "color": colour, "bbox": halo}
        axes.text(x + 0.5, y + 0.5, text, **options)
    axes.set(xlim=(0, outputs), ylim=(inputs, 0))
    axes.set_xticks(np.arange(outputs) + 0.5, [f"N{level}" for level in range(3, 3 + outputs)], fontsize=style.LARGE)
    axes.set_yticks(np.arange(inputs) + 0.5, [f"P{level}" for level in range(3, 3 + inputs)], fontsize=style.LARGE)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
