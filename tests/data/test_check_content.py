"""The doctor on what pictures and boxes say: each trouble is provoked, found, and gone when it is mended."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.data.files import write_text, yolo_set
from tests.small import NAMES, small_split
from yolo_course.data import Dataset, data_dir, load_dataset, read_image, save_yolo, write_image
from yolo_course.data.check import check_dataset

BOX = "0 0.5 0.5 0.2 0.4\n"


def findings(source, **options):
    return {finding.what: finding for finding in check_dataset(source, **options).findings}


@pytest.fixture
def streets(tmp_path):
    """A sound set of 8 and 4 pictures."""
    data = load_dataset(data_dir() / "far", "train")
    save_yolo(data.subset(range(8)), tmp_path, "train")
    save_yolo(data.subset(range(8, 12)), tmp_path, "val")
    return tmp_path


def test_a_sound_set_has_none_of_it(streets):
    wrong = {what for what, finding in findings(streets).items() if finding.wrong}
    assert not wrong


def test_the_next_frame_in_another_split(streets):
    image = read_image(sorted((streets / "images/train").iterdir())[0])
    frame = np.clip(np.roll(image, 3, 1).astype(int) + 15, 0, 255).astype(np.uint8)
    write_image(streets / "images/val/frame.jpg", frame)
    write_text(streets / "labels/val/frame.txt", BOX)
    found = findings(streets)["the same scene in train and in val"]
    assert len(found.places) == 1 and "frame.jpg" in found.places[0] and not found.wrong
    assert [picture.name for picture in found.pictures][1] == "frame.jpg" and "split_dataset" in found.advice


def test_one_folder_for_two_splits(streets):
    text = (streets / "data.yaml").read_text(encoding="utf-8").replace("val: images/val", "val: images/train")
    write_text(streets / "data.yaml", text)
    assert findings(streets)["train and val are the same pictures"].wrong


def test_pictures_that_no_list_names(streets):
    listed = sorted((streets / "images/train").iterdir())
    write_text(streets / "train.txt", "".join(f"./images/train/{image.name}\n" for image in listed[1:]))
    text = (streets / "data.yaml").read_text(encoding="utf-8").replace("train: images/train", "train: train.txt")
    write_text(streets / "data.yaml", text)
    found = findings(streets)["pictures that no split lists"]
    assert not found.wrong and found.pictures == (listed[0].resolve(),)


def test_classes_counted_from_one(tmp_path):
    file = yolo_set(tmp_path, {"a": "1 0.5 0.5 0.2 0.4\n", "b": "2 0.5 0.5 0.2 0.4\n", "c": "2 .3 .3 .2 .2\n"})
    found = findings(file)["classes that seem to be counted from 1"]
    assert found.wrong and "2 boxes of a class behind the last name" in found.places[0]
    write_text(tmp_path / "labels/train/c.txt", BOX)
    assert "classes that seem to be counted from 1" not in findings(file)


def test_pictures_that_the_camera_turned(streets):
    path = sorted((streets / "images/train").iterdir())[0]
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(path).save(path, exif=exif)
    found = findings(streets)["pictures that the camera turned (EXIF)"]
    assert found.pictures == (path,) and not found.wrong


def test_rare_classes_and_much_background(tmp_path):
    labels = {str(n): "".join(f"0 0.{p} 0.5 0.05 0.1\n" for p in range(1, 8)) for n in range(4)}
    labels["4"] = "1 0.5 0.5 0.2 0.2\n"
    found = findings(yolo_set(tmp_path / "rare", labels))["rare classes in train"]
    assert found.places == ("dog: 1 of 28",)
    found = findings(yolo_set(tmp_path / "empty", {"a": BOX, "b": "", "c": "", "d": ""}))
    assert found["mostly pictures without a box in train"].places == ("3 of 4",)


def boxes_of(side, count=20):
    """Pictures of 400 pixels with boxes of about this side."""
    rng = np.random.default_rng(0)
    images = [cv2.resize(small_split(1, seed)[0][0], (400, 400)) for seed in range(2)]
    corners = rng.uniform(0, 400 - 2 * side, (2, count, 2))
    extent = side * rng.uniform(0.8, 1.2, (2, count, 2))
    return Dataset(images, np.concatenate([corners, corners + extent], 2), [np.arange(count) % 2] * 2, NAMES)


def test_boxes_too_small_at_the_training_size(tmp_path):
    folder = save_yolo(boxes_of(6), tmp_path, "train").parent
    found = findings(folder, size=128)["boxes too small to be seen"]
    assert found.places == ("100% of the boxes are under 3 px at 128",)
    better = int(found.advice.split()[-3])
    assert better > 128 and "boxes too small to be seen" not in findings(folder, size=better)
    assert "boxes too small to be seen" not in findings(folder)


def test_anchors_that_do_not_fit_and_the_remedy(tmp_path):
    folder = save_yolo(boxes_of(6), tmp_path, "train").parent
    found = findings(folder, size=128)["anchors that do not fit"]
    assert "best possible recall 0." in found.places[0] and "anchors of your own" in found.advice
    numbers = found.advice.split(": ")[1].split(". With")[0]
    anchors = np.array([[pair.split("x") for pair in level.split(", ")] for level in numbers.split("; ")], dtype=float)
    assert anchors.shape == (3, 3, 2) and "anchors that do not fit" not in findings(folder, size=128, anchors=anchors)


def test_pictures_to_look_at_are_named_with_label_problems_too(streets):
    label = sorted((streets / "labels/train").iterdir())[2]
    write_text(label, "0 0.5 0.5 0 0\n")
    found = findings(streets)["boxes without width or height dropped"]
    assert [picture.stem for picture in found.pictures] == [label.stem]
    shutil.rmtree(streets / "labels/val")
    assert len(findings(streets)["pictures without a label file (read as having no boxes)"].pictures) == 4


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        ("0 0.51 0.51 0.2 0.4", True),  # pasted, and a little moved
        ("1 0.51 0.51 0.2 0.4", False),  # a rider on a horse: two classes in one place
        ("0 0.55 0.5 0.2 0.4", False),  # two in a row
    ],
)
def test_objects_that_are_labelled_twice(tmp_path, second, twice):
    yolo_set(tmp_path, {"a": BOX + second + "\n", "b": BOX})
    found = findings(tmp_path).get("objects that seem to be labelled twice")
    assert bool(found) is twice
    if found:
        assert not found.wrong and [picture.name for picture in found.pictures] == ["a.jpg"]
        assert found.places[0].endswith("a.jpg: cat 16 6 24 14 and 16 6 24 14 (IoU 0.86)")
