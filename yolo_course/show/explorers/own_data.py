"""A detector's errors to be moved: which confidence finds what, misses what, and says what is not there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy import ndarray

from yolo_course.data import render_sample
from yolo_course.learn.matching import match
from yolo_course.learn.predict import predict
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, slider, steps

FRAME = (416, 860)  # pixels, height and width, of the whole
KEY = 32  # height of the line above the picture and above the chart
ROOM = (384, 462)  # height and width of the picture, at most
CHART = (384, 380)  # of the chart
AXES = (46, 34, 372, 326)  # left, top, right, bottom of the chart's axes
HIT, ALARM, MISSED = style.FOUND, style.VERMILLION, style.TRUTH
LOWEST, COUNT = 0.05, 16  # the lowest confidence, and the number of the example's pictures
PRECISION, RECALL = style.BLACK, style.GREY


class Judged(NamedTuple):
    """One picture with its truth, and its detections, best first, each with the object that it claims, or -1."""

    image: ndarray  # (H, W, 3)
    boxes: ndarray  # (n, 4) xyxy
    classes: ndarray  # (n,)
    rows: ndarray  # (m, 6) xyxy, score, class
    claimed: ndarray  # (m,)


def enlarged(sample: tuple, rows: ndarray) -> tuple[tuple, ndarray]:
    """A picture (image, boxes, classes) and its detections, scaled to the room that it has here."""
    image, boxes, classes = sample
    zoom = min(ROOM[0] / image.shape[0], ROOM[1] / image.shape[1])
    size = [max(1, int(side * zoom)) for side in image.shape[1::-1]]
    image = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC if zoom > 1 else cv2.INTER_AREA)
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4) * zoom
    return (image, boxes, classes), rows.astype(np.float64) * [zoom, zoom, zoom, zoom, 1, 1]


def judged(sample: tuple, rows: ndarray, iou: float) -> Judged:
    """Match a picture's detections with objects of the same class that they overlap by at least ``iou``."""
    image, boxes, classes = sample
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    return Judged(image, boxes, classes, rows, match(rows, boxes, iou, rows[:, 5:] == classes))


def counts(pictures: Sequence[Judged], confidence: float) -> tuple[int, int, int]:
    """Detections that are right, all detections, and all objects, at a confidence."""
    said = [picture.rows[:, 4] >= confidence for picture in pictures]
    right = sum(int((keep & (picture.claimed >= 0)).sum()) for picture, keep in zip(pictures, said, strict=True))
    return right, sum(int(keep.sum()) for keep in said), sum(len(picture.boxes) for picture in pictures)


def precision_and_recall(pictures: Sequence[Judged], confidence: float) -> tuple[float, float]:
    """Over all classes together; 0 where nothing was said, or nothing is there."""
    right, said, objects = counts(pictures, confidence)
    return right / max(said, 1), right / max(objects, 1)


def errors_view(
    pictures: Sequence[Judged], names: Sequence[str], picture: int, confidence: float, chart: ndarray | None = None
) -> View:
    """One of the pictures, counted from 1, with what is found, falsely said and missed at a confidence.

    Beside it precision and recall of all pictures at every confidence, this one marked; ``chart`` is
    ``draw_chart(pictures)``, drawn once.
    """
    shown = pictures[picture - 1]
    said = shown.rows[:, 4] >= confidence
    is_hit, is_alarm = said & (shown.claimed >= 0), said & (shown.claimed < 0)
    missed = np.delete(shown.boxes, shown.claimed[is_hit], 0)
    scene = _scene(shown, names, is_hit, is_alarm, missed)
    numbers = [("found", is_hit.sum(), HIT), ("false alarms", is_alarm.sum(), ALARM)]
    numbers.append(("missed", len(missed), style.BLACK))
    precision, recall = precision_and_recall(pictures, confidence)
    head = [(f"precision: {precision:.2f}", PRECISION), (f"recall: {recall:.2f}", RECALL)]
    frame = canvas.blank(*FRAME)
    canvas.lay(frame, _patches([(f"{what}: {n}", colour) for what, n, colour in numbers], ROOM[1]), 0, 0)
    canvas.lay(frame, scene, 0, KEY)
    canvas.lay(frame, _patches(head, CHART[1]), FRAME[1] - CHART[1], 0)
    chart = draw_chart(pictures) if chart is None else chart
    canvas.lay(frame, _marked(chart, confidence, precision, recall), FRAME[1] - CHART[1], KEY)
    counted = ", ".join(f"{what} {n}" for what, n, _ in numbers)
    return View(frame, _words(pictures, picture, counted, confidence))


def _words(pictures: Sequence[Judged], picture: int, numbers: str, confidence: float) -> str:
    right, said, objects = counts(pictures, confidence)
    precision, recall = precision_and_recall(pictures, confidence)
    return (
        f"Picture {picture}: {numbers}. All {len(pictures)} pictures at confidence {confidence:.2f}: {right} of {said} "
        f"detections are right, precision {precision:.3f}; {right} of {objects} objects are found, recall {recall:.3f}."
    )


def _scene(shown: Judged, names: Sequence[str], is_hit: ndarray, is_alarm: ndarray, missed: ndarray) -> ndarray:
    """The picture in its room, with frames and with the names of what was said; what is right lies on top."""
    image = canvas.with_boxes(shown.image, missed, MISSED, dashed=True, width=3)
    parts = [(shown.rows[which], colour) for which, colour in ((is_alarm, ALARM), (is_hit, HIT))]
    for rows, colour in parts:
        image = canvas.with_boxes(image, rows[:, :4], colour, width=3)
    for rows, colour in parts:
        texts = [(f"{names[int(row[5])]} {row[4]:.2f}", row[0], row[1] - 23) for row in rows]
        image = canvas.with_words(image, texts, ground=colour) if texts else image
    return image


def _patches(words: Sequence[tuple[str, str]], width: int) -> ndarray:
    """Words on patches of their colours, in a row: the key to a picture, and its numbers."""
    strip, x = canvas.blank(KEY, width), 0
    for text, colour in words:
        strip = canvas.with_words(strip, [(text, x, 2)], ground=colour)
        x += 11 * len(text) + 18
    return strip


def draw_chart(pictures: Sequence[Judged]) -> ndarray:
    """Precision and recall of all pictures against the confidence, without a mark."""
    chart = canvas.blank(*CHART)
    left, top, right, bottom = AXES
    for share in (0, 0.5, 1):
        y = round(bottom + share * (top - bottom))
        cv2.line(chart, (left, y), (right, y), canvas.rgb(style.LIGHT), 1)
        x = round(left + share * (right - left))
        chart = canvas.with_words(chart, [(f"{share:g}", 8, y - 12), (f"{share:g}", x - 8, bottom + 6)])
    chart = canvas.with_words(
        chart, [(f"all {len(pictures)} pictures, against the confidence", left - 36, bottom + 30)]
    )
    levels = np.arange(LOWEST, 0.951, 0.01)
    curves = np.array([precision_and_recall(pictures, level) for level in levels])  # (k, 2)
    for values, colour in zip(curves.T, (PRECISION, RECALL), strict=True):
        x, y = left + levels * (right - left), bottom + values * (top - bottom)
        points = np.rint(np.stack([x, y], 1) * 16).astype(np.int32)  # sixteenths of a pixel: a smooth line
        cv2.polylines(chart, [points], False, canvas.rgb(colour), 3, cv2.LINE_AA, shift=4)
    return chart


def _place(confidence: float, value: float) -> tuple[int, int]:
    left, top, right, bottom = AXES
    return round(left + confidence * (right - left)), round(bottom + value * (top - bottom))


def _marked(chart: ndarray, confidence: float, precision: float, recall: float) -> ndarray:
    chart = chart.copy()
    x, bottom = _place(confidence, 0)
    cv2.line(chart, (x, AXES[1]), (x, bottom), canvas.rgb(HIT), 2)
    for value, colour in ((precision, PRECISION), (recall, RECALL)):
        chart = canvas.with_dot(chart, *_place(confidence, value), colour, 6)
    return chart


def explore_errors(model: YOLOv5 | None = None, data: Sequence | None = None, size: int = 128) -> Explorer:
    """Move the confidence, the picture, and how well a box must fit: what is found, falsely said, missed?

    ``data`` is a data set, or a list of (image, boxes, classes), with the classes of ``model``; without them the
    course's model looks at pictures of its own domain. Detections are made once, one answer a place, as in use.
    Raises ValueError for no picture.
    """
    model = model or course_model()
    data = [render_sample("source", "val", i, size=size) for i in range(COUNT)] if data is None else data
    samples = [data[i] for i in range(len(data))]
    if not samples:
        raise ValueError("found no picture, expected one or more: give a data set that has some")
    detected = [enlarged(each, predict(model, each[0], size, LOWEST, agnostic=True)) for each in samples]

    @cache
    def judge_all(iou: float) -> tuple[list[Judged], ndarray]:
        pictures = [judged(sample, rows, iou) for sample, rows in detected]
        return pictures, draw_chart(pictures)

    def draw(confidence: float, picture: int, iou: float) -> View:
        pictures, chart = judge_all(iou)
        return errors_view(pictures, model.names, picture, confidence, chart)

    first = _telling(judge_all(0.5)[0])
    return Explorer(
        "a detector's errors",
        draw,
        {
            "confidence": slider("confidence", LOWEST, 0.95, 0.25, 0.05),
            "picture": slider("picture", 1, len(samples), first),
            "iou": steps("a box must fit by an IoU of", (0.3, 0.5, 0.75, 0.9), 0.5),
        },
        {
            "confidence 0.25": {},
            "confidence 0.05: more found, more alarms": {"confidence": LOWEST},
            "confidence 0.80: hardly an alarm, more missed": {"confidence": 0.8},
            "confidence 0.25, but a box must fit by 0.9": {"iou": 0.9},
        },
    )


def _telling(pictures: Sequence[Judged]) -> int:
    """The picture, counted from 1, with most to be seen: alarms at the lowest confidence, missed at a high one."""
    alarms = [sum(picture.claimed < 0) for picture in pictures]
    missed = [len(picture.boxes) - counts([picture], 0.6)[0] for picture in pictures]
    return int(np.argmax(np.minimum(alarms, missed) * 10 + np.add(alarms, missed))) + 1
