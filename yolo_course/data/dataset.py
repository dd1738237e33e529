"""A data set for detection: pictures, their boxes, and the names of the classes."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from .images import image_size, read_image
from .problems import DataError


class Dataset:
    """`len(data)` samples; `data[i]` is (image, boxes, classes), a copy that is yours to change.

    images: a Path each (decoded whenever it is asked for), or uint8 (H, W, 3) RGB arrays
    boxes: float32 (n, 4) each: left, top, right, bottom in pixels of the picture as it is seen (EXIF applied)
    classes: int64 (n,) each: indices into `names`
    ids: a name for each picture: the stem of its file, or its index
    unlabelled: ids of the pictures without any label file: no box may mean "not done yet"
    Raises DataError where these do not fit together.
    """

    def __init__(
        self,
        images: Sequence[str | Path | np.ndarray],
        boxes: Sequence[np.ndarray],
        classes: Sequence[np.ndarray],
        names: Sequence[str],
        name: str = "",
        *,
        ids: Sequence[str] | None = None,
        unlabelled: Iterable[str] = (),
        shapes_wh: np.ndarray | None = None,
    ):
        self.images = [Path(image) if isinstance(image, str) else image for image in images]
        self.boxes = [np.asarray(each, dtype=np.float32).reshape(-1, 4) for each in boxes]
        self.classes = [np.asarray(each, dtype=np.int64).reshape(-1) for each in classes]
        self.names = [str(each) for each in names]
        self.name = name
        self.ids = list(ids) if ids is not None else default_ids(self.images)
        self.unlabelled = frozenset(unlabelled)
        self._shapes_wh = None if shapes_wh is None else np.asarray(shapes_wh, dtype=np.int64).reshape(-1, 2)
        self._check()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        image = self.images[operator.index(index)]  # of a slice, `subset` is the way
        pixels = read_image(image) if isinstance(image, Path) else image.copy()
        return pixels, self.boxes[index].copy(), self.classes[index].copy()

    def __repr__(self) -> str:
        label = f"{self.name}: " if self.name else ""
        total, empty = sum(map(len, self.boxes)), sum(not len(each) for each in self.boxes)
        without = f" ({empty} without a box)" if empty else ""
        names = ", ".join(self.names[:5]) + (", ..." if len(self.names) > 5 else "")
        return f"<Dataset {label}{len(self)} images{without}, {total} boxes, {len(self.names)} classes: {names}>"

    @property
    def shapes_wh(self) -> np.ndarray:
        """(n, 2) width and height of each picture as it is seen; files are asked once, for their header."""
        if self._shapes_wh is None:
            sizes = [image_size(each) if isinstance(each, Path) else each.shape[1::-1] for each in self.images]
            self._shapes_wh = np.array(sizes, dtype=np.int64).reshape(-1, 2)
        return self._shapes_wh

    def counts(self) -> dict[str, int]:
        """How many boxes there are of each class, by name."""
        numbers = np.zeros(len(self.names), dtype=np.int64)
        for each in self.classes:
            np.add.at(numbers, each, 1)
        return dict(zip(self.names, numbers.tolist(), strict=True))

    def subset(self, indices: Iterable[int]) -> Dataset:
        """The samples at these indices, in this order; their pictures are shared, not copied."""
        chosen = [range(len(self))[index] for index in indices]
        shapes = None if self._shapes_wh is None else self._shapes_wh[chosen]
        return self._like(chosen, [self.images[i] for i in chosen], [self.boxes[i] for i in chosen], shapes)

    def resized(self, size: int, upscale: bool = True) -> Dataset:
        """The same data in memory, the long side of every picture `size` pixels, the boxes scaled along.

        With upscale=False smaller pictures keep their size.
        """
        pairs = [_resize(*self[i][:2], size, upscale) for i in range(len(self))]
        return self._like(range(len(self)), [image for image, _ in pairs], [boxes for _, boxes in pairs])

    def _like(self, chosen: Sequence[int], images: list, boxes: list, shapes_wh=None) -> Dataset:
        """A data set of the same classes, of the chosen samples with these images and boxes."""
        ids = [self.ids[i] for i in chosen]
        more = {"ids": ids, "unlabelled": self.unlabelled.intersection(ids), "shapes_wh": shapes_wh}
        return Dataset(images, boxes, [self.classes[i] for i in chosen], self.names, self.name, **more)

    def _check(self) -> None:
        lengths = [len(each) for each in (self.images, self.boxes, self.classes, self.ids)]
        if len(set(lengths)) > 1:
            found = "{} images, {} arrays of boxes, {} of classes and {} ids".format(*lengths)
            raise DataError(f"found {found}; expected as many of each.")
        for name in self.names:
            if self.names.count(name) > 1:
                raise DataError(f"found the class name {name!r} more than once; rename one of them.")
        for i, image in enumerate(self.images):
            _check_sample(f"image {self.ids[i]}", image, self.boxes[i], self.classes[i], len(self.names))


def default_ids(images: Sequence[Path | np.ndarray]) -> list[str]:
    """Stems of the files; paths below their common folder where stems would repeat; else indices."""
    ids = [image.stem if isinstance(image, Path) else str(i) for i, image in enumerate(images)]
    if len(set(ids)) < len(ids) and all(isinstance(image, Path) for image in images):
        top = os.path.commonpath([image.parent.absolute() for image in images])
        ids = [image.absolute().relative_to(top).as_posix() for image in images]
    return ids


def _check_sample(what: str, image, boxes: np.ndarray, classes: np.ndarray, num_classes: int) -> None:
    if not isinstance(image, Path) and (image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3):
        raise DataError(f"{what}: expected a path or a uint8 (H, W, 3) array, found {image.dtype} {image.shape}.")
    if len(boxes) != len(classes):
        raise DataError(f"{what}: found {len(boxes)} boxes and {len(classes)} classes; expected a class for each.")
    if not (np.isfinite(boxes).all() and (boxes[:, 2:] > boxes[:, :2]).all()):
        raise DataError(f"{what}: expected finite boxes with left < right and top < bottom, found {boxes.tolist()}.")
    if len(classes) and not 0 <= classes.min() <= classes.max() < num_classes:
        raise DataError(f"{what}: found classes {classes.tolist()}, expected 0 to {num_classes - 1} (see `names`).")


def _resize(image: np.ndarray, boxes: np.ndarray, size: int, upscale: bool) -> tuple[np.ndarray, np.ndarray]:
    height, width = image.shape[:2]
    ratio = size / max(height, width)
    if ratio == 1 or (ratio > 1 and not upscale):
        return image, boxes
    new_width, new_height = max(round(width * ratio), 1), max(round(height * ratio), 1)
    method = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    scale = np.array([new_width / width, new_height / height] * 2, dtype=np.float32)
    return cv2.resize(image, (new_width, new_height), interpolation=method), boxes * scale
