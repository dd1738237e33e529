"""The labels of a folder of photos, on the disk: read, written at once, and never overwritten unseen.

A row that nobody touched is written back letter by letter: its numbers do not go through pixels.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yolo_course.boxes import clip, denormalise
from yolo_course.data.images import image_size, write_atomic
from yolo_course.data.problems import DataError
from yolo_course.data.save import label_text
from yolo_course.data.yolo import BadRow, parse_row
from yolo_course.show.labeller.places import check_names, find_places, list_photos, write_data_yaml
from yolo_course.show.labeller.seen import last_seen, remember

UNLABELLED, EMPTY, BOXES, REFUSED = "unlabelled", "empty", "boxes", "refused"
SHOWN = 3  # so many bad rows are named
NO_AREA = "found a box without area inside the picture. Expected width and height above 0: delete the row or mend it."

Box = tuple[int, float, float, float, float]  # class, left, top, right, bottom in pixels of the upright picture


@dataclass(frozen=True)
class Labels:
    """What the disk says about one picture of `size` (width, height).

    `state` is "unlabelled" (no file), "empty" (a file that says: nothing here), "boxes", or "refused": the file has
    rows that are no labels, `problem` says which, and `boxes` holds the others.
    """

    size: tuple[int, int]
    boxes: list[Box]
    state: str
    problem: str = ""


class LabelStore:
    """Photos below a folder and their label files; see places.py for which file belongs to which photo.

    Opening it changes nothing on the disk. Raises DataError for a folder without photos, two photos with one label
    file, and names that do not fit the folder's data.yaml.
    """

    def __init__(self, folder: str | Path, names: Sequence[str], labels: str | Path | None = None):
        self.places = find_places(folder, labels)
        check_names(self.places, names)
        self.names = list(names)
        found = list_photos(self.places)
        self.pictures, self.files = list(found), list(found.values())
        self.states = [self._first_look(file) for file in self.files]
        self._seen: dict[int, bytes | None] = {}  # what a file held when it was last read or written
        self._lines: dict[int, dict[tuple[float, ...], str]] = {}  # the row of each box that was ever read

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, index: int) -> str:
        """The picture's path below the folder of photos."""
        return self.pictures[index].relative_to(self.places.photos).as_posix()

    def counts(self) -> dict[str, int]:
        """How many pictures have boxes, are known to be empty, are unlabelled, have a file that was refused."""
        counted = Counter(self.states)
        return {state: counted[state] for state in (BOXES, EMPTY, UNLABELLED, REFUSED)}

    def first_unlabelled(self, after: int = -1) -> int:
        """The index of the first picture without a label file behind `after`, else of any; 0 if all have one."""
        order = [*range(after + 1, len(self)), *range(after + 1)]
        return next((index for index in order if self.states[index] == UNLABELLED), 0)

    def where_to_go_on(self) -> int:
        """The index of the first picture without a label file; if all have one, of the picture that was seen last."""
        index = self.first_unlabelled()
        if self.states[index] == UNLABELLED:
            return index
        seen = last_seen(self.places)
        return next((each for each in range(len(self)) if self.name(each) == seen), index)

    def remember(self, index: int) -> None:
        """Note that this picture is seen now; see seen.py for where."""
        remember(self.places, self.name(index))

    def read(self, index: int) -> Labels:
        """The labels of a picture as they are on the disk now; DataError for a picture or file that can't be read."""
        size, file = image_size(self.pictures[self._checked(index)]), self.files[index]
        try:
            content = file.read_bytes() if file.exists() else None
        except OSError as error:
            raise DataError(f"{file}: the label file cannot be read ({error}). Give yourself the right to.") from error
        self._seen[index] = content
        boxes, bad = self._parse(index, content or b"", size)
        state = REFUSED if bad else UNLABELLED if content is None else BOXES if boxes else EMPTY
        self.states[index] = state
        return Labels(size, boxes, state, _refusal(file, bad))

    def write(self, index: int, boxes: Sequence[Sequence[float]], nothing: bool = False) -> Labels:
        """Make these boxes (class, left, top, right, bottom in pixels) the picture's labels, at once.

        Boxes are clipped to the picture; what has no area left is not stored. Without any box the file goes away, and
        the picture is unlabelled; only `nothing` makes it an empty file. Raises DataError, and changes nothing, where
        the file has bad rows or was changed by somebody else since it was read, and where it cannot be written.
        """
        before = self._unchanged(index)
        if nothing and boxes:
            raise DataError(
                f"found {len(boxes)} boxes and the mark “nothing on this picture”, expected one of them. "
                "Delete the boxes first."
            )
        rows = [row for box in boxes if (row := self._row(index, box, before.size)) is not None]
        content = "".join(f"{line}\n" for line, _ in rows).encode("utf-8") if rows or nothing else None
        self._replace(index, content)
        kept = [box for _, box in rows]
        self._seen[index] = content
        self.states[index] = BOXES if kept else EMPTY if nothing else UNLABELLED
        return Labels(before.size, kept, self.states[index])

    def _first_look(self, file: Path) -> str:
        """A picture's state without opening the picture; `read` also knows the boxes."""
        if not file.is_file():
            return UNLABELLED
        lines = [line for line in file.read_text(encoding="utf-8-sig", errors="replace").splitlines() if line.strip()]
        try:
            return BOXES if [parse_row(line, self.names) for line in lines] else EMPTY
        except BadRow:
            return REFUSED

    def _checked(self, index: int) -> int:
        if not isinstance(index, int) or not 0 <= index < len(self):
            raise DataError(f"found picture number {index!r}, expected 0 to {len(self) - 1}. Run the cell again.")
        return index

    def _parse(self, index: int, content: bytes, size: tuple[int, int]) -> tuple[list[Box], list[str]]:
        """The boxes of a label file, and a sentence about each row that is none; remembers the rows."""
        lines, boxes, bad = self._lines.setdefault(index, {}), [], []
        for number, line in enumerate(content.decode("utf-8-sig", errors="replace").splitlines(), start=1):
            if not line.strip():
                continue
            try:
                kind, xywh = parse_row(line, self.names)
            except BadRow as error:
                bad.append(f"Line {number}: {error}")
                continue
            edges = tuple(denormalise(np.array(xywh), *size).tolist())
            if _has_area(edges, size):
                boxes.append((kind, *edges))
                lines[edges] = line
            else:
                bad.append(f"Line {number}: {NO_AREA}")
        return boxes, bad

    def _unchanged(self, index: int) -> Labels:
        """The labels on the disk, which must be those that were seen, and good."""
        known, seen = index in self._seen, self._seen.get(index)
        labels = self.read(index)
        if labels.state == REFUSED:
            raise DataError(labels.problem)
        if known and seen != self._seen[index]:
            raise DataError(
                f"{self.files[index].name}: found other labels than were read: another program or cell has changed "
                "the file. Your last change is not stored; here is what the file holds now. Make the change again."
            )
        return labels

    def _row(self, index: int, box: Sequence[float], size: tuple[int, int]) -> tuple[str, Box] | None:
        """The row of one box, and the box as stored; None for one without area. Rows once read stay as they were."""
        kind, *edges = self._valid(box)
        line = self._lines[index].get(tuple(edges))
        if line is not None:
            number, rest = line.split(maxsplit=1)
            return (line if float(number) == kind else f"{kind} {rest}"), (kind, *edges)
        inside = clip(np.array(edges), *size)
        if not _has_area(tuple(inside), size):
            return None
        return label_text(inside[None], [kind], size).strip(), (kind, *inside.tolist())

    def _valid(self, box: Sequence[float]) -> Box:
        numbers = [each for each in box if isinstance(each, (int, float)) and math.isfinite(each)]
        if len(box) != 5 or len(numbers) != 5 or box[0] not in range(len(self.names)):
            raise DataError(
                f"found the box {list(box)}, expected a class from 0 to {len(self.names) - 1} and four finite numbers. "
                "Run the cell again."
            )
        return int(box[0]), *(float(edge) for edge in box[1:])

    def _replace(self, index: int, content: bytes | None) -> None:
        """Write a label file in one step (None: take it away), and the data.yaml before the first one."""
        file = self.files[index]
        try:
            if content is None:
                file.unlink(missing_ok=True)
            else:
                write_data_yaml(self.places, self.names)
                write_atomic(file, content)
        except OSError as error:
            raise DataError(
                f"{file}: the label file cannot be written ({error}), so your last change is not stored. "
                "Make room, or give yourself the right to write there, and make the change again."
            ) from error


def _has_area(edges: tuple[float, ...], size: tuple[int, int]) -> bool:
    """Whether what lies inside the picture is wide and high enough to survive six decimals."""
    left, top, right, bottom = clip(np.array(edges), *size)
    return (right - left) / size[0] >= 1e-6 and (bottom - top) / size[1] >= 1e-6


def _refusal(file: Path, bad: list[str]) -> str:
    if not bad:
        return ""
    rows = " ".join(bad[:SHOWN])
    more = f" And {len(bad) - SHOWN} more." if len(bad) > SHOWN else ""
    return (
        f"{file.name} has rows that are no labels. {rows}{more} The file stays as it is, and this "
        "picture cannot be changed here: mend the file in a text editor, then go to the next picture and back."
    )
