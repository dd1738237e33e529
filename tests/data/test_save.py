"""What is written in YOLO form is read back."""

import shutil

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.files import voc_object, voc_set, write_sideways
from yolo_course.data import DataError, Dataset, load_dataset, load_yolo, save_yolo


@st.composite
def datasets(draw):
    """Up to four pictures in memory with up to six boxes each."""
    images, boxes, classes = [], [], []
    for _ in range(draw(st.integers(1, 4))):
        width, height = draw(st.integers(8, 90)), draw(st.integers(8, 90))
        sides = st.tuples(st.floats(0, 0.9), st.floats(0.01, 0.1), st.floats(0, 0.9), st.floats(0.01, 0.1))
        found = draw(st.lists(sides, max_size=6, unique=True))
        box = [[x * width, y * height, (x + w) * width, (y + h) * height] for x, w, y, h in found]
        images.append(np.full((height, width, 3), draw(st.integers(0, 255)), dtype=np.uint8))
        boxes.append(np.array(box).reshape(-1, 4))
        classes.append(np.arange(len(box)))  # no two alike, so that no box can repeat another
    return Dataset(images, boxes, classes, ["cat", "dog", "Bär", "no", "4", "図"], "made up")


@settings(max_examples=40, deadline=None)
@given(data=datasets())
def test_write_then_read(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("round trip")
    save_yolo(data, folder, "val")
    back = load_yolo(folder, "val")
    assert back.names == data.names and back.ids == data.ids
    np.testing.assert_array_equal(back.shapes_wh, data.shapes_wh)
    for i in range(len(data)):
        np.testing.assert_allclose(back.boxes[i], data.boxes[i], atol=2e-4)
        np.testing.assert_array_equal(back.classes[i], data.classes[i])
        assert np.abs(back[i][0].astype(int) - data[i][0]).max() <= 2  # of one colour: JPEG keeps it
    shutil.rmtree(folder)


def picture(value=0):
    return np.full((20, 40, 3), value, dtype=np.uint8)


def pets(**options):
    boxes = [[[10, 5, 30, 15]], np.zeros((0, 4)), np.zeros((0, 4))]
    return Dataset([picture()] * 3, boxes, [[1], [], []], ["cat", "dog"], **options)


def test_the_files(tmp_path):
    file = save_yolo(pets(unlabelled=["2"]), tmp_path / "new" / "pets")
    found = sorted(path.relative_to(file.parent).as_posix() for path in file.parent.rglob("*") if path.is_file())
    pictures = [f"images/train/{i}.jpg" for i in range(3)]
    assert found == ["data.yaml", *pictures, "labels/train/0.txt", "labels/train/1.txt"]
    assert (file.parent / "labels/train/0.txt").read_bytes() == b"1 0.500000 0.500000 0.500000 0.500000\n"
    assert (file.parent / "labels/train/1.txt").read_bytes() == b""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert content == {"train": "images/train", "nc": 2, "names": {0: "cat", 1: "dog"}}


def test_unlabelled_stays_unlabelled(tmp_path):
    save_yolo(pets(unlabelled=["2"]), tmp_path)
    with pytest.warns(UserWarning, match="without a label file"):
        assert load_yolo(tmp_path).unlabelled == {"2"}


def test_splits_are_added_and_other_keys_are_kept(tmp_path):
    save_yolo(pets(), tmp_path)
    text = (tmp_path / "data.yaml").read_text(encoding="utf-8")
    (tmp_path / "data.yaml").write_text(text + "license: MIT\n", encoding="utf-8")
    save_yolo(pets(), tmp_path, "val")
    content = yaml.safe_load((tmp_path / "data.yaml").read_text(encoding="utf-8"))
    assert content["license"] == "MIT" and content["train"] == "images/train" and content["val"] == "images/val"
    assert len(load_dataset(tmp_path)) == len(load_dataset(tmp_path, "val")) == 3


def test_files_are_copied_as_they_are(tmp_path):
    source = voc_set(tmp_path / "voc", {"a": voc_object("cat", 1, 1, 20, 40)})
    photo = write_sideways(source / "JPEGImages" / "a.jpg", (40, 20))
    with pytest.warns(UserWarning, match="another size"):
        data = load_dataset(source)
    save_yolo(data, tmp_path / "yolo")
    back = load_dataset(tmp_path / "yolo")
    assert (tmp_path / "yolo/images/train/a.jpg").read_bytes() == photo.read_bytes()
    assert back.boxes[0].tolist() == [[0, 0, 20, 40]] and back.shapes_wh.tolist() == [[20, 40]]


def test_nothing_is_overwritten(tmp_path):
    save_yolo(pets(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match="is there already. Delete it"):
        save_yolo(pets(), tmp_path)
    other = Dataset([picture()], [[]], [[]], ["dog", "cat"])
    with pytest.raises(DataError, match="other classes"):
        save_yolo(other, tmp_path, "val")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_failure_leaves_nothing_behind(tmp_path):
    broken = Dataset([picture(), tmp_path / "nowhere.jpg"], [[], []], [[], []], ["cat"])
    with pytest.raises(DataError, match="there is no such picture"):
        save_yolo(broken, tmp_path / "out")
    twice = pets().subset([0, 0])
    with pytest.raises(DataError, match="two pictures have the same id"):
        save_yolo(twice, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_ids_with_folders_become_names(tmp_path):
    save_yolo(pets(ids=["a/x", "b/x", "c"]), tmp_path)
    assert load_yolo(tmp_path).ids == ["a_x", "b_x", "c"]
