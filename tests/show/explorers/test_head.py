"""The decoded box is the formula's, is drawn where it is said to be, and the words tell when the centre is outside."""

import itertools
import math
import re

import numpy as np
import pytest

from yolo_course.show import style
from yolo_course.show.explorers import canvas, head
from yolo_course.show.explorers.explorer import trimmed

ANCHORS = np.array([[[4.0, 5.0], [6, 12]], [[12, 24], [25, 18]], [[46, 36], [62, 80]]])
STRIDES = (8, 16, 32)


def view(tx=0.0, ty=0.0, tw=0.0, th=0.0, level=1, anchor=1):
    return head.decode_view(tx, ty, tw, th, level, anchor, ANCHORS, STRIDES)


def numbers(words):
    return [float(text) for text in re.findall(r"-?\d+\.\d+", words)]


def by_hand(raw, level, anchor):
    """x, y, w, h in pixels, and whether the centre is in its cell."""
    s, stride, cells = [1 / (1 + math.exp(-t)) for t in raw], STRIDES[level], 128 // STRIDES[level]
    centre = [(2 * s[i] - 0.5 + (cells // 2, cells // 2 - 1)[i]) * stride for i in (0, 1)]
    size = [(2 * s[2 + i]) ** 2 * ANCHORS[level, anchor, i] for i in (0, 1)]
    return centre + size, all(0 <= 2 * s[i] - 0.5 <= 1 for i in (0, 1))


@pytest.mark.parametrize("raw", [(0, 0, 0, 0), (6, -6, 0, 0), (1.5, 0.5, -3, 3), (-1, 1, 6, -6)])
@pytest.mark.parametrize(("level", "anchor"), list(itertools.product(range(3), range(2))))
def test_the_words_are_the_formula(raw, level, anchor):
    words = view(*map(float, raw), level, anchor).words
    expected, is_inside = by_hand(raw, level, anchor)
    found = numbers(words)
    np.testing.assert_allclose(found[:4], expected, atol=0.0501)
    np.testing.assert_allclose(found[4:], np.divide(expected[2:], ANCHORS[level, anchor]), atol=0.00501)
    assert ("is inside its cell" in words) == is_inside
    assert ("is outside its cell" in words) == (not is_inside)


def place(x, y):
    """A pixel of the decoded picture in the explorer's picture: row, column."""
    zoom = head.INNER / head.SIDE
    return round(y * zoom) + head.TOP, round(x * zoom) + head.EDGE


def colour_at(picture, x, y):
    return tuple(picture[place(x, y)].tolist())


@pytest.mark.parametrize("raw", [(3, 2, 2, -2), (-3, -2, 1, 1)])
def test_the_box_is_drawn_where_the_words_say(raw):
    picture = view(*map(float, raw)).picture
    (x, y, w, h), _ = by_hand(raw, 1, 1)
    found = canvas.rgb(style.FOUND)
    for point in ((x - w / 2, y - h / 4), (x + w / 2, y - h / 4), (x - w / 4, y - h / 2), (x - w / 4, y + h / 2)):
        assert colour_at(picture, *point) == found
    assert colour_at(picture, x, y) == found  # the centre's dot
    assert colour_at(picture, 8, 120) == (255, 255, 255)


def test_anchor_and_reach_stay_where_they_are():
    """Both are dashed around the cell, whatever the raw numbers say."""
    first, second = view(tx=6.0, tw=-6.0).picture, view(tx=-6.0, tw=-6.0).picture
    row, column, stride = 3, 4, 16
    top = place(0, (row - 0.5) * stride)[0]
    left, right = (place(edge * stride, 0)[1] for edge in (column - 0.5, column + 1.5))
    for picture in (first, second):
        dark = (picture[top, left:right] == 0).all(1)
        assert 0.3 < dark.mean() < 0.9  # dashes
        anchor = (picture == canvas.rgb(style.BLUE)).all(2)[:, : head.LEFT]
        height, width = (np.ptp(axis) * head.SIDE / head.INNER for axis in np.nonzero(anchor))
        assert abs(width - 25) < 3 and abs(height - 18) < 3


def test_the_sums_show_what_they_give():
    lines = head._sums((0.0, -1.0, 2.0, 0.0), (3, 4), 16, (25.0, 18.0), np.array([72.0, 48.6, 77.6, 18.0]))
    assert lines[0] == "tx = 0.0:  s = 0.500" and lines[1].strip() == "x = (2 s − 0.5 + 4) × 16 = 72.0"
    assert lines[2] == "ty = −1.0:  s = 0.269" and lines[5].strip() == "w = (2 s)² × 25.0 = 77.6"


def test_own_anchors_and_nothing_cut_off():
    explorer = head.explore_decode(np.full((3, 1, 2), 40.0))
    assert (
        explorer.controls["anchor"].max == 0
        and "w 40.0, h 40.0" in explorer.draw(**explorer.start | {"anchor": 0}).words
    )
    picture = view(*[-6.0] * 4, 2, 1).picture
    assert trimmed([picture])[0].shape[1] <= head.FRAME[1] - 10  # letters end before the edge
