"""What a block is made of: the bend behind each convolution, and what three ways of stacking bottlenecks cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import cv2
import numpy as np
import torch
from matplotlib.transforms import Transform
from numpy import ndarray
from torch import nn

from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, raster, slider, steps
from yolo_course.show.plots.backbone import LOOKS, activation_curves
from yolo_course.stages.backbone import ACTIVATIONS, C3, Bottleneck, BottleneckCSP, activation

WIDE = 855  # pixels: the width of both pictures
REACH, TOP = 6.0, 3.0  # the curves are drawn from -6 to 6, their values up to 3
BENDS = {name: activation(name) for name in ACTIVATIONS} | {"relu": nn.ReLU()}  # in the order of the notebook's figure


def bend(name: str, x: float) -> tuple[float, float]:
    """The value and the slope of an activation at ``x``; autograd finds the slope."""
    at = torch.tensor(float(x), requires_grad=True)
    value = BENDS[name](at.clone())  # a copy: the course's activations write over what they are given
    (slope,) = torch.autograd.grad(value, at)
    return value.item(), slope.item()


class Chart(NamedTuple):
    """A chart drawn once: its pixels, and for each of its axes a function from values (n, 2) to pixels (n, 2)."""

    pixels: ndarray
    places: list[Callable[[ndarray], ndarray]]


@cache
def curves() -> Chart:
    """The notebook's figure of all activations and their slopes, pale."""
    figure = activation_curves({name: lambda x, f=f: f(x.clone()) for name, f in BENDS.items()}, REACH)
    figure.axes[1].set_ylim(-0.6, 1.65)  # hardswish's slope begins at -0.5
    for axes in figure.axes:
        axes.set_xlim(-1.05 * REACH, 1.05 * REACH)
        for line in axes.get_lines()[: len(BENDS)]:
            line.set(alpha=0.3)
    pixels = raster(figure, WIDE / style.WIDTH)

    def place(values: ndarray, transform: Transform) -> ndarray:
        return transform.transform(values) * [1, -1] + [0, len(pixels)]  # a figure counts from its foot

    return Chart(pixels, [partial(place, transform=axes.transData) for axes in figure.axes])


@cache
def traced(name: str) -> ndarray:
    """The value and the slope of an activation (2, n, 2), along the whole chart."""
    x = np.linspace(-REACH, REACH, 241)
    return np.stack([np.stack([x, column], 1) for column in np.array([bend(name, each) for each in x]).T])


def activation_view(x: float, name: str) -> View:
    """All activations and their slopes, one of them in front, with its tangent at ``x`` (-6 to 3)."""
    value, slope = bend(name, x)
    chart, colour = curves(), LOOKS[list(BENDS).index(name)][0]
    near = np.linspace(max(x - 1.5, -REACH), x + 1.5, 61)
    tangent = np.stack([near, value + slope * (near - x)], 1)
    picture = chart.pixels
    for place, line, height in zip(chart.places, traced(name), (value, slope), strict=True):
        picture = _line(picture, place(line[line[:, 1] <= TOP]), colour, 4)
        if height is value:
            picture = _line(picture, place(tangent[tangent[:, 1] <= TOP]), style.BLACK, 2)
        picture = canvas.with_dot(picture, *place(np.array([[x, height]]))[0], colour, 7)
    passes = f"of a gradient of 1 that comes back to it, {slope:.3f} goes on"
    return View(picture, f"{name} at x = {x:g}: the value is {value:.3f}, the slope {slope:.3f}; {passes}.")


def _line(picture: ndarray, points: ndarray, colour: str, width: int) -> ndarray:
    picture = picture.copy()
    cv2.polylines(picture, [np.rint(points).astype(np.int32)], False, canvas.rgb(colour), width, cv2.LINE_AA)
    return picture


def explore_activation() -> Explorer:
    """Move x along the four activations: value, slope, and what is left of a gradient."""
    return Explorer(
        "the bend and its slope",
        activation_view,
        {
            "x": slider("x", -REACH, TOP, -1.25, 0.25),
            "name": choice("activation", list(BENDS), "silu"),
        },
        {
            "silu at its lowest": {},
            "silu, far below 0": {"x": -5.0},
            "leaky_relu at the same place": {"x": -5.0, "name": "leaky_relu"},
            "hardswish: flat below -3": {"x": -3.25, "name": "hardswish"},
        },
    )


STACKS = {
    "plain stack": lambda channels, repeats: nn.Sequential(*(Bottleneck(channels, channels) for _ in range(repeats))),
    "BottleneckCSP": lambda channels, repeats: BottleneckCSP(channels, channels, repeats),
    "C3": lambda channels, repeats: C3(channels, channels, repeats),
}


class Cost(NamedTuple):
    """What a block costs: its parameters, and its multiplications (each with an addition) for one cell of a map."""

    parameters: int
    for_a_cell: int


@cache
def _counted(channels: int, repeats: int) -> dict[str, Cost]:
    """Build each stack, as a plan without memory, and count. No convolution in it has a stride: every weight of a
    kernel is used once for each cell.
    """
    costs = {}
    for name, build in STACKS.items():
        with torch.device("meta"):
            block = build(channels, repeats)
        kernels = sum(m.weight.numel() for m in block.modules() if isinstance(m, nn.Conv2d))
        costs[name] = Cost(sum(p.numel() for p in block.parameters()), kernels)
    return costs


def count_costs(channels: int, repeats: int) -> dict[str, Cost]:
    """What each stack costs: counted with one bottleneck and with two, and every further one costs the same."""
    costs = {}
    for name, one in _counted(channels, 1).items():
        two = _counted(channels, 2)[name]
        costs[name] = Cost(*(first + (repeats - 1) * (second - first) for first, second in zip(one, two, strict=True)))
    return costs


def cost_view(repeats: int, channels: int, side: int) -> View:
    """Bars: parameters and multiply-adds of a plain stack, BottleneckCSP and C3 with ``repeats`` bottlenecks."""
    costs, cells = count_costs(channels, repeats), side * side
    plain, csp, c3 = costs.values()
    picture = canvas.blank(210, WIDE)
    words = [(name, 0, 44 + 54 * row) for row, name in enumerate(costs)]
    for left, title, numbers in (
        (150, "parameters", [cost.parameters for cost in costs.values()]),
        (520, f"multiply-adds, {side} × {side} cells", [cost.for_a_cell * cells for cost in costs.values()]),
    ):
        words += [(title, left - 2, 4)] + _bars(picture, left, numbers)
    shares = [f"{block.parameters / plain.parameters:.0%}" for block in (csp, c3)]
    told = (
        f"{channels} channels, {repeats} deep: the plain stack has {plain.parameters:,} parameters, BottleneckCSP "
        f"{csp.parameters:,} ({shares[0]}), C3 {c3.parameters:,} ({shares[1]}). On {side} × {side} cells C3 takes "
        f"{c3.for_a_cell / plain.for_a_cell:.0%} of the stack's {plain.for_a_cell * cells:,} multiply-adds."
    )
    return View(canvas.with_words(picture, words), told)


def _bars(picture: ndarray, left: int, numbers: Sequence[int], longest: int = 210) -> list[tuple[str, int, int]]:
    """Draw bars into the picture, the first one (if none is longer) as long as there is room; return their labels."""
    labels = []
    for row, (number, (colour, *_)) in enumerate(zip(numbers, LOOKS, strict=False)):
        top, end = 36 + 54 * row, left + round(longest * number / max(numbers))
        picture[top : top + 40, left:end] = canvas.rgb(colour)
        labels.append((_short(number), end + 4, top + 8))
    return labels


def _short(number: int) -> str:
    """1,328 as it is, 246,912 as 247 k, 15,747,072 as 15.7 M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 10 * size or number >= size > 1e3:
            return f"{number / size:.3g} {letter}"
    return f"{number:,}"


def explore_cost() -> Explorer:
    """What CSP saves: bottlenecks, channels and the map's side against parameters and multiply-adds."""
    return Explorer(
        "what CSP saves",
        cost_view,
        {
            "repeats": slider("bottlenecks", 1, 12, 3),
            "channels": steps("channels", (16, 32, 64, 128, 256, 512), 128),
            "side": steps("cells a side", (10, 20, 40, 80), 20),
        },
        {
            "1 deep": {"repeats": 1},
            "3 deep": {},
            "12 deep": {"repeats": 12},
        },
    )
