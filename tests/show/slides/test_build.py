"""`slides` writes the decks that are asked for, goes on after one that fails, and leaves no half-written file."""

import pytest
import yaml

from tests.show.slides.made import code, lesson, notebook, text
from yolo_course.show.slides import SlidesError, build
from yolo_course.show.slides.build import write


@pytest.fixture
def folder(tmp_path):
    lesson(tmp_path / "in")
    lesson(tmp_path / "in", "03_neck.ipynb")
    talk = {"title": "T", "slides": [{"cells": ["02/square"]}]}
    (tmp_path / "in/weekly_talk.yaml").write_text(yaml.safe_dump(talk), encoding="utf-8")
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], ["02_backbone", "03_neck", "weekly_talk"]),
        (["03"], ["03_neck"]),
        (["talk"], ["weekly_talk"]),
        (["neck", "weekly_talk"], ["03_neck", "weekly_talk"]),
    ],
)
def test_the_decks_that_are_asked_for(folder, tmp_path, parts, expected):
    lines = []
    assert build(folder, tmp_path / "out", parts, lines.append)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}.html" for name in expected]
    assert len(lines) == len(expected) and all("wrote" in line and "MB" in line for line in lines)


def test_a_folder_without_a_talk(folder, tmp_path):
    (folder / "weekly_talk.yaml").unlink()
    assert build(folder, tmp_path / "out", [], lambda line: None)
    assert not build(folder, tmp_path / "out", ["talk"], lambda line: None)


def test_a_deck_that_fails_is_left_as_it_was_and_the_others_are_made(folder, tmp_path):
    lines, out = [], tmp_path / "out"
    out.mkdir()
    (out / "02_backbone.html").write_text("the old one", encoding="utf-8")
    notebook(folder, text("# 02 Backbone", "slide"), code("x", count=None), name="02_backbone.ipynb")
    assert not build(folder, out, ["02", "03"], lines.append)
    assert (out / "02_backbone.html").read_text(encoding="utf-8") == "the old one"
    assert lines[0].startswith("FAILED  02_backbone: 02_backbone.ipynb, cell 2") and "03_neck" in lines[1]
    assert "left as they were: 02_backbone" in lines[-1]


def test_an_unknown_notebook_is_named(folder, tmp_path):
    with pytest.raises(SlidesError, match="contains '9'. There are: 02_backbone.ipynb.*called talk"):
        build(folder, tmp_path / "out", ["9"])


def test_a_deck_that_is_too_large_is_not_written(tmp_path):
    with pytest.raises(SlidesError, match="found 6,000,001 bytes, expected 6,000,000 at most"):
        write(tmp_path / "x.html", "x" * 6_000_001)
    assert not list(tmp_path.iterdir())
    assert write(tmp_path / "new/x.html", "ä") == 2 and [p.name for p in (tmp_path / "new").iterdir()] == ["x.html"]
