"""How the answers to the exercises of notebook 02 are judged: by what they return, on several inputs."""

from __future__ import annotations

import torch

from yolo_course.exercises.answers import called, describe, not_yet, number, same
from yolo_course.stages.backbone import BottleneckCSP


def _point_out(found, expected, wanted: str, slips) -> None:
    """NotYet where the values are those of a known slip: (values, their name, what to try)."""
    for values, name, attempt in slips:
        if same(found, values) and not same(found, expected):
            not_yet(name, wanted, attempt)


def judge_side(output_side) -> str:
    for size, kernel, stride, padding in ((20, 5, 1, 2), (160, 3, 2, 1), (640, 6, 2, 2), (7, 2, 2, 0), (11, 4, 3, 1)):
        found = number(called(output_side, size, kernel, stride, padding))
        expected = torch.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, kernel), None, stride, padding).shape[-1]
        way = size + 2 * padding - kernel  # how far the kernel can move
        slips = {
            way / stride + 1: "half a place is none: `//` rounds down.",
            (way - padding) // stride + 1: "padding is added at both ends.",
            way // stride: "a kernel that cannot move at all has one place, not 0.",
        }
        if found != expected:
            attempt = slips.get(found, "first the way the kernel can move, then the steps in it, then one more place.")
            not_yet(f"{found:g} for ({size}, {kernel}, {stride}, {padding})", expected, attempt)
    return "the same sides as PyTorch's convolution, also where the last step does not fit."


def judge_slope(silu_slope) -> str:
    for x in (torch.linspace(-6, 6, 49), torch.tensor([[-3.0, 0.0, 0.5]]), torch.tensor([-100.0, 100.0])):
        found = called(silu_slope, x.clone(), kind=torch.Tensor)
        leaf = x.clone().requires_grad_()
        (expected,) = torch.autograd.grad(torch.nn.functional.silu(leaf).sum(), leaf)
        if found.shape != x.shape:
            not_yet(describe(found), f"a slope for each x: {tuple(x.shape)}", "work on all of `x` at once, no loop.")
        if found.isnan().any():
            attempt = "`torch.sigmoid(x)` knows what to do; `torch.exp` of 100 is too large for a float."
            not_yet(f"nan for x = {x[found.isnan()][0]:g}", "a number for every x", attempt)
        s = x.sigmoid()
        slips = (
            (s, "σ(x) alone", "the product rule has two terms; the second one is x times the slope of σ."),
            (s * (1 - s), "the slope of σ", "SiLU is x · σ(x): the product rule needs that slope and σ(x) itself."),
            (x * s, "SiLU's value", "its slope is asked for: how fast this value changes with x."),
            (s + x * s, "σ(x) + x · σ(x)", "the second term is x times the slope of σ, which is σ(x) · (1 - σ(x))."),
        )
        _point_out(found, expected, "the slope of x · σ(x)", slips)
        if not same(found, expected):
            at = int((found - expected).abs().argmax())
            pair = f"{found.flatten()[at]:.3f} at x = {x.flatten()[at]:.2f}", f"{expected.flatten()[at]:.3f}"
            not_yet(*pair, "the product rule: (u v)' = u' v + u v', with u = x and v = σ(x).")
    return "as autograd finds it: below 0 left of -1.28, and 1 far to the right."


def judge_focus(focus_any) -> str:
    for shape, block in (((2, 3, 4, 6), 2), ((1, 2, 6, 9), 3), ((1, 1, 8, 4), 4), ((1, 3, 2, 5), 1)):
        x = torch.arange(torch.Size(shape).numel(), dtype=torch.float32).view(shape)  # (B, C, H, W)
        found = called(focus_any, x, block, kind=torch.Tensor)
        expected = torch.cat([x[..., r::block, c::block] for c in range(block) for r in range(block)], 1)
        if found.shape != expected.shape:
            attempt = f"take every {block}th row and column, from {block} × {block} starts; stack along channels."
            not_yet(describe(found), f"{tuple(expected.shape)} for {shape} and block {block}", attempt)
        by_row = torch.cat([x[..., r::block, c::block] for r in range(block) for c in range(block)], 1)
        by_channel = torch.pixel_unshuffle(x, block)
        slips = (
            (by_row, "the slices row by row", "go down first, then right: rows in the inner loop."),
            (by_channel, "the slices channel by channel", "stack slices `x[..., row::block, column::block]`."),
        )
        _point_out(found, expected, "the order of Focus", slips)
        if not same(found, expected):
            not_yet("the right shape with other values", "each pixel once", "begin the slices at 0 to `block - 1`.")
    return "no pixel is lost, whatever the patch; with `block = 2` it is Focus."


def judge_parameters(csp_parameters) -> str:
    for channels, repeats in ((64, 1), (64, 3), (32, 2), (256, 12)):
        found = number(called(csp_parameters, channels, repeats))
        block = BottleneckCSP(channels, channels, repeats)
        kernels, norms = (sum(p.numel() for p in block.parameters() if p.ndim == n) for n in (4, 1))
        expected, square = kernels + norms, (channels // 2) ** 2
        slips = {
            kernels: "a batch normalisation has two parameters a channel, γ and β.",
            kernels + norms // 2: "a batch normalisation has two a channel: γ, and β as well.",
            expected + 2 * channels: "cv2 and cv3 have no normalisation of their own: one joins both halves.",
            expected - 6 * repeats * square: "a 3 × 3 kernel has 9 weights for each pair of channels, not 3.",
            expected - (repeats - 1) * (10 * square + 2 * channels): "count the bottleneck `repeats` times.",
        }
        if found != expected:
            attempt = slips.get(found, "list the convolutions: channels in · channels out · kernel · kernel.")
            not_yet(f"{found:,} for {channels} channels and {repeats} deep", f"{expected:,}", attempt)
    return f"as counted from the block itself; 256 channels, 12 deep: {expected:,}."


def _span(cell: int, layers: list) -> tuple[int, int]:
    first = last = cell
    for kernel, stride, padding in layers:
        first, last = first * stride - padding, last * stride - padding + kernel - 1
    return first, last


def judge_span(field_span) -> str:
    stem = [(6, 2, 2), (3, 2, 1), (3, 1, 1), (3, 2, 1), (3, 1, 1), (3, 1, 1)]  # YOLOv5n's rows 0 to 4
    for cell, layers in ((5, [(3, 1, 1)]), (2, [(4, 3, 0)]), (3, [(6, 2, 2), (3, 1, 0)]), (9, stem), (7, [])):
        found = called(field_span, cell, list(layers), kind=(tuple, list, torch.Tensor))
        found, expected = tuple(number(edge) for edge in found), _span(cell, layers[::-1])
        slips = {
            _span(cell, layers): "walk backwards: the last layer comes first.",
            _span(cell, [(kernel, stride, 0) for kernel, stride, _ in layers[::-1]]): "subtract the padding.",
            (expected[0], expected[1] + 1): "a kernel of 3 reaches 2 further than where it begins.",
            (expected[0], expected[0]): "the last pixel lies `kernel - 1` behind the first one.",
        }
        if found != expected:
            attempt = slips.get(found, "one layer: cell i reads from i · stride - padding, `kernel` values on.")
            not_yet(f"{found} for cell {cell} behind {layers}", expected, attempt)
    return "that is the dashed square of the explorer, from its first pixel to its last."
