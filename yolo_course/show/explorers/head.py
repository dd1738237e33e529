"""Stage 4 to be moved: four raw numbers of one cell become a box."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from yolo_course.boxes import xywh_to_xyxy
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, slider, steps
from yolo_course.show.plots.head import ANCHOR, sigmoid
from yolo_course.stages.head import decode
from yolo_course.stages.input import collate, letterbox

FRAME = (420, 860)  # pixels, height and width
LEFT = 420  # where the table begins, right of the picture
SIDE, INNER, EDGE, TOP = 128, 320, 40, 50  # the decoded picture: its side, as drawn, and the margin that boxes may use
LEVELS = (("P3, fine", 0), ("P4", 1), ("P5, coarse", 2))


@lru_cache(4096)
def line(text: str, width: int, height: int = 27) -> ndarray:
    """One line of words: most lines of a table stay as they are when a control moves."""
    return canvas.with_words(canvas.blank(height, width), [(text, 4, 2)])


@torch.no_grad()
def looked_at(image: ndarray, model: YOLOv5, size: int) -> tuple[ndarray, Tensor, list[Tensor]]:
    """A picture (H, W, 3) letterboxed to ``size``, and all that the network says of it: decoded (1, N, 5 + nc), raw."""
    small, _, _ = letterbox(image, size, auto=True)
    images, _ = collate([(small, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))])
    decoded, raw = model.eval()(images)
    return small, decoded, raw


def decode_view(
    tx: float, ty: float, tw: float, th: float, level: int, anchor: int, anchors: ndarray, strides: Sequence[int]
) -> View:
    """What four raw numbers say in one cell near the middle of a picture of 128 x 128 pixels.

    ``anchors`` (levels, A, 2) in pixels, one of ``strides`` a level. The box is that of
    :func:`yolo_course.stages.head.decode`; the dashed square is where the centre may go.
    """
    stride, (w, h) = strides[level], anchors[level][anchor]
    cells = SIDE // stride
    cell = row, column = cells // 2 - 1, cells // 2
    raw = torch.zeros(1, 1, cells, cells, 6)  # (B, A, H, W, 5 + nc)
    raw[..., :4] = torch.tensor([tx, ty, tw, th])
    box = decode(raw, torch.tensor([[w, h]]), stride)[0, 0, row, column, :4].numpy()
    lines = [
        f"P{level + 3}, stride {stride}: row {row}, column {column}",
        f"anchor {w:.1f} × {h:.1f} pixels",
        *_sums((tx, ty, tw, th), cell, stride, (w, h), box),
    ]
    table = _legend().copy()
    table[26 : 26 + 30 * len(lines)] = np.concatenate([line(text, table.shape[1], 30) for text in lines])
    offset = box[:2] / stride - (column, row)  # from the cell's upper left corner, in cells
    where = "inside" if ((offset >= 0) & (offset <= 1)).all() else "outside"
    words = (
        f"The box: x {box[0]:.1f}, y {box[1]:.1f}, w {box[2]:.1f}, h {box[3]:.1f} pixels. Its centre is {where} its "
        f"cell, its size {box[2] / w:.2f} and {box[3] / h:.2f} times the anchor."
    )
    return View(np.concatenate([_decode_panel(cell, stride, (w, h), box), table], 1), words)


def _decode_panel(cell: tuple[int, int], stride: int, anchor: Sequence[float], box: ndarray) -> ndarray:
    zoom, (row, column) = INNER / SIDE, cell
    panel, corners = canvas.blank(FRAME[0], LEFT), np.array([column, row, column + 1, row + 1]) * stride
    panel[TOP : TOP + INNER + 1, EDGE : EDGE + INNER + 1] = _grid(stride)
    at_rest = xywh_to_xyxy(np.array([(column + 0.5) * stride, (row + 0.5) * stride, *anchor]))
    cell_box, reach, at_rest, found = (
        each * zoom + (EDGE, TOP, EDGE, TOP)
        for each in (corners, corners + np.array([-1, -1, 1, 1]) * stride / 2, at_rest, xywh_to_xyxy(box))
    )
    panel = canvas.with_fill(panel, cell_box, style.FOUND, 0.4)
    panel = canvas.with_boxes(panel, found, style.FOUND, width=4)
    panel = canvas.with_boxes(panel, at_rest, ANCHOR, dashed=True, halo=None)
    panel = canvas.with_boxes(panel, reach, style.BLACK, dashed=True, halo=None)
    return canvas.with_dot(panel, *(found[:2] + found[2:]) / 2, style.FOUND)


@cache
def _grid(stride: int) -> ndarray:
    """The picture, empty, with its cells and its edge."""
    grid = canvas.with_grid(canvas.blank(INNER + 1, INNER + 1), stride * INNER / SIDE, style.GREY, 0.5)
    return canvas.with_boxes(grid, [0, 0, INNER, INNER], style.GREY, halo=None)


def _sums(raw: Sequence[float], cell: tuple[int, int], stride: int, anchor: Sequence[float], box: ndarray) -> list[str]:
    """The four sums with their numbers, two lines each."""
    s, corner, lines = sigmoid(raw), cell[::-1], []
    for i, (name, result) in enumerate(zip("xywh", box, strict=True)):
        lines.append(f"t{name} = {raw[i]:.1f}:  s = {s[i]:.3f}".replace("-", "−"))
        inside = f"(2 s − 0.5 + {corner[i]}) × {stride}" if i < 2 else f"(2 s)² × {anchor[i - 2]:.1f}"
        lines.append(f"    {name} = {inside} = {result:.1f}".replace("= -", "= −"))
    return lines


@cache
def _legend() -> ndarray:
    """The table's ground, with what each line means."""
    table, y = canvas.blank(FRAME[0], FRAME[1] - LEFT), 352
    for x, text, colour, dashed in (
        (6, "anchor", ANCHOR, True),
        (124, "box", style.FOUND, False),
        (210, "reach of the centre", style.BLACK, True),
    ):
        table = canvas.with_boxes(table, [x, y, x + 24, y + 18], colour, dashed, 3, None)
        table = canvas.with_words(table, [(text, x + 30, y - 3)])
    return table


def explore_decode(anchors: ndarray | None = None, strides: Sequence[int] = (8, 16, 32)) -> Explorer:
    """Decode by hand: move the four raw numbers of a cell, its level and its anchor, and see the box.

    ``anchors`` (3, A, 2) in pixels of a picture of 128 x 128; by default those of the course's model.
    """
    shapes = course_model().detect.anchor_pixels.numpy() if anchors is None else np.asarray(anchors, dtype=float)
    return Explorer(
        "from four raw numbers to a box",
        lambda **settings: decode_view(**settings, anchors=shapes, strides=strides),
        {
            **{name: slider(name, -6.0, 6.0, 0.0, 0.5) for name in ("tx", "ty", "tw", "th")},
            "level": steps("level", LEVELS, 1),
            "anchor": slider("anchor", 0, shapes.shape[1] - 1, 1),
        },
        {
            "all 0: the anchor itself": {},
            "tx 6, ty −6: as far as it goes": {"tx": 6.0, "ty": -6.0},
            "tw 6, th 6: nearly four anchors": {"tw": 6.0, "th": 6.0},
            "P5, wider and flatter": {"level": 2, "tw": 0.5, "th": -1.0},
        },
    )
