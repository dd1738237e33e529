"""Boxes and their labels drawn into a picture's own pixels, for files and videos."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from yolo_course.show.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW, ink

CLASS_COLOURS = (ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE)


def draw_boxes(
    image: np.ndarray,
    boxes: np.ndarray,
    classes: np.ndarray,
    scores: np.ndarray | None = None,
    names: Sequence[str] | None = None,
) -> np.ndarray:
    """A copy of a uint8 RGB picture (H, W, 3) with boxes (n, 4), xyxy pixels, each under its class and score.

    A class keeps its colour from picture to picture; lines and letters grow with the picture. The first row
    is drawn last: of boxes sorted by score the surest stays on top.
    """
    canvas = Image.fromarray(image)
    pen = ImageDraw.Draw(canvas)
    line = max(2, round(min(image.shape[:2]) / 250))
    font = _font(max(11, round(min(image.shape[:2]) / 32)))
    for i in reversed(range(len(boxes))):
        number = int(classes[i])
        colour = CLASS_COLOURS[number % len(CLASS_COLOURS)]
        text = names[number] if names is not None else str(number)
        text += "" if scores is None else f" {scores[i]:.2f}"
        left, top, right, bottom = (float(edge) for edge in boxes[i])
        pen.rectangle((left, top, max(right, left), max(bottom, top)), outline=colour, width=line)
        _write(pen, text, left, top, colour, font, image.shape[1])
    return np.array(canvas)


def _write(pen: ImageDraw.ImageDraw, text: str, left: float, top: float, colour: str, font, width: int) -> None:
    """The label above the box's top left corner, or inside where there is no room above."""
    length, (ascent, descent) = pen.textlength(text, font=font), font.getmetrics()
    height = ascent + descent
    left = max(0.0, min(left, width - length - 4))
    top = top - height if top >= height else top
    pen.rectangle((left, top, left + length + 4, top + height), fill=colour)
    pen.text((left + 2, top), text, fill=ink(colour), font=font)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Matplotlib's own font is on every machine and has many languages' letters; OpenCV 4 has only ASCII.
    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)
