"""A data set at a glance: the way of working, how many boxes of each class, how large they are, which anchors fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from yolo_course.data import Dataset
from yolo_course.data.anchors import box_ratios, scaled_sizes
from yolo_course.show import style
from yolo_course.show.plots.pipeline import draw_arrow
from yolo_course.show.style import ink, mixed, new_figure, tidy

STEPS = {
    "photograph": "many places,\nmany lights",
    "label": "every object,\ntight boxes",
    "check": "doctor, sizes,\nyour own eyes",
    "split": "train, val, test,\nby scene",
    "train": "one batch first,\nthen all",
    "read errors": "missed, false,\nconfused, shifted",
}
STRIDES = {8: "P3", 16: "P4", 32: "P5"}
SHADES = (0.95, 0.6, 0.25)  # of the input stage's colour, for the splits in their order
MANY = 20  # classes that are drawn; of more only those with most boxes


def work_loop(lit: str | None = None) -> Figure:
    """From photographs to a detector and back: six steps in a row, and the way back from the errors to the data.

    The step ``lit`` is in colour, None lights all. Raises ValueError for a step that there is not.
    """
    if lit is not None and lit not in STEPS:
        raise ValueError(f"found step {lit!r}, expected one of {', '.join(STEPS)}")
    figure, ((axes,),) = new_figure(height=2.3)
    width, gap = 1.0, 0.16
    for number, (step, does) in enumerate(STEPS.items()):
        left, is_lit = number * (width + gap), lit in (None, step)
        fill = mixed(style.STAGES["input"], 0.75) if is_lit else "white"
        box = FancyBboxPatch((left, 0), width, 1, "round,pad=0,rounding_size=0.08", facecolor=fill)
        axes.add_patch(box).set(edgecolor="black" if is_lit else style.GREY, linewidth=2 if is_lit else 1)
        words = {"ha": "center", "va": "center", "color": ink(fill) if is_lit else style.GREY}
        axes.text(left + width / 2, 0.76, step, fontsize=style.LARGE - 1, fontweight="bold", **words)
        axes.text(left + width / 2, 0.33, does, fontsize=style.SMALL, **words)
        if number:
            draw_arrow(axes, (left - gap, 0.5), (left, 0.5))
    last = len(STEPS) * (width + gap) - gap - width / 2
    way_back = {"connectionstyle": "bar,fraction=-0.055", "linestyle": "--"}
    draw_arrow(axes, (last, -0.02), (width / 2, -0.02), **way_back)
    words = "more photographs where the errors are; the test split stays closed until the end"
    axes.text((last + width / 2) / 2, -0.46, words, ha="center", va="top", fontsize=style.NORMAL)
    axes.set(xlim=(-0.05, last + width / 2 + 0.05), ylim=(-0.75, 1.05))
    axes.set_axis_off()
    return figure


def class_balance(splits: Mapping[str, Dataset]) -> Figure:
    """How many boxes there are of each class in each split: a group of bars a class, a bar a split.

    Of more than ``MANY`` classes only those with most boxes are drawn. Raises ValueError for no split.
    """
    if not splits:
        raise ValueError("found no split, expected at least one data set by its name, such as {'train': data}")
    counts = {name: data.counts() for name, data in splits.items()}
    totals = {name: sum(each.get(name, 0) for each in counts.values()) for name in next(iter(counts.values()))}
    names = sorted(totals, key=totals.get, reverse=True)[:MANY]
    thick = 0.8 / len(splits)
    figure, ((axes,),) = new_figure(style.WIDTH, 1.3 + 0.27 * len(splits) * len(names))
    for place, (split, count) in enumerate(counts.items()):
        fill = mixed(style.STAGES["input"], SHADES[place % 3])
        rows, values = np.arange(len(names)) + place * thick, [count[name] for name in names]
        hatch = ("", "//", "..")[place % 3]
        axes.barh(rows, values, thick, label=split, color=fill, edgecolor="black", hatch=hatch, linewidth=0.8)
        for row, value in zip(rows, values, strict=True):
            axes.text(value, row, f" {value}", va="center", fontsize=style.SMALL)
    tidy(axes, "How many boxes of each class?", x="boxes", grid="x").invert_yaxis()
    axes.set_yticks(np.arange(len(names)) + 0.4 - thick / 2, names, fontsize=style.NORMAL)
    figure.legend(fontsize=style.NORMAL, frameon=False, loc="outside upper right", ncols=len(splits))
    axes.margins(x=0.08)
    return figure


def box_sizes(data: Dataset, sizes: Sequence[int] = (64, 128, 256), least: int = 8) -> Figure:
    """How large are the boxes once the pictures are made ``sizes`` pixels? A panel for each.

    Counted is the shorter side; dashed lines stand at the strides of the three maps. Boxes under ``least`` pixels
    are hatched, and their share is written. Raises ValueError for a data set without a box.
    """
    shorter = {size: scaled_sizes(data, size).min(1, initial=np.inf) for size in sizes}
    if not len(shorter[sizes[0]]):
        raise ValueError("found no box in the data set, expected at least one to measure")
    top = max(256, *(sides.max() for sides in shorter.values()))
    edges = 2 ** np.arange(0, np.log2(top) + 0.51, 0.5)
    figure, column = new_figure(style.WIDTH, 0.8 + 1.35 * len(sizes), len(sizes), 1, sharex=True)
    for (axes,), (size, sides) in zip(column, shorter.items(), strict=True):
        counts = np.histogram(np.maximum(sides, 1), edges)[0]
        small = edges[1:] <= least
        bars = {"width": np.diff(edges), "align": "edge", "edgecolor": "black", "linewidth": 0.8}
        axes.bar(edges[:-1], np.where(small, 0, counts), color=style.STAGES["input"], **bars)
        axes.bar(edges[:-1], np.where(small, counts, 0), color=style.VERMILLION, hatch="//", **bars)
        for stride, level in STRIDES.items():
            axes.axvline(stride, color="black", linestyle="--", linewidth=1.2)
            axes.text(stride, 1.0, f" {level}", transform=axes.get_xaxis_transform(), va="top", fontsize=style.SMALL)
        share = f"pictures at {size} px: {np.mean(sides < least):.0%} of the boxes under {least} px"
        tidy(axes, share, y="boxes").set_xscale("log", base=2)
    axes.set_xlabel("shorter side of the box, pixels (dashed: the strides of P3, P4 and P5)", fontsize=style.NORMAL)
    axes.set_xlim(edges[0], edges[-1])
    axes.xaxis.set_major_formatter("{x:g}")
    return figure


def anchor_fit(sizes: np.ndarray, anchors: np.ndarray, limit: float = 4.0) -> Figure:
    """Boxes by width and height, the anchors, and how far each anchor reaches.

    ``sizes`` (n, 2) and ``anchors`` (levels, A, 2) are widths and heights in the same pixels. On axes by powers of two
    "no side ``limit`` times as large or small" is a square around the anchor. Boxes in no square are crosses. Raises
    ValueError for arrays of another shape.
    """
    sizes, anchors = np.asarray(sizes, dtype=float), np.asarray(anchors, dtype=float)
    if sizes.ndim != 2 or sizes.shape[1] != 2 or anchors.ndim != 3 or anchors.shape[2] != 2:
        found = f"found sizes {sizes.shape} and anchors {anchors.shape}"
        raise ValueError(f"{found}, expected (n, 2) and (levels, anchors, 2): width and height")
    fits = (box_ratios(sizes, anchors) < limit).any(1)
    figure, ((axes,),) = new_figure(7.4, 5.2)
    look = {"color": mixed(style.STAGES["head"], 0.5), "alpha": 0.2, "linewidth": 0}
    for width, height in anchors.reshape(-1, 2):
        reach = limit - 1 / limit
        axes.add_patch(Rectangle((width / limit, height / limit), width * reach, height * reach, **look))
    axes.plot(*sizes[fits].T, ".", color="black", markersize=5, label=f"boxes that an anchor fits: {fits.sum()}")
    axes.plot(*sizes[~fits].T, "x", color=style.VERMILLION, markersize=8, mew=2, label=f"no anchor: {(~fits).sum()}")
    for level, (of_level, marker) in enumerate(zip(anchors, "s^oDv*", strict=False)):
        options = {"color": style.STAGES["head"], "markeredgecolor": "black", "markersize": 10}
        axes.plot(*of_level.T, marker, label=f"anchors of P{level + 3}", **options)
    tidy(axes, f"Does an anchor reach the box? (sides less than {limit:g} times apart)", "width, pixels")
    axes.set_ylabel("height, pixels", fontsize=style.NORMAL)
    axes.set(xscale="log", yscale="log")
    everything = np.concatenate([sizes, anchors.reshape(-1, 2)])
    axes.set(xlim=(everything[:, 0].min() / 2, everything[:, 0].max() * 2))
    axes.set(ylim=(everything[:, 1].min() / 2, everything[:, 1].max() * 2))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    axes.legend(fontsize=style.SMALL, loc="lower right")
    return figure
