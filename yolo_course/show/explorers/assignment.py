"""Stage 5 to be moved, second part: who answers for an object, and two objects that want the same slot.

A slot is one anchor in one cell on one level.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from yolo_course.boxes import xywh_to_xyxy, xyxy_to_xywh
from yolo_course.data import render_sample
from yolo_course.learn.start import course_model
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider, switch
from yolo_course.show.plots.loss import LEVELS
from yolo_course.show.style import mixed
from yolo_course.stages.input import letterbox, letterbox_boxes
from yolo_course.stages.loss import DEFAULT_HYP, assign_targets

STRIDES, LIMIT = (8, 16, 32), DEFAULT_HYP["anchor_t"]
SIZE, ZOOM = 128, 2  # pixels of the square picture, and how much larger it is drawn
PANEL, STEP = SIZE * ZOOM, 296  # pixels: a drawn picture, and from one to the next
HEAD, ROW = 30, 28  # pixels: the line above a picture, and each of three below it
FRAME = (HEAD + PANEL + 3 * ROW + 6, 860)
ANSWERS, NEIGHBOUR = style.STAGES["loss"], mixed(style.STAGES["loss"], 0.45)
FIRST, SECOND = style.SKY, style.YELLOW  # two objects that want the same slot
Slot = tuple[int, int, int]  # anchor, row, column


class Claim(NamedTuple):
    """A row of an assignment: the object ``label`` wants this slot."""

    slot: Slot
    label: int


def claims(objects: Sequence[tuple], level: int, anchors: Tensor) -> list[Claim]:
    """What ``objects``, each (label, x, y, width, height) in pixels, claim on a level, in the order of writing.

    ``anchors`` are (A, 2) in pixels.
    """
    rows = torch.tensor([(0, label, *box) for label, *box in objects], dtype=torch.float64)
    rows[:, 2:] /= SIZE
    cells, stride = SIZE // STRIDES[level], STRIDES[level]
    found = assign_targets(rows, (cells, cells), anchors.double() / stride, LIMIT)
    slots = zip(found.anchor.tolist(), found.row.tolist(), found.column.tolist(), strict=True)
    return [Claim(slot, label) for slot, label in zip(slots, found.label.tolist(), strict=True)]


def assignment_view(ground: ndarray, anchors: Tensor, x: int, y: int, width: int, height: int) -> View:
    """An object, xywh in pixels, on three levels: which cells answer for it, and why which anchors do.

    ``ground`` is the picture with the levels' grids (:func:`grids`), ``anchors`` are (3, 3, 2) in pixels.
    """
    box, picture, titles, counts = (x, y, width, height), ground.copy(), [], []
    for level, (stride, own) in enumerate(zip(STRIDES, anchors, strict=True)):
        slots, panel = {claim.slot for claim in claims([(0, *box)], level, own)}, _panel(picture, level)
        cells, near = {slot[1:] for slot in slots}, {slot[0] for slot in slots}
        for row, column in cells:
            holds = (row, column) == (y // stride, x // stride)
            _draw_slot(panel, row, column, stride * ZOOM, ANSWERS if holds else NEIGHBOUR, 0.8)
        _draw_box(panel, box, style.TRUTH, dashed=True)
        titles.append(f"{LEVELS[level]}: {_times(len(cells), len(near))}")
        counts.append(len(slots))
    picture[:HEAD] = _titles(*titles)
    _draw_reasons(picture, width, height, anchors)
    each = ", ".join(f"{name} {count}" for name, count in zip(LEVELS, counts, strict=True))
    return View(picture, f"{width} × {height} pixels at ({x}, {y}). Slots that answer: {each}; {sum(counts)} in all.")


def _times(cells: int, anchors: int) -> str:
    if not cells:
        return "nobody answers"
    return f"{cells} cell{'s' * (cells > 1)} × {anchors} anchor{'s' * (anchors > 1)}"


@lru_cache(maxsize=64)
def _titles(*titles: str) -> ndarray:
    """The line above the pictures."""
    return canvas.with_words(canvas.blank(HEAD, FRAME[1]), [(text, n * STEP, 4) for n, text in enumerate(titles)])


def _draw_reasons(picture: ndarray, width: int, height: int, anchors: Tensor) -> None:
    """Below each level, in place: by what factor is each anchor off? Tinted where both factors are small."""
    for level, own in enumerate(anchors.numpy()):
        for row, (anchor, off) in enumerate(zip(own, factors(width, height, own), strict=True)):
            is_near = bool(off.max() < LIMIT)
            name, mark = f"{anchor[0]:.0f} × {anchor[1]:.0f}", "✓" if is_near else "✗"
            words = [_word(text, is_near) for text in (name, f"w {_short(off[0])}", f"h {_short(off[1])}", mark)]
            line = np.concatenate([words[0], words[1][:, :70], words[2][:, :70], words[3][:, :22]], 1)
            top, left = FRAME[0] - (3 - row) * ROW, level * STEP
            picture[top : top + len(line), left : left + line.shape[1]] = line


def factors(width: float, height: float, anchors: ndarray) -> ndarray:
    """(A, 2): by what factor, 1 or more, are an object's width and height larger or smaller than each anchor's?"""
    ratio = np.array([width, height]) / anchors
    return np.maximum(ratio, 1 / ratio)


@lru_cache(maxsize=4096)  # to write a word takes longer than all else
def _word(text: str, is_near: bool) -> ndarray:
    return canvas.with_words(canvas.blank(ROW - 2, 104, NEIGHBOUR if is_near else "white"), [(text, 0, 1)])


def _short(factor: float) -> str:
    return f"{factor:.2f}" if factor < 9.995 else f"{factor:.0f}"


def _panel(picture: ndarray, number: int) -> ndarray:
    """The pixels of one of the three pictures: to be written to."""
    return picture[HEAD : HEAD + PANEL, number * STEP : number * STEP + PANEL]


def _draw_slot(panel: ndarray, row: int, column: int, side: int, colour: str, share: float) -> ndarray:
    """Tint a slot, in place, and return its pixels."""
    slot = panel[row * side : (row + 1) * side, column * side : (column + 1) * side]
    slot[:] = canvas.with_fill(slot, (0, 0, side, side), colour, share)
    cv2.rectangle(slot, (0, 0), (side - 1, side - 1), (0, 0, 0), 1)
    return slot


def _draw_box(panel: ndarray, box: tuple, colour: str, **look) -> None:
    """A box (xywh in pixels of the picture) and its centre, in place."""
    corners = xywh_to_xyxy(np.array(box, dtype=float)) * ZOOM
    framed = canvas.with_boxes(panel, [corners], colour, **look)
    panel[:] = canvas.with_dot(framed, box[0] * ZOOM, box[1] * ZOOM, colour, 3)


def grids(picture: ndarray, steps: Iterable[int], colour: str = "#ffffff") -> ndarray:
    """``picture`` (128, 128, 3) three times, enlarged, each with lines every so many of its own pixels."""
    large = canvas.enlarged(picture, ZOOM)
    row = canvas.side_by_side([canvas.with_grid(large, step * ZOOM, colour) for step in steps], STEP - PANEL)
    below, right = FRAME[0] - HEAD - PANEL, FRAME[1] - row.shape[1]
    return np.pad(row, ((HEAD, below), (0, right), (0, 0)), constant_values=255)


def explore_assignment(image: ndarray | None = None, box: ndarray | None = None) -> Explorer:
    """Move an object (at first ``box``, xyxy in pixels of ``image``) over the grids: who answers for it?"""
    if image is None:
        image, boxes, _ = render_sample("source", "val", 11, size=192)
        box = boxes[0]
    picture, ratio, pad = letterbox(image, SIZE)
    around = np.array([[0, 0, *image.shape[1::-1]]] if box is None else [box], dtype=float)
    x, y, width, height = xyxy_to_xywh(letterbox_boxes(around, ratio, pad))[0].round().astype(int).tolist()
    ground, anchors = grids(picture, STRIDES), course_model().detect.anchor_pixels
    return Explorer(
        "who answers for an object",
        lambda **settings: assignment_view(ground, anchors, **settings),
        {
            "x": slider("centre: x", 0, SIZE - 1, min(x, SIZE - 1)),
            "y": slider("y", 0, SIZE - 1, min(y, SIZE - 1)),
            "width": slider("width", 2, SIZE, max(2, min(width, SIZE))),
            "height": slider("height", 2, SIZE, max(2, min(height, SIZE))),
        },
        {
            "as it is": {},
            "a small one, in the corner": {"x": 3, "y": 125, "width": 6, "height": 8},
            "a large one": {"x": 70, "y": 60, "width": 110, "height": 100},
            "a thin bar": {"x": 60, "y": 60, "width": 5, "height": 60},
        },
    )


def collision_view(ground: Sequence[ndarray], anchors: Tensor, first: tuple, level: int, swapped: bool, **box) -> View:
    """Two objects, ``first`` (A) and ``box`` (B: x, y, side): a picture for each anchor of a level, with its slots.

    A slot has the colour of the object whose target is written last; one that both claim has a thick frame. Labels
    name A first, or B where they are ``swapped``. ``ground`` holds the empty grids of the three levels.
    """
    second, side, own = (box["x"], box["y"], box["side"], box["side"]), STRIDES[level] * ZOOM, anchors[level]
    objects = [(0, *first), (1, *second)]
    rows, picture = claims(objects[::-1] if swapped else objects, level, own), ground[level].copy()
    stays = dict(rows)  # as in the loss: what is written later replaces what stood there
    claimed = [{slot for slot, label in rows if label == each} for each in (0, 1)]
    panels = [_panel(picture, number) for number in range(len(own))]
    for (anchor, row, column), label in stays.items():
        pixels = _draw_slot(panels[anchor], row, column, side, (FIRST, SECOND)[label], 0.9)
        if (anchor, row, column) in claimed[0] & claimed[1]:
            cv2.rectangle(pixels, (2, 2), (side - 3, side - 3), canvas.rgb(ANSWERS), 3)
    for panel in panels:
        _draw_box(panel, first, FIRST)
        _draw_box(panel, second, SECOND)
    picture[:HEAD] = _titles(*(f"{LEVELS[level]}, anchor {w:.0f} × {h:.0f}" for w, h in own.tolist()))
    return View(picture, _who_stays(level, claimed, stays))


def _who_stays(level: int, claimed: list[set], stays: dict) -> str:
    twice = claimed[0] & claimed[1]
    words = f"{LEVELS[level]}: A claims {len(claimed[0])} slots, B {len(claimed[1])}, {len(twice)} are claimed twice"
    if not twice:
        return f"{words}: every target stays."
    kept = [sum(stays[slot] == label for slot in twice) for label in (0, 1)]
    place = "on the CPU, where the last write stays; on CUDA the order is undefined"
    return f"{words}. There A's target stays {kept[0]} times, B's {kept[1]} times ({place})."


def _collision_ground(step: int) -> ndarray:
    """Three empty grids, and below them what the colours say."""
    picture = grids(canvas.blank(SIZE, SIZE, style.LIGHT), [step] * 3, style.GREY)
    top, words = HEAD + PANEL + 14, []
    for number, (text, colour) in enumerate(
        (("A's target stays", FIRST), ("B's target stays", SECOND), ("claimed twice", None))
    ):
        left = number * STEP
        picture = canvas.with_fill(picture, (left, top, left + 24, top + 24), colour or "white", 0.9)
        thick = {"color": canvas.rgb(style.BLACK if colour else ANSWERS), "thickness": 1 if colour else 3}
        cv2.rectangle(picture, (left + 1, top + 1), (left + 23, top + 23), **thick)
        words.append((text, left + 32, top))
    return canvas.with_words(picture, words)[: HEAD + PANEL + 46]


def explore_collision(first: tuple = (52, 60, 33, 30)) -> Explorer:
    """Move a second object, a square, towards the ``first`` (xywh, in a picture of 128 pixels): who keeps the slot?"""
    ground, anchors = [_collision_ground(step) for step in STRIDES], course_model().detect.anchor_pixels
    near = {"x": 55, "y": 60}
    return Explorer(
        "two objects, one slot",
        lambda **settings: collision_view(ground, anchors, first, **settings),
        {
            "x": slider("B: x", 4, 124, 84),
            "y": slider("y", 4, 124, 70),
            "side": slider("side", 4, 120, 36),
            "level": choice("level", {name: level for level, name in enumerate(LEVELS)}, 1),
            "swapped": switch("B stands first in the labels"),
        },
        {
            "near: a few slots twice": {"x": 66},
            "almost one centre: all twice": near,
            "the same, B first in the labels": {**near, "swapped": True},
            "on P5 even far apart": {"x": 84, "level": 2},
        },
    )
