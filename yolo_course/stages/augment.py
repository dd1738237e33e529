"""Stage 1, second half: a picture changes, and its boxes follow.

Every augmentation here turns a *sample* and a random generator into a new sample of the same size, ``(image,
boxes, classes, rng) -> (image, boxes, classes)``, and leaves its inputs as they were:

- ``image``: uint8 RGB, (height, width, 3);
- ``boxes``: float32 ``xyxy`` in pixels, (n, 4), where 0 is the left or top *edge* of the picture;
- ``classes``: int64, (n,).

All of them raise ValueError for anything else, and for a setting out of its range.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy import ndarray
from numpy.random import Generator

from yolo_course.boxes import clip

Sample = tuple[ndarray, ndarray, ndarray]

PAD_VALUE = 114  # the grey that stands where there is no picture
MIN_SIDE = 2.0  # pixels
MIN_VISIBLE = 0.1  # share of the box's area
MAX_ASPECT = 100.0  # long side over short side
CUTOUT_SIDES = (1 / 2,) * 1 + (1 / 4,) * 2 + (1 / 8,) * 4 + (1 / 16,) * 8 + (1 / 32,) * 16


def check_image(image: ndarray) -> None:
    """Raise ValueError unless ``image`` is a uint8 RGB array (height, width, 3) with at least one pixel."""
    dtype, shape = getattr(image, "dtype", type(image).__name__), getattr(image, "shape", ())
    if isinstance(image, ndarray) and dtype == np.uint8 and len(shape) == 3 and shape[2] == 3 and image.size:
        return
    raise ValueError(
        f"found an image of {dtype} {tuple(shape)}, expected uint8 RGB (height, width, 3): convert grey with "
        "cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), RGBA with cv2.COLOR_RGBA2RGB, floats in 0..1 with "
        "(image * 255).round().astype(np.uint8)"
    )


def check_sample(image: ndarray, boxes: ndarray, classes: ndarray) -> Sample:
    """The image itself, boxes copied to float32, classes copied to int64; ValueError if they do not fit."""
    check_image(image)
    boxes, kind = np.array(boxes, dtype=np.float32), np.asarray(classes).dtype
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not np.isfinite(boxes).all():
        raise ValueError(
            f"found boxes of shape {boxes.shape}, expected finite xyxy pixels of shape (n, 4): "
            "for a picture without objects pass np.zeros((0, 4), np.float32)"
        )
    if np.shape(classes) != (len(boxes),) or (len(boxes) and kind.kind not in "iu"):
        raise ValueError(
            f"found classes of {kind} {np.shape(classes)} for {len(boxes)} boxes, expected an integer a box: "
            f"pass an int64 array of shape ({len(boxes)},)"
        )
    return image, boxes, np.array(classes, dtype=np.int64)


def check_settings(rng: Generator, **settings: tuple[float, float]) -> None:
    """Raise ValueError unless ``rng`` is a Generator and each ``name=(value, most)`` is in 0..most."""
    if not isinstance(rng, Generator):
        raise ValueError(f"found rng={rng!r}, expected a numpy Generator: pass np.random.default_rng(seed)")
    for name, (value, most) in settings.items():
        if not 0 <= value <= most:
            raise ValueError(f"found {name}={value}, expected 0 to {most:.4g}: choose a number in between")


def keep_visible(boxes: ndarray, classes: ndarray, width: int, height: int) -> tuple[ndarray, ndarray]:
    """Clip boxes to a picture of ``width`` by ``height`` pixels and drop those of which too little is left.

    YOLOv5's rule: a box stays if both its sides are longer than 2 pixels, if more than a tenth of its area is
    visible, and if its long side is less than 100 times its short side.
    """
    visible = clip(boxes, width, height)
    (wide, high), (full_wide, full_high) = ((b[:, 2:] - b[:, :2]).T for b in (visible, boxes))
    short, long = np.minimum(wide, high), np.maximum(wide, high)
    seen = wide * high > MIN_VISIBLE * full_wide * full_high
    keep = seen & (short > MIN_SIDE) & (long < MAX_ASPECT * short)
    return visible[keep], classes[keep]


def hsv_jitter(
    image: ndarray,
    boxes: ndarray,
    classes: ndarray,
    rng: Generator,
    hue: float = 0.015,
    saturation: float = 0.7,
    value: float = 0.4,
) -> Sample:
    """Turn the hue by up to ``hue`` of a full circle; scale saturation and value by up to 1 +- their gain.

    Each gain is 0..1; with all of them 0 the pixels stay as they are. The boxes never change. YOLOv5
    multiplies the hue too, so that its reds (hue 0) never turn; adding treats all colours alike.
    """
    check_settings(rng, hue=(hue, 1), saturation=(saturation, 1), value=(value, 1))
    image, boxes, classes = check_sample(image, boxes, classes)
    if not (hue or saturation or value):
        return image.copy(), boxes, classes
    return recolour(image, *rng.uniform(-1, 1, 3) * (hue, saturation, value)), boxes, classes


def recolour(image: ndarray, hue: float, saturation: float, value: float) -> ndarray:
    """Turn the hue by ``hue`` of a full circle; scale saturation and value by 1 + their gain (-1: none is left)."""
    levels = np.arange(256)  # one look-up table a channel: 256 sums instead of one a pixel
    turned = np.rint(levels + hue * 180) % 180  # OpenCV stores 360 degrees as 0..179
    scaled = [np.rint(levels * (1 + gain)).clip(0, 255) for gain in (saturation, value)]
    table = np.stack([turned, *scaled], axis=-1).astype(np.uint8)[None]  # (1, 256, 3)
    hsv = cv2.LUT(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), table)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def flip(
    image: ndarray,
    boxes: ndarray,
    classes: ndarray,
    rng: Generator,
    horizontal: float = 0.5,
    vertical: float = 0.0,
) -> Sample:
    """Mirror left-right with probability ``horizontal`` and upside down with probability ``vertical``."""
    check_settings(rng, horizontal=(horizontal, 1), vertical=(vertical, 1))
    image, boxes, classes = check_sample(image, boxes, classes)
    image = image.copy()
    height, width = image.shape[:2]
    mirror_x, mirror_y = rng.random(2) < (horizontal, vertical)
    if mirror_x:
        image = cv2.flip(image, 1)
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]  # the right edge becomes the left one
    if mirror_y:
        image = cv2.flip(image, 0)
        boxes[:, [1, 3]] = height - boxes[:, [3, 1]]
    return image, boxes, classes


def random_affine(
    image: ndarray,
    boxes: ndarray,
    classes: ndarray,
    rng: Generator,
    degrees: float = 0.0,
    translate: float = 0.1,
    scale: float = 0.5,
    shear: float = 0.0,
    perspective: float = 0.0,
) -> Sample:
    """Turn, shift, zoom, slant and tilt a picture about its middle.

    Each setting is the largest change, either way: ``degrees`` 0..180, ``translate`` 0..1 of the picture's
    side, ``scale`` 0..0.99 off a zoom of 1, ``shear`` 0..44 degrees, ``perspective`` in 1 / pixels (0..0.001
    in YOLOv5). A box becomes the upright hull of its four moved corners, so rotation makes it looser, and
    passes :func:`keep_visible`. With every setting 0 the sample comes back as it was.
    """
    check_settings(rng, degrees=(degrees, 180), translate=(translate, 1), scale=(scale, 0.99))
    image, boxes, classes = check_sample(image, boxes, classes)
    height, width = image.shape[:2]
    horizon = 2 / (width + height)  # this much perspective moves a corner to infinity
    check_settings(rng, shear=(shear, 44), perspective=(perspective, 0.95 * horizon))
    settings = degrees, translate, scale, shear, perspective
    return warp(image, boxes, classes, random_matrix(width, height, rng, *settings))


def random_matrix(width, height, rng, degrees, translate, scale, shear, perspective) -> ndarray:
    angle, zoom = rng.uniform(-degrees, degrees), rng.uniform(1 - scale, 1 + scale)
    slant, tilt = rng.uniform(-shear, shear, 2), rng.uniform(-perspective, perspective, 2)
    return affine_matrix(width, height, angle, zoom, slant, tilt, rng.uniform(-translate, translate, 2))


def affine_matrix(width: int, height: int, angle=0.0, zoom=1.0, slant=(0, 0), tilt=(0, 0), move=(0, 0)) -> ndarray:
    """Five 3x3 matrices in one: degrees (anticlockwise), a factor, degrees, 1 / pixels, shares of the sides."""
    (move_x, move_y), (slant_x, slant_y) = np.multiply(move, (width, height)), np.tan(np.deg2rad(slant))
    (tilt_x, tilt_y), cos, sin = tilt, zoom * np.cos(np.deg2rad(angle)), zoom * np.sin(np.deg2rad(angle))
    middle_to_origin = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, 1, 0], [tilt_x, tilt_y, 1]])
    turn_and_zoom = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    slant = np.array([[1, slant_x, 0], [slant_y, 1, 0], [0, 0, 1]])
    origin_to_place = np.array([[1, 0, width / 2 + move_x], [0, 1, height / 2 + move_y], [0, 0, 1]])
    # Read from right to left: what comes last is done first.
    return origin_to_place @ slant @ turn_and_zoom @ tilt @ middle_to_origin


def warp(image: ndarray, boxes: ndarray, classes: ndarray, matrix: ndarray) -> Sample:
    """Move a sample's pixels and boxes by a (3, 3) matrix, within a picture of the same size."""
    if np.array_equal(matrix, np.eye(3)):
        return image.copy(), boxes.copy(), classes.copy()
    return _warp_image(image, matrix), *keep_visible(_warp_boxes(boxes, matrix), classes, *image.shape[1::-1])


def _warp_image(image: ndarray, matrix: ndarray) -> ndarray:
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV's 0 is a pixel's middle, ours its edge
    matrix = np.linalg.inv(half) @ matrix @ half
    size, grey = image.shape[1::-1], (PAD_VALUE,) * 3
    if matrix[2, 0] or matrix[2, 1]:
        return cv2.warpPerspective(image, matrix, size, borderValue=grey)
    return cv2.warpAffine(image, matrix[:2], size, borderValue=grey)


def _warp_boxes(boxes: ndarray, matrix: ndarray) -> ndarray:
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)  # clockwise from the top left
    moved = np.insert(corners, 2, 1, axis=2) @ matrix.T  # (n, 4, 3): x, y, depth
    moved = moved[..., :2] / moved[..., 2:]
    return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1).astype(np.float32)


def cutout(
    image: ndarray,
    boxes: ndarray,
    classes: ndarray,
    rng: Generator,
    probability: float = 1.0,
    max_covered: float = 0.6,
    sides: Sequence[float] = CUTOUT_SIDES,
) -> Sample:
    """Cover random rectangles with random colours, so that no single part of an object can be relied on.

    DeVries & Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017, cut a
    square. YOLOv5's code has 31 rectangles, with probability 0.5, but the call is commented out. ``sides``
    holds the largest side of each, as a share of the picture's. A box is dropped if more than ``max_covered``
    is hidden.
    """
    check_settings(rng, probability=(probability, 1), max_covered=(max_covered, 1))
    image, boxes, classes = check_sample(image, boxes, classes)
    image, hidden = image.copy(), np.zeros(image.shape[:2], bool)
    if rng.random() < probability:
        for side in sides:
            hole = _random_hole(*image.shape[:2], side, rng)
            image[hole] = rng.integers(64, 192, 3)
            hidden[hole] = True
    keep = np.array([_share(hidden, box) <= max_covered for box in boxes], dtype=bool)
    return image, boxes[keep], classes[keep]


def _random_hole(height: int, width: int, side: float, rng: Generator) -> tuple[slice, slice]:
    """Rows and columns of a rectangle anywhere in the picture; its part beyond the edge is cut off."""
    hole = []
    for length in (height, width):
        extent = rng.integers(1, max(1, int(length * side)), endpoint=True)
        start = round(rng.uniform(0, length) - extent / 2)
        hole.append(slice(max(0, start), start + extent))
    return tuple(hole)


def _share(hidden: ndarray, box: ndarray) -> float:
    """How much of the pixels that a box touches is hidden?"""
    left, top, right, bottom = clip(box, *hidden.shape[::-1])
    pixels = hidden[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
    return pixels.mean() if pixels.size else 0.0
