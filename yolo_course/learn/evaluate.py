"""Running a model over a data set, and measuring what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from yolo_course.boxes import unletterbox
from yolo_course.data import Dataset
from yolo_course.learn.metrics import Metrics, score
from yolo_course.stages.head import non_max_suppression
from yolo_course.stages.input import collate, letterbox, rectangular_batches

NO_BOXES = np.zeros((0, 4), dtype=np.float32), np.zeros(0, dtype=np.int64)


def evaluate(
    model: nn.Module,
    dataset: Dataset,
    size: int = 640,
    batch_size: int = 16,
    conf: float = 0.001,
    iou: float = 0.6,
    max_detections: int = 300,
    device: str | torch.device | None = None,
    rect: bool = False,
) -> Metrics:
    """Detect in every picture at `size` pixels and compare with its boxes, in the picture's own pixels.

    Thresholds are those of YOLOv5's validation: nearly every candidate counts (`conf`), a box may stand for
    several classes, and boxes of a class that overlap by more than `iou` are one. `rect` pads each batch as
    little as possible instead of to a square. The model is left as it was: modes, device, every tensor.
    Raises ValueError where the model's classes are not the data set's, for a size that is no multiple of the
    largest stride, and for a data set without a box.
    """
    _check_fit(model, dataset, size)
    detections: list[np.ndarray] = [np.zeros((0, 6))] * len(dataset)
    with _in_eval_mode(model, device) as place:
        for indices, shape in _batches(dataset, size, batch_size, rect):
            images, geometry = _load(dataset, indices, shape)
            decoded = model(images.to(place))[0]
            found = non_max_suppression(decoded, conf, iou, multi_label=True, max_detections=max_detections)
            for index, rows, how in zip(indices, found, geometry, strict=True):
                detections[index] = _to_picture(rows, *how)
    return score(list(zip(dataset.boxes, dataset.classes, strict=True)), detections, dataset.names)


def _check_fit(model: nn.Module, dataset: Dataset, size: int) -> None:
    stride = int(max(model.stride))
    if size < stride or size % stride:
        raise ValueError(f"found size={size}, expected a multiple of {stride}, the stride of the coarsest map")
    names = list(model.names)
    if len(names) != len(dataset.names):
        raise ValueError(
            f"found a model of {len(names)} classes and a data set of {len(dataset.names)} "
            f"({', '.join(dataset.names[:10])}); expected the same. Train the model on these classes first."
        )
    if names != dataset.names and sorted(names) == sorted(dataset.names):
        raise ValueError(f"found two orders of the classes: {names} (model) and {dataset.names} (data set)")


@contextmanager
def _in_eval_mode(model: nn.Module, device: str | torch.device | None) -> Iterator[torch.device]:
    """Evaluation mode, no gradients, on `device`; afterwards everything is as before, module by module."""
    home = next(model.parameters()).device
    modes = {module: module.training for module in model.modules()}
    place = home if device is None else torch.device(device)
    try:
        model.to(place).eval()
        with torch.no_grad():
            yield place
    finally:
        model.to(home)
        for module, mode in modes.items():
            module.training = mode


def _batches(dataset: Dataset, size: int, batch_size: int, rect: bool) -> Iterator[tuple[list[int], tuple[int, int]]]:
    """The indices of each batch and its (height, width)."""
    order, shapes = np.arange(len(dataset)), None
    if rect:
        order, shapes = rectangular_batches(dataset.shapes_wh, size, batch_size)
    for number, start in enumerate(range(0, len(dataset), batch_size)):
        shape = (size, size) if shapes is None else tuple(shapes[number].tolist())
        yield order[start : start + batch_size].tolist(), shape


def _load(dataset: Dataset, indices: list[int], shape: tuple[int, int]) -> tuple[Tensor, list[tuple]]:
    """The batch (B, 3, H, W), and for each picture its ratio, pad and own (height, width)."""
    samples, geometry = [], []
    for index in indices:
        image = dataset[index][0]
        padded, ratio, pad = letterbox(image, shape)
        samples.append((padded, *NO_BOXES))
        geometry.append((ratio, pad, image.shape[:2]))
    return collate(samples)[0], geometry


def _to_picture(rows: Tensor, ratio: tuple, pad: tuple, shape_hw: tuple[int, int]) -> np.ndarray:
    """Detections in the padded picture to detections in the original one, (n, 6)."""
    boxes = unletterbox(rows[:, :4], ratio, pad, shape_hw)
    return torch.cat([boxes, rows[:, 4:]], 1).cpu().double().numpy()
