"""How to train: every number that shapes a run, with defaults made for short ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches

import numpy as np

from yolo_course.learn.batches import AUGMENT
from yolo_course.stages.loss import DEFAULT_HYP

_WHOLE = {"epochs": 1, "size": 32, "batch_size": 1, "accumulate": 1, "evaluate_every": 1}  # the least allowed
_WHOLE |= {"warmup": 0, "close_mosaic": 0, "workers": 0, "seed": 0}
_POSITIVE = ("lr", "clip", "ema_ramp")
_SHARES = ("final_lr", "momentum", "weight_decay", "ema")  # 0 to 1
_CHOICES = {"optimizer": ("SGD", "AdamW"), "schedule": ("linear", "cosine"), "rect": (False, True)}
_CHOICES["augment_on"] = ("cpu", "device")


@dataclass(frozen=True)
class Settings:
    """How to train. The defaults are made for short runs of a few hundred steps.

    The original's defaults (SGD at 0.01, gradients of 64 pictures to a step, at least 100 steps of warm-up) are made
    for COCO: in a short run they take too few steps, and too small ones, to learn anything.
    """

    epochs: int = 24
    size: int = 128  # side of the square pictures, pixels
    batch_size: int = 8  # over all processes
    accumulate: int = 1  # batches to a step of the optimiser
    optimizer: str = "AdamW"
    lr: float = 3e-3
    final_lr: float = 0.01  # of lr, at the end
    schedule: str = "linear"
    momentum: float = 0.9  # beta 1 of AdamW
    weight_decay: float = 5e-4
    warmup: int = 8  # steps
    clip: float = 10.0  # largest norm of the gradient
    ema: float = 0.98
    ema_ramp: float = 50.0  # updates
    close_mosaic: int = 2  # last epochs without mosaic and mixup
    rect: bool = False  # rectangular batches
    evaluate_every: int = 2  # epochs; the last one is always evaluated
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None  # of the CPU; None leaves them as they are
    workers: int = 0  # processes that make batches
    augment_on: str = "cpu"  # or "device": pictures stay in its memory and are augmented there
    hyp: dict = field(default_factory=dict)  # the original's names: loss gains and augmentation

    @classmethod
    def of(cls, **given) -> Settings:
        """Settings from keywords. Raises ValueError for a name that there is not (in ``hyp`` too) or a wrong value."""
        _check_names(given, [one.name for one in fields(cls)], "setting")
        settings = cls(**{name: v.item() if isinstance(v, np.generic) else v for name, v in given.items()})
        settings._check_numbers()
        if not isinstance(settings.hyp, Mapping):
            raise ValueError(f"found hyp={settings.hyp!r}, expected names and numbers such as {{'mosaic': 0.5}}")
        _check_names(settings.hyp, [*DEFAULT_HYP, *AUGMENT], "hyperparameter")
        for name, value in settings.hyp.items():
            _check(_is_number(value), name, value, "a number")
        return settings

    def _check_numbers(self) -> None:
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, least in _WHOLE.items():
            whole = type(values[name]) is int and values[name] >= least
            _check(whole, name, values[name], f"a whole number of {least} or more")
        for name in _POSITIVE:
            _check(_is_number(values[name]) and values[name] > 0, name, values[name], "a number above 0")
        for name in _SHARES:
            _check(
                _is_number(values[name]) and 0 <= values[name] <= 1,
                name,
                values[name],
                "a number from 0 to 1",
            )
        for name, choices in _CHOICES.items():
            _check(values[name] in choices, name, values[name], f"one of {', '.join(map(repr, choices))}")
        _check(self.size % 32 == 0, "size", self.size, "a multiple of 32, the stride of the deepest map")
        if self.augment_on == "device":
            for name in ("rect", "workers"):
                _check(not values[name], name, values[name], "none of it beside augment_on='device'")
        whole = type(self.threads) is int and self.threads >= 1
        _check(self.threads is None or whole, "threads", self.threads, "None or a whole number of 1 or more")


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _check(fits: bool, name: str, value, expected: str) -> None:
    if not fits:
        hint = "; YAML reads 3e-3 as text: write 0.003" if isinstance(value, str) and "e" in value else ""
        raise ValueError(f"found {name}={value!r}, expected {expected}{hint}")


def _check_names(given: Mapping, names: list[str], what: str) -> None:
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=3, cutoff=0.4) or names
            raise ValueError(f"found the {what} {name!r}, expected one such as {', '.join(near)}")
