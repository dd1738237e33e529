"""Training batches: samples drawn, augmented and stacked, each batch a function of (seed, epoch, index) alone.

So a run that was killed goes on with the batches it would have seen, and worker processes change nothing but speed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from yolo_course.data import Dataset
from yolo_course.stages.input import (
    collate,
    cutout,
    flip,
    hsv_jitter,
    letterbox,
    letterbox_boxes,
    mixup,
    mosaic,
    random_affine,
    rectangular_batches,
)

# Probabilities and strengths under the original's names. Its values, but for mosaic: half of the pictures, not all of
# them, learn better in a run of a few hundred steps.
AUGMENT = {
    "mosaic": 0.5,
    "mixup": 0.0,
    "cutout": 0.0,
    "hsv_h": 0.015,
    "hsv_s": 0.7,
    "hsv_v": 0.4,
    "fliplr": 0.5,
    "flipud": 0.0,
    "degrees": 0.0,
    "translate": 0.1,
    "scale": 0.5,
    "shear": 0.0,
    "perspective": 0.0,
}
NO_AUGMENT = dict.fromkeys(AUGMENT, 0.0)


class Batches(TorchDataset):
    """The batches of one epoch: ``batches[i]`` is (images float32 (B, 3, H, W) in 0..1, targets (n, 6)).

    ``data`` holds pictures whose long side is about ``size`` (``Dataset.resized``). ``rect`` groups pictures of like
    shape into batches with little padding; as in the original it switches mosaic and mixup off.
    ``rank`` of ``world`` processes gets its own share of every batch.
    """

    def __init__(
        self,
        data: Dataset,
        size: int,
        batch_size: int,
        augment: Mapping[str, float],
        seed: int = 0,
        epoch: int = 0,
        rect: bool = False,
        rank: int = 0,
        world: int = 1,
    ):
        self.data, self.size, self.augment, self.rect = data, size, dict(augment), rect
        self.key = (seed, epoch)
        order = np.random.default_rng(self.key).permutation(len(data))
        self.shapes = [(size, size)] * -(-len(data) // batch_size)
        if rect:
            order, self.shapes = rectangular_batches(data.shapes_wh, size, batch_size, pad=0.0)
        groups = [np.asarray(order[i : i + batch_size]) for i in range(0, len(data), batch_size)]
        self.groups = [np.resize(group, -(-len(group) // world) * world)[rank::world] for group in groups]
        self.rank = rank

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((*self.key, 1 + index, self.rank))
        return collate([self._augmented(picture, self.shapes[index], rng) for picture in self.groups[index]])

    def _augmented(self, picture: int, shape: tuple[int, int], rng: np.random.Generator):
        a = self.augment
        sample = self._composed(picture, shape, rng)
        if not self.rect and rng.random() < a["mixup"]:
            sample = mixup(sample, self._composed(rng.integers(len(self.data)), shape, rng), rng)
        sample = hsv_jitter(*sample, rng, a["hsv_h"], a["hsv_s"], a["hsv_v"])
        sample = flip(*sample, rng, a["fliplr"], a["flipud"])
        return cutout(*sample, rng) if rng.random() < a["cutout"] else sample

    def _composed(self, picture: int, shape: tuple[int, int], rng: np.random.Generator):
        """Four pictures as a mosaic, or one, moved and zoomed."""
        a = self.augment
        if not self.rect and rng.random() < a["mosaic"]:
            others = rng.integers(len(self.data), size=3)
            return mosaic([self.data[i] for i in (picture, *others)], rng, self.size, scale=a["scale"])
        image, boxes, classes = self.data[picture]
        image, ratio, pad = letterbox(image, shape)
        sample = image, letterbox_boxes(boxes, ratio, pad), classes
        return random_affine(*sample, rng, a["degrees"], a["translate"], a["scale"], a["shear"], a["perspective"])


def in_order(batches: Batches, workers: int = 0, pin_memory: bool = False) -> DataLoader:
    """Iterate over the batches, made ahead by ``workers`` processes if there are any.

    ``pin_memory`` keeps them where a GPU can fetch them while the processor goes on.
    """
    return DataLoader(batches, batch_size=None, num_workers=workers, pin_memory=pin_memory)


class Waiting:
    """Iterate over ``items``, and count the ``seconds`` until each of them came."""

    def __init__(self, items: Iterable):
        self.items, self.seconds = items, 0.0

    def __iter__(self) -> Iterator:
        items = iter(self.items)
        while True:
            began = time.perf_counter()
            item = next(items, self)
            self.seconds += time.perf_counter() - began
            if item is self:
                return
            yield item
