"""What was measured of the neck, drawn: the data of the figures are the data that came in."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from yolo_course.show import style
from yolo_course.show.plots.neck_measured import level_sizes, mask_sheet, score_table, stage_shares, where_what

POINTS = {"P3": (0.7, 0.5), "P5": (0.5, 0.2), "N3": (0.8, 0.7)}


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_where_what_places_every_map():
    axes = where_what(POINTS, (0.2, 0.125), [("P3", "N3")]).axes[0]
    *maps, guess = axes.lines
    assert {line.get_label(): (line.get_xdata()[0], line.get_ydata()[0]) for line in maps} == POINTS
    assert [line.get_marker() for line in maps] == ["o", "o", "s"], "backbone and neck differ without colour, too"
    assert (guess.get_xdata()[0], guess.get_ydata()[0]) == (0.2, 0.125)
    arrow = next(text for text in axes.texts if getattr(text, "arrow_patch", None))
    assert arrow.xy == POINTS["N3"] and arrow.xyann == POINTS["P3"]
    assert {"P3", "P5", "N3", "guessing"} <= set(words(axes))


@pytest.mark.parametrize("points", [{"Q3": (0.1, 0.1)}, {"P3": (0.1, 1.1)}])
def test_where_what_refuses_what_is_no_share(points):
    with pytest.raises(ValueError, match=f"found {next(iter(points))}, expected names such as P3"):
        where_what(points, (0, 0))


def test_masks_darken_what_is_not_marked():
    image = np.full((8, 8, 3), 200, np.uint8)
    mask = np.array([[True, False], [False, False]])
    figure = mask_sheet(image, {"P5": mask})
    shown = figure.axes[1].images[0].get_array()
    assert (shown[:4, :4] == 200).all() and (shown[4:] == 40).all() and (shown[:, 4:] == 40).all()
    assert [axes.get_title() for axes in figure.axes] == ["the picture", "P5"]
    with pytest.raises(ValueError, match=r"found a mask of shape \(3, 3\) for 'N3', expected"):
        mask_sheet(image, {"N3": np.ones((3, 3))})


def test_every_object_is_a_dot_at_its_level():
    sizes, levels = np.array([10.0, 20, 30, 40]), np.array([-1, 0, 1, 1])
    axes = level_sizes(sizes, levels, {"N3": [5, 6], "N4": [25, 35]}).axes[0]
    dots = {line.get_marker() + str(round(np.mean(line.get_ydata()))): list(line.get_xdata()) for line in axes.lines}
    assert dots == {"x0": [10], "o1": [20], "D1": [5, 6], "o2": [30, 40], "D2": [25, 35]}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["missed", "N3", "N4"]


@pytest.mark.parametrize("levels", [[0, 1, 2], [0, 2]])
def test_levels_that_there_are_not_are_refused(levels):
    with pytest.raises(ValueError, match="expected a level for each size, -1 to 1"):
        level_sizes([10, 20], levels, {"N3": [5], "N4": [6]})


def test_a_loss_is_red_and_bold_and_a_gain_is_not():
    axes = score_table({"whole": [0.8, 0.5], "a": [0.8, 0.6], "b": [0.0, 0.4]}, ["mAP50", "small"], "whole").axes[0]
    assert words(axes) == ["0.80", "0.50", "0.80", "0.60", "0.00", "0.40"]
    fills = [to_hex(patch.get_facecolor()) for patch in axes.patches]
    assert fills[:4] == ["#ffffff"] * 4 and fills[4] == style.VERMILLION.lower() and fills[5] != "#ffffff"
    assert [text.get_fontweight() for text in axes.texts] == ["normal"] * 4 + ["bold"] * 2


@pytest.mark.parametrize("scores", [{"a": [1, 1]}, {"whole": [1]}])
def test_a_table_that_does_not_fit_is_refused(scores):
    with pytest.raises(ValueError, match="expected 2 numbers each, and one row 'whole'"):
        score_table(scores, ["mAP50", "small"], "whole")


def test_bars_are_shares_of_the_whole():
    figure = stage_shares({"parameters": {"n": (6, 3, 1), "x": (1, 1, 0)}, "operations": {"n": (1, 1, 2)}})
    first, second = figure.axes
    widths = [patch.get_width() for patch in first.patches]
    assert widths == pytest.approx([0.6, 0.3, 0.1, 0.5, 0.5, 0])
    assert [patch.get_x() for patch in first.patches][:3] == pytest.approx([0, 0.6, 0.9])
    assert words(first) == ["60 %", "30 %", "10 %", "50 %", "50 %"] and words(second) == ["25 %", "25 %", "50 %"]
    assert to_hex(first.patches[1].get_facecolor()) == style.STAGES["neck"].lower()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["backbone", "neck", "head"]


@pytest.mark.parametrize("parts", [(1, 2), (0, 0, 0), (1, -1, 1)])
def test_parts_that_are_no_whole_are_refused(parts):
    with pytest.raises(ValueError, match="for 'n', expected three numbers: backbone, neck, head"):
        stage_shares({"parameters": {"n": parts}})
