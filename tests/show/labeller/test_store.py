"""Labels on the disk: what is read comes back as it was, and nothing is overwritten unseen."""

import numpy as np
import pytest

from tests.data.files import truncate, write_picture, write_sideways, write_text
from yolo_course.data import DataError, load_dataset, load_yolo
from yolo_course.show.labeller.store import LabelStore

NAMES = ["cat", "dog"]
OLD = "1 0.51234567890123 0.5 0.25 0.5\n0 0.3 0.3 0.2 0.2\n"
SIZE = (40, 20)


@pytest.fixture
def photos(tmp_path):
    """Three pictures of 40 x 20 pixels; the second has labels."""
    for name in "abc":
        write_picture(tmp_path / f"{name}.jpg", SIZE)
    write_text(tmp_path / "b.txt", OLD)
    return tmp_path


def test_reads_states_and_resumes(photos):
    store = LabelStore(photos, NAMES)
    assert [store.read(i).state for i in range(3)] == ["unlabelled", "boxes", "unlabelled"]
    assert store.read(1).boxes[1] == pytest.approx((0, 8, 4, 16, 8))
    assert store.counts() == {"boxes": 1, "empty": 0, "unlabelled": 2, "refused": 0}
    store.write(0, [(0, 1, 2, 11, 12)])
    again = LabelStore(photos, NAMES)
    assert again.first_unlabelled() == 2 and again.first_unlabelled(2) == 2
    again.write(2, [], nothing=True)
    assert LabelStore(photos, NAMES).first_unlabelled() == 0
    assert LabelStore(photos, NAMES).counts() == {"boxes": 2, "empty": 1, "unlabelled": 0, "refused": 0}


def test_opening_and_reading_changes_nothing(photos):
    before = sorted(photos.iterdir())
    store = LabelStore(photos, NAMES)
    for i in range(3):
        store.read(i)
    assert sorted(photos.iterdir()) == before and (photos / "b.txt").read_text() == OLD


def test_the_package_reads_what_was_drawn(photos):
    store = LabelStore(photos, NAMES)
    store.write(0, [(1, 1, 2, 11, 12), (0, 20.5, 0, 40, 20)])
    store.write(2, [], nothing=True)
    for data in (load_dataset(photos), load_yolo(photos / "data.yaml")):
        assert data.names == NAMES and data.ids == ["a", "b", "c"] and not data.unlabelled
        np.testing.assert_allclose(data.boxes[0], [[1, 2, 11, 12], [20.5, 0, 40, 20]], atol=1e-4)
        assert data.classes[0].tolist() == [1, 0] and len(data.boxes[2]) == 0


def test_untouched_rows_stay_letter_by_letter(photos):
    store = LabelStore(photos, NAMES)
    first, second = store.read(1).boxes
    store.write(1, [first, second, (0, 1, 1, 5, 5)])
    lines = (photos / "b.txt").read_text().splitlines(keepends=True)
    assert "".join(lines[:2]) == OLD and len(lines) == 3
    store.write(1, [second])
    store.write(1, [first, second])  # undone: the row is not in the file any more, and comes back as it was
    assert (photos / "b.txt").read_text() == OLD
    store.write(1, [(0, *first[1:]), second])  # another class keeps the numbers
    assert (photos / "b.txt").read_text().splitlines()[0] == "0 0.51234567890123 0.5 0.25 0.5"


def test_drawn_boxes_do_not_drift(photos):
    store = LabelStore(photos, NAMES)
    store.write(0, [(0, 1.234567891, 2.3, 11.1, 12.7)])
    written = (photos / "a.txt").read_text()
    for _ in range(5):
        store = LabelStore(photos, NAMES)
        store.write(0, store.read(0).boxes)
    assert (photos / "a.txt").read_text() == written


def test_boxes_are_clipped_and_need_an_area(photos):
    store = LabelStore(photos, NAMES)
    drawn = [(0, -5, -5, 10, 10), (0, 50, 5, 60, 10), (1, 5, 5, 5, 9), (1, 9, 9, 5, 5), (1, 30, 10, 99, 99)]
    kept = store.write(0, drawn).boxes
    assert kept == [(0, 0, 0, 10, 10), (1, 30, 10, 40, 20)]
    store.write(2, [], nothing=True)
    assert load_dataset(photos).boxes[0].tolist() == [[0, 0, 10, 10], [30, 10, 40, 20]]


def test_empty_is_not_unlabelled(photos):
    store = LabelStore(photos, NAMES)
    assert store.write(0, [], nothing=True).state == "empty" and (photos / "a.txt").read_bytes() == b""
    assert store.write(0, []).state == "unlabelled" and not (photos / "a.txt").exists()
    store.write(1, [])  # the last box deleted says nothing about the picture
    assert not (photos / "b.txt").exists() and store.read(1).state == "unlabelled"
    with pytest.raises(DataError, match="found 1 boxes and the mark"):
        store.write(0, [(0, 1, 1, 5, 5)], nothing=True)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2 0.5 0.5 0.1 0.1", "Line 2: found class 2.*0 to 1 exist"),
        ("0 0.5 0.5 0.1", "Line 2: found 4 columns.*Expected: class x y width height"),
        ("cat 0.5 0.5 0.1 0.1", "not a number"),
        ("0 20 10 5 5", "out of 0..1.*divide"),
        ("0 0.5 0.5 0 0.1", "without area.*delete the row"),
        ("0 0.5 nan 0.1 0.1", "not finite"),
    ],
)
def test_files_with_bad_rows_are_never_overwritten(photos, row, message):
    file = write_text(photos / "a.txt", f"0 0.5 0.5 0.2 0.2\n{row}\n")
    before = file.read_bytes()
    store = LabelStore(photos, NAMES)
    labels = store.read(0)
    assert labels.state == "refused" and len(labels.boxes) == 1
    assert "mend the file" in labels.problem and store.first_unlabelled() == 2
    with pytest.raises(DataError, match=message):
        store.write(0, labels.boxes)
    assert file.read_bytes() == before


def test_many_bad_rows_are_counted(photos):
    write_text(photos / "a.txt", "x\n" * 10)
    assert "And 7 more." in LabelStore(photos, NAMES).read(0).problem


def test_polygons_stay_polygons(photos):
    polygon = "1 0.1 0.1 0.5 0.1 0.5 0.6\n"
    write_text(photos / "a.txt", polygon)
    store = LabelStore(photos, NAMES)
    (box,) = store.read(0).boxes
    assert box == pytest.approx((1, 4, 2, 20, 12))
    store.write(0, [(0, *box[1:]), (1, 1, 1, 5, 5)])
    assert (photos / "a.txt").read_text().startswith("0 0.1 0.1 0.5 0.1 0.5 0.6\n1 ")


def test_what_another_program_wrote_is_not_overwritten(photos):
    store = LabelStore(photos, NAMES)
    store.read(0)
    write_text(photos / "a.txt", "1 0.5 0.5 0.2 0.2\n")
    with pytest.raises(DataError, match="another program"):
        store.write(0, [(0, 1, 1, 5, 5)])
    assert (photos / "a.txt").read_text() == "1 0.5 0.5 0.2 0.2\n"
    store.write(0, [*store.read(0).boxes, (0, 1, 1, 5, 5)])
    assert len((photos / "a.txt").read_text().splitlines()) == 2


def test_a_place_that_cannot_be_written(photos, monkeypatch):
    store = LabelStore(photos, NAMES)

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("yolo_course.show.labeller.store.write_atomic", full)
    with pytest.raises(DataError, match="No space left.*not stored.*Make room"):
        store.write(0, [(0, 1, 1, 5, 5)])
    assert store.read(0).state == "unlabelled"


def test_pictures_are_seen_upright(tmp_path):
    write_sideways(tmp_path / "a.jpg", SIZE)
    store = LabelStore(tmp_path, NAMES)
    assert store.read(0).size == (20, 40)
    store.write(0, [(0, 2, 20, 18, 40)])
    assert load_dataset(tmp_path).boxes[0] == pytest.approx(np.array([[2, 20, 18, 40]]))


@pytest.mark.parametrize("box", [(2, 1, 1, 5, 5), (0, 1, 1, 5), (0, 1, 1, float("nan"), 5), ("x", 1, 1, 5, 5)])
def test_strange_boxes_are_refused(photos, box):
    with pytest.raises(DataError, match="expected a class from 0 to 1 and four finite numbers"):
        LabelStore(photos, NAMES).write(0, [box])
    assert not (photos / "a.txt").exists()


def test_strange_numbers_and_pictures(photos):
    truncate(photos / "a.jpg", 0.01)
    store = LabelStore(photos, NAMES)
    with pytest.raises(DataError, match="cannot be read"):
        store.read(0)
    for index in (-1, 3, "1", None):
        with pytest.raises(DataError, match="expected 0 to 2"):
            store.read(index)
