"""The data-set doctor."""

import ast
import shutil
from pathlib import Path

import numpy as np
import pytest

import yolo_course.data
from tests.data.files import coco_set, truncate, voc_object, voc_set, write_picture, write_text, yolo_set
from tests.small import small_set, small_split
from yolo_course.data import DataError, save_yolo
from yolo_course.data.check import ADVICE, box_sides, check_dataset, list_splits

BOX = "0 0.5 0.5 0.2 0.4\n"


def findings(report):
    return {finding.what: finding for finding in report.findings}


def test_a_sound_data_set_has_no_finding(tmp_path):
    report = check_dataset(small_set(tmp_path / "set"))
    assert report.healthy and report.findings == []
    assert {name: len(data) for name, data in report.splits.items()} == {"train": 3, "val": 3, "test": 3}


def test_what_is_wrong_comes_with_place_and_remedy(tmp_path):
    labels = {"a": "0 0.5 0.5 1.5 0.2\n7 .5 .5 .1 .1\nx\n", "b": BOX, "c": BOX}
    file = yolo_set(tmp_path, labels)
    truncate(tmp_path / "images/train/b.jpg")
    found = findings(report := check_dataset(file))
    assert not report.healthy
    for what in ("coordinates out of 0..1", "undeclared classes", "malformed rows", "unreadable pictures"):
        assert found[what].wrong and found[what].advice and len(found[what].places) == 1
    assert "a.txt, line 2" in found["undeclared classes"].places[0]
    assert [finding.wrong for finding in report.findings] == sorted((f.wrong for f in report.findings), reverse=True)


def test_what_is_odd_does_not_make_a_set_unhealthy(tmp_path):
    report = check_dataset(yolo_set(tmp_path, {"a": BOX + BOX + "1 .5 .5 0 .1\n", "b": None}))
    assert report.healthy
    assert {"repeated boxes dropped", "boxes without width or height dropped"} < set(findings(report))
    assert findings(report)["classes without a box to train on"].places == ("dog",)
    assert findings(report)["splits that training needs"].places == ("val",)


def test_a_picture_whose_header_is_sound_is_decoded(tmp_path):
    file = yolo_set(tmp_path, {"a": BOX, "b": BOX}, nc=None)
    picture = write_picture(tmp_path / "images/train/c.png", (40, 20))
    data = bytearray(picture.read_bytes())
    middle = data.index(b"IDAT") + 40
    data[middle : middle + 40] = bytes(40)
    picture.write_bytes(bytes(data))
    assert "c.png" in findings(check_dataset(file))["pictures that cannot be decoded"].places[0]


@pytest.mark.parametrize("copied", [True, False])
def test_pictures_in_two_splits_are_wrong(tmp_path, copied):
    save_yolo(small_split(3, seed=0), tmp_path, "train")
    if copied:
        save_yolo(small_split(3, seed=1), tmp_path, "val")
        shutil.copyfile(tmp_path / "images/train/0.jpg", tmp_path / "images/val/9.jpg")
    else:
        text = (tmp_path / "data.yaml").read_text(encoding="utf-8")
        write_text(tmp_path / "data.yaml", f"{text}val: images/train\n")
    found = findings(check_dataset(tmp_path))["pictures both in train and in val"]
    assert found.wrong and len(found.places) == len(found.pictures) == (1 if copied else 3)
    assert found.pictures[0].parent.name == "train"


def test_an_empty_split_and_one_that_is_nowhere_leave_the_others(tmp_path):
    file = yolo_set(tmp_path, {"a": BOX}, val="images/empty", test="images/nowhere")
    (tmp_path / "images/empty").mkdir()
    report = check_dataset(file)
    assert len(report.splits["train"]) == 1 and findings(report)["empty splits"].wrong
    assert "nowhere" in findings(report)["the split test cannot be read"].places[0]


def test_pascal_voc_counts_a_problem_once_for_all_splits(tmp_path):
    objects = {
        "a": voc_object("cat") + voc_object("dog", 5, 5, 5, 5),
        "b": voc_object("cat"),
        "c": "<object/>",
    }
    folder = voc_set(tmp_path / "voc", objects, {"train": "a\n", "val": "b\n", "test": "c\n"})
    for i, name in enumerate("abc"):  # else all pictures would be the same
        write_picture(folder / "JPEGImages" / f"{name}.jpg", (40 + i, 20))
    report = check_dataset(folder)
    assert list(report.splits) == ["train", "val", "test"]
    assert len(findings(report)["malformed objects"].places) == 1
    assert len(findings(report)["boxes without width or height dropped"].places) == 1


def test_splits_of_every_form(tmp_path):
    assert list_splits(yolo_set(tmp_path / "yolo", {"a": BOX}, valid="images/train", test=None)) == [
        "train",
        "val",
    ]
    assert list_splits(voc_set(tmp_path / "voc", {"a": voc_object("cat")})) == ["train"]
    file = coco_set(tmp_path / "coco", [{"image_id": 10, "category_id": 3, "bbox": [1, 1, 5, 5]}])
    assert list_splits(file) == ["train"] and list_splits(tmp_path / "coco") == ["train"]
    assert check_dataset(tmp_path / "coco").healthy


def test_two_files_for_one_split_are_a_finding(tmp_path):
    file = coco_set(tmp_path, [])
    shutil.copyfile(file, file.with_name("instances_train2.json"))
    (found,) = check_dataset(tmp_path).findings[:1]
    assert found.wrong and "more than one file" in found.places[0]


@pytest.mark.parametrize("where", ["nowhere", "empty"])
def test_no_data_set_at_all(tmp_path, where):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no such file|found neither"):
        check_dataset(tmp_path / where)


def test_box_sides():
    sides = box_sides([small_split(2), small_split(3, seed=1)])
    assert sides == {"bright": (14, 14, 14), "dark one": (14, 14, 14)}
    assert np.isclose(box_sides([small_split(1, size=128).resized(64)])["bright"][1], 7)


def test_there_is_advice_for_every_kind_that_the_readers_report():
    assert reported_kinds() <= ADVICE.keys() and all(ADVICE.values())


def reported_kinds() -> set[str]:
    """What the readers pass to note(), error(), _note_rows() and BadRow() first, or set as `kind`."""
    kinds = set()
    for name in ("coco", "data_yaml", "reading", "voc", "voc_xml", "yolo"):
        file = Path(yolo_course.data.__file__).with_name(f"{name}.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0] if called in ("note", "error", "_note_rows", "BadRow") else None
            else:
                first = node.value if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "kind" else None
            if isinstance(first, ast.Constant):
                kinds.add(first.value)
    assert len(kinds) > 12
    return kinds
