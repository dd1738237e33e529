"""From a picture to boxes in the picture: all stages but the loss, in four lines."""

from __future__ import annotations

import numpy as np
import torch

from yolo_course.boxes import unletterbox
from yolo_course.model import YOLOv5
from yolo_course.stages.head import non_max_suppression
from yolo_course.stages.input import collate, letterbox


@torch.no_grad()
def predict(
    model: YOLOv5, image: np.ndarray, size: int = 640, conf: float = 0.25, iou: float = 0.45, **options
) -> np.ndarray:
    """Detect the objects in one uint8 RGB picture (H, W, 3): float32 (n, 6), x1, y1, x2, y2, score, class.

    The boxes are pixels of the picture as it was given. ``size`` is the side it is scaled to, best the one the model
    was trained at; ``options`` go to :func:`~yolo_course.stages.head.non_max_suppression`.
    """
    small, ratio, pad = letterbox(image, size, auto=True)
    images, _ = collate([(small, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))])
    was_training, device = model.training, model.stride.device
    try:
        decoded, _ = model.eval()(images.to(device))
    finally:
        model.train(was_training)
    found = non_max_suppression(decoded, conf, iou, **options)[0].cpu().numpy()
    return np.concatenate((unletterbox(found[:, :4], ratio, pad, image.shape[:2]), found[:, 4:]), 1)
