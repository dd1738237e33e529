"""Near-duplicates are found whatever was done to their files, and strangers are told apart."""

import cv2
import numpy as np
import pytest

from yolo_course.data import Dataset, data_dir, load_dataset
from yolo_course.data.duplicates import NEAR, fingerprint, fingerprints, near_groups, near_pairs, scenes


@pytest.fixture(scope="module")
def streets():
    return load_dataset(data_dir() / "far", "val").subset(range(40))


def of(images):
    none = [np.zeros((0, 4))] * len(images), [np.zeros(0)] * len(images)
    return Dataset(images, *none, ["thing"])


def saved_again(image):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)


COPIES = {
    "saved again": saved_again,
    "halved": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "brighter": lambda image: np.clip(image * 1.2 + 10, 0, 255).astype(np.uint8),
    "cropped": lambda image: image[3:-3, 4:-4],
    "shifted": lambda image: np.roll(image, 3, 1),
    "mirrored": lambda image: image[:, ::-1],
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_found_and_strangers_are_not(streets, name):
    images = [streets[i][0] for i in range(len(streets))]
    copies = fingerprints(of([np.ascontiguousarray(COPIES[name](image)) for image in images]))
    found = near_pairs(fingerprints(streets), copies)
    assert sorted((i, j) for i, j, _ in found) == [(i, i) for i in range(len(images))]
    assert all(apart <= NEAR for *_, apart in found) and found == sorted(found, key=lambda pair: pair[2])


def test_groups_join_what_is_near_to_a_member():
    rng = np.random.default_rng(0)
    scene = rng.integers(0, 2, 512).astype(bool)
    chain = [scene.copy() for _ in range(3)]
    chain[1][:100] ^= True  # near to both ends, which are far from each other
    chain[2][:200] ^= True
    other = rng.integers(0, 2, 512).astype(bool)
    prints = np.array([[p, ~p] for p in (chain[0], other, chain[2], chain[1])])
    assert near_groups(prints) == [[0, 2, 3], [1]]
    assert near_groups(prints[:3]) == [[0], [1], [2]] and near_groups(prints[:0]) == []


def test_many_are_compared_in_parts(monkeypatch):
    prints = np.random.default_rng(1).integers(0, 2, (30, 2, 512)).astype(bool)
    whole = near_pairs(prints, prints, 0.48)
    monkeypatch.setattr("yolo_course.data.duplicates.ROWS", 7)
    assert near_pairs(prints, prints, 0.48) == whole and len(whole) > 30


def test_every_scene_of_the_course_is_its_own(streets):
    assert scenes(streets) == [[i] for i in range(len(streets))]
    assert fingerprint(np.zeros((5, 9, 3), np.uint8)).shape == (512,)
