"""YOLO data sets: a data.yaml, and for each picture under `images` a text file under `labels`.

A label file has a row for each box: class, centre x, centre y, width, height, as fractions of the picture. A
row of a class and three or more points (x y x y ...) is a polygon of a segmentation set: its bounding box
counts.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ..boxes import denormalise
from .data_yaml import list_pictures, read_data_yaml
from .dataset import Dataset
from .problems import Problems
from .reading import SLACK, Row, SplitReader

FORM = "Expected: class x y width height, numbers between spaces (or class and the points of a polygon)."
PIXELS = "Coordinates are fractions of the picture: divide x and width by its width, y and height by its height."


def load_yolo(source: str | Path, split: str = "train", on_error: str = "raise") -> Dataset:
    """Read one split of a YOLO data set, from its data.yaml or the folder that holds it.

    What is wrong (a missing or unreadable picture, a malformed row, a number more than 1e-3 outside 0..1, a
    class that is not in `names`, an empty split) raises DataError with file and line; on_error="warn" leaves
    it out and counts it in a DataWarning. What is odd (boxes without extent, repeated, or reaching beyond
    the picture; pictures without a label file) never stops the reading, but is counted and named in the same
    way.
    """
    problems = Problems(on_error)
    config = read_data_yaml(source)
    reader = SplitReader(problems)
    for listed in list_pictures(config, split, problems):
        size = reader.size(listed.image, listed.file, listed.line)
        if size is not None:
            file = label_path(listed.image)
            rows = read_labels(file, size, config.names, problems) if file.is_file() else None
            reader.add(listed.image, size, rows, file)
    name = f"{config.file.resolve().parent.name}/{split}"
    return reader.finish(config.names, name, config.file, f"Check what `{split}:` names there.")


def label_path(image: Path) -> Path:
    """images/.../x.jpg has labels/.../x.txt (the last folder called images counts), else x.txt beside it."""
    beside = image.with_suffix(".txt")
    for i in reversed(range(len(image.parts) - 1)):
        if image.parts[i] == "images":
            mirrored = Path(*image.parts[:i], "labels", *beside.parts[i + 1 :])
            return mirrored if mirrored.is_file() or not beside.is_file() else beside
    return beside


def read_labels(file: Path, size: tuple[int, int], names: list[str], problems: Problems) -> list[Row]:
    """The rows of a label file, in pixels of its picture of `size` (width, height); empty lines are fine."""
    rows = []
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            class_index, xywh = parse_row(line, names)
        except BadRow as bad:
            problems.error(bad.kind, file, number, f"{bad.detail} in `{_short(line)}`", bad.fix)
        else:
            box = denormalise(np.array(xywh), *size)
            rows.append(Row(number, class_index, tuple(box.tolist()), _short(line)))
    return rows


class BadRow(ValueError):
    """A row that is no box: the kind of mistake, what was found, how to mend it."""

    def __init__(self, kind: str, detail: str, fix: str):
        super().__init__(f"{detail}. {fix}")
        self.kind, self.detail, self.fix = kind, detail, fix


def parse_row(line: str, names: list[str]) -> tuple[int, tuple[float, float, float, float]]:
    """One row of a label file to its class and normalised xywh; raises BadRow."""
    try:
        index, *values = (float(word) for word in line.split())
    except ValueError as error:
        raise BadRow("malformed rows", f"found something that is not a number ({error})", FORM) from error
    if len(values) != 4 and (len(values) < 6 or len(values) % 2):
        raise BadRow("malformed rows", f"found {len(values) + 1} columns", FORM)
    if not all(math.isfinite(value) for value in (index, *values)):
        raise BadRow("malformed rows", "found a number that is not finite", FORM)
    if index != int(index) or not 0 <= index < len(names):
        fix = f"`names` has {len(names)} classes, so 0 to {len(names) - 1} exist: mend the row or add the name."
        raise BadRow("undeclared classes", f"found class {index:g}", fix)
    places = values[:2] if len(values) == 4 else values  # a width below 0 is a box without extent: dropped later
    if max(values) > 1 + SLACK or min(places) < -SLACK:
        raise BadRow("coordinates out of 0..1", "found a coordinate out of 0..1", PIXELS)
    return int(index), tuple(values) if len(values) == 4 else _around(values)


def _around(points: list[float]) -> tuple[float, float, float, float]:
    """Bounding box, as xywh, of x y x y ..."""
    left, right, top, bottom = min(points[::2]), max(points[::2]), min(points[1::2]), max(points[1::2])
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def _short(line: str, limit: int = 60) -> str:
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 3] + "..."
