"""Pascal VOC folders."""

import pytest

from tests.data.files import voc_object, voc_set, write_picture, write_sideways, write_text
from tests.data.test_yolo import warned
from yolo_course.data import DataError, load_voc


def test_boxes_count_from_one_and_include_their_last_pixel(tmp_path):
    whole = voc_object("cat", 1, 1, 40, 20)
    voc_set(tmp_path, {"a": whole + voc_object("cat", 11, 6, 30, 15) + voc_object("cat", 40, 20, 41, 21)})
    boxes = load_voc(tmp_path).boxes[0]
    assert boxes.tolist() == [[0, 0, 40, 20], [10, 5, 30, 15], [39, 19, 40, 20]]


def test_names_are_sorted_and_the_same_in_every_split(tmp_path):
    objects = {"a": voc_object("dog"), "b": voc_object("cat"), "c": voc_object("eel") + voc_object("dog", 5)}
    voc_set(tmp_path, objects, {"train": "a\n", "val": "b\nc\n"})
    train, val = load_voc(tmp_path), load_voc(tmp_path, "val")
    assert train.names == val.names == ["cat", "dog", "eel"]
    assert train.classes[0].tolist() == [1] and [each.tolist() for each in val.classes] == [[0], [2, 1]]
    assert train.ids == ["a"] and val.ids == ["b", "c"] and val.name == f"{tmp_path.name}/val"


def test_names_may_be_given(tmp_path):
    voc_set(tmp_path, {"a": voc_object("dog") + voc_object("cat", 5)})
    data = load_voc(tmp_path, names=["eel", "dog", "cat"])
    assert data.names == ["eel", "dog", "cat"] and data.classes[0].tolist() == [1, 2]


def test_an_undeclared_name(tmp_path):
    voc_set(tmp_path, {"a": voc_object("dog") + voc_object("cow"), "b": voc_object("cat")})
    with pytest.raises(DataError, match=r"a\.xml, line 4: found class 'cow'\. The classes are cat, dog: mend"):
        load_voc(tmp_path, names=["cat", "dog"])
    data, found = warned(load_voc, tmp_path, names=["cat", "dog"], on_error="warn")
    assert data.counts() == {"cat": 1, "dog": 1}
    assert "a.xml, line 4" in str(found["undeclared classes (left out)"])


def test_without_lists_every_picture_counts(tmp_path):
    voc_set(tmp_path, {"b": voc_object("cat"), "a": voc_object("cat")})
    write_text(tmp_path / "JPEGImages" / "notes.txt")
    assert load_voc(tmp_path).ids == load_voc(tmp_path, "test").ids == ["a", "b"]


def test_lists(tmp_path):
    objects = {"Straße 図 1": voc_object("cat"), "b.2": voc_object("cat"), "c": voc_object("cat")}
    lists = {"train": "c\n\nStraße 図 1\r\n", "valid": "b.2.jpg\n"}
    voc_set(tmp_path, objects, lists)
    assert load_voc(tmp_path).ids == ["c", "Straße 図 1"]
    assert load_voc(tmp_path, "val").ids == ["b.2"]
    with pytest.raises(DataError, match=r"Main: there is no test\.txt, only train, valid"):
        load_voc(tmp_path, "test")


def test_pictures_of_any_kind_and_in_folders(tmp_path):
    voc_set(tmp_path, {"sub/a": voc_object("cat")}, {"train": "sub/a\nb\n"})
    write_picture(tmp_path / "JPEGImages" / "b.PNG", format="PNG")
    write_text(tmp_path / "Annotations" / "b.xml", f"<annotation>{voc_object('dog')}</annotation>")
    assert load_voc(tmp_path).counts() == {"cat": 1, "dog": 1}


def test_no_annotation_is_not_an_empty_annotation(tmp_path):
    voc_set(tmp_path, {"a": voc_object("cat"), "background": "", "new": None})
    for names in (None, ["cat"]):
        data, found = warned(load_voc, tmp_path, names=names)
        assert data.unlabelled == {"new"} and [len(boxes) for boxes in data.boxes] == [1, 0, 0]
        (warning,) = found.values()
        assert warning.kind.startswith("pictures without a label file") and "no new.xml" in str(warning)


def test_degenerate_boxes_are_dropped_in_one_warning(tmp_path):
    flat = voc_object("cat", 7, 7, 7, 7) + voc_object("cat") + voc_object("cat", 9, 1, 5, 5)
    voc_set(tmp_path, {"a": flat, "b": voc_object("cat", 1, 8, 9, 8), "c": voc_object("cat", 60, 1, 70, 9)})
    data, found = warned(load_voc, tmp_path)
    assert [len(boxes) for boxes in data.boxes] == [1, 0, 0]
    (warning,) = found.values()
    assert str(warning).startswith("boxes without width or height dropped: 4\n")
    for place in ("a.xml, line 2: cat 7 7 7 7", "a.xml, line 6", "b.xml, line 2", "c.xml, line 2"):
        assert place in str(warning)


def test_boxes_are_clipped(tmp_path):
    voc_set(tmp_path, {"a": voc_object("cat", 0, 0, 41, 21), "b": voc_object("cat", -5, 3, 50, 9)})
    data, found = warned(load_voc, tmp_path)
    assert data.boxes[0].tolist() == [[0, 0, 40, 20]] and data.boxes[1].tolist() == [[0, 2, 40, 9]]
    (warning,) = found.values()  # a pixel too far is a matter of counting from 0 or 1
    assert warning.kind == "boxes beyond the picture clipped to it" and "b.xml" in str(warning)


def test_repeated_objects_are_dropped(tmp_path):
    voc_set(tmp_path, {"a": voc_object("cat") + voc_object("cat") + voc_object("dog")})
    data, found = warned(load_voc, tmp_path)
    assert data.counts() == {"cat": 1, "dog": 1} and "a.xml, line 4" in str(found["repeated boxes dropped"])


def test_difficult_objects(tmp_path):
    hard = voc_object("cat", extra="<difficult>1</difficult>") + voc_object("dog", extra="<difficult>0</difficult>")
    voc_set(tmp_path, {"a": hard})
    data, found = warned(load_voc, tmp_path)
    assert data.counts() == {"cat": 0, "dog": 1}
    assert "a.xml, line 2: cat" in str(found["objects marked difficult left out"])
    assert load_voc(tmp_path, difficult=True).counts() == {"cat": 1, "dog": 1}


def test_parts_are_no_objects(tmp_path):
    corners = "<xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>"
    part = f"<part><name>head</name><bndbox>{corners}</bndbox></part>"
    voc_set(tmp_path, {"a": voc_object("person", extra=part)})
    data = load_voc(tmp_path)
    assert data.names == ["person"] and data.boxes[0].tolist() == [[0, 0, 10, 10]]


def test_an_annotation_of_another_size_is_told(tmp_path):
    voc_set(tmp_path, {"a": voc_object("cat"), "b": voc_object("cat")})
    write_sideways(tmp_path / "JPEGImages" / "b.jpg", (40, 20))
    data, found = warned(load_voc, tmp_path)
    assert data.shapes_wh.tolist() == [[40, 20], [20, 40]]
    (warning,) = found.values()
    assert "b.xml: annotated as 40 x 20 pixels, but the picture has 20 x 40" in str(warning)


@pytest.mark.parametrize("size", ["", "<size><width>0</width><height>0</height></size>", "<size><width/></size>"])
def test_an_annotation_without_a_size(tmp_path, size):
    voc_set(tmp_path, {"a": ""})
    write_text(tmp_path / "Annotations/a.xml", f"<annotation>{size}{voc_object('cat')}</annotation>")
    assert len(load_voc(tmp_path).boxes[0]) == 1


def test_decimal_numbers_and_spaces(tmp_path):
    voc_set(tmp_path, {"a": voc_object(" cat\n", " 2.5 ", "1", "10.5", "\n9")})
    data = load_voc(tmp_path)
    assert data.names == ["cat"] and data.boxes[0].tolist() == [[1.5, 0, 10.5, 9]]


@pytest.mark.parametrize(
    "wrong, message",
    [
        (voc_object("cat", "x"), "line 4: found 'x' for <xmin>"),
        (voc_object("cat", ymax="nan"), "line 4: found 'nan' for <ymax>"),
        (voc_object("cat", xmax=""), "line 4: found '' for <xmax>"),
        (voc_object("cat").replace("<ymin>1</ymin>", ""), "line 4: found None for <ymin>"),
        ("\n<object>\n<name>cat</name></object>", "line 4: found None for <xmin>"),
        (voc_object(""), "line 4: found an object without a name"),
    ],
)
def test_a_malformed_object(tmp_path, wrong, message):
    voc_set(tmp_path, {"a": voc_object("cat") + wrong})
    with pytest.raises(DataError, match=rf"a\.xml, {message}\. Expected <name> and <bndbox>"):
        load_voc(tmp_path)
    data, found = warned(load_voc, tmp_path, on_error="warn")
    assert data.counts() == {"cat": 1} and list(found) == ["malformed objects (left out)"]


BILLION_LAUGHS = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><annotation>&y;</annotation>'
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>'


@pytest.mark.parametrize(
    "text, message",
    [
        ("<annotation><object>", r"not well-formed XML \(no element found: line 1"),
        ("", "not well-formed"),
        ("no xml", "not well-formed"),
        (BILLION_LAUGHS, "line 1 declares a document type"),
        (EXTERNAL, "line 1 declares a document type"),
    ],
)
def test_a_broken_or_dangerous_annotation(tmp_path, text, message):
    voc_set(tmp_path, {"a": voc_object("cat"), "b": ""})
    write_text(tmp_path / "Annotations" / "b.xml", text)
    with pytest.raises(DataError, match=rf"b\.xml: .*{message}.*Export the file again"):
        load_voc(tmp_path)
    data, found = warned(load_voc, tmp_path, on_error="warn")
    assert data.ids == ["a"] and list(found) == ["broken annotations (left out)"]


def test_other_encodings(tmp_path):
    voc_set(tmp_path, {"a": ""})
    text = f'<?xml version="1.0" encoding="ISO-8859-1"?><annotation>{voc_object("Bär")}</annotation>'
    (tmp_path / "Annotations" / "a.xml").write_bytes(text.encode("latin-1"))
    assert load_voc(tmp_path).names == ["Bär"]


def test_a_missing_picture(tmp_path):
    voc_set(tmp_path, {"a": voc_object("cat")}, {"train": "a\nb\n"})
    with pytest.raises(DataError, match=r"train\.txt, line 2: there is no picture .*b\.jpg"):
        load_voc(tmp_path)
    data, found = warned(load_voc, tmp_path, on_error="warn")
    assert data.ids == ["a"] and list(found) == ["missing pictures (left out)"]


def test_an_empty_split(tmp_path):
    voc_set(tmp_path, {"a": voc_object("cat")}, {"train": "a\n", "val": "\n"})
    with pytest.raises(DataError, match="/val has no picture"):
        load_voc(tmp_path, "val")
