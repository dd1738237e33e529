"""Figures of the original YOLOv5, and the rule that makes two implementations comparable without sharing weights.

The figures were read off the original at its release tags (torch 2.15, CPU). Its code and weights are not here.
"""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
_LEFT_ALONE = ("anchors", "anchor_grid", "stride")
_HEAD_WEIGHT = re.compile(r"model\.\d+\.m\.\d+\.weight")


def read_json(name: str):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def read_npz(name: str) -> dict[str, np.ndarray]:
    with np.load(HERE / name) as arrays:
        return dict(arrays)


def fill(model: torch.nn.Module) -> torch.nn.Module:
    """Fill every entry with numbers that depend on its key and shape alone, in place."""
    state = model.state_dict()
    for key, tensor in state.items():
        value = _value(key, tuple(tensor.shape))
        if value is not None:
            state[key] = torch.from_numpy(np.asarray(value)).to(tensor.dtype)
    model.load_state_dict(state)
    return model


def _value(key: str, shape: tuple[int, ...]):
    kind = key.rsplit(".", 1)[-1]
    if kind in _LEFT_ALONE:
        return None
    if kind == "num_batches_tracked":
        return np.zeros(shape)
    noise = np.random.default_rng(zlib.crc32(key.encode("ascii"))).standard_normal(shape)
    if kind == "running_var":
        return np.abs(noise) + 0.5
    if kind == "weight" and len(shape) > 1:
        return noise * np.sqrt((1 if _HEAD_WEIGHT.fullmatch(key) else 2) / np.prod(shape[1:]))
    return {"running_mean": 0.1 * noise, "bias": 0.5 * noise, "weight": 1 + 0.1 * noise}[kind]


def small_images() -> torch.Tensor:
    """Two pictures of noise, (2, 3, 320, 256)."""
    return torch.from_numpy(np.random.default_rng(0).random((2, 3, 320, 256)).astype(np.float32))


def large_image() -> torch.Tensor:
    """One picture of noise, (1, 3, 640, 640)."""
    return torch.from_numpy(np.random.default_rng(0).random((1, 3, 640, 640)).astype(np.float32))
