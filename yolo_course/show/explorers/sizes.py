"""The five models to be moved: one plan, two multiples, and what they cost."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import cv2
from numpy import ndarray

from yolo_course.config import SIZES, parse_rows, release_config
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, steps
from yolo_course.show.explorers.neck_plan import LIT, paste, sticker
from yolo_course.show.style import mixed

SHAPE = (400, 860)  # pixels, height and width
DEPTHS, WIDTHS = (sorted({multiples[i] for multiples in SIZES.values()}) for i in (0, 1))
COLUMN, GROUND, HIGHEST = 25, 330, 1280  # pixels of a row; of the line on which bars stand; the most channels
BARS, BAR_ROOM = 636, 190  # pixels: where the bars of the five models begin, and how long the longest is
CLASSES = 80


class RowCost(NamedTuple):
    """A row: its stage, how many bottlenecks it repeats (0: none), its output's channels, and what it costs."""

    stage: str
    repeats: int
    channels: int
    stride: int
    parameters: int
    weights: int  # of its convolutions: each is multiplied once for every cell of the output


def row_costs(depth: float, width: float) -> list[RowCost]:
    """All rows of YOLOv5 v7.0 with these multiples, for 80 classes, counted without building the model.

    A convolution has c_in · c_out · k · k weights, its normalisation two numbers a channel.
    """
    config = {**_plan(), "depth_multiple": depth, "width_multiple": width}
    costs, first_neck_row = [], len(config["backbone"])
    for row in parse_rows(config):
        sources = [costs[source] if source >= 0 else RowCost("", 0, 3, 1, 0, 0) for source in row.source]
        stage = "backbone" if row.index < first_neck_row else "head" if row.module == "Detect" else "neck"
        c_in, stride = sum(source.channels for source in sources), sources[0].stride
        if row.module in ("Concat", "nn.Upsample"):
            costs.append(RowCost(stage, 0, c_in, stride // (2 if row.module == "nn.Upsample" else 1), 0, 0))
            continue
        if row.module == "Detect":
            outputs = 3 * (5 + CLASSES)
            costs += [
                RowCost(stage, 0, outputs, s.stride, (s.channels + 1) * outputs, s.channels * outputs) for s in sources
            ]
            continue
        c_out = 8 * math.ceil(row.args[0] * width / 8)
        layers = _layers(row, c_in, c_out)
        weights = sum(a * b * k * k for a, b, k in layers)
        down = row.args[2] if row.module == "Conv" and len(row.args) > 2 else 1
        parameters = weights + sum(2 * b for _, b, _ in layers)
        costs.append(RowCost(stage, row.repeats * (row.module == "C3"), c_out, stride * down, parameters, weights))
    return costs


@cache
def _plan() -> dict:
    return release_config("s", "v7.0", CLASSES)


def _layers(row, c_in: int, c_out: int) -> list[tuple[int, int, int]]:
    """The convolutions of a block: (channels in, channels out, kernel) each."""
    if row.module == "C3":
        half = c_out // 2
        outside = [(c_in, half, 1), (c_in, half, 1), (2 * half, c_out, 1)]
        return outside + row.repeats * [(half, half, 1), (half, half, 3)]
    if row.module == "SPPF":
        return [(c_in, c_in // 2, 1), (4 * (c_in // 2), c_out, 1)]
    return [(c_in, c_out, row.args[1])]


def totals(costs: list[RowCost], size: int) -> tuple[int, float]:
    """Parameters, and GFLOPs for a picture of size × size pixels (two for each weight and cell)."""
    flops = sum(2 * cost.weights * (size // cost.stride) ** 2 for cost in costs)
    return sum(cost.parameters for cost in costs), flops / 1e9


@cache
def _named() -> dict[str, float]:
    """Millions of parameters of the five models."""
    return {name: totals(row_costs(*multiples), 640)[0] / 1e6 for name, multiples in SIZES.items()}


def sizes_view(width: float, depth: float, size: int) -> View:
    """Every row as a bar, as high as it has channels, with the number of its repetitions; beside it what all costs."""
    costs = row_costs(depth, width)
    parameters, gflops = totals(costs, size)
    name = next((name for name, multiples in SIZES.items() if multiples == (depth, width)), "")
    title = f"YOLOv5{name}" if name else "none of the five"
    picture = _blank().copy()
    _draw_rows(picture, costs)
    for place, line in enumerate((title, f"{parameters / 1e6:.1f} M parameters", f"{gflops:.1f} GFLOPs at {size}")):
        _write(picture, line, BARS, 18 + 28 * place)
    scale = BAR_ROOM / max(_named().values())
    for place, (other, millions) in enumerate(_named().items()):
        top, fill = 140 + 34 * place, style.GREY if other == name else "#bbbbbb"
        cv2.rectangle(picture, (BARS + 22, top), (BARS + 22 + round(scale * millions), top + 20), canvas.rgb(fill), -1)
        _write(picture, other, BARS, top + 10)
    here = BARS + 22 + round(scale * parameters / 1e6)
    cv2.line(picture, (here, 132), (here, 306), canvas.rgb(style.BLACK), 3)
    told = (
        f"Width multiple {width}, depth multiple {depth}: {title}, {parameters / 1e6:.2f} million parameters, "
        f"{gflops:.1f} GFLOPs for {size} pixels; the widest row has {max(cost.channels for cost in costs)} channels."
    )
    return View(picture, told)


def _draw_rows(picture: ndarray, costs: list[RowCost]) -> None:
    """The bars of rows 0 to 23, in place; pale where a row has no parameters."""
    for index, cost in enumerate(cost for cost in costs if cost.stage != "head"):
        left, high = index * COLUMN, round(270 * cost.channels / HIGHEST)
        colour = LIT[0 if cost.stage == "backbone" else 1]
        fill, corners = colour if cost.parameters else mixed(colour, 0.3), ((left, GROUND - high), (left + 21, GROUND))
        cv2.rectangle(picture, *corners, canvas.rgb(fill), -1)
        cv2.rectangle(picture, *corners, canvas.rgb(style.GREY), 1)
        if cost.repeats:
            paste(picture, sticker(str(cost.repeats), "#ffffff"), left + 11, GROUND - high - 13)
        if cost.repeats or index in (0, 9):
            paste(picture, sticker(str(index), "#ffffff"), left + 11, GROUND + 15)
    _write(picture, "row", 0, GROUND + 40)
    _write(picture, "a bar: channels; the number on it: repetitions", 0, 12)


def _write(picture: ndarray, text: str, x: float, y: float) -> None:
    patch = sticker(text, "#ffffff")
    paste(picture, patch, x + patch.shape[1] / 2, y)


@cache
def _blank() -> ndarray:
    return canvas.blank(*SHAPE)


def explore_sizes() -> Explorer:
    """Move the two multiples that tell n, s, m, l and x apart, and see channels, repetitions and costs."""
    return Explorer(
        "five models, one plan",
        lambda **settings: sizes_view(**settings),
        {
            "width": steps("width multiple", WIDTHS, 0.25),
            "depth": steps("depth multiple", DEPTHS, 0.33),
            "size": steps("picture", (160, 320, 640, 1280), 640),
        },
        {
            "n: narrow and shallow": {},
            "as wide as x, as shallow as n": {"width": 1.25},
            "as deep as x, as narrow as n": {"depth": 1.33},
            "x: wide and deep": {"width": 1.25, "depth": 1.33},
        },
    )
