"""A loss that is no number stops the run, and its batch can be looked at."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from yolo_course.learn.guard import Guard, NonFiniteLoss

BATCHES = [(torch.full((2, 3, 32, 32), float(index)), torch.rand(4, 6)) for index in range(10)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_at_once_on_a_cpu(tmp_path, bad):
    guard = Guard(tmp_path / "batch.pt")
    guard.watch(torch.tensor(1.0), BATCHES, 0, 0)
    with pytest.raises(NonFiniteLoss, match=f"found the loss {bad} in epoch 3, batch 7; the batch is in batch.pt"):
        guard.watch(torch.tensor(bad), BATCHES, 2, 7)
    saved = torch.load(tmp_path / "batch.pt", weights_only=True)
    assert torch.equal(saved["images"], BATCHES[7][0]) and torch.equal(saved["targets"], BATCHES[7][1])
    assert (saved["epoch"], saved["batch"]) == (2, 7)


def test_at_the_end_of_the_epoch_on_a_gpu_and_the_first_one_is_named(tmp_path):
    guard = Guard(tmp_path / "batch.pt", waits=True)
    for index, loss in enumerate((1.0, math.nan, math.inf, 1.0)):
        guard.watch(torch.tensor(loss), BATCHES, 4, index)
    with pytest.raises(NonFiniteLoss, match="found the loss nan in epoch 5, batch 1"):
        guard.finish(nn.Linear(1, 1), BATCHES)
    assert torch.equal(torch.load(tmp_path / "batch.pt", weights_only=True)["images"], BATCHES[1][0])
    guard.finish(nn.Linear(1, 1), BATCHES)  # nothing is left over


def test_weights_are_looked_at_before_they_are_saved(tmp_path):
    guard, model = Guard(tmp_path / "batch.pt"), nn.BatchNorm2d(2)
    guard.finish(model, BATCHES)
    model.running_var[1] = math.nan
    with pytest.raises(NonFiniteLoss, match="found numbers in running_var that are not finite"):
        guard.finish(model, BATCHES)


def test_losses_do_not_keep_their_graph(tmp_path):
    guard = Guard(tmp_path / "batch.pt", waits=True)
    guard.watch(torch.ones(1, requires_grad=True).sum(), BATCHES, 0, 0)
    assert guard.losses[0].grad_fn is None
