"""Pictures: with boxes drawn on them, many on a sheet, and as the network sees them (feature maps)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy import ndarray
from torch import Tensor

from yolo_course.data import Dataset
from yolo_course.show import style
from yolo_course.show.style import ink, new_figure

ALIKE = 0.8  # a correlation above this: two channels show nearly the same
CROWD = 20  # boxes; more of them are drawn without words
Labels = tuple[ndarray, ndarray]  # boxes (n, 4) xyxy in pixels, classes (n,)


def show_picture(
    image: ndarray, names: Sequence[str] = (), truth: Labels | None = None, found=None, title: str = ""
) -> Figure:
    """One picture, its ``truth`` in dashed white, and what was ``found`` in the head's colour with scores.

    The image is uint8 (H, W, 3) RGB, ``found`` (n, 6) rows are x1, y1, x2, y2, score, class.
    """
    return show_pictures([(image, truth, found, title)], names)


def show_pictures(pictures: Sequence[tuple], names: Sequence[str] = ()) -> Figure:
    """Several pictures side by side, each an (image, truth, found, title) as in :func:`show_picture`."""
    tallest = max(image.shape[0] / image.shape[1] for image, *_ in pictures)
    height = min(4.4, tallest * style.WIDTH / len(pictures) + 0.3)
    figure, (row,) = new_figure(style.WIDTH, height, 1, len(pictures))
    for axes, (image, truth, found, title) in zip(row, pictures, strict=True):
        draw_image(axes, image, title)
        if truth is not None:
            draw_boxes(axes, *truth, names, colour=style.TRUTH, dash="--")
        if found is not None:
            found = np.asarray(found, dtype=np.float32).reshape(-1, 6)
            draw_boxes(axes, found[:, :4], found[:, 5], names, scores=found[:, 4])
    return figure


def draw_image(axes: Axes, image: ndarray, title: str = "") -> None:
    """The picture without axes around it; small ones keep their pixels visible."""
    small = max(image.shape[:2]) <= 200
    axes.imshow(image, interpolation="nearest" if small else "antialiased")
    axes.set_title(title, fontsize=style.NORMAL)
    axes.set_axis_off()


def draw_cells(axes: Axes, size: tuple[float, float], step: tuple[float, float], **look) -> None:
    """The grid of a map over a picture of ``size`` (width, height): lines every ``step`` (width, height) pixels."""
    width, height = size
    axes.vlines(np.arange(0, width + 1, step[0]), 0, height, **look)
    axes.hlines(np.arange(0, height + 1, step[1]), 0, width, **look)


def draw_boxes(
    axes: Axes,
    boxes: ndarray,
    classes: ndarray,
    names: Sequence[str] = (),
    scores: ndarray | None = None,
    colour: str = style.FOUND,
    dash: str = "-",
) -> None:
    """Boxes (n, 4) ``xyxy`` in pixels, each with its class name and, where there is one, its score.

    More than ``CROWD`` boxes get thin lines and no words, which would hide the picture. Raises ValueError
    where boxes and classes do not pair.
    """
    if len(boxes) != len(classes):
        raise ValueError(f"found {len(boxes)} boxes and {len(classes)} classes, expected a class for each box")
    crowded, under = len(boxes) > CROWD, scores is None
    halo = None if crowded else [withStroke(linewidth=5, foreground="black")]
    look = {"linestyle": dash, "linewidth": 1 if crowded else 2.8, "path_effects": halo}
    for number, (left, top, right, bottom) in enumerate(np.asarray(boxes, dtype=float)):
        frame = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour)
        axes.add_patch(frame).set(**look)
        if not crowded:
            text = _name(int(classes[number]), names) + ("" if under else f" {scores[number]:.2f}")
            _label(axes, (left, right), bottom if under else top, text, colour, under)


def _name(index: int, names: Sequence[str]) -> str:
    return names[index] if index < len(names) else f"class {index}"


def _label(axes: Axes, sides: tuple[float, float], y: float, text: str, colour: str, under: bool) -> None:
    """Above the box, or ``under`` it, so that truth and finding can both be read; inside at the edge."""
    top, bottom = sorted(axes.get_ylim())
    room = 0.08 * (bottom - top)
    fits = y + room < bottom if under else y - room > top
    on_right = int(sum(sides) / 2 > 0.6 * max(axes.get_xlim()))
    place = {
        "ha": "right" if on_right else "left",
        "va": "top" if under == fits else "bottom",
        "clip_on": True,
    }
    box = {"facecolor": colour, "edgecolor": "black", "linewidth": 0.5, "pad": 1.2}
    x, y = np.clip(sides[on_right], *axes.get_xlim()), np.clip(y, top, bottom)
    axes.text(x, y, text, fontsize=style.SMALL, color=ink(colour), bbox=box, **place)


def contact_sheet(dataset: Dataset, count: int = 8, columns: int = 4, indices: Sequence[int] | None = None) -> Figure:
    """The first ``count`` pictures of a data set (or those with these ``indices``) with their boxes."""
    indices = list(range(min(count, len(dataset))) if indices is None else indices)
    if not indices or columns < 1:
        raise ValueError(f"found {len(indices)} pictures in {columns} columns, expected at least one of each")
    rows = -(-len(indices) // columns)
    figure, grid = new_figure(style.WIDTH, rows * style.WIDTH / columns, rows, columns)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, index in zip(grid.flat, indices, strict=False):
        image, boxes, classes = dataset[index]
        draw_image(axes, image)
        draw_boxes(axes, boxes, classes, dataset.names, colour=style.TRUTH, dash="--")
    return figure


def feature_maps(maps: Mapping[str, Tensor], channels: int = 6, image: ndarray | None = None) -> Figure:
    """What the network sees: a row for each of the named ``maps``, in it the channels that vary most.

    A map is (C, H, W) or (1, C, H, W), such as one of ``model.backbone(images)``. A channel is stretched
    from its lowest value (dark) to its highest (bright). ``image`` is shown before each row.
    """
    first = int(image is not None)
    columns = channels + first
    figure, grid = new_figure(style.WIDTH, len(maps) * style.WIDTH / columns * 1.05 + 0.3, len(maps), columns)
    for row, (name, features) in zip(grid, maps.items(), strict=True):
        found = strongest_channels(features, channels)
        if first:
            draw_image(row[0], image)
        for axes in row:
            axes.set_axis_off()
        for axes, (channel, values) in zip(row[first:], found, strict=False):
            axes.imshow(values, cmap="cividis", interpolation="nearest")
            axes.set_title(f"channel {channel}", fontsize=style.SMALL - 1, pad=2)
        shape = "×".join(map(str, features.shape[-3:]))
        row[0].text(-0.12, 0.5, f"{name}\n{shape}", transform=row[0].transAxes, rotation=90, ha="right", va="center")
    return figure


def strongest_channels(features: Tensor, count: int) -> list[tuple[int, ndarray]]:
    """The channels (index, (H, W) array) whose values vary most over the map, most first.

    One that shows nearly what a channel before it shows waits until the others are used up. Raises ValueError
    for several pictures at once.
    """
    if features.ndim == 4 and len(features) == 1:
        features = features[0]
    if features.ndim != 3:
        raise ValueError(f"found a map of shape {tuple(features.shape)}, expected (C, H, W) or (1, C, H, W)")
    values = features.detach().float().cpu()
    order = values.flatten(1).std(1).argsort(descending=True, stable=True)
    chosen = order[_unlike_first(values[order])][:count]
    return [(int(index), values[index].numpy()) for index in chosen]


def _unlike_first(maps: Tensor) -> list[int]:
    """The places of maps (C, H, W), in order, but those that resemble an earlier one last."""
    correlation = torch.corrcoef(maps.flatten(1)).reshape(len(maps), len(maps))  # nan where nothing varies
    alike, first = correlation.abs() > ALIKE, []
    for place in range(len(maps)):
        if not alike[place, first].any():
            first.append(place)
    return first + [place for place in range(len(maps)) if place not in first]
