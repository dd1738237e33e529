"""Stage 1: the augmentations of a single picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stages.pictures import (
    PROPERTY,
    SEEDS,
    check,
    empty,
    equal,
    find,
    hull,
    noise,
    painted,
    rng,
    sample,
)
from yolo_course.stages.augment import (
    affine_matrix,
    check_sample,
    cutout,
    flip,
    hsv_jitter,
    keep_visible,
    random_affine,
    recolour,
    warp,
)


def everything(*arguments):
    return random_affine(*arguments, degrees=30, translate=0.2, scale=0.5, shear=10, perspective=0.001)


def sometimes_flip(*arguments):
    return flip(*arguments, horizontal=0.5, vertical=0.5)


AUGMENTATIONS = [hsv_jitter, sometimes_flip, random_affine, everything, cutout]
each = pytest.mark.parametrize("augment", AUGMENTATIONS)


# --- what holds for all of them


@each
def test_the_generator_decides(augment):
    assert equal(augment(*sample(), rng(3)), augment(*sample(), rng(3)))
    assert any(not equal(augment(*sample(), rng(3)), augment(*sample(), rng(seed))) for seed in range(8))


@each
def test_inputs_stay_as_they_are_and_share_no_memory_with_the_result(augment):
    given_sample, before = sample(), sample()
    for array in given_sample:
        array.flags.writeable = False
    for seed in range(8):
        for out, array in zip(augment(*given_sample, rng(seed)), given_sample, strict=True):
            assert not np.shares_memory(out, array)
    assert equal(given_sample, before)


@each
def test_pictures_without_boxes_and_views_are_welcome(augment):
    for seed in range(8):
        image, boxes, classes = augment(*empty(), rng(seed))
        check((image, boxes, classes))
        assert image.shape == (48, 64, 3) and boxes.shape == (0, 4)
    image, boxes, classes = sample()
    mirrored = image[:, ::-1, ::-1]  # as after reading BGR
    assert equal(augment(mirrored, boxes, classes, rng(1)), augment(mirrored.copy(), boxes, classes, rng(1)))


@PROPERTY
@given(painted(), SEEDS, st.sampled_from(AUGMENTATIONS))
def test_boxes_stay_inside_and_keep_their_classes(picture, seed, augment):
    image, boxes, classes = augment(*picture, rng(seed))
    check((image, boxes, classes))
    assert image.shape == picture[0].shape and len(boxes) <= 1


@each
def test_boxes_of_other_number_types_become_float32_and_int64(augment):
    image, boxes, classes = sample()
    check(augment(image, boxes.astype(np.float64), classes.astype(np.uint8), rng()))
    check(augment(image, boxes.astype(int).tolist(), classes.tolist(), rng()))
    check(augment(image, np.zeros((0, 4)), [], rng()))


@each
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (2, 3)])
def test_the_smallest_pictures_are_no_trouble(augment, size):
    image = noise(*size)
    for seed in range(8):
        check(augment(image, *empty()[1:], rng(seed)))


BAD_IMAGES = {
    "float": noise() / 255,
    "grey": noise()[..., 0],
    "rgba": np.zeros((4, 4, 4), np.uint8),
    "chw": np.zeros((3, 4, 5), np.uint8),
    "no pixels": np.zeros((0, 5, 3), np.uint8),
    "not an array": [[1, 2, 3]],
    "nothing": None,
}


@each
@pytest.mark.parametrize("image", BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_other_images_are_refused(augment, image):
    with pytest.raises(ValueError, match=r"found an image of .*expected uint8 RGB .*convert"):
        augment(image, *empty()[1:], rng())


@pytest.mark.parametrize("boxes", [np.zeros(4), np.zeros((1, 5)), np.full((1, 4), np.nan), np.zeros(0), 3.0])
def test_other_boxes_are_refused(boxes):
    with pytest.raises(ValueError, match=r"found boxes of shape .*expected finite xyxy .*np.zeros"):
        check_sample(noise(), boxes, np.zeros(1, int))


@pytest.mark.parametrize("classes", [[], [1, 2], [[1]], [0.5], ["cat"], 1])
def test_other_classes_are_refused(classes):
    with pytest.raises(ValueError, match=r"found classes of .* for 1 boxes, expected an integer a box"):
        check_sample(noise(), np.zeros((1, 4)), classes)


@each
def test_a_seed_is_not_a_generator(augment):
    for seed in (0, None, np.random):
        with pytest.raises(ValueError, match="found rng=.*default_rng"):
            augment(*sample(), seed)


@pytest.mark.parametrize(
    ("augment", "setting", "value"),
    [
        (hsv_jitter, "hue", 1.1), (hsv_jitter, "saturation", -0.1), (hsv_jitter, "value", float("nan")),
        (flip, "horizontal", 1.5), (flip, "vertical", -1),
        (cutout, "probability", 2), (cutout, "max_covered", 60),
        (random_affine, "degrees", 181), (random_affine, "translate", 1.1), (random_affine, "scale", 1),
        (random_affine, "shear", 45), (random_affine, "perspective", 0.1),
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(augment, setting, value):
    with pytest.raises(ValueError, match=f"found {setting}=.*expected 0 to .*choose"):
        augment(*sample(), rng(), **{setting: value})


@pytest.mark.parametrize(
    ("augment", "off"),
    [
        (hsv_jitter, {"hue": 0, "saturation": 0, "value": 0}),
        (flip, {"horizontal": 0, "vertical": 0}),
        (random_affine, {"translate": 0, "scale": 0}),
        (cutout, {"probability": 0}),
        (cutout, {"sides": ()}),
    ],
)
def test_switched_off_nothing_changes_bit_for_bit(augment, off):
    tiny = noise(31, 47), np.array([[3, 3, 4, 4]], np.float32), np.array([2])  # too small for keep_visible
    for given_sample in (sample(), empty(), tiny):
        for seed in range(8):
            assert equal(augment(*given_sample, rng(seed), **off), given_sample)


# --- keep_visible


@pytest.mark.parametrize(
    ("box", "stays"),
    [
        ([10, 10, 20, 20], True),
        ([10, 10, 12, 20], False),  # 2 pixels wide
        ([10, 10, 12.5, 20], True),
        ([95, 10, 145, 20], False),  # a tenth is inside
        ([94, 10, 144, 20], True),
        ([-30, -30, -5, -5], False),
        ([0, 50, 300, 53], True),  # clipped to 100 x 3
        ([20, 20, 20, 20], False),
    ],
)
def test_keep_visible_is_the_originals_rule(box, stays):
    boxes, classes = keep_visible(np.array([box], np.float32), np.array([5]), 100, 100)
    assert classes.tolist() == [5] * stays
    assert boxes.tolist() == [np.clip(box, 0, 100).tolist()] * stays


def test_keep_visible_drops_boxes_a_hundred_times_as_long_as_wide():
    boxes = np.array([[0, 0, 299, 3], [0, 0, 300, 3]], np.float32)
    assert keep_visible(boxes, np.array([0, 1]), 400, 400)[1].tolist() == [0]


# --- flip


@PROPERTY
@given(painted(), st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1)]))
def test_flip_moves_pixels_and_box_alike(picture, axes):
    out = image, boxes, _ = flip(*picture, rng(), *axes)
    check(out)
    assert np.array_equal(find(image), boxes[0])
    expected = picture[0][:: -1 if axes[1] else 1, :: -1 if axes[0] else 1]
    assert np.array_equal(image, expected)
    assert equal(flip(*out, rng(), *axes), picture)  # twice is not at all


def test_flip_comes_as_often_as_asked():
    image, boxes, classes = sample()
    generator = rng(0)
    turned = sum(not np.array_equal(flip(image, boxes, classes, generator)[0], image) for _ in range(400))
    assert 160 < turned < 240


# --- affine


SETTINGS = st.fixed_dictionaries(
    {
        "degrees": st.sampled_from([0, 10, 45, 180]),
        "translate": st.sampled_from([0, 0.1, 0.4]),
        "scale": st.sampled_from([0, 0.5]),
        "shear": st.sampled_from([0, 10]),
        "perspective": st.sampled_from([0, 0.0005]),
    }
)


@PROPERTY
@given(painted(low=40), SEEDS, SETTINGS)
def test_affine_boxes_lie_where_the_pixels_are(picture, seed, settings):
    image, boxes, classes = random_affine(*picture, rng(seed), **settings)
    check((image, boxes, classes))
    seen = find(image)
    for box in boxes:
        upright = not (settings["degrees"] or settings["shear"] or settings["perspective"])
        if upright and (box[2:] - box[:2]).min() > 4:
            np.testing.assert_allclose(seen, box, atol=1.5)
        elif seen is not None:  # the hull of clipped corners may be loose, but nothing may stick out
            assert (seen[:2] >= box[:2] - 1.5).all() and (seen[2:] <= box[2:] + 1.5).all()


@PROPERTY
@given(SEEDS, SETTINGS | st.just({"degrees": 180, "shear": 20, "perspective": 0.001}))
def test_affine_boxes_are_the_tight_hull_of_an_object_that_stays_inside(seed, settings):
    image, boxes = np.zeros((200, 240, 3), np.uint8), np.array([[95, 80, 145, 115]], np.float32)
    image[80:115, 95:145] = (255, 0, 0)
    image, boxes, _ = random_affine(image, boxes, [0], rng(seed), **settings | {"translate": 0.05})
    assert len(boxes) == 1
    np.testing.assert_allclose(find(image), boxes[0], atol=2)


def test_affine_takes_boxes_where_it_takes_pixels_to_a_fraction_of_a_pixel():
    columns = np.arange(151, dtype=np.uint8)  # a ramp: a pixel's value says where it comes from
    image = np.repeat(np.tile(columns, (101, 1))[..., None], 3, axis=2)
    for seed in range(10):
        ramp, (box,), _ = random_affine(image, [[65, 40, 85, 60]], [0], rng(seed), translate=0, scale=0.5)
        came_from = 65 + (columns[55:95] + 0.5 - box[0]) / (box[2] - box[0]) * 20 - 0.5
        assert ramp[50, 55:95, 0].mean() == pytest.approx(came_from.mean(), abs=0.1)


@pytest.mark.parametrize("perspective", [0, 0.001])
def test_affine_shows_grey_beyond_the_picture(perspective):
    image, boxes, classes = empty()
    image[:] = 255
    warped = [random_affine(image, boxes, classes, rng(seed), perspective=perspective)[0] for seed in range(5)]
    values = set(np.unique(warped).tolist())
    assert {114, 255} <= values and min(values) == 114


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [95, 80, 145, 115]),
        ({"angle": 90}, [100, 75, 135, 125]),  # what was on the right of the middle, (120, 100), is now above it
        ({"angle": -90}, [105, 75, 140, 125]),
        ({"zoom": 0.5}, [107.5, 90, 132.5, 107.5]),
        ({"move": (0.1, -0.2)}, [119, 40, 169, 75]),  # a tenth of 240, a fifth of 200
        ({"slant": (45, 0)}, [75, 80, 160, 115]),  # 20 above the middle: 20 to the left
    ],
)
def test_a_chosen_matrix_moves_pixels_and_box_where_it_says(settings, expected):
    image = np.zeros((200, 240, 3), np.uint8)
    image[80:115, 95:145] = (255, 0, 0)
    image, boxes, _ = warp(image, np.float32([[95, 80, 145, 115]]), np.array([0]), affine_matrix(240, 200, **settings))
    np.testing.assert_allclose(boxes[0], expected, atol=1e-3)
    np.testing.assert_allclose(find(image), expected, atol=1)


# --- hsv


@pytest.mark.parametrize(
    ("gains", "expected"),
    [((0, 0, 0), (200, 100, 100)), ((1 / 3, 0, 0), (100, 200, 100)), ((0, -1, 0), (200,) * 3), ((0, 0, -1), (0,) * 3)],
)
def test_chosen_gains_give_the_colour_they_say(gains, expected):
    image = np.full((2, 2, 3), (200, 100, 100), np.uint8)
    np.testing.assert_allclose(recolour(image, *gains)[0, 0], expected, atol=1)


def hues(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2HSV)[..., 0]


def test_the_hue_turns_and_wraps_around_red():
    image = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    seen = {int(hues(hsv_jitter(image, *empty()[1:], rng(seed), 0.015, 0, 0)[0])[0, 0]) for seed in range(60)}
    assert {1, 2, 178, 179} <= seen <= {0, 1, 2, 3, 177, 178, 179}  # within 0.015 x 180 = 2.7 of red's 0, on both sides


def test_all_hues_turn_by_the_same_angle():
    image = cv2.cvtColor(np.uint8([[(hue, 255, 255) for hue in range(180)]]), cv2.COLOR_HSV2RGB)
    for seed in range(10):
        turned = (hues(hsv_jitter(image, *empty()[1:], rng(seed), 0.5, 0, 0)[0]).astype(int) - hues(image)) % 180
        distance = np.abs((turned - turned[0, 0] + 90) % 180 - 90)
        assert distance.max() <= 2  # RGB of 8 bits holds a hue to about one step


def test_value_scales_brightness_and_leaves_grey_grey():
    image = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    for seed in range(10):
        out = hsv_jitter(image, *empty()[1:], rng(seed), value=0.4)[0].astype(float)
        assert (out == out[..., :1]).all()  # no saturation to scale, no hue to turn
        factor = out[0, 100, 0] / 100
        assert 0.6 <= factor <= 1.4
        np.testing.assert_allclose(out[0, :, 0], np.clip(np.arange(256) * factor, 0, 255), atol=2)


def test_saturation_scales_towards_and_away_from_grey():
    image = np.full((1, 1, 3), (200, 100, 100), np.uint8)
    spans = []
    for seed in range(20):
        red, green, blue = hsv_jitter(image, *empty()[1:], rng(seed), 0, 0.7, 0)[0][0, 0].astype(int)
        assert red == 200 and abs(green - blue) <= 1
        spans.append(red - green)
    assert min(spans) < 70 and max(spans) > 130 and min(spans) >= 29 and max(spans) <= 171


@PROPERTY
@given(painted(), SEEDS)
def test_hsv_never_touches_boxes(picture, seed):
    _, boxes, classes = hsv_jitter(*picture, rng(seed), 1, 1, 1)
    assert np.array_equal(boxes, picture[1]) and np.array_equal(classes, picture[2])


# --- cutout


@PROPERTY
@given(st.integers(0, 10**6), st.sampled_from([0.2, 0.6]))
def test_cutout_drops_exactly_the_boxes_that_are_hidden(seed, max_covered):
    image = np.zeros((96, 128, 3), np.uint8)  # no hole is black, so the holes can be seen
    corners = rng(seed).integers(0, 60, (30, 2))
    boxes = np.concatenate([corners, corners + rng(seed).integers(1, 36, (30, 2))], axis=1).astype(np.float32)
    cut, kept, classes = cutout(image, boxes, np.arange(30), rng(seed), max_covered=max_covered)
    hidden = cut.any(axis=-1)
    expected = [
        number
        for number, (left, top, right, bottom) in enumerate(boxes.astype(int))
        if hidden[top:bottom, left:right].mean() <= max_covered
    ]
    assert classes.tolist() == expected and np.array_equal(kept, boxes[expected])


def test_cutout_holes_have_the_originals_sizes_and_colours():
    image = np.zeros((100, 200, 3), np.uint8)
    widest, highest = 0, 0
    for seed in range(200):
        cut = cutout(image, *empty()[1:], rng(seed), sides=(0.25,))[0]
        left, top, right, bottom = hull(cut.any(axis=-1))
        hole = cut[top:bottom, left:right]
        assert (hole == hole[0, 0]).all() and hole.min() >= 64 and hole.max() <= 191
        widest, highest = max(widest, right - left), max(highest, bottom - top)
    assert (widest, highest) == (50, 25)


def test_cutout_hides_all_sides_alike():
    image, generator = np.zeros((40, 40, 3), np.uint8), rng(0)
    cuts = [cutout(image, *empty()[1:], generator, sides=(0.5,))[0].any(axis=-1) for _ in range(2000)]
    often = np.mean(cuts, axis=0)
    assert often[:, 0].mean() == pytest.approx(often[:, -1].mean(), rel=0.15)
    assert often[0].mean() == pytest.approx(often[-1].mean(), rel=0.15)


def test_cutout_keeps_every_box_if_all_may_be_covered():
    image, boxes, classes = sample()
    assert all(len(cutout(image, boxes, classes, rng(seed), max_covered=1)[1]) == 2 for seed in range(20))


def test_cutout_comes_as_often_as_asked():
    generator = rng(0)
    changed = sum(not np.array_equal(cutout(*sample(), generator, probability=0.5)[0], noise()) for _ in range(400))
    assert 160 < changed < 240
    assert all(not np.array_equal(cutout(*sample(), rng(seed))[0], noise()) for seed in range(20))
