"""Lists of boxes in pictures: overlap, suppression step by step, thresholds, and the precision-recall curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy import ndarray

from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_image
from yolo_course.show.style import mixed, new_figure, tidy


class Step(NamedTuple):
    """One step of suppression: which box is kept, and which ones it removes."""

    kept: int
    removed: Sequence[int]


def overlap_figure(a: Sequence[float], b: Sequence[float]) -> Figure:
    """Two boxes (xyxy, whole pixels) on squared paper, with what they share hatched."""
    corners = np.array([a, b], dtype=float)
    if corners.shape != (2, 4) or (corners[:, 2:] <= corners[:, :2]).any():
        raise ValueError(f"found {a} and {b}, expected two boxes: left, top, right, bottom, left < right, top < bottom")
    figure, ((axes,),) = new_figure(style.WIDTH * 0.6, 3.4)
    for name, box, colour, dash in (("a", corners[0], style.FOUND, "-"), ("b", corners[1], style.GREEN, "--")):
        axes.add_patch(_frame(box, colour, 3.2, dash))
        place = {"ha": "left", "va": "top"} if name == "a" else {"ha": "right", "va": "bottom"}
        x, y = box[:2] + 0.2 if name == "a" else box[2:] - 0.2
        axes.text(x, y, f"{name}: {(box[2:] - box[:2]).prod():g}", fontsize=style.LARGE, **place)
    low, high = corners[:, :2].max(0), corners[:, 2:].min(0)
    if (high > low).all():
        shared = Rectangle(low, *(high - low), facecolor=mixed(style.YELLOW, 0.6), hatch="//", linewidth=0, zorder=0)
        axes.add_patch(shared)
        axes.text(*(low + high) / 2, f"{(high - low).prod():g}", fontsize=style.LARGE, ha="center", va="center")
    left, top, right, bottom = *corners[:, :2].min(0) - 1, *corners[:, 2:].max(0) + 1
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.set(xticks=np.arange(left, right + 1), yticks=np.arange(top, bottom + 1))
    tidy(axes, "", "x", "y", grid="both")
    return figure


def _frame(box: Sequence[float], colour: str, width: float, dash: str = "-", halo: bool = False) -> Rectangle:
    left, top, right, bottom = (float(edge) for edge in box)
    effects = [withStroke(linewidth=width + 2.2, foreground="black")] if halo else None
    frame = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=width)
    frame.set(linestyle=dash, path_effects=effects)
    return frame


def suppression_figure(image: ndarray, boxes: ndarray, scores: ndarray, steps: Sequence[Step]) -> Figure:
    """Greedy suppression, a panel a step: the box that is kept, those it removes, and those still waiting.

    ``boxes`` (n, 4) xyxy in pixels of the image, ``scores`` (n,). Raises ValueError without a step.
    """
    if not steps:
        raise ValueError("found no step, expected at least one Step(kept, removed)")
    columns = len(steps) + 1
    figure, (row,) = new_figure(style.WIDTH, style.WIDTH / columns + 0.5, 1, columns)
    waiting, kept = set(range(len(boxes))), []
    for number, (axes, step) in enumerate(zip(row, steps, strict=False), 1):
        waiting -= {step.kept, *step.removed}
        draw_image(axes, image, f"step {number}: keep {scores[step.kept]:.2f},\nremove {len(step.removed)}")
        for index in waiting:
            axes.add_patch(_frame(boxes[index], "white", 0.9))
        for index in kept:
            axes.add_patch(_frame(boxes[index], style.FOUND, 1.4, halo=True))
        kept.append(step.kept)
        axes.add_patch(_frame(boxes[step.kept], style.FOUND, 3.4, halo=True))
        for index in step.removed:  # on top, as they nearly cover the one that is kept
            axes.add_patch(_frame(boxes[index], style.YELLOW, 0.9, "--"))
    draw_image(row[-1], image, f"left: {len(kept)}\nof {len(boxes)}")
    for index in kept:
        row[-1].add_patch(_frame(boxes[index], style.FOUND, 3, halo=True))
    return figure


def threshold_figure(
    thresholds: ndarray, precision: ndarray, recall: ndarray, boxes: ndarray, marks: Sequence[float] = ()
) -> Figure:
    """What a confidence threshold costs: precision and recall, and boxes a picture, against the threshold.

    Thresholds in ``marks`` get a line. Raises ValueError where the four arrays differ in length.
    """
    lengths = [len(each) for each in (thresholds, precision, recall, boxes)]
    if len(set(lengths)) != 1:
        raise ValueError(f"found {lengths} numbers, expected as many of each")
    figure, ((left, right),) = new_figure(style.WIDTH, 3.6, 1, 2)
    left.plot(thresholds, precision, color=style.FOUND, linewidth=3, label="precision: answers that are right")
    left.plot(
        thresholds, recall, color=style.BLACK, linewidth=3, linestyle="--", label="recall: objects that are found"
    )
    tidy(left, "What is gained, what is lost", "confidence threshold", "share").set_ylim(0, 1.03)
    right.plot(thresholds, boxes, color=style.FOUND, linewidth=3)
    right.set_yscale("log")
    tidy(right, "Boxes a picture", "confidence threshold", "boxes (powers of ten)", grid="both")
    right.yaxis.set_major_formatter("{x:g}")
    for axes in (left, right):
        for mark in marks:
            axes.axvline(mark, color=style.GREY, linewidth=1.2, linestyle=":")
            axes.text(mark, 1.0, f" {mark:g}", transform=axes.get_xaxis_transform(), fontsize=style.SMALL, va="bottom")
        axes.set_title(axes.get_title(loc="left"), loc="left", fontsize=style.NORMAL, fontweight="bold", pad=16)
    left.legend(fontsize=style.NORMAL, frameon=False, loc="lower center")
    return figure


def precision_recall_figure(
    recall: ndarray, precision: ndarray, at: ndarray, read: ndarray, other: ndarray | None = None
) -> Figure:
    """The dots of a ranked list, and the precision ``read`` at the recalls ``at``, whose mean is the AP.

    ``other``, read at the same recalls, is drawn as a dashed line: another rule for reading the same dots.
    """
    if len(recall) != len(precision) or len(at) != len(read):
        raise ValueError(
            f"found {len(recall)} recalls, {len(precision)} precisions; {len(at)} places, {len(read)} readings: "
            "expected pairs"
        )
    figure, ((axes,),) = new_figure(style.WIDTH, 3.7)
    axes.bar(at, read, width=at[1] - at[0], color=mixed(style.FOUND, 0.35), label="read at 101 recalls: the mean is AP")
    if other is not None:
        axes.plot(at, other, color=style.BLACK, linestyle="--", linewidth=2.2, label="the original's straight lines")
    axes.plot(recall, precision, color=style.FOUND, linewidth=1.5)
    dots = {"markersize": 12, "markerfacecolor": style.FOUND, "markeredgecolor": "black"}
    axes.plot(recall, precision, linestyle="none", marker="o", label="after each detection", **dots)
    _number(axes, recall, precision)
    tidy(axes, "", "recall: share of the true boxes found", "precision: share of the answers right")
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 1.12))
    axes.legend(loc="lower left", fontsize=style.NORMAL, framealpha=0.95)
    return figure


def _number(axes: Axes, recall: ndarray, precision: ndarray) -> None:
    """1, 2, 3 ... beside the dots, in the order of the list."""
    for number, (x, y) in enumerate(zip(recall, precision, strict=True), 1):
        axes.annotate(str(number), (x, y), xytext=(9, 6), textcoords="offset points", fontsize=style.LARGE)
