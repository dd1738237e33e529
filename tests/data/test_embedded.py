import sys
from pathlib import Path

import numpy as np
import pytest

from yolo_course.data import DataError, embedded
from yolo_course.data.embedded import cache_dir, data_dir, source_dataset
from yolo_course.data.render import render_sample


def test_data_dir_is_the_variable_else_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path))
    assert data_dir() == tmp_path
    monkeypatch.delenv("YOLO_COURSE_DATA")
    assert data_dir() == embedded.CHECKOUT_DATA


@pytest.mark.parametrize("variable", [None, "nowhere"])
def test_without_data_the_error_names_both_places(tmp_path, monkeypatch, variable):
    monkeypatch.setattr(embedded, "CHECKOUT_DATA", tmp_path / "checkout")
    monkeypatch.delenv("YOLO_COURSE_DATA", raising=False)
    if variable:
        monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path / variable))
    with pytest.raises(DataError) as error:
        data_dir()
    assert "YOLO_COURSE_DATA" in str(error.value) and str(tmp_path / "checkout") in str(error.value)
    assert (variable or "not set") in str(error.value)


def test_the_cache_is_where_the_platform_keeps_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("YOLO_COURSE_CACHE")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    places = {"linux": ".cache", "darwin": "Library/Caches", "win32": "local"}
    for platform, place in places.items():
        monkeypatch.setattr(sys, "platform", platform)
        assert cache_dir() == tmp_path / place / "yolo-course"


def test_source_pictures_are_rendered_once(tmp_path, monkeypatch):
    first = source_dataset("val", 3, 64, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1 and len(first) == 3 and len(first.names) == 8
    monkeypatch.setattr(embedded, "render_sample", None)  # a second rendering would fail
    again = source_dataset("val", 3, 64, cache=tmp_path)
    for index in range(3):
        expected = render_sample("source", "val", index, 64)
        for one, two, three in zip(first[index], again[index], expected, strict=True):
            assert np.array_equal(one, two) and np.array_equal(one, three)


def test_a_broken_cache_file_is_rendered_again(tmp_path):
    source_dataset("val", 2, 64, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    assert len(source_dataset("val", 2, 64, cache=tmp_path)) == 2
    assert file.stat().st_size > 1000 and list(tmp_path.iterdir()) == [file]


def test_two_processes_render_what_one_does(tmp_path):
    one = source_dataset("test", 40, 32, cache=tmp_path / "one")
    two = source_dataset("test", 40, 32, cache=tmp_path / "two", workers=2)
    for index in range(40):
        for left, right in zip(one[index], two[index], strict=True):
            assert np.array_equal(left, right)


@pytest.mark.parametrize("arguments", [("training",), ("train", 0), ("train", 1, 8)])
def test_wrong_arguments_are_told(arguments, tmp_path):
    with pytest.raises(DataError, match="Choose one of|expected"):
        source_dataset(*arguments, cache=tmp_path)
