"""Freezing to be moved: which rows a prefix names, and what a cut through the network holds still and saves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

import cv2
import numpy as np
from numpy import ndarray
from torch import nn

from yolo_course.learn.start import course_model
from yolo_course.model import STATISTICS
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider, switch
from yolo_course.show.explorers.step_measured import CutCost, measure_cuts

CUT_FRAME, PREFIX_FRAME = (412, 860), (240, 860)  # pixels, height and width
LEFT, RIGHT = 108, 838  # where the columns of the rows begin and end
FLOOR, TALL = 146, 108  # where the columns stand, and how high the largest is
CELL = 26  # the height of a line of cells below the columns
BAR_LEFT, BAR_RIGHT, BAR_TOP, BAR_STEP = 252, 712, 256, 40
ONE, BEFORE = "this row", "all rows before it"
Words = list[tuple[str, float, float]]  # text, x, y


class Row(NamedTuple):
    """A row of a model: its stage, how many parameters it has, and how many state-dict entries of which kind."""

    stage: str
    parameters: int
    tensors: int  # entries that are parameters
    statistics: int  # entries that a normalisation remembers
    others: int  # entries that nothing trains: the anchors


Rows = tuple[Row, ...]


def model_rows(model: nn.Module) -> Rows:
    """The rows of a YOLOv5, in order."""
    rows = []
    for number, module in enumerate(model.model):
        tensors, keys = list(module.parameters()), list(module.state_dict())
        statistics = sum(key.rpartition(".")[2] in STATISTICS for key in keys)
        stage = "backbone" if number < model.first_neck_row else "neck" if module is not model.detect else "head"
        others = len(keys) - len(tensors) - statistics
        rows.append(Row(stage, sum(tensor.numel() for tensor in tensors), len(tensors), statistics, others))
    return tuple(rows)


def entries_that_change(rows: Rows, cut: int, updating: bool) -> int:
    """How many state-dict entries a training step changes, with the first ``cut`` rows frozen."""
    learning = sum(row.tensors + row.statistics for row in rows[cut:])
    return learning + updating * sum(row.statistics for row in rows[:cut])


def cut_view(rows: Rows, costs: Sequence[CutCost], cut: int, updating: bool) -> View:
    """The rows, the first ``cut`` of them frozen; below, what learns, what changes, and what a step still costs."""
    weights = [number >= cut for number in range(len(rows))]
    statistics = [learns or updating for learns in weights]
    share = sum(row.parameters for row in rows[cut:]) / sum(row.parameters for row in rows)
    changed, every = entries_that_change(rows, cut, updating), sum(sum(row[2:]) for row in rows)
    picture = _strip(CUT_FRAME, rows, {"weights": weights, "statistics": statistics}, ("stays", "changes"))
    x = _edges(min(cut, len(rows) - 1), len(rows))[0] - 3
    picture[FLOOR - TALL : FLOOR + 2 * CELL, x : x + 3] = 0
    words = [("each row's share of the parameters", 0, 2)]
    bars = {
        "parameters that learn": (share, _percent(share)),
        "entries that change": (changed / every, f"{changed} of {every}"),
        "time of a step": (costs[cut].time, f"{costs[cut].time:.2f} ×"),
        "kept for the way back": (costs[cut].memory, f"{costs[cut].memory:.2f} ×"),
    }
    for number, (name, (part, text)) in enumerate(bars.items()):
        words += _bar(picture, BAR_TOP + BAR_STEP * number, name, part, text)
    says = (
        f"{cut} of {len(rows)} rows frozen: {_percent(share)} of the parameters learn, and a step changes {changed} of "
        f"{every} entries. Measured on this machine, it takes {costs[cut].time:.2f} times as long as an unfrozen step, "
        f"and keeps {costs[cut].memory:.2f} times as much for the way back."
    )
    return View(canvas.with_words(picture, words), says)


def explore_cut(model: nn.Module | None = None, costs: Sequence[CutCost] | None = None) -> Explorer:
    """Move the cut below which a YOLOv5 (the course's, or ``model``) is frozen.

    ``costs``, one for each number of frozen rows, are measured here and now unless they are given.
    """
    model = course_model() if model is None else model
    rows, costs = model_rows(model), measure_cuts(model) if costs is None else costs
    return Explorer(
        "the cut",
        lambda **settings: cut_view(rows, costs, **settings),
        {
            "cut": slider("frozen rows", 0, len(rows) - 1, 3),
            "updating": switch("frozen norms go on updating"),
        },
        {
            "3 rows frozen": {},
            "10 rows, the backbone": {"cut": model.first_neck_row},
            "10 rows, norms updating": {"cut": model.first_neck_row, "updating": True},
            "24 rows, all but the head": {"cut": len(rows) - 1},
        },
    )


def prefixes_of(row: int, way: str, dot: bool) -> tuple[str, list[str]]:
    """The list as one writes it, and what is in it: the prefix of a row, or of all rows before it."""
    end = "." if dot else ""
    if way == ONE:
        return f"['model.{row}{end}']", [f"model.{row}{end}"]
    return f"['model.%s{end}' % x for x in range({row})]", [f"model.{number}{end}" for number in range(row)]


def prefix_view(rows: Rows, row: int, way: str, dot: bool) -> View:
    """A list of prefixes in code, the rows that it freezes, and those that were meant; framed where they differ."""
    code, prefixes = prefixes_of(row, way, dot)
    learns = [not f"model.{number}.".startswith(tuple(prefixes)) for number in range(len(rows))]
    meant = [number != row if way == ONE else number >= row for number in range(len(rows))]
    picture = _strip(PREFIX_FRAME, rows, {"frozen": learns, "meant": meant}, ("frozen", "learns"))
    more = [number for number in range(len(rows)) if learns[number] != meant[number]]
    for number in more:
        left, right = _edges(number, len(rows))
        cv2.rectangle(picture, (left - 1, FLOOR), (right, FLOOR + 2 * CELL), canvas.rgb(style.VERMILLION), 3)
    count = sum(one.parameters for one, free in zip(rows, learns, strict=True) if not free)
    besides = f"rows {more[0]} to {more[-1]} without being meant" if more else "no row that was not meant"
    total = sum(one.parameters for one in rows)
    says = (
        f"{code} freezes {learns.count(False)} of {len(rows)} rows, {count:,} of {total:,} parameters, and {besides}."
    )
    return View(canvas.with_words(picture, [(f"freeze = {code}", 0, 2)]), says)


def explore_prefix(model: nn.Module | None = None) -> Explorer:
    """Write a list of prefixes with and without the last dot, and see which rows of a YOLOv5 it freezes."""
    rows = model_rows(course_model() if model is None else model)
    return Explorer(
        "prefixes",
        lambda **settings: prefix_view(rows, **settings),
        {
            "row": slider("row", 0, len(rows) - 1, 1),
            "way": choice("freeze", (ONE, BEFORE), ONE),
            "dot": switch("with the last dot"),
        },
        {
            "row 1, without the dot": {},
            "row 1, with the dot": {"dot": True},
            "the list of the talk": {"row": 10, "way": BEFORE, "dot": True},
            "the same without its dot": {"row": 10, "way": BEFORE},
        },
    )


def _strip(shape: tuple[int, int], rows: Rows, lines: dict[str, Sequence[bool]], names: tuple[str, str]) -> ndarray:
    """The rows, painted as each of the ``lines`` says: True is orange, False is blue; columns as the first line.

    What could be seen is drawn once, in either colour, and then cut out: a press of a key waits for this.
    """
    still, moving = (_painted(shape, rows, tuple(lines), names, colour) for colour in (False, True))
    picture = still.copy()
    for place, moves in enumerate(lines.values()):
        top, bottom = (FLOOR + 2 + CELL * (place + side) for side in (0, 1))
        for number in np.flatnonzero(moves):
            left, right = _edges(number, len(rows))
            part = slice(0 if place == 0 else top, bottom), slice(left, right)
            picture[part] = moving[part]
    return picture


@cache
def _painted(
    shape: tuple[int, int], rows: Rows, lines: tuple[str, ...], names: tuple[str, str], moves: bool
) -> ndarray:
    """All rows in one colour: columns as high as they have parameters, cells, numbers, stages, legend."""
    picture, largest = canvas.blank(*shape), max(row.parameters for row in rows)
    for number, row in enumerate(rows):
        sides = _edges(number, len(rows))
        _fill(picture, (*sides, FLOOR - round(TALL * row.parameters / largest), FLOOR), moves)
        for place, line in enumerate(lines):
            top = FLOOR + 3 + CELL * place
            if line == "meant" or row.statistics or (place == 0 and (row.parameters or line == "frozen")):
                _fill(picture, (*sides, top, top + CELL - 4), moves, hatched=place > 0)
    words = [(line, 0, FLOOR + 2 + CELL * place) for place, line in enumerate(lines)]
    words += [(str(n), _edges(n, len(rows))[0] + (8 if n < 10 else 2), FLOOR + 2) for n in range(len(rows))]
    words += _stage_band(picture, rows, FLOOR + 3 + CELL * len(lines)) + _legend(picture, names)
    return canvas.with_words(picture, words)


def _edges(number: int, count: int) -> tuple[int, int]:
    left, right = (LEFT + round((RIGHT - LEFT) * (number + side) / count) for side in (0, 1))
    return left, right - 3


def _stage_band(picture: ndarray, rows: Rows, top: int) -> Words:
    words, start = [], 0
    for stage, group in groupby(row.stage for row in rows):
        end = start + len(list(group))
        left, right = _edges(start, len(rows))[0], _edges(end - 1, len(rows))[1]
        picture[top : top + CELL - 2, left:right] = canvas.rgb(style.mixed(style.STAGES[stage], 0.5))
        words.append((stage, (left + right) / 2 - 5.5 * len(stage), top + 1))
        start = end
    return words


def _legend(picture: ndarray, names: tuple[str, str]) -> Words:
    words = []
    for x, name, moves in zip((660, 756), names, (False, True), strict=True):
        _fill(picture, (x, x + 18, 4, 22), moves)
        words.append((name, x + 22, 2))
    return words


def _bar(picture: ndarray, top: int, name: str, share: float, text: str) -> Words:
    """A bar in place, from orange to blue: orange is the share that changes or is left, blue what stays or is saved."""
    middle = BAR_LEFT + round((BAR_RIGHT - BAR_LEFT) * min(1, share))
    _fill(picture, (BAR_LEFT, middle, top, top + 28), True)
    _fill(picture, (middle, BAR_RIGHT, top, top + 28), False)
    return [(name, 0, top + 3), (text, BAR_RIGHT + 10, top + 3)]


def _fill(picture: ndarray, box: tuple[int, int, int, int], moves: bool, hatched: bool = True) -> None:
    """Paint (left, right, top, bottom) in place: orange for what moves, hatched blue for what stays."""
    left, right, top, bottom = box
    if moves:
        picture[top:bottom, left:right] = canvas.rgb(style.UNFROZEN)
    else:
        picture[top:bottom, left:right] = _hatching(hatched)[top:bottom, left:right]


@cache
def _hatching(lines: bool) -> ndarray:
    """The course's blue of what is frozen, with slanted lines or without (below letters)."""
    ground = canvas.blank(*CUT_FRAME, style.mixed(style.FROZEN, 0.45))
    slope = np.add.outer(np.arange(CUT_FRAME[0]), np.arange(CUT_FRAME[1])) % 8 < 3
    ground[slope & lines] = canvas.rgb(style.FROZEN)
    return ground


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share > 0.1 else f"{100 * share:.1f} %"
