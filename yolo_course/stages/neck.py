"""Stage 3, the neck: it carries meaning down to the fine maps and position up to the coarse ones.

Top-down is the feature pyramid (FPN, Lin et al., CVPR 2017), bottom-up the path aggregation (PANet, Liu et al.,
CVPR 2018). YOLOv5 joins maps by concatenation, not by addition: nothing is mixed before a convolution decides how.
The neck's convolutions and CSP blocks are the backbone's; what is new here is how the maps meet.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

UPSAMPLING = ("nearest", "nearest-exact", "bilinear", "bicubic")


class Concat(nn.Module):
    """Maps of equal height and width, stacked along ``dimension`` (1 = channels)."""

    def __init__(self, dimension: int = 1):
        super().__init__()
        self.dimension = dimension

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        return torch.cat(tuple(maps), self.dimension)


def upsample(size=None, scale=2, mode: str = "nearest") -> nn.Upsample:
    """Twice the height and width: each value is copied into a 2 x 2 patch. No parameters."""
    return nn.Upsample(size=size, scale_factor=scale, mode=mode)
