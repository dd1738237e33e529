"""Stage 4 to be moved: from a thousand proposals to a few boxes, by two thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy import ndarray
from torch import Tensor

from yolo_course.data import render_sample
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, slider, switch
from yolo_course.show.explorers.head import FRAME, line, looked_at
from yolo_course.stages.head import non_max_suppression

HEIGHT, WIDTH = 390, 424  # what one of the two pictures may take
NAMED, LABEL = 6, (130, 23)  # boxes that are named at most; pixels of a name: none hides another one
EXAMPLES = (("val", 11), ("val", 37), ("train", 1757), ("val", 41))  # pictures of the course's own domain


class Proposals(NamedTuple):
    """A picture as it is shown, and all that the network proposes for it."""

    picture: ndarray  # uint8 RGB, the network's picture times ``zoom``
    zoom: float
    decoded: Tensor  # (1, N, 5 + nc), pixels of the network's picture


def propose(image: ndarray, model: YOLOv5, size: int = 128) -> Proposals:
    """Run the network once on a picture (H, W, 3), letterboxed to ``size``."""
    small, decoded, _ = looked_at(image, model, size)
    zoom = min(HEIGHT / small.shape[0], WIDTH / small.shape[1])
    return Proposals(cv2.resize(small, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC), zoom, decoded)


def suppression_view(
    conf: float, iou: float, picture: int, agnostic: bool, proposals: Sequence[Proposals], names: Sequence[str]
) -> View:
    """The candidates of a picture (counted from 1), and what suppression leaves of them.

    Both by :func:`yolo_course.stages.head.non_max_suppression`; with a threshold of 1 it removes nothing.
    """
    shown, zoom, decoded = proposals[picture - 1]
    total = decoded.shape[1]
    candidates = non_max_suppression(decoded, conf, 1.0, max_detections=total)[0]
    kept = non_max_suppression(decoded, conf, iou, agnostic=agnostic, max_detections=total)[0]
    labels = [f"{names[int(c)]} {score:.2f}" for score, c in kept[:NAMED, 4:]]
    panels = (
        (f"above {conf:.2f}: {len(candidates)} of {total:,}", _thin(shown, candidates[:, :4].numpy() * zoom)),
        (f"kept: {len(kept)} of {len(candidates)}", _named(shown, kept[:, :4].numpy() * zoom, labels)),
    )
    frame = canvas.blank(*FRAME)
    for x, (caption, drawn) in zip((0, FRAME[1] - WIDTH), panels, strict=True):
        canvas.lay(frame, line(caption, WIDTH, 28), x, 0)
        canvas.lay(frame, drawn, x, 30)
    rivals = "a surer box" if agnostic else "a surer box of their class"
    words = (
        f"{total:,} proposals: confidence removes {total - len(candidates):,} that score at most {conf:.2f}; of the "
        f"{len(candidates)} candidates left, {len(candidates) - len(kept)} overlap {rivals} by more than {iou:.2f} "
        f"and are removed. Kept: {len(kept)}."
    )
    return View(frame, words)


def _thin(image: ndarray, boxes: ndarray) -> ndarray:
    """Many frames, drawn at once: their dark rims below all of them."""
    image, corners = image.copy(), np.rint(boxes).astype(int).tolist()
    for colour, width in ((canvas.rgb(style.BLACK), 3), (canvas.rgb(style.YELLOW), 1)):
        for left, top, right, bottom in corners:
            cv2.rectangle(image, (left, top), (right, bottom), colour, width)
    return image


def _named(image: ndarray, boxes: ndarray, labels: Sequence[str]) -> ndarray:
    """Frames one upon the other, the first of them on top, with their labels."""
    image, corners = image.copy(), np.rint(boxes).astype(int).tolist()
    rim, colour = canvas.rgb(style.BLACK), canvas.rgb(style.FOUND)
    for left, top, right, bottom in corners[::-1]:
        cv2.rectangle(image, (left, top), (right, bottom), rim, 5)
        cv2.rectangle(image, (left, top), (right, bottom), colour, 3)
    placed: list[tuple[str, int, int]] = []
    for label, (x, y, _, _) in zip(labels, corners, strict=False):
        x, y = min(max(x, 0), image.shape[1] - LABEL[0]), max(y - LABEL[1], 0)
        while any(abs(x - left) < LABEL[0] and abs(y - top) < LABEL[1] for _, left, top in placed):
            y += LABEL[1]
        placed.append((label, x, y))
    return canvas.with_words(image, placed, ground=style.FOUND)


def explore_suppression(images: Sequence[ndarray] | None = None, model: YOLOv5 | None = None, size=128) -> Explorer:
    """Move both thresholds, and see which boxes are candidates and which of them are kept.

    ``images`` are uint8 RGB arrays (H, W, 3), letterboxed to ``size``; without them, four of the course's own.
    """
    model = course_model() if model is None else model
    stills = {"confidence 0.25, IoU 0.45": {}, "IoU 0.85: duplicates stay": {"iou": 0.85}}
    if images is None:
        stills["picture 4, confidence 0.05: false alarms"] = {"picture": 4, "conf": 0.05}
        stills["picture 2: one object, two answers"] = {"picture": 2}
        images = [render_sample("source", split, index, size=192)[0] for split, index in EXAMPLES]
    proposals = [propose(image, model, size) for image in images]
    return Explorer(
        "from a thousand proposals to a few boxes",
        lambda **settings: suppression_view(**settings, proposals=proposals, names=model.names),
        {
            "conf": slider("confidence threshold", 0.05, 0.95, 0.25, 0.05),
            "iou": slider("IoU threshold", 0.05, 0.95, 0.45, 0.05),
            "picture": slider("picture", 1, len(images), 1),
            "agnostic": switch("agnostic: whatever the class"),
        },
        stills,
    )
