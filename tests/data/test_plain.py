"""A folder of photos becomes a data set; a data set becomes another one."""

import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.data.files import write_text
from tests.small import NAMES, small_set, small_split
from yolo_course.cli import app
from yolo_course.data import DataError, Dataset, DataWarning, load_dataset, write_image
from yolo_course.data.plain import convert, load_folder, pooled


@pytest.fixture
def photos(tmp_path):
    """Six photos in two folders, two of them labelled, one of these without an object."""
    data = small_split(6)
    for i in range(6):
        write_image(tmp_path / "photos" / ("a" if i < 3 else "b") / f"{i}.png", data[i][0])
    write_text(tmp_path / "photos/a/0.txt", "1 0.5 0.5 0.25 0.5\n")
    write_text(tmp_path / "photos/b/4.txt")
    return tmp_path / "photos"


def test_a_folder_of_photos_and_what_is_labelled_in_it(photos):
    data = load_folder(photos, ["cat", "dog"])
    assert data.ids == list("012345") and data.unlabelled == set("1235")
    assert data.boxes[0].tolist() == [[24, 16, 40, 48]] and data.counts() == {"cat": 0, "dog": 1}
    with pytest.raises(DataError, match="found no photo"):
        load_folder(photos / "nowhere", ["cat"])
    with pytest.raises(DataError, match="found class 1"):
        load_folder(photos, ["cat"])


def test_from_photos_to_splits_on_the_command_line(photos, tmp_path):
    arguments = ["convert", str(photos), str(tmp_path / "out"), "--names", "cat, dog"]
    result = CliRunner().invoke(app, [*arguments, "--split", "0.5", "0.5", "0"])
    assert result.exit_code == 0 and "train: 3 pictures" in result.output and "val: 3 pictures" in result.output
    with pytest.warns(DataWarning, match="without a label file"):
        parts = [load_dataset(tmp_path / "out", split) for split in ("train", "val")]
    assert sorted(id_ for part in parts for id_ in part.ids) == list("012345") and parts[0].names == ["cat", "dog"]
    assert sum(len(part.unlabelled) for part in parts) == 4


def test_what_is_odd_is_a_sentence_on_the_command_line(tmp_path):
    source = small_set(tmp_path / "set", splits=("train",))
    (source / "labels/train/0.txt").write_text("0 0.5 0.5 0 0\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["convert", str(source), str(tmp_path / "out"), "--to", "coco"])
    assert result.exit_code == 0 and "Note: boxes without width or height dropped: 1" in result.output


@pytest.mark.parametrize("form", ["yolo", "voc", "coco"])
def test_forms_there_and_back(tmp_path, form):
    source = small_set(tmp_path / "set", splits=("train",))
    assert convert(source, tmp_path / "there", form) == {"train": 3}
    convert(tmp_path / "there", tmp_path / "back", "yolo")
    back, data = load_dataset(tmp_path / "back", "train"), load_dataset(source, "train")
    assert back.names == (sorted(NAMES) if form == "voc" else NAMES)
    for i in range(3):
        np.testing.assert_allclose(back.boxes[i], data.boxes[i], atol=0.51)


def test_a_new_split_takes_every_picture_once(tmp_path):
    source = small_set(tmp_path / "set", splits=("train", "val"), count=4)
    shutil.copy(source / "images/train/0.jpg", source / "images/val/9.jpg")  # two files stay two
    with pytest.warns(DataWarning, match="without a label file"):
        counts = convert(source, tmp_path / "out", shares={"train": 0.6, "test": 0.4})
    assert sum(counts.values()) == 9 and set(counts) == {"train", "test"}


def test_pooling_needs_the_same_classes():
    a, b = small_split(2), small_split(2, seed=1)
    b.images = [image.copy() for image in b.images]
    assert len(pooled([a, b])) == 4
    with pytest.raises(DataError, match="expected the same in every part"):
        pooled([a, Dataset([], [], [], ["other"])])
