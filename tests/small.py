"""A data set, a detector and its weights, small enough to train and use within seconds."""

from pathlib import Path

import numpy as np
import torch

from yolo_course.data import Dataset, save_yolo
from yolo_course.model import YOLOv5
from yolo_course.weights import save_weights

NAMES = ["bright", "dark one"]


def small_split(count: int = 3, seed: int = 0, size: int = 64) -> Dataset:
    """Pictures of noise (size x size) with a bright and a dark square each."""
    rng = np.random.default_rng(seed)
    images, boxes = [], []
    for _ in range(count):
        image = rng.integers(80, 160, (size, size, 3), dtype=np.uint8)
        corners = rng.integers(2, size // 2 - 16, (2, 2)) + [[0, 0], [size // 2, 0]]
        for (left, top), value in zip(corners, (255, 0), strict=True):
            image[top : top + 14, left : left + 14] = value
        images.append(image)
        boxes.append(np.hstack([corners, corners + 14]))
    return Dataset(images, boxes, [np.arange(2)] * count, NAMES, "small")


def small_set(folder: Path, splits: tuple[str, ...] = ("train", "val", "test"), count: int = 3) -> Path:
    """A YOLO folder with different pictures in each split."""
    for seed, split in enumerate(splits):
        save_yolo(small_split(count, seed), folder, split)
    return folder


def eager_model(names=NAMES) -> YOLOv5:
    """An untrained network that is sure to see things of class 0 or 1, by the map, in every cell."""
    torch.manual_seed(0)
    model = YOLOv5("n", num_classes=len(names), names=names)
    with torch.no_grad():
        for level, conv in enumerate(model.detect.m):
            bias = conv.bias.view(3, -1)
            bias[:, [4, 5 + level % 2]] += 12
    return model.eval()


def eager_weights(file: Path, **metadata) -> Path:
    return save_weights(eager_model(), file, metadata=metadata)
