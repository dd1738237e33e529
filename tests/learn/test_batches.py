"""A batch is a function of seed, epoch and index: nothing else decides what is in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.small import NAMES, small_split
from yolo_course.data import Dataset
from yolo_course.learn.batches import AUGMENT, NO_AUGMENT, Batches, in_order
from yolo_course.stages.input import rectangular_batches

EVERYTHING = {**AUGMENT, "mosaic": 0.5, "mixup": 0.3, "cutout": 0.5, "flipud": 0.5, "degrees": 10, "shear": 5}


@pytest.fixture(scope="module")
def data() -> Dataset:
    return small_split(10)


@pytest.fixture(scope="module")
def shapes() -> Dataset:
    """Pictures of five shapes, long side 64, each of its own grey."""
    sides = [(64, 32), (32, 64), (64, 64), (64, 48), (48, 64)] * 2
    images = [np.full((h, w, 3), 20 * i + 30, np.uint8) for i, (w, h) in enumerate(sides)]
    return Dataset(images, [[[4, 4, w - 4, h - 4]] for w, h in sides], [[i % 2] for i in range(10)], NAMES)


def numbered(count: int) -> Dataset:
    """Grey pictures that can be told apart: picture i has the level 10 i + 10."""
    images = [np.full((32, 32, 3), 10 * i + 10, np.uint8) for i in range(count)]
    return Dataset(images, [[[0, 0, 32, 32]]] * count, [[0]] * count, NAMES)


def levels(images: torch.Tensor) -> list[int]:
    """Which of the numbered pictures are in a batch."""
    return ((images[:, 0, 16, 16] * 255).round().int() // 10 - 1).tolist()


def same(one, other) -> bool:
    return torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


class TestForm:
    def test_images_and_targets(self, data):
        images, targets = Batches(data, 64, 4, NO_AUGMENT)[0]
        assert images.shape == (4, 3, 64, 64) and images.dtype == torch.float32
        assert 0 <= images.min() and images.max() <= 1
        assert targets.shape == (8, 6) and targets[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
        assert set(targets[:, 1].tolist()) == {0, 1}
        assert (targets[:, 2:] > 0).all() and (targets[:, 2:] < 1).all()

    @pytest.mark.parametrize(("size", "lengths"), [(4, [4, 4, 2]), (10, [10]), (16, [10]), (1, [1] * 10)])
    def test_every_picture_once_an_epoch(self, size, lengths):
        batches = Batches(numbered(10), 32, size, NO_AUGMENT)
        seen = [levels(batches[i][0]) for i in range(len(batches))]
        assert [len(each) for each in seen] == lengths
        assert sorted(sum(seen, [])) == list(range(10))

    def test_a_new_order_every_epoch_and_every_seed(self):
        orders = {
            tuple(levels(Batches(numbered(10), 32, 10, NO_AUGMENT, seed, epoch)[0][0]))
            for seed in range(3)
            for epoch in range(3)
        }
        assert len(orders) == 9

    def test_without_augmentation_the_picture_is_untouched(self, data):
        batches = Batches(data, 64, 1, NO_AUGMENT)
        originals = [np.moveaxis(data[i][0], 2, 0) for i in range(len(data))]
        images, _ = batches[0]
        assert any(np.array_equal((images[0] * 255).round().byte().numpy(), image) for image in originals)


class TestDeterminism:
    def test_the_same_three_numbers_the_same_batch(self, data):
        one, other = (Batches(data, 64, 4, EVERYTHING, seed=3, epoch=2) for _ in range(2))
        backwards = {i: other[i] for i in reversed(range(len(other)))}  # the order of asking plays no part
        assert all(same(one[i], backwards[i]) for i in range(len(one)))
        assert same(one[1], one[1])

    @pytest.mark.parametrize("other", [{"seed": 4}, {"epoch": 3}])
    def test_another_number_another_batch(self, data, other):
        usual = {"seed": 3, "epoch": 2}
        one, two = (Batches(data, 64, 4, EVERYTHING, **{**usual, **more}) for more in ({}, other))
        assert not same(one[0], two[0])

    def test_pytorchs_and_numpys_own_generators_play_no_part(self, data):
        torch.manual_seed(1)
        np.random.seed(1)  # noqa: NPY002 - the one that must not matter
        one = Batches(data, 64, 4, EVERYTHING)[0]
        torch.manual_seed(2)
        np.random.seed(2)  # noqa: NPY002
        assert same(one, Batches(data, 64, 4, EVERYTHING)[0])

    @pytest.mark.timeout(120)
    def test_workers_change_nothing_but_speed(self, data):
        batches = Batches(data, 64, 4, EVERYTHING, seed=1, epoch=1)
        alone, helped = (list(in_order(batches, workers)) for workers in (0, 2))
        assert len(alone) == len(helped) == 3
        assert all(same(one, other) for one, other in zip(alone, helped, strict=True))

    def test_the_data_are_left_as_they_were(self, data):
        before = [tuple(part.copy() for part in data[i]) for i in range(len(data))]
        for index in range(3):
            Batches(data, 64, 4, EVERYTHING)[index]
        for i, sample in enumerate(before):
            assert all(np.array_equal(a, b) for a, b in zip(sample, data[i], strict=True))


class TestShares:
    """Several processes: disjoint shares that cover every batch."""

    @pytest.mark.parametrize("world", [1, 2, 4])
    def test_together_they_have_the_batch_of_one_process(self, world):
        whole = Batches(numbered(12), 32, 4, NO_AUGMENT, seed=1)
        shares = [Batches(numbered(12), 32, 4, NO_AUGMENT, seed=1, rank=r, world=world) for r in range(world)]
        assert {len(share) for share in shares} == {3}
        for index in range(3):
            parts = [levels(share[index][0]) for share in shares]
            assert len({len(part) for part in parts}) == 1
            assert sorted(sum(parts, [])) == sorted(levels(whole[index][0]))

    @pytest.mark.parametrize(("count", "batch_size", "world"), [(10, 4, 4), (5, 4, 3), (1, 2, 4), (3, 1, 2)])
    def test_where_it_does_not_divide_some_pictures_come_twice(self, count, batch_size, world):
        data = numbered(count)
        shares = [Batches(data, 32, batch_size, NO_AUGMENT, rank=r, world=world) for r in range(world)]
        seen = [[levels(share[i][0]) for i in range(len(share))] for share in shares]
        assert {index for share in seen for batch in share for index in batch} == set(range(count))
        for parts in zip(*seen, strict=True):
            assert len({len(part) for part in parts}) == 1, "ranks of unequal batches wait for each other forever"
            assert min(len(part) for part in parts) >= 1

    def test_ranks_augment_differently(self):
        data = small_split(1)
        one, two = (Batches(data, 64, 2, EVERYTHING, rank=rank, world=2)[0] for rank in (0, 1))
        assert not same(one, two)


class TestRectangles:
    def test_shapes_are_those_of_training_without_extra_room(self, shapes):
        batches = Batches(shapes, 64, 2, NO_AUGMENT, rect=True)
        order, expected = rectangular_batches(shapes.shapes_wh, 64, 2, pad=0.0)
        assert [tuple(batches[i][0].shape[2:]) for i in range(5)] == [tuple(shape) for shape in expected.tolist()]
        assert (32, 64) in map(tuple, expected.tolist()) and (64, 32) in map(tuple, expected.tolist())
        assert sorted(np.concatenate(batches.groups).tolist()) == list(range(10))

    def test_less_padding(self, shapes):
        def pixels(batches):
            return sum(batches[i][0].numel() for i in range(len(batches)))

        square, rect = (Batches(shapes, 64, 2, NO_AUGMENT, rect=r) for r in (False, True))
        assert pixels(rect) <= 0.8 * pixels(square)

    def test_boxes_follow_into_the_rectangle(self, shapes):
        batches = Batches(shapes, 64, 2, NO_AUGMENT, rect=True)
        for index in range(5):
            images, targets = batches[index]
            height, width = images.shape[2:]
            for number, _, x, y, w, h in targets.tolist():
                left, right = round((x - w / 2) * width), round((x + w / 2) * width)
                top, bottom = round((y - h / 2) * height), round((y + h / 2) * height)
                inside = images[int(number), 0, top:bottom, left:right]
                assert inside.std() < 0.01, "padding or another picture inside the box"

    def test_it_switches_mosaic_and_mixup_off(self, shapes):
        wild = {**NO_AUGMENT, "mosaic": 1.0, "mixup": 1.0}
        plain, asked = (Batches(shapes, 64, 2, a, rect=True) for a in (NO_AUGMENT, wild))
        assert all(same(plain[i], asked[i]) for i in range(5))


class TestStrengths:
    def test_mosaic_takes_four_pictures(self):
        images, _ = Batches(numbered(9), 32, 9, {**NO_AUGMENT, "mosaic": 1.0})[0]
        assert max(len(image.unique()) for image in images) >= 3

    def test_flips_turn_boxes_too(self, data):
        plain, turned = (Batches(data, 64, 4, {**NO_AUGMENT, "fliplr": p})[0] for p in (0.0, 1.0))
        assert torch.equal(turned[0], plain[0].flip(3))
        assert torch.allclose(turned[1][:, 2], 1 - plain[1][:, 2], atol=1e-6)

    def test_mixup_keeps_the_boxes_of_both(self, data):
        plain, mixed = (Batches(data, 64, 4, {**NO_AUGMENT, "mixup": p})[0] for p in (0.0, 1.0))
        assert len(mixed[1]) == 2 * len(plain[1])

    @pytest.mark.parametrize("key", [key for key in AUGMENT if key not in ("mosaic", "mixup")])
    def test_each_one_has_an_effect(self, data, key):
        strength = {"degrees": 20, "shear": 10, "perspective": 0.001}.get(key, 1.0 if key != "scale" else 0.5)
        plain, changed = (Batches(data, 64, 4, {**NO_AUGMENT, key: s})[0] for s in (0.0, strength))
        assert not torch.equal(plain[0], changed[0])

    def test_an_impossible_strength_is_named(self, data):
        with pytest.raises(ValueError, match="found hue=2"):
            Batches(data, 64, 4, {**NO_AUGMENT, "hsv_h": 2.0})[0]
