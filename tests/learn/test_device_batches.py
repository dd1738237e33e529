"""Batches made on the device show what the stages of the CPU show."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.small import small_split
from yolo_course.data import Dataset
from yolo_course.learn.batches import AUGMENT, NO_AUGMENT, Batches
from yolo_course.learn.device_batches import DeviceBatches, Plan, Store, draw, move_boxes, quarters, recoloured
from yolo_course.stages import augment
from yolo_course.stages.input import collate, letterbox, letterbox_boxes, mosaic

SIZE, CPU = 64, torch.device("cpu")
STILL, PLAIN = np.zeros((1, 3)), np.zeros((1, 2), bool)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return small_split(6).resized(SIZE)


@pytest.fixture(scope="module")
def store(data) -> Store:
    return Store(data, SIZE, CPU)


def same_pictures(found, expected, most: float = 2.0, share: float = 0.99) -> None:
    """Nearly every pixel within ``most`` of 255: edges of pictures may fall to one side or the other."""
    difference = (found - expected).abs().amax(1) * 255
    assert (difference <= most).float().mean() >= share, difference.quantile(torch.tensor([0.5, 0.9, 0.99]))


def test_without_augmentation_they_are_the_letterboxed_pictures(data, store):
    for index in range(3):
        images, targets = DeviceBatches(store, 2, NO_AUGMENT, seed=1)[index]
        expected, expected_targets = Batches(data, SIZE, 2, NO_AUGMENT, seed=1)[index]
        assert images.shape == expected.shape and images.dtype == torch.float32
        same_pictures(images, expected, most=0.5, share=1.0)
        torch.testing.assert_close(targets, expected_targets, atol=1e-5, rtol=0)


@pytest.mark.parametrize("meet", [(20, 44), (0, 64), (64, 64), (33, 10)])
def test_a_mosaic_is_the_stage_s(data, store, meet):
    picture = np.array([[0, 1, 2, 3]])
    matrix = quarters(store.shapes_wh[picture], np.array([meet]), np.ones((1, 4)))
    plan = Plan(picture, matrix, np.array([meet]), STILL, PLAIN)
    sample = mosaic([data[i] for i in range(4)], np.random.default_rng(0), SIZE, center=meet)
    expected, targets = collate([sample])
    same_pictures(draw(store, plan), expected, most=0.5, share=1.0)
    torch.testing.assert_close(move_boxes(store, plan), targets, atol=1e-5, rtol=0)


def test_a_zoomed_mosaic_is_the_stage_s(data, store):
    picture, meet = np.array([[3, 2, 1, 0]]), np.array([[30, 36]])
    matrix = quarters(store.shapes_wh[picture], meet, np.full((1, 4), 1.5))
    plan = Plan(picture, matrix, meet, STILL, PLAIN)
    larger = data.resized(SIZE * 3 // 2)
    expected, targets = collate(
        [mosaic([larger[i] for i in (3, 2, 1, 0)], np.random.default_rng(0), SIZE, center=(30, 36))]
    )
    same_pictures(draw(store, plan), expected, most=6, share=0.97)
    torch.testing.assert_close(move_boxes(store, plan), targets, atol=0.02, rtol=0)


@pytest.mark.parametrize("change", [{"move": (0.1, -0.2)}, {"zoom": 1.4}, {"zoom": 0.6}, {"angle": 20.0, "zoom": 1.1}])
def test_a_moved_picture_is_the_stage_s(data, store, change):
    image, boxes, classes = data[0]
    square, ratio, pad = letterbox(image, SIZE)
    move = augment.affine_matrix(SIZE, SIZE, **change)
    sample = augment.warp(square, letterbox_boxes(boxes, ratio, pad), classes, move)
    place = (SIZE - store.shapes_wh[0]) // 2
    matrix = np.zeros((1, 4, 2, 3)) + np.eye(3)[:2]
    matrix[0, 0] = (move @ [[1, 0, place[0]], [0, 1, place[1]], [0, 0, 1]])[:2]
    plan = Plan(np.array([[0, 1, 2, 3]]), matrix, np.array([[SIZE, SIZE]]), STILL, PLAIN)
    expected, targets = collate([sample])
    same_pictures(draw(store, plan), expected, most=8, share=0.93)  # OpenCV moves by 1/32 of a pixel
    torch.testing.assert_close(move_boxes(store, plan), targets, atol=1e-4, rtol=0)


def test_mirrored_pictures_and_boxes(data, store):
    plain = DeviceBatches(store, 3, NO_AUGMENT)[0]
    images, targets = DeviceBatches(store, 3, {**NO_AUGMENT, "fliplr": 1.0, "flipud": 1.0})[0]
    assert torch.equal(images, plain[0].flip(2, 3))
    expected = plain[1].clone()
    expected[:, 2:4] = 1 - expected[:, 2:4]
    torch.testing.assert_close(targets, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("gains", [(0, 0, 0), (0.1, 0, 0), (0, -0.5, 0), (0, 0.6, -0.3), (-0.4, 0.2, 0.3)])
def test_colours_are_the_stage_s(gains):
    colours = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    found = recoloured(torch.from_numpy(colours)[None] / 255, torch.tensor([gains], dtype=torch.float32)) * 255
    expected = torch.from_numpy(augment.recolour(colours, *gains)).float()
    difference = (found[0] - expected).abs()
    assert difference.max() <= 12 and difference.mean() < 2  # OpenCV keeps hues in steps of 2 degrees


def test_each_is_a_function_of_seed_epoch_and_index(store):
    one, again = (DeviceBatches(store, 2, AUGMENT, seed=3, epoch=1)[1] for _ in range(2))
    assert all(map(torch.equal, one, again))
    for other in ({"seed": 4, "epoch": 1}, {"seed": 3, "epoch": 2}):
        assert not torch.equal(DeviceBatches(store, 2, AUGMENT, **other)[1][0], one[0])


def test_augmented_boxes_stay_on_their_objects():
    """White squares on black: however they are moved, cut and mirrored, a box is full of white."""
    images, boxes = [], []
    for seed in range(4):
        x, y = np.random.default_rng(seed).integers(8, 36, 2)
        image = np.zeros((SIZE, SIZE, 3), np.uint8)
        image[y : y + 20, x : x + 20] = 255
        images.append(image)
        boxes.append([[x, y, x + 20, y + 20]])
    store = Store(Dataset(images, boxes, [[0]] * 4, ["white"]), SIZE, CPU)
    strong = {**AUGMENT, "degrees": 0.0, "mosaic": 0.5, "hsv_v": 0.0}
    for epoch in range(12):
        pictures, targets = DeviceBatches(store, 4, strong, epoch=epoch)[0]
        for picture, _, x, y, w, h in targets.tolist():
            left, top, right, bottom = (round(SIZE * v) for v in (x - w / 2, y - h / 2, x + w / 2, y + h / 2))
            inside = pictures[int(picture), :, top:bottom, left:right]
            assert (inside > 0.3).float().mean() > 0.75


@pytest.mark.parametrize("name", ["mixup", "cutout", "perspective"])
def test_what_is_not_made_here_is_refused(store, name):
    with pytest.raises(ValueError, match=f"found {name}=0.1, which is not made on the device: use augment_on='cpu'"):
        DeviceBatches(store, 2, {**AUGMENT, name: 0.1})
