"""Slideshow metadata mean what RISE and nbconvert say they mean."""

import pytest

from tests.show.slides.made import text
from yolo_course.show.slides.deck import SlidesError
from yolo_course.show.slides.grouping import group


def grouped(*types):
    """The slides of cells with these types, as (below, [(cell number, step)], [numbers of notes])."""
    cells = [text(str(number), kind) for number, kind in enumerate(types)]
    return [
        (each.below, [(int(cell.source), step) for cell, step in each.cells], [int(cell.source) for cell in each.notes])
        for each in group(cells)
    ]


def test_slides_subslides_and_what_goes_on():
    assert grouped("slide", "-", "subslide", None, "slide") == [
        (False, [(0, None), (1, None)], []),
        (True, [(2, None), (3, None)], []),
        (False, [(4, None)], []),
    ]


def test_a_fragment_goes_on_until_the_next_one_or_the_next_slide():
    assert grouped("slide", "fragment", "-", "fragment", "subslide", "fragment") == [
        (False, [(0, None), (1, 0), (2, 0), (3, 1)], []),
        (True, [(4, None), (5, 0)], []),
    ]


def test_skipped_cells_are_left_out_and_do_not_end_a_fragment():
    assert grouped("slide", "fragment", "skip", "-") == [(False, [(0, None), (1, 0), (3, 0)], [])]


def test_notes_belong_to_the_slide_before_them_and_the_earliest_to_the_first():
    assert grouped("notes", "slide", "notes", "skip", "notes", "slide", "-", "notes") == [
        (False, [(1, None)], [0, 2, 4]),
        (False, [(5, None), (6, None)], [7]),
    ]


@pytest.mark.parametrize("first", ["-", "subslide", "fragment", None])
def test_the_first_visible_cell_begins_a_slide(first):
    assert grouped("skip", first, "-") == [(False, [(1, None), (2, None)], [])]


def test_unknown_types_and_nothing_to_show():
    with pytest.raises(SlidesError, match="found slide type 'slid', expected one of slide, subslide"):
        grouped("slide", "slid")
    with pytest.raises(SlidesError, match="no visible cell"):
        grouped("skip", "notes")
