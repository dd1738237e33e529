"""How good are the detections? Average precision, precision and recall, confusion, from boxes alone.

AP is COCO's (T.-Y. Lin et al., ECCV 2014): computed by faster-coco-eval, equal to pycocotools to 1e-6. As
there, the 100 best detections of a picture count for each class, precision is read at 101 recalls, and a
class without a true box has no AP (nan) and is left out of every mean. YOLOv5's own AP interpolates otherwise
and comes out some hundredths higher.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from yolo_course.learn.coco_ap import MAX_DETECTIONS, RECALLS, average_precision
from yolo_course.learn.matching import best_threshold, confusion_matrix, precision_recall

__all__ = ["MAX_DETECTIONS", "RECALLS", "ClassMetrics", "Metrics", "score"]


@dataclass(frozen=True)
class ClassMetrics:
    """One class; precision and recall hold at IoU 0.5 and at the threshold of the Metrics it belongs to."""

    boxes: int
    precision: float
    recall: float
    ap50: float
    ap50_95: float


@dataclass(frozen=True, eq=False)
class Metrics:
    """What an evaluation found.

    map50, map50_95: mean AP at IoU 0.5, and over IoU 0.5, 0.55 ... 0.95 precision, recall: means over the
    classes at `threshold`, the confidence where their mean F1 is best per_class: ClassMetrics by name; those
    of a class without a true box are nan pr_curves: (nc, 101) precision at IoU 0.5 for the recalls 0, 0.01
    ... 1; nan rows as above confusion: (nc + 1, nc + 1) counts at confidence 0.25 and IoU 0.45; rows are
    what was predicted, columns what is true; the last row counts missed objects, the last column detections
    where nothing is
    """

    map50: float
    map50_95: float
    precision: float
    recall: float
    threshold: float
    images: int
    boxes: int
    names: tuple[str, ...]
    per_class: dict[str, ClassMetrics]
    pr_curves: np.ndarray
    confusion: np.ndarray

    def __str__(self) -> str:
        width = max(len("class"), *map(len, self.names))
        header = f"{'class':{width}} {'boxes':>6} {'precision':>9} {'recall':>7} {'AP50':>7} {'AP50-95':>7}"
        overall = ClassMetrics(self.boxes, self.precision, self.recall, self.map50, self.map50_95)
        rows = {"all": overall, **self.per_class}
        return "\n".join([header, *(_table_row(name, row, width) for name, row in rows.items())])

    def to_dict(self) -> dict:
        """Everything in lists, dicts and numbers, ready for JSON; None for nan."""
        return _plain(asdict(self))


def score(
    ground_truths: Sequence[tuple[np.ndarray, np.ndarray]],
    detections: Sequence[np.ndarray],
    names: Sequence[str],
) -> Metrics:
    """Compare detections with the truth, picture by picture.

    ground_truths: (boxes (n, 4) xyxy, classes (n,)) for each picture
    detections: (m, 6) for each picture: xyxy, score, class; in the same pixels, in any order
    Raises ValueError where the two do not fit together, and where there is no true box to measure by.
    """
    truths, found = _checked(ground_truths, detections, len(names))
    counts = np.bincount(np.concatenate([classes for _, classes in truths]), minlength=len(names))
    ap, pr_curves = average_precision(truths, found, len(names))  # (nc, 10), (nc, 101)
    threshold, precision, recall = best_threshold(*precision_recall(truths, found, counts), counts > 0)
    columns = (counts, precision, recall, ap[:, 0], ap.mean(1))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return Metrics(
        map50=float(np.nanmean(ap[:, 0])),
        map50_95=float(np.nanmean(ap)),
        precision=float(np.nanmean(precision)),
        recall=float(np.nanmean(recall)),
        threshold=threshold,
        images=len(truths),
        boxes=int(counts.sum()),
        names=tuple(names),
        per_class={name: ClassMetrics(*row) for name, row in zip(names, rows, strict=True)},
        pr_curves=pr_curves,
        confusion=confusion_matrix(truths, found, len(names)),
    )


def _checked(ground_truths, detections, num_classes: int) -> tuple[list, list]:
    """Arrays of the right types and shapes, detections best first; raises ValueError."""
    if len(ground_truths) != len(detections):
        raise ValueError(
            f"found the truth of {len(ground_truths)} pictures and the detections of {len(detections)}; "
            "expected both for every picture (an empty array where nothing was found)"
        )
    truths = [_truth(boxes, classes) for boxes, classes in ground_truths]
    found = [np.asarray(rows, dtype=np.float64).reshape(-1, 6) for rows in detections]
    if not any(len(classes) for _, classes in truths):
        raise ValueError("found no true box in any picture, so that nothing can be measured; expected one or more")
    for i, ((_, classes), rows) in enumerate(zip(truths, found, strict=True)):
        if not np.isfinite(rows).all():
            raise ValueError(f"picture {i}: found a detection that is not finite; does the model give nan?")
        every = np.concatenate([classes, rows[:, 5]])
        if len(every) and not 0 <= every.min() <= every.max() < num_classes:
            raise ValueError(f"picture {i}: found classes {np.unique(every)}, expected 0 to {num_classes - 1}")
    return truths, [rows[np.argsort(-rows[:, 4], kind="stable")] for rows in found]


def _truth(boxes, classes) -> tuple[np.ndarray, np.ndarray]:
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    classes = np.asarray(classes, dtype=np.int64).reshape(-1)
    if len(boxes) != len(classes):
        raise ValueError(f"found {len(boxes)} true boxes and {len(classes)} classes, expected a class for each box")
    return boxes, classes


def _table_row(name: str, row: ClassMetrics, width: int) -> str:
    numbers = [row.precision, row.recall, row.ap50, row.ap50_95]
    cells = ["-" if math.isnan(number) else f"{number:.3f}" for number in numbers]
    return f"{name:{width}} {row.boxes:>6} {cells[0]:>9} {cells[1]:>7} {cells[2]:>7} {cells[3]:>7}"


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
