"""A stop where the loss is no number any more, with the batch kept for a look."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn


class NonFiniteLoss(RuntimeError):
    """The loss or a weight became infinite or no number; the message says what to look at."""


class Guard:
    """Looks at every loss, and keeps its batch until it has.

    To ask a GPU for a number is to wait for it. ``delay=1`` asks one step later, when the number is there.
    """

    def __init__(self, file: Path, delay: int = 0):
        self.file, self.delay = file, delay
        self.waiting: list[tuple] = []

    def watch(self, loss: Tensor, images: Tensor, targets: Tensor, epoch: int, batch: int) -> None:
        """Take a loss in; raises NonFiniteLoss, with the batch saved, where one is no finite number."""
        self.waiting.append((loss.detach(), images, targets, epoch, batch))
        self._look(self.delay)

    def finish(self, model: nn.Module) -> None:
        """The end of an epoch: look at the losses that wait, and at the weights before they are saved."""
        self._look(0)
        for name, value in model.state_dict().items():
            if not torch.isfinite(value).all():
                raise NonFiniteLoss(
                    f"found numbers in {name} that are not finite, though every loss was; last.pt holds the epoch "
                    "before. Try a lower lr or precision='fp32'"
                )

    def _look(self, keep: int) -> None:
        while len(self.waiting) > keep:
            loss, images, targets, epoch, batch = self.waiting.pop(0)
            if not torch.isfinite(loss):
                self.waiting.clear()
                torch.save({"images": images, "targets": targets, "epoch": epoch, "batch": batch}, self.file)
                raise NonFiniteLoss(
                    f"found the loss {loss.item()} in epoch {epoch + 1}, batch {batch}; the batch is in "
                    f"{self.file.name} in the run folder. Look at its pictures and boxes; then try a lower lr or "
                    "precision='fp32'"
                )
