"""Records of a GPU are told in computed sentences; without one that is said. The card here is made up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.show.make import comparison
from yolo_course.learn.run import write_rows
from yolo_course.show import gpu_runs
from yolo_course.show.gpu_runs import answers, cost_sentences, map_sentences, show_gpu_runs
from yolo_course.show.plots.freezing import freezing_table
from yolo_course.show.plots.gpu_cost import gpu_costs

FACTS = {"gpu": "Made Up 1", "packages": {"torch": "2.11.0"}, "cuda": "12.8", "date": "2026-01-01", "commit": "abc"}


def cost(network, batch, mode, seconds, memory=1000.0) -> dict:
    speed = seconds and batch / seconds
    row = {"network": network, "batch_size": batch, "mode": mode, "seconds_per_step": seconds, "memory_mb": memory}
    return row | {"images_per_second": speed, "share_of_peak": 0.31 if mode == "unfrozen" else None}


COSTS = [
    cost("n", 16, "unfrozen", 0.020), cost("n", 16, "backbone", 0.0196, 700.0),
    cost("x", 16, "unfrozen", 0.200), cost("x", 16, "backbone", 0.120, 600.0),
    cost("x", 64, "unfrozen", None, None), cost("x", 64, "backbone", 0.5, 800.0),
]  # fmt: skip


def shifted(by: float):
    """A comparison whose frozen backbone is better by so much than it was, with every seed."""
    found = comparison()
    runs = [{**r, "map50_95": r["map50_95"] + by} if r["mode"] == "backbone" else r for r in found.runs]
    return replace(found, runs=runs)


def test_costs_are_shares_of_the_unfrozen_step():
    small, large = cost_sentences(COSTS)
    assert small.startswith("n, batch 16: a step with the backbone frozen takes 0.98 of the time and 0.70 of the mem")
    assert "800 images/s, 31% of the measured peak" in small and "against what is usually said" in small
    assert "x, batch 16" in large and "0.60 of the time" in large and "usually" not in large


def test_the_map_tells_where_it_helps_and_where_it_hurts():
    cells = {("near", 4): shifted(0.9), ("near", 80): shifted(-0.9), ("far", 4): shifted(-0.9)}
    assert map_sentences(cells) == [
        "near: a frozen backbone helps with 4; hurts with 80 training pictures",
        "far: a frozen backbone hurts with 4 training pictures",
    ]


def test_a_table_states_means_and_colours_only_what_is_decided():
    cells = {("near", 4): shifted(0.9), ("near", 80): shifted(-0.9), ("far", 4): shifted(0.0)}
    (axes,) = freezing_table(cells).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["near", "far"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "80"]
    assert len(axes.patches) == len(axes.texts) == 3
    blue, orange = (axes.patches[i].get_facecolor() for i in (0, 1))
    assert blue[2] > blue[0] and orange[0] > orange[2]
    with pytest.raises(ValueError, match="found no cell to draw"):
        freezing_table({})


def test_cost_bars_and_a_cross_where_memory_did_not_suffice():
    step, memory = gpu_costs(COSTS, 16).axes
    assert sorted(bar.get_height() for bar in step.patches) == pytest.approx([19.6, 20, 120, 200])
    assert len(memory.patches) == 4
    step, _ = gpu_costs(COSTS, 64).axes
    assert len(step.patches) == 1 and len(step.lines) == 1
    with pytest.raises(ValueError, match="found no row of batch size 32"):
        gpu_costs(COSTS, 32)


def test_questions_that_the_modes_answer():
    found = answers(comparison())
    assert found and all("mAP50-95 on the test split" in line for line in found)
    assert any(line.startswith("backbone against unfrozen") for line in found)


def test_nothing_recorded_is_said_and_no_figure_shown(capsys, monkeypatch):
    monkeypatch.setattr(gpu_runs, "gpu_record", lambda name: None)
    monkeypatch.setattr(gpu_runs, "display_figure", lambda *args: pytest.fail("a figure of nothing"))
    show_gpu_runs()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5 and all("not recorded on any GPU yet" in line for line in lines)


def test_all_of_it_from_records(tmp_path, capsys, monkeypatch):
    shown = []
    monkeypatch.setattr(gpu_runs, "gpu_record", lambda name: tmp_path / name)
    found = replace(comparison(), machine=FACTS)
    for run in found.runs:
        run |= {"side_by_side": 12, "wait_share": 0.031}
    monkeypatch.setattr(gpu_runs, "load_comparison", lambda folder: found)
    monkeypatch.setattr(gpu_runs, "load_cells", lambda folder: {("near", 4): shifted(0.9)})
    monkeypatch.setattr(gpu_runs, "display_figure", lambda figure, alt: shown.append(alt))
    for name in ("gpu-map", "gpu-cost"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "machine.json").write_text(json.dumps(FACTS), encoding="utf-8")
    write_rows(tmp_path / "gpu-cost/summary.csv", COSTS)
    show_gpu_runs()
    said = capsys.readouterr().out
    assert said.count("Made Up 1, torch 2.11.0, CUDA 12.8, 2026-01-01, commit abc") == 5
    assert "3% of the training time was spent waiting" in said
    assert "12 runs shared the card" in said and len(shown) == 5
