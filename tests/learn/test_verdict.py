"""Sentences computed from runs: the arithmetic by hand, and when they refuse to conclude."""

from __future__ import annotations

from statistics import stdev

import pytest

from yolo_course.learn.compare import Comparison
from yolo_course.learn.verdict import verdict


def _comparison(figures: dict[str, list[float]], seconds: dict[str, float] | None = None) -> Comparison:
    runs = [
        {
            "mode": mode,
            "seed": seed,
            "map50": value,
            "map50_95": value / 2,
            "seconds": (seconds or {}).get(mode, 1.0),
        }
        for mode, values in figures.items()
        for seed, value in enumerate(values)
    ]
    return Comparison("made up", runs, [], {}, {})


def test_differences_are_taken_seed_by_seed():
    found = verdict(_comparison({"unfrozen": [0.5, 0.7], "backbone": [0.4, 0.4]}, {"backbone": 0.5}), "backbone")
    assert found.differences == pytest.approx((-0.1, -0.3))
    assert (found.seeds, found.time, found.finding) == ((0, 1), 0.5, "worse")
    assert f"-0.200 ± {stdev((-0.1, -0.3)):.3f} mAP50" in str(found)
    assert "worse with every one of 2 seeds" in str(found) and "0.50 of the training time" in str(found)


@pytest.mark.parametrize(
    ("own", "finding"),
    [([0.6, 0.8], "better"), ([0.4, 0.8], "undecided"), ([0.5, 0.8], "undecided"), ([0.6], "undecided")],
)
def test_a_finding_needs_two_seeds_that_agree(own, finding):
    assert verdict(_comparison({"unfrozen": [0.5, 0.7], "backbone": own}), "backbone").finding == finding


def test_one_seed_says_that_it_decides_nothing():
    assert "decides nothing" in str(verdict(_comparison({"unfrozen": [0.5], "backbone": [0.9]}), "backbone"))


def test_another_metric_and_another_base():
    comparison = _comparison({"scratch": [0.2, 0.2], "backbone": [0.4, 0.6]})
    found = verdict(comparison, "backbone", base="scratch", metric="map50_95")
    assert found.differences == pytest.approx((0.1, 0.2)) and "mAP50-95" in str(found)


def test_what_is_not_there_is_named():
    comparison = _comparison({"unfrozen": [0.5]})
    with pytest.raises(ValueError, match="'backbone'.*expected two of unfrozen"):
        verdict(comparison, "backbone")
    with pytest.raises(ValueError, match="'loss'.*map50"):
        verdict(comparison, "unfrozen", metric="loss")
