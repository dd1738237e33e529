"""A notebook as a deck: title page, running headings, notes, and errors that name the cell."""

import pytest

from tests.show.slides.made import code, lesson, notebook, text
from yolo_course.show.slides.deck import SlidesError
from yolo_course.show.slides.notebook import notebook_deck


@pytest.fixture
def deck(tmp_path):
    return notebook_deck(lesson(tmp_path))


def kinds(slide):
    return [block.kind for block in slide.blocks]


def test_the_deck_bears_the_notebooks_title_and_stage(deck, tmp_path):
    assert (deck.name, deck.title, deck.subtitle) == ("02_backbone", "02 Backbone", "what it sees")
    assert deck.stages == ("backbone",)
    assert len(notebook_deck(lesson(tmp_path, "07_frozen.ipynb")).stages) == 5


def test_the_first_cell_becomes_a_title_page_and_the_goals(deck):
    cover, goals = deck.slides[:2]
    assert cover.cover and "<h1>02 Backbone</h1>" in cover.blocks[0].html and "what it sees" in cover.blocks[0].html
    assert "<strong>ten rows</strong>" in cover.blocks[0].html and "You will" not in cover.blocks[0].html
    assert goals.below and kinds(goals) == ["title", "text"]
    assert goals.blocks[0].html == "<h2>You will</h2>" and "<mfrac>" in goals.blocks[1].html


def test_notes_stand_with_their_slide(deck):
    assert deck.slides[0].notes == "<p>Begin with a <em>question</em>.</p>\n"
    assert not any(slide.notes for slide in deck.slides[1:])


def test_cells_become_blocks_with_their_steps(deck):
    slide = deck.slides[2]
    assert kinds(slide) == ["title", "text", "code", "output", "text", "code", "output"]
    assert [block.step for block in slide.blocks] == [None] * 4 + [0] * 3
    assert [block.cell for block in slide.blocks] == [1, 1, 2, 2, 3, 4, 4]


def test_a_slide_without_a_heading_says_what_it_goes_on_with(deck):
    assert deck.slides[3].below and deck.slides[3].blocks[0].html == '<p class="running">1 First</p>'
    assert deck.slides[4].blocks[0].html.strip() == "<h2>2 Table</h2>" and not deck.slides[4].below


def test_skipped_cells_are_nowhere(deck):
    assert "numpy" not in "".join(block.html for slide in deck.slides for block in slide.blocks)


def test_a_title_page_with_nothing_but_a_title(tmp_path):
    slides = notebook_deck(notebook(tmp_path, text("# 09 Short", "slide"))).slides
    assert len(slides) == 1 and slides[0].cover and "subtitle" not in slides[0].blocks[0].html


def test_errors_name_the_cell_and_what_to_do(tmp_path):
    head = text("# 02 Title", "slide")
    with pytest.raises(SlidesError, match="02_backbone.ipynb, cell 2: .*not run.*`python -m yolo_course notebooks 02`"):
        notebook_deck(notebook(tmp_path, head, code("x = 1", count=None)))
    with pytest.raises(SlidesError, match="cell 2: found the formula"):
        notebook_deck(notebook(tmp_path, head, text("$a^b^c$")))
    with pytest.raises(SlidesError, match="found no title in 02_backbone.ipynb"):
        notebook_deck(notebook(tmp_path, text("Words.", "slide")))


def test_a_skipped_cell_need_not_have_been_run(tmp_path):
    assert notebook_deck(notebook(tmp_path, text("# 02 Title", "slide"), code("x = 1", slide="skip", count=None)))


@pytest.mark.parametrize("content", [None, "no notebook"])
def test_a_file_that_is_no_notebook(tmp_path, content):
    if content:
        (tmp_path / "02_x.ipynb").write_text(content, encoding="utf-8")
    with pytest.raises(SlidesError, match="no notebook that can be read in 02_x.ipynb"):
        notebook_deck(tmp_path / "02_x.ipynb")
