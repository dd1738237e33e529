"""Training: it learns, it writes down what it does, and a kill costs nothing."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import nn

from tests.learn.tiny import QUICK, changed, same_state, snapshot, tiny_model, untimed
from tests.small import NAMES, small_split
from yolo_course.learn import train as module
from yolo_course.learn.batches import NO_AUGMENT
from yolo_course.learn.metrics import Metrics
from yolo_course.learn.run import RunError, RunFolder, read_rows
from yolo_course.learn.settings import Settings
from yolo_course.learn.train import NonFiniteLoss, Trainer, fitness, resume, train
from yolo_course.learn.transfer import freeze
from yolo_course.weights import load_checkpoint, read_metadata

ROOT = Path(__file__).parents[2]
TRAIN_SET, VAL_SET = small_split(4), small_split(2, seed=1)


def run_in(folder: Path, model=None, val_set=VAL_SET, **settings):
    on_epoch = settings.pop("on_epoch", None)
    settings = {**QUICK, **settings}
    return train(model or tiny_model(), TRAIN_SET, val_set, folder, progress=False, on_epoch=on_epoch, **settings)


def resume_in(folder: Path, **options):
    return resume(folder, TRAIN_SET, VAL_SET, progress=False, **options)


def trainer_in(folder: Path, model=None, **settings) -> Trainer:
    settings = Settings.of(**{**QUICK, **settings})
    return Trainer(model or tiny_model(), TRAIN_SET, VAL_SET, RunFolder(folder), settings, progress=False)


def left_by(folder: Path) -> tuple:
    """Everything a run leaves but for the times: state, best weights and metrics."""
    state = RunFolder(folder).load_last()
    state["rows"] = untimed(state["rows"])
    return state, load_file(folder / "best.safetensors"), untimed(read_rows(folder / "metrics.csv"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A run of three epochs that nothing disturbed."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    run_in(folder)
    return folder


class TestLearning:
    def test_it_overfits_one_batch(self, tmp_path):
        result = run_in(
            tmp_path, val_set=TRAIN_SET, epochs=30, batch_size=4, lr=0.01, evaluate_every=30, hyp=NO_AUGMENT
        )
        first, last = (sum(result.rows[i][part] for part in ("box", "obj", "cls")) for i in (0, -1))
        assert last < 0.5 * first

    def test_the_model_is_trained_in_place_and_its_average_returned(self, tmp_path):
        model = tiny_model()
        before = snapshot(model)
        result = run_in(tmp_path, model, epochs=1)
        assert changed(before, model) == before.keys() - {"model.24.anchors"}
        assert result.model is not model and not result.model.training
        assert changed(snapshot(model), result.model)
        assert [row["epoch"] for row in result.rows] == [1] and result.folder == tmp_path

    def test_a_model_in_evaluation_mode_trains_like_any_other(self, tmp_path, finished):
        """As load_checkpoint hands it over."""
        run_in(tmp_path, tiny_model().eval())
        assert same_state(left_by(tmp_path), left_by(finished))

    def test_the_same_seed_the_same_run(self, tmp_path, finished):
        run_in(tmp_path / "again")
        assert same_state(left_by(tmp_path / "again"), left_by(finished))
        run_in(tmp_path / "other", seed=1)
        assert not same_state(left_by(tmp_path / "other")[1], left_by(finished)[1])

    @pytest.mark.parametrize("precision", ["fp32", "bf16"])
    def test_both_precisions_run_on_a_cpu(self, tmp_path, precision):
        result = run_in(tmp_path, epochs=1, precision=precision)
        assert all(math.isfinite(result.rows[0][key]) for key in ("box", "obj", "cls", "map50"))
        assert {p.dtype for p in result.model.parameters()} == {torch.float32}
        stored = load_file(tmp_path / "best.safetensors")
        assert {t.dtype for t in stored.values()} == {torch.float32, torch.int64}

    @pytest.mark.parametrize(
        "settings",
        [{"rect": True}, {"workers": 1}, {"optimizer": "SGD", "schedule": "cosine"}, {"warmup": 0},
         {"size": 96}, {"batch_size": 3, "accumulate": 2}, {"momentum": 0.0, "optimizer": "SGD"}],
        ids=str,
    )  # fmt: skip
    def test_every_setting_runs(self, tmp_path, settings):
        result = run_in(tmp_path, **{"epochs": 1, **settings})
        assert math.isfinite(result.rows[0]["map50"])


class TestSteps:
    def test_accumulated_gradients_equal_those_of_the_larger_batch(self, tmp_path):
        """With fixed normalisation: the loss is a mean times the batch, so like batches add up exactly."""
        gradients = []
        images, targets = trainer_in(tmp_path)._batches(0)[0]
        twice = targets + torch.tensor([2, 0, 0, 0, 0, 0])
        pieces = [[(images, targets)] * 2, [(torch.cat((images, images)), torch.cat((targets, twice)))]]
        for batches in pieces:
            model = tiny_model()
            norms = [f"{n}." for n, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)]
            freeze(model, norms)
            trainer = trainer_in(tmp_path, model)
            model.train()
            for batch in batches:
                trainer._back(model, *batch)
            gradients.append({n: p.grad for n, p in model.named_parameters() if p.requires_grad})
        for name, gradient in gradients[0].items():
            assert torch.allclose(gradient, gradients[1][name], rtol=1e-3, atol=1e-5 * gradient.abs().max()), name

    @pytest.mark.parametrize(("accumulate", "updates"), [(1, 4), (2, 2), (3, 2), (9, 1)])
    def test_a_step_for_every_so_many_batches_and_for_the_rest(self, tmp_path, accumulate, updates):
        run_in(tmp_path, epochs=1, batch_size=1, accumulate=accumulate)
        assert RunFolder(tmp_path).load_last()["updates"] == updates

    @pytest.mark.parametrize("accumulate", [1, 2])
    def test_the_learning_rate_counts_steps_not_batches(self, tmp_path, accumulate):
        rates = []
        trainer = trainer_in(tmp_path, epochs=2, batch_size=1, accumulate=accumulate, warmup=2, lr=0.1, final_lr=0.0)
        step = trainer._step
        trainer._step = lambda: (rates.append(trainer.optimizer.param_groups[2]["lr"]), step())
        trainer.start()
        trainer.go()
        steps = 8 // accumulate
        assert rates == pytest.approx([0.1 * min(1, (n + 1) / 2) * (1 - n / steps) for n in range(steps)])

    def test_gradients_are_clipped(self, tmp_path):
        trainer = trainer_in(tmp_path, clip=0.01, optimizer="SGD", momentum=0.0, weight_decay=0.0, lr=1.0)
        before = torch.cat([p.detach().flatten() for p in trainer.model.parameters()])
        trainer.model.train()
        trainer._back(trainer.model, *trainer._batches(0)[0])
        trainer._step()
        after = torch.cat([p.detach().flatten() for p in trainer.model.parameters()])
        assert (after - before).norm().item() == pytest.approx(0.01, rel=0.01)

    def test_mosaic_closes_before_the_end(self, tmp_path):
        hyp = {"mosaic": 1.0, "mixup": 0.5, "hsv_h": 0.1}
        trainer = trainer_in(tmp_path, epochs=5, close_mosaic=2, hyp=hyp)
        used = [trainer._batches(epoch).augment for epoch in range(5)]
        assert [a["mosaic"] for a in used] == [1, 1, 1, 0, 0] and [a["mixup"] for a in used] == [0.5] * 3 + [0] * 2
        assert {a["hsv_h"] for a in used} == {0.1}

    def test_gains_are_scaled_and_given_by_name(self, tmp_path):
        loss = trainer_in(tmp_path, hyp={"box": 0.1, "mosaic": 0.0}, size=64).loss
        assert loss.hyp["box"] == 0.1 and loss.hyp["obj"] == pytest.approx(0.01)
        assert loss.hyp["cls"] == pytest.approx(0.5 * 2 / 80)


class TestFolder:
    def test_what_it_holds(self, finished):
        files = {"config.yaml", "machine.json", "metrics.csv", "best.safetensors", "last.pt"}
        assert {file.name for file in finished.iterdir()} == files

    def test_the_configuration_is_everything_that_decides_the_numbers(self, finished):
        config = yaml.safe_load((finished / "config.yaml").read_text(encoding="utf-8"))
        assert (config["precision"], config["threads"], config["seed"], config["device"]) == (
            "fp32",
            1,
            0,
            "cpu",
        )
        assert config["network"]["names"] == NAMES and config["frozen"] == {
            "prefixes": [],
            "batchnorm": "fixed",
        }
        Settings.of(**{k: v for k, v in config.items() if k not in ("network", "frozen")})

    def test_auto_is_written_as_what_it_chose(self, tmp_path):
        run_in(tmp_path, epochs=1, precision="auto", device="auto", threads=None)
        config = RunFolder(tmp_path).read_config()
        assert config["precision"] in ("fp32", "bf16", "fp16") and config["device"] != "auto"
        assert config["threads"] == torch.get_num_threads()

    def test_a_row_an_epoch_as_it_goes(self, tmp_path):
        seen = []

        def look(row):
            rows = read_rows(tmp_path / "metrics.csv")
            assert len(rows) == row["epoch"] == len(RunFolder(tmp_path).load_last()["rows"])
            seen.append(rows[-1])

        result = run_in(tmp_path, evaluate_every=2, on_epoch=look)
        assert [row["epoch"] for row in seen] == [1, 2, 3]
        assert [row["map50"] is None for row in seen] == [
            True,
            False,
            False,
        ]  # the last one is always measured
        assert seen[0].keys() == {
            "epoch", "box", "obj", "cls", "lr", "seconds", "images_per_second", "wait_seconds",
            "memory_mb", "reserved_mb",
            "map50", "map50_95", "precision", "recall", "eval_seconds",
        }  # fmt: skip
        assert [row["box"] for row in seen] == pytest.approx([row["box"] for row in result.rows], rel=1e-5)

    def test_a_run_is_never_overwritten(self, finished):
        before = left_by(finished)
        with pytest.raises(RunError, match="found a run in .*choose another, or resume this one"):
            run_in(finished)
        assert same_state(before, left_by(finished))

    def test_best_is_the_best_and_the_result_is_the_last(self, tmp_path, monkeypatch):
        figures = iter([(0.5, 0.2), (0.6, 0.4), (0.9, 0.3)])

        def measure(*args, **kwargs):
            map50, map50_95 = next(figures)
            return Metrics(map50, map50_95, 0.5, 0.5, 0.1, 2, 4, tuple(NAMES), {}, None, None)

        averages = []
        monkeypatch.setattr(module, "evaluate", measure)
        result = run_in(tmp_path, on_epoch=lambda row: averages.append(RunFolder(tmp_path).load_last()["ema"]))
        best = load_checkpoint(tmp_path / "best.safetensors")
        assert read_metadata(tmp_path / "best.safetensors")["epoch"] == 2
        assert changed(averages[1], best) == set() and changed(averages[2], result.model) == set()

    def test_fitness_is_mostly_map50_95(self):
        assert fitness({"map50": 0.5, "map50_95": 0.2}) == pytest.approx(0.23)
        assert fitness({"map50": None, "map50_95": None}) == -1 < fitness({"map50": 0.0, "map50_95": 0.0})

    def test_without_a_validation_set(self, tmp_path):
        result = run_in(tmp_path, val_set=None)
        assert all(row["map50"] is None for row in result.rows)
        best = load_checkpoint(tmp_path / "best.safetensors")
        assert changed(snapshot(result.model), best) == set() and best.names == NAMES


class TestThreads:
    @pytest.mark.parametrize("error", [None, KeyboardInterrupt])
    def test_set_for_the_run_and_put_back(self, tmp_path, monkeypatch, error):
        def stop(row):
            calls.append(row["epoch"])
            if error:
                raise error

        before, calls = torch.get_num_threads(), []
        monkeypatch.setattr(torch, "set_num_threads", calls.append)
        try:
            run_in(tmp_path, epochs=1, threads=7, on_epoch=stop)
        except KeyboardInterrupt:
            assert error
        assert calls == [7, 1, before]  # set, the first epoch, put back


class TestResume:
    """A run that was stopped, at whatever moment, ends as if it never was."""

    @pytest.mark.parametrize("stop_after", [1, 2, 3])
    def test_stopped_between_two_epochs(self, tmp_path, finished, stop_after):
        def stop(row):
            if row["epoch"] == stop_after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_in(tmp_path, on_epoch=stop)
        torch.manual_seed(99)  # where the generators stand is of no account
        result = resume_in(tmp_path)
        assert [row["epoch"] for row in result.rows] == [1, 2, 3]
        assert same_state(left_by(tmp_path), left_by(finished))
        assert changed(RunFolder(finished).load_last()["ema"], result.model) == set()

    @pytest.mark.parametrize("steps", [0, 1, 3])
    def test_stopped_within_an_epoch_the_first_one_too(self, tmp_path, finished, monkeypatch, steps):
        step, done = Trainer._step, []

        def stop(self):
            if len(done) == steps:
                raise KeyboardInterrupt
            done.append(step(self))

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Trainer, "_step", stop)
            run_in(tmp_path)
        resume_in(tmp_path)
        assert same_state(left_by(tmp_path), left_by(finished))

    @pytest.mark.parametrize("method", ["save_last", "write_metrics"])
    def test_stopped_between_the_files_of_one_epoch(self, tmp_path, finished, monkeypatch, method):
        original, calls = getattr(RunFolder, method), []

        def stop(self, *args):
            calls.append(args)
            if len(calls) == {"save_last": 4, "write_metrics": 3}[method]:  # of the last epoch
                raise KeyboardInterrupt
            original(self, *args)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(RunFolder, method, stop)
            run_in(tmp_path)
        resume_in(tmp_path)
        assert same_state(left_by(tmp_path), left_by(finished))

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
    def test_killed_without_warning(self, tmp_path, finished):
        code = """if True:
            import os, signal, sys
            from pathlib import Path
            from tests.learn import test_train
            step, done = test_train.Trainer._step, []
            def kill(self):
                done.append(step(self))
                if len(done) == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
            test_train.Trainer._step = kill
            test_train.run_in(Path(sys.argv[1]))
        """
        killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, timeout=120)
        assert killed.returncode == -9
        assert len(read_rows(tmp_path / "metrics.csv")) == 1
        resume_in(tmp_path)
        assert same_state(left_by(tmp_path), left_by(finished))

    def test_a_frozen_run_goes_on_frozen(self, tmp_path):
        model = tiny_model()
        freeze(model, ["model.0.", "model.5."], batchnorm="updating")

        def stop(row):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_in(tmp_path, model, on_epoch=stop)
        before = snapshot(model)
        result = resume_in(tmp_path)
        assert result.model.frozen_prefixes == ("model.0.", "model.5.")
        assert result.model.frozen_batchnorm == "updating"
        assert torch.equal(result.model.model[5].conv.weight, before["model.5.conv.weight"])
        assert not torch.equal(result.model.model[5].bn.running_mean, before["model.5.bn.running_mean"])
        assert not torch.equal(result.model.model[4].cv1.conv.weight, before["model.4.cv1.conv.weight"])

    def test_stored_settings_hold(self, tmp_path, monkeypatch):
        def stop(row):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_in(tmp_path, on_epoch=stop, precision="bf16", seed=5, optimizer="SGD", hyp={"mosaic": 1.0})
        seen = []
        go = Trainer.go
        monkeypatch.setattr(Trainer, "go", lambda self: (seen.append((self.settings, self.compute)), go(self))[1])
        resume_in(tmp_path)
        settings, compute = seen[0]
        assert (settings.seed, settings.optimizer, settings.hyp) == (5, "SGD", {"mosaic": 1.0})
        assert settings.threads == 1 and compute.precision == "bf16"

    def test_anchors_of_the_models_own_come_back(self, tmp_path):
        model = tiny_model()
        model.detect.set_anchors(model.detect.anchor_pixels * 0.4)
        run_in(tmp_path, model, epochs=1)
        assert torch.equal(resume_in(tmp_path).model.detect.anchors, model.detect.anchors)
        assert torch.equal(load_checkpoint(tmp_path / "best.safetensors").detect.anchors, model.detect.anchors)

    def test_a_finished_run_is_returned_as_it_is(self, finished):
        before = left_by(finished)
        result = resume_in(finished, on_epoch=lambda row: pytest.fail("nothing was left to do"))
        assert len(result.rows) == 3 and not result.model.training
        assert same_state(left_by(finished), before)

    def test_where_there_is_no_run(self, tmp_path):
        with pytest.raises(RunError, match="found no run to resume"):
            resume_in(tmp_path)


class TestNonFiniteLoss:
    def _spoiled(self, monkeypatch, value: float, after: int):
        """The loss becomes ``value`` after so many batches."""
        calls = []

        class Spoiled(module.YOLOLoss):
            def __call__(self, raw, targets):
                total, parts = super().__call__(raw, targets)
                calls.append(1)
                return (total * value if len(calls) > after else total), parts

        monkeypatch.setattr(module, "YOLOLoss", Spoiled)

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_it_stops_with_the_batch_named_and_the_files_whole(self, tmp_path, monkeypatch, value):
        self._spoiled(monkeypatch, value, after=3)  # epoch 2, second batch
        model = tiny_model()
        with pytest.raises(NonFiniteLoss, match="in epoch 2, batch 1; the batch is in nonfinite_batch_rank0.pt"):
            run_in(tmp_path, model)
        batch = torch.load(tmp_path / "nonfinite_batch_rank0.pt", weights_only=True)
        expected = trainer_in(tmp_path)._batches(1)[1]
        assert torch.equal(batch["images"], expected[0]) and torch.equal(batch["targets"], expected[1])
        assert len(read_rows(tmp_path / "metrics.csv")) == len(RunFolder(tmp_path).load_last()["rows"]) == 1
        assert all(value.isfinite().all() for value in model.state_dict().values())
        best = load_checkpoint(tmp_path / "best.safetensors")
        assert all(value.isfinite().all() for value in best.state_dict().values())

    def test_the_run_can_go_on_from_the_epoch_before(self, tmp_path, finished, monkeypatch):
        with monkeypatch.context() as patch:
            self._spoiled(patch, math.nan, after=3)
            with pytest.raises(NonFiniteLoss):
                run_in(tmp_path)
        (tmp_path / "nonfinite_batch_rank0.pt").unlink()
        resume_in(tmp_path)
        assert same_state(left_by(tmp_path), left_by(finished))

    def test_weights_that_are_no_numbers_are_not_saved(self, tmp_path, monkeypatch):
        """A finite loss can have a gradient that is not: the last step of an epoch could hide it."""
        step, done = Trainer._step, []

        def spoil(self):
            done.append(step(self))
            if len(done) == 4:  # the end of epoch 2
                with torch.no_grad():
                    self.model.model[0].conv.weight[0] = math.nan

        monkeypatch.setattr(Trainer, "_step", spoil)
        with pytest.raises(NonFiniteLoss, match=r"model\.0\.conv\.weight that are not finite"):
            run_in(tmp_path)
        state = RunFolder(tmp_path).load_last()
        assert len(state["rows"]) == 1 and all(value.isfinite().all() for value in state["model"].values())


class TestErrors:
    """Each one comes before the folder is made."""

    @pytest.mark.parametrize(
        ("settings", "match"),
        [
            ({"epoch": 1}, "found the setting 'epoch', expected one such as epochs"),
            ({"hyp": {"mosiac": 1}}, "found the hyperparameter 'mosiac', expected one such as mosaic"),
            ({"precision": "fp16"}, "found precision 'fp16' on cpu, which needs a CUDA device"),
            ({"device": "tpu"}, "found device 'tpu'"),
            ({"optimizer": "Adam"}, "found optimizer='Adam'"),
            ({"size": 65}, "found size=65, expected a multiple of 32"),
        ],
    )
    def test_settings(self, tmp_path, settings, match):
        with pytest.raises(ValueError, match=match):
            run_in(tmp_path / "run", **settings)
        assert not (tmp_path / "run").exists()

    def test_everything_frozen(self, tmp_path):
        model = tiny_model()
        freeze(model, 25)
        with pytest.raises(ValueError, match="found no trainable parameter: everything is frozen"):
            run_in(tmp_path / "run", model)
        assert not (tmp_path / "run").exists()


def test_progress_is_shown_on_request_alone(tmp_path, capfd):
    settings = {**QUICK, "epochs": 1}
    train(tiny_model(), TRAIN_SET, VAL_SET, tmp_path / "loud", **settings)
    loud = capfd.readouterr()
    train(tiny_model(), TRAIN_SET, VAL_SET, tmp_path / "quiet", progress=False, **settings)
    quiet = capfd.readouterr()
    assert "epoch 1/1" in loud.err and "map50" in loud.err and loud.out == ""
    assert quiet.err == quiet.out == ""
