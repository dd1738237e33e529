"""What is written in VOC and COCO form is read back, by us and by COCO's own tool; nothing is overwritten."""

import json

import numpy as np
import pytest
from hypothesis import given, settings

from tests.data.test_save import datasets
from tests.small import small_split
from yolo_course.data import DataError, load_coco, load_dataset, load_voc
from yolo_course.data.export import save_coco, save_dataset, save_voc


@settings(max_examples=25, deadline=None)
@given(data=datasets())
def test_coco_there_and_back(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("coco")
    save_coco(data, folder, "val")
    back = load_coco(folder, "val")
    assert back.names == data.names and np.array_equal(back.shapes_wh, data.shapes_wh)
    for i in range(len(data)):
        np.testing.assert_allclose(back.boxes[i], data.boxes[i], atol=2e-3)
        np.testing.assert_array_equal(back.classes[i], data.classes[i])


@settings(max_examples=25, deadline=None)
@given(data=datasets())
def test_voc_there_and_back_to_the_pixel(tmp_path_factory, data):
    folder = save_voc(data, tmp_path_factory.mktemp("voc"), "train")
    back = load_voc(folder, "train", names=data.names)
    for i in range(len(data)):
        large = (data.boxes[i][:, 2:] - data.boxes[i][:, :2]).min(1) >= 2.5  # a box keeps two pixels
        np.testing.assert_allclose(back.boxes[i][large], data.boxes[i][large], atol=0.501)
        np.testing.assert_array_equal(back.classes[i], data.classes[i])


def test_cocos_own_tool_reads_it(tmp_path):
    from pycocotools.coco import COCO

    data = small_split(3)
    tool = COCO(save_coco(data, tmp_path, "train"))
    assert len(tool.getImgIds()) == 3 and len(tool.getAnnIds(catIds=[2])) == 3
    assert [category["name"] for category in tool.loadCats([1, 2])] == data.names


@pytest.mark.parametrize("form", ["yolo", "voc", "coco"])
def test_several_splits_in_each_form_and_none_twice(tmp_path, form):
    parts = {"train": small_split(3, 0), "val": small_split(2, 1)}
    parts["val"].ids = ["v0", "v1"]
    save_dataset(parts, tmp_path, form)
    for split, data in parts.items():
        assert len(load_dataset(tmp_path, split)) == len(data)
    before = sorted(path for path in tmp_path.rglob("*"))
    with pytest.raises(DataError, match="there already"):
        save_dataset(parts, tmp_path, form)
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_picture_of_another_split_is_not_overwritten(tmp_path):
    save_voc(small_split(3, 0), tmp_path, "train")
    with pytest.raises(DataError, match="with 3 more"):
        save_voc(small_split(2, 1), tmp_path, "val")
    assert not (tmp_path / "ImageSets/Main/val.txt").exists() and len(list(tmp_path.glob("JPEGImages/*"))) == 3


def test_unlabelled_pictures_get_no_xml(tmp_path):
    data = small_split(2)
    data.unlabelled = frozenset({"1"})
    save_voc(data, tmp_path)
    assert [path.stem for path in tmp_path.glob("Annotations/*")] == ["0"]


def test_unknown_forms(tmp_path):
    with pytest.raises(DataError, match="'tfrecord', expected one of yolo, voc, coco"):
        save_dataset({}, tmp_path, "tfrecord")


def test_areas_and_ids(tmp_path):
    content = json.loads(save_coco(small_split(2), tmp_path).read_text(encoding="utf-8"))
    assert [entry["id"] for entry in content["annotations"]] == [1, 2, 3, 4]
    assert {entry["area"] for entry in content["annotations"]} == {196.0}
