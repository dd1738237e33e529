"""Where the numbers are computed, and with how many bits."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from yolo_course import machine

PRECISIONS = ("auto", "fp32", "bf16", "fp16")


@dataclass(frozen=True)
class Compute:
    """A device and the precision of its matrix products; weights and losses are float32 always.

    ``channels_last`` is the order of a tensor's memory in which convolutions are fast: on a CPU, and in low precision.
    """

    device: torch.device
    precision: str

    @property
    def channels_last(self) -> bool:
        return self.device.type == "cpu" or self.precision != "fp32"

    def autocast(self) -> AbstractContextManager:
        dtype = torch.float16 if self.precision == "fp16" else torch.bfloat16
        return torch.autocast(self.device.type, dtype=dtype, enabled=self.precision != "fp32")

    def place(self, module: torch.nn.Module) -> torch.nn.Module:
        """Move a module to the device, in place, in the memory order that is fast there."""
        module.to(self.device)
        return module.to(memory_format=torch.channels_last) if self.channels_last else module

    def synchronise(self) -> None:
        """Wait until the device has done all it was given: needed before a clock is read."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()

    def reset_peak_memory(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)

    def peak_memory(self) -> dict[str, float | None]:
        """The most memory since the last reset, in MB, allocated and reserved; None where PyTorch does not count it."""
        if self.device.type != "cuda":
            return {"memory_mb": None, "reserved_mb": None}
        used, reserved = (
            torch.cuda.max_memory_allocated(self.device),
            torch.cuda.max_memory_reserved(self.device),
        )
        return {"memory_mb": used / 2**20, "reserved_mb": reserved / 2**20}


def choose(device: str = "auto", precision: str = "auto") -> Compute:
    """Settle ``"auto"``: the best device there is, and half precision where the hardware is made for it.

    Raises ValueError for a device that this machine lacks and for a precision that the device lacks.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"found precision {precision!r}, expected one of {', '.join(PRECISIONS)}")
    chosen = _device(device)
    if precision == "auto":
        precision = _best_precision(chosen)
    if precision == "fp16" and chosen.type != "cuda":
        raise ValueError(f"found precision 'fp16' on {chosen.type}, which needs a CUDA device: use 'bf16' or 'fp32'")
    return Compute(chosen, precision)


def _device(name: str) -> torch.device:
    have = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if have[kind])
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    missing = device is None or not have.get(device.type)
    if missing or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise ValueError(f"found device {name!r}, expected auto or one of {', '.join(k for k, v in have.items() if v)}")
    return device


def _best_precision(device: torch.device) -> str:
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    # A CPU without bfloat16 instructions emulates them, more slowly than it computes float32.
    return "bf16" if device.type == "cpu" and machine.fast_bf16_features() else "fp32"
