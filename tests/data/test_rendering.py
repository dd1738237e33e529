"""Rendering the course's sets to where they belong."""

import pytest

from yolo_course.data import DataError, load_dataset
from yolo_course.data.domains import DOMAINS
from yolo_course.data.embedded import cache_dir
from yolo_course.data.rendering import render_sets, split_counts


def test_a_set_into_a_folder(tmp_path):
    (line,) = render_sets(["far"], tmp_path / "small", count=2)
    assert "train 2, val 2, test 2 pictures" in line
    assert len(load_dataset(tmp_path / "small", "val")) == 2


def test_all_sets_below_a_folder(tmp_path):
    assert len(list(render_sets(["near", "source"], tmp_path, count=1, each_below=True))) == 2
    assert {file.name for file in tmp_path.iterdir()} == {"near", "source"}


def test_the_source_into_the_cache():
    (line,) = render_sets(["source"], count=2)
    assert str(cache_dir()) in line and any("train-2x160px" in file.name for file in cache_dir().iterdir())


def test_the_committed_sets_are_replaced_only_by_themselves(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path))
    monkeypatch.setitem(DOMAINS["near"].counts, "train", 1)
    with pytest.raises(DataError, match="Name a folder"):
        list(render_sets(["near"], count=3))
    assert not list(tmp_path.iterdir())


def test_counts():
    usual = DOMAINS["far"].counts
    assert split_counts("far") == usual
    assert split_counts("far", 10**4) == {**usual, "train": 10**4}
    assert set(split_counts("far", 3).values()) == {3}
    with pytest.raises(DataError, match="no domain"):
        split_counts("middle")
