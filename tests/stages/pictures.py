"""Pictures whose boxes can be found again by looking at the pixels, and the strategies that make them."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

PROPERTY = settings(max_examples=60, deadline=None, derandomize=True, database=None)
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
SEEDS = st.integers(0, 2**32 - 1)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def noise(height: int = 48, width: int = 64, seed: int = 0) -> np.ndarray:
    return rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def sample(height: int = 48, width: int = 64, seed: int = 0):
    """Noise with two boxes."""
    boxes = np.array([[4, 6, 40, 30], [width - 20, height - 25, width, height]], np.float32)
    return noise(height, width, seed), boxes, np.array([3, 1])


def empty(height: int = 48, width: int = 64, seed: int = 0):
    return noise(height, width, seed), np.zeros((0, 4), np.float32), np.zeros(0, np.int64)


@st.composite
def painted(draw, colour=RED, low: int = 24, high: int = 160):
    """A black picture with one rectangle of ``colour``, its box, and class 0."""
    width, height = draw(st.integers(low, high)), draw(st.integers(low, high))
    box_width, box_height = draw(st.integers(8, width)), draw(st.integers(8, height))
    left, top = draw(st.integers(0, width - box_width)), draw(st.integers(0, height - box_height))
    image = np.zeros((height, width, 3), np.uint8)
    image[top : top + box_height, left : left + box_width] = colour
    return image, np.array([[left, top, left + box_width, top + box_height]], np.float32), np.array([0])


def find(image: np.ndarray, colour=RED) -> np.ndarray | None:
    """The ``xyxy`` box around the pixels that are mostly of ``colour``, or None if there are none."""
    on = np.array(colour) > 0
    return hull((image[..., on] > 127).all(axis=-1) & (image[..., ~on] < 80).all(axis=-1))


def hull(pixels: np.ndarray) -> np.ndarray | None:
    """The ``xyxy`` box around the True pixels of a mask (height, width), or None if there are none."""
    if not pixels.any():
        return None
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def check(result) -> None:
    """What holds for every sample: types, shapes, a class for each box, boxes inside and of positive size."""
    image, boxes, classes = result
    height, width = image.shape[:2]
    assert image.dtype == np.uint8 and image.shape == (height, width, 3)
    assert boxes.dtype == np.float32 and boxes.shape == (len(classes), 4)
    assert classes.dtype == np.int64 and classes.ndim == 1
    assert (boxes >= 0).all() and (boxes <= [width, height, width, height]).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()


def equal(one, other) -> bool:
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))
