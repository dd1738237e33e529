"""Groups, schedule and average: each against a formula written out."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from tests.learn.tiny import changed, learn, snapshot, tiny_model
from yolo_course.learn.optim import EMA, learning_rate, make_optimizer, parameter_groups
from yolo_course.learn.transfer import freeze


@pytest.fixture
def model():
    return tiny_model()


class TestGroups:
    @pytest.mark.parametrize("what", [0, 10, "backbone+neck", ["model.3.bn."], ["model.24.m.0.bias"]])
    def test_each_trainable_parameter_is_in_exactly_one(self, model, what):
        freeze(model, what)
        held = [id(p) for group in parameter_groups(model) for p in group["params"]]
        assert len(held) == len(set(held))
        assert set(held) == {id(p) for p in model.parameters() if p.requires_grad}

    def test_only_weights_of_convolutions_decay(self, model):
        optimizer = make_optimizer(model, "SGD", 0.1, 0.9, 0.05)
        groups = {group["name"]: group for group in optimizer.param_groups}
        assert {name: group["weight_decay"] for name, group in groups.items()} == {
            "weights": 0.05, "norms": 0.0, "biases": 0.0
        }  # fmt: skip
        assert all(p.ndim == 4 for p in groups["weights"]["params"])
        convs = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
        norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
        assert len(groups["weights"]["params"]) == len(convs) and len(groups["norms"]["params"]) == len(norms)
        assert len(groups["biases"]["params"]) == len(norms) + 3  # Detect's convolutions have one each

    def test_everything_frozen_is_an_error_that_says_what_to_do(self, model):
        freeze(model, 25)
        with pytest.raises(ValueError, match="no trainable parameter: everything is frozen; unfreeze a part"):
            make_optimizer(model, "SGD", 0.1, 0.9, 0)

    def test_another_optimizer(self, model):
        with pytest.raises(ValueError, match="found optimizer 'Adam', expected 'SGD' or 'AdamW'"):
            make_optimizer(model, "Adam", 0.1, 0.9, 0)


class TestSteps:
    def _after_one_step(self, model, name, momentum, weight_decay):
        optimizer = make_optimizer(model, name, 0.1, momentum, weight_decay)
        before = {n: p.detach().clone() for n, p in model.named_parameters()}
        torch.manual_seed(1)
        for parameter in model.parameters():
            parameter.grad = torch.randn_like(parameter)
        optimizer.step()
        return before, {n: (p.detach(), p.grad) for n, p in model.named_parameters()}

    def test_sgd_is_p_minus_lr_times_gradient(self, model):
        before, after = self._after_one_step(model, "SGD", 0.0, 0.0)
        for name, (p, gradient) in after.items():
            assert torch.allclose(p, before[name] - 0.1 * gradient, atol=1e-7)

    def test_nesterov_and_decay(self, model):
        before, after = self._after_one_step(model, "SGD", 0.9, 0.05)
        for name, (p, gradient) in after.items():
            decay = 0.05 if p.ndim == 4 else 0.0
            g = gradient + decay * before[name]
            assert torch.allclose(p, before[name] - 0.1 * (g + 0.9 * g), atol=1e-6)

    def test_adamw_decays_apart_from_the_gradient(self, model):
        before, after = self._after_one_step(model, "AdamW", 0.9, 0.05)
        for name, (p, gradient) in after.items():
            decay = 0.05 if p.ndim == 4 else 0.0
            first = gradient / (gradient.abs() + 1e-8)  # of the first step alone
            assert torch.allclose(p, before[name] * (1 - 0.1 * decay) - 0.1 * first, atol=1e-5)


class TestLearningRate:
    @pytest.mark.parametrize("schedule", ["linear", "cosine"])
    def test_its_two_ends(self, schedule):
        assert learning_rate(0, 100, 0, 0.01, schedule) == 1
        assert learning_rate(100, 100, 0, 0.01, schedule) == pytest.approx(0.01)
        assert learning_rate(500, 100, 0, 0.01, schedule) == pytest.approx(0.01)
        assert learning_rate(50, 100, 0, 0.01, schedule) == pytest.approx(0.505)
        falling = [learning_rate(step, 100, 0, 0.01, schedule) for step in range(101)]
        assert falling == sorted(falling, reverse=True)

    def test_cosine_begins_and_ends_slowly(self):
        linear, cosine = ([learning_rate(s, 100, 0, 0.0, kind) for s in (10, 90)] for kind in ("linear", "cosine"))
        assert cosine[0] > linear[0] and cosine[1] < linear[1]
        assert cosine[0] == pytest.approx((1 + math.cos(0.1 * math.pi)) / 2)

    def test_the_warm_up_rises_in_equal_steps(self):
        rising = [learning_rate(step, 10**9, 4, 0.01) for step in range(6)]
        assert rising == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
        assert learning_rate(0, 1, 0, 0.01) == 1

    def test_no_step_has_a_rate_of_zero(self):
        assert min(learning_rate(step, 20, 8, 0.01) for step in range(20)) > 0

    def test_another_schedule(self):
        with pytest.raises(ValueError, match="found schedule 'step', expected 'linear' or 'cosine'"):
            learning_rate(0, 1, 0, 0.1, "step")


class TestAverage:
    def test_against_the_plain_formula(self, model):
        ema = EMA(model, decay=0.9, ramp=3)
        expected = {k: v.double() for k, v in snapshot(model).items()}
        optimizer = make_optimizer(model, "SGD", 0.05, 0.9, 0.0)
        for n in range(1, 6):
            learn(model, optimizer, steps=1)
            ema.update(model)
            keep = 0.9 * (1 - math.exp(-n / 3))
            for key, value in model.state_dict().items():
                if value.is_floating_point():
                    expected[key] = keep * expected[key] + (1 - keep) * value.double()
                else:
                    expected[key] = value.double()
        assert ema.updates == 5
        for key, value in ema.model.state_dict().items():
            assert torch.allclose(value.double(), expected[key], rtol=1e-5, atol=1e-6), key

    def test_a_young_average_forgets_fast(self, model):
        ema = EMA(model, decay=0.9999, ramp=2000)
        learn(model, make_optimizer(model, "SGD", 0.05, 0.9, 0.0))
        ema.update(model)
        now, average = (m.model[0].conv.weight for m in (model, ema.model))
        assert torch.allclose(now, average, rtol=1e-2, atol=1e-4)

    def test_it_is_apart_from_the_model_and_evaluates(self, model):
        model.train()
        ema = EMA(model)
        assert not ema.model.training and model.training
        before = snapshot(ema.model)
        learn(model, make_optimizer(model, "SGD", 0.05, 0.9, 0.0), steps=1)
        assert changed(before, ema.model) == set()

    def test_it_can_be_trained_on(self, model):
        """The second stage of a two-stage training starts from the average of the first."""
        freeze(model, 10)
        average = EMA(model).model
        assert [p.requires_grad for p in average.parameters()] == [p.requires_grad for p in model.parameters()]
        assert make_optimizer(copy.deepcopy(average), "SGD", 0.1, 0.9, 0.0).param_groups[0]["params"]

    def test_updates_leave_no_trace_for_gradients(self, model):
        ema = EMA(model)
        ema.update(model)
        assert all(p.is_leaf and p.grad_fn is None for p in ema.model.parameters())
