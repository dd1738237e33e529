"""Augmentation to be moved: the colours of a picture, its shape, and what cutout hides. The boxes go along."""

from __future__ import annotations

import cv2
import numpy as np
from numpy import ndarray

from yolo_course.data import data_dir, load_dataset
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, slider, steps, switch
from yolo_course.show.explorers.input import HEAD, LOST, WIDTH, page, within
from yolo_course.stages.augment import CUTOUT_SIDES, affine_matrix, cutout, flip, recolour, warp

TALL, WIDE = 336, 420  # pixels: a picture here, at most
RIGHT = WIDTH - WIDE
RANGES = {"hue": (5.4, 180, "°"), "saturation": (70, 100, " %"), "value": (40, 100, " %")}  # default, shown, unit
_COLOURS, _SHAPES, _SIGNS = 32, 32, 6  # pictures of "far", val


def colour_view(image: ndarray, hue: float, saturation: float, value: float) -> View:
    """A picture (H, W, 3) and its colours changed: hue in degrees, saturation and value in per cent, as chosen.

    Below, each setting on its scale, with the range of the defaults (0.015 of a circle, 70 %, 40 %) in blue.
    """
    settings = {"hue": hue, "saturation": saturation, "value": value}
    changed = recolour(image, hue / 360, saturation / 100, value / 100)
    below = HEAD + image.shape[0]
    sheet = page(below + 64, (image, 0, HEAD), (changed, RIGHT, HEAD))
    text = [("as it is", 0, 2), ("changed", RIGHT, 2)]
    for number, (name, (usual, most, unit)) in enumerate(RANGES.items()):
        x, y = 290 * number, below + 10
        text.append((f"{name} {_signed(settings[name])}{unit}", x, y))
        sheet = _scale(sheet, x + 6, y + 38, settings[name] / most, usual / most)
    outside = [name for name, (usual, _, _) in RANGES.items() if abs(settings[name]) > usual]
    words = (
        f"Hue turned by {_signed(hue)}°, saturation {_signed(saturation)} %, value {_signed(value)} %: "
        + (f"{' and '.join(outside)} beyond what is usual" if outside else "all within the usual range")
        + ". No pixel moves, so no box does."
    )
    return View(canvas.with_words(sheet, text), words)


def _signed(value: float) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"


def _scale(sheet: ndarray, x: float, y: float, place: float, usual: float) -> ndarray:
    """A line from -1 to 1, its part up to ``usual`` thick, and a dot at ``place``."""
    middle, half = x + 130, 130
    for colour, share, width in ((style.GREY, 1, 3), (style.STAGES["input"], usual, 11)):
        ends = (round(middle - half * share), round(y)), (round(middle + half * share), round(y))
        cv2.line(sheet, *ends, canvas.rgb(colour), width)
    return canvas.with_dot(sheet, middle + half * place, y, style.ORANGE, 7)


def explore_colour(image: ndarray | None = None) -> Explorer:
    """Hue, saturation and value of a picture (H, W, 3), far beyond what training does to it, too."""
    image, _ = _sized(image, None, _COLOURS)
    return Explorer(
        "colour",
        lambda **settings: colour_view(image, **settings),
        {
            "hue": slider("hue, degrees", -180, 180, 0, 5),
            "saturation": slider("saturation, %", -100, 100, 0, 10),
            "value": slider("value, %", -100, 100, 0, 10),
        },
        {
            "saturation − 70 %: as far as training goes": {"saturation": -70},
            "value − 100 %: nothing is left": {"value": -100},
            "hue + 120°: far too much": {"hue": 120},
        },
    )


def shape_view(
    shown: ndarray, image: ndarray, boxes: ndarray, angle: float, zoom: float, shift: float, slant: float, mirror: bool
) -> View:
    """Beside the picture ``shown``, a picture (H, W, 3) and its boxes (n, 4), mirrored, turned, slanted, and so on.

    ``angle`` (anticlockwise) and ``slant`` in degrees, ``zoom`` and ``shift`` in per cent. Orange: the old frames,
    moved with the pixels. White: the upright boxes around them, which is what a box can be.
    """
    height, width = image.shape[:2]
    numbers = np.arange(len(boxes))
    start, before, _ = flip(image, boxes, numbers, np.random.default_rng(0), horizontal=float(mirror))
    matrix = affine_matrix(width, height, angle, zoom / 100, (slant, 0), move=(shift / 100, 0))
    moved, after, kept = warp(start, before, numbers, matrix)
    corners = _corners(before, matrix)  # (n, 4, 2)
    if angle or slant:  # else frame and box are one
        cv2.polylines(moved, np.rint(corners).astype(np.int32), True, canvas.rgb(style.ORANGE), 2, cv2.LINE_AA)
    moved = canvas.with_boxes(moved, after, style.TRUTH, dashed=True)
    text = [("as it is", 0, 2), (f"moved: {len(kept)} of {len(boxes)} boxes stay", RIGHT, 2)]
    words = (
        f"Turned by {_signed(angle)}°, zoomed to {zoom:g} %, slanted by {_signed(slant)}°, shifted by "
        f"{_signed(shift)} %: {len(kept)} of {len(boxes)} boxes stay. The upright boxes have "
        f"{_looseness(before, corners, zoom / 100):.2f} times the area of what was moved."
    )
    return View(canvas.with_words(page(HEAD + height, (shown, 0, HEAD), (moved, RIGHT, HEAD)), text), words)


def _corners(boxes: ndarray, matrix: ndarray) -> ndarray:
    """Where the four corners of each box go, clockwise from the upper left: (n, 4, 2)."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    return corners @ matrix[:2, :2].T + matrix[:2, 2]


def _looseness(boxes: ndarray, corners: ndarray, zoom: float) -> float:
    """The area of the upright boxes around ``corners``, over that of the moved boxes themselves."""
    if not len(boxes):
        return 1.0
    upright = (corners.max(1) - corners.min(1)).prod(1).sum()
    return float(upright / ((boxes[:, 2:] - boxes[:, :2]).prod(1).sum() * zoom**2))  # turns and slants keep areas


def explore_shape(image: ndarray | None = None, boxes: ndarray | None = None) -> Explorer:
    """Turn, zoom, shift, slant and mirror a picture (H, W, 3) with its boxes (n, 4): what becomes of the boxes?"""
    image, boxes = _sized(image, boxes, _SHAPES)
    shown = canvas.with_boxes(image, boxes, style.TRUTH, dashed=True)
    return Explorer(
        "shape",
        lambda **settings: shape_view(shown, image, boxes, **settings),
        {
            "angle": slider("turn, degrees", -90, 90, 0, 5),
            "zoom": slider("zoom, %", 30, 200, 100, 10),
            "shift": slider("shift right, %", -50, 50, 0, 10),
            "slant": slider("slant, degrees", -40, 40, 0, 5),
            "mirror": switch("mirrored"),
        },
        {
            "zoom 50 % and shift 10 %: both usual": {"zoom": 50, "shift": 10},
            "turned by 45°: boxes become loose": {"angle": 45},
            "mirrored and slanted": {"mirror": True, "slant": 40},
        },
    )


def cutout_view(
    shown: ndarray, image: ndarray, boxes: ndarray, count: int, side: float, seed: int, most: float, as_original: bool
) -> View:
    """Beside the picture ``shown``, a picture (H, W, 3) with boxes (n, 4) below ``count`` rectangles.

    ``side`` is their longest side, as a share of the picture's, and ``seed`` their dice.
    ``as_original``: the 31 rectangles of YOLOv5's code instead. Each box says which share of it is hidden; those with
    more than ``most`` are dropped, and drawn in the colour ``LOST``.
    """
    sides, numbers = CUTOUT_SIDES if as_original else (side,) * count, np.arange(len(boxes))
    cut, _, kept = cutout(image, boxes, numbers, np.random.default_rng(seed), max_covered=most, sides=sides)
    black, _, _ = cutout(np.zeros_like(image), boxes, numbers, np.random.default_rng(seed), sides=sides)
    hidden = cv2.cvtColor(black, cv2.COLOR_RGB2GRAY) > 0  # no rectangle is black
    shares = [_covered(hidden, box) for box in boxes]
    is_kept = np.isin(numbers, kept)
    cut = canvas.with_boxes(cut, boxes[~is_kept], LOST)
    cut = canvas.with_boxes(cut, boxes[is_kept], style.TRUTH, dashed=True)
    text = [("as it is", 0, 2), (f"cutout: {len(kept)} of {len(boxes)} boxes stay", RIGHT, 2)]
    places = boxes[:, :2] + np.float32([RIGHT + 2, HEAD + 2])  # (n, 2)
    text += [(f"{share:.0%}", *place) for share, place in zip(shares, places.tolist(), strict=True) if share]
    words = (
        f"{len(sides)} rectangles hide {hidden.mean():.0%} of the picture; of the boxes, "
        f"{', '.join(f'{share:.0%}' for share in shares) or 'none'}. "
        f"Above {most:.0%} a box is dropped: {len(kept)} of {len(boxes)} stay."
    )
    return View(
        canvas.with_words(page(HEAD + image.shape[0], (shown, 0, HEAD), (cut, RIGHT, HEAD)), text, ground="#ffffff"),
        words,
    )


def _covered(hidden: ndarray, box: ndarray) -> float:
    """The share of a box's pixels that is hidden, as the dropping rule counts it."""
    left, top, right, bottom = np.clip(box, 0, np.tile(hidden.shape[::-1], 2))
    pixels = hidden[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
    return float(pixels.mean()) if pixels.size else 0.0


def explore_cutout(image: ndarray | None = None, boxes: ndarray | None = None) -> Explorer:
    """Hide parts of a picture (H, W, 3) with boxes (n, 4): how many rectangles, how large, and when a box goes."""
    image, boxes = _sized(image, boxes, _SIGNS)
    shown = canvas.with_boxes(image, boxes, style.TRUTH, dashed=True)
    shares = tuple((f"1/{parts}", 1 / parts) for parts in (16, 8, 4, 2))
    return Explorer(
        "cutout",
        lambda **settings: cutout_view(shown, image, boxes, **settings),
        {
            "count": slider("rectangles", 0, 40, 8),
            "side": steps("sides, at most", (*shares, ("all", 1.0)), 1 / 4),
            "seed": slider("dice", 0, 20, 4),
            "most": slider("dropped above", 0.0, 1.0, 0.6, 0.1),
            "as_original": switch("as in YOLOv5's code"),
        },
        {
            "8 rectangles up to a quarter": {},
            "40 rectangles up to a half": {"count": 40, "side": 1 / 2},
            "the 31 of YOLOv5's code": {"as_original": True},
        },
    )


def _sized(image: ndarray | None, boxes: ndarray | None, index: int) -> tuple[ndarray, ndarray]:
    """A picture and its boxes, as large as fits beside another one; without a picture that of "far", val."""
    if image is None:
        image, boxes, _ = load_dataset(data_dir() / "far", "val")[index]
    zoom = min(TALL / image.shape[0], WIDE / image.shape[1])
    if zoom > 1:
        resized = cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_LINEAR)
    else:
        resized, _ = within(image, TALL, WIDE)
    boxes = np.zeros((0, 4)) if boxes is None else np.asarray(boxes)
    return resized, (boxes * zoom).astype(np.float32)
