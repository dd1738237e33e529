"""What is frozen stays, entry by entry and bit for bit; what is not frozen learns."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from tests.learn.tiny import QUICK, changed, learn, snapshot, tiny_model
from tests.small import small_split
from yolo_course.learn.evaluate import evaluate
from yolo_course.learn.optim import EMA, make_optimizer
from yolo_course.learn.train import train
from yolo_course.learn.transfer import freeze, frozen_entries
from yolo_course.model import YOLOv5
from yolo_course.weights import load_checkpoint, save_weights

TALK = ["model.%s." % x for x in range(10)]  # noqa: UP031 - the talk's line as it stands
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


@pytest.fixture
def model() -> YOLOv5:
    return tiny_model()


@pytest.fixture(scope="module")
def nano() -> YOLOv5:
    return YOLOv5("n")


def in_rows(state: dict, rows) -> set[str]:
    return {key for key in state if int(key.split(".")[1]) in rows}


def weights_of(model) -> set[str]:
    return {name for name, _ in model.named_parameters()}


def trainable(model) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


class TestWhat:
    @pytest.mark.parametrize(
        ("what", "rows"),
        [
            (TALK, range(10)),
            (10, range(10)),
            (np.int64(10), range(10)),
            ("backbone", range(10)),
            ("backbone+neck", range(24)),
            (24, range(24)),
            (25, range(25)),
            (1, range(1)),
            (["model.3."], [3]),
            (("model.0.", "model.24."), [0, 24]),
            (["model.%s." % x for x in range(24)], range(24)),  # noqa: UP031
        ],
    )
    def test_rows(self, nano, what, rows):
        report = freeze(nano, what)
        frozen = weights_of(nano) - trainable(nano)
        assert frozen == in_rows(nano.state_dict(), rows) & weights_of(nano)
        assert set(report.fixed_entries) == frozen_entries(nano) == in_rows(nano.state_dict(), rows)
        assert report.drifting_entries == ()
        assert set(report.rows) == {row for row in rows if any(True for _ in nano.model[row].parameters())}
        assert report.frozen == sum(p.numel() for p in nano.parameters() if not p.requires_grad)
        assert report.frozen + report.trainable == sum(p.numel() for p in nano.parameters())

    def test_the_talks_list_a_count_and_a_name_are_one_thing(self, nano):
        reports = [freeze(nano, what) for what in (TALK, 10, "backbone")]
        assert reports[0] == reports[1] == reports[2]
        assert len(reports[0].fixed_entries) == 198

    @pytest.mark.parametrize("nothing", [0, [], ()])
    def test_nothing_sets_everything_free(self, nano, nothing):
        freeze(nano, "backbone+neck")
        report = freeze(nano, nothing)
        assert trainable(nano) == weights_of(nano) and frozen_entries(nano) == set()
        assert report.frozen == 0 and report.rows == () and report.fixed_entries == ()
        nano.train()
        assert all(module.training for module in nano.modules())
        nano.eval()

    def test_each_call_replaces_the_one_before(self, nano):
        freeze(nano, 10)
        freeze(nano, ["model.24."])
        assert weights_of(nano) - trainable(nano) == in_rows(nano.state_dict(), [24]) & weights_of(nano)
        nano.train()
        assert nano.model[0].bn.training
        nano.eval()

    def test_the_prefix_trap(self, nano):
        """Without the last dot ``model.1`` is also the beginning of rows 10 to 19."""
        assert set(freeze(nano, ["model.1"]).rows) == {1, 10, 13, 14, 17, 18}
        assert freeze(nano, ["model.1."]).rows == (1,)

    def test_prefixes_count_from_the_start_of_a_name(self, nano):
        with pytest.raises(ValueError, match="matches no name"):
            freeze(nano, ["0.conv"])  # a part of model.0.conv, but not its beginning

    def test_finer_than_a_row(self, nano):
        report = freeze(nano, ["model.2.m.0.cv1."])
        assert set(report.fixed_entries) == {k for k in nano.state_dict() if k.startswith("model.2.m.0.cv1.")}
        nano.train()
        assert not nano.model[2].m[0].cv1.bn.training and nano.model[2].m[0].cv2.bn.training
        nano.eval()

    def test_a_failed_call_changes_nothing(self, nano):
        freeze(nano, 10)
        before = trainable(nano)
        for wrong in (["model.0.", "modle.1."], -1, "neck"):
            with pytest.raises(ValueError):
                freeze(nano, wrong)
        assert trainable(nano) == before and nano.frozen_prefixes == tuple(TALK)


class TestErrors:
    def test_a_prefix_that_matches_nothing_names_the_near_ones(self, nano):
        with pytest.raises(ValueError, match=r"'modle.1.' matches no name .* near ones are .*'model.1.'") as error:
            freeze(nano, ["modle.1."])
        assert str(error.value).count("'model.1.'") == 1
        with pytest.raises(ValueError, match=r"'model.25.' matches no name .*'model.2"):
            freeze(nano, ["model.25."])

    @pytest.mark.parametrize("wrong", ["neck", "model.0.", "Backbone", ""])
    def test_another_word(self, nano, wrong):
        with pytest.raises(ValueError, match=r"expected one of \('backbone', 'backbone\+neck'\); a prefix goes into"):
            freeze(nano, wrong)

    @pytest.mark.parametrize("wrong", [-1, 26, 1000])
    def test_a_count_beyond_the_rows(self, nano, wrong):
        with pytest.raises(ValueError, match=f"found {wrong} rows to freeze, expected 0 to 25"):
            freeze(nano, wrong)

    @pytest.mark.parametrize("wrong", [None, True, 2.5, object()])
    def test_something_else(self, nano, wrong):
        with pytest.raises(ValueError, match="expected a count of rows, a list of prefixes, or one of"):
            freeze(nano, wrong)

    @pytest.mark.parametrize("wrong", [[""], [0], [None], range(10)])
    def test_a_list_of_something_else(self, nano, wrong):
        with pytest.raises(ValueError, match="matches no name"):
            freeze(nano, wrong)

    def test_another_treatment_of_batch_normalisation(self, nano):
        with pytest.raises(ValueError, match="found batchnorm='frozen', expected one of 'fixed', 'updating'"):
            freeze(nano, 10, batchnorm="frozen")


class TestReport:
    def test_in_words(self, nano):
        text = str(freeze(nano, ["model.0.", "model.1.", "model.2.", "model.5."]))
        assert text.startswith("frozen: rows 0-2, 5, ") and "state-dict entries stay as they are" in text
        assert "running statistics drift" not in text
        assert str(freeze(nano, 0)) == "nothing is frozen: all 1,872,157 parameters train"

    def test_what_updating_leaves_to_drift(self, nano):
        """The original's freezing: 99 of the 198 entries of rows 0-9 change, in 33 normalisations."""
        report = freeze(nano, 10, batchnorm="updating")
        assert len(report.drifting_entries) == 99 and len(report.fixed_entries) == 99
        assert {key.rsplit(".", 1)[1] for key in report.drifting_entries} == set(STATISTICS)
        assert "99 running statistics drift" in str(report)
        freeze(nano, 0)


class TestModes:
    def test_fixed_normalisation_stays_in_evaluation_mode(self, model):
        freeze(model, 10)
        for _ in range(2):
            model.train()
            modes = {name: m.training for name, m in model.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
            assert all(training is (int(name.split(".")[1]) > 9) for name, training in modes.items())
            model.eval()
            assert not any(m.training for m in model.modules())

    def test_freezing_leaves_the_mode_as_it_was(self, model):
        for mode in (True, False):
            model.train(mode)
            freeze(model, 10)
            assert model.training is mode
        model.train()
        freeze(model, 0)
        assert all(m.training for m in model.modules())

    def test_updating_keeps_it_in_training_mode(self, model):
        freeze(model, 10, batchnorm="updating")
        assert all(m.training for m in model.train().modules())

    @pytest.mark.parametrize("statistic", STATISTICS)
    def test_a_single_statistic_is_kept_too(self, model, statistic):
        freeze(model, [f"model.0.bn.{statistic}"])
        before = snapshot(model)
        model.train()(torch.rand(1, 3, 64, 64))
        assert f"model.0.bn.{statistic}" not in changed(before, model)


OPTIMISERS = [("SGD", 0.9), ("AdamW", 0.9)]


class TestTraining:
    """The contract, entry by entry."""

    @pytest.mark.parametrize(("name", "momentum"), OPTIMISERS)
    @pytest.mark.parametrize("what", [10, "backbone+neck", ["model.12.", "model.17.", "model.2.m."], ["model.24."]])
    def test_frozen_entries_stay_and_trainable_ones_change(self, model, name, momentum, what):
        freeze(model, what)
        kept, before = frozen_entries(model), snapshot(model)
        learn(model, make_optimizer(model, name, 0.01, momentum, weight_decay=0.1))
        constant = {"model.24.anchors"}
        assert changed(before, model) == before.keys() - kept - constant

    def test_one_frozen_row_above_trainable_rows(self, model):
        """Gradients pass through the frozen row to the rows before it."""
        freeze(model, ["model.8."])
        before = snapshot(model)
        learn(model, make_optimizer(model, "SGD", 0.01, 0.9, 0.1), steps=1)
        assert in_rows(before, [0, 7]) <= changed(before, model)
        assert not in_rows(before, [8]) & changed(before, model)

    def test_frozen_parameters_have_no_gradient_and_no_optimiser(self, model):
        freeze(model, 10)
        optimizer = make_optimizer(model, "AdamW", 0.01, 0.9, 0.1)
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        model.train()(torch.rand(1, 3, 64, 64))[0].sum().backward()
        for name, parameter in model.named_parameters():
            frozen = int(name.split(".")[1]) < 10
            assert (parameter.grad is None) or not frozen
            assert (id(parameter) in held) is not frozen

    def test_nothing_is_remembered_below_the_cut(self, model):
        """No activation of the backbone is kept for going back: its output asks for no gradient."""
        freeze(model, 10)
        assert not any(f.requires_grad for f in model.train().backbone(torch.rand(1, 3, 64, 64)))

    def test_what_was_frozen_learns_again(self, model):
        freeze(model, 10)
        learn(model, make_optimizer(model, "SGD", 0.01, 0.9, 0.0), steps=1)
        freeze(model, 0)
        before = snapshot(model)
        learn(model, make_optimizer(model, "SGD", 0.01, 0.9, 0.0), steps=1)
        assert changed(before, model) == before.keys() - {"model.24.anchors"}

    @pytest.mark.parametrize(("name", "momentum"), OPTIMISERS)
    def test_updating_reproduces_the_originals_drift(self, name, momentum):
        model = YOLOv5("n", num_classes=2)
        report = freeze(model, 10, batchnorm="updating")
        before = snapshot(model)
        learn(model, make_optimizer(model, name, 0.01, momentum, weight_decay=0.1))
        moved = changed(before, model) & in_rows(before, range(10))
        assert moved == set(report.drifting_entries) and len(moved) == 99
        assert not moved & weights_of(model)


class TestEverywhereElse:
    """Validation, averaging, copies and files leave frozen entries alone, too."""

    def test_validation(self, model):
        freeze(model, 10)
        before = snapshot(model.train())
        evaluate(model, small_split(2), size=64)
        assert changed(before, model) == set()
        assert not model.model[0].bn.training and model.model[10].bn.training

    def test_the_average_copies_frozen_entries(self, model):
        freeze(model, 10)
        ema, before = EMA(model, decay=0.98, ramp=2), snapshot(model)
        optimizer = make_optimizer(model, "SGD", 0.05, 0.9, 0.1)
        for _ in range(5):
            learn(model, optimizer, steps=1)
            ema.update(model)
        assert not changed(before, ema.model) & frozen_entries(model)
        assert changed(before, ema.model) == before.keys() - frozen_entries(model) - {"model.24.anchors"}

    def test_copied_means_copied(self, model):
        """Averaging would only approach a number that was set by hand, and could round an unchanged one."""
        freeze(model, 10)
        ema = EMA(model)
        with torch.no_grad():
            for row in (0, 10):
                model.model[row].conv.weight += 1
        ema.update(model)
        assert torch.equal(ema.model.model[0].conv.weight, model.model[0].conv.weight)
        assert not torch.equal(ema.model.model[10].conv.weight, model.model[10].conv.weight)

    def test_the_average_of_drifting_statistics_drifts(self, model):
        report = freeze(model, 10, batchnorm="updating")
        ema, before = EMA(model), snapshot(model)
        learn(model, make_optimizer(model, "SGD", 0.05, 0.9, 0.1))
        ema.update(model)
        assert changed(before, ema.model) & in_rows(before, range(10)) == set(report.drifting_entries)

    def test_a_deepcopy_is_frozen_too(self, model):
        freeze(model, 10)
        twin = copy.deepcopy(model)
        before = snapshot(twin)
        learn(twin, make_optimizer(twin, "AdamW", 0.01, 0.9, 0.1))
        assert not changed(before, twin) & frozen_entries(model)
        assert frozen_entries(twin) == frozen_entries(model)
        freeze(twin, 0)
        assert frozen_entries(model), "the original was set free with its copy"

    def test_saving_and_loading(self, model, tmp_path):
        freeze(model, 10)
        before = snapshot(model)
        learn(model, make_optimizer(model, "SGD", 0.01, 0.9, 0.1), steps=1)
        loaded = load_checkpoint(save_weights(model, tmp_path / "x.safetensors"))
        assert not changed(before, loaded) & frozen_entries(model)
        assert changed(snapshot(model), loaded) == set()

    @pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
    def test_a_whole_run_from_start_to_file(self, model, tmp_path, optimizer):
        freeze(model, "backbone")
        before, kept = snapshot(model), frozen_entries(model)
        settings = {**QUICK, "epochs": 2, "optimizer": optimizer, "lr": 0.01, "weight_decay": 0.1}
        result = train(model, small_split(4), small_split(2, 1), tmp_path / "run", progress=False, **settings)
        for found in (model, result.model, load_checkpoint(tmp_path / "run" / "best.safetensors")):
            assert not changed(before, found) & kept
        free = before.keys() - kept - {"model.24.anchors"}
        assert changed(before, model) == changed(before, result.model) == free
        assert frozen_entries(result.model) == kept
