"""The figures on transfer learning: the map of changes, the drift, and what was learned and kept."""

import pytest

from yolo_course.show import style
from yolo_course.show.plots.transfer import Outcome, change_map, count_changes, drift_chart, learned_and_kept

ENTRIES = {
    "model.0.conv.conv.weight": False,
    "model.0.conv.bn.weight": False,
    "model.0.conv.bn.bias": False,
    "model.0.conv.bn.running_mean": True,
    "model.0.conv.bn.running_var": True,
    "model.0.conv.bn.num_batches_tracked": True,
    "model.2.m.0.weight": True,
    "model.2.m.0.bias": True,
    "model.2.m.1.weight": False,
    "model.2.anchors": False,
}


def patches(axes):
    """(row, line from the top) of each place to whether it is hatched."""
    found = {}
    for patch in axes.patches:
        x, y = patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2
        found[round(x), round(y)] = bool(patch.get_hatch())
    return found


def test_entries_are_counted_by_row_and_kind():
    places = count_changes(ENTRIES)
    assert places[0, "weight"] == (0, 1) and places[0, "norm weight"] == (0, 1)
    assert places[0, "running_mean"] == (1, 1)
    assert places[2, "weight"] == (1, 2) and places[2, "bias"] == (1, 1)
    assert sum(every for _, every in places.values()) == len(ENTRIES) - 1  # the anchors


def test_the_map_hatches_what_stayed_and_counts_what_changed():
    figure = change_map({"one": ENTRIES, "two": dict.fromkeys(ENTRIES, False)})
    one, two = figure.axes
    lines = [label.get_text() for label in one.get_yticklabels()]
    assert lines[0] == "convolution: weight" and lines[-1] == "norm: batches counted"
    assert patches(one)[0, 0] and not patches(one)[2, 0] and not patches(one)[0, lines.index("norm: running mean")]
    assert (1, 0) not in patches(one)  # row 1 has no entry
    assert sorted(text.get_text() for text in one.texts) == ["1", "1", "1", "1", "1/2"]
    assert all(patches(two).values()) and not two.texts
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one", "two"]


def test_the_map_refuses_nothing_and_other_names():
    with pytest.raises(ValueError, match="found no panel"):
        change_map({})
    with pytest.raises(ValueError, match=r"'conv\.weight', expected a key of a state dict"):
        change_map({"one": {"conv.weight": True}})


def test_drift_has_a_bar_a_normalisation_and_a_bar_a_map():
    features = {"far": {"P3": 0.1, "P4": 0.2, "P5": 0.3}, "source": {"P3": 0.0, "P4": 0.0, "P5": 0.05}}
    left, right = drift_chart([(0, 0.5), (2, 0.1), (2, 0.2)], features).axes
    assert [bar.get_height() for bar in left.patches] == [0.5, 0.1, 0.2]
    assert [label.get_text() for label in left.get_xticklabels()] == ["0", "2"]
    assert [round(bar.get_height()) for bar in right.patches] == [10, 20, 30, 0, 0, 5]
    assert [text.get_text() for text in right.get_legend().get_texts()] == ["far", "source"]
    with pytest.raises(ValueError, match="found 0 shifts"):
        drift_chart([], features)


def test_outcomes_lie_where_they_were_measured():
    outcomes = [Outcome("unfrozen", 0.47, 0.29), Outcome("backbone", 0.4, 0.79, "updating")]
    figure = learned_and_kept(outcomes, before=0.81)
    (axes,) = figure.axes
    unfrozen, frozen = axes.collections
    assert unfrozen.get_offsets().tolist() == [[0.47, 0.29]] and frozen.get_offsets().tolist() == [[0.4, 0.79]]
    assert frozen.get_label() == "backbone frozen, updating:  0.40 and 0.790"
    assert axes.lines[0].get_ydata() == [0.81, 0.81]
    assert axes.get_xlim()[1] > 0.47 and axes.get_ylim()[1] > 0.81
    assert style.mode_style("unfrozen").label in unfrozen.get_label()
    with pytest.raises(ValueError, match="found no outcome"):
        learned_and_kept([], 0.8)


def test_what_could_not_be_measured_has_a_name_and_no_point():
    nan = float("nan")
    figure = learned_and_kept([Outcome("unfrozen", 0.5, nan), Outcome("backbone", 0.2, nan)], nan)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(words) == 2 and all(text.endswith("and nan") for text in words)
    assert figure.axes[0].get_ylim() == (0, 1.05)
    figure.canvas.draw()
