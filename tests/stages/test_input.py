"""Stage 1: letterbox, rectangular batches, mosaic, mixup, collate."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests import reference
from tests.stages.pictures import (
    BLUE,
    GREEN,
    PROPERTY,
    RED,
    SEEDS,
    YELLOW,
    check,
    empty,
    equal,
    find,
    noise,
    painted,
    rng,
    sample,
)
from yolo_course.boxes import denormalise, unletterbox, xywh_to_xyxy
from yolo_course.stages import input as stage
from yolo_course.stages.input import collate, letterbox, letterbox_boxes, mixup, mosaic, rectangular_batches

LETTERBOX = reference.read_json("letterbox_v7.0.json")
RECTANGULAR = reference.read_json("rect_v7.0.json")
COLOURS = (RED, GREEN, BLUE, YELLOW)
FOUR_PAINTED = st.tuples(*(painted(colour) for colour in COLOURS))


def four(size: int = 64):
    return [sample(size, size, seed) for seed in range(4)]


def test_the_whole_stage_is_importable_from_one_place():
    for name in ("cutout", "flip", "hsv_jitter", "random_affine", *stage.__all__):
        assert callable(getattr(stage, name))


# --- letterbox


@pytest.mark.parametrize("case", LETTERBOX["letterbox"], ids=lambda c: f"{c['in_hw']}-{c['auto']}-{c['scaleup']}")
def test_letterbox_has_the_originals_shape_ratio_padding_and_pixels(case):
    height, width = case["in_hw"]
    image = np.random.default_rng(height * 10000 + width).integers(0, 256, (height, width, 3), np.uint8)
    out, ratio, pad = letterbox(image, case["new_shape"], case.get("stride", 32), case["auto"], case["scaleup"])
    assert list(out.shape) == case["out_shape"]
    assert list(ratio) == case["ratio_wh"]
    assert list(pad) == case["pad_dw_dh"]
    if "border_top_bottom_left_right" not in case:
        return
    top, bottom, left, right = case["border_top_bottom_left_right"]
    inside = out[top : out.shape[0] - bottom, left : out.shape[1] - right]
    assert list(inside.shape[:2]) == case["resized_hw"]
    framed = np.full_like(out, case["pad_value"])
    framed[top : out.shape[0] - bottom, left : out.shape[1] - right] = inside
    assert np.array_equal(out, framed)
    assert out.mean() == pytest.approx(case["mean_pixel"], abs=0.01)  # OpenCV's resize may round otherwise


@pytest.mark.parametrize("case", LETTERBOX["boxes"], ids=lambda c: f"{c['in_hw']}-{c['auto']}")
def test_letterbox_moves_boxes_as_the_original_and_back(case):
    height, width = case["in_hw"]
    out, ratio, pad = letterbox(np.zeros((height, width, 3), np.uint8), 640, auto=case["auto"])
    boxes = np.array(case["orig"], np.float32)
    moved = letterbox_boxes(boxes, ratio, pad)
    assert list(out.shape[:2]) == case["letterboxed_hw"] and moved.dtype == np.float32
    np.testing.assert_allclose(moved, case["letterboxed"], atol=1e-3)
    back = unletterbox(moved, ratio, pad, (height, width))
    np.testing.assert_allclose(back, boxes.clip(0, [width, height, width, height]), atol=1e-3)


@PROPERTY
@given(painted(), st.integers(1, 8), st.integers(1, 8), st.booleans(), st.booleans())
def test_a_box_survives_the_round_trip_through_letterbox(picture, high, wide, auto, scaleup):
    image, boxes, _ = picture
    height, width = image.shape[:2]
    out, ratio, pad = letterbox(image, (32 * high, 32 * wide), auto=auto, scaleup=scaleup)
    moved = letterbox_boxes(boxes, ratio, pad)
    np.testing.assert_allclose(unletterbox(moved, ratio, pad, (height, width)), boxes, atol=1e-2)
    if (moved[0, 2:] - moved[0, :2]).min() > 3:  # else too thin to be sure of a pixel
        np.testing.assert_allclose(find(out), moved[0], atol=1.5)


@PROPERTY
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300), st.sampled_from([8, 32, 64]), st.booleans())
def test_auto_pads_less_than_a_stride_to_a_multiple_of_it(height, width, size, stride, scaleup):
    out, _, pad = letterbox(np.zeros((height, width, 3), np.uint8), size, stride, auto=True, scaleup=scaleup)
    assert out.shape[0] % stride == out.shape[1] % stride == 0
    assert max(pad) < stride / 2


@PROPERTY
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200), st.integers(1, 200), st.booleans())
def test_without_auto_the_result_has_exactly_the_size(height, width, new_height, new_width, scaleup):
    out, ratio, _ = letterbox(np.zeros((height, width, 3), np.uint8), (new_height, new_width), scaleup=scaleup)
    assert out.shape == (new_height, new_width, 3)
    assert scaleup or max(ratio) <= 1


@PROPERTY
@given(st.integers(1, 100), st.integers(1, 100), st.integers(100, 140), st.integers(100, 140))
def test_letterbox_treats_both_axes_alike(height, width, new_height, new_width):
    image = noise(height, width)
    lying, _, pad = letterbox(image, (new_height, new_width), scaleup=False)  # so no pixel is blended
    standing, _, turned_pad = letterbox(image.transpose(1, 0, 2), (new_width, new_height), scaleup=False)
    assert np.array_equal(lying, standing.transpose(1, 0, 2)) and pad == turned_pad[::-1]
    left, top = int(pad[0]), int(pad[1])  # of an odd padding, the smaller half is on the left and on the top
    assert np.array_equal(lying[top : top + height, left : left + width], image)


def test_letterbox_rounds_to_the_nearest_pixel():
    out, ratio, pad = letterbox(noise(333, 500), 100, stride=1, auto=True)
    assert out.shape == (67, 100, 3) and ratio == (0.2, 0.2) and pad == (0, 0)  # 66.6 pixels
    assert letterbox(noise(500, 333), 100, stride=1, auto=True)[0].shape == (100, 67, 3)


def test_letterbox_takes_a_row_of_batch_shapes_and_leaves_its_input_alone():
    image = noise(40, 60)
    before = image.copy()
    out, _, _ = letterbox(image, np.array([64, 96]))
    same, ratio, pad = letterbox(image, (40, 60))
    assert out.shape == (64, 96, 3)
    assert np.array_equal(same, image) and ratio == (1, 1) and pad == (0, 0)
    same[:] = 0
    assert np.array_equal(image, before)


@pytest.mark.parametrize("size", [0, -3, 640.0, (640,), (1, 2, 3), "640", None, (640, 0), []])
def test_letterbox_refuses_a_size_that_is_none(size):
    with pytest.raises(ValueError, match=r"found size=.*expected"):
        letterbox(noise(), size)


def test_letterbox_refuses_other_images_and_strides():
    with pytest.raises(ValueError, match="found an image of uint8 .*expected uint8 RGB"):
        letterbox(noise()[..., 0], 64)
    with pytest.raises(ValueError, match="found stride=0, expected a whole number"):
        letterbox(noise(), 64, stride=0, auto=True)


# --- rectangular batches


@pytest.mark.parametrize("case", RECTANGULAR["cases"], ids=lambda c: f"{c['imgsz']}-{c['batch_size']}-{c['pad']}")
def test_rectangular_batches_have_the_originals_shapes(case):
    order, shapes = rectangular_batches(
        RECTANGULAR["input_wh"], case["imgsz"], case["batch_size"], case["stride"], case["pad"]
    )
    assert shapes.tolist() == case["batch_shapes_hw"]
    assert sorted(order.tolist()) == list(range(len(RECTANGULAR["input_wh"])))


SHAPES = st.lists(st.tuples(st.integers(8, 2000), st.integers(8, 2000)), min_size=1, max_size=40)


@PROPERTY
@given(SHAPES, st.integers(1, 9), st.sampled_from([32, 64]), st.sampled_from([0.0, 0.5]))
def test_rectangular_batches_fit_every_picture_and_never_pad_more_than_squares(shapes, batch_size, stride, pad):
    size = 640
    order, batch_shapes = rectangular_batches(np.array(shapes), size, batch_size, stride, pad)
    assert sorted(order.tolist()) == list(range(len(shapes)))
    assert len(batch_shapes) == -(-len(shapes) // batch_size)
    assert (batch_shapes % stride == 0).all() and (batch_shapes > 0).all()
    assert (batch_shapes <= np.ceil(size / stride + pad) * stride).all()
    for place, index in enumerate(order):
        (width, height), (high, wide) = shapes[index], batch_shapes[place // batch_size]
        assert min(high / height, wide / width) >= size / max(width, height) - 1e-9  # not smaller than in a square


def test_rectangular_batches_save_padding():
    shapes = [(640, 360), (360, 640), (640, 480), (480, 640)] * 8
    order, batch_shapes = rectangular_batches(shapes, 640, 8, pad=0)
    area = sum(high * wide * 8 for high, wide in batch_shapes)
    pictures = sum(width * height for width, height in shapes)
    assert len(order) == 32
    assert area - pictures < 0.15 * (640 * 640 * 32 - pictures)


def test_equal_aspect_ratios_keep_their_order():
    order, _ = rectangular_batches([(640, 480), (100, 100), (800, 600), (50, 50), (1000, 300), (1024, 768)], 640, 2)
    assert order.tolist() == [4, 0, 2, 5, 1, 3]


def test_no_pictures_make_no_batches():
    order, batch_shapes = rectangular_batches(np.zeros((0, 2), int), 640, 4)
    assert order.shape == (0,) and batch_shapes.shape == (0, 2)


@pytest.mark.parametrize("shapes", [[640, 480], [(640, 480, 3)], [(640, 0)], []])
def test_rectangular_batches_refuse_other_shapes(shapes):
    with pytest.raises(ValueError, match=r"found shapes_wh of shape .*expected \(n, 2\)"):
        rectangular_batches(shapes, 640, 4)


@pytest.mark.parametrize("setting", [{"batch_size": 0}, {"batch_size": 2.5}, {"size": 0}, {"stride": -1}])
def test_rectangular_batches_refuse_other_settings(setting):
    with pytest.raises(ValueError, match=f"found {next(iter(setting))}="):
        rectangular_batches([(4, 3)], **{"size": 64, "batch_size": 1} | setting)


# --- mosaic


@PROPERTY
@given(FOUR_PAINTED, SEEDS, st.integers(32, 160), st.sampled_from([0.0, 0.5]))
def test_mosaic_boxes_lie_where_the_pixels_are(samples, seed, size, scale):
    samples = [(image, boxes, np.array([number])) for number, (image, boxes, _) in enumerate(samples)]
    out = image, boxes, classes = mosaic(samples, rng(seed), size, scale=scale)
    check(out)
    assert image.shape == (size, size, 3) and len(set(classes)) == len(classes)
    for box, number in zip(boxes, classes, strict=True):
        if (box[2:] - box[:2]).min() > 3:
            np.testing.assert_allclose(find(image, COLOURS[number]), box, atol=1.5)


@PROPERTY
@given(FOUR_PAINTED, SEEDS, st.integers(32, 160))
def test_mosaic_drops_a_box_only_if_little_of_it_is_seen(samples, seed, size):
    samples = [(image, boxes, np.array([number])) for number, (image, boxes, _) in enumerate(samples)]
    image, boxes, classes = mosaic(samples, rng(seed), size)
    for number, (_, (whole,), _) in enumerate(samples):
        seen = find(image, COLOURS[number])
        sides = np.zeros(2) if seen is None else seen[2:] - seen[:2]
        stays = (sides > 2).all() and sides.prod() > 0.1 * (whole[2:] - whole[:2]).prod()
        assert (number in classes) == stays
        if stays:  # nothing was resized: exact to the pixel
            assert np.array_equal(boxes[classes == number][0], seen)


def test_mosaic_resizes_each_axis_as_it_was_rounded():
    image = np.zeros((200, 5, 3), np.uint8)  # 5 pixels times 0.9 are 4, so the box shrinks to 0.8 on this axis only
    image[50:150] = RED
    samples = [(image, [[0, 50, 5, 150]], [0])] + [(np.zeros((9, 9, 3), np.uint8), *empty()[1:])] * 3
    for seed in range(10):
        out, boxes, _ = mosaic(samples, rng(seed), 400, center=(200, 350), scale=0.45)
        np.testing.assert_allclose(find(out), boxes[0], atol=1)


def test_mosaic_lays_the_four_pictures_in_reading_order():
    samples = four()
    image, boxes, classes = mosaic(samples, rng(), 64, center=(24, 40))
    assert np.array_equal(image[:40, :24], samples[0][0][24:, 40:])
    assert np.array_equal(image[:40, 24:], samples[1][0][24:, :40])
    assert np.array_equal(image[40:, :24], samples[2][0][:24, 40:])
    assert np.array_equal(image[40:, 24:], samples[3][0][:24, :40])
    check((image, boxes, classes))


@pytest.mark.parametrize(("number", "center"), list(enumerate([(64, 64), (0, 64), (64, 0), (0, 0)])))
def test_mosaic_with_the_centre_in_a_corner_is_one_of_its_pictures(number, center):
    samples = four()
    assert equal(mosaic(samples, rng(), 64, center=center), samples[number])


def test_mosaic_is_grey_where_no_picture_reaches():
    image, _, _ = mosaic([empty(10, 10, seed) for seed in range(4)], rng(), 64, center=(32, 32))
    assert (image[:22] == 114).all() and (image[42:] == 114).all()
    assert (image[22:42, 22:42] != 114).mean() > 0.9


def test_mosaic_centres_lie_anywhere_in_the_picture():
    samples = [empty(64, 64, 0)] + [(np.zeros((64, 64, 3), np.uint8), *empty()[1:])] * 3
    generator = rng(1)
    first = [mosaic(samples, generator, 64)[0].any(axis=-1) for _ in range(300)]
    widths = [int(seen.any(axis=0).sum()) for seen in first]
    assert min(widths) == 0 and max(widths) == 64
    assert np.mean(widths) == pytest.approx(32, abs=4)


def test_mosaic_of_pictures_without_boxes():
    image, boxes, classes = mosaic([empty(seed=seed) for seed in range(4)], rng(), 64)
    check((image, boxes, classes))
    assert boxes.shape == (0, 4) and classes.shape == (0,)


def test_mosaic_takes_a_height_and_a_width():
    image, _, _ = mosaic(four(), rng(), (32, 96))
    assert image.shape == (32, 96, 3)


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_mosaic_refuses_another_number_of_samples(number):
    with pytest.raises(ValueError, match=f"found {number} samples, expected 4"):
        mosaic([sample()] * number, rng())


@pytest.mark.parametrize("center", [(-1, 0), (0, 65), (65, 0)])
def test_mosaic_refuses_a_centre_outside(center):
    with pytest.raises(ValueError, match="found center_[xy]=.*expected 0 to 64"):
        mosaic(four(), rng(), 64, center=center)


def test_mosaic_refuses_a_scale_that_leaves_nothing():
    with pytest.raises(ValueError, match="found scale=1"):
        mosaic(four(), rng(), 64, scale=1)


# --- mixup


@PROPERTY
@given(SEEDS, st.sampled_from([0.2, 1.0, 32.0]))
def test_mixup_lies_between_its_pictures_and_keeps_all_boxes(seed, alpha):
    one, two = sample(seed=1), sample(seed=2)
    out = image, boxes, classes = mixup(one, two, rng(seed), alpha)
    check(out)
    share = rng(seed).beta(alpha, alpha)
    expected = one[0] * share + two[0] * (1 - share)
    assert np.abs(image - expected).max() <= 0.51
    assert np.array_equal(boxes, np.concatenate([one[1], two[1]]))
    assert classes.tolist() == [3, 1, 3, 1]


def test_mixup_with_and_of_an_empty_picture():
    check(mixup(empty(), sample(), rng()))
    assert mixup(empty(), empty(), rng())[1].shape == (0, 4)


def test_mixup_refuses_two_sizes_and_an_alpha_of_nothing():
    with pytest.raises(ValueError, match=r"\(48, 64\), \(64, 48\).*expected one size"):
        mixup(sample(), sample(64, 48), rng())
    for alpha in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="found alpha="):
            mixup(sample(), sample(), rng(), alpha)


@pytest.mark.parametrize("combine", [lambda s, r: mosaic(s, r, 64, scale=0.3), lambda s, r: mixup(s[0], s[1], r)])
def test_combining_is_decided_by_the_generator_and_leaves_its_inputs_alone(combine):
    samples, before = four(), four()
    assert equal(combine(samples, rng(7)), combine(samples, rng(7)))
    assert not equal(combine(samples, rng(7)), combine(samples, rng(8)))
    combine(samples, rng(9))[0][:] = 0
    assert all(equal(one, other) for one, other in zip(samples, before, strict=True))
    for seed in (7, None):
        with pytest.raises(ValueError, match="found rng=.*default_rng"):
            combine(samples, seed)


# --- collate


def test_collate_makes_a_batch_and_its_targets():
    samples = [sample(seed=0), empty(seed=1), sample(seed=2)]
    images, targets = collate(samples)
    assert images.shape == (3, 3, 48, 64) and images.dtype == torch.float32 and images.is_contiguous()
    for image, (pixels, _, _) in zip(images, samples, strict=True):
        assert torch.equal(image, torch.from_numpy(pixels).permute(2, 0, 1) / 255)
    assert targets.shape == (4, 6) and targets.dtype == torch.float32
    assert targets[:, 0].tolist() == [0, 0, 2, 2] and targets[:, 1].tolist() == [3, 1, 3, 1]
    boxes = np.concatenate([samples[0][1], samples[2][1]])
    np.testing.assert_allclose(denormalise(targets[:, 2:], 64, 48), boxes, atol=1e-4)
    corners = xywh_to_xyxy(targets[:, 2:])
    assert (corners >= -1e-6).all() and (corners <= 1 + 1e-6).all()


def test_collate_spans_black_to_white():
    images, _ = collate([(np.array([[[0, 128, 255]]], np.uint8), *empty()[1:])])
    assert images.flatten().tolist() == [0, pytest.approx(128 / 255), 1]


def test_collate_of_pictures_without_boxes():
    images, targets = collate([empty(seed=0), empty(seed=1)])
    assert images.shape[0] == 2 and targets.shape == (0, 6) and targets.dtype == torch.float32


def test_collate_leaves_its_inputs_alone():
    samples, before = [sample()], [sample()]
    images, targets = collate(samples)
    images.zero_(), targets.zero_()
    assert equal(samples[0], before[0])


def test_collate_refuses_several_sizes_and_nothing():
    with pytest.raises(ValueError, match=r"\(48, 64\), \(64, 48\).*letterbox"):
        collate([sample(), sample(64, 48)])
    with pytest.raises(ValueError, match="there are none"):
        collate([])
