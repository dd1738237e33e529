"""Which detection belongs to which object? Matched greedily, the surest detection first, as COCO does."""

from __future__ import annotations

import numpy as np
import torch

from yolo_course.boxes import iou_matrix
from yolo_course.learn.coco_ap import Truth

THRESHOLDS = np.linspace(0, 1, 1001)  # confidences at which precision and recall are looked at


def match(detections: np.ndarray, boxes: np.ndarray, iou: float, allowed: np.ndarray | None = None) -> np.ndarray:
    """For each detection, best first, the index of the box it claims, or -1: (m,).

    It claims the free box that it overlaps most, if by at least `iou`; `allowed` (m, n) rules out pairs.
    """
    overlap = iou_matrix(torch.from_numpy(detections[:, :4]), torch.from_numpy(boxes)).numpy()
    if allowed is not None:
        overlap = np.where(allowed, overlap, -1)
    claimed = np.full(len(detections), -1)
    if overlap.size:
        for i in np.flatnonzero(overlap.max(1) >= iou):
            best = overlap[i].argmax()
            if overlap[i, best] >= iou:
                claimed[i] = best
                overlap[:, best] = -1
    return claimed


def precision_recall(
    truths: list[Truth], detections: list[np.ndarray], counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall (nc, 1001) at IoU 0.5 for each of THRESHOLDS; 0 where a class is not detected."""
    hits = [
        match(rows, boxes, 0.5, rows[:, 5:] == classes) >= 0
        for (boxes, classes), rows in zip(truths, detections, strict=True)
    ]
    rows, hit = np.concatenate(detections), np.concatenate(hits)
    true = np.stack([_how_many(rows[hit & (rows[:, 5] == c), 4]) for c in range(len(counts))])
    found = np.stack([_how_many(rows[rows[:, 5] == c, 4]) for c in range(len(counts))])
    return true / np.maximum(found, 1), true / np.maximum(counts, 1)[:, None]


def best_threshold(
    precision: np.ndarray, recall: np.ndarray, present: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """The confidence with the best mean F1 of the `present` classes; precision and recall (nc,) there."""
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    best = f1[present].mean(0).argmax()
    at_best = (np.where(present, curve[:, best], np.nan) for curve in (precision, recall))
    return float(THRESHOLDS[best]), *at_best


def confusion_matrix(
    truths: list[Truth], detections: list[np.ndarray], num_classes: int, conf: float = 0.25, iou: float = 0.45
) -> np.ndarray:
    """(nc + 1, nc + 1): predicted class in rows, true class in columns, "nothing" last in both.

    Detections below `conf` do not count; the others are matched to boxes of whatever class.
    """
    matrix = np.zeros((num_classes + 1, num_classes + 1), dtype=np.int64)
    for (boxes, classes), rows in zip(truths, detections, strict=True):
        rows = rows[rows[:, 4] >= conf]
        claimed = match(rows, boxes, iou)
        true = np.append(classes, num_classes)[claimed]  # -1 takes the last: nothing is there
        missed = np.delete(classes, claimed[claimed >= 0])
        np.add.at(matrix, (rows[:, 5].astype(np.int64), true), 1)
        np.add.at(matrix, (num_classes, missed), 1)
    return matrix


def _how_many(scores: np.ndarray) -> np.ndarray:
    """How many of the scores reach each of THRESHOLDS."""
    return len(scores) - np.searchsorted(np.sort(scores), THRESHOLDS, side="left")
