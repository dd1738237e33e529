"""The neck as a picture of its wires, drawn within milliseconds, and which of its rows hear which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy import ndarray

from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.plots.architecture import Box, wire_ends
from yolo_course.show.plots.neck import CUT, Wire, place_neck, wire_letters
from yolo_course.show.style import ink, mixed

CONVOLUTIONS = {"Conv": 1, "C3": 2, "BottleneckCSP": 2, "nn.Upsample": 0, "Concat": 0}  # the fewest through a row
LIT = {column: mixed(style.STAGES["neck" if column else "backbone"], 0.55) for column in range(3)}
PALE, BAND, FAINT = "#ffffff", "#f0f0f0", "#b8b8b8"
HEAD, UNITS = 26, 10.9  # pixels above the rows; rows and gaps from top to bottom, as place_neck counts


def heard_by(wires: Mapping[int, Sequence[int]], start: int) -> list[int]:
    """The rows that ``start`` reaches by one wire or by many; ``wires`` maps a row to the rows that it reads."""
    hears = {start}
    for row in sorted(wires):
        if hears & set(wires[row]):
            hears.add(row)
    return sorted(hears - {start})


def rows_between(wires: Mapping[int, Sequence[int]], start: int, end: int) -> list[int]:
    """The rows on any way from ``start``, without it, to ``end``, with it; none where there is no way."""
    return [row for row in heard_by(wires, start) if row == end or end in heard_by(wires, row)]


def fewest_convolutions(model: YOLOv5, wires: Mapping[int, Sequence[int]], start: int, end: int) -> int | None:
    """The convolutions on the shortest way from the output of row ``start`` to that of ``end``; None without a way.

    The shortest way through a C3 is its bypass: two convolutions.
    """
    cost = {start: 0}
    for row in sorted(wires):
        if arriving := [cost[source] for source in wires[row] if source in cost]:
            cost[row] = min(arriving) + CONVOLUTIONS[model.rows[row].module]
    return cost.get(end)


class Plan:
    """Where the neck's rows stand in a picture of ``shape`` (height, width): boxes of ``size`` (width, height).

    ``margin`` is the room left and right of them for the names P3 to N5. ``named`` writes the modules' names.
    """

    def __init__(self, model: YOLOv5, shape: tuple[int, int], size: tuple[int, int], margin: int, named: bool = False):
        self.model, self.shape, self.size, self.named = model, shape, size, named
        self.letters = wire_letters(model)
        left, right = margin + size[0] / 2, shape[1] - margin - size[0] / 2
        unit = (shape[0] - HEAD) / UNITS
        self.boxes = {
            box.row: replace(box, x=left + box.column * (right - left) / 2, y=HEAD - box.y * unit)
            for box in place_neck(model, 128)
        }
        self.pale, self.lit = (self._all_rows(lit) for lit in (False, True))

    def top_down_outputs(self) -> list[int]:
        """What the neck would hand on without its way down: in each band the last block of the way up."""
        outputs = []
        for stride in (8, 16, 32):
            own = sorted(row for row, box in self.boxes.items() if box.column == 1 and box.stride == stride)
            blocks = [row for row in own if self.model.rows[row].module in ("C3", "BottleneckCSP")]
            outputs.append((blocks or own)[-1])
        return outputs

    def draw(self, lit: Iterable[int], wires: Iterable[Wire], cut: Collection[Wire] = ()) -> ndarray:
        """Rows ``lit`` in colour, ``wires`` (reader, source) in black, the others pale, those in ``cut`` crossed."""
        picture, wires = self.pale.copy(), set(wires) - set(cut)
        for row in lit:
            left, top, right, bottom = self._frame(row)
            picture[top : bottom + 1, left : right + 1] = self.lit[top : bottom + 1, left : right + 1]
        every = [(row, source) for row in self.boxes for source in self._sources(row)]
        for wire in sorted(every, key=lambda wire: wire in wires):  # the pale ones below
            self._wire(picture, wire, CUT if wire in cut else "#000000" if wire in wires else FAINT, wire in cut)
        for wire, letter in self.letters.items():
            look = (f"✕ {letter}", CUT) if wire in cut else (letter, "#ffffff")
            paste(picture, sticker(*look), *self._middle(wire))
        return picture

    def mark(self, picture: ndarray, names: Mapping[int, str], strong: Collection[int] = ()) -> None:
        """Write names beside rows, in place: left of the backbone's, right of the others; ``strong`` on black."""
        for row, name in names.items():
            box = self.boxes[row]
            side = self.size[0] / 2 + 20 if len(name) < 3 else self.size[0] / 2 + 4
            x = box.x + (side if box.column else -side)
            paste(picture, sticker(name, "#000000" if row in strong else FAINT), x, box.y)

    def tag(self, picture: ndarray, words: Mapping[int, str]) -> None:
        """Write a short word at the right end of rows that are lit, in place."""
        for row, word in words.items():
            if word:
                box, patch = self.boxes[row], sticker(word, LIT[self.boxes[row].column])
                paste(picture, patch, box.x + self.size[0] / 2 - patch.shape[1] / 2 - 2, box.y)

    def _sources(self, row: int) -> tuple[int, ...]:
        return self.model.rows[row].source if row >= self.model.first_neck_row else ()

    def _frame(self, row: int) -> tuple[int, int, int, int]:
        box, (width, height) = self.boxes[row], self.size
        left, top = round(box.x - width / 2), round(box.y - height / 2)
        return left, top, left + width, top + height

    def _all_rows(self, lit: bool) -> ndarray:
        """Bands, titles and all rows, in colour or pale."""
        picture = canvas.blank(*self.shape)
        words = [(name, self._x(column) - 42, 0) for column, name in ((1, "top-down"), (2, "bottom-up"))]
        for stride in (8, 16, 32):
            own = [box.y for box in self.boxes.values() if box.stride == stride]
            top, bottom = round(min(own) - 17), round(max(own) + 17)
            picture[top : bottom + 1] = canvas.rgb(BAND)
            words.append((f"stride {stride}", 2, top + 3))
        picture = canvas.with_words(picture, words, colour=style.GREY)
        for row, box in self.boxes.items():
            left, top, right, bottom = self._frame(row)
            fill, edge = (LIT[box.column], "#000000") if lit else (PALE, FAINT)
            cv2.rectangle(picture, (left, top), (right, bottom), canvas.rgb(fill), -1)
            cv2.rectangle(picture, (left, top), (right, bottom), canvas.rgb(edge), 1)
            patch = sticker(self._title(box), fill, "#000000" if lit else style.GREY)
            x = left + 4 + patch.shape[1] / 2 if self.named else box.x
            paste(picture, patch, x, box.y)
        return picture

    def _title(self, box: Box) -> str:
        name = self.model.rows[box.row].module.removeprefix("nn.")
        return f"{box.row} {name}" if self.named else str(box.row)

    def _x(self, column: int) -> float:
        return next(box.x for box in self.boxes.values() if box.column == column)

    def _ends(self, wire: Wire) -> tuple[ndarray, ndarray]:
        reader, source = (replace(self.boxes[row], y=-self.boxes[row].y) for row in wire)  # there, y points upwards
        return tuple(np.array((x, -y)) for x, y in wire_ends(source, reader, *self.size))

    def _middle(self, wire: Wire) -> tuple[float, float]:
        (x, y), (to_x, to_y) = self._ends(wire)
        if x == to_x and abs(y - to_y) < 30:  # no room between the two boxes
            return x + self.size[0] / 2 + 13, (y + to_y) / 2
        return (x + to_x) / 2, (y + to_y) / 2

    def _wire(self, picture: ndarray, wire: Wire, colour: str, dotted: bool) -> None:
        start, end = self._ends(wire)
        way = (end - start) / np.linalg.norm(end - start)
        aside, neck = np.array((-way[1], way[0])), end - 7 * way
        count = max(1, int(np.linalg.norm(end - start) // 7)) if dotted else 1
        stops = [tuple(map(round, start + share * (neck - start))) for share in np.linspace(0, 1, count + 1)]
        for a, b in list(zip(stops, stops[1:], strict=False))[::2]:
            cv2.line(picture, a, b, canvas.rgb(colour), 2, cv2.LINE_AA)
        tip = np.rint([end, neck + 5 * aside, neck - 5 * aside]).astype(np.int32)
        cv2.fillPoly(picture, [tip], canvas.rgb(colour), cv2.LINE_AA)


@cache
def sticker(text: str, ground: str, colour: str | None = None) -> ndarray:
    """A word on a patch of the colour ``ground``, just large enough for it."""
    patch = canvas.blank(30, 20 + 14 * len(text), ground)
    patch = canvas.with_words(patch, [(text, 4, 2)], colour or ink(ground))
    used = (patch != np.array(canvas.rgb(ground))).any(2)
    wide = np.flatnonzero(used.any(0))
    whole = canvas.blank(22, wide[-1] - wide[0] + 9, ground)
    whole[:, 4:-4] = patch[3:25, wide[0] : wide[-1] + 1]
    return whole


def paste(picture: ndarray, patch: ndarray, x: float, y: float) -> None:
    """Lay a patch into a picture, in place, its middle at (x, y), but inside the picture."""
    height, width = patch.shape[:2]
    left = max(0, min(round(x - width / 2), picture.shape[1] - width))
    top = max(0, min(round(y - height / 2), picture.shape[0] - height))
    picture[top : top + height, left : left + width] = patch
