"""A loss that is no number stops the run, and its batch can be looked at."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from yolo_course.learn.guard import Guard, NonFiniteLoss

IMAGES, TARGETS = torch.rand(2, 3, 32, 32), torch.rand(4, 6)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_at_once_on_a_cpu(tmp_path, bad):
    guard = Guard(tmp_path / "batch.pt")
    guard.watch(torch.tensor(1.0), IMAGES, TARGETS, 0, 0)
    with pytest.raises(NonFiniteLoss, match=f"found the loss {bad} in epoch 3, batch 7; the batch is in batch.pt"):
        guard.watch(torch.tensor(bad), IMAGES, TARGETS, 2, 7)
    saved = torch.load(tmp_path / "batch.pt", weights_only=True)
    assert torch.equal(saved["images"], IMAGES) and torch.equal(saved["targets"], TARGETS)
    assert (saved["epoch"], saved["batch"]) == (2, 7)


def test_one_step_later_on_a_gpu_and_never_missed(tmp_path):
    guard = Guard(tmp_path / "batch.pt", delay=1)
    guard.watch(torch.tensor(math.nan), IMAGES, TARGETS, 0, 0)
    with pytest.raises(NonFiniteLoss, match="epoch 1, batch 0"):
        guard.watch(torch.tensor(1.0), 2 * IMAGES, TARGETS, 0, 1)
    assert torch.equal(torch.load(tmp_path / "batch.pt", weights_only=True)["images"], IMAGES)
    guard = Guard(tmp_path / "last.pt", delay=1)
    guard.watch(torch.tensor(math.nan), IMAGES, TARGETS, 0, 9)
    with pytest.raises(NonFiniteLoss, match="epoch 1, batch 9"):
        guard.finish(nn.Linear(1, 1))


def test_weights_are_looked_at_before_they_are_saved(tmp_path):
    guard, model = Guard(tmp_path / "batch.pt"), nn.BatchNorm2d(2)
    guard.finish(model)
    model.running_var[1] = math.nan
    with pytest.raises(NonFiniteLoss, match="found numbers in running_var that are not finite"):
        guard.finish(model)


def test_losses_do_not_keep_their_graph(tmp_path):
    guard = Guard(tmp_path / "batch.pt", delay=1)
    guard.watch(torch.ones(1, requires_grad=True).sum(), IMAGES, TARGETS, 0, 0)
    assert guard.waiting[0][0].grad_fn is None
