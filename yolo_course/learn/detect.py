"""A detector made ready for use: the model, the thresholds, and the classes that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from yolo_course.learn.predict import predict
from yolo_course.model import YOLOv5


@dataclass(frozen=True)
class Detector:
    """``detector(image)`` gives float32 (n, 6), best first: xyxy in the picture's pixels, score, class.

    ``size`` is the side that pictures are scaled to; ``classes`` (all if empty) are the ones wanted. Raises
    ValueError for a size that is no multiple of the largest stride, and for thresholds outside 0..1.
    """

    model: YOLOv5
    size: int = 640
    conf: float = 0.25
    iou: float = 0.45
    classes: tuple[int, ...] = ()

    def __post_init__(self):
        stride = int(self.model.stride.max())
        if self.size < stride or self.size % stride:
            raise ValueError(f"found size={self.size}, expected a multiple of {stride}, the stride of the deepest map")
        if not (0 <= self.conf <= 1 and 0 <= self.iou <= 1):
            raise ValueError(f"found conf={self.conf} and iou={self.iou}, expected two thresholds between 0 and 1")

    def __call__(self, image: np.ndarray) -> np.ndarray:
        found = predict(self.model, image, self.size, self.conf, self.iou)
        return found[np.isin(found[:, 5], self.classes)] if self.classes else found


def class_indices(wanted: Iterable[str], names: Sequence[str]) -> tuple[int, ...]:
    """Classes by name or number as numbers. Raises ValueError, with near names, for an unknown one."""
    return tuple(_class_index(word, list(names)) for word in wanted)


def _class_index(word: str, names: list[str]) -> int:
    if word in names:
        return names.index(word)
    if word.isdecimal() and int(word) < len(names):
        return int(word)
    near = get_close_matches(word, names, n=3, cutoff=0.4) or names[:20]
    raise ValueError(f"found the class {word!r}, expected a name such as {', '.join(near)}, or 0 to {len(names) - 1}")


def as_records(found: np.ndarray, names: Sequence[str]) -> list[dict]:
    """Detections (n, 6) as dicts for JSON: box (xyxy pixels), score, class, name."""
    return [
        {
            "box": [round(edge, 2) for edge in row[:4]],
            "score": round(row[4], 4),
            "class": int(row[5]),
            "name": names[int(row[5])],
        }
        for row in found.tolist()
    ]
