"""The backbone's charts: toy arrays, activations, skylines, costs, and what a row remembers."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from yolo_course.show.plots.backbone import (
    GROUPS,
    Grid,
    activation_curves,
    cost_lines,
    number_grids,
    row_memory,
    silhouettes,
)


def words(axes):
    return [text.get_text() for text in axes.texts]


def fills(axes):
    return [to_hex(patch.get_facecolor()) for patch in axes.patches]


class TestNumberGrids:
    def test_every_number_stands_in_its_cell(self):
        axes, sign, other = number_grids([Grid("toy", [[0, 1, -2], [3, 4, 5]]), "=", Grid("b", [[7]])]).axes
        assert words(axes) == ["0", "1", "-2", "3", "4", "5"] and axes.get_title() == "toy"
        assert [text.get_position() for text in axes.texts[:4]] == [(0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (0.5, 1.5)]
        assert [patch.get_xy() for patch in axes.patches[2:4]] == [(2, 0), (0, 1)]
        assert words(sign) == ["="] and words(other) == ["7"]

    def test_zero_is_white_and_signs_differ(self):
        zero, plus, minus, more = fills(number_grids([Grid("", [[0, 1, -1, 2]])]).axes[0])
        assert zero == "#ffffff" and len({zero, plus, minus, more}) == 4
        assert fills(number_grids([Grid("", [[0, 0]])]).axes[0]) == ["#ffffff"] * 2

    def test_groups_decide_the_colour(self):
        found = fills(number_grids([Grid("", [[1, 2], [3, 4]], [[0, 3], [1, 2]])]).axes[0])
        assert found == [GROUPS[0], GROUPS[3], GROUPS[1], GROUPS[2]]

    def test_rows_have_names_and_tensors_are_welcome(self):
        axes = number_grids([Grid("", torch.tensor([[1.5], [2.0]]), names=("first", "second"))]).axes[0]
        assert words(axes) == ["1.5", "2", "first", "second"]
        assert [text.get_position()[1] for text in axes.texts[2:]] == [0.5, 1.5]

    def test_grids_of_different_height_share_a_scale_and_a_middle(self):
        large, small = number_grids([Grid("", np.zeros((4, 4))), Grid("", np.zeros((2, 2)))]).axes
        for axes, middle in ((large, 2), (small, 1)):
            low, high = axes.get_ylim()
            assert (low - high, (low + high) / 2) == pytest.approx((4.1, middle))

    @pytest.mark.parametrize("items", [[], ["="], [Grid("", [1, 2])], [Grid("", np.zeros((1, 2, 2)))]])
    def test_other_shapes_are_refused(self, items):
        with pytest.raises(ValueError, match=r"found arrays of shapes .* expected at least one, and each \(H, W\)"):
            number_grids(items)


def test_curves_and_their_slopes():
    left, right = activation_curves({"square": torch.square, "relu": torch.relu}, reach=2).axes
    x, y = left.lines[0].get_data()
    assert x[0] == -2 and x[-1] == 2 and np.allclose(y, x**2)
    assert np.allclose(right.lines[0].get_ydata(), 2 * x, atol=1e-5)
    assert np.allclose(right.lines[1].get_ydata(), x > 0)
    assert [text.get_text() for text in left.get_legend().texts] == ["square", "relu"]
    looks = [(line.get_color(), line.get_linestyle(), line.get_marker()) for line in left.lines[:2]]
    assert all(one != other for one, other in zip(*looks, strict=True))  # not by colour alone


@pytest.mark.parametrize("count", [0, 5])
def test_too_few_and_too_many_functions(count):
    with pytest.raises(ValueError, match=f"found {count} functions, expected 1 to 4"):
        activation_curves({str(i): torch.relu for i in range(count)})


def test_skylines_are_as_high_as_channels_and_as_wide_as_repetitions():
    figure = silhouettes({"n": [(16, 1), (32, 3)], "x": [(80, 1), (160, 12)]})
    small, large = figure.axes
    blocks = [(patch.get_x(), patch.get_width(), patch.get_height()) for patch in small.patches]
    assert blocks == [(0, 1, 16), (1, 3, 32)]
    assert small.get_xlim() == large.get_xlim() and small.get_ylim() == large.get_ylim()
    assert large.get_xlim()[1] > 13 and large.get_ylim()[1] > 160
    assert words(small) == ["0", "1", "n"] and small.get_ylabel() == "32 channels\n4 deep"


@pytest.mark.parametrize("plans", [{}, {"n": []}])
def test_no_skyline(plans):
    with pytest.raises(ValueError, match="expected at least one, each with a row or more"):
        silhouettes(plans)


def test_cost_lines():
    axes = cost_lines([1, 3], {"stack": [10, 30], "C3": [9, 20]}, "Parameters").axes[0]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[10, 30], [9, 20]]
    assert axes.get_ylim()[0] == 0 and axes.get_title(loc="left") == "Parameters"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "3"]


def test_row_memory_shows_nothing_below_zero():
    axes = row_memory({"edges": [0.5, -0.25], "object": [0.1, 0.8]}, ["0", "1"]).axes[0]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.5, 0], [0.1, 0.8]]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1"]


@pytest.mark.parametrize("lines", [{}, {"edges": [1, 2, 3]}])
def test_lines_of_another_length(lines):
    found = "edges 3" if lines else "none"
    with pytest.raises(ValueError, match=f"so many points: {found}; expected 2, one for each depth"):
        cost_lines([1, 3], lines, "")
    with pytest.raises(ValueError, match=f"so many points: {found}; expected 2, one for each row"):
        row_memory(lines, ["0", "1"])
