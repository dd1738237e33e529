"""YOLO folders: data.yaml, lists, label files."""

import warnings

import numpy as np
import pytest
import yaml

from tests.data.files import truncate, write_picture, write_sideways, write_text, yolo_set
from yolo_course.data import DataError, DataWarning, load_yolo
from yolo_course.data.yolo import label_path

ROW = "0 0.5 0.5 0.5 0.5\n"  # 10 5 30 15 in a picture of 40 x 20
BOX = [10, 5, 30, 15]


def warned(function, *args, **options):
    """(result, {kind: number}) of a call that warns."""
    with pytest.warns(DataWarning) as record:
        result = function(*args, **options)
    kinds = [each.message.kind for each in record]
    assert len(set(kinds)) == len(kinds), "one warning for each kind"
    return result, {each.message.kind: each.message for each in record}


def test_pictures_boxes_classes(tmp_path):
    yolo_set(tmp_path, {"b": "1 0.25 0.5 0.5 1\n\n0 0.5 0.5 0.5 0.5\n", "a": ROW})
    data = load_yolo(tmp_path)
    assert data.ids == ["a", "b"] and data.names == ["cat", "dog"] and data.name == f"{tmp_path.name}/train"
    assert data[0][1].tolist() == [BOX] and data[0][2].tolist() == [0]
    assert data[1][1].tolist() == [[0, 0, 20, 20], BOX] and data[1][2].tolist() == [1, 0]
    assert data.shapes_wh.tolist() == [[40, 20]] * 2 and data.unlabelled == frozenset()


def test_boxes_belong_to_the_picture_as_it_is_seen(tmp_path):
    yolo_set(tmp_path, {"a": ROW})
    write_sideways(tmp_path / "images/train/a.jpg", (40, 20))
    data = load_yolo(tmp_path)
    assert data.shapes_wh.tolist() == [[20, 40]] and data[0][0].shape == (40, 20, 3)
    assert data[0][1].tolist() == [[5, 10, 15, 30]]


def test_unusual_names_and_other_files(tmp_path):
    yolo_set(tmp_path, {"a": ROW})
    write_picture(tmp_path / "images/train/Straße 図 1.JPG", format="JPEG")
    write_text(tmp_path / "labels/train/Straße 図 1.txt", ROW)
    write_text(tmp_path / "images/train/notes.md", "no picture")
    write_text(tmp_path / "images/train/Thumbs.db", "no picture")
    data = load_yolo(tmp_path)
    assert data.ids == ["Straße 図 1", "a"] and data.counts() == {"cat": 2, "dog": 0}


# data.yaml


@pytest.mark.parametrize("names", [["cat", "dog"], {0: "cat", 1: "dog"}, {1: "dog", "0": "cat"}])
@pytest.mark.parametrize("nc", [2, None])
def test_forms_of_names(tmp_path, names, nc):
    assert load_yolo(yolo_set(tmp_path, {"a": ROW}, names=names, nc=nc)).names == ["cat", "dog"]


def test_twelve_names_in_a_dict_keep_the_order_of_numbers(tmp_path):
    names = {i: f"n{i}" for i in range(12)}
    assert load_yolo(yolo_set(tmp_path, {"a": ROW}, names=names, nc=12)).names == list(names.values())


def test_forms_of_path(tmp_path, monkeypatch):
    folder = tmp_path / "my data"
    file = yolo_set(folder, {"a": ROW})
    for path in (str(folder), ".", "../my data", None):
        yolo_set(folder, {}, path=path)
        assert len(load_yolo(file)) == 1
    file.rename(tmp_path / "elsewhere.yaml")
    yolo_set(folder, {}, path="my data")
    (folder / "data.yaml").rename(tmp_path / "elsewhere.yaml")
    assert len(load_yolo(tmp_path / "elsewhere.yaml")) == 1
    (tmp_path / "configs").mkdir()
    (tmp_path / "elsewhere.yaml").rename(tmp_path / "configs" / "pets.yaml")
    monkeypatch.chdir(tmp_path)  # as the original counts
    assert len(load_yolo("configs/pets.yaml")) == 1


def test_forms_of_a_split(tmp_path):
    yolo_set(tmp_path, {"a": ROW})
    yolo_set(tmp_path, {"b": ROW}, split="more")
    both = ["images/train", "images/more"]
    for train, ids in [("images/train/", ["a"]), (both, ["a", "b"]), (str(tmp_path / "images"), ["b", "a"])]:
        assert load_yolo(yolo_set(tmp_path, {}, train=train)).ids == ids
    assert load_yolo(yolo_set(tmp_path, {}, train="images\\more")).ids == ["b"]


def test_the_roboflow_form(tmp_path):
    """train/images beside data.yaml is written ../train/images, and val may be called valid."""
    for split in ("train", "valid"):
        write_picture(tmp_path / split / "images" / "a.jpg")
        write_text(tmp_path / split / "labels" / "a.txt", ROW)
    yolo_set(tmp_path, {}, train="../train/images", valid="../valid/images")
    assert load_yolo(tmp_path).counts()["cat"] == 1
    for split in ("val", "valid"):
        data = load_yolo(tmp_path, split)
        assert data.images[0].parent.parent.name == "valid" and data.name.endswith(f"/{split}")


def test_lists_of_pictures(tmp_path):
    yolo_set(tmp_path, {"a": ROW, "b": ROW, "c": ROW, "d": ROW, "e": ROW})
    here = "../images/train/d.jpg\n"  # from the list's own folder, if it is not below the root
    absolute = (tmp_path / "images/train/c.jpg").as_posix()
    lines = f"./../images/train/a.jpg\nimages/train/b.jpg\n\n{absolute}\n{here}images\\train\\e.jpg\n"
    write_text(tmp_path / "lists" / "train.txt", lines)
    assert load_yolo(yolo_set(tmp_path, {}, train="lists/train.txt")).ids == list("abcde")
    write_text(tmp_path / "top.txt", "./images/train/b.jpg\r\n")
    assert load_yolo(yolo_set(tmp_path, {}, train="top.txt")).ids == ["b"]


def test_a_list_names_its_odd_lines(tmp_path):
    yolo_set(tmp_path, {"a": ROW}, train="list.txt")
    write_text(tmp_path / "list.txt", "images/train/a.jpg\nnotes.md\nimages/train/a.jpg\n")
    data, found = warned(load_yolo, tmp_path)
    assert data.ids == ["a"]
    assert "list.txt, line 2: notes.md" in str(found["listed files that are no pictures passed over"])
    assert "list.txt, line 3" in str(found["pictures listed again (read once)"])


def test_which_yaml_of_a_folder(tmp_path):
    file = yolo_set(tmp_path, {"a": ROW})
    write_text(tmp_path / "hyp.yaml", "lr0: 0.01")
    assert len(load_yolo(tmp_path)) == 1
    file.rename(tmp_path / "pets.yml")
    with pytest.raises(DataError, match="expected one data.yaml, found hyp.yaml, pets.yml"):
        load_yolo(tmp_path)
    (tmp_path / "hyp.yaml").unlink()
    assert len(load_yolo(tmp_path)) == 1
    (tmp_path / "pets.yml").unlink()
    with pytest.raises(DataError, match="found none"):
        load_yolo(tmp_path)
    with pytest.raises(DataError, match="there is no such file or folder"):
        load_yolo(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "keys, message",
    [
        ({"names": None}, "`names:` is missing or empty"),
        ({"names": []}, "`names:` is missing or empty"),
        ({"names": {1: "cat", 2: "dog"}}, "must be 0 to 1, found"),
        ({"names": ["cat", False]}, "as False. Put it in quotes"),
        ({"names": ["cat", "cat"]}, "'cat' more than once"),
        ({"nc": 3}, "`nc: 3`, but `names:` has 2 classes"),
        ({"train": None}, "there is no split `train:`, only none"),
        ({"train": None, "val": "images/train"}, "there is no split `train:`, only val"),
        ({"train": "images/nowhere"}, "`images/nowhere` is neither a folder nor a .txt file"),
        ({"train": "images/train/a.jpg"}, "neither a folder nor a .txt"),
        ({"path": "/not/here"}, "`path: /not/here` is not a folder here. Correct it, or delete the line"),
    ],
)
def test_mistakes_in_data_yaml(tmp_path, keys, message):
    file = yolo_set(tmp_path, {"a": ROW}, **keys)
    with pytest.raises(DataError, match=message) as error:
        load_yolo(file)
    assert "data.yaml" in str(error.value) or "more than once" in message


@pytest.mark.parametrize("text, message", [("a: [", "not YAML"), ("- a\n", "found list"), ("", "found NoneType")])
def test_a_file_that_is_no_data_yaml(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        load_yolo(write_text(tmp_path / "data.yaml", text))


def test_an_empty_key_is_no_split(tmp_path):
    yolo_set(tmp_path, {"a": ROW})
    write_text(tmp_path / "data.yaml", "train: images/train\ntest:  # optional\nnames: [cat, dog]\n")
    with pytest.raises(DataError, match="no split `test:`, only train"):
        load_yolo(tmp_path, "test")


# label files


def test_where_the_labels_are(tmp_path):
    image = tmp_path / "images" / "x" / "images" / "y" / "a.b.jpg"
    beside = image.with_name("a.b.txt")
    mirrored = tmp_path / "images" / "x" / "labels" / "y" / "a.b.txt"
    assert label_path(image) == mirrored
    write_text(beside)
    assert label_path(image) == beside
    write_text(mirrored)
    assert label_path(image) == mirrored
    assert label_path(tmp_path / "a.jpg") == tmp_path / "a.txt"


def test_labels_beside_the_pictures(tmp_path):
    write_picture(tmp_path / "train" / "a.jpg")
    write_text(tmp_path / "train" / "a.txt", ROW)
    assert load_yolo(yolo_set(tmp_path, {}, train="train")).counts()["cat"] == 1


def test_no_label_file_is_not_an_empty_label_file(tmp_path):
    yolo_set(tmp_path, {"a": ROW, "background": "", "blank": "\n \n", "new": None, "newer": None})
    data, found = warned(load_yolo, tmp_path)
    assert data.unlabelled == {"new", "newer"} and [len(boxes) for boxes in data.boxes] == [1, 0, 0, 0, 0]
    (warning,) = found.values()
    assert str(warning).startswith("pictures without a label file (read as having no boxes): 2\n")
    assert "new.jpg" in str(warning) and "newer.jpg" in str(warning) and "blank.jpg" not in str(warning)


def test_polygons_become_their_boxes(tmp_path):
    yolo_set(tmp_path, {"a": "1 0.25 0.5 0.5 0.25 0.75 0.5 0.5 0.75\n" + ROW, "b": "0 0 0 1 0 1 1\n"})
    data = load_yolo(tmp_path)
    assert data[0][1].tolist() == [BOX, BOX] and data[0][2].tolist() == [1, 0]
    assert data[1][1].tolist() == [[0, 0, 40, 20]]


def test_degenerate_boxes_are_dropped_in_one_warning(tmp_path):
    flat = {"a": f"0 0.5 0.5 0 0.5\n{ROW}0 0.5 0.5 0.5 -0.1\n", "b": "1 0.5 0.5 0 0\n", "c": ROW}
    yolo_set(tmp_path, flat)
    data, found = warned(load_yolo, tmp_path)
    assert [boxes.tolist() for boxes in data.boxes] == [[BOX], [], [BOX]]
    (warning,) = found.values()
    assert str(warning).startswith("boxes without width or height dropped: 3\n")
    for place in ("a.txt, line 1: 0 0.5 0.5 0 0.5", "a.txt, line 3", "b.txt, line 1"):
        assert place in str(warning)


def test_a_box_that_is_degenerate_after_clipping(tmp_path):
    yolo_set(tmp_path, {"a": ROW + "0 1.0004 0.5 0.0004 0.5\n"})
    data, found = warned(load_yolo, tmp_path)
    assert data.boxes[0].tolist() == [BOX] and list(found) == ["boxes without width or height dropped"]


def test_rounding_beyond_the_border_is_clipped_in_silence(tmp_path):
    yolo_set(tmp_path, {"a": "0 0.5 0.5 1.0009 1.000001\n0 0.0 0.5 0.02 0.5\n"})
    boxes = load_yolo(tmp_path)[0][1]
    np.testing.assert_allclose(boxes[0], [0, 0, 40, 20])
    np.testing.assert_allclose(boxes[1], [0, 5, 0.4, 15], atol=1e-6)


def test_a_box_beyond_the_border_is_clipped_and_counted(tmp_path):
    yolo_set(tmp_path, {"a": "0 0.1 0.5 0.6 0.5\n"})
    data, found = warned(load_yolo, tmp_path)
    np.testing.assert_allclose(data[0][1], [[0, 5, 16, 15]])
    assert "a.txt, line 1: 0 0.1 0.5 0.6 0.5" in str(found["boxes beyond the picture clipped to it"])


def test_repeated_rows_are_dropped_and_counted(tmp_path):
    yolo_set(tmp_path, {"a": f"{ROW}1 0.5 0.5 0.5 0.5\n{ROW}0 0.50 0.5 0.5 0.5\n", "b": ROW})
    data, found = warned(load_yolo, tmp_path)
    assert data[0][2].tolist() == [0, 1] and len(data[1][1]) == 1
    message = str(found["repeated boxes dropped"])
    assert ": 2\n" in message and "a.txt, line 3" in message and "a.txt, line 4" in message


WRONG = [
    ("0 0.5 0.5 0.5", "malformed rows", "found 4 columns"),
    ("0 0.5 0.5 0.5 0.5 0.9", "malformed rows", "found 6 columns"),
    ("0 0.5 0.5 0.5 0.5 0.9 0.9 0.9", "malformed rows", "found 8 columns"),
    ("0", "malformed rows", "found 1 columns"),
    ("cat 0.5 0.5 0.5 0.5", "malformed rows", "not a number .*'cat'"),
    ("0,0.5,0.5,0.5,0.5", "malformed rows", "not a number"),
    ("0 0.5 nan 0.5 0.5", "malformed rows", "not finite"),
    ("0 0.5 0.5 inf 0.5", "malformed rows", "not finite"),
    ("nan 0.5 0.5 0.5 0.5", "malformed rows", "not finite"),
    ("2 0.5 0.5 0.5 0.5", "undeclared classes", "found class 2 .* `names` has 2 classes, so 0 to 1 exist"),
    ("-1 0.5 0.5 0.5 0.5", "undeclared classes", "found class -1"),
    ("0.5 0.5 0.5 0.5 0.5", "undeclared classes", "found class 0.5"),
    ("0 20 10 20 10", "coordinates out of 0..1", "out of 0..1 .*divide x and width"),
    ("0 0.5 0.5 1.002 0.5", "coordinates out of 0..1", "out of 0..1"),
    ("0 -0.01 0.5 0.1 0.5", "coordinates out of 0..1", "out of 0..1"),
    ("0 0 0 1 0 1 1.5", "coordinates out of 0..1", "out of 0..1"),
]


@pytest.mark.parametrize("row, kind, message", WRONG)
def test_a_wrong_row_is_an_error_with_file_and_line(tmp_path, row, kind, message):
    yolo_set(tmp_path, {"a": f"{ROW}\n{row}\n", "b": ROW})
    with pytest.raises(DataError, match=rf"a\.txt, line 3: .*{message}") as error:
        load_yolo(tmp_path)
    assert f"`{row}`" in str(error.value) and 'on_error="warn"' in str(error.value)


@pytest.mark.parametrize("row, kind, message", WRONG)
def test_a_wrong_row_is_left_out_by_option(tmp_path, row, kind, message):
    yolo_set(tmp_path, {"a": f"{ROW}{row}\n", "b": ROW})
    data, found = warned(load_yolo, tmp_path, on_error="warn")
    assert [boxes.tolist() for boxes in data.boxes] == [[BOX], [BOX]]
    assert list(found) == [f"{kind} (left out)"] and "a.txt, line 2" in str(*found.values())


def test_a_class_may_be_written_as_a_decimal_number(tmp_path):
    assert load_yolo(yolo_set(tmp_path, {"a": "1.0 0.5 0.5 0.5 0.5"}))[0][2].tolist() == [1]


def test_a_label_file_that_is_no_text(tmp_path):
    yolo_set(tmp_path, {"a": ROW})
    (tmp_path / "labels/train/a.txt").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DataError, match=r"a\.txt, line 1: found something that is not a number"):
        load_yolo(tmp_path)


@pytest.mark.parametrize("file", ["data.yaml", "list.txt"])
def test_text_in_another_encoding(tmp_path, file):
    yolo_set(tmp_path, {"a": ROW}, train="list.txt")
    write_text(tmp_path / "list.txt", "images/train/a.jpg\n")
    (tmp_path / file).write_bytes((tmp_path / file).read_bytes() + "# Bär".encode("latin-1"))
    with pytest.raises(DataError, match=f"{file}: this is not text in UTF-8 .* Save it as UTF-8"):
        load_yolo(tmp_path)


def test_windows_line_ends_and_byte_order_marks(tmp_path):
    yolo_set(tmp_path, {"a": ""})
    (tmp_path / "labels/train/a.txt").write_bytes(b"\xef\xbb\xbf0 0.5 0.5 0.5 0.5\r\n1 0.5 0.5 0.5 0.5\r\n")
    assert load_yolo(tmp_path)[0][2].tolist() == [0, 1]


# pictures


def test_a_missing_picture(tmp_path):
    yolo_set(tmp_path, {"a": ROW}, train="list.txt")
    write_text(tmp_path / "list.txt", "images/train/a.jpg\nimages/train/b.jpg\n")
    with pytest.raises(DataError, match=r"list\.txt, line 2: there is no picture .*b\.jpg\. Restore the file"):
        load_yolo(tmp_path)
    data, found = warned(load_yolo, tmp_path, on_error="warn")
    assert data.ids == ["a"] and "list.txt, line 2" in str(found["missing pictures (left out)"])


@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_an_unreadable_picture(tmp_path, damage):
    yolo_set(tmp_path, {"a": ROW, "b": ROW})
    path = tmp_path / "images/train/b.jpg"
    {"truncated": truncate, "empty": write_text, "text": lambda p: write_text(p, "x" * 999)}[damage](path)
    with pytest.raises(DataError, match=r"b\.jpg: .*Export or fetch it again"):
        load_yolo(tmp_path)
    data, found = warned(load_yolo, tmp_path, on_error="warn")
    assert data.ids == ["a"] and "b.jpg" in str(found["unreadable pictures (left out)"])


def test_an_empty_split(tmp_path):
    yolo_set(tmp_path, {"a": ROW}, val="images/val")
    write_text(tmp_path / "images/val/a.heic")
    with pytest.raises(DataError, match=r"data\.yaml: .*/val has no picture .* Check what `val:` names"):
        load_yolo(tmp_path, "val")
    data, found = warned(load_yolo, tmp_path, "val", on_error="warn")
    assert len(data) == 0 and data.names == ["cat", "dog"] and list(found) == ["empty splits (left out)"]


def test_on_error_must_be_known(tmp_path):
    with pytest.raises(ValueError, match='expected "raise" or "warn"'):
        load_yolo(yolo_set(tmp_path, {"a": ROW}), on_error="ignore")


# warnings


def test_a_warning_points_to_the_line_that_called(tmp_path):
    yolo_set(tmp_path, {"a": None})
    with pytest.warns(DataWarning) as record:
        load_yolo(tmp_path)
    assert record[0].filename == __file__


def test_a_long_warning_counts_all_and_shows_some(tmp_path):
    rows = "".join(f"0 {i / 100} 0.5 0 0.5\n" for i in range(50))
    yolo_set(tmp_path, {"a": rows})
    _, found = warned(load_yolo, tmp_path)
    (warning,) = found.values()
    assert ": 50\n" in str(warning) and str(warning).endswith("... and 30 more")
    assert [problem.line for problem in warning.problems] == list(range(1, 51))


def test_a_clean_set_gives_no_warning(tmp_path):
    yolo_set(tmp_path, {"a": ROW, "b": ""})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_yolo(tmp_path)


def test_the_yaml_of_this_test_is_what_tools_write(tmp_path):
    content = yaml.safe_load(yolo_set(tmp_path, {"a": ROW}).read_text(encoding="utf-8"))
    assert content == {"train": "images/train", "nc": 2, "names": ["cat", "dog"]}
