"""The explorer of recorded runs shows and says what stands in their CSV files."""

import csv
import re
from statistics import mean, stdev

import numpy as np
import pytest

from yolo_course.data import data_dir
from yolo_course.learn.record import load_recorded
from yolo_course.learn.verdict import verdict
from yolo_course.show.explorers.curves import ALL, curves_view, explore_curves, last_figures


def table(*parts):
    """The rows of a CSV file of the recorded runs, without the package's reader."""
    (path,) = (data_dir() / "runs").glob("/".join(("*", *parts)))
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def far80():
    return load_recorded("far80")


def view(comparison, seed=ALL, mode="backbone", other="unfrozen", against="epochs", metric="map50"):
    return curves_view(comparison, seed, mode, other, against, metric)


def numbers(words):
    return [float(word) for word in re.findall(r"(?<![\w.])[+-]?\d\.\d{3}(?!\d)", words)]


@pytest.mark.parametrize("metric", ["map50", "map50_95"])
def test_the_words_are_computed_from_the_csv(far80, metric):
    rows = table("far80", "runs.csv")
    own, base = ([float(r[metric]) for r in rows if r["mode"] == mode] for mode in ("all-but-head", "unfrozen"))
    both = [a - b for a, b in zip(own, base, strict=True)]
    expected = [each for values in (own, base, both) for each in (mean(values), stdev(values))]
    words = view(far80, mode="all-but-head", metric=metric).words
    assert numbers(words) == pytest.approx(expected, abs=0.00051)
    assert f"above 0 with {sum(each > 0 for each in both)} of 3 seeds" in words
    assert mean(both) == pytest.approx(mean(verdict(far80, "all-but-head", metric=metric).differences))


def test_one_seed_says_its_own_figures_first():
    words = view(load_recorded("far16"), seed=2).words
    own, base = (float(r["map50"]) for m in ("backbone", "unfrozen") for r in table("far16", "runs.csv")
                 if (r["mode"], r["seed"]) == (m, "2"))  # fmt: skip
    assert numbers(words)[:3] == pytest.approx([own, base, own - base], abs=0.00051)
    assert own > base and "seed 2 alone" in words and "above 0 with 1 of 3 seeds" in words


def test_the_lines_are_the_measured_epochs(far80):
    left = view(far80, seed=1, metric="map50_95").picture.axes[0]
    rows = [row for row in table("far80", "backbone-seed1", "metrics.csv") if row["map50_95"]]
    line = next(line for line in left.lines if line.get_label() == "backbone frozen")
    assert line.get_xdata() == pytest.approx([float(row["epoch"]) for row in rows])
    assert line.get_ydata() == pytest.approx([float(row["map50_95"]) for row in rows], abs=1e-6)


def test_seconds_are_added_up_and_the_band_reaches_from_lowest_to_highest(far80):
    left = view(far80, against="seconds").picture.axes[0]
    runs = [table("far80", f"backbone-seed{seed}", "metrics.csv") for seed in (0, 1, 2)]
    line = next(line for line in left.lines if line.get_label() == "backbone frozen")
    assert line.get_xdata()[-1] == pytest.approx(mean(sum(float(row["seconds"]) for row in rows) for rows in runs))
    last = [float(rows[-1]["map50"]) for rows in runs]
    band = left.collections[1].get_paths()[0].vertices
    ends = band[np.isclose(band[:, 0], band[:, 0].max()), 1]
    assert (ends.min(), ends.max()) == pytest.approx((min(last), max(last)))


def test_dots_join_the_same_seed_and_the_others_are_pale(far80):
    right = view(far80, seed=1).picture.axes[1]
    pairs = {
        tuple(np.round(line.get_ydata(), 6)): line.get_color() for line in right.lines if len(line.get_ydata()) == 2
    }
    own, base = (last_figures(far80, mode, "map50") for mode in ("backbone", "unfrozen"))
    assert pairs.keys() == {(round(base[seed], 6), round(own[seed], 6)) for seed in (0, 1, 2)}
    assert [seed for seed in own if pairs[round(base[seed], 6), round(own[seed], 6)] == "black"] == [1]


def test_the_training_loss_is_the_sum_of_its_parts(far80):
    shown = view(far80, metric="loss", seed=0)
    last = table("far80", "unfrozen-seed0", "metrics.csv")[-1]
    total = sum(float(last[part]) for part in ("box", "obj", "cls"))
    assert last_figures(far80, "unfrozen", "loss")[0] == pytest.approx(total)
    assert f"unfrozen {total:.3f}" in shown.words and "test split" not in shown.words


def test_seconds_of_a_busy_machine_come_with_a_warning(far80):
    far16 = load_recorded("far16")
    assert "say nothing" in view(far16, against="seconds").words
    assert "say nothing" not in view(far16).words + view(far80, against="seconds").words


def test_own_runs(far80):
    explorer = explore_curves({"mine": far80})
    assert explorer.start["experiment"] == "mine" and "far80" in explorer.words.value
    assert explorer.still_sheet().ndim == 3
    with pytest.raises(ValueError, match="expected one or more"):
        explore_curves({})
