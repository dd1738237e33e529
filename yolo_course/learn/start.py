"""Where training starts from: the course's own weights, another file, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from yolo_course.config import COCO_ANCHORS
from yolo_course.data import data_dir
from yolo_course.model import YOLOv5
from yolo_course.pretrained import check_fetched
from yolo_course.weights import load_checkpoint, transfer_weights

COURSE_WEIGHTS = "weights/yolov5n_source.safetensors"


def course_weights() -> Path:
    """The file of the course's own weights: YOLOv5n (v7.0), pre-trained on the rendered source domain."""
    return data_dir() / COURSE_WEIGHTS


def course_model(
    names: Sequence[str] | None = None,
    weights: str | Path | None = None,
    seed: int = 0,
    anchor_scale: float | None = None,
) -> YOLOv5:
    """A pre-trained model for the classes ``names``, ready to train on; without names the model as it is.

    ``weights`` is a file that :func:`~yolo_course.weights.load_checkpoint` reads, by default the course's own, or a
    name such as ``"yolov5s"``: the original's, if they were fetched before. Nothing is downloaded: lessons begin here.
    For other classes the head's last layer is new (``seed`` decides its first numbers), all else is transferred.
    ``anchor_scale`` as in :func:`set_coco_anchors`; the course's own weights have 0.4, for pictures of 128 pixels.
    Raises CheckpointError (a ValueError) for weights that are not there or cannot be read.
    """
    if weights:
        check_fetched(weights)
    trained = load_checkpoint(weights or course_weights())
    if anchor_scale is not None:
        set_coco_anchors(trained, anchor_scale)
    if names is None:
        return trained
    model = untrained_model(names, trained, seed)
    transfer_weights(model, trained)
    return model


def set_coco_anchors(model: YOLOv5, scale: float) -> None:
    """Give a model ``scale`` times the anchors of COCO, which are made for pictures of 640 pixels.

    Raises ValueError for a scale that is not above 0.
    """
    if not scale > 0:
        raise ValueError(f"found anchor_scale={scale}, expected a number above 0, such as 0.4 at 128 pixels")
    model.detect.set_anchors(torch.tensor(COCO_ANCHORS).view(3, -1, 2) * scale)


def untrained_model(names: Sequence[str], like: YOLOv5 | None = None, seed: int = 0) -> YOLOv5:
    """A network for the classes ``names`` with the rows and anchors of ``like`` (the course's), and random weights."""
    like = like or load_checkpoint(course_weights())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = YOLOv5.from_yaml({**like.config, "names": None}, num_classes=len(names), names=names)
    model.detect.set_anchors(like.detect.anchor_pixels)
    return model
