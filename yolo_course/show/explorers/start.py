"""Notebook 00 to be moved: one picture through the five stages, and the five models by their two multiples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import cv2
import numpy as np
import torch
from matplotlib import colormaps
from numpy import ndarray
from torch import Tensor

from yolo_course.data import render_sample
from yolo_course.data.domains import DOMAINS
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, slider, steps
from yolo_course.show.plots.pictures import strongest_channels
from yolo_course.show.style import ink
from yolo_course.stages.head import non_max_suppression
from yolo_course.stages.input import collate, letterbox, letterbox_boxes
from yolo_course.stages.loss import YOLOLoss

FRAME, SIZE, CELL, CHANNELS = (430, 860), 128, 160, 6  # pixels: of all, as it is read, of a map; channels to look at
TOP, LARGE = 48, 380  # pixels: where the strip ends; of a large picture
LOSS_SCALE = 700  # pixels for a loss of 1
CIVIDIS = (255 * colormaps["cividis"](np.arange(256))[:, :3]).astype(np.uint8)
STEPS = ("the picture", "1 input", "2 backbone", "3 neck", "4 head: all", "4 head: the best", "5 loss")


@dataclass(frozen=True)
class Walk:
    """One picture and what each stage made of it: ``boxes`` are xyxy in pixels of ``boxed``, the letterboxed picture.

    ``maps``: a level's name to its channels in colour, those that vary most first. ``parts``: box, objectness, class.
    """

    image: ndarray
    boxed: ndarray
    boxes: ndarray
    shapes: Mapping[str, str]
    maps: Mapping[str, list[ndarray]]
    decoded: Tensor  # (N, 5 + nc)
    parts: tuple[float, ...]
    large: ndarray


@torch.no_grad()
def walk(model: YOLOv5, image: ndarray, boxes: ndarray, classes: ndarray) -> Walk:
    """A picture (uint8 RGB, H, W, 3) with its truth through all five stages, at ``SIZE`` pixels."""
    boxed, ratio, pad = letterbox(image, SIZE)
    boxes = letterbox_boxes(boxes, ratio, pad)
    images, targets = collate([(boxed, boxes, classes)])
    features = model.backbone(images)
    fused = model.neck(*features)
    raw = model.head(*fused)
    _, parts = YOLOLoss(model)(raw, targets)
    named = {f"{letter}{level}": m for letter, ms in (("P", features), ("N", fused)) for level, m in enumerate(ms, 3)}
    maps = {name: [_coloured(values) for _, values in strongest_channels(m, CHANNELS + 1)] for name, m in named.items()}
    shapes = {name: " × ".join(map(str, m.shape[1:])) for name, m in named.items()}
    decoded, large = model.detect.decode(raw)[0], canvas.fitted(boxed, LARGE)
    return Walk(image, boxed, boxes, shapes, maps, decoded, tuple(parts.tolist()), large)


def _coloured(values: ndarray) -> ndarray:
    """A channel (H, W) from its lowest value, dark, to its highest, bright."""
    low, high = float(values.min()), float(values.max())
    return CIVIDIS[np.rint(255 * (values - low) / max(high - low, 1e-9)).astype(np.uint8)]


def stages_view(walked: Walk, names: Sequence[str], step: int, channel: int, conf: float) -> View:
    """The strip of the stages, and below it what ``walked`` is at this step, 0 to 6 (see ``STEPS``).

    ``channel`` (1 to 6) counts from the one that varies most; ``conf`` is the least score of a box that is drawn.
    """
    if step < 4:
        parts, words = (_picture, _input, _backbone, _neck)[step](walked, channel)
    else:
        parts, words = (_proposals, _best, _loss)[step - 4](walked, names, conf)
    view = _strip(("", "input", "backbone", "neck", "head", "head", "loss")[step]).copy()
    for part, x, y in parts:
        canvas.lay(view, _word(part) if isinstance(part, str) else part, x, y)
    return View(view, words)


@cache
def _strip(lit: str) -> ndarray:
    """An empty picture below the five stages, one of them lit."""
    strip, width = canvas.blank(*FRAME), FRAME[1] // 5
    for place, (stage, colour) in enumerate(style.STAGES.items()):
        left, right, fill = place * width + 2, (place + 1) * width - 14, colour if stage == lit else "white"
        cv2.rectangle(strip, (left, 2), (right, 34), canvas.rgb(fill), -1)
        cv2.rectangle(strip, (left, 2), (right, 34), canvas.rgb(style.BLACK if stage == lit else style.GREY), 1)
        look = ink(fill) if stage == lit else style.GREY
        strip = canvas.with_words(strip, [(f"{place + 1} {stage}", left + 24, 7)], look)
    return strip


@lru_cache(500)
def _word(text: str) -> ndarray:
    return canvas.captioned(canvas.blank(1, 1), text)


def _picture(walked: Walk, _channel: int) -> tuple[list, str]:
    height, width = walked.image.shape[:2]
    words = f"A picture of {width} × {height} pixels, three numbers each: red, green and blue, from 0 to 255."
    return [(f"{width} × {height} pixels", 0, TOP), (_large(walked.image), 0, TOP + 26)], words


def _input(walked: Walk, _channel: int) -> tuple[list, str]:
    height, width = walked.image.shape[:2]
    share = SIZE / max(height, width)
    words = (
        f"Times {share:.3f}, and grey where it is not square: a batch (1, 3, {SIZE}, {SIZE}) of numbers from 0 to 1."
    )
    right = ((f"{SIZE} × {SIZE}, letterboxed", 450, TOP), (canvas.fitted(walked.boxed, LARGE - 26), 450, TOP + 26))
    return [*_picture(walked, 0)[0], *right], words


def _large(image: ndarray) -> ndarray:
    height, width = image.shape[:2]
    return canvas.fitted(image, max(1, min(LARGE - 26, round(430 * height / width))))


def _backbone(walked: Walk, channel: int) -> tuple[list, str]:
    shapes = ", ".join(f"{name} {walked.shapes[name]}" for name in ("P3", "P4", "P5"))
    words = (
        f"Three maps: {shapes}. Of each two channels, in the order of how much they vary: {channel} and {channel + 1}."
    )
    return _columns(walked, ("P", channel), ("P", channel + 1)), words


def _neck(walked: Walk, channel: int) -> tuple[list, str]:
    shapes = ", ".join(f"{name} {walked.shapes[name]}" for name in ("N3", "N4", "N5"))
    words = f"Above P, before the neck; below N, behind it: {shapes}. The cells are as many, what they show is new."
    return _columns(walked, ("P", channel), ("N", channel)), words


def _columns(walked: Walk, *rows: tuple[str, int]) -> list:
    """The picture, then a column for each level, in it one channel for each (letter, channel)."""
    parts = [("the picture", 0, TOP), (canvas.fitted(walked.boxed, CELL), 0, TOP + 26)]
    for column, level in enumerate((3, 4, 5), 1):
        for row, (letter, channel) in enumerate(rows):
            name, x, y = f"{letter}{level}", column * 225 - 25, TOP + row * (CELL + 30)
            small = walked.maps[name][channel - 1]
            parts.append((f"{name}: {walked.shapes[name]}", x, y))
            parts.append((canvas.enlarged(small, CELL // len(small)), x, y + 26))
    return parts


def _proposals(walked: Walk, _names, conf: float) -> tuple[list, str]:
    every = non_max_suppression(walked.decoded[None], conf, iou=1.0)[0].numpy()  # iou = 1 removes nothing
    lines = [f"{len(walked.decoded):,} boxes proposed", f"{len(every):,} score above {conf:.2f}"]
    drawn = canvas.with_boxes(walked.large, every[::-1, :4] * LARGE / SIZE, style.FOUND, width=1, halo=None)
    return _beside(drawn, lines), f"{lines[0]}, of which {lines[1]}: neighbouring cells all see the same object."


def _best(walked: Walk, names: Sequence[str], conf: float) -> tuple[list, str]:
    found = non_max_suppression(walked.decoded[None], conf)[0].numpy()
    told = [f"{names[int(row[5])]} {row[4]:.2f}" for row in found]
    lines = [f"{len(found)} after suppression", *told[:10]]
    words = f"After suppression {len(found)} boxes above {conf:.2f} are left: {', '.join(told) or 'none at all'}."
    return _beside(_with_found(walked, found, names), lines), words


def _loss(walked: Walk, names: Sequence[str], conf: float) -> tuple[list, str]:
    """The truth over what was found, and the three parts as bars."""
    found = non_max_suppression(walked.decoded[None], conf)[0].numpy()
    drawn = canvas.with_boxes(_with_found(walked, found), walked.boxes * LARGE / SIZE, style.TRUTH, dashed=True)
    told = [f"{name} {part:.3f}" for name, part in zip(("box", "objectness", "class"), walked.parts, strict=True)]
    lines = [f"loss {sum(walked.parts):.3f}", *(line for text in told for line in (text, ""))]
    parts = _beside(drawn, lines)
    for place, part in enumerate(walked.parts):
        bar = canvas.blank(16, 1 + min(439, round(LOSS_SCALE * part)), style.STAGES["loss"])
        parts.append((bar, LARGE + 22, TOP + 32 * (2 + 2 * place)))
    return (
        parts,
        f"{lines[0].capitalize()}: {', '.join(told)}. It judges all {len(walked.decoded):,} proposals by the truth.",
    )


def _beside(picture: ndarray, lines: Sequence[str]) -> list:
    return [(picture, 0, TOP), *((line, LARGE + 20, TOP + 32 * i) for i, line in enumerate(lines) if line)]


def _with_found(walked: Walk, found: ndarray, names: Sequence[str] = ()) -> ndarray:
    zoom = LARGE / SIZE
    drawn = canvas.with_boxes(walked.large, found[:, :4] * zoom, style.FOUND, width=3)
    words = [(names[int(row[5])], row[0] * zoom, row[1] * zoom - 23) for row in found[::-1] if names]
    return canvas.with_words(drawn, words, ground=style.FOUND) if words else drawn


def example_pictures(count: int = 6) -> list[tuple[ndarray, ndarray, ndarray]]:
    """Pictures of the source domain with boxes and classes: the one of notebook 00, then wide, tall and square ones."""
    shapes = [replace(DOMAINS["source"], aspects=(aspect,)) for aspect in (1.5, 0.75, 1.0)]
    others = [render_sample(shapes[i % 3], "val", 20 + i, size=192) for i in range(count - 1)]
    return [render_sample("source", "val", 11, size=192), *others]


def explore_stages(model: YOLOv5 | None = None, samples: Sequence[tuple] | None = None) -> Explorer:
    """Take a picture through the five stages, step by step.

    ``samples`` are (uint8 RGB picture (H, W, 3), boxes (n, 4) xyxy in pixels, classes (n,)) of the model's classes.
    """
    model = (model or course_model()).eval()
    walks = [walk(model, *sample) for sample in samples or example_pictures()]
    return Explorer(
        "one picture through the five stages",
        lambda picture, **settings: stages_view(walks[picture], model.names, **settings),
        {
            "step": steps("step", [(name, place) for place, name in enumerate(STEPS)], 0),
            "picture": slider("picture", 0, len(walks) - 1, 0),
            "channel": slider("channel", 1, CHANNELS, 1),
            "conf": slider("confidence", 0.05, 0.95, 0.25, 0.05),
        },
        {
            "1 input": {"step": 1, "picture": min(1, len(walks) - 1)},
            "3 neck": {"step": 3},
            "4 head: all boxes": {"step": 4},
            "5 loss": {"step": 6},
        },
    )
