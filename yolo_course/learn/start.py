"""Where training starts from: the course's own weights, another file, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from yolo_course.data import data_dir
from yolo_course.model import YOLOv5
from yolo_course.weights import load_checkpoint, transfer_weights

COURSE_WEIGHTS = "weights/yolov5n_source.safetensors"


def course_weights() -> Path:
    """The file of the course's own weights: YOLOv5n (v7.0), pre-trained on the rendered source domain."""
    return data_dir() / COURSE_WEIGHTS


def course_model(names: Sequence[str] | None = None, weights: str | Path | None = None, seed: int = 0) -> YOLOv5:
    """A pre-trained model for the classes ``names``, ready to train on; without names the model as it is.

    ``weights`` is a file that :func:`~yolo_course.weights.load_checkpoint` reads, by default the course's own. For
    other classes the head's last layer is new (``seed`` decides its first numbers), all else is transferred.
    """
    trained = load_checkpoint(weights or course_weights())
    if names is None:
        return trained
    model = untrained_model(names, trained, seed)
    transfer_weights(model, trained)
    return model


def untrained_model(names: Sequence[str], like: YOLOv5 | None = None, seed: int = 0) -> YOLOv5:
    """A network for the classes ``names`` with the rows and anchors of ``like`` (the course's), and random weights."""
    like = like or load_checkpoint(course_weights())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = YOLOv5.from_yaml({**like.config, "names": None}, num_classes=len(names), names=names)
    model.detect.set_anchors(like.detect.anchor_pixels)
    return model
