"""The explorer of rectangular batches counts as one would by hand, and draws what it counts."""

import math
import re

import numpy as np
import pytest

from yolo_course.show.explorers.batches import SHOWN, batches_view, explore_batches

SHAPES = np.array([(288, 216), (100, 250), (300, 300), (288, 180), (90, 200), (400, 180), (216, 288), (500, 490)])


def by_hand(size, batch_size, stride):
    """The share of padding in squares and in rectangles: batch by batch, picture by picture."""
    scaled = sorted(([w * size / max(w, h), h * size / max(w, h)] for w, h in SHAPES), key=lambda wh: wh[1] / wh[0])
    inside = sum(round(w) * round(h) for w, h in scaled)
    frames = 0
    for start in range(0, len(scaled), batch_size):
        batch = scaled[start : start + batch_size]
        wide, high = (math.ceil(max(side) / stride - 1e-9) * stride for side in zip(*batch, strict=True))
        frames += len(batch) * wide * high
    return 1 - inside / (len(SHAPES) * size**2), 1 - inside / frames


@pytest.mark.parametrize(("size", "batch_size", "stride"), [(128, 4, 32), (640, 3, 32), (96, 1, 8), (320, 8, 16)])
def test_the_words_are_what_one_counts_by_hand(size, batch_size, stride):
    words = batches_view(SHAPES, batch_size, size, stride).words
    square, rectangular, fewer = (float(number) for number in re.findall(r"([\d.]+)%", words))
    expected = by_hand(size, batch_size, stride)
    assert (square, rectangular) == pytest.approx([100 * share for share in expected], abs=0.6)
    assert fewer == pytest.approx(100 - (100 - square) / (100 - rectangular) * 100, abs=0.2)


@pytest.mark.parametrize(("size", "batch_size"), [(128, 4), (640, 2)])
def test_grey_and_blue_are_drawn_as_counted(size, batch_size):
    picture = batches_view(SHAPES, batch_size, size, 32).picture
    square, rectangular = by_hand(size, batch_size, 32)
    half = len(picture) // 2
    for part, share in ((picture[:half], square), (picture[half:], rectangular)):
        grey, blue = (part == 114).all(2), (part == (0x56, 0xB4, 0xE9)).all(2)
        for region in (np.s_[5:20, 280:], np.s_[30:]):  # the bar, the frames
            assert grey[region].sum() / (grey | blue)[region].sum() == pytest.approx(share, abs=0.03)
    bars = [
        ((rows[10] == 114).all(1) | (rows[10] == (0x56, 0xB4, 0xE9)).all(1)).sum() for rows in (picture, picture[half:])
    ]
    assert bars[1] / bars[0] == pytest.approx((1 - square) / (1 - rectangular), abs=0.01)


def test_own_shapes_are_thinned_out():
    shapes = {"mine": np.column_stack([np.arange(100, 400), np.full(300, 200)])}
    explorer = explore_batches(shapes)
    assert f"{SHOWN} pictures" in explorer.words.value and explorer.controls["pictures"].value == "mine"
    assert "3 pictures" in explore_batches({"few": [(1, 2), (3, 4), (5, 5)]}).words.value
