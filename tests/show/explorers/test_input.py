"""The explorers of letterbox and mosaic show, and say, what the package's functions do."""

import re

import numpy as np
import pytest

import yolo_course as yc
from yolo_course.data import data_dir, load_dataset
from yolo_course.show.explorers.input import HEAD, SIDE, explore_letterbox, explore_mosaic, letterbox_view, within

RED = (255, 0, 0)
NOTHING = np.zeros((0, 4), np.float32)


def numbers(words) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", words)]


def reddish(picture) -> list[int]:
    """left, top, right, bottom of what is red."""
    rows, columns = np.where((picture[..., 0] > 200) & (picture[..., 1] < 60))
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize("shape", [(216, 288), (300, 90), (40, 40), (61, 300)])
@pytest.mark.parametrize(("size", "auto", "stride", "scaleup"), [(128, False, 32, True), (160, True, 64, False)])
def test_letterbox_says_what_a_white_picture_shows(shape, size, auto, stride, scaleup):
    white = np.full((*shape, 3), 255, np.uint8)
    padded, ratio, pad = yc.letterbox(white, size, stride, auto, scaleup)
    words = letterbox_view(white, NOTHING, size, auto, stride, scaleup).words
    grey = (padded == 114).all(2).mean()
    expected = [ratio[0], pad[0], pad[1], padded.shape[1], padded.shape[0], 100 * grey]
    np.testing.assert_allclose(numbers(words), expected, atol=0.51)
    assert f"Times {ratio[0]:.3f}" in words


def test_letterbox_draws_picture_grey_and_box_where_they_are():
    image = np.zeros((216, 288, 3), np.uint8)
    image[54:108, 72:216] = RED
    view = letterbox_view(image, np.float32([[72, 54, 216, 108]]), 128, False, 64, True)
    result = view.picture[HEAD : HEAD + 384, 450:834]
    assert (result[20, 30] == 114).all() and (result[370, 30] == 114).all() and not result[60, 30].any()
    assert reddish(result) == pytest.approx(3 * np.array([32, 40, 96, 64]), abs=4)  # x 4 / 9, then 16 down, then x 3
    frame = (result.min(2) > 250) & ~np.roll(result.min(2) > 250, 6, 0)
    assert frame[118:123, 96:288].any() and frame[190:195, 96:288].any()  # dashes at the upper and the lower edge
    assert reddish(view.picture[HEAD:, :400]) == pytest.approx(np.array([100, 75, 300, 150]), abs=4)  # x 400 / 288


def test_letterbox_bar_has_the_share_of_the_picture():
    view = letterbox_view(np.zeros((216, 288, 3), np.uint8), NOTHING, 128, False, 32, True)
    bar = view.picture[HEAD + 370, :400]
    assert (bar == 114).all(1).mean() == pytest.approx(0.25)


def test_letterbox_takes_any_picture_with_and_without_boxes():
    image = np.random.default_rng(0).integers(0, 256, (640, 37, 3), dtype=np.uint8)
    for explorer in (explore_letterbox(image), explore_letterbox(image, [[0, 0, 9, 9]])):
        assert explorer.words.value.count("Times 0.200") == 1 and "picture" not in explorer.controls
    own = explore_letterbox()
    for picture, (width, height) in {"lying": (128, 96), "standing": (128, 128), "square": (128, 128)}.items():
        assert f": {width} × {height}, " in own.draw(**{**own.start, "picture": picture, "auto": True}).words


def test_a_huge_picture_fits_too():
    shrunk, zoom = within(np.zeros((3000, 4000, 3), np.uint8), 300, 420)
    assert shrunk.shape == (300, 400, 3) and zoom == pytest.approx(0.1)
    grown, zoom = within(np.zeros((3, 4, 3), np.uint8), 300, 420)
    assert grown.shape == (300, 400, 3) and zoom == 100


@pytest.fixture(scope="module")
def samples():
    data = load_dataset(data_dir() / "far", "val").subset(range(6)).resized(SIDE)
    return [data[i] for i in range(6)]


SETTINGS = [(120, 90, 0, 0.0), (0, 200, 1, 0.0), (200, 0, 2, 0.25), (30, 170, 3, 0.5), (100, 100, 4, 0.5)]


def the_mosaic(samples, x, y, seed, zoom):
    four = [samples[i] for i in np.random.default_rng(seed).permutation(len(samples))[:4]]
    return four, yc.mosaic(four, np.random.default_rng(seed), SIDE, center=(x, y), scale=zoom)


@pytest.mark.parametrize(("x", "y", "seed", "zoom"), SETTINGS)
def test_mosaic_shows_the_packages_mosaic(samples, x, y, seed, zoom):
    bare = [(image, NOTHING, np.zeros(0, np.int64)) for image, _, _ in samples]
    picture = explore_mosaic(bare).draw(x=x, y=y, seed=seed, zoom=zoom).picture
    _, (expected, _, _) = the_mosaic(bare, x, y, seed, zoom)
    right = picture[HEAD : HEAD + 2 * SIDE, 440 : 440 + 2 * SIDE]
    far = np.hypot(*np.ogrid[-2 * y : 2 * SIDE - 2 * y, -2 * x : 2 * SIDE - 2 * x]) > 9  # but for the dot
    assert np.array_equal(right[far], expected.repeat(2, 0).repeat(2, 1)[far])
    left = picture[HEAD : HEAD + 2 * SIDE, : 2 * SIDE][SIDE - y :, SIDE - x :][:SIDE, :SIDE]
    inner = far[::2, ::2] & (np.hypot(*np.ogrid[-y : SIDE - y, -x : SIDE - x]) > 9)
    inner[[*range(5), *range(-5, 0)]] = inner[:, [*range(5), *range(-5, 0)]] = False  # but for the frame
    assert np.array_equal(left[inner], expected[inner])


@pytest.mark.parametrize(("x", "y", "seed", "zoom"), SETTINGS)
def test_mosaic_counts_the_boxes_that_the_package_keeps_and_cuts(samples, x, y, seed, zoom):
    four, (_, kept, _) = the_mosaic(samples, x, y, seed, zoom)
    words = explore_mosaic(samples).draw(x=x, y=y, seed=seed, zoom=zoom).words
    stay, total, cut = numbers(words)[-3:]
    assert stay == len(kept) and total == sum(len(boxes) for _, boxes, _ in four)
    at_edge = (kept[:, [0, 2]] == 0) | (kept[:, [0, 2]] == SIDE) | (kept[:, [1, 3]] == 0) | (kept[:, [1, 3]] == SIDE)
    meets = (np.abs(kept[:, [0, 2]] - x) < 0.01) | (np.abs(kept[:, [1, 3]] - y) < 0.01)
    assert cut <= (at_edge | meets).any(1).sum()
    if not zoom:
        sizes = np.concatenate([boxes[:, 2:] - boxes[:, :2] for _, boxes, _ in four])
        is_whole = [(np.abs(sizes - (box[2:] - box[:2])).max(1) < 0.02).any() for box in kept]
        assert cut == is_whole.count(False)


def test_mosaic_frames_lie_where_the_packages_boxes_lie(samples):
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    one = [(image, np.float32([[20, 30, 90, 120]]), np.int64([0]))] * 4
    picture = explore_mosaic(one).draw(x=100, y=100, seed=0, zoom=0.0).picture[HEAD:, 440 : 440 + 2 * SIDE]
    _, (_, boxes, _) = the_mosaic(one, 100, 100, 0, 0.0)
    for left, top, right, bottom in np.rint(2 * boxes).astype(int):
        white = picture.min(2) > 200
        for edge in (white[top : top + 1, left:right], white[top:bottom, left : left + 1]):
            assert edge.mean() > 0.4  # dashes
    assert len(boxes) == 2


def test_mosaic_needs_four(samples):
    with pytest.raises(ValueError, match="found 3 samples, expected at least 4"):
        explore_mosaic(samples[:3])
