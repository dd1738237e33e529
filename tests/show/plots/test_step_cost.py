"""What a step costs, and what the optimiser does to a frozen weight."""

import pytest

from yolo_course.show.plots.step_cost import StepCost, optimizer_traces, step_costs

COSTS = [StepCost("unfrozen", 40.0, 60.0, 50.0), StepCost("backbone", 30.0, 20.0, 10.0)]


def test_forward_and_back_are_stacked_and_shares_are_of_the_first():
    left, right = step_costs(COSTS).axes
    assert [bar.get_width() for bar in left.patches] == [40, 60, 30, 20]
    assert [bar.get_x() for bar in left.patches] == [0, 40, 0, 30]
    assert [text.get_text() for text in left.texts] == ["100 ms  (1.00)", "50 ms  (0.50)"]
    assert [text.get_text() for text in right.texts] == ["50 MB  (1.00)", "10 MB  (0.20)"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["unfrozen", "backbone frozen"]


def test_nothing_to_draw_is_said():
    with pytest.raises(ValueError, match="found no cost"):
        step_costs([])
    for traces, frozen_from in (({}, 1), ({"SGD": [1.0, 0.9]}, 2), ({"SGD": [1.0, 0.9]}, 0)):
        with pytest.raises(ValueError, match=f"frozen_from={frozen_from} .* expected a step within each"):
            optimizer_traces(traces, frozen_from)


def test_a_trace_is_drawn_as_it_is_and_told_apart_without_colour():
    traces = {"SGD": [1.0, 0.9, 0.9, 0.9], "AdamW": [1.0, 0.9, 0.8, 0.7]}
    (axes,) = optimizer_traces(traces, frozen_from=1).axes
    assert [list(line.get_ydata()) for line in axes.lines] == list(traces.values())
    assert len({line.get_linestyle() for line in axes.lines}) == len({line.get_marker() for line in axes.lines}) == 2
    (frozen,) = axes.patches
    assert frozen.get_x() == 1 and frozen.get_hatch()
