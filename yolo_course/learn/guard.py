"""A stop where the loss is no number any more, with the batch kept for a look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn


class NonFiniteLoss(RuntimeError):
    """The loss or a weight became infinite or no number; the message says what to look at."""


class Guard:
    """Looks at every loss. A batch that made a bad one is made again, and kept in ``file``.

    To ask a GPU for a number is to wait until it has done all it was given. With ``waits`` the losses of an epoch are
    looked at together, at its end.
    """

    def __init__(self, file: Path, waits: bool = False):
        self.file, self.waits = file, waits
        self.losses: list[Tensor] = []
        self.places: list[tuple[int, int]] = []  # epoch and batch of each

    def watch(self, loss: Tensor, batches: Sequence, epoch: int, batch: int) -> None:
        """Take the loss of ``batches[batch]`` in; raises NonFiniteLoss, with the batch saved, where it is no number."""
        self.losses.append(loss.detach())
        self.places.append((epoch, batch))
        if not self.waits:
            self._look(batches)

    def finish(self, model: nn.Module, batches: Sequence) -> None:
        """The end of an epoch: look at the losses that wait, and at the weights before they are saved."""
        self._look(batches)
        state = model.state_dict()
        finite = torch.stack([value.isfinite().all() for value in state.values()]).tolist()
        for name, is_finite in zip(state, finite, strict=True):
            if not is_finite:
                raise NonFiniteLoss(
                    f"found numbers in {name} that are not finite, though every loss was; last.pt holds the epoch "
                    "before. Try a lower lr or precision='fp32'"
                )

    def _look(self, batches: Sequence) -> None:
        losses, places = torch.stack(self.losses).tolist() if self.losses else [], self.places
        self.losses, self.places = [], []
        for loss, (epoch, batch) in zip(losses, places, strict=True):
            if not math.isfinite(loss):
                images, targets = (each.cpu() for each in batches[batch])
                torch.save({"images": images, "targets": targets, "epoch": epoch, "batch": batch}, self.file)
                raise NonFiniteLoss(
                    f"found the loss {loss} in epoch {epoch + 1}, batch {batch}; the batch is in {self.file.name} in "
                    "the run folder. Look at its pictures and boxes; then try a lower lr or precision='fp32'"
                )
