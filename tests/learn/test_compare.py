"""Frozen against unfrozen on four pictures: the bookkeeping of a comparison."""

from __future__ import annotations

import csv
import hashlib
import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch

from tests.learn.tiny import QUICK, changed, same_state, snapshot, tiny_model
from tests.small import small_set
from yolo_course import machine, pretrained
from yolo_course.data import DataWarning
from yolo_course.learn import one_run, side_by_side
from yolo_course.learn.compare import compare, load_comparison, read_curves, summarise_mode
from yolo_course.learn.evaluate import evaluate
from yolo_course.learn.experiment import Experiment, Mode
from yolo_course.learn.run import RunError, RunFolder, read_rows
from yolo_course.learn.train import Trainer
from yolo_course.weights import load_checkpoint, save_weights

CLOCK = ("seconds", "images_per_second", "wait_share", "side_by_side")


def silent(line: str) -> None:
    """A progress that says nothing."""


def figures(comparison) -> list[dict]:
    """The runs without their times."""
    return [{key: value for key, value in run.items() if key not in CLOCK} for run in comparison.runs]


@contextmanager
def stopped_after(steps: int, monkeypatch):
    """Training is interrupted after so many steps, and what was trained within the block ends so."""
    step, count = Trainer._step, []

    def stop(self):
        count.append(step(self))
        if len(count) == steps:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "_step", stop)
        yield


@pytest.fixture(scope="module")
def experiment(tmp_path_factory) -> Experiment:
    folder = tmp_path_factory.mktemp("experiment")
    weights = save_weights(tiny_model(seed=5), folder / "start.safetensors")
    modes = (Mode("unfrozen", 3e-3), Mode("backbone", 0.01, "backbone"))
    settings = {**QUICK, "epochs": 2}
    target = small_set(folder / "set", count=5)
    return Experiment("small", str(target), 4, (0, 1), modes, str(weights), 0.4, settings)


@pytest.fixture(scope="module")
def done(experiment, tmp_path_factory):
    """(folder, comparison, lines of progress) of an undisturbed comparison."""
    folder, lines = tmp_path_factory.mktemp("done") / "small", []
    return folder, compare(experiment, folder, jobs=1, progress=lines.append), lines


class TestFolder:
    def test_a_run_folder_for_every_mode_and_seed(self, done):
        folder, _, lines = done
        runs = {f"{mode}-seed{seed}" for mode in ("unfrozen", "backbone") for seed in (0, 1)}
        files = {"experiment.yaml", "runs.csv", "summary.csv", "machine.json"}
        assert {path.name for path in folder.iterdir()} == runs | files
        for run in runs:
            assert {path.name for path in (folder / run).iterdir()} == {
                "config.yaml", "machine.json", "metrics.csv", "best.safetensors", "last.pt", "result.json"
            }  # fmt: skip
        assert [line[:3] for line in lines] == ["1/4", "2/4", "3/4", "4/4"] and "test mAP50" in lines[0]

    def test_the_modes_are_what_they_say(self, done, experiment):
        folder, comparison, _ = done
        for run in comparison.runs:
            config = RunFolder(folder / f"{run['mode']}-seed{run['seed']}").read_config()
            assert config["lr"] == run["lr"] == (0.01 if run["mode"] == "backbone" else 0.003)
            assert config["seed"] == run["seed"] and config["epochs"] == run["epochs"] == 2
            assert len(config["frozen"]["prefixes"]) == (10 if run["mode"] == "backbone" else 0)
            assert (run["train_images"], run["test_images"]) == (4, 5)
            assert (run["trainable"] < run["parameters"]) is (run["mode"] == "backbone")

    def test_frozen_rows_end_as_they_began(self, done, experiment):
        folder, _, _ = done
        before = snapshot(load_checkpoint(experiment.weights))
        for seed in (0, 1):
            ended = RunFolder(folder / f"backbone-seed{seed}").load_last()["ema"]
            frozen = [key for key in before if int(key.split(".")[1]) < 10]
            assert all(torch.equal(before[key], ended[key]) for key in frozen)

    def test_what_is_written_can_be_read_again(self, done):
        folder, comparison, _ = done
        again = load_comparison(folder)
        assert again == comparison and again.name == "small"
        assert again.machine["device"] == "cpu" and again.machine["packages"]["torch"]
        assert list(again.curves) == [("unfrozen", 0), ("unfrozen", 1), ("backbone", 0), ("backbone", 1)]
        assert [row["epoch"] for row in again.curves["backbone", 1]] == [1, 2]

    def test_no_comparison_there(self, tmp_path):
        with pytest.raises(RunError, match="found no summary.csv in .*expected a folder that compare wrote"):
            load_comparison(tmp_path)


class TestFigures:
    def test_the_last_epoch_on_the_test_split_never_the_best(self, done, experiment):
        folder, comparison, _ = done
        test_set = experiment.data(0)[2]
        for run in comparison.runs:
            path = folder / f"{run['mode']}-seed{run['seed']}"
            model = load_checkpoint(path / "best.safetensors")
            model.load_state_dict(RunFolder(path).load_last()["ema"])  # of the last epoch
            metrics = evaluate(model, test_set, size=64)
            result = json.loads((path / "result.json").read_text(encoding="utf-8"))
            for name in ("map50", "map50_95", "precision", "recall"):
                assert result[name] == pytest.approx(getattr(metrics, name), abs=1e-9)
                assert run[name] == pytest.approx(result[name], rel=1e-5)

    def test_modes_of_a_seed_start_from_the_same_numbers_and_pictures(self, experiment):
        one, other = (one_run._model(experiment, mode, ["a", "b", "c"], seed=3) for mode in experiment.modes)
        assert changed(snapshot(one), other) == set()
        scratch = one_run._model(experiment, Mode("scratch", 0.1, pretrained=False), ["a", "b", "c"], seed=3)
        new_layer = {key for key in snapshot(one) if ".24.m." in key}
        assert new_layer.isdisjoint(changed(snapshot(one), scratch))
        assert "model.0.conv.weight" in changed(snapshot(one), scratch)
        for model in (one, scratch):  # 0.4 times COCO's
            assert model.detect.anchor_pixels[0, 0].tolist() == pytest.approx([4.0, 5.2])

    def test_weights_by_name_and_what_of_them_is_taken(self, experiment, tmp_path, monkeypatch):
        """The original's, where they are fetched to: all but the last layer, with the experiment's anchors."""
        monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        start = tiny_model(seed=9)
        file = save_weights(start, tmp_path / "weights/v7.0/yolov5s.pt")
        sha = hashlib.sha256(file.read_bytes()).hexdigest()
        monkeypatch.setitem(pretrained.SHA256, ("v7.0", "yolov5s"), sha)
        named = replace(experiment, weights="yolov5s")
        model = one_run._model(named, experiment.modes[0], ["a", "b", "c"], seed=0)
        differ = {key for key, value in start.state_dict().items() if not same_state(value, model.state_dict()[key])}
        assert differ == {f"model.24.m.{n}.{part}" for n in range(3) for part in ("weight", "bias")} | {
            "model.24.anchors"
        }
        assert model.detect.anchor_pixels[0, 0].tolist() == pytest.approx([4.0, 5.2])
        assert "weights: yolov5s\n" in named.to_yaml()

    def test_summary_by_hand(self, done):
        folder, comparison, _ = done
        results = {}
        for mode in ("unfrozen", "backbone"):
            files = [folder / f"{mode}-seed{seed}" / "result.json" for seed in (0, 1)]
            results[mode] = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        with (folder / "summary.csv").open(encoding="utf-8") as file:
            rows = {row["mode"]: row for row in csv.DictReader(file)}
        for mode, (a, b) in results.items():
            row = rows[mode]
            assert float(row["map50"]) == pytest.approx((a["map50"] + b["map50"]) / 2, rel=1e-5)
            assert float(row["map50_sd"]) == pytest.approx(abs(a["map50"] - b["map50"]) / 2**0.5, rel=1e-4, abs=1e-9)
            assert float(row["seconds_per_epoch"]) == pytest.approx((a["seconds"] + b["seconds"]) / 4, rel=1e-4)
            assert float(row["trainable_share"]) == pytest.approx(a["trainable"] / a["parameters"], rel=1e-5)
            assert float(row["lr"]) == a["lr"] and row["seeds"] == "2" and row["memory_mb"] == ""
        pairs = [own["map50_95"] - base["map50_95"] for own, base in zip(*reversed(results.values()), strict=True)]
        assert float(rows["backbone"]["map50_95_difference"]) == pytest.approx(mean(pairs), rel=1e-4, abs=1e-9)
        assert float(rows["backbone"]["map50_95_difference_sd"]) == pytest.approx(stdev(pairs), rel=1e-4, abs=1e-9)
        assert rows["unfrozen"]["map50_difference"] == rows["unfrozen"]["map50_difference_sd"] == ""

    def test_differences_are_paired_over_seeds(self):
        """Two seeds of unlike difficulty: large spread in each mode, none in the difference."""
        facts = {"lr": 1, "epochs": 1, "trainable": 1, "parameters": 2, "map50_95": 0, "memory_mb": None}
        facts |= {"seconds": 1, "images_per_second": 1}
        scores = {("unfrozen", 0): 0.2, ("unfrozen", 1): 0.8, ("backbone", 1): 0.9, ("backbone", 0): 0.3}
        runs = [{"mode": mode, "seed": seed, "map50": score, **facts} for (mode, seed), score in scores.items()]
        row = summarise_mode("backbone", runs)
        assert row["map50_sd"] == pytest.approx(0.4243, abs=1e-4)
        assert row["map50_difference"] == pytest.approx(0.1) and row["map50_difference_sd"] == pytest.approx(
            0, abs=1e-9
        )
        alone = summarise_mode("backbone", [run for run in runs if run["mode"] != "unfrozen"])
        assert alone["map50_difference"] is None
        single = summarise_mode("backbone", [run for run in runs if run["seed"] == 0])
        assert single["map50_sd"] is None and single["map50_difference"] == pytest.approx(0.1)

    def test_the_most_memory_of_any_seed(self):
        facts = {
            "mode": "unfrozen",
            "lr": 1,
            "epochs": 1,
            "trainable": 1,
            "parameters": 1,
            "map50": 0,
            "map50_95": 0,
        }
        facts |= {"seconds": 1, "images_per_second": 1}
        runs = [{**facts, "seed": seed, "memory_mb": memory} for seed, memory in enumerate((5.0, 7.0, None))]
        assert summarise_mode("unfrozen", runs)["memory_mb"] == 7.0

    def test_the_table_states_learning_rate_and_split(self, done):
        lines = str(done[1]).splitlines()
        assert lines[0] == "small: last epoch on the test split, 5 pictures"
        assert lines[2].startswith("unfrozen         0.003      2") and lines[3].startswith("backbone          0.01")
        assert "±" in lines[3] and lines[2].split()[-2] == "-"


class TestGoingOn:
    def test_nothing_runs_twice(self, done, experiment, monkeypatch):
        folder, comparison, _ = done
        monkeypatch.setattr(side_by_side, "do", lambda *args, **options: pytest.fail("a run was started again"))
        assert compare(experiment, folder, progress=silent) == comparison

    @pytest.mark.parametrize("steps", [1, 7])
    def test_stopped_anywhere_it_ends_the_same(self, done, experiment, tmp_path, monkeypatch, steps):
        """A run has four steps, two an epoch: within the first epoch, the second, and in the second run."""
        with stopped_after(steps, monkeypatch):
            compare(experiment, tmp_path / "small", jobs=1, progress=silent)
        again = compare(experiment, tmp_path / "small", jobs=1, progress=silent)
        assert figures(again) == figures(done[1])
        for run in ("unfrozen-seed0", "backbone-seed1"):
            states = [RunFolder(folder / run).load_last() for folder in (done[0], tmp_path / "small")]
            assert same_state(*({key: state[key] for key in ("model", "ema", "optimizer")} for state in states))

    def test_another_experiment_in_the_same_folder(self, done, experiment):
        folder, _, _ = done
        other = Experiment(experiment.name, experiment.target, 3, settings=experiment.settings)
        with pytest.raises(RunError, match="found another experiment in .*use a new folder"):
            compare(other, folder, progress=silent)

    def test_weights_can_go_when_a_run_is_done(self, experiment, tmp_path):
        one = Experiment(
            "one", experiment.target, 2, (0,), experiment.modes[:1], experiment.weights,
            settings={**QUICK, "epochs": 1},
        )  # fmt: skip
        first = compare(one, tmp_path, jobs=1, progress=silent, keep_weights=False)
        files = {path.name for path in (tmp_path / "unfrozen-seed0").iterdir()}
        assert files == {"config.yaml", "machine.json", "metrics.csv", "result.json"}
        assert compare(one, tmp_path, jobs=1, progress=silent) == first  # and it is not run again

    def test_curves_can_be_watched_as_they_grow(self, experiment, tmp_path):
        one = Experiment("one", experiment.target, 2, (0,), experiment.modes[:1], experiment.weights, None,
                         experiment.settings)  # fmt: skip
        seen = []
        compare(one, tmp_path, jobs=1, progress=silent, watch=lambda curves: seen.append(curves))
        assert [len(curves["unfrozen", 0]) for curves in seen] == [1, 2, 2]
        assert read_curves(tmp_path, one) == seen[-1]
        assert read_curves(tmp_path / "nowhere", one) == {}


@pytest.fixture(scope="module")
def staged(experiment, tmp_path_factory):
    """(experiment, folder, comparison) of a mode in two stages."""
    mode = Mode("two-stage", 0.01, "backbone", thaw_after=0.5, thaw_lr=1e-3)
    one = replace(experiment, seeds=(0,), modes=(mode,), settings={**QUICK, "epochs": 3})
    folder = tmp_path_factory.mktemp("staged")
    return one, folder, compare(one, folder, jobs=1, progress=silent)


class TestTwoStages:
    def test_frozen_first_and_then_free(self, staged, experiment):
        _, folder, comparison = staged
        first, second = (RunFolder(folder / f"two-stage-seed0/stage{n}") for n in (1, 2))
        configs = first.read_config(), second.read_config()
        assert [(config["epochs"], config["lr"]) for config in configs] == [(2, 0.01), (1, 1e-3)]
        start = load_checkpoint(experiment.weights).state_dict()
        frozen = [key for key in start if int(key.split(".")[1]) < 10]
        one, other = first.load_last()["ema"], second.load_last()["ema"]
        assert all(torch.equal(start[key], one[key]) for key in frozen)
        assert not all(torch.equal(start[key], other[key]) for key in frozen)
        assert comparison.runs[0]["trainable"] == comparison.runs[0]["parameters"]

    def test_one_table_of_epochs(self, staged):
        _, folder, comparison = staged
        assert [row["epoch"] for row in comparison.curves["two-stage", 0]] == [1, 2, 3]
        assert comparison.runs[0]["epochs"] == 3 and comparison.summary[0]["epochs"] == 3
        assert comparison.machine["device"] == "cpu"

    @pytest.mark.parametrize("steps", [1, 5])
    def test_stopped_in_either_stage_it_ends_the_same(self, staged, tmp_path, monkeypatch, steps):
        one, folder, comparison = staged
        with stopped_after(steps, monkeypatch):
            compare(one, tmp_path / folder.name, jobs=1, progress=silent)
        assert figures(compare(one, tmp_path / folder.name, jobs=1, progress=silent)) == figures(comparison)

    @pytest.mark.parametrize(
        ("wrong", "match"),
        [({"thaw_after": 0.5}, "both or neither"), ({"thaw_lr": 0.1}, "both or neither"),
         ({"thaw_after": 1.0, "thaw_lr": 0.1}, "a share of the epochs"), ({"thaw_after": 0.5, "thaw_lr": -1}, "lr=-1")],
    )  # fmt: skip
    def test_wrong_stages(self, wrong, match):
        with pytest.raises(ValueError, match=match):
            Experiment("x", "far", modes=(Mode("two", 0.1, "backbone", **wrong),))

    def test_one_epoch_cannot_be_two_stages(self):
        mode = Mode("two", 0.1, "backbone", thaw_after=0.5, thaw_lr=0.1)
        with pytest.raises(ValueError, match="found 1 epoch for the two stages of two"):
            Experiment("x", "far", modes=(mode,), settings={"epochs": 1})


class TestSideBySide:
    @pytest.mark.timeout(200)
    def test_two_at_a_time_give_the_same_figures(self, done, experiment, tmp_path):
        seen = []
        both = compare(experiment, tmp_path / "small", jobs=2, progress=silent, watch=seen.append)
        assert figures(both) == figures(done[1])
        assert both.runs[0].keys() == done[1].runs[0].keys() and len(seen[-1]) == 4

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_what_is_odd_about_the_data_is_said_once_and_not_by_every_run(self, experiment, tmp_path, jobs, capfd):
        data = small_set(tmp_path / "set", count=2)
        label = next((tmp_path / "set/labels/train").iterdir())
        label.write_text(label.read_text() + "0 0.5 0.5 0 0\n")
        one = replace(experiment, target=str(data), images=2, modes=experiment.modes[1:])
        one = replace(one, settings={**experiment.settings, "epochs": 1})
        with pytest.warns(DataWarning, match="without width or height dropped: 1") as said:
            compare(one, tmp_path / "run", jobs=jobs, progress=silent)
        assert len(said) == 1 and said[0].filename == __file__ and "DataWarning" not in capfd.readouterr().err
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nothing is left to run, and nothing is read
            compare(one, tmp_path / "run", jobs=jobs, progress=silent)

    def test_after_an_error_no_other_run_starts(self, experiment, tmp_path, monkeypatch):
        started = []

        def fail(run, *args, **options):
            started.append((run.mode.name, run.seed))
            raise ValueError("broken")

        monkeypatch.setattr(side_by_side, "do", fail)
        monkeypatch.setattr(side_by_side, "ProcessPoolExecutor", lambda jobs, context: ThreadPoolExecutor(1))
        many = Experiment("many", experiment.target, seeds=tuple(range(50)), settings=experiment.settings)
        with pytest.raises(ValueError, match="broken"):
            compare(many, tmp_path, jobs=2, progress=silent)
        assert len(started) < 200

    @pytest.mark.parametrize(
        ("accelerator", "device", "wanted", "expected"),
        [(None, "auto", None, 3), ("cuda", "auto", None, 2), ("cuda", "cpu", None, 3), ("cuda", "auto", 3, 3),
         (None, "auto", 99, 4)],
    )  # fmt: skip
    def test_how_many_at_a_time(self, experiment, tmp_path, monkeypatch, accelerator, device, wanted, expected):
        asked = []

        def note(runs, jobs, keep_weights, look):
            asked.append(jobs)
            raise KeyboardInterrupt

        monkeypatch.setattr(machine, "accelerator", lambda: accelerator)
        monkeypatch.setattr(machine, "usable_cores", lambda: 3)
        monkeypatch.setattr(side_by_side, "_pool", note)
        settings = {**experiment.settings, "device": device}
        one = Experiment("x", experiment.target, None, (0, 1), experiment.modes, settings=settings, side_by_side=2)
        with pytest.raises(KeyboardInterrupt):
            compare(one, tmp_path, jobs=wanted)
        assert asked == [expected]


def test_rows_of_a_run_are_those_of_its_file(done):
    folder, comparison, _ = done
    for (mode, seed), rows in comparison.curves.items():
        assert rows == read_rows(Path(folder) / f"{mode}-seed{seed}" / "metrics.csv")
