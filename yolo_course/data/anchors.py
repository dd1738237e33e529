"""Do the anchors reach the boxes? The best possible recall as YOLOv5 computes it, and anchors made for a data set."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy import ndarray

from .dataset import Dataset
from .problems import DataError

ANCHOR_T = 4.0  # an anchor answers for boxes up to so many times as large or small, in width and in height
ENOUGH = 0.98  # best possible recall below which YOLOv5 makes new anchors


def scaled_sizes(splits: Dataset | Iterable[Dataset], size: int) -> ndarray:
    """(n, 2) width and height in pixels of every box when the long side of its picture is made ``size``."""
    parts = [splits] if isinstance(splits, Dataset) else splits
    found = [
        (boxes[:, 2:] - boxes[:, :2]) * (size / max(shape))
        for data in parts
        for boxes, shape in zip(data.boxes, data.shapes_wh, strict=True)
    ]
    return np.concatenate([*found, np.zeros((0, 2))])


def box_ratios(sizes: ndarray, anchors: ndarray) -> ndarray:
    """(n, A): how many times as large or small is the worse side of each box (n, 2), compared with each anchor?"""
    ratio = sizes[:, None] / np.reshape(anchors, (-1, 2))[None]  # (n, A, 2)
    return np.maximum(ratio, 1 / ratio).max(2)


def best_possible_recall(sizes: ndarray, anchors: ndarray, anchor_t: float = ANCHOR_T) -> tuple[float, float]:
    """The share of the boxes (n, 2) that some anchor reaches, and how many anchors reach a box on average.

    ``anchors`` are pixels, (A, 2) or (levels, A, 2). A box that no anchor reaches is never learned. Raises DataError
    without a box.
    """
    if not len(sizes):
        raise DataError("found no box, expected at least one to compare with the anchors")
    reached = box_ratios(sizes, anchors) < anchor_t
    return float(reached.any(1).mean()), float(reached.sum(1).mean())


def kmeans_anchors(sizes: ndarray, count: int = 9, seed: int = 0) -> ndarray:
    """Anchors (levels, A, 2) in pixels made for boxes of these sizes (n, 2), smallest first, three levels.

    k-means (Lloyd 1982; OpenCV's) on the logarithms, since anchors are compared by ratio: the centre of a cluster is
    its geometric mean. (YOLOv5 clusters pixels, then lets the anchors evolve; this is simpler and comes as far.)
    Raises DataError for fewer boxes of different size than anchors.
    """
    if count % 3 or len(np.unique(sizes, axis=0)) < count:
        raise DataError(
            f"found {len(np.unique(sizes, axis=0))} boxes of different size, expected {count} at least to make "
            f"{count} anchors (a multiple of 3)"
        )
    cv2.setRNGSeed(seed)
    until = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 300, 1e-4)
    logarithms = np.log(np.maximum(sizes, 1)).astype(np.float32)
    _, _, centres = cv2.kmeans(logarithms, count, None, until, 10, cv2.KMEANS_PP_CENTERS)
    anchors = np.exp(centres.astype(np.float64))
    return anchors[np.argsort(anchors.prod(1))].reshape(3, -1, 2)
