"""Transfer learning: freeze rows of a model so that training does not change them.

A row is frozen when neither its weights nor its batch normalisation's running statistics change. The original's way
(``requires_grad = False`` alone) leaves the statistics drifting, because they move with every batch that a layer
sees in training mode; ``batchnorm="updating"`` reproduces that, ``"fixed"`` prevents it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral

from torch import nn

from yolo_course.model import STATISTICS

PARTS = ("backbone", "backbone+neck")
BATCHNORM = ("fixed", "updating")


@dataclass(frozen=True)
class FreezeReport:
    """What :func:`freeze` did; ``print`` it.

    ``rows`` are those with something frozen; ``frozen`` and ``trainable`` count parameters; ``fixed_entries`` are the
    state-dict keys that training will leave bit-identical; ``drifting_entries`` are the statistics in frozen rows
    that will move all the same (``batchnorm="updating"``).
    """

    prefixes: tuple[str, ...]
    batchnorm: str
    rows: tuple[int, ...]
    frozen: int
    trainable: int
    fixed_entries: tuple[str, ...]
    drifting_entries: tuple[str, ...]

    def __str__(self) -> str:
        if not self.prefixes:
            return f"nothing is frozen: all {self.trainable:,} parameters train"
        share = 100 * self.frozen / max(1, self.frozen + self.trainable)
        drift = f"; {len(self.drifting_entries)} running statistics drift" if self.drifting_entries else ""
        return (
            f"frozen: rows {_ranges(self.rows)}, {self.frozen:,} of {self.frozen + self.trainable:,} parameters "
            f"({share:.1f} %), {len(self.fixed_entries)} state-dict entries stay as they are{drift}"
        )


def freeze(model: nn.Module, what: int | str | Sequence[str], batchnorm: str = "fixed") -> FreezeReport:
    """Freeze a part of a YOLOv5, in place; each call replaces the one before.

    ``what`` is a list of prefixes, matched from the start of a name, as in the talk
    (``['model.%s.' % x for x in range(10)]``); or a count of rows from the first (10 = rows 0 to 9); or
    ``"backbone"``, ``"backbone+neck"``. ``0`` or ``[]`` sets everything free.

    Raises ValueError for a prefix that matches nothing (the message names the near ones), a count beyond the rows,
    another word, and another ``batchnorm`` than ``"fixed"`` or ``"updating"``.
    """
    if batchnorm not in BATCHNORM:
        raise ValueError(f"found batchnorm={batchnorm!r}, expected one of {', '.join(map(repr, BATCHNORM))}")
    model.frozen_prefixes, model.frozen_batchnorm = _prefixes(model, what), batchnorm
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(model.frozen_prefixes))
    model.train(model.training)  # puts the batch normalisation into the mode that now belongs to it
    return _report(model)


def frozen_entries(model: nn.Module) -> set[str]:
    """The state-dict keys that training must leave bit-identical: frozen weights, and fixed statistics."""
    prefixes = getattr(model, "frozen_prefixes", ())
    keys = {key for key in model.state_dict() if key.startswith(tuple(prefixes))} if prefixes else set()
    return keys if getattr(model, "frozen_batchnorm", "fixed") == "fixed" else keys - _statistics(model)


def _statistics(model: nn.Module) -> set[str]:
    norms = [name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)]
    return {f"{norm}.{key}" for norm in norms for key in STATISTICS}


def _prefixes(model: nn.Module, what: int | str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(what, bool) or not isinstance(what, (Integral, Iterable)):
        raise ValueError(f"found {what!r}, expected a count of rows, a list of prefixes, or one of {PARTS}")
    if isinstance(what, str):
        if what not in PARTS:
            raise ValueError(f"found {what!r}, expected one of {PARTS}; a prefix goes into a list: [{what!r}]")
        what = model.first_neck_row if what == "backbone" else len(model.rows) - 1
    if isinstance(what, Integral):
        if not 0 <= what <= len(model.rows):
            raise ValueError(f"found {what} rows to freeze, expected 0 to {len(model.rows)}, the rows of this model")
        return tuple(f"model.{row}." for row in range(what))
    prefixes = tuple(what)
    for prefix in prefixes:
        _check_prefix(model, prefix)
    return prefixes


def _check_prefix(model: nn.Module, prefix: str) -> None:
    # A row without weights (Concat, Upsample) counts as a match: range(24) is a list that people write.
    names = [f"{name}." for name, _ in model.named_modules() if name] + list(model.state_dict())
    if isinstance(prefix, str) and prefix and any(name.startswith(prefix) for name in names):
        return
    rows = [name for name in names if name.count(".") == 2]
    near = get_close_matches(str(prefix), dict.fromkeys(rows + names), n=3, cutoff=0.3) or rows[:3]
    raise ValueError(f"the prefix {prefix!r} matches no name in this model; near ones are {', '.join(map(repr, near))}")


def _report(model: nn.Module) -> FreezeReport:
    prefixes = model.frozen_prefixes
    matching = [key for key in model.state_dict() if prefixes and key.startswith(prefixes)]
    fixed = frozen_entries(model)
    count = {True: 0, False: 0}
    for parameter in model.parameters():
        count[parameter.requires_grad] += parameter.numel()
    return FreezeReport(
        prefixes=prefixes,
        batchnorm=model.frozen_batchnorm,
        rows=tuple(sorted({int(key.split(".")[1]) for key in matching})),
        frozen=count[False],
        trainable=count[True],
        fixed_entries=tuple(key for key in matching if key in fixed),
        drifting_entries=tuple(key for key in matching if key not in fixed),
    )


def _ranges(numbers: Sequence[int]) -> str:
    """(0, 1, 2, 5) as "0-2, 5"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
