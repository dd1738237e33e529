"""Data sets by name."""

import numpy as np
import pytest

from tests.small import small_set
from yolo_course.data import DataError
from yolo_course.data.named import locate, open_split, open_training_data


def test_names_and_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path))
    assert locate("far") == tmp_path / "far"
    assert str(locate("./far")) == "far"
    with pytest.raises(DataError, match="render source"):
        locate("source")


def test_the_source_is_rendered():
    data = open_split("source", "val", count=2)
    assert len(data) == 2 and len(data.names) == 8


def test_a_share_of_the_pictures_is_drawn_as_in_an_experiment(tmp_path):
    folder = str(small_set(tmp_path / "set", ("train", "val"), count=5))
    everything, val_set = open_training_data(folder)
    few, _ = open_training_data(folder, images=2, seed=3)
    expected = np.random.default_rng(3).permutation(5)[:2]
    assert (len(everything), len(val_set)) == (5, 5)
    assert few.ids == [everything.ids[i] for i in expected]


@pytest.mark.parametrize("images", [0, 6])
def test_more_pictures_than_there_are(tmp_path, images):
    folder = small_set(tmp_path / "set", ("train", "val"), count=5)
    with pytest.raises(DataError, match="expected 1 to 5"):
        open_training_data(str(folder), images=images)
