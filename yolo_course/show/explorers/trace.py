"""Stage 4 to be moved: one output cell of the head, traced to the box that is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy import ndarray

from yolo_course.boxes import xywh_to_xyxy
from yolo_course.data import render_sample
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, slider, steps
from yolo_course.show.explorers.head import FRAME, LEFT, LEVELS, line, looked_at
from yolo_course.show.plots.head import sigmoid
from yolo_course.stages.head import decode

PANEL, ROW = 400, 26  # pixels: the picture's longer side, a line of the table
SHOWN = 8  # classes in the table: all, or the surest where there are more


class Traced(NamedTuple):
    """A picture as the network had it, and all that its head said: one entry a level."""

    picture: ndarray  # uint8 RGB, enlarged by ``zoom``
    zoom: float
    raw: list[ndarray]  # (A, H, W, 5 + nc) each
    decoded: list[ndarray]  # the same shapes: pixels and probabilities
    anchors: ndarray  # (levels, A, 2) pixels
    strides: list[int]
    names: Sequence[str]


def trace(image: ndarray, model: YOLOv5, size: int = 128) -> Traced:
    """Run the network once on a picture (H, W, 3), letterboxed to ``size``."""
    small, _, raw = looked_at(image, model, size)
    anchors, strides = model.detect.anchor_pixels, [int(stride) for stride in model.detect.stride]
    decoded = [decode(*level)[0].numpy() for level in zip(raw, anchors, strides, strict=True)]
    zoom = PANEL / max(small.shape[:2])
    large = cv2.resize(small, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    return Traced(large, zoom, [out[0].numpy() for out in raw], decoded, anchors.numpy(), strides, model.names)


def trace_view(across: int, down: int, level: int, anchor: int, traced: Traced) -> View:
    """What the cell below a point (pixels of the network's picture) says with one anchor, and the box it means."""
    stride, shape = traced.strides[level], traced.raw[level].shape
    row, column = down // stride, across // stride
    raw, answer = (maps[level][anchor, row, column] for maps in (traced.raw, traced.decoded))  # (5 + nc,)
    corners = np.array([column, row, column + 1, row + 1]) * stride
    middle = (column + 0.5) * stride, (row + 0.5) * stride
    at_rest = xywh_to_xyxy(np.array([*middle, *traced.anchors[level, anchor]]))
    left = canvas.with_grid(traced.picture, stride * traced.zoom)
    left = canvas.with_fill(left, corners * traced.zoom, style.FOUND, 0.55)
    left = canvas.with_boxes(left, at_rest * traced.zoom, style.SKY, dashed=True)
    left = canvas.with_boxes(left, xywh_to_xyxy(answer[:4]) * traced.zoom, style.FOUND, width=4)
    left = canvas.with_dot(left, across * traced.zoom, down * traced.zoom, style.TRUTH)
    table, said = _answer_table(raw, answer, traced.names)
    place = f"P{level + 3}, row {row}, column {column}, anchor {anchor}"
    table = np.concatenate([line(place, table.shape[1], ROW), table])
    before = sum(maps[..., 0].size for maps in traced.raw[:level])
    number = before + (anchor * shape[1] + row) * shape[2] + column
    total = sum(maps[..., 0].size for maps in traced.raw)
    box = "x {:.1f}, y {:.1f}, w {:.1f}, h {:.1f} pixels".format(*answer[:4])
    return View(_framed(left, table), f"Row {number} of {total:,}: {place}. The box: {box}; {said}.")


def _framed(left: ndarray, table: ndarray) -> ndarray:
    frame = canvas.blank(*FRAME)
    canvas.lay(frame, left, 0, 10)
    canvas.lay(frame, table, LEFT, 0)
    return frame


def _answer_table(raw: ndarray, answer: ndarray, names: Sequence[str]) -> tuple[ndarray, str]:
    """The numbers of one row, (5 + nc,) raw and decoded, line by line, and its score in words."""
    s, classes = sigmoid(raw), range(len(names))
    shown = classes if len(names) <= SHOWN else sorted(np.argsort(-answer[5:], kind="stable")[:SHOWN].tolist())
    lines = [_cells("", "      raw", "sigmoid", line("gives", 150, ROW))]
    for i, name in enumerate("xywh"):
        lines.append(_number_line(name, raw[i], s[i], line(f"{answer[i]:.1f} pixels".replace("-", "−"), 150, ROW)))
    for i, name in [(4, "objectness"), *((5 + c, names[c]) for c in shown)]:
        lines.append(_number_line(name, raw[i], s[i], _bar(s[i], style.BLACK if i == 4 else style.FOUND)))
    best = int(answer[5:].argmax())
    score = f"{answer[4]:.2f} × {answer[5 + best]:.2f} = {answer[4] * answer[5 + best]:.2f}"
    lines.append(line(f"score = {score}", FRAME[1] - LEFT, ROW))
    return np.concatenate(lines), f"score = objectness × {names[best]} = {score}"


def _number_line(name: str, raw: float, s: float, gives: ndarray) -> ndarray:
    aligned = f"{raw:6.2f}".translate({ord(" "): "\N{FIGURE SPACE}", ord("-"): "\N{FIGURE DASH}"})  # as wide as digits
    return _cells(name, aligned, f"{s:.2f}", gives)


def _cells(name: str, raw: str, s: str, gives: ndarray) -> ndarray:
    words = zip((name, raw, s), (124, 82, 84), strict=True)
    return np.concatenate([*(line(text, width, ROW) for text, width in words), gives], 1)


def _bar(share: float, colour: str) -> ndarray:
    bar = canvas.blank(ROW, 150)
    bar[5:-5, 4 : 4 + max(1, round(140 * share))] = canvas.rgb(colour)
    return bar


def explore_trace(image: ndarray | None = None, model: YOLOv5 | None = None, size: int = 128) -> Explorer:
    """Point at a place: the cell there, its numbers for one anchor, and the box that they mean.

    ``image`` is a uint8 RGB array (H, W, 3), letterboxed to ``size``; without one, a picture of the course's own.
    """
    image = render_sample("source", "val", 11, size=192)[0][24:] if image is None else image
    traced = trace(image, course_model() if model is None else model, size)
    scores = [(level[..., 4:5] * level[..., 5:]).max(-1) for level in traced.decoded]  # (A, H, W) each
    level = int(np.argmax([level.max() for level in scores]))
    anchor, row, column = (int(i) for i in np.unravel_index(scores[level].argmax(), scores[level].shape))
    stride, half = traced.strides[level], traced.strides[0] // 2
    empty_row, empty_column = np.unravel_index(traced.decoded[level][anchor, ..., 4].argmin(), scores[level].shape[1:])
    height, width = (side * traced.strides[0] for side in scores[0].shape[1:])
    return Explorer(
        "one output cell, one box",
        lambda **settings: trace_view(**settings, traced=traced),
        {
            "across": slider("across, in pixels", half, width - half, column * stride + half, 2 * half),
            "down": slider("down, in pixels", half, height - half, row * stride + half, 2 * half),
            "level": steps("level", LEVELS, level),
            "anchor": slider("anchor", 0, traced.anchors.shape[1] - 1, anchor),
        },
        {
            "the surest of all": {},
            "the same place, another anchor": {"anchor": (anchor + 1) % traced.anchors.shape[1]},
            "the same place, P3": {"level": 0},
            "nothing here": {"across": int(empty_column) * stride + half, "down": int(empty_row) * stride + half},
        },
    )
