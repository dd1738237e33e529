"""How to train: every number that shapes a run, with defaults made for short ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches

from yolo_course.learn.batches import AUGMENT
from yolo_course.stages.loss import DEFAULT_HYP

_WHOLE = ("epochs", "size", "batch_size", "accumulate", "evaluate_every")


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
    hyp: dict = field(default_factory=dict)  # the original's names: loss gains and augmentation

    @classmethod
    def of(cls, **given) -> Settings:
        """Settings from keywords. Raises ValueError for a name that there is not (in ``hyp`` too) or a wrong value."""
        _check_names(given, [one.name for one in fields(cls)], "setting")
        _check_names(given.get("hyp") or {}, [*DEFAULT_HYP, *AUGMENT], "hyperparameter")
        settings = cls(**given)
        for name in _WHOLE:
            value = getattr(settings, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"found {name}={value!r}, expected a whole number of 1 or more")
        if settings.size % 32:
            raise ValueError(f"found size={settings.size}, expected a multiple of 32, the stride of the deepest map")
        if not settings.lr > 0:
            raise ValueError(f"found lr={settings.lr!r}, expected a learning rate above 0")
        return settings


def _check_names(given: Mapping, names: list[str], what: str) -> None:
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=3, cutoff=0.4) or names
            raise ValueError(f"found the {what} {name!r}, expected one such as {', '.join(near)}")
