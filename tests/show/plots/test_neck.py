"""The neck drawn: every row and wire in its place, numbers in their cells, ways that are open or not."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from yolo_course import YOLOv5
from yolo_course.show.plots.neck import CUT, draw_neck, number_grids, place_neck, reach_matrices, wire_letters

LETTERS = {(12, 11): "a", (12, 6): "b", (16, 15): "c", (16, 4): "d", (19, 18): "e", (19, 14): "f", (22, 21): "g"}


@pytest.fixture(scope="module")
def model():
    return YOLOv5("n", num_classes=3)


def words(axes):
    return [text.get_text() for text in axes.texts]


def arrows(axes):
    return [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]


def test_every_wire_into_a_concat_has_a_letter(model):
    assert wire_letters(model) == {**LETTERS, (22, 10): "h"}
    assert wire_letters(YOLOv5("s", "v2.0")) == wire_letters(model)


def test_rows_stand_in_their_bands_and_meet_the_rows_that_read_them(model):
    boxes = {box.row: box for box in place_neck(model)}
    assert sorted(boxes) == [4, 6, *range(9, 24)]
    assert [boxes[row].y for row in (4, 6, 9)] == [boxes[row].y for row in (16, 12, 10)]
    heights = [boxes[row].y for row in range(10, 18)]
    assert heights == sorted(heights), "top-down leads up the page"
    heights = [boxes[row].y for row in range(18, 24)]
    assert heights == sorted(heights, reverse=True)
    assert {box.stride: box.y for box in boxes.values()}.keys() == {8, 16, 32}
    assert len({(box.x, box.y) for box in boxes.values()}) == len(boxes)


def test_names_shapes_and_letters_are_written(model):
    written = words(draw_neck(model, 640).axes[0])
    assert {"P3", "P4", "P5", "N3", "N4", "N5"} <= set(written)
    assert "16  Concat" in written and "128×80×80" in written  # 64 and 64 channels
    assert [letter for letter in written if letter in set("abcdefgh")] == list("abcdefgh")
    assert not set("abcdefgh") & set(words(draw_neck(model, 640, letters=False).axes[0]))
    assert "stride 32\n4×4 cells" in words(draw_neck(model, 128).axes[0])


def test_a_cut_wire_is_red_dotted_and_crossed_out(model):
    axes = draw_neck(model, 128, cut=[(16, 4), (22, 21)]).axes[0]
    red = [arrow for arrow in arrows(axes) if to_hex(arrow.get_edgecolor()) == CUT.lower()]
    assert len(red) == 2 and {arrow.get_linestyle() for arrow in red} == {":"}
    assert len(arrows(axes)) == sum(len(row.source) for row in model.rows[10:24])
    assert "✕ d" in words(axes) and "✕ g" in words(axes) and "d" not in words(axes)


def test_a_wire_that_there_is_not_is_refused(model):
    with pytest.raises(ValueError, match=r"found the wires \[\(4, 16\)\], expected some of \(12, 11\), \(12, 6\)"):
        draw_neck(model, cut=[(4, 16)])


def test_number_grids_write_every_number_where_it_stands():
    figure = number_grids([("a", [[1, 2.5], [0, -4]], "plain"), ("b", [[7]], "neck")], ["="])
    first, second = figure.axes
    assert [(text.get_text(), text.get_position()) for text in first.texts] == [
        ("1", (0.5, 0.5)),
        ("2.5", (1.5, 0.5)),
        ("0", (0.5, 1.5)),
        ("-4", (1.5, 1.5)),
    ]
    assert words(second) == ["7", "="] and first.yaxis_inverted()
    lightness = [sum(patch.get_facecolor()[:3]) for patch in first.patches]
    assert np.argsort(lightness).tolist() == [3, 1, 0, 2], "the larger the number, the darker"


@pytest.mark.parametrize("grids", [[], [("a", [1, 2], "plain")], [("a", np.zeros((1, 2, 2)), "plain")]])
def test_number_grids_refuse_what_is_not_a_map(grids):
    with pytest.raises(ValueError, match=r"found maps of shapes .*expected at least one, all \(H, W\)"):
        number_grids(grids)


def test_reach_says_no_way_only_where_there_is_none():
    shares = np.array([[0.8, 0.0], [0.196, 1.0], [0.004, 0.0]])
    (axes,) = reach_matrices({"FPN": shares}).axes
    assert words(axes) == ["80 %", "no way", "20 %", "100 %", "< 1 %", "no way"]
    assert [bool(patch.get_hatch()) for patch in axes.patches] == [False, True, False, False, False, True]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["N3", "N4"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["P3", "P4", "P5"] and axes.yaxis_inverted()


def test_reach_refuses_columns_that_are_no_shares():
    with pytest.raises(ValueError, match="for 'PAN', expected .* columns that sum to 1"):
        reach_matrices({"PAN": [[0.5, 0.5], [0.2, 0.5]]})
