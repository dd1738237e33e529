"""Which folder's photos are shown, where their labels go, and that the package's reader finds them there."""

import os
from pathlib import Path

import pytest
import yaml

from tests.data.files import write_picture, write_text, yolo_set
from yolo_course.data import DataError, load_dataset
from yolo_course.show.labeller.places import Places, find_places
from yolo_course.show.labeller.store import LabelStore

NAMES = ["cat", "dog"]


def labelled(folder, labels=None):
    """Label the first picture; where its file was put, below the folder's parent."""
    store = LabelStore(folder, NAMES, labels)
    store.write(0, [(1, 1, 1, 11, 11)])
    return store.files[0]


def test_photos_in_the_folder_itself(tmp_path):
    write_picture(tmp_path / "trip" / "day1" / "a.JPG", format="JPEG")
    write_picture(tmp_path / "trip" / "b.webp")
    store = LabelStore(tmp_path / "trip", NAMES)
    for i in range(2):
        store.write(i, [(i, 1, 1, 11, 11)])
    assert {file.relative_to(tmp_path).as_posix() for file in store.files} == {"trip/b.txt", "trip/day1/a.txt"}
    data = load_dataset(tmp_path / "trip")
    assert sorted(data.ids) == ["a", "b"] and data.counts() == {"cat": 1, "dog": 1}
    assert yaml.safe_load((tmp_path / "trip/data.yaml").read_text())["train"] == "."


def test_a_folder_with_images(tmp_path):
    write_picture(tmp_path / "set" / "images" / "day1" / "a.png")
    write_picture(tmp_path / "set" / "cover.png")  # not below images: not shown
    assert labelled(tmp_path / "set") == tmp_path / "set/labels/day1/a.txt"
    data = load_dataset(tmp_path / "set")
    assert data.ids == ["a"] and data.boxes[0][0].tolist() == pytest.approx([1, 1, 11, 11], abs=1e-3)


def test_a_part_of_a_data_set(tmp_path):
    source = yolo_set(tmp_path / "set", {"a": None, "b": ""})
    before = source.read_text()
    assert labelled(tmp_path / "set/images/train") == tmp_path / "set/labels/train/a.txt"
    assert source.read_text() == before and not (tmp_path / "set/images/train/data.yaml").exists()
    assert load_dataset(tmp_path / "set").counts() == {"cat": 0, "dog": 1}


def test_a_folder_that_is_called_images_by_chance(tmp_path):
    write_picture(tmp_path / "images" / "holiday" / "a.png")
    assert labelled(tmp_path / "images" / "holiday") == tmp_path / "images/holiday/a.txt"
    assert load_dataset(tmp_path / "images" / "holiday").counts() == {"cat": 0, "dog": 1}
    assert sorted(os.listdir(tmp_path)) == ["images"]


def test_images_and_labels_below_splits(tmp_path):
    write_picture(tmp_path / "train" / "images" / "a.png")
    assert labelled(tmp_path) == tmp_path / "train/labels/a.txt"
    assert load_dataset(tmp_path).counts() == {"cat": 0, "dog": 1}


def test_relative_paths_and_a_current_folder(tmp_path, monkeypatch):
    write_picture(tmp_path / "photos" / "a.png")
    monkeypatch.chdir(tmp_path / "photos")
    assert labelled(".") == tmp_path / "photos/a.txt"
    monkeypatch.chdir(tmp_path)
    assert LabelStore("photos", NAMES).read(0).state == "boxes" and len(load_dataset("photos").boxes[0]) == 1


def test_labels_in_a_folder_of_their_own(tmp_path):
    write_picture(tmp_path / "photos" / "day1" / "a.png")
    assert labelled(tmp_path / "photos", tmp_path / "mine") == tmp_path / "mine/day1/a.txt"
    assert sorted(os.listdir(tmp_path / "photos")) == ["day1"]
    with pytest.raises(DataError, match="found a file, expected a folder"):
        find_places(tmp_path / "photos", write_text(tmp_path / "file"))


def test_folders_that_cannot_be_used(tmp_path):
    with pytest.raises(DataError, match="found no such folder.*current folder"):
        LabelStore(tmp_path / "nowhere", NAMES)
    with pytest.raises(DataError, match="found no photo.*Copy photos"):
        LabelStore(tmp_path, NAMES)
    write_picture(tmp_path / "a.jpg")
    write_picture(tmp_path / "A.png")
    with pytest.raises(DataError, match="share the label file.*Rename"):
        LabelStore(tmp_path, NAMES)


@pytest.mark.parametrize("names", [[], "cat", ["cat", ""], [1, 2]])
def test_names_that_are_none(tmp_path, names):
    write_picture(tmp_path / "a.jpg")
    with pytest.raises(DataError, match="expected the classes in order"):
        LabelStore(tmp_path, names)
    with pytest.raises(DataError, match="found a name twice"):
        LabelStore(tmp_path, ["cat", "cat"])


def test_names_of_the_data_yaml_count(tmp_path):
    yolo_set(tmp_path, {"a": None})
    with pytest.raises(DataError, match=r"found the classes \['cat', 'dog'\], expected \['dog', 'cat'\]"):
        LabelStore(tmp_path, ["dog", "cat"])
    LabelStore(tmp_path, ["dog", "cat"], tmp_path / "other labels")


def test_a_label_file_stays_in_the_home_folder():
    home = Path("/x/images/trip")
    assert Places(home, home).label_file(home / "a.jpg") == home / "a.txt"
