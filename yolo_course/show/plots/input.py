"""Stage 1 drawn: a letterbox step by step, a box written in two ways, a mosaic's plan, and what is on by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.patheffects import withStroke
from numpy import ndarray

from yolo_course.boxes import normalise
from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_boxes, draw_image
from yolo_course.show.style import new_figure
from yolo_course.stages.input import lay_axis, letterbox, mosaic

OFF = "off"
Sample = tuple[ndarray, ndarray, ndarray]
_HALO = [withStroke(linewidth=3, foreground="black")]
_GAP = 0.15  # between the four pictures of a mosaic, as a share of a picture


def letterbox_steps(image: ndarray, size: int) -> Figure:
    """A picture (H, W, 3), the same scaled, and the same padded: three panels in which a pixel is equally large."""
    padded, (ratio, _), (pad_x, pad_y) = letterbox(image, size)
    left, top = int(pad_x), int(pad_y)
    height, width = (max(1, round(side * ratio)) for side in image.shape[:2])
    scaled = padded[top : top + height, left : left + width]
    steps = [
        (image, f"1  as it is\n{image.shape[1]} × {image.shape[0]}"),
        (scaled, f"2  times {ratio:.3g}\n{width} × {height}"),
        (padded, f"3  with grey\n{size} × {size}"),
    ]
    wides = [max(picture.shape[1], 0.4 * size) for picture, _ in steps]  # room for the words above a thin one
    high = max(picture.shape[0] for picture, _ in steps)
    tall = min(4.4, style.WIDTH * high / sum(wides) + 0.7)
    figure, (row,) = new_figure(style.WIDTH, tall, 1, 3, width_ratios=wides)
    for axes, wide, (picture, title) in zip(row, wides, steps, strict=True):
        draw_image(axes, picture, title)
        middle = picture.shape[1] / 2 - 0.5
        axes.set(xlim=(middle - wide / 2, middle + wide / 2), ylim=(high - 0.5, -0.5), anchor="N")
    _write_pads(row[2], size, pad_x, pad_y)
    return figure


def _write_pads(axes: Axes, size: int, pad_x: float, pad_y: float) -> None:
    """How many pixels were added, in the middle of each grey bar."""
    middle = size / 2
    places = {"y": [(middle, pad_y / 2), (middle, size - pad_y / 2)]}
    places["x"] = [(pad_x / 2, middle), (size - pad_x / 2, middle)]
    for axis, pad in (("x", pad_x), ("y", pad_y)):
        for place in places[axis] if pad else ():
            look = {"fontsize": style.SMALL, "color": "white", "rotation": 90 if axis == "x" else 0}
            axes.text(*place, f"{pad:g}", ha="center", va="center", path_effects=_HALO, **look)


def box_formats(image: ndarray, box: ndarray) -> Figure:
    """One box in one picture, written twice: corners in pixels (xyxy), centre and size as shares (xywh)."""
    height, width = image.shape[:2]
    left, top, right, bottom = (float(edge) for edge in box)
    x, y, w, h = normalise(np.float64(box), width, height)
    figure, (row,) = new_figure(style.WIDTH, style.WIDTH / 2 * height / width + 0.7, 1, 2)
    titles = "arrays: xyxy, pixels", "label files: xywh, shares of the picture"
    for axes, title in zip(row, titles, strict=True):
        draw_image(axes, image, title)
        frame = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=style.TRUTH, linestyle="--")
        axes.add_patch(frame).set(linewidth=2.4, path_effects=[withStroke(linewidth=4.5, foreground="black")])
    _write_corners(row[0], left, top, right, bottom, is_right=x > 0.5)
    _write_shares(row[1], box, (x, y, w, h), is_right=x > 0.5)
    for axes in row:
        axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    return figure


def _write_corners(axes: Axes, left: float, top: float, right: float, bottom: float, is_right: bool) -> None:
    """Two corners with their numbers, on the side of the box where there is more room."""
    first = ((-10, 0), "right", "center") if is_right else ((0, 10), "left", "bottom")
    second = ((0, -10), "right", "top") if is_right else ((10, 0), "left", "center")
    _point(axes, left, top, f"left, top\n{left:.1f}, {top:.1f}", *first)
    _point(axes, right, bottom, f"right, bottom\n{right:.1f}, {bottom:.1f}", *second)


def _write_shares(axes: Axes, box: ndarray, shares: Sequence[float], is_right: bool) -> None:
    """Centre, width and height with their numbers, on the side of the box where there is more room."""
    left, top, right, bottom = (float(edge) for edge in box)
    x, y, w, h = shares
    side, offset, ha = (left - 5, -7, "right") if is_right else (right + 5, 7, "left")
    _span(axes, (left, bottom + 5), (right, bottom + 5), f"w {w:.3f}", (0, -7), "center", "top")
    _span(axes, (side, top), (side, bottom), f"h {h:.3f}", (offset, 0), ha, "center")
    _point(axes, (left + right) / 2, (top + bottom) / 2, f"x, y\n{x:.3f}, {y:.3f}", (16 * offset, -52), ha, "top")


def _words(ha: str, va: str, offset: tuple[float, float]) -> dict:
    place = {"ha": ha, "va": va, "xytext": offset, "textcoords": "offset points"}
    return {**place, "fontsize": style.NORMAL, "fontweight": "bold", "color": "white", "path_effects": _HALO}


def _point(axes: Axes, x: float, y: float, text: str, offset: tuple[float, float], ha: str, va: str) -> None:
    """A dot and its words; a line joins them where they are far apart."""
    axes.plot([x], [y], marker="o", markersize=10, color=style.ORANGE, markeredgecolor="black")
    is_far = max(map(abs, offset)) > 20
    line = {"arrowprops": {"arrowstyle": "-", "color": style.ORANGE, "linewidth": 2.5}} if is_far else {}
    axes.annotate(text, (x, y), **_words(ha, va, offset), **line)


def _span(axes: Axes, start: tuple, end: tuple, text: str, offset: tuple[float, float], ha: str, va: str) -> None:
    """A line with a mark at both ends, and words beside its middle."""
    line = {"color": style.ORANGE, "linewidth": 3, "path_effects": [withStroke(linewidth=5, foreground="black")]}
    axes.plot(*zip(start, end, strict=True), marker="|" if start[1] == end[1] else "_", markersize=12, **line)
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    axes.annotate(text, middle, **_words(ha, va, offset))


def mosaic_plan(
    samples: Sequence[Sample], size: int, center: tuple[int, int], names: Sequence[str] = (), rng=None
) -> Figure:
    """Four pictures on the left, pale where they are cut off; on the right their mosaic about ``center``, (x, y)."""
    whole = mosaic(samples, np.random.default_rng(0) if rng is None else rng, size, center=center)
    figure, ((left, right),) = new_figure(style.WIDTH, 4.4, 1, 2)
    for number, sample in enumerate(samples):
        _draw_quarter(left, number, sample, size, center, names)
    end = (2 + _GAP) * size
    left.set(xlim=(-0.02 * size, end + 0.02 * size), ylim=(end + 0.02 * size, -0.02 * size), aspect="equal")
    left.set_title("four pictures, and the part of each that is used", fontsize=style.NORMAL)
    left.set_axis_off()
    image, boxes, classes = whole
    right.imshow(image, extent=(0, size, size, 0), interpolation="nearest")
    right.set_title(f"one mosaic, centre at ({center[0]}, {center[1]})", fontsize=style.NORMAL)
    right.set_axis_off()
    draw_boxes(right, boxes, classes, names, colour=style.TRUTH, dash="--")
    right.plot(*center, marker="+", markersize=22, markeredgewidth=5, color="black")
    right.plot(*center, marker="+", markersize=20, markeredgewidth=2.5, color=style.ORANGE)
    return figure


def _draw_quarter(axes: Axes, number: int, sample: Sample, size: int, center: tuple[int, int], names) -> None:
    """One of the four: the whole picture pale, the part that the mosaic takes in full colour and framed."""
    image, boxes, classes = sample
    height, width = image.shape[:2]
    columns, _ = lay_axis(width, center[0], size, number % 2 == 0)
    rows, _ = lay_axis(height, center[1], size, number < 2)
    x, y = (number % 2) * (1 + _GAP) * size, (number // 2) * (1 + _GAP) * size
    axes.imshow(image, extent=(x, x + width, y + height, y), interpolation="nearest", alpha=0.3)
    part = image[rows, columns]
    (high, wide), corner = part.shape[:2], (x + columns.start, y + rows.start)
    if part.size:
        axes.imshow(part, extent=(corner[0], corner[0] + wide, corner[1] + high, corner[1]), interpolation="nearest")
    axes.add_patch(Rectangle(corner, wide, high, fill=False, edgecolor=style.ORANGE, linewidth=2.5))
    axes.set(xlim=(0, (2 + _GAP) * size), ylim=((2 + _GAP) * size, 0))
    draw_boxes(axes, boxes + np.float32([x, y, x, y]), classes, names, colour=style.TRUTH, dash="--")


def what_is_on(rows: Mapping[str, Sequence[str]], columns: Sequence[str]) -> Figure:
    """A table to be read from afar: a row for each augmentation, its value under each of ``columns``, or "off".

    What is on is filled, what is "off" is hollow. Raises ValueError where a row does not fit the columns.
    """
    for name, values in rows.items():
        if len(values) != len(columns):
            raise ValueError(f"found {len(values)} values for {name!r}, expected {len(columns)}: one for each column")
    figure, ((axes,),) = new_figure(style.WIDTH, 0.42 * len(rows) + 0.7)
    for x, column in enumerate(columns):
        axes.text(x, -0.75, column, fontsize=style.NORMAL, fontweight="bold", ha="center", va="center")
    for y, (name, values) in enumerate(rows.items()):
        axes.text(-0.6, y, name, fontsize=style.NORMAL, ha="right", va="center")
        for x, value in enumerate(values):
            _cell(axes, x, y, value)
    axes.set(xlim=(-1.7, len(columns) - 0.45), ylim=(len(rows) - 0.4, -1.2))
    axes.set_axis_off()
    return figure


def _cell(axes: Axes, x: int, y: int, value: str) -> None:
    is_on = value != OFF
    look = {"facecolor": style.STAGES["input"], "edgecolor": "black", "linewidth": 1.2}
    if not is_on:
        look = {"facecolor": "white", "edgecolor": style.GREY, "linewidth": 1, "linestyle": ":"}
    axes.add_patch(FancyBboxPatch((x - 0.42, y - 0.3), 0.84, 0.6, "round,pad=0,rounding_size=0.12", **look))
    colour, weight = ("black", "bold") if is_on else (style.GREY, "normal")
    axes.text(x, y, value, fontsize=style.NORMAL, ha="center", va="center", color=colour, fontweight=weight)
