"""COCO annotations."""

import json

import pytest

from tests.data.files import coco_content, coco_set, write_picture, write_sideways, write_text
from tests.data.test_yolo import warned
from yolo_course.data import DataError, load_coco

CAT = {"image_id": 10, "category_id": 3, "bbox": [10, 5, 20, 10]}
DOG = {"image_id": 20, "category_id": 7, "bbox": [0.5, 0, 39.5, 20]}


def test_boxes_and_category_ids_with_gaps(tmp_path):
    data = load_coco(coco_set(tmp_path, [DOG, CAT]))
    assert data.names == ["cat", "dog"] and data.ids == ["a", "b"] and data.name == "instances_train/train"
    assert data.boxes[0].tolist() == [[10, 5, 30, 15]] and data.boxes[1].tolist() == [[0.5, 0, 40, 20]]
    assert [each.tolist() for each in data.classes] == [[0], [1]]


def test_a_picture_without_annotations_is_background(tmp_path):
    data = load_coco(coco_set(tmp_path, [CAT]))
    assert len(data.boxes[1]) == 0 and data.unlabelled == frozenset()


def test_crowds_are_left_out_and_counted(tmp_path):
    crowd = {**CAT, "iscrowd": 1, "segmentation": {"counts": [1], "size": [20, 40]}}
    data, found = warned(load_coco, coco_set(tmp_path, [crowd, {**DOG, "iscrowd": 0}, {**crowd, "bbox": None}]))
    assert data.counts() == {"cat": 0, "dog": 1}
    assert str(found["crowd regions left out"]).count("annotation 10") == 2


def test_degenerate_repeated_and_overhanging_boxes(tmp_path):
    flat, negative = {**CAT, "bbox": [1, 1, 0, 5]}, {**CAT, "bbox": [9, 9, -2, 3]}
    beyond = {**DOG, "bbox": [30, 5, 25, 10]}
    data, found = warned(load_coco, coco_set(tmp_path, [CAT, flat, negative, CAT, beyond]))
    assert data.boxes[0].tolist() == [[10, 5, 30, 15]] and data.boxes[1].tolist() == [[30, 5, 40, 15]]
    dropped = str(found["boxes without width or height dropped"])
    assert ": 2\n" in dropped and "annotation 101, bbox [1, 1, 0, 5]" in dropped and "annotation 102" in dropped
    assert "annotation 103" in str(found["repeated boxes dropped"])
    assert "annotation 104" in str(found["boxes beyond the picture clipped to it"])


@pytest.mark.parametrize(
    "wrong, kind, message",
    [
        ({"category_id": 4}, "undeclared classes", "annotation 101 has category_id 4. `categories` has 3, 7"),
        ({"image_id": 5}, "annotations of no picture", "annotation 101 has image_id 5. Add the picture"),
        ({"bbox": [1, 2, 3]}, "malformed boxes", r"annotation 101 has bbox \[1, 2, 3\]. Expected four"),
        ({"bbox": [1, 2, 3, float("nan")]}, "malformed boxes", "annotation 101 has bbox .*nan"),
        ({"bbox": [1, 2, 3, "4"]}, "malformed boxes", "annotation 101"),
        ({"bbox": None}, "malformed boxes", "annotation 101 has bbox None"),
    ],
)
def test_a_wrong_annotation(tmp_path, wrong, kind, message):
    file = coco_set(tmp_path, [CAT, {**DOG, **wrong}])
    with pytest.raises(DataError, match=rf"instances_train\.json: {message}"):
        load_coco(file)
    data, found = warned(load_coco, file, on_error="warn")
    assert data.counts() == {"cat": 1, "dog": 0} and list(found) == [f"{kind} (left out)"]


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "not JSON"),
        ("[]", "list `images` is missing"),
        ('{"images": [], "annotations": []}', "list `categories` is missing"),
        (
            '{"images": [{"id": 1}], "annotations": [], "categories": []}',
            r"images\[0\] is .* needs id and file_name",
        ),
        ('{"images": [], "annotations": [1], "categories": []}', r"annotations\[0\] is 1"),
        ('{"images": [], "annotations": [], "categories": [{"id": 1}]}', r"categories\[0\] .* id and name"),
    ],
)
def test_a_file_that_is_no_coco(tmp_path, text, message):
    with pytest.raises(DataError, match=rf"x\.json: .*{message}"):
        load_coco(write_text(tmp_path / "x.json", text))


def test_an_empty_file_has_an_empty_split(tmp_path):
    file = write_text(tmp_path / "x.json", '{"images": [], "annotations": [], "categories": []}')
    with pytest.raises(DataError, match="x/train has no picture"):
        load_coco(file)


@pytest.mark.parametrize(
    "json_at, pictures_at",
    [
        ("annotations/instances_val2017.json", "val2017"),
        ("annotations/instances_val.json", "images/val"),
        ("annotations/my_val_boxes.json", "images"),
        ("annotations/val.json", "val"),
        ("val/_annotations.coco.json", "val"),
        ("valid/_annotations.coco.json", "valid"),
        ("val.json", "images"),
        ("val.json", "."),
    ],
)
def test_where_files_and_pictures_are(tmp_path, json_at, pictures_at):
    write_picture(tmp_path / pictures_at / "a.jpg")
    write_picture(tmp_path / pictures_at / "b.jpg")
    file = write_text(tmp_path / json_at, json.dumps(coco_content([CAT])))
    for source in (tmp_path, file):
        assert len(load_coco(source, "val").boxes[0]) == 1


def test_the_folder_of_pictures_may_be_given(tmp_path):
    file = coco_set(tmp_path, [CAT])
    (tmp_path / "train").rename(tmp_path / "photos")
    with pytest.raises(DataError, match=r"the first picture, a\.jpg, was not found in .*Pass the folder .*images="):
        load_coco(file)
    assert len(load_coco(file, images=tmp_path / "photos")) == 2


def test_names_with_folders(tmp_path):
    images = [{"id": 10, "file_name": "sub/a.jpg"}, {"id": 20, "file_name": "sub\\b b.jpg"}]
    for name in ("a", "b b"):
        write_picture(tmp_path / "train" / "sub" / f"{name}.jpg")
    content = {**coco_content([CAT]), "images": images}
    file = write_text(tmp_path / "train.json", json.dumps(content))
    assert load_coco(file).ids == ["a", "b b"]


def test_which_file_of_a_folder(tmp_path):
    coco_set(tmp_path, [CAT])
    with pytest.raises(DataError, match=r"found no annotations/\*val\*\.json"):
        load_coco(tmp_path, "val")
    write_text(tmp_path / "annotations" / "instances_train2.json", "{}")
    with pytest.raises(DataError, match=r"more than one .*instances_train\.json, instances_train2\.json\. Name one"):
        load_coco(tmp_path)


def test_a_missing_picture(tmp_path):
    file = coco_set(tmp_path, [CAT, DOG])
    (tmp_path / "train" / "b.jpg").unlink()
    with pytest.raises(DataError, match=r"instances_train\.json: there is no picture .*b\.jpg"):
        load_coco(file)
    data, found = warned(load_coco, file, on_error="warn")
    assert data.ids == ["a"] and list(found) == ["missing pictures (left out)"]


def test_a_picture_of_another_size_is_told(tmp_path):
    sizes = {"width": 40, "height": 20}
    images = [{**entry, **sizes} for entry in coco_content([])["images"]]
    file = coco_set(tmp_path, [CAT])
    content = {**json.loads(file.read_text(encoding="utf-8")), "images": images}
    write_text(file, json.dumps(content))
    load_coco(file)
    write_sideways(tmp_path / "train" / "b.jpg", (40, 20))
    _, found = warned(load_coco, file)
    (warning,) = found.values()
    assert "b.jpg: annotated as 40 x 20 pixels, but the picture has 20 x 40" in str(warning)
