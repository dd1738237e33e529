"""What moves the weights: parameter groups, the learning rate's way through a run, and the average of the weights."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.swa_utils import get_ema_multi_avg_fn

from yolo_course.learn.transfer import frozen_entries


def make_optimizer(model: nn.Module, name: str, lr: float, momentum: float, weight_decay: float) -> Optimizer:
    """``"SGD"`` (with Nesterov momentum) or ``"AdamW"`` over three groups of what is trainable.

    Only the weights of convolutions decay. A normalisation's scale and a bias have no reason to be near 0. For AdamW
    ``momentum`` is beta 1. Raises ValueError for another name, or when everything is frozen.
    """
    groups = parameter_groups(model)
    if not any(group["params"] for group in groups):
        raise ValueError("found no trainable parameter: everything is frozen; unfreeze a part, e.g. freeze(model, 10)")
    for group in groups:
        group["weight_decay"] = weight_decay if group["name"] == "weights" else 0.0
    if name == "SGD":
        return SGD(groups, lr=lr, momentum=momentum, nesterov=momentum > 0)
    if name == "AdamW":
        # All in one pass: a small network's step is as long as it takes to walk over its parameters ten times.
        kinds = {parameter.device.type for group in groups for parameter in group["params"]}
        return AdamW(groups, lr=lr, betas=(momentum, 0.999), fused=True if kinds <= {"cpu", "cuda"} else None)
    raise ValueError(f"found optimizer {name!r}, expected 'SGD' or 'AdamW'")


def parameter_groups(model: nn.Module) -> list[dict]:
    """The trainable parameters as three groups: ``weights`` (of convolutions), ``norms``, ``biases``."""
    groups: dict[str, list] = {"weights": [], "norms": [], "biases": []}
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.requires_grad:
                kind = "biases" if name == "bias" else "norms" if isinstance(module, nn.BatchNorm2d) else "weights"
                groups[kind].append(parameter)
    return [{"name": name, "params": parameters} for name, parameters in groups.items()]


def learning_rate(step: int, steps: int, warmup: int, final: float, schedule: str = "linear") -> float:
    """The factor on the learning rate at ``step`` of ``steps``: up from 0 in ``warmup`` steps, then down to ``final``.

    ``schedule`` is ``"linear"`` or ``"cosine"``; raises ValueError for another.
    """
    if schedule not in ("linear", "cosine"):
        raise ValueError(f"found schedule {schedule!r}, expected 'linear' or 'cosine'")
    progress = min(1.0, step / max(1, steps))
    fall = (1 - math.cos(math.pi * progress)) / 2 if schedule == "cosine" else progress
    return min(1.0, (step + 1) / max(1, warmup)) * (1 - fall * (1 - final))


class EMA:
    """An exponential moving average of a model's weights: it wavers less than the weights, and so detects better.

    After n updates the average keeps ``decay x (1 - exp(-n / ramp))`` of itself: a young average forgets fast. Frozen
    entries are copied, because an average of equal numbers may differ from them in the last bit.
    """

    def __init__(self, model: nn.Module, decay: float = 0.98, ramp: float = 50.0):
        self.model = copy.deepcopy(model).eval()
        self.decay, self.ramp, self.updates = decay, ramp, 0
        self.copied = frozen_entries(model)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.updates += 1
        keep = self.decay * (1 - math.exp(-self.updates / self.ramp))
        averages, current = self.model.state_dict(), model.state_dict()
        floats = [key for key, each in averages.items() if each.is_floating_point()]
        moved, still = ([key for key in floats if (key in self.copied) is copied] for copied in (False, True))
        # Lists, not entries: on a GPU it would take longer to start a kernel for each than to train a step.
        for keys, change in ((moved, get_ema_multi_avg_fn(keep)), (still, _copy), (averages.keys() - floats, _copy)):
            if keys:
                change([averages[key] for key in keys], [current[key] for key in keys], self.updates)


def _copy(averages: list[Tensor], current: list[Tensor], _: int) -> None:
    torch._foreach_copy_(averages, current)
