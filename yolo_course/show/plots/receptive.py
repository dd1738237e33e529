"""What a cell of a map sees of the picture, and what the rows make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy import ndarray
from torch import Tensor

from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_image, strongest_channels
from yolo_course.show.style import new_figure

COLOURS = "cividis"


class Field(NamedTuple):
    """The gradient of one cell by the pixels (H, W), its centre (x, y), and two squares' sides, in pixels.

    ``reach`` is the side of the whole receptive field, ``most`` of the square that holds 90 % of the gradient.
    """

    title: str
    gradient: ndarray
    centre: tuple[float, float]
    reach: float
    most: float


def receptive_fields(fields: Sequence[Field]) -> Figure:
    """The gradients of some cells: above all on the picture's own scale, below each as large as its field.

    Bright is much; the scale is the square root, so that the faint is seen. Raises ValueError for none.
    """
    if not fields:
        raise ValueError("found no receptive field, expected at least one Field")
    figure, grid = new_figure(style.WIDTH, 5.9, 2, len(fields))
    for (above, below), field in zip(grid.T, fields, strict=True):
        for axes in (above, below):
            _draw_field(axes, field)
        above.set_title(field.title, fontsize=style.NORMAL, fontweight="bold")
        half = 0.54 * field.reach
        x, y = field.centre
        below.set(xlim=(x - half, x + half), ylim=(y + half, y - half))
        below.set_title(f"{field.reach:g} px, 90 % in {field.most:g} px", fontsize=style.NORMAL)
    for axes, text in zip(grid[:, 0], ("the whole picture", "enlarged"), strict=True):
        axes.text(
            -0.04, 0.5, text, rotation=90, ha="right", va="center", transform=axes.transAxes, fontsize=style.SMALL
        )
    return figure


def _draw_field(axes: Axes, field: Field) -> None:
    height, width = field.gradient.shape
    shown = np.sqrt(field.gradient / (field.gradient.max() or 1.0))
    axes.imshow(shown, cmap=COLOURS, extent=(0, width, height, 0), interpolation="nearest", vmin=0, vmax=1)
    for side, colour, dash in ((field.reach, "white", "--"), (field.most, style.VERMILLION, "-")):
        corner = [middle - side / 2 for middle in field.centre]
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=colour, linestyle=dash, linewidth=2))
    axes.set(xticks=[], yticks=[])


def walk_strip(image: ndarray, maps: Mapping[str, Tensor], columns: int = 6) -> Figure:
    """The picture and what each row makes of it: the channel that varies most, under the row's name and shape.

    ``maps`` are (1, C, H, W) by name. Raises ValueError for none.
    """
    if not maps:
        raise ValueError("found no map, expected at least one, such as those of model.walk")
    lines = -(-(len(maps) + 1) // columns)
    figure, grid = new_figure(style.WIDTH, 1.95 * lines, lines, columns)
    for axes in grid.flat:
        axes.set_axis_off()
    first, *others = grid.flat
    draw_image(first, image)
    first.set_title("the picture\n" + "×".join(map(str, (3, *image.shape[:2]))), fontsize=style.SMALL)
    for axes, (name, output) in zip(others, maps.items(), strict=False):
        ((_, values),) = strongest_channels(output, 1)
        axes.imshow(values, cmap=COLOURS, interpolation="nearest")
        axes.set_title(f"{name}\n" + "×".join(map(str, output.shape[1:])), fontsize=style.SMALL)
    return figure


def side_by_side(image: ndarray, pairs: Sequence[tuple[str, ndarray]]) -> Figure:
    """The picture and some maps (H, W) beside it, each under its title, each from its lowest value to its highest.

    Raises ValueError for something that is not (H, W).
    """
    shapes = [np.shape(values) for _, values in pairs]
    if not pairs or any(len(shape) != 2 for shape in shapes):
        raise ValueError(f"found maps of shapes {shapes}, expected at least one, and each (H, W)")
    figure, (row,) = new_figure(style.WIDTH, style.WIDTH / (len(pairs) + 1) + 0.45, 1, len(pairs) + 1)
    draw_image(row[0], image, "the picture")
    for axes, (title, values) in zip(row[1:], pairs, strict=True):
        axes.imshow(np.asarray(values), cmap=COLOURS, interpolation="nearest")
        axes.set_title(title, fontsize=style.SMALL)
        axes.set_axis_off()
    return figure
