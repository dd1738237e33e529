"""A model's table: what each row is, what it costs, and the shape of what it hands on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class SummaryRow:
    """One row: ``shape`` is its output for one picture, a list of three shapes for Detect."""

    index: int
    source: tuple[int, ...]
    repeats: int
    module: str
    args: tuple
    parameters: int
    shape: tuple


@dataclass(frozen=True)
class Summary:
    """All rows; ``print`` it, or read ``rows``, ``parameters`` and ``gflops`` (2 x multiply-adds / 10^9)."""

    rows: list[SummaryRow]
    parameters: int
    gflops: float
    image_size: int

    def __str__(self) -> str:
        lines = [
            f"{'row':>3}  {'from':<12} {'n':>2}  {'module':<14} {'arguments':<24} {'parameters':>10}  output shape"
        ]
        for row in self.rows:
            source = ", ".join(map(str, row.source))
            shapes = row.shape if isinstance(row.shape[0], tuple) else [row.shape]
            shape = "  ".join("x".join(map(str, one)) for one in shapes)
            args = ", ".join(map(str, row.args))
            left = f"{row.index:>3}  {source:<12} {row.repeats:>2}  {row.module:<14} {args:<24}"
            lines.append(f"{left} {row.parameters:>10,}  {shape}")
        total = (
            f"{self.parameters:,} parameters, {self.gflops:.1f} GFLOPs at {self.image_size} x {self.image_size} pixels"
        )
        return "\n".join([*lines, total])


def summarise(model, image_size: int = 640) -> Summary:
    """The table of a YOLOv5 for one square picture of ``image_size`` pixels.

    The shapes come from a walk through a twin without memory (PyTorch's meta device), and the GFLOPs from PyTorch's
    own counter, which counts convolutions and matrix products.
    """
    with torch.device("meta"):
        twin = type(model).from_yaml(model.config).eval()
        image = torch.zeros(1, 3, image_size, image_size)
    twin.check_images(image)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        outputs = twin.walk(range(len(twin.rows) - 1), {-1: image})
        raw = twin.head(*(outputs[source] for source in twin.rows[-1].source))
    shapes = [tuple(outputs[row.index].shape) for row in model.rows[:-1]] + [tuple(tuple(out.shape) for out in raw)]
    rows = [
        SummaryRow(row.index, row.source, row.repeats, row.module, row.args, _parameters(module), shape)
        for row, module, shape in zip(model.rows, model.model, shapes, strict=True)
    ]
    return Summary(rows, _parameters(model), counter.get_total_flops() / 1e9, image_size)


def _parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
