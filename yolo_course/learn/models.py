"""Models by the words of the command line: ``course``, ``none``, or a file of weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from yolo_course.learn.start import course_weights, set_coco_anchors, untrained_model
from yolo_course.model import YOLOv5
from yolo_course.weights import (
    CheckpointError,
    TransferReport,
    load_checkpoint,
    read_metadata,
    transfer_weights,
)

COURSE_SIZE, ORIGINAL_SIZE = 128, 640  # pixels that the course's weights and the original's were trained at


def weights_file(name: str) -> Path:
    """The file of ``"course"``, the course's own weights, or the path that ``name`` is."""
    return course_weights() if name == "course" else Path(name)


def open_weights(name: str) -> YOLOv5:
    """The network in :func:`weights_file`. Raises CheckpointError for a file that cannot be loaded."""
    return load_checkpoint(weights_file(name))


def trained_size(name: str) -> int:
    """At how many pixels a model was trained, and so works best: its file says it, or its run folder.

    Without either it is 640, as for the original's checkpoints.
    """
    file = weights_file(name)
    try:
        stated = read_metadata(file).get("size")
    except CheckpointError:  # not a file of ours
        stated = None
    config = file.parent / "config.yaml"
    if stated is None and config.is_file():
        content = yaml.safe_load(config.read_text(encoding="utf-8"))
        stated = content.get("size") if isinstance(content, dict) else None
    if stated is None and name == "course":
        return COURSE_SIZE
    return stated if isinstance(stated, int) else ORIGINAL_SIZE


def starting_model(
    names: Sequence[str],
    weights: str = "course",
    network: str | None = None,
    release: str | None = None,
    anchor_scale: float | None = None,
    seed: int = 0,
) -> tuple[YOLOv5, TransferReport | None]:
    """A model to train for the classes ``names``, and what was carried over from ``weights``.

    With ``weights="none"`` it is a new ``network`` (n, s, m, l, x, or a YAML file; n by default) of a
    ``release``, and ``seed`` decides its first numbers. ``anchor_scale`` replaces the anchors by so much of
    the COCO anchors, which are made for pictures of 640 pixels. Raises ValueError for a network beside
    weights, whose file says it already.
    """
    if weights != "none" and (network or release):
        raise ValueError(f"found a network or release beside the weights {weights!r}, which decide it: leave it out")
    like = _new_network(network or "n", release) if weights == "none" else open_weights(weights)
    if anchor_scale is not None:
        set_coco_anchors(like, anchor_scale)
    model = untrained_model(names, like, seed)
    return model, None if weights == "none" else transfer_weights(model, like)


def _new_network(network: str, release: str | None) -> YOLOv5:
    if network.endswith((".yaml", ".yml")):
        if release:
            raise ValueError(f"found release {release!r} beside the file {network}, which decides it: leave it out")
        return YOLOv5.from_yaml(network, num_classes=1)
    return YOLOv5(network, release or "v7.0", num_classes=1)
