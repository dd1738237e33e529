"""Several processes, one model: what ``torchrun --nproc-per-node N`` starts.

Each process takes its share of every batch; DistributedDataParallel averages their gradients. Without ``torchrun``
there is one process, and every function here does nothing.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def rank() -> int:
    """The number of this process, from 0; process 0 writes the files."""
    return int(os.environ.get("RANK", 0))


def world() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", 1))


def device_name(name: str) -> str:
    """``auto`` or ``cuda`` (with or without a number) as this process's own GPU, where several work together."""
    if world() > 1 and (name == "auto" or name.startswith("cuda")) and torch.cuda.is_available():
        return f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
    return name


@contextmanager
def group(device: torch.device):
    """Join the other processes for the length of a ``with`` block."""
    joins = world() > 1 and not dist.is_initialized()
    if joins and device.type == "cuda":
        torch.cuda.set_device(device)
    if joins:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        if joins:
            dist.destroy_process_group()


def wrap(model: nn.Module, device: torch.device) -> nn.Module:
    """The model as it is, or in DistributedDataParallel, which averages gradients while it goes back."""
    if world() == 1:
        return model
    return DistributedDataParallel(model, device_ids=[device.index] if device.type == "cuda" else None)


def wait() -> None:
    """Wait for the other processes."""
    if world() > 1:
        dist.barrier()
