"""Pictures drawn within milliseconds: pixels enlarged, boxes, grids and words, side by side.

Explorers redraw with every press of a key, so they draw into arrays. Every function returns a new uint8 RGB array
(H, W, 3) and leaves its input as it was; ``lay`` is the exception. Colours are those of
:mod:`yolo_course.show.style`, as "#rrggbb".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import cv2
import numpy as np
from matplotlib import get_data_path
from matplotlib.colors import to_rgb
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont

from yolo_course.show.style import ink

GAP, LINE, DASH, LETTERS = 12, 2, 7, 18  # pixels: between pictures, of a line, of a dash, of a letter


@cache
def rgb(colour: str) -> tuple[int, int, int]:
    """ "#E69F00" to (230, 159, 0)."""
    red, green, blue = (round(255 * share) for share in to_rgb(colour))
    return red, green, blue


def blank(height: int, width: int, colour: str = "white") -> ndarray:
    """A picture of one colour."""
    red, green, blue = rgb(colour)
    if red == green == blue:  # a whole frame of one number is filled ten times faster than of three
        return np.full((height, width, 3), red, np.uint8)
    return np.full((height, width, 3), (red, green, blue), np.uint8)


def enlarged(image: ndarray, factor: int) -> ndarray:
    """Every pixel as a square of ``factor`` x ``factor``, so that single pixels can be seen."""
    return image.repeat(factor, 0).repeat(factor, 1)


def fitted(image: ndarray, height: int) -> ndarray:
    """The whole picture at this height, smooth when it shrinks, its pixels visible when it grows."""
    size = max(1, round(image.shape[1] * height / image.shape[0])), height
    way = cv2.INTER_AREA if height < image.shape[0] else cv2.INTER_NEAREST
    return cv2.resize(image, size, interpolation=way)


def with_boxes(
    image: ndarray, boxes: Sequence, colour: str, dashed: bool = False, width: int = LINE, halo: str | None = "#000000"
) -> ndarray:
    """Frames around ``boxes`` (n, 4), xyxy in pixels; a dark rim keeps them visible on any ground."""
    image = image.copy()
    for box in np.asarray(boxes, dtype=float).reshape(-1, 4):
        edges = [int(edge) for edge in np.rint(np.clip(box, -9999, 9999))]
        for tone, thick in ((halo, width + 2), (colour, width)):
            if tone:
                _frame(image, edges, rgb(tone), thick, dashed)
    return image


def _frame(image: ndarray, edges: list[int], tone: tuple[int, int, int], thick: int, dashed: bool) -> None:
    """Paint the four sides in place, ``thick`` pixels about the edges; slices are far quicker than lines."""
    left, top, right, bottom = edges
    before, after = thick // 2, thick - thick // 2
    rows, columns = (max(0, top - before), bottom + after), (max(0, left - before), right + after)
    for y in (top, bottom):
        _paint(image[max(0, y - before) : max(0, y + after), columns[0] : max(0, columns[1])], tone, dashed)
    for x in (left, right):
        side = image[rows[0] : max(0, rows[1]), max(0, x - before) : max(0, x + after)]
        _paint(side.transpose(1, 0, 2), tone, dashed)


def _paint(side: ndarray, tone: tuple[int, int, int], dashed: bool) -> None:
    """Fill a side (thickness, length, 3), or every other stretch of it."""
    if dashed:
        side[:, np.arange(side.shape[1]) // DASH % 2 == 0] = tone
    else:
        side[:] = tone


def with_grid(image: ndarray, step: float, colour: str = "#ffffff", share: float = 0.45) -> ndarray:
    """Lines every ``step`` pixels, mixed into the picture by ``share``."""
    drawn = image.copy()
    height, width = image.shape[:2]
    for x in np.arange(0, width + 1e-6, step):
        cv2.line(drawn, (int(x), 0), (int(x), height), rgb(colour), 1)
    for y in np.arange(0, height + 1e-6, step):
        cv2.line(drawn, (0, int(y)), (width, int(y)), rgb(colour), 1)
    return cv2.addWeighted(drawn, share, image, 1 - share, 0)


def with_fill(image: ndarray, box: Sequence[float], colour: str, share: float = 0.5) -> ndarray:
    """A tint over the inside of ``box`` (xyxy in pixels)."""
    image = image.copy()
    left, top, right, bottom = (max(0, round(float(edge))) for edge in box)
    part = image[top:bottom, left:right]
    part[:] = np.rint(part * (1 - share) + np.array(rgb(colour)) * share).astype(np.uint8)
    return image


def with_dot(image: ndarray, x: float, y: float, colour: str, radius: int = 5) -> ndarray:
    """A round mark with a dark rim."""
    image = image.copy()
    place = round(x), round(y)
    cv2.circle(image, place, radius + 1, (0, 0, 0), -1, cv2.LINE_AA)
    cv2.circle(image, place, radius, rgb(colour), -1, cv2.LINE_AA)
    return image


def with_words(
    image: ndarray,
    words: Sequence[tuple[str, float, float]],
    colour: str = "#000000",
    ground: str | None = None,
    size: int = LETTERS,
) -> ndarray:
    """Write each (text, x, y), top left corner there but inside the picture, on a patch of the colour ``ground``."""
    image = image.copy()
    for text, x, y in words:
        letters = _letters(text, size)[: image.shape[0], : image.shape[1]]
        high, wide = letters.shape[:2]
        left = round(max(0, min(x, image.shape[1] - wide)))
        top = round(max(0, min(y, image.shape[0] - high)))
        part = image[top : top + high, left : left + wide]
        if ground:
            part[:] = rgb(ground)
        tone = np.array(rgb(ink(ground) if ground else colour), dtype=np.float32)
        part[:] = part * (1 - letters) + tone * letters + 0.5
    return image


@lru_cache(1000)
def _letters(text: str, size: int) -> ndarray:
    """How much ink each pixel of a text gets: float32 (H, W, 1) from 0 to 1. The same words come with every frame."""
    _, _, right, bottom = _PEN.multiline_textbbox((0, 0), text, font=_font(size))
    mask = Image.new("L", (int(right) + 4, int(bottom) + 2))
    ImageDraw.Draw(mask).multiline_text((2, 0), text, fill=255, font=_font(size))
    return np.asarray(mask, dtype=np.float32)[..., None] / 255


_PEN = ImageDraw.Draw(Image.new("L", (1, 1)))  # to measure with


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)


def captioned(image: ndarray, caption: str, size: int = LETTERS) -> ndarray:
    """The picture below its caption (one line or more), widened where the caption is wider."""
    high, wide = _letters(caption, size).shape[:2]
    head = blank(high + 6, max(image.shape[1], wide + 2))
    body = np.pad(image, ((0, 0), (0, head.shape[1] - image.shape[1]), (0, 0)), constant_values=255)
    return np.concatenate([with_words(head, [(caption, 0, 2)], size=size), body])


def side_by_side(pictures: Sequence[ndarray], gap: int = GAP, shape: tuple[int, int] | None = None) -> ndarray:
    """Pictures in a row, aligned at the top, on white; ``shape`` (height, width) keeps the result at one size."""
    height, width = max(picture.shape[0] for picture in pictures), sum(picture.shape[1] + gap for picture in pictures)
    row = blank(*(shape or (height, width - gap)))
    x = 0
    for picture in pictures:
        lay(row, picture, x, 0)
        x += picture.shape[1] + gap
    return row


def lay(sheet: ndarray, picture: ndarray, x: float, y: float) -> None:
    """Lay a picture onto a sheet, its top left corner at (x, y); what does not fit is cut off. The one function here
    that writes into what it is given: a new sheet, onto which several pictures are laid.
    """
    place = sheet[round(y) : round(y) + picture.shape[0], round(x) : round(x) + picture.shape[1]]
    place[:] = picture[: place.shape[0], : place.shape[1]]
