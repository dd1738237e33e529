"""Steps, falling losses and moving averages."""

import pytest

from yolo_course.show.plots.steps import average_curves, part_curves, step_curve


def test_the_loss_after_a_step_against_its_rate():
    axes = step_curve([0.01, 0.1, 1.0], [2.0, 1.5, 4.0], start=2.1, marked=0.1).axes[0]
    curve, before, mark = axes.lines
    assert list(curve.get_xdata()) == [0.01, 0.1, 1.0] and list(curve.get_ydata()) == [2.0, 1.5, 4.0]
    assert set(before.get_ydata()) == {2.1} and set(mark.get_xdata()) == {0.1}
    assert [text.get_text() for text in axes.texts] == ["before the step", "lr 0.1"] and axes.get_xscale() == "log"
    low, high = axes.get_ylim()
    assert low < 1.5 and 2.1 < high < 4.0


def test_rates_without_losses():
    for rates in ([0.1], []):
        with pytest.raises(ValueError, match=f"found {len(rates)} rates and 0 losses"):
            step_curve(rates, [], 1.0)


def test_a_line_for_each_part():
    axes = part_curves([[0.1, 0.2, 0.3], [0.05, 0.1, 0.2]]).axes[0]
    assert [line.get_label() for line in axes.lines] == ["box", "objectness", "class"]
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.1, 0.05], [0.2, 0.1], [0.3, 0.2]]
    assert list(axes.lines[0].get_xdata()) == [1, 2] and axes.get_yscale() == "log"
    assert len({line.get_linestyle() for line in axes.lines}) == 3


@pytest.mark.parametrize("parts", [[], [[1.0, 2.0]]])
def test_parts_that_are_missing(parts):
    with pytest.raises(ValueError, match="expected rows of box, objectness, class"):
        part_curves(parts)


def test_what_an_average_keeps_and_how_it_follows():
    keep, averages = {"a": [0.1, 0.2], "b": [0.9, 0.9]}, {"a": [1.0, 2.0], "b": [0.1, 0.2]}
    left, right = average_curves(keep, [1.5, 2.5], averages).axes
    assert [list(line.get_ydata()) for line in left.lines] == list(keep.values())
    assert [list(line.get_ydata()) for line in right.lines] == [[1.5, 2.5], *averages.values()]
    assert left.lines[0].get_color() == right.lines[1].get_color()
    assert left.lines[0].get_linestyle() != left.lines[1].get_linestyle()


def test_averages_that_do_not_pair():
    with pytest.raises(ValueError, match=r"found \['a'\] and \['b'\], expected the same names"):
        average_curves({"a": [1.0]}, [1.0], {"b": [1.0]})
    with pytest.raises(ValueError, match="found curves of other lengths, expected 2 numbers in each"):
        average_curves({"a": [1.0]}, [1.0, 2.0], {"a": [1.0]})
