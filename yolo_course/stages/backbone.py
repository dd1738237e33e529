"""Stage 2, the backbone: from pixels to features, halving the map five times on the way.

Every block here is named and wired as in YOLOv5, so that the keys of the original's checkpoints fit. The activation
is handed in by the model, because it changed with the releases: Leaky ReLU (v2.0), Hardswish (v3.0), SiLU (v4.0).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ACTIVATIONS = {
    "leaky_relu": lambda: nn.LeakyReLU(0.1, inplace=True),
    "hardswish": lambda: nn.Hardswish(inplace=True),
    "silu": lambda: nn.SiLU(inplace=True),
}


def activation(name: str) -> nn.Module:
    """A new activation module: ``"leaky_relu"`` (slope 0.1), ``"hardswish"`` or ``"silu"``.

    Raises ValueError for another name.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"found activation {name!r}, expected one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]()


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Batch normalisation with YOLOv5's constants: eps 1e-3, and running statistics that move by 3 % a batch."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.03)


class Conv(nn.Module):
    """Convolution, batch normalisation, activation: (B, c_in, H, W) to (B, c_out, H / stride, W / stride).

    ``padding=None`` keeps the size at stride 1. ``act`` is an activation's name, or None for none.
    """

    def __init__(self, c_in, c_out, kernel=1, stride=1, padding=None, groups=1, act: str | None = "silu"):
        super().__init__()
        if c_out < 1:
            raise ValueError(f"found {c_out} output channels, expected 1 or more")
        padding = kernel // 2 if padding is None else padding
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False)
        self.bn = batch_norm(c_out)
        self.act = activation(act) if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))

    def fuse(self) -> None:
        """Fold the normalisation into the convolution, in place: same output in eval mode, one layer fewer."""
        if isinstance(self.bn, nn.BatchNorm2d):
            self.conv = nn.utils.fuse_conv_bn_eval(self.conv.eval(), self.bn.eval())
            self.bn = nn.Identity()


class Focus(nn.Module):
    """The stem of v2.0 to v5.0: every 2 x 2 patch of pixels becomes one pixel with four times the channels.

    (B, c_in, H, W) to (B, c_out, H / 2, W / 2). Nothing is lost, and the convolution behind it runs on a quarter of
    the positions. A 6 x 6 convolution of stride 2 can express the same, and replaced it in v6.0.
    """

    def __init__(self, c_in, c_out, kernel=1, stride=1, padding=None, groups=1, act: str | None = "silu"):
        super().__init__()
        self.conv = Conv(4 * c_in, c_out, kernel, stride, padding, groups, act)

    def forward(self, x: Tensor) -> Tensor:
        corners = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.conv(torch.cat(corners, 1))


class Bottleneck(nn.Module):
    """1 x 1 convolution down, 3 x 3 up, and the input added back where the shapes allow (He et al., CVPR 2016)."""

    def __init__(self, c_in, c_out, shortcut=True, groups=1, expansion=0.5, act="silu"):
        super().__init__()
        hidden = int(c_out * expansion)
        self.cv1 = Conv(c_in, hidden, 1, 1, act=act)
        self.cv2 = Conv(hidden, c_out, 3, 1, groups=groups, act=act)
        self.add = shortcut and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y = self.cv2(self.cv1(x))
        return x + y if self.add else y


def _bottlenecks(hidden, repeats, shortcut, groups, act) -> nn.Sequential:
    return nn.Sequential(*(Bottleneck(hidden, hidden, shortcut, groups, 1.0, act) for _ in range(repeats)))


class BottleneckCSP(nn.Module):
    """Cross Stage Partial block of v2.0 to v3.1 (Wang et al., CVPRW 2020), (B, c_in, H, W) to (B, c_out, H, W).

    Half of the channels walk through the bottlenecks, the other half passes by; one normalisation and activation
    (``csp_act``, which stayed Leaky ReLU in v3.0) joins them.
    """

    def __init__(self, c_in, c_out, repeats=1, shortcut=True, groups=1, expansion=0.5, act="silu", csp_act=None):
        super().__init__()
        hidden = int(c_out * expansion)
        self.cv1 = Conv(c_in, hidden, 1, 1, act=act)
        self.cv2 = nn.Conv2d(c_in, hidden, 1, 1, bias=False)
        self.cv3 = nn.Conv2d(hidden, hidden, 1, 1, bias=False)
        self.cv4 = Conv(2 * hidden, c_out, 1, 1, act=act)
        self.bn = batch_norm(2 * hidden)
        self.act = activation(csp_act or act)
        self.m = _bottlenecks(hidden, repeats, shortcut, groups, act)

    def forward(self, x: Tensor) -> Tensor:
        halves = torch.cat((self.cv3(self.m(self.cv1(x))), self.cv2(x)), 1)
        return self.cv4(self.act(self.bn(halves)))


class C3(nn.Module):
    """The lighter CSP block since v4.0: three convolutions, each with its own normalisation, in place of four."""

    def __init__(self, c_in, c_out, repeats=1, shortcut=True, groups=1, expansion=0.5, act="silu"):
        super().__init__()
        hidden = int(c_out * expansion)
        self.cv1 = Conv(c_in, hidden, 1, 1, act=act)
        self.cv2 = Conv(c_in, hidden, 1, 1, act=act)
        self.cv3 = Conv(2 * hidden, c_out, 1, act=act)
        self.m = _bottlenecks(hidden, repeats, shortcut, groups, act)

    def forward(self, x: Tensor) -> Tensor:
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


def _max_pool(kernel: int) -> nn.MaxPool2d:
    if type(kernel) is not int or kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"found a pooling of {kernel!r}, expected an odd number: others change the map's size")
    return nn.MaxPool2d(kernel, stride=1, padding=kernel // 2)


class SPP(nn.Module):
    """Spatial pyramid pooling (He et al., ECCV 2014): the map beside its maxima over 5, 9 and 13 cells."""

    def __init__(self, c_in, c_out, kernels=(5, 9, 13), act="silu"):
        super().__init__()
        hidden = c_in // 2
        self.cv1 = Conv(c_in, hidden, 1, 1, act=act)
        self.cv2 = Conv(hidden * (len(kernels) + 1), c_out, 1, 1, act=act)
        self.m = nn.ModuleList(_max_pool(kernel) for kernel in kernels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.cv1(x)
        return self.cv2(torch.cat([x] + [pool(x) for pool in self.m], 1))


class SPPF(nn.Module):
    """SPP made fast (v6.0): three poolings of 5 one after the other reach 5, 9 and 13. Same weights, same output."""

    def __init__(self, c_in, c_out, kernel=5, act="silu"):
        super().__init__()
        hidden = c_in // 2
        self.cv1 = Conv(c_in, hidden, 1, 1, act=act)
        self.cv2 = Conv(hidden * 4, c_out, 1, 1, act=act)
        self.m = _max_pool(kernel)

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.cv1(x)]
        for _ in range(3):
            maps.append(self.m(maps[-1]))
        return self.cv2(torch.cat(maps, 1))
