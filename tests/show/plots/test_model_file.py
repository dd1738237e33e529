"""The model file as a drawing."""

import pytest

from yolo_course.config import read_config
from yolo_course.show.plots.model_file import draw_model_file, far_sources

TALK = read_config("yolov5s_talk.yaml")


def lines(figure):
    """Hatched or not, row by row."""
    return [bool(patch.get_hatch()) for patch in figure.axes[0].patches if hasattr(patch, "get_xy")]


def test_every_row_is_written_as_in_the_file():
    axes = draw_model_file(TALK).axes[0]
    words = [text.get_text() for text in axes.texts]
    for row in [*TALK["backbone"], *TALK["head"]]:
        assert row[2] in words
    assert [f"model.{row}." for row in range(25)] == [word for word in words if word.startswith("model.")]
    assert "[None, 2, nearest]" in words and "[[-1, 6]]" not in words and "[-1, 6]" in words


def test_frozen_rows_are_hatched_by_the_whole_prefix():
    assert not any(lines(draw_model_file(TALK)))
    hatched = lines(draw_model_file(TALK, ["model.%s." % x for x in range(10)]))  # noqa: UP031 - as the talk writes it
    assert hatched == [True] * 10 + [False] * 15
    assert [row for row, yes in enumerate(lines(draw_model_file(TALK, ["model.1"]))) if yes] == [1, *range(10, 20)]


def test_arcs_lead_from_the_rows_that_are_read_from_afar():
    assert far_sources(5, -1) == [] and far_sources(12, [-1, 6]) == [6] and far_sources(3, -2) == [1]
    assert far_sources(24, [17, 20, 23]) == [17, 20]  # 23 is the row above
    arrows = [patch for patch in draw_model_file(TALK).axes[0].patches if not hasattr(patch, "get_xy")]
    assert len(arrows) == 6


def test_half_a_file_is_refused():
    with pytest.raises(ValueError, match="found no 'head'"):
        draw_model_file({"backbone": TALK["backbone"]})
