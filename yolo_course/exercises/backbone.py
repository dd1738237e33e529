"""Exercises of notebook 02: write Focus, count the parameters of a BottleneckCSP."""

from __future__ import annotations

import torch

from yolo_course.exercises.answers import called, describe, not_yet, number, same
from yolo_course.exercises.exercise import Exercise
from yolo_course.stages.backbone import BottleneckCSP


def _judge_focus(focus) -> str:
    x = torch.arange(2 * 3 * 4 * 6, dtype=torch.float32).view(2, 3, 4, 6)  # (B, C, H, W)
    found = called(focus, x, kind=torch.Tensor)
    corners = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
    expected = torch.cat(corners, 1)
    if found.shape != expected.shape:
        attempt = "take every second row and column (`x[..., ::2, ::2]` is one of four), and stack along channels."
        not_yet(describe(found), f"{tuple(expected.shape)} for an input of {tuple(x.shape)}", attempt)
    if same(found, torch.cat([corners[i] for i in (0, 2, 1, 3)], 1)):
        attempt = "go down first, then right: upper left, lower left, upper right, lower right."
        not_yet("the corners row by row", "the order of the original's weights", attempt)
    if not same(found, expected):
        not_yet("the right shape with other values", "each pixel once", "begin the four slices at 0 or 1, both ways.")
    return "no pixel is lost, and they stand in the order that the original's weights expect."


focus = Exercise(
    "focus",
    "Write Focus",
    """
    Every 2 × 2 patch of pixels becomes one pixel with four times the channels. Write `focus` without the convolution
    behind it: four slices and one `torch.cat`, in the order upper left, lower left, upper right, lower right.
    """,
    '''
    def focus(x):
        """(B, C, H, W) to (B, 4 C, H / 2, W / 2)."""
        ### BEGIN SOLUTION
        corners = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return torch.cat(corners, 1)
        ### END SOLUTION
    ''',
    _judge_focus,
    hints=(
        "`x[..., ::2, ::2]` holds the upper left pixel of every patch.",
        "The lower left ones begin in row 1: `x[..., 1::2, ::2]`. Stack all four along dimension 1.",
    ),
    grading="Any order of the slices keeps every pixel; the stated one is asked for because the weights need it.",
    points=2,
)


def _judge_parameters(parameters) -> str:
    expected = sum(p.numel() for p in BottleneckCSP(64, 64, 1).parameters())
    found = number(parameters)
    if found == expected - 2 * 64 - 2 * 32 * 2 - 2 * 64:
        not_yet(found, "a few hundred more", "a batch normalisation has two numbers a channel; there are four of them.")
    if found != expected:
        not_yet(found, "the sum of all weights", "list the six convolutions with their channels: c_in · c_out · k · k.")
    return f"{expected:,} parameters, and you knew without counting."


csp_parameters = Exercise(
    "csp_parameters",
    "How many parameters has a BottleneckCSP?",
    """
    64 channels in, 64 out, one bottleneck, 32 channels inside. Work it out from the drawing above, then check.
    """,
    """
    ### BEGIN SOLUTION
    outside = 64 * 32 + 64 * 32 + 32 * 32 + 64 * 64  # cv1, cv2, cv3, cv4
    inside = 32 * 32 + 32 * 32 * 3 * 3  # the bottleneck: 1 x 1, then 3 x 3
    norms = 2 * (32 + 64 + 64 + 32 + 32)  # of cv1, of both halves, of cv4, of the bottleneck's two
    parameters = outside + inside + norms
    ### END SOLUTION
    """,
    _judge_parameters,
    hints=("cv2 and cv3 have no normalisation of their own: one joins both halves.",),
    grading="The six convolutions are worth more than the normalisations.",
)
