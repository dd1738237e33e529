"""The class Dataset."""

import copy
import pickle

import numpy as np
import pytest

from tests.data.files import truncate, write_picture, write_sideways
from yolo_course.data import DataError, Dataset

BOX = [[1, 2, 30, 40]]


def picture(width=100, height=50, value=0):
    return np.full((height, width, 3), value, dtype=np.uint8)


@pytest.fixture
def data():
    images = [picture(100, 50, 1), picture(30, 60, 2), picture(40, 40, 3)]
    boxes = [[[10, 5, 90, 45], [0, 0, 100, 50]], [[3, 6, 27, 54]], np.zeros((0, 4))]
    return Dataset(images, boxes, [[0, 1], [1], []], ["cat", "dog"], "pets", unlabelled=["2"])


def test_a_sample(data):
    image, boxes, classes = data[0]
    assert (image.shape, image.dtype) == ((50, 100, 3), np.uint8)
    assert (boxes.dtype, classes.dtype) == (np.float32, np.int64)
    assert boxes.tolist() == [[10, 5, 90, 45], [0, 0, 100, 50]] and classes.tolist() == [0, 1]
    assert data[2][1].shape == (0, 4) and data[2][2].shape == (0,)
    assert data[-1][0][0, 0, 0] == 3


def test_a_sample_is_a_copy(data):
    for array in data[0]:
        array[:] = 0
    image, boxes, classes = data[0]
    assert image[0, 0, 0] == 1 and boxes[0, 0] == 10 and classes[1] == 1


def test_it_can_be_walked_through(data):
    assert len(data) == 3 and [image[0, 0, 0] for image, _, _ in data] == [1, 2, 3]
    with pytest.raises(IndexError):
        data[3]
    with pytest.raises(TypeError, match="slice"):
        data[:2]


def test_ids(tmp_path, data):
    assert data.ids == ["0", "1", "2"]
    paths = [tmp_path / "a" / "x.jpg", tmp_path / "a" / "y.jpg"]
    assert Dataset(paths, [BOX, BOX], [[0], [0]], ["cat"]).ids == ["x", "y"]
    paths.append(tmp_path / "b" / "x.png")
    assert Dataset(paths, [BOX] * 3, [[0]] * 3, ["cat"]).ids == ["a/x.jpg", "a/y.jpg", "b/x.png"]
    assert Dataset([picture()], [BOX], [[0]], ["cat"], ids=["mine"]).ids == ["mine"]


def test_files_are_decoded_when_asked_for(tmp_path):
    path = tmp_path / "x.jpg"
    data = Dataset([str(path)], [BOX], [[0]], ["cat"])
    with pytest.raises(DataError, match="there is no such picture"):
        data[0]
    write_picture(path, (40, 50))
    assert data[0][0].shape == (50, 40, 3) and data.shapes_wh.tolist() == [[40, 50]]
    truncate(path)
    with pytest.raises(DataError, match="cannot be read"):
        data[0]


def test_shapes_are_those_that_are_seen(tmp_path, data):
    assert data.shapes_wh.tolist() == [[100, 50], [30, 60], [40, 40]] and data.shapes_wh.dtype.kind == "i"
    sideways = write_sideways(tmp_path / "x.jpg", (40, 20))
    assert Dataset([sideways], [BOX], [[0]], ["cat"]).shapes_wh.tolist() == [[20, 40]]
    assert Dataset([], [], [], ["cat"]).shapes_wh.shape == (0, 2)


def test_counts(data):
    assert data.counts() == {"cat": 1, "dog": 2}
    assert Dataset([], [], [], ["cat"]).counts() == {"cat": 0}


def test_subset(data):
    _ = data.shapes_wh
    part = data.subset(np.array([2, 0]))
    assert part.ids == ["2", "0"] and part.names == data.names and part.name == "pets"
    assert part.shapes_wh.tolist() == [[40, 40], [100, 50]] and part.unlabelled == {"2"}
    assert part[1][1].tolist() == data[0][1].tolist() and part.images[0] is data.images[2]
    assert data.subset([0]).unlabelled == frozenset() and len(data.subset([])) == 0
    assert data.subset([-1]).ids == ["2"] and data.subset(range(2)).ids == ["0", "1"]
    with pytest.raises(IndexError):
        data.subset([3])


def test_resized_scales_pictures_and_boxes(data):
    small = data.resized(20)
    assert small.shapes_wh.tolist() == [[20, 10], [10, 20], [20, 20]]
    assert [image.shape for image, _, _ in small] == [(10, 20, 3), (20, 10, 3), (20, 20, 3)]
    np.testing.assert_allclose(small[0][1], [[2, 1, 18, 9], [0, 0, 20, 10]])
    assert (small.ids, small.unlabelled, small.name) == (data.ids, data.unlabelled, data.name)
    assert small.counts() == data.counts()


def test_resized_can_leave_small_pictures(data):
    assert data.resized(80).shapes_wh.tolist() == [[80, 40], [40, 80], [80, 80]]
    kept = data.resized(80, upscale=False)
    assert kept.shapes_wh.tolist() == [[80, 40], [30, 60], [40, 40]]
    assert kept[1][1].tolist() == data[1][1].tolist()


def test_resized_follows_the_rounded_size():
    data = Dataset([picture(99, 50)], [[[0, 0, 99, 50]]], [[0]], ["cat"]).resized(10)
    assert data[0][0].shape == (5, 10, 3)
    np.testing.assert_allclose(data[0][1], [[0, 0, 10, 5]])
    thin = Dataset([picture(1000, 2)], [[[0, 0, 1000, 2]]], [[0]], ["cat"]).resized(10)
    assert thin[0][0].shape == (1, 10, 3)


def test_resized_averages_when_it_shrinks():
    stripes = picture(8, 8)
    stripes[:, ::2] = 200
    assert Dataset([stripes], [[]], [[]], ["cat"]).resized(4)[0][0].tolist() == np.full((4, 4, 3), 100).tolist()


def test_resized_reads_files_once(tmp_path):
    path = write_sideways(tmp_path / "x.jpg", (40, 20))
    data = Dataset([path], [[[0, 0, 20, 40]]], [[0]], ["cat"]).resized(20)
    path.unlink()
    assert data[0][0].shape == (20, 10, 3) and data[0][1].tolist() == [[0, 0, 10, 20]] and data.ids == ["x"]


def test_repr(data):
    assert repr(data) == "<Dataset pets: 3 images (1 without a box), 3 boxes, 2 classes: cat, dog>"
    many = Dataset([], [], [], list("abcdefg"))
    assert repr(many) == "<Dataset 0 images, 0 boxes, 7 classes: a, b, c, d, e, ...>"


def test_it_can_be_pickled_and_copied(tmp_path, data):
    from_files = Dataset([write_picture(tmp_path / "x.jpg")], [BOX], [[0]], ["cat"], ids=["a"], unlabelled=["a"])
    for original in (data, from_files):
        for twin in (pickle.loads(pickle.dumps(original)), copy.deepcopy(original)):
            assert repr(twin) == repr(original) and twin.ids == original.ids
            assert twin.unlabelled == original.unlabelled
            assert all(np.array_equal(a, b) for a, b in zip(twin[0], original[0], strict=True))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"images": []}, "0 images, 1 arrays of boxes, 1 of classes and 0 ids"),
        ({"classes": [[0], [0]]}, "1 images, 1 arrays of boxes, 2 of classes"),
        ({"ids": ["a", "b"]}, "2 ids"),
        ({"classes": [[0, 0]]}, "image 0: found 1 boxes and 2 classes"),
        ({"classes": [[2]]}, r"found classes \[2\], expected 0 to 1"),
        ({"classes": [[-1]]}, "expected 0 to 1"),
        ({"boxes": [[[1, 2, 1, 4]]]}, "expected finite boxes with left < right"),
        ({"boxes": [[[1, 2, 3, 1]]]}, "top < bottom"),
        ({"boxes": [[[1, 2, float("nan"), 4]]]}, "finite"),
        ({"names": ["cat", "cat"]}, "'cat' more than once"),
        (
            {"images": [np.zeros((4, 4, 3))]},
            r"image 0: expected a path or a uint8 \(H, W, 3\) array, found float64",
        ),
        ({"images": [np.zeros((4, 4), np.uint8)]}, r"found uint8 \(4, 4\)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, message):
    parts = {"images": [picture()], "boxes": [BOX], "classes": [[0]], "names": ["cat", "dog"]}
    with pytest.raises(DataError, match=message):
        Dataset(**{**parts, **change})
