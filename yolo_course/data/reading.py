"""What all forms of data sets have in common: checked pictures, cleaned boxes, counted findings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np

from ..boxes import clip
from .dataset import Dataset, default_ids
from .images import check_image
from .problems import DataError, Problems

SLACK = 1e-3  # by this share of the picture, or by a pixel, a box may leave it and is clipped without a word
UNLABELLED = "pictures without a label file (read as having no boxes)"
ALIASES = {"val": ("val", "valid", "validation"), "valid": ("valid", "val", "validation")}


def split_aliases(split: str) -> tuple[str, ...]:
    """The names under which a split may be found, the given one first: tools disagree about val and valid."""
    return ALIASES.get(split, (split,))


def read_text(file: Path) -> str:
    """A text file in UTF-8, with or without a byte order mark. Raises DataError for another encoding."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: this is not text in UTF-8 ({error}). Save it as UTF-8.") from error


@dataclass(frozen=True)
class Row:
    """One box as a label file has it: xyxy pixels, not clipped yet; `text` shows it to the reader."""

    line: int | None
    class_index: int
    box: tuple[float, float, float, float]
    text: str


class SplitReader:
    """Gathers the pictures and the boxes of one split."""

    def __init__(self, problems: Problems):
        self.problems = problems
        self.images: list[Path] = []
        self.sizes: list[tuple[int, int]] = []
        self.boxes: list[np.ndarray] = []
        self.classes: list[np.ndarray] = []
        self.unlabelled: list[int] = []

    def size(self, image: Path, listed_in: Path, line: int | None) -> tuple[int, int] | None:
        """(width, height) of a picture that a file names, or None for one that cannot be used: an error."""
        if not image.is_file():
            fix = "Restore the file, or take it off the list."
            self.problems.error("missing pictures", listed_in, line, f"there is no picture {image}", fix)
            return None
        try:
            return check_image(image)
        except DataError as error:
            fix = "Export or fetch it again, or remove it."
            self.problems.error("unreadable pictures", image, None, f"{error.__cause__}", fix)
            return None

    def add(self, image: Path, size: tuple[int, int], rows: list[Row] | None, label_file: Path) -> None:
        """Add a picture and its boxes; rows=None says that it has no label file."""
        if rows is None:
            self.unlabelled.append(len(self.images))
            self.problems.note(UNLABELLED, image, None, f"no {label_file.name} for it")
        boxes, classes = clean_boxes(rows or [], size, label_file, self.problems)
        self.images.append(image)
        self.sizes.append(size)
        self.boxes.append(boxes)
        self.classes.append(classes)

    def finish(self, names: list[str], name: str, source: Path, hint: str) -> Dataset:
        """The data set, once the findings are reported. An empty one is an error; `hint` says what to do."""
        if not self.images:
            self.problems.error("empty splits", source, None, f"{name} has no picture that can be used", hint)
        self.problems.report()
        ids = default_ids(self.images)
        missing = [ids[i] for i in self.unlabelled]
        known = {"ids": ids, "unlabelled": missing, "shapes_wh": np.array(self.sizes)}
        return Dataset(self.images, self.boxes, self.classes, names, name, **known)


def note_size(written: tuple, size: tuple[int, int], file: Path, problems: Problems) -> None:
    """Warn where annotations give another (width, height) than the picture's; None and 0 are not known."""
    if all(written) and tuple(written) != size:
        detail = "annotated as {} x {} pixels, but the picture has {} x {}".format(*written, *size)
        problems.note("pictures of another size than annotated (check their boxes)", file, None, detail)


def clean_boxes(
    rows: list[Row], size: tuple[int, int], file: Path, problems: Problems
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to boxes inside a picture of `size` (width, height), and their classes.

    Repeated rows and boxes without extent (also those that lose it by clipping) are dropped, boxes that reach
    beyond the picture by more than SLACK are clipped; all are counted and named.
    """
    rows = _distinct(rows, file, problems)
    raw = np.array([row.box for row in rows], dtype=np.float64).reshape(-1, 4)
    clipped = clip(raw, *size)
    boxes = clipped.astype(np.float32)
    flat = (boxes[:, 2:] <= boxes[:, :2]).any(1)
    slack = np.maximum(np.array([*size, *size]) * SLACK, 1)
    beyond = (np.abs(raw - clipped) > slack).any(1) & ~flat
    _note_rows("boxes without width or height dropped", compress(rows, flat), file, problems)
    _note_rows("boxes beyond the picture clipped to it", compress(rows, beyond), file, problems)
    classes = np.array([row.class_index for row in rows], dtype=np.int64)
    return boxes[~flat], classes[~flat]


def _distinct(rows: list[Row], file: Path, problems: Problems) -> list[Row]:
    first = {(row.class_index, row.box): row for row in reversed(rows)}
    distinct = [row for row in rows if first[row.class_index, row.box] is row]
    repeated = (row for row in rows if first[row.class_index, row.box] is not row)
    _note_rows("repeated boxes dropped", repeated, file, problems)
    return distinct


def _note_rows(kind: str, rows, file: Path, problems: Problems) -> None:
    for row in rows:
        problems.note(kind, file, row.line, row.text)
