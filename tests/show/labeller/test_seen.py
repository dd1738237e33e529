"""The picture that was seen last: kept in the cache, one for each folder, and never in the way."""

import pytest

from tests.data.files import write_picture, write_text
from yolo_course.show.labeller.places import find_places
from yolo_course.show.labeller.seen import last_seen, remember
from yolo_course.show.labeller.store import LabelStore


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path):
    """Three pictures, all of them labelled."""
    folder = tmp_path / "photos"
    for name in ("a", "b", "sub/ü c"):
        write_text(write_picture(folder / f"{name}.jpg").with_suffix(".txt"))
    return folder


def test_keeps_the_last_one_of_each_folder(cache, photos):
    places, others = find_places(photos), find_places(photos / "sub")
    assert last_seen(places) is None and not cache.exists()
    for name in ("a.jpg", "sub/ü c.jpg"):
        remember(places, name)
    assert last_seen(find_places(str(photos))) == "sub/ü c.jpg"
    assert last_seen(others) is None and last_seen(find_places(photos, labels=photos / "own")) is None
    assert len([*cache.rglob("*.*")]) == 1


def test_nothing_lies_beside_the_labels(cache, photos):
    before = sorted(photos.rglob("*"))
    store = LabelStore(photos, ["cat"])
    store.remember(1)
    assert sorted(photos.rglob("*")) == before and LabelStore(photos, ["cat"]).where_to_go_on() == 1


def test_a_picture_that_has_gone_is_passed_over(cache, photos):
    LabelStore(photos, ["cat"]).remember(2)
    assert LabelStore(photos, ["cat"]).where_to_go_on() == 2
    (photos / "sub/ü c.jpg").unlink()
    assert LabelStore(photos, ["cat"]).where_to_go_on() == 0


def test_without_a_cache_it_begins_with_the_first(cache, photos):
    cache.write_text("a file where the folder should be")
    store = LabelStore(photos, ["cat"])
    store.remember(2)
    assert store.where_to_go_on() == 0
