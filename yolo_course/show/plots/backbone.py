"""The backbone in charts: toy arrays with their numbers, activations, widths and depths, what a block costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike
from torch import Tensor

from yolo_course.show import style
from yolo_course.show.style import ink, mixed, new_figure, tidy

GROUPS = tuple(mixed(colour, 0.6) for colour in (style.SKY, style.YELLOW, style.PURPLE, style.GREEN))
LOOKS = (
    (style.GREY, "--", "X"),
    (style.PURPLE, "-.", "^"),
    (style.STAGES["backbone"], "-", "o"),
    (style.BLUE, ":", "s"),
)


class Grid(NamedTuple):
    """A toy array (H, W) under its title. ``groups`` (H, W), if given, colours the cells by whole numbers 0 to 3.

    ``names`` are written before its rows.
    """

    title: str
    values: ArrayLike
    groups: ArrayLike | None = None
    names: Sequence[str] = ()


def number_grids(items: Sequence[Grid | str], height: float = 2.6) -> Figure:
    """Small arrays side by side with every number written, and signs such as ``"="`` between them.

    Without groups a cell is the greener the larger its number, and the more vermilion the further below 0.
    Raises ValueError for an array that is not (H, W).
    """
    shapes = [np.shape(item.values) for item in items if isinstance(item, Grid)]
    if not shapes or any(len(shape) != 2 for shape in shapes):
        raise ValueError(f"found arrays of shapes {shapes}, expected at least one, and each (H, W)")
    tallest = max(shape[0] for shape in shapes)
    widths = [0.35 * tallest if isinstance(item, str) else max(np.shape(item.values)[1], 2) for item in items]
    figure, (row,) = new_figure(style.WIDTH, height, 1, len(items), width_ratios=widths)
    for axes, item in zip(row, items, strict=True):
        axes.set_axis_off()
        if isinstance(item, str):
            axes.text(0.5, 0.5, item, ha="center", va="center", fontsize=style.LARGE + 6)
        else:
            _draw_grid(axes, item, tallest)
    return figure


def _draw_grid(axes: Axes, grid: Grid, tallest: int) -> None:
    values = np.asarray(grid.values, dtype=float)
    rows, columns = values.shape
    largest = np.abs(values).max() or 1.0
    for row, column in np.ndindex(rows, columns):
        value = values[row, column]
        if grid.groups is None:
            colour = style.STAGES["backbone"] if value > 0 else style.VERMILLION
            fill = mixed(colour, 0.75 * abs(value) / largest)
        else:
            fill = GROUPS[int(np.asarray(grid.groups)[row, column])]
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=fill, edgecolor="black", linewidth=0.8))
        look = {"ha": "center", "va": "center", "color": ink(fill), "fontsize": style.NORMAL}
        axes.text(column + 0.5, row + 0.5, f"{value:g}", **look)
    axes.set(xlim=(-0.05, columns + 0.05), ylim=((tallest + rows) / 2 + 0.05, (rows - tallest) / 2 - 0.05))
    for row, name in enumerate(grid.names):
        axes.text(-0.25, row + 0.5, name, ha="right", va="center", fontsize=style.NORMAL)
    axes.set_aspect("equal")
    axes.set_title(grid.title, fontsize=style.NORMAL)


def activation_curves(functions: Mapping[str, Callable[[Tensor], Tensor]], reach: float = 6.0) -> Figure:
    """Each function beside its slope, which autograd finds, from ``-reach`` to ``reach``.

    Raises ValueError for more functions than there are ways to draw a line.
    """
    if not 1 <= len(functions) <= len(LOOKS):
        raise ValueError(f"found {len(functions)} functions, expected 1 to {len(LOOKS)}")
    figure, ((left, right),) = new_figure(style.WIDTH, 3.7, 1, 2)
    for (name, function), (colour, dash, marker) in zip(functions.items(), LOOKS, strict=False):
        x = torch.linspace(-reach, reach, 241, requires_grad=True)
        y = function(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
        look = {"color": colour, "linestyle": dash, "marker": marker, "markevery": 40, "linewidth": 2.2}
        left.plot(x.detach(), y.detach(), label=name, **look)
        right.plot(x.detach(), slope, label=name, **look)
    tidy(left, "What comes out", "what goes in", grid="both").set_ylim(-1, reach / 2)
    tidy(right, "Its slope (gradient)", "what goes in", grid="both").set_ylim(-0.25, 1.65)
    for axes in (left, right):
        axes.axvline(0, color="black", linewidth=0.8)
        axes.axhline(0, color="black", linewidth=0.8)
    left.legend(fontsize=style.NORMAL, frameon=False, loc="upper left")
    return figure


def silhouettes(plans: Mapping[str, Sequence[tuple[int, int]]]) -> Figure:
    """Each size of the family as a skyline: a block a row, as high as its channels, as wide as its repetitions.

    ``plans`` has for each size its rows, each (channels, repetitions). Raises ValueError for none.
    """
    if not plans or not all(plans.values()):
        raise ValueError(f"found {len(plans)} sizes, expected at least one, each with a row or more")
    tallest = max(channels for rows in plans.values() for channels, _ in rows)
    longest = max(sum(depth for _, depth in rows) for rows in plans.values())
    figure, grid = new_figure(style.WIDTH, 0.95 * len(plans) + 0.5, len(plans), 1)
    for (axes,), (size, rows) in zip(grid, plans.items(), strict=True):
        left = 0
        for index, (channels, depth) in enumerate(rows):
            _draw_block(axes, (left, channels, depth), index, tallest)
            left += depth
        axes.set(xlim=(0, longest + 0.1), ylim=(0, 1.35 * tallest), xticks=[], yticks=[])
        axes.spines[["top", "right", "left"]].set_visible(False)
        most = max(channels for channels, _ in rows)
        look = {"rotation": 0, "ha": "right", "va": "center"}
        axes.set_ylabel(f"{most:,} channels\n{left} deep", fontsize=style.SMALL, **look)
        axes.text(0.3, 0.9 * tallest, size, fontsize=style.LARGE, fontweight="bold")
    grid[-1, 0].set_xlabel("depth: blocks one after the other (a row's number stands on it)", fontsize=style.NORMAL)
    return figure


def _draw_block(axes: Axes, block: tuple[int, int, int], index: int, tallest: int) -> None:
    left, channels, depth = block
    fill = mixed(style.STAGES["backbone"], 0.75 if depth > 1 else 0.4)
    axes.add_patch(Rectangle((left, 0), depth, channels, facecolor=fill, edgecolor="black", linewidth=0.8))
    axes.text(left + depth / 2, channels + 0.03 * tallest, str(index), ha="center", fontsize=style.SMALL)


def cost_lines(depths: Sequence[int], costs: Mapping[str, Sequence[float]], name: str) -> Figure:
    """What a block costs against how many bottlenecks it has, a line a block, its name at its end.

    Raises ValueError where a line has another number of points than there are depths.
    """
    _check_lines(costs, len(depths), "depth")
    figure, ((axes,),) = new_figure(style.WIDTH, 3.7)
    _draw_lines(axes, depths, costs, linewidth=2.2, markersize=7)
    tidy(axes, name, "bottlenecks one after the other").set_ylim(0, None)
    axes.set_xticks(list(depths))
    axes.legend(fontsize=style.NORMAL, frameon=False, loc="upper left")
    return figure


def row_memory(scores: Mapping[str, Sequence[float]], names: Sequence[str]) -> Figure:
    """How well something can be read off the rows: a line each, 1 is exactly, 0 (or less) is not at all.

    ``names`` are the rows'. Raises ValueError where a line has another number of points than there are names.
    """
    _check_lines(scores, len(names), "row")
    figure, ((axes,),) = new_figure(style.WIDTH, 3.8)
    places = range(len(names))
    shown = {label: np.clip(values, 0, 1) for label, values in scores.items()}
    _draw_lines(axes, places, shown, linewidth=2.4, markersize=8)
    tidy(axes, "What can be read off a cell? (1: exactly, 0: nothing)", "row of the backbone", "R² on other pictures")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xticks(list(places), names)
    axes.legend(fontsize=style.NORMAL, frameon=False, loc="upper right")
    return figure


def _check_lines(lines: Mapping[str, Sequence[float]], points: int, each: str) -> None:
    if not lines or any(len(values) != points for values in lines.values()):
        found = ", ".join(f"{key} {len(values)}" for key, values in lines.items()) or "none"
        raise ValueError(f"found lines of so many points: {found}; expected {points}, one for each {each}")


def _draw_lines(axes: Axes, x: Sequence[float], lines: Mapping[str, Sequence[float]], **look) -> None:
    for (label, values), (colour, dash, marker) in zip(lines.items(), LOOKS, strict=False):
        axes.plot(x, values, color=colour, linestyle=dash, marker=marker, label=label, **look)
