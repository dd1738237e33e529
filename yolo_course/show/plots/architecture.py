"""The network drawn from the built model: every row in its place, with the shape of what it hands on.

Downwards the maps get smaller: one band a stride. From left to right run the backbone, the neck's way back up
(FPN), its way down again (PAN), and the head. What is frozen is hatched in blue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle

from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.style import mixed, new_figure

COLUMNS = ("Backbone", "Neck, top-down (FPN)", "Neck, bottom-up (PAN)", "Head")
STAGE_OF = ("backbone", "neck", "neck", "head")
_PITCH, _BOX_WIDTH, _BOX_HEIGHT, _MARGIN = 2.55, 1.95, 0.8, 0.45
_LEFT = -2.15


@dataclass(frozen=True)
class Box:
    """One row of the model in the drawing; ``x``, ``y`` are its middle, ``stride`` that of its output."""

    row: int
    column: int
    stride: int
    text: str
    shape: str
    tag: str = ""
    x: float = 0.0
    y: float = 0.0


def draw_architecture(model: YOLOv5, image_size: int = 640) -> Figure:
    """All rows of a YOLOv5 and their wiring, with output shapes for a square picture of ``image_size``."""
    boxes = place(list_boxes(model, image_size), model.rows[-1].source)
    bottom = min(box.y for box in boxes) - 1.0
    figure, ((axes,),) = new_figure(height=0.47 * -bottom + 0.5)
    _draw_bands(axes, boxes, image_size)
    for box in boxes:
        _draw_box(axes, box, is_frozen(model, box.row))
    _draw_arrows(axes, model, boxes)
    axes.set(xlim=(_LEFT, 3 * _PITCH + 1.15), ylim=(bottom + 0.35, 1.2))
    axes.set_axis_off()
    if any(is_frozen(model, box.row) for box in boxes):  # the head's column is empty at the top
        where = {"loc": "center", "bbox_to_anchor": (3 * _PITCH, -0.7), "bbox_transform": axes.transData}
        axes.legend(handles=[Patch(**_frozen_look(), label="frozen")], fontsize=style.NORMAL, **where)
    return figure


def is_frozen(model: YOLOv5, row: int) -> bool:
    """Is anything in this row held still? A row without weights goes by its name."""
    prefixes = model.frozen_prefixes
    if prefixes and f"model.{row}.".startswith(prefixes):
        return True
    return any(not parameter.requires_grad for parameter in model.model[row].parameters())


def list_boxes(model: YOLOv5, image_size: int) -> list[Box]:
    """What is to be drawn, a box a row; Detect, the last row, is a box a level."""
    boxes, column = [], 0
    feature = {row: f"P{level}" for level, row in enumerate(model.feature_rows, start=3)}
    fused = {row: f"N{level}" for level, row in enumerate(model.rows[-1].source, start=3)}
    *rows, detect = model.summary(image_size).rows
    for row in rows:
        stride = image_size // row.shape[-1]
        if row.index == model.first_neck_row:
            column = 1
        elif column == 1 and stride > boxes[-1].stride:  # the way down again begins
            column = 2
        tag = feature.get(row.index) or fused.get(row.index, "")
        boxes.append(Box(row.index, column, stride, _title(row), _shape(row.shape), tag))
    for shape in detect.shape:
        boxes.append(Box(detect.index, 3, image_size // shape[2], _title(detect), _shape(shape)))
    return boxes


def _title(row) -> str:
    name = row.module.removeprefix("nn.")
    return f"{row.index}  {name}" + (f" ×{row.repeats}" if row.repeats > 1 else "")


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape[1:]))


def place(boxes: list[Box], fused_rows: Sequence[int]) -> list[Box]:
    """Give every box its place: a band a stride, in it downwards, or upwards in the column that leads up.

    The head's boxes stand beside the ``fused_rows`` that they read.
    """
    placed, top = {}, 0.0
    for stride in sorted({box.stride for box in boxes}):
        columns = [[box for box in boxes if (box.stride, box.column) == (stride, c)] for c in range(3)]
        height = max(map(len, columns))
        for column, own in enumerate(columns):
            for number, box in enumerate(own):
                below = height - 1 - number if column == 1 else number
                placed[box.row] = replace(box, x=column * _PITCH, y=top - below - 0.5)
        top -= height + _MARGIN
    heads = [box for box in boxes if box.column == 3]
    beside = zip(heads, fused_rows, strict=True)
    return list(placed.values()) + [replace(box, x=3 * _PITCH, y=placed[row].y) for box, row in beside]


def _draw_bands(axes: Axes, boxes: list[Box], image_size: int) -> None:
    for column, (name, stage) in enumerate(zip(COLUMNS, STAGE_OF, strict=True)):
        own = [box.y for box in boxes if box.column == column]
        if not own:
            continue
        low, high = min(box.y for box in boxes) - 0.6, 0.1
        left = column * _PITCH - _BOX_WIDTH / 2 - 0.15
        fill = mixed(style.STAGES[stage], 0.16)
        axes.add_patch(Rectangle((left, low), _BOX_WIDTH + 0.3, high - low, facecolor=fill, zorder=0))
        options = {"fontsize": style.NORMAL, "fontweight": "bold", "ha": "center", "va": "bottom"}
        axes.text(column * _PITCH, 0.25, name.replace(", ", "\n"), **options)
    for stride in sorted({box.stride for box in boxes}):
        own = [box.y for box in boxes if box.stride == stride]
        text, cells = f"stride {stride}", image_size // stride
        options = {"ha": "left", "va": "center", "fontsize": style.SMALL, "color": style.GREY}
        axes.text(_LEFT, (min(own) + max(own)) / 2, f"{text}\n{cells}×{cells}", **options)
        axes.axhline(min(own) - 0.5 - _MARGIN / 2, color="white", linewidth=2.5, zorder=0.5)


def _frozen_look() -> dict:
    fill, edge = mixed(style.FROZEN, 0.3), style.FROZEN
    return {"facecolor": fill, "edgecolor": edge, "hatch": "////", "linewidth": 2}


def _draw_box(axes: Axes, box: Box, frozen: bool) -> None:
    colour = style.STAGES[STAGE_OF[box.column]]
    free = {"facecolor": mixed(colour, 0.55), "edgecolor": mixed(colour, 0.6, "black"), "linewidth": 1.2}
    corner = (box.x - _BOX_WIDTH / 2, box.y - _BOX_HEIGHT / 2)
    axes.add_patch(Rectangle(corner, _BOX_WIDTH, _BOX_HEIGHT, zorder=2, **(_frozen_look() if frozen else free)))
    halo = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if frozen else None
    options = {"ha": "center", "va": "center", "zorder": 3, "bbox": halo}
    size = style.SMALL * min(1, 17 / len(box.text))
    axes.text(box.x, box.y + 0.18, box.text, fontsize=size, fontweight="bold", **options)
    axes.text(box.x, box.y - 0.2, box.shape, fontsize=style.SMALL - 1, **options)
    if box.tag:
        badge = {"facecolor": "black", "edgecolor": "none", "boxstyle": "round,pad=0.25"}
        look = {"color": "white", "fontsize": style.SMALL, "ha": "center", "va": "center", "zorder": 5}
        axes.text(box.x - _BOX_WIDTH / 2 - 0.14, box.y, box.tag, bbox=badge, **look)


def _draw_arrows(axes: Axes, model: YOLOv5, boxes: list[Box]) -> None:
    at = {box.row: box for box in boxes}
    for row in model.rows[1:-1]:
        for source in row.source:
            _arrow(axes, at[source], at[row.index])
    levels = [box for box in boxes if box.column == 3]
    for source, box in zip(model.rows[-1].source, levels, strict=True):
        _arrow(axes, at[source], box)


def _arrow(axes: Axes, start: Box, end: Box) -> None:
    a, b = wire_ends(start, end, _BOX_WIDTH, _BOX_HEIGHT)
    options = {"arrowstyle": "-|>", "mutation_scale": 10, "shrinkA": 0, "shrinkB": 0, "zorder": 4}
    axes.add_patch(FancyArrowPatch(a, b, color="black", linewidth=1.2, **options))


def wire_ends(start: Box, end: Box, width: float, height: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where a wire leaves a box of this size and reaches the next one.

    Up or down within a column, from the right side to the left side between columns.
    """
    if start.column == end.column:
        down = 1 if start.y > end.y else -1
        return (start.x, start.y - down * height / 2), (end.x, end.y + down * height / 2)
    return (start.x + width / 2, start.y), (end.x - width / 2, end.y)
