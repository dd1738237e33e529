"""The explorers of colour, shape and cutout show, and say, what the package's functions do."""

import re

import numpy as np
import pytest

from yolo_course.data import data_dir, load_dataset
from yolo_course.show.explorers.augment import (
    RIGHT,
    TALL,
    WIDE,
    colour_view,
    cutout_view,
    explore_colour,
    explore_cutout,
    explore_shape,
    shape_view,
)
from yolo_course.show.explorers.input import HEAD
from yolo_course.stages.augment import CUTOUT_SIDES, cutout, recolour
from yolo_course.stages.input import flip


@pytest.fixture(scope="module")
def sample():
    image, boxes, _ = load_dataset(data_dir() / "far", "val")[31]
    return image, boxes


def right_of(view, image):
    return view.picture[HEAD : HEAD + image.shape[0], RIGHT : RIGHT + image.shape[1]]


def shape(image, boxes, angle=0, zoom=100, shift=0, slant=0, mirror=False):
    return shape_view(image, image, np.float32(boxes).reshape(-1, 4), angle, zoom, shift, slant, mirror)


@pytest.mark.parametrize("settings", [(0, 0, 0), (120, -70, 40), (-5, 100, -100)])
def test_colour_shows_what_recolour_does(sample, settings):
    hue, saturation, value = settings
    expected = recolour(sample[0], hue / 360, saturation / 100, value / 100)
    assert np.array_equal(right_of(colour_view(sample[0], *settings), sample[0]), expected)


@pytest.mark.parametrize(
    ("settings", "outside"),
    [((5, -70, 40), "all within"), ((10, 0, 0), "hue beyond"), ((-10, 80, -50), "hue and saturation and value beyond")],
)
def test_colour_says_what_is_beyond_the_usual(sample, settings, outside):
    assert outside in colour_view(sample[0], *settings).words


def test_colour_marks_move_with_the_settings(sample):
    def dots(*settings):
        scales = colour_view(sample[0], *settings).picture[HEAD + sample[0].shape[0] + 48]
        return np.flatnonzero((scales == (0xE6, 0x9F, 0x00)).all(1)).reshape(3, -1).mean(1)

    assert dots(90, 50, -50) - dots(0, 0, 0) == pytest.approx([65, 65, -65], abs=1)  # 130 pixels to either end


@pytest.mark.parametrize("angle", [0, 15, 45, -60, 90])
def test_shape_says_how_loose_upright_boxes_are(angle):
    image, (wide, high) = np.zeros((200, 200, 3), np.uint8), (40, 20)
    words = shape(image, [[80, 90, 80 + wide, 90 + high]], angle, zoom=80).words
    sin, cos = abs(np.sin(np.deg2rad(angle))), abs(np.cos(np.deg2rad(angle)))
    expected = (wide * cos + high * sin) * (wide * sin + high * cos) / (wide * high)
    assert float(re.search(r"have ([\d.]+) times", words)[1]) == pytest.approx(expected, abs=0.006)


def test_shape_turns_zooms_shifts_slants_and_mirrors_what_is_seen(sample):
    image = sample[0][:200, :200].copy()
    assert np.array_equal(right_of(shape(image, [], 90), image), np.rot90(image))
    assert np.array_equal(right_of(shape(image, [], mirror=True), image), image[:, ::-1])
    assert np.array_equal(right_of(shape(image, [], shift=50), image)[:, 100:], image[:, :100])
    half = right_of(shape(image, [], zoom=50), image)
    assert (half[:45] == 114).all() and not (half[55:145, 55:145] == 114).all(2).any()
    slanted = right_of(shape(image, [], slant=40), image)  # what is below moves to the right
    assert (slanted[190, :70] == 114).all() and (slanted[10, 130:] == 114).all()
    difference = np.abs(slanted[99:101].astype(float) - image[99:101])
    assert difference[:, 1:-1].mean() < 12  # the middle rows stay, but for half a pixel


@pytest.mark.parametrize("settings", [{}, {"zoom": 150}, {"shift": 50}, {"mirror": True}, {"zoom": 40, "slant": 20}])
def test_shape_boxes_lie_on_their_pixels(settings):
    image = np.zeros((240, 300, 3), np.uint8)
    image[60:120, 40:160] = (0, 0, 255)
    moved = right_of(shape(image, [[40, 60, 160, 120]], **settings), image)
    rows, columns = np.where((moved[..., 2] > 200) & (moved[..., 0] < 40))
    white = np.where(moved.min(2) > 200)
    seen, frame = (
        [*map(np.min, (rows, columns)), *map(np.max, (rows, columns))],
        [*map(np.min, white), *map(np.max, white)],
    )
    assert frame == pytest.approx(seen, abs=6)  # lines are two pixels wide, with a rim


def test_shape_counts_the_boxes_that_stay(sample):
    image, boxes = sample
    assert "4 of 4 boxes stay" in shape(image, boxes).words
    right = (boxes[:, 0] + boxes[:, 2]) / 2 > image.shape[1] / 2
    assert f"{np.count_nonzero(~right)} of 4 boxes stay" in shape(image, boxes, shift=50).words
    mirrored = flip(*sample, np.arange(4), np.random.default_rng(0), horizontal=1.0)[1]
    gone = (mirrored[:, 0] + mirrored[:, 2]) / 2 > image.shape[1] / 2
    assert f"{np.count_nonzero(~gone)} of 4 boxes stay" in shape(image, boxes, shift=50, mirror=True).words


@pytest.mark.parametrize("as_original", [False, True])
@pytest.mark.parametrize("most", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("seed", range(4))
def test_cutout_shows_and_counts_what_the_package_does(sample, seed, most, as_original):
    image, boxes = sample
    sides = CUTOUT_SIDES if as_original else (0.5,) * 6
    cut, kept, _ = cutout(image, boxes, np.arange(4), np.random.default_rng(seed), max_covered=most, sides=sides)
    view = cutout_view(image, image, boxes, 6, 0.5, seed, most, as_original)
    assert f"{len(kept)} of 4 stay" in view.words and f"{len(sides)} rectangles" in view.words
    bare = cutout_view(image, image, boxes[:0], 6, 0.5, seed, most, as_original)
    assert np.array_equal(right_of(bare, image), cut)
    hidden = (cut != image).any(2)
    shares = [
        float(share) for share in re.search(r"of the boxes, ([^.]+)\.", view.words)[1].replace("%", "").split(",")
    ]
    for share, (left, top, right, bottom) in zip(shares, np.rint(boxes).astype(int), strict=True):
        assert share == pytest.approx(100 * hidden[top:bottom, left:right].mean(), abs=3)
    lost = (right_of(view, image) == (0xD5, 0x5E, 0x00)).all(2).sum()
    assert (lost > 20) == (len(kept) < 4)


@pytest.mark.parametrize("make", [explore_colour, explore_shape, explore_cutout])
@pytest.mark.parametrize("size", [(1000, 200), (30, 40), (336, 420)])
def test_any_picture_is_brought_to_the_pages_size(make, size):
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    picture = make(image).draw(**make(image).start).picture
    zoom = min(TALL / size[0], WIDE / size[1])
    bottom, right = HEAD + round(zoom * size[0]), round(zoom * size[1])
    assert (picture[bottom - 2, : right - 1] < 255).any(1).mean() > 0.9 and picture.shape[1] == 860


def test_boxes_grow_with_their_picture():
    words = explore_cutout(np.zeros((84, 105, 3), np.uint8), [[0, 0, 105, 84]]).words.value
    whole, box = re.findall(r"(\d+)%", words)[:2]
    assert whole == box  # the box is the whole picture
