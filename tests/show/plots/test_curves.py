"""The charts of a comparison: every mode and seed is in them, and an unfinished run does not break them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.show.make import comparison
from yolo_course.show.plots import curves
from yolo_course.show.style import MODES


def words(figure):
    figure.draw_without_rendering()
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return legends + [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_line_a_mode_with_a_band_over_the_seeds():
    figure = curves.learning_curves(comparison())
    assert isinstance(figure, Figure) and len(figure.axes) == 2
    by_epoch, by_time = figure.axes
    drawn = [line for line in by_epoch.lines if len(line.get_xdata())]
    assert [line.get_color() for line in drawn] == [
        MODES[m].colour for m in ("scratch", "unfrozen", "backbone", "all-but-head")
    ]
    assert drawn[1].get_xdata().tolist() == [2, 4, 6, 8] and drawn[1].get_ydata()[-1] == pytest.approx(0.85)
    assert len(by_epoch.collections) == 4
    unfrozen = by_epoch.collections[1].get_paths()[0].vertices[:, 1]
    assert unfrozen.min() == pytest.approx(0.85 / 4 - 0.02) and unfrozen.max() == pytest.approx(0.87)
    assert [line.get_xdata()[-1] for line in by_time.lines if len(line.get_xdata())] == [4.0] * 4  # 8 epochs of 0.5 s
    assert by_epoch.get_ylim() == (0, 1)


def test_the_legend_states_learning_rates_and_what_the_band_is():
    figure = curves.learning_curves(comparison())
    assert words(figure) == [
        "from scratch, lr 0.003",
        "unfrozen, lr 0.003",
        "backbone frozen, lr 0.003",
        "all but head frozen, lr 0.01",
    ]
    assert "3 seeds" in figure.legends[0].get_title().get_text()


def test_one_seed_has_no_band():
    figure = curves.learning_curves(comparison(seeds=(0,)), against=["epochs"])
    assert not figure.axes[0].collections and "seeds" not in figure.legends[0].get_title().get_text()


def test_runs_that_are_still_going():
    """One seed is ahead, one has not begun, one has not been measured yet."""
    rows = dict(comparison(modes=("unfrozen",)).curves)
    rows["unfrozen", 1] = rows["unfrozen", 1][:4]
    rows["unfrozen", 2] = []
    rows["backbone", 0] = comparison(modes=("backbone",)).curves["backbone", 0][:1]
    x, values = curves.curve(rows, "unfrozen")
    assert (
        x.tolist() == [2, 4, 6, 8]
        and values.shape == (2, 4)
        and np.isnan(values[1]).tolist() == [False, False, True, True]
    )
    seconds, _ = curves.curve(rows, "unfrozen", "seconds")
    assert seconds.tolist() == [1, 2, 3, 4]
    assert [len(part) for part in curves.curve(rows, "backbone", "seconds")] == [0, 1]
    figure = curves.draw_curves(rows, {"unfrozen": 0.003}, ("epochs", "seconds"))
    assert words(figure) == ["unfrozen, lr 0.003", "backbone frozen"]
    assert not curves.draw_curves({}).legends


def test_losses_have_a_panel_each():
    figure = curves.loss_curves(comparison())
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "box loss",
        "objectness loss",
        "class loss",
    ]
    assert len(figure.axes[0].lines[0].get_xdata()) == 8  # the loss is known in every epoch


@pytest.mark.parametrize(("against", "metrics", "found"), [(["hours"], ["map50"], "hours"), (["epochs"], ["f1"], "f1")])
def test_axes_and_metrics_that_there_are_not(against, metrics, found):
    with pytest.raises(ValueError, match=f"found .*{found}.*expected"):
        curves.draw_curves({}, {}, against, metrics)


def test_bars_show_each_seed_and_paired_differences():
    figure = curves.test_bars(comparison())
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx([0.3, 0.85, 0.7, 0.5])
    assert [len(dots.get_offsets()) for dots in left.collections] == [3] * 4
    assert [len(dots.get_offsets()) for dots in right.collections] == [3] * 3  # none for unfrozen itself
    assert {"0.850", "-0.550", "-0.150", "-0.350"} <= set(words(figure))
    assert [label.get_text() for label in left.get_yticklabels()][0] == "from scratch"
    assert left.yaxis_inverted()


def test_bars_without_the_baseline_have_no_differences():
    figure = curves.test_bars(comparison(modes=("backbone", "all-but-head"), seeds=(0,)))
    assert len(figure.axes[0].patches) == 2 and not figure.axes[1].collections


def test_costs_and_memory_only_where_it_was_counted():
    names = [axes.get_title(loc="left") for axes in curves.cost_bars(comparison()).axes]
    assert names == ["seconds an epoch", "pictures a second", "trained parameters"]
    figure = curves.cost_bars(comparison(memory=312.0))
    assert len(figure.axes) == 4 and {"0.50 s", "160", "312", "0.80 M", "0.01 M"} <= set(words(figure))


def test_modes_that_the_course_does_not_know_are_told_apart():
    figure = curves.learning_curves(comparison(modes=("mine", "yours"), seeds=(0,)), ["epochs"])
    assert len({line.get_color() for line in figure.axes[0].lines}) == 2
