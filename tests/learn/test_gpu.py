"""The experiments on a GPU: the files fit, the way works in miniature, and no CPU's figures pass for a GPU's."""

from __future__ import annotations

import pytest
import yaml
from typer.testing import CliRunner

from tests.small import small_set
from yolo_course import machine
from yolo_course.cli import app
from yolo_course.data import named
from yolo_course.learn import gpu
from yolo_course.learn.experiment import ExperimentError, load_experiment
from yolo_course.learn.grid import load_grid
from yolo_course.learn.run import read_rows


@pytest.mark.parametrize("name", ["gpu-near", "gpu-far", "gpu-bccd"])
def test_the_files_hold_what_is_promised(name):
    experiment = load_experiment(name)
    assert [mode.name for mode in experiment.modes] == [
        "scratch", "unfrozen", "backbone", "backbone-updating", "all-but-head", "two-stage"
    ]  # fmt: skip
    assert len(experiment.seeds) == (3 if name == "gpu-bccd" else 5)
    assert experiment.settings["size"] >= 320 and experiment.settings["evaluate_every"] == 5


def test_the_map_has_three_domains_and_six_numbers_of_pictures(tmp_path, monkeypatch):
    bccd = small_set(tmp_path / "bccd", count=5)
    monkeypatch.setattr(named, "folder_of", lambda name: bccd)
    cells = load_grid("gpu-map").cells
    for target in ("near", "far"):
        counts = [count for name, count in cells if name == target]
        assert counts[:5] == [4, 8, 16, 32, 80] and counts[5] > 80
    assert {len(one.seeds) for one in cells.values()} == {3}


def test_the_cost_covers_every_network():
    plan = gpu._cost_plan("gpu-cost", tiny=False)
    assert plan.networks == ("n", "s", "m", "l", "x") and plan.batches == (16, 64) and plan.pixels == 640


def test_a_wrong_cost_file(tmp_path):
    file = tmp_path / "cost.yaml"
    file.write_text(yaml.safe_dump({"networks": ["n"], "modes": [], "pixel": 3}), encoding="utf-8")
    with pytest.raises(ExperimentError, match="cost.yaml.*pixel.*expected the fields of CostPlan"):
        gpu.run_named(str(file), tmp_path / "out")


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.yaml").touch()
    with pytest.raises(ExperimentError, match="empty.yaml: found None, expected the keys of"):
        gpu.run_named(str(tmp_path / "empty.yaml"), tmp_path / "out")


@pytest.mark.parametrize("found", [None, "mps"])
def test_without_a_gpu_nothing_is_run_or_recorded(tmp_path, monkeypatch, found):
    monkeypatch.setattr(machine, "accelerator", lambda: found)
    monkeypatch.setattr(gpu, "run_named", lambda *args: pytest.fail("something was run"))
    result = CliRunner().invoke(app, ["compare-gpu", "--runs", str(tmp_path)])
    assert result.exit_code == 1 and "expected a CUDA GPU" in result.stderr and "--tiny" in result.stderr
    assert not list(tmp_path.iterdir())


def test_the_way_in_miniature(tmp_path, monkeypatch):
    """Without the blood cells one of three is left out, and that is said."""
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(machine, "usable_cores", lambda: 1)  # two runs at a time have tests of their own
    names = ["gpu-near", "gpu-bccd", "gpu-cost"]
    result = CliRunner().invoke(app, ["compare-gpu", *names, "--tiny", "--runs", str(tmp_path)])
    assert result.exit_code == 1
    assert "gpu-bccd is left out: the data set bccd was not downloaded yet" in result.stdout
    assert "gpu-bccd of gpu-near, gpu-bccd, gpu-cost left out" in result.stderr
    rows = read_rows(tmp_path / "gpu-near-tiny/summary.csv")
    assert [row["mode"] for row in rows][-1] == "two-stage" and len(rows) == 6
    costs = gpu.load_costs(tmp_path / "gpu-cost-tiny")
    assert {row["batch_size"] for row in costs} == {1, 2} and len(costs) == 8


def test_one_that_is_recorded_is_left_alone(tmp_path, monkeypatch):
    from yolo_course.learn import record as recording
    from yolo_course.learn import run

    monkeypatch.setattr(machine, "accelerator", lambda: "cuda (Made Up 1, 80 GiB)")
    monkeypatch.setattr(run, "facts", lambda device: {"gpu": "Made Up 1"})
    monkeypatch.setattr(recording, "data_dir", lambda: tmp_path)
    monkeypatch.setattr(gpu, "run_named", lambda *args: pytest.fail("it was run again"))
    (tmp_path / "runs/made-up-1/gpu-far").mkdir(parents=True)
    result = CliRunner().invoke(app, ["compare-gpu", "gpu-far", "--runs", str(tmp_path)])
    assert result.exit_code == 1 and "gpu-far is left out: found a record in" in result.stdout
