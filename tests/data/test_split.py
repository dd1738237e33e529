"""Splits: of the sizes asked for, the same tomorrow, and never a scene in two parts."""

import numpy as np
import pytest

from tests.small import small_split
from yolo_course.data import DataError, Dataset
from yolo_course.data.split import split_dataset

ALONE = [[i] for i in range(40)]


@pytest.fixture(scope="module")
def data():
    return small_split(40)


def test_every_picture_once_in_parts_of_the_sizes_asked_for(data):
    parts = split_dataset(data, {"train": 0.5, "val": 0.3, "test": 0.2}, groups=ALONE)
    assert {name: len(part) for name, part in parts.items()} == {"train": 20, "val": 12, "test": 8}
    assert sorted(i for part in parts.values() for i in part.ids) == sorted(data.ids)


def test_the_same_seed_the_same_split_whatever_the_order_of_the_files(data):
    shuffled = data.subset(np.random.default_rng(3).permutation(len(data)))
    ids = [{name: part.ids for name, part in split_dataset(d, groups=ALONE).items()} for d in (data, shuffled)]
    assert ids[0] == ids[1]
    assert ids[0] != {name: part.ids for name, part in split_dataset(data, seed=1, groups=ALONE).items()}


def test_groups_stay_together(data):
    groups = [list(range(0, 10)), list(range(10, 16)), *([i] for i in range(16, 40))]
    for seed in range(5):
        parts = split_dataset(data, seed=seed, groups=groups)
        for group in groups:
            assert sum(bool({data.ids[i] for i in group} & set(part.ids)) for part in parts.values()) == 1
        assert abs(len(parts["train"]) - 28) <= 6


def test_near_duplicates_are_found_by_themselves():
    images = [small_split(1, seed, size=96)[0][0] for seed in range(12)]
    brighter = [np.clip(image.astype(int) + 12, 0, 255).astype(np.uint8) for image in images]
    none = [np.zeros((0, 4))] * 24, [np.zeros(0)] * 24
    both = Dataset(images + brighter, *none, ["thing"], ids=[f"{n % 12:02}{n // 12}" for n in range(24)])
    parts = split_dataset(both, {"train": 0.5, "val": 0.5})
    assert all(len({id_[:2] for id_ in part.ids}) == len(part) / 2 for part in parts.values())


@pytest.mark.parametrize(
    ("shares", "groups", "words"),
    [
        ({"train": 0.5, "val": 0.6}, ALONE, "add up to 1"),
        ({"train": 1.0, "val": 0.0}, ALONE, "above 0"),
        ({}, ALONE, "add up to 1"),
        ({"train": 1.0}, ALONE[1:], "each of the 40 pictures once"),
        ({"train": 0.5, "val": 0.5}, [list(range(40))], "too few for the parts val"),
    ],
)
def test_what_cannot_be_is_refused(data, shares, groups, words):
    with pytest.raises(DataError, match=words):
        split_dataset(data, shares, groups=groups)
