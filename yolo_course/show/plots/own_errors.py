"""Reading errors: curves of a run, precision and recall, the confusion matrix, the mistakes themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy import ndarray

from yolo_course.learn.metrics import RECALLS, Metrics
from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_boxes, draw_image
from yolo_course.show.style import ink, mixed, mode_style, new_figure, tidy

LINES = (
    (style.BLUE, "-"),
    (style.VERMILLION, "--"),
    (style.GREEN, "-."),
    (style.PURPLE, ":"),
    (style.ORANGE, "-"),
    (style.SKY, "--"),
    (style.BLACK, "-."),
    (style.GREY, ":"),
)
LOSSES = {"box": "-", "obj": "--", "cls": ":"}
KINDS = ("missed", "false alarm", "wrong class", "badly placed")


class Mistake(NamedTuple):
    """One mistake, ready to be drawn: its kind, the picture, truth (boxes, classes), what was found, and where."""

    kind: str
    image: ndarray  # (H, W, 3) uint8
    truth: tuple[ndarray, ndarray]  # (n, 4) xyxy, (n,)
    found: ndarray  # (m, 6)
    box: ndarray  # (4,) xyxy: the box in question


def run_curves(runs: Mapping[str, Sequence[Mapping]]) -> Figure:
    """Runs that follow one another, by their mode: the parts of the training loss, and mAP50 on the validation split.

    ``runs`` are rows of ``metrics.csv``, such as ``{"backbone": first.rows, "unfrozen": second.rows}``; epochs are
    counted on. Raises ValueError for no run.
    """
    if not runs:
        raise ValueError("found no run, expected rows by mode, such as {'backbone': result.rows}")
    figure, ((left, right),) = new_figure(style.WIDTH, 3.9, 1, 2)
    done = 0
    for index, (mode, rows) in enumerate(runs.items()):
        look, epochs = mode_style(mode, index), [done + row["epoch"] for row in rows]
        for part, dash in LOSSES.items():
            left.plot(epochs, [row[part] for row in rows], color=look.colour, linestyle=dash, linewidth=2.2)
        measured = [(done + row["epoch"], row["map50"]) for row in rows if row["map50"] is not None]
        right.plot(*zip(*measured, strict=True), label=look.label, markersize=7, **look.line)
        done += len(rows)
    last = rows[-1]
    names = {"box": "box", "obj": "objectness", "cls": "class"}
    for part, name in names.items():
        left.annotate(name, (done, last[part]), (6, 0), textcoords="offset points", va="center", fontsize=style.NORMAL)
    tidy(left, "training loss, its three parts", "epoch")
    tidy(right, "mAP50 on the validation split", "epoch")
    left.set(xlim=(0, done * 1.4), ylim=(0, None))
    right.set(xlim=(0, done + 0.5), ylim=(0, 1))
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    right.legend(fontsize=style.NORMAL, frameon=False, loc="lower right")
    return figure


def precision_recall_chart(
    metrics: Metrics, thresholds: ndarray, precision: ndarray, recall: ndarray, chosen: float
) -> Figure:
    """Left, precision against recall, a line a class; right, both (and F1) against the confidence threshold.

    ``precision`` and ``recall`` (k,) belong to the ``thresholds`` (k,); ``chosen`` is marked. Raises ValueError where
    they are not as many.
    """
    if not len(thresholds) == len(precision) == len(recall):
        lengths = f"{len(thresholds)} thresholds, {len(precision)} precisions, {len(recall)} recalls"
        raise ValueError(f"found {lengths}, expected as many of each")
    figure, ((left, right),) = new_figure(style.WIDTH, 4.3, 1, 2)
    measured = [name for name in metrics.names if metrics.per_class[name].boxes][: len(LINES)]
    for name, (colour, dash) in zip(measured, LINES, strict=False):
        label = f"{name} {metrics.per_class[name].ap50:.2f}"
        curve = metrics.pr_curves[metrics.names.index(name)]
        left.plot(RECALLS, curve, color=colour, linestyle=dash, linewidth=2.2, label=label)
    left.legend(title="class, AP50", fontsize=style.SMALL, title_fontsize=style.SMALL, loc="lower left")
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    lines = (("precision", precision, "--"), ("recall", recall, ":"), ("F1", f1, "-"))
    for name, values, dash in lines:
        right.plot(thresholds, values, color=style.STAGES["head"], linestyle=dash, linewidth=2.4, label=name)
    right.axvline(chosen, color="black", linewidth=1.5)
    right.text(chosen + 0.02, 0.02, f"chosen: {chosen:.2f}", fontsize=style.NORMAL)
    right.legend(fontsize=style.SMALL, loc="upper right")
    tidy(left, "precision against recall", "recall", "precision")
    tidy(right, "mean of the classes", "confidence threshold")
    for axes in (left, right):
        axes.set(xlim=(0, 1), ylim=(0, 1.03))
    return figure


def confusion_chart(matrix: ndarray, names: Sequence[str]) -> Figure:
    """The confusion matrix: what is true in columns, what was said in rows; "nothing" is last in both.

    ``matrix`` (nc + 1, nc + 1) holds counts, as ``Metrics.confusion``; a cell is the darker the larger its share of
    the column. Raises ValueError for another shape.
    """
    size = len(names) + 1
    if matrix.shape != (size, size):
        raise ValueError(f"found a matrix of {matrix.shape} for {len(names)} names, expected {(size, size)}")
    share = matrix / np.maximum(matrix.sum(0, keepdims=True), 1)
    side = min(7.5, 2.0 + 0.65 * size)
    figure, ((axes,),) = new_figure(side + 1.2, side)
    shades = LinearSegmentedColormap.from_list("share", ["white", mixed(style.STAGES["head"], 0.55, "black")])
    axes.imshow(share, cmap=shades, vmin=0, vmax=1)
    for row, column in np.ndindex(matrix.shape):
        if matrix[row, column]:
            colour = ink(to_hex(shades(share[row, column])))
            place = {"ha": "center", "va": "center", "fontsize": style.LARGE if size < 12 else style.SMALL}
            axes.text(column, row, str(matrix[row, column]), color=colour, fontweight="bold", **place)
    tidy(axes, "", "what is there", "what the detector said", grid=None)
    axes.set_xticks(range(size), [*names, "nothing"], rotation=25, ha="right", fontsize=style.NORMAL)
    axes.set_yticks(range(size), [*names, "nothing"], fontsize=style.NORMAL)
    for line in (axes.axhline, axes.axvline):
        line(size - 1.5, color="black", linewidth=2)
    return figure


def mistake_bars(counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """How many mistakes of each kind: a group of bars a kind, in it a bar for each mode of training.

    ``counts`` are numbers by kind, by mode, such as ``{"backbone": {"missed": 3}}``. Raises ValueError for none, and
    for more than three.
    """
    if not 1 <= len(counts) <= 3:
        raise ValueError(f"found {len(counts)} rows of counts, expected 1 to 3")
    figure, ((axes,),) = new_figure(style.WIDTH, 1.2 + 0.36 * len(counts) * len(KINDS))
    thick, values = 0.8 / len(counts), []
    for place, (mode, count) in enumerate(counts.items()):
        look = mode_style(mode, place)
        places = np.arange(len(KINDS)) + place * thick
        own = [count.get(kind, 0) for kind in KINDS]
        bars = {"color": look.colour, "edgecolor": "black", "hatch": ("", "//", "..")[place]}
        axes.barh(places, own, thick, label=look.label, **bars)
        values += own
        for row, value in zip(places, own, strict=True):
            axes.text(value, row, f" {value}", va="center", fontsize=style.NORMAL)
    tidy(axes, "Mistakes by their kind", "how many", grid="x").invert_yaxis()
    axes.set_yticks(np.arange(len(KINDS)) + 0.4 - thick / 2, KINDS, fontsize=style.NORMAL)
    axes.set_xlim(0, 1.15 * max([*values, 1]))
    if len(counts) > 1:
        axes.legend(fontsize=style.NORMAL, frameon=False)
    return figure


def mistake_sheet(mistakes: Sequence[Mistake], names: Sequence[str] = (), columns: int = 4) -> Figure:
    """The mistakes as pictures, cut out around the box in question, which is framed in black and yellow.

    Truth is dashed white, what was found has the head's colour; boxes that do not touch the one in question are left
    out. Raises ValueError for no mistake.
    """
    if not mistakes:
        raise ValueError("found no mistake to show, expected at least one")
    rows = -(-len(mistakes) // columns)
    figure, grid = new_figure(style.WIDTH, rows * (style.WIDTH / columns + 0.25), rows, columns)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, mistake in zip(grid.flat, mistakes, strict=False):
        draw_image(axes, mistake.image, mistake.kind)
        window = _window(mistake.box, mistake.image.shape)
        axes.set(xlim=window[:2], ylim=window[2:][::-1])
        boxes, classes = mistake.truth
        near = _touching(boxes, mistake.box)
        draw_boxes(axes, boxes[near], classes[near], names, colour=style.TRUTH, dash="--")
        found = mistake.found[_touching(mistake.found[:, :4], mistake.box)]
        draw_boxes(axes, found[:, :4], found[:, 5], names, scores=found[:, 4])
        _ring(axes, mistake.box)
    return figure


def _window(box: ndarray, shape: tuple, context: float = 3.5) -> tuple[float, float, float, float]:
    """left, right, top, bottom of a square around the box, moved inside the picture."""
    height, width = shape[:2]
    side = float(np.clip(context * max(box[2] - box[0], box[3] - box[1]), 0.4 * min(height, width), min(height, width)))
    left = float(np.clip((box[0] + box[2] - side) / 2, 0, width - side))
    top = float(np.clip((box[1] + box[3] - side) / 2, 0, height - side))
    return left, left + side, top, top + side


def _touching(boxes: ndarray, box: ndarray) -> ndarray:
    """Which boxes overlap this one?"""
    return ((boxes[:, :2] < box[2:]) & (boxes[:, 2:] > box[:2])).all(1)


def _ring(axes: Axes, box: ndarray) -> None:
    margin = 0.12 * max(box[2] - box[0], box[3] - box[1])
    corner, size = box[:2] - margin, box[2:] - box[:2] + 2 * margin
    ring = Rectangle(corner, *size, fill=False, edgecolor=style.YELLOW, linewidth=2.5)
    axes.add_patch(ring).set(path_effects=[withStroke(linewidth=6, foreground="black")], gid="ring")
