"""Stage 5 to be moved, first part: two boxes, how alike four measures find them, and where each measure pulls.

Who answers for an object is in :mod:`yolo_course.show.explorers.assignment`.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy import ndarray

from yolo_course.boxes import KINDS, iou, xywh_to_xyxy
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider
from yolo_course.show.plots.loss import OVERLAPS

UNIT, PLANE = 32, (12, 16)  # pixels of one unit; the plane's height and width in units
PAPER = PLANE[1] * UNIT  # pixels
FRAME = (PLANE[0] * UNIT, 860)  # pixels, height and width
TRUTH_BOX = (6.0, 6.0, 4.0, 4.0)  # xywh in units
LONGEST, SHORTEST = 46, 4  # pixels: the longest arrow, and what is too short to draw
FLAT = 1e-6  # a slope below that is none
EDGE = PAPER + canvas.GAP  # pixels: where the bars begin,
ZERO, ONE, ROW = EDGE + 168, 130, 92  # where 0 is, how far 1 is from there, from one bar to the next
CHANNEL = style.mixed(style.GREY, 0.2)


class Pull(NamedTuple):
    """How alike two boxes are by one measure, and its slope: by how much it grows as each side of ``box`` moves."""

    value: float
    slope: ndarray  # (4,) left, top, right, bottom, a unit of length

    @property
    def centre(self) -> ndarray:
        """(2,) how the centre moves where each side follows its slope."""
        return (self.slope[:2] + self.slope[2:]) / 2

    @property
    def is_flat(self) -> bool:
        return bool(np.abs(self.slope).max() < FLAT)


def pull(box: tuple, truth: tuple, kind: str) -> Pull:
    """The measure ``kind`` of ``box`` against ``truth``, both xywh, and its slope by autograd.

    Gradient descent on 1 - measure moves each side along this slope.
    """
    guess, target = (xywh_to_xyxy(torch.tensor(each, dtype=torch.float64)) for each in (box, truth))
    guess.requires_grad_()
    value = iou(guess, target, kind)
    value.backward()
    return Pull(value.item(), guess.grad.numpy())


def overlap_view(truth: tuple, kind: str, x: float, y: float, width: float, height: float) -> View:
    """A guess (xywh in units) and the ``truth``; arrows where ``kind`` pulls sides and centre; four bars, -1 to 1."""
    box, name = (x, y, width, height), OVERLAPS[kind].label
    pair = [xywh_to_xyxy(torch.tensor(each, dtype=torch.float64)) for each in (box, truth)]
    values = {each: iou(*pair, each).item() for each in KINDS}
    chosen = pull(box, truth, kind)
    picture = _with_bars(_with_guess(_ground(truth), box, chosen, kind), values, kind)
    said = "no slope: nothing moves" if chosen.is_flat else f"where {name} moves each side"
    numbers = [(f"{value:+.2f}", FRAME[1] - 70, ROW * row + 22) for row, value in enumerate(values.values())]
    picture = canvas.with_words(picture, [(said, 6, 6), *numbers])
    shown = ", ".join(f"{OVERLAPS[each].label} {value:+.2f}" for each, value in values.items())
    return View(picture, f"{shown}. {_direction(chosen, name)}")


def _direction(chosen: Pull, name: str) -> str:
    if chosen.is_flat:
        return f"The slope of {name} is 0 here: gradient descent moves nothing."
    left, top, right, bottom = chosen.slope
    size = {"width": right - left, "height": bottom - top}
    place = {"right": chosen.centre[0], "down": chosen.centre[1]}
    opposite = {"right": "left", "down": "up"}
    moves = [way if slope > 0 else opposite[way] for way, slope in place.items() if abs(slope) >= FLAT]
    grows = [f"{side} {'grows' if slope > 0 else 'shrinks'}" for side, slope in size.items() if abs(slope) >= FLAT]
    where = f"moves the centre {' and '.join(moves)}" if moves else "leaves the centre where it is"
    return f"{name} {where}; {', '.join(grows) or 'the size stays'} (steepest side: {abs(chosen.slope).max():.3f})."


@cache
def _ground(truth: tuple) -> ndarray:
    """What stays: squared paper with the truth on it, and beside it a name and a channel for each bar."""
    paper = canvas.with_grid(canvas.blank(FRAME[0], PAPER), UNIT, style.GREY, 0.25)
    left, top, right, bottom = xywh_to_xyxy(np.array(truth)) * UNIT
    paper = canvas.with_boxes(paper, [(left, top, right, bottom)], style.BLACK, dashed=True, halo=None)
    ground = canvas.side_by_side([canvas.with_words(paper, [("truth", left, top - 26)])], shape=FRAME)
    for row in range(len(KINDS)):
        ground = canvas.with_fill(ground, (ZERO - ONE, ROW * row + 52, ZERO + ONE, ROW * row + 78), CHANNEL, 1)
    return canvas.with_words(
        ground, [(OVERLAPS[kind].label, EDGE + 8, ROW * row + 22) for row, kind in enumerate(KINDS)]
    )


def _with_guess(ground: ndarray, box: tuple, chosen: Pull, kind: str) -> ndarray:
    """The guess on the paper, and arrows from its sides and its centre, the longest as long in every picture."""
    left, top, right, bottom = edges = xywh_to_xyxy(np.array(box)) * UNIT
    picture = canvas.with_fill(ground, edges, style.FOUND, 0.4)
    picture = canvas.with_boxes(picture, [edges], style.FOUND, width=3, halo=None)
    if chosen.is_flat:
        return picture
    middle = np.array([left + right, top + bottom]) / 2
    starts = [(left, middle[1]), (middle[0], top), (right, middle[1]), (middle[0], bottom)]
    ways = [(chosen.slope[0], 0), (0, chosen.slope[1]), (chosen.slope[2], 0), (0, chosen.slope[3])]
    scale = LONGEST / np.abs(chosen.slope).max()
    for start, way in zip((*starts, middle), (*ways, chosen.centre), strict=True):
        _draw_arrow(picture, np.array(start), np.array(way) * scale, OVERLAPS[kind].colour)
    return canvas.with_dot(picture, *middle, OVERLAPS[kind].colour, 4)


def _draw_arrow(plane: ndarray, start: ndarray, way: ndarray, colour: str) -> None:
    """An arrow with a white rim, in place; none where it would be a dot."""
    length = float(np.hypot(*way))
    if length < SHORTEST:
        return
    ends = [tuple(int(place) for place in np.rint(point)) for point in (start, start + way)]
    for ink, width in (("white", 7), (colour, 4)):
        cv2.arrowedLine(plane, *ends, canvas.rgb(ink), width, cv2.LINE_AA, tipLength=12 / max(length, 12))


def _with_bars(picture: ndarray, values: dict[str, float], kind: str) -> ndarray:
    """A bar for each measure from its 0 to the left or to the right; the chosen one has a frame."""
    for row, (each, value) in enumerate(values.items()):
        low, high = sorted((ZERO, ZERO + value * ONE))
        picture = canvas.with_fill(picture, (low, ROW * row + 52, high, ROW * row + 78), OVERLAPS[each].colour, 1)
        cv2.line(picture, (ZERO, ROW * row + 48), (ZERO, ROW * row + 82), (0, 0, 0), canvas.LINE)
        if each == kind:
            corners = (EDGE, ROW * row + 14), (FRAME[1] - 2, ROW * row + 92)
            cv2.rectangle(picture, *corners, canvas.rgb(OVERLAPS[each].colour), 3, cv2.LINE_AA)
    return picture


def explore_overlap(truth: tuple = TRUTH_BOX) -> Explorer:
    """Move a guess past the ``truth`` (xywh on a plane of 16 by 12): four measures, and where the chosen one pulls."""
    outside, corner = {}, {"x": 5.25, "y": 5.25, "width": 2, "height": 2}
    flat = {"x": 6, "y": 6, "width": 6, "height": 2.5}
    return Explorer(
        "two boxes and four measures",
        lambda **settings: overlap_view(truth, **settings),
        {
            "x": slider("guess: x", 3, 13, 10.5, 0.25),
            "y": slider("y", 3, 9, 8, 0.25),
            "width": slider("width", 1, 6, 3, 0.25),
            "height": slider("height", 1, 6, 3, 0.25),
            "kind": choice("arrows of", {OVERLAPS[kind].label: kind for kind in KINDS}, "iou"),
        },
        {
            "apart, IoU: nothing moves": outside,
            "apart, CIoU: it knows the way": {"kind": "ciou"},
            "inside, GIoU: only the size": {**corner, "kind": "giou"},
            "same centre, CIoU: the shape": {**flat, "kind": "ciou"},
        },
    )
