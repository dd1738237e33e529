"""Which form a data set has."""

import json

import pytest

from tests.data.files import coco_content, coco_set, voc_object, voc_set, write_picture, write_text, yolo_set
from yolo_course.data import DataError, load_dataset
from yolo_course.data.load import dataset_form

ROW = "0 0.5 0.5 0.5 0.5\n"


def test_each_form_is_recognised_and_read_alike(tmp_path):
    yolo = yolo_set(tmp_path / "yolo", {"a": ROW})
    voc = voc_set(tmp_path / "voc", {"a": voc_object("cat", 11, 6, 30, 15)})
    coco = coco_set(tmp_path / "coco", [{"image_id": 10, "category_id": 3, "bbox": [10, 5, 20, 10]}], images=1)
    forms = {yolo: "yolo", yolo.parent: "yolo", voc: "voc", coco: "coco", coco.parent.parent: "coco"}
    for source, form in forms.items():
        assert dataset_form(source) == form
        data = load_dataset(str(source))
        assert data.boxes[0].tolist() == [[10, 5, 30, 15]] and data.names[0] == "cat" and data.ids == ["a"]


def test_the_roboflow_form_of_coco(tmp_path):
    write_picture(tmp_path / "train" / "a.jpg")
    write_text(tmp_path / "train" / "_annotations.coco.json", json.dumps(coco_content([], images=1)))
    assert dataset_form(tmp_path) == "coco" and len(load_dataset(tmp_path)) == 1


def test_options_go_to_the_reader(tmp_path):
    voc_set(tmp_path / "voc", {"a": voc_object("cat")})
    assert load_dataset(tmp_path / "voc", names=["dog", "cat"]).classes[0].tolist() == [1]
    with pytest.raises(TypeError, match="names"):
        load_dataset(yolo_set(tmp_path / "yolo", {"a": ROW}), names=["dog", "cat"])


def test_on_error_goes_to_the_reader(tmp_path):
    source = yolo_set(tmp_path, {"a": ROW + "9 0.5 0.5 0.5 0.5"})
    with pytest.raises(DataError, match="line 2"):
        load_dataset(source)
    with pytest.warns(UserWarning, match="line 2") as record:
        assert len(load_dataset(source, on_error="warn").boxes[0]) == 1
    assert record[0].filename == __file__


def test_what_is_no_data_set(tmp_path):
    with pytest.raises(DataError, match="there is no such file or folder"):
        load_dataset(tmp_path / "nowhere")
    with pytest.raises(DataError, match="expected a .yaml or .json file"):
        load_dataset(write_text(tmp_path / "notes.txt"))
    with pytest.raises(DataError, match="found neither a data.yaml .* nor JPEGImages"):
        load_dataset(tmp_path)
    voc_set(tmp_path / "VOC2007", {"a": voc_object("cat")})
    with pytest.raises(DataError, match="Did you mean .*VOC2007"):
        load_dataset(tmp_path)
