"""A network with an eighth of l's channels, and what the tests of learning do with it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from tests.small import NAMES, small_split
from yolo_course.config import release_config
from yolo_course.learn.batches import NO_AUGMENT, Batches
from yolo_course.model import YOLOv5
from yolo_course.stages.loss import YOLOLoss

CONFIG = {**release_config("n", "v7.0", len(NAMES)), "width_multiple": 0.125}
# A run of seconds, the same on every machine.
QUICK = {
    "epochs": 3,
    "size": 64,
    "batch_size": 2,
    "warmup": 2,
    "precision": "fp32",
    "device": "cpu",
    "threads": 1,
    "evaluate_every": 1,
}


def tiny_model(seed: int = 0, **config) -> YOLOv5:
    """All 25 rows of v7.0's n, thin; its batch normalisations remember something."""
    torch.manual_seed(seed)
    model = YOLOv5.from_yaml({**CONFIG, **config}, names=NAMES)
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.normal_(std=0.1)
            norm.running_var.uniform_(0.5, 1.5)
    return model


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in model.state_dict().items()}


def changed(before: dict[str, Tensor], model: nn.Module) -> set[str]:
    """The keys of the entries that are no longer bit for bit what they were."""
    after = model.state_dict()
    assert after.keys() == before.keys()
    return {key for key in before if not torch.equal(before[key], after[key])}


def learn(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 2) -> None:
    """A few steps of the plainest loop, in training mode."""
    batches = Batches(small_split(4), 64, 2, NO_AUGMENT)
    loss = YOLOLoss(model)
    model.train()
    for step in range(steps):
        images, targets = batches[step % len(batches)]
        loss(model(images), targets)[0].backward()
        optimizer.step()
        optimizer.zero_grad()


def same_state(a, b) -> bool:
    """Are two trees of dicts, lists and tensors equal, bit for bit?"""
    if isinstance(a, Tensor):
        return isinstance(b, Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same_state(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same_state, a, b))
    return a == b


def untimed(rows: list[dict]) -> list[dict]:
    """Rows of metrics without what a clock decides."""
    clock = ("seconds", "images_per_second", "wait_seconds", "eval_seconds")
    return [{key: value for key, value in row.items() if key not in clock} for row in copy.deepcopy(rows)]
