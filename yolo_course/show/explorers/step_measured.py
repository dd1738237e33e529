"""What freezing saves, measured on this machine: time and memory of small training steps, on one core, as shares.

Small on purpose, a second or two in all: the shares are near those of larger pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from time import get_clock_info, perf_counter, thread_time
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from yolo_course.data import data_dir, load_dataset
from yolo_course.learn.batches import NO_AUGMENT, Batches
from yolo_course.learn.cost import kept_bytes
from yolo_course.learn.transfer import freeze
from yolo_course.stages.loss import YOLOLoss

TIMED = (0, 3, 7, 10, 18, 24)  # cuts whose steps are timed
# The processor's time does not count what other programs do meanwhile; where it ticks too slowly, a clock must do.
NOW = thread_time if get_clock_info("thread_time").resolution < 1e-4 else perf_counter
Batch = tuple[Tensor, Tensor]  # images (B, 3, H, W), targets (n, 6)


class CutCost(NamedTuple):
    """A training step with a part frozen: its time, and what it keeps for the way back (1.0: as an unfrozen one)."""

    time: float
    memory: float


def measure_cuts(model: nn.Module, repeats: int = 3) -> list[CutCost]:
    """The costs with the first 0, 1, ... rows frozen (all but the last row at most), their norms fixed.

    Memory is counted at every cut that freezes something more. Time is taken at a few cuts, in turn, with straight
    lines between. The model itself stays as it is.
    """
    model, last = deepcopy(model).cpu().train(), len(model.model) - 1
    effective = [effective_cut(model, rows) for rows in range(last + 1)]
    timed = sorted({effective[min(cut, last)] for cut in TIMED})
    with _one_core():
        batch = _batch(64, 1)
        memory = {cut: _kept_bytes(model, cut, batch) for cut in sorted(set(effective))}
        shares = _shares_of_time(model, timed, repeats)
    times = np.interp(range(last + 1), timed, shares)
    return [CutCost(float(times[cut]), memory[cut] / memory[0]) for cut in effective]


@contextmanager
def _one_core() -> Iterator[None]:
    """Several threads wait for each other where other programs want the cores, too; one thread only works."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _shares_of_time(model: nn.Module, cuts: list[int], repeats: int) -> np.ndarray:
    """The shortest of several steps at each cut, as a share of the first cut's.

    No step may be longer than one with fewer rows frozen: that would be some other program's doing.
    """
    batch = _batch(96, 2)
    order = [*cuts, cuts[0]]  # what all others are compared with is worth two tries
    _step_seconds(model, cuts[0], batch)  # the first step of all takes longer
    rounds = [[_step_seconds(model, cut, batch) for cut in order] for _ in range(repeats)]
    *seconds, again = np.min(rounds, 0)
    seconds[0] = min(seconds[0], again)
    return np.minimum.accumulate(seconds) / seconds[0]


def effective_cut(model: nn.Module, rows: int) -> int:
    """The fewest rows that freeze the same: rows without parameters do not count."""
    owning = [row for row in range(rows) if list(model.model[row].parameters())]
    return owning[-1] + 1 if owning else 0


def _batch(size: int, count: int) -> Batch:
    """Streets, all of whose objects are of class 0, which every model has."""
    streets = load_dataset(data_dir() / "far", "train").subset(range(count))
    images, targets = Batches(streets, size, count, NO_AUGMENT)[0]
    targets[:, 1] = 0
    return images, targets


def _step_seconds(model: nn.Module, rows: int, batch: Batch) -> float:
    freeze(model, rows)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-6)
    began = NOW()
    YOLOLoss(model)(model(batch[0]), batch[1])[0].backward()
    optimizer.step()
    optimizer.zero_grad()
    return NOW() - began


def _kept_bytes(model: nn.Module, rows: int, batch: Batch) -> int:
    """What PyTorch keeps between forward and back, the parameters left out."""
    freeze(model, rows)
    return kept_bytes(model, lambda: YOLOLoss(model)(model(batch[0]), batch[1]))
