"""What does not fit is said before anything is trained or written."""

from __future__ import annotations

import numpy as np
import pytest

from tests.learn.tiny import QUICK, tiny_model
from tests.small import NAMES, small_split
from yolo_course.data import DataError, Dataset
from yolo_course.learn.fit import check_fit
from yolo_course.learn.train import train


def renamed(names: list[str]) -> Dataset:
    data = small_split(2)
    return Dataset(data.images, data.boxes, data.classes, names)


def empty_pictures() -> Dataset:
    data = small_split(2)
    return Dataset(data.images, [np.zeros((0, 4))] * 2, [[]] * 2, NAMES)


def test_what_fits():
    check_fit(tiny_model(), small_split(2), small_split(2))
    check_fit(tiny_model(), small_split(2), None)
    check_fit(tiny_model(), empty_pictures(), None)  # pictures without objects teach, too
    check_fit(tiny_model(), renamed(["cat", "dog"]), renamed(["cat", "dog"]))


@pytest.mark.parametrize(
    ("train_set", "val_set", "match"),
    [
        (small_split(2).subset([]), None, "found a training set without pictures"),
        (
            renamed(["a", "b", "c"]),
            None,
            r"found 3 classes in the data \(a, b, c\) and 2 in the model.*num_classes=3",
        ),
        (renamed(NAMES[::-1]), None, "found two orders of the classes"),
        (small_split(2), renamed(NAMES[::-1]), "to train on and .* to measure on"),
        (small_split(2), renamed(["a", "b", "c"]), "to measure on: use the same"),
        (small_split(2), empty_pictures(), "validation set without a box.*pass None"),
        (small_split(2), small_split(2).subset([]), "validation set without a box"),
    ],
)
def test_what_does_not(tmp_path, train_set, val_set, match):
    with pytest.raises(DataError, match=match):
        train(tiny_model(), train_set, val_set, tmp_path / "run", progress=False, **QUICK)
    assert not (tmp_path / "run").exists()


def test_the_model_takes_the_names_of_what_it_learns(tmp_path):
    model, data = tiny_model(), renamed(["cat", "dog"])
    result = train(model, data, None, tmp_path / "run", progress=False, **{**QUICK, "epochs": 1})
    assert model.names == result.model.names == ["cat", "dog"]
