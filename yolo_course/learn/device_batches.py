"""Training batches made on the device itself: the pictures lie in its memory, and one look-up draws a batch.

A GPU trains a small network faster than a processor augments its pictures. Here every pixel of a batch asks where it
comes from (which picture, which place), so that mosaic, zoom and shift are one indexing for the whole batch. Only
the boxes, a few hundred numbers, are moved by the processor. The probabilities and strengths are those of ``Batches``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from yolo_course.boxes import normalise
from yolo_course.data import Dataset
from yolo_course.learn.batches import Batches
from yolo_course.stages.augment import PAD_VALUE, keep_visible, random_matrix

UNSUPPORTED = ("mixup", "cutout", "perspective")


class Store:
    """The pictures of a training set on a device: uint8 (N, size, size, 3), each in the upper left corner.

    ``data`` holds pictures whose long side is ``size`` (``Dataset.resized``).
    """

    def __init__(self, data: Dataset, size: int, device: torch.device):
        self.data, self.size = data, size
        self.shapes_wh = np.asarray(data.shapes_wh)
        pictures = np.full((len(data), size, size, 3), PAD_VALUE, np.uint8)
        for place, image in zip(pictures, data.images, strict=True):
            place[: image.shape[0], : image.shape[1]] = image
        self.pictures = torch.from_numpy(pictures).to(device)
        self.ends = torch.from_numpy(self.shapes_wh).to(device)  # width and height of each


class Plan(NamedTuple):
    """How a batch of B pictures is drawn: four quarters each, of which a lone picture fills the first."""

    picture: ndarray  # (B, 4) index in the store
    matrix: ndarray  # (B, 4, 2, 3) from a picture's pixels to the batch's
    meet: ndarray  # (B, 2) x, y where the quarters meet; the lower right corner for a lone picture
    gains: ndarray  # (B, 3) hue, saturation, value
    mirror: ndarray  # (B, 2) bool, left-right and upside down


class DeviceBatches(Batches):
    """The batches of one epoch from a ``Store``: images (B, 3, H, W) on its device, targets (n, 6) on the CPU.

    As with ``Batches`` each is a function of (seed, epoch, index) alone. Raises ValueError for an augmentation that
    is not made here.
    """

    def __init__(self, store: Store, batch_size: int, augment: Mapping[str, float], seed=0, epoch=0, rank=0, world=1):
        for name in UNSUPPORTED:
            if augment[name]:
                raise ValueError(f"found {name}={augment[name]}, which is not made on the device: use augment_on='cpu'")
        super().__init__(store.data, store.size, batch_size, augment, seed, epoch, rank=rank, world=world)
        self.store = store

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        plan = self.plan(self.groups[index], np.random.default_rng((*self.key, 1 + index, self.rank)))
        return draw(self.store, plan), move_boxes(self.store, plan)

    def plan(self, group: ndarray, rng: np.random.Generator) -> Plan:
        """Draw all that is random about a batch."""
        a, size, count = self.augment, self.size, len(group)
        picture = np.column_stack([group, rng.integers(len(self.data), size=(count, 3))])
        in_four = rng.random(count) < a["mosaic"]
        meet = np.where(in_four[:, None], rng.integers(0, size, (count, 2), endpoint=True), size)
        zoom = rng.uniform(1 - a["scale"], 1 + a["scale"], (count, 4))
        matrix = quarters(self.store.shapes_wh[picture], meet, zoom)
        for row in np.flatnonzero(~in_four):
            move = random_matrix(size, size, rng, *(a[key] for key in ("degrees", "translate", "scale", "shear")), 0.0)
            matrix[row, 0] = (move @ _shift((size - self.store.shapes_wh[picture[row, 0]]) // 2))[:2]
        gains = rng.uniform(-1, 1, (count, 3)) * [a[key] for key in ("hsv_h", "hsv_s", "hsv_v")]
        return Plan(picture, matrix, meet, gains, rng.random((count, 2)) < (a["fliplr"], a["flipud"]))


def quarters(shapes_wh: ndarray, meet: ndarray, zoom: ndarray) -> ndarray:
    """(B, 4, 2, 3): zoom each of four pictures and lay its corner where they meet, as ``stages.input.mosaic`` does."""
    matrix = np.zeros((*zoom.shape, 2, 3))
    matrix[..., 0, 0] = matrix[..., 1, 1] = zoom
    comes_first = np.array([(1, 1), (0, 1), (1, 0), (0, 0)])  # left of, above the point where they meet
    matrix[..., 2] = meet[:, None] - comes_first * shapes_wh * zoom[..., None]
    return matrix


def _shift(by: ndarray) -> ndarray:
    return np.array([[1, 0, by[0]], [0, 1, by[1]], [0, 0, 1]], dtype=float)


def draw(store: Store, plan: Plan) -> Tensor:
    """The pixels of a batch, float32 (B, 3, size, size) in 0..1, on the store's device."""
    device = store.pictures.device
    picture, meet, mirror = (torch.from_numpy(each).to(device, non_blocking=True) for each in (plan[0], *plan[2::2]))
    back, gains = (
        torch.from_numpy(each).float().to(device, non_blocking=True) for each in (inverse(plan.matrix), plan.gains)
    )
    middle = torch.arange(store.size, device=device) + 0.5  # of a pixel
    right, low = middle >= meet[:, :1], middle >= meet[:, 1:]  # (B, size) each
    quarter = right[:, None, :].long() + 2 * low[:, :, None]  # (B, size, size)
    batch = torch.arange(len(meet), device=device)[:, None, None]
    back, picture = back[batch, quarter], picture[batch, quarter]
    place = torch.stack((middle.expand(store.size, -1), middle[:, None].expand(-1, store.size)), -1)  # x, y
    source = (back[..., :2] * place[..., None, :]).sum(-1) + back[..., 2]
    images = _mirrored(recoloured(_look_up(store, picture, source), gains), mirror)
    return images.permute(0, 3, 1, 2)


def inverse(matrix: ndarray) -> ndarray:
    """The way back of affine matrices (..., 2, 3)."""
    turn = np.linalg.inv(matrix[..., :2])
    return np.concatenate([turn, -turn @ matrix[..., 2:]], -1)


def _look_up(store: Store, picture: Tensor, source: Tensor) -> Tensor:
    """Colours in 0..1 at ``source`` (..., 2) of the pictures, between four pixels; grey beyond a picture's edge."""
    ends = store.ends[picture]
    outside = ((source < 0) | (source > ends)).any(-1, keepdim=True)
    near = (source - 0.5).clamp(min=0).minimum(ends - 1)
    first = near.floor()
    share, first = near - first, first.long()
    last = (first + 1).minimum(ends - 1)
    flat, row = store.pictures.view(-1, 3), picture * store.size

    def colour(y: Tensor, x: Tensor) -> Tensor:
        return flat[(row + y) * store.size + x].float()

    rows, (left, right) = (first[..., 1], last[..., 1]), (first[..., 0], last[..., 0])
    above, below = (torch.lerp(colour(y, left), colour(y, right), share[..., :1]) for y in rows)
    return torch.lerp(above, below, share[..., 1:]).masked_fill(outside, PAD_VALUE) / 255


def recoloured(images: Tensor, gains: Tensor) -> Tensor:
    """Turn hues and scale saturation and value of (B, H, W, 3) in 0..1, as ``stages.augment.recolour`` does."""
    hue, saturation, value = hsv(images)
    turn, more, brighter = gains[:, :, None, None].unbind(1)
    hue, saturation = hue + 6 * turn, (saturation * (1 + more)).clamp(0, 1)
    value = (value * (1 + brighter)).clamp(0, 1)
    # Foley et al., "Computer Graphics": each channel falls from the value by value x saturation, by the hue's sector.
    sectors = [(number + hue) % 6 for number in (5, 3, 1)]
    channels = [value * (1 - saturation * torch.minimum(s, 4 - s).clamp(0, 1)) for s in sectors]
    return torch.stack(channels, -1)


def hsv(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue (0..6, a unit each 60 degrees), saturation and value of colours (..., 3) in 0..1."""
    red, green, blue = images.unbind(-1)
    value, least = images.amax(-1), images.amin(-1)
    spread = value - least
    safe = spread.clamp(min=1e-6)
    hue = torch.where(value == red, (green - blue) / safe, (blue - red) / safe + 2)
    hue = torch.where((value == blue) & (value != red) & (value != green), (red - green) / safe + 4, hue)
    return hue, spread / value.clamp(min=1e-6), value


def _mirrored(images: Tensor, mirror: Tensor) -> Tensor:
    for axis, wanted in ((2, mirror[:, 0]), (1, mirror[:, 1])):
        images = torch.where(wanted[:, None, None, None], images.flip(axis), images)
    return images


def move_boxes(store: Store, plan: Plan) -> Tensor:
    """The targets of a batch, float32 (n, 6) as ``collate`` makes them, on the CPU."""
    count, data = len(plan.meet), store.data
    own = plan.picture.ravel()
    boxes, classes = (np.concatenate([each[i] for i in own]) for each in (data.boxes, data.classes))
    tile = np.repeat(np.arange(4 * count), [len(data.boxes[i]) for i in own])
    start = np.zeros((count, 4, 2))  # corners of the quarters
    start[:, 1::2, 0], start[:, 2:, 1] = plan.meet[:, :1], plan.meet[:, 1:]
    end = np.full_like(start, store.size)
    end[:, ::2, 0], end[:, :2, 1] = plan.meet[:, :1], plan.meet[:, 1:]
    start, end = start.reshape(-1, 2)[tile], end.reshape(-1, 2)[tile]
    moved = _moved(boxes, plan.matrix.reshape(-1, 2, 3)[tile]) - np.tile(start, 2)
    seen, kept = keep_visible(moved, np.arange(len(tile)), *(end - start).T)
    seen, image = seen + np.tile(start[kept], 2), tile[kept] // 4
    for axis in (0, 1):
        turned = plan.mirror[image, axis]
        seen[np.ix_(turned, [axis, axis + 2])] = store.size - seen[np.ix_(turned, [axis + 2, axis])]
    return torch.from_numpy(np.column_stack([image, classes[kept], normalise(seen, store.size, store.size)])).float()


def _moved(boxes: ndarray, matrix: ndarray) -> ndarray:
    """The upright hulls of boxes (n, 4) under a matrix (n, 2, 3) each."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    corners = corners @ matrix[..., :2].transpose(0, 2, 1) + matrix[:, None, :, 2]
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
