"""The weekly talk: named cells on the slides that a YAML file lists, and errors that name near ones."""

import pytest
import yaml

from tests.show.slides.made import code, lesson, notebook, text
from yolo_course.show.slides.deck import SlidesError
from yolo_course.show.slides.talk import talk_deck


@pytest.fixture
def make(tmp_path):
    """Make the deck of a talk with these slides on the notebooks 02 and 03."""
    unnamed = notebook(tmp_path, text("# 03 Neck", "slide"), name="03_neck.ipynb")
    twice = [text("# 04 Head", "slide"), text("A", name="same"), text("B", name="same")]
    notebooks = [lesson(tmp_path), unnamed, notebook(tmp_path, *twice, name="04_head.ipynb")]

    def make(*slides, **more):
        path = tmp_path / "weekly_talk.yaml"
        talk = {"title": "A talk", "slides": list(slides), **more}
        path.write_text(yaml.safe_dump(talk), encoding="utf-8")
        return talk_deck(path, notebooks)

    return make


def test_a_talk_has_a_title_page_and_the_slides_of_its_list(make):
    deck = make({"cells": ["02/first"]}, {"text": "Own *words*."}, subtitle="Fifteen minutes", notes="Welcome.")
    assert (deck.name, deck.title, len(deck.slides)) == ("weekly_talk", "A talk", 3)
    cover = deck.slides[0]
    assert cover.cover and "Fifteen minutes" in cover.blocks[0].html and "Welcome." in cover.notes
    assert deck.enough == 0  # its slides are those of the list: none is cut in two
    assert "<em>words</em>" in deck.slides[2].blocks[0].html


def test_cells_keep_their_heading_without_its_number_unless_the_slide_has_one(make):
    own, other = make({"cells": ["02/first"]}, {"cells": ["02/first"], "heading": "My `x`"}).slides[1:]
    assert [block.html for block in own.blocks if block.kind == "title"] == ["<h2>First</h2>"]
    assert [block.html for block in other.blocks if block.kind == "title"] == ["<h2>My <code>x</code></h2>"]


def test_text_stands_before_the_cells_and_the_source_may_be_left_out(make):
    slide = {"text": "Words.", "cells": ["02/one", "02_backbone/square"], "heading": "H"}
    kinds = [[block.kind for block in each.blocks] for each in make(slide, {**slide, "source": False}).slides[1:]]
    assert kinds == [["title", "text", "code", "output", "figure"], ["title", "text", "output", "figure"]]


def test_a_slide_says_which_notebook_it_is_from(make):
    first, second = make({"cells": ["02/one"]}, {"text": "Words."}).slides[1:]
    assert first.source == '<a href="02_backbone.html">02 Backbone</a>' and second.source == ""


def test_notes(make):
    assert make({"text": "Words.", "notes": "Ask **them**."}).slides[1].notes == "<p>Ask <strong>them</strong>.</p>\n"


@pytest.mark.parametrize(
    ("slide", "message"),
    [
        ({"cells": ["02/squared"]}, "'squared', expected a name .*02_backbone.ipynb has: near ones are square"),
        ({"cells": ["02/zzz"]}, "there are first, one, square"),
        ({"cells": ["03/x"]}, "no cell of 03_neck.ipynb has one: set `name`"),
        ({"cells": ["04/same"]}, "found 2 cells named 'same' in 04_head.ipynb, expected one"),
        ({"cells": ["09/x"]}, "found notebook '09', expected the beginning of one of 02_backbone, 03_neck, 04_head"),
        ({"cells": ["square"]}, "expected notebook/name, such as 07/far-curves"),
        ({"cell": ["02/square"]}, "found cell in a slide, expected only cells, heading"),
        ({"heading": "Nothing"}, "a slide that shows nothing"),
        ("02/square", "found a slide that is '02/square'"),
    ],
)
def test_errors_name_the_slide_and_what_was_expected(make, slide, message):
    with pytest.raises(SlidesError, match=rf"weekly_talk.yaml, slide 2: .*{message}"):
        make({"text": "Fine."}, slide)


def test_a_cell_that_was_not_run(make, tmp_path):
    notebook(tmp_path, text("# 03 Neck", "slide"), code("x = 1", name="x", count=None), name="03_neck.ipynb")
    with pytest.raises(SlidesError, match="03_neck.ipynb, cell 2: .*not run.*notebooks 03"):
        make({"cells": ["03/x"]})


@pytest.mark.parametrize(("content", "message"), [(None, "can be read"), (": [", "can be read"), ("[]", "is \\[\\]")])
def test_files_that_are_no_talk(tmp_path, content, message):
    if content:
        (tmp_path / "t.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(SlidesError, match=message):
        talk_deck(tmp_path / "t.yaml", [])


def test_a_talk_needs_a_title_and_slides(make):
    for more in ({"title": ""}, {"slides": None}):
        with pytest.raises(SlidesError, match="expected both"):
            make({"text": "x"}, **more) if "title" in more else make(**more)
    with pytest.raises(SlidesError, match="found author in a talk"):
        make({"text": "x"}, author="me")
