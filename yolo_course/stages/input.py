"""Stage 1, the input: pictures of any size become batches of one size, and four pictures become one.

A *sample* is ``(image, boxes, classes)``: uint8 RGB (height, width, 3), float32 ``xyxy`` pixels (n, 4), and
int64 (n,). Nothing here changes its inputs, and all chance comes from the ``numpy.random.Generator`` that is
passed. The augmentations of a single picture are written in :mod:`yolo_course.stages.augment` and imported
from here.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy import ndarray
from numpy.random import Generator
from torch import Tensor

from yolo_course.boxes import normalise
from yolo_course.stages.augment import (
    PAD_VALUE,
    Sample,
    check_image,
    check_sample,
    check_settings,
    cutout,
    flip,
    hsv_jitter,
    keep_visible,
    random_affine,
)

__all__ = [
    "collate", "cutout", "flip", "hsv_jitter", "letterbox", "letterbox_boxes",
    "mixup", "mosaic", "random_affine", "rectangular_batches",
]  # fmt: skip


def letterbox(
    image: ndarray, size: int | Sequence[int], stride: int = 32, auto: bool = False, scaleup: bool = True
) -> tuple[ndarray, tuple[float, float], tuple[float, float]]:
    """Resize a picture without distorting it and pad the rest with grey.

    ``size`` is one side or (height, width). With ``auto`` there is only as much padding as makes both sides a
    multiple of ``stride``, which the deepest map needs; with ``scaleup=False`` a small picture is not
    enlarged.

    Returns the new picture, the ratio new / old as (horizontal, vertical), and the padding of *one* side as
    (horizontal, vertical) pixels. An odd padding counts half a pixel on either side, as in YOLOv5, although
    its last pixel lies on the right or at the bottom. Raises ValueError for an image or a size that is none.
    """
    check_image(image)
    _check_whole(stride=stride)
    height, width = _height_width(size)
    old_height, old_width = image.shape[:2]
    ratio = min(height / old_height, width / old_width, np.inf if scaleup else 1.0)
    new_width, new_height = max(1, round(old_width * ratio)), max(1, round(old_height * ratio))
    rest_x, rest_y = width - new_width, height - new_height
    if auto:
        rest_x, rest_y = -new_width % stride, -new_height % stride
    if (new_width, new_height) != (old_width, old_height):
        image = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    left, top = rest_x // 2, rest_y // 2
    borders = (top, rest_y - top, left, rest_x - left)
    image = cv2.copyMakeBorder(image, *borders, cv2.BORDER_CONSTANT, value=(PAD_VALUE,) * 3)
    return image, (ratio, ratio), (rest_x / 2, rest_y / 2)


def letterbox_boxes(boxes: ndarray, ratio: tuple[float, float], pad: tuple[float, float]) -> ndarray:
    """Take float32 ``xyxy`` boxes (n, 4) along; :func:`yolo_course.boxes.unletterbox` brings them back."""
    return (boxes * np.tile(ratio, 2) + np.tile(pad, 2)).astype(np.float32)


def _check_whole(**settings: int) -> None:
    for name, value in settings.items():
        if not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"found {name}={value!r}, expected a whole number > 0: pass an int")


def _height_width(size: int | Sequence[int]) -> tuple[int, int]:
    sides = np.asarray(size)
    if sides.dtype.kind not in "iu" or sides.shape not in ((), (2,)) or (sides < 1).any():
        raise ValueError(f"found size={size!r}, expected pixels: pass one whole number > 0 or (height, width)")
    height, width = np.broadcast_to(sides, 2).tolist()
    return height, width


def rectangular_batches(
    shapes_wh: ndarray, size: int, batch_size: int, stride: int = 32, pad: float = 0.5
) -> tuple[ndarray, ndarray]:
    """Put pictures of like shape into one batch; give each batch the smallest shape that fits them all.

    Wide pictures come first, tall ones last; those of equal aspect ratio keep their order. ``shapes_wh`` is
    (n, 2), width and height; ``pad`` is extra room in strides before rounding up. YOLOv5 validates so, with
    pad 0.5; in training it is an option (pad 0) that switches mosaic off. "Matrix training" is a
    mistranslation of this: the Chinese for rectangle, 矩形, read as matrix, 矩阵.

    Returns the ``order`` (n,) in which to take the pictures, and ``batch_shapes``: a row (height, width) for
    every ``batch_size`` of them. Raises ValueError for shapes or a batch size that cannot be.
    """
    _check_whole(size=size, batch_size=batch_size, stride=stride)
    shapes = np.asarray(shapes_wh)
    if shapes.ndim != 2 or shapes.shape[1] != 2 or (shapes <= 0).any():
        raise ValueError(f"found shapes_wh of shape {shapes.shape}, expected (n, 2): widths and heights > 0")
    aspect = shapes[:, 1] / shapes[:, 0]  # height over width
    order = np.argsort(aspect, kind="stable")
    batches = [aspect[order[i : i + batch_size]] for i in range(0, len(order), batch_size)]
    # With its long side at 1, the tallest picture sets the batch's height, the widest its width.
    shares = np.array([(min(1, batch.max()), min(1, 1 / batch.min())) for batch in batches]).reshape(-1, 2)
    return order, np.ceil(shares * size / stride + pad).astype(int) * stride


def mosaic(
    samples: Sequence[Sample],
    rng: Generator,
    size: int = 640,
    center: Sequence[int] | None = None,
    scale: float = 0.0,
) -> Sample:
    """Lay four pictures around one point: top left, top right, bottom left, bottom right.

    Bochkovskiy, Wang & Liao, "YOLOv4: Optimal Speed and Accuracy of Object Detection", 2020. YOLOv5 lays them
    on a canvas of twice the size and warps its middle out; here only that middle is laid, by slicing, which
    is faster. ``center`` is the (x, y) where they meet, in pixels of the result, by default anywhere in it.
    Each picture is first resized by a random factor between 1 - ``scale`` and 1 + ``scale``.

    The samples may have any size; usually ``size`` is their long side. Returns a sample of ``size``, grey
    where no picture reaches; boxes are cut with their picture and pass ``keep_visible``. Raises ValueError
    unless there are four samples, and for a centre outside.
    """
    height, width = _height_width(size)
    if len(samples) != 4:
        raise ValueError(f"found {len(samples)} samples, expected 4: pass four of (image, boxes, classes)")
    check_settings(rng, scale=(scale, 0.99))
    x, y = rng.integers(0, (width, height), endpoint=True) if center is None else map(int, center)
    check_settings(rng, center_x=(x, width), center_y=(y, height))
    canvas = np.full((height, width, 3), PAD_VALUE, np.uint8)
    quarters = [_resize(*check_sample(*sample), rng.uniform(1 - scale, 1 + scale)) for sample in samples]
    labels = [_lay_quarter(canvas, x, y, i % 2 == 0, i < 2, *sample) for i, sample in enumerate(quarters)]
    boxes, classes = zip(*labels, strict=True)
    return canvas, np.concatenate(boxes), np.concatenate(classes)


def _resize(image: ndarray, boxes: ndarray, classes: ndarray, factor: float) -> Sample:
    if factor == 1:
        return image, boxes, classes
    height, width = image.shape[:2]
    new_width, new_height = max(1, round(width * factor)), max(1, round(height * factor))
    moved = boxes * np.float32([new_width / width, new_height / height] * 2)
    return cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR), moved, classes


def _lay_quarter(canvas, x, y, is_left, is_top, image, boxes, classes) -> tuple[ndarray, ndarray]:
    """Copy what is seen of one picture onto the canvas; return its boxes and classes there."""
    columns, to_columns = lay_axis(image.shape[1], x, canvas.shape[1], is_left)
    rows, to_rows = lay_axis(image.shape[0], y, canvas.shape[0], is_top)
    seen = image[rows, columns]
    canvas[to_rows, to_columns] = seen
    boxes = boxes - np.float32([columns.start, rows.start] * 2)
    boxes, classes = keep_visible(boxes, classes, seen.shape[1], seen.shape[0])
    return boxes + np.float32([to_columns.start, to_rows.start] * 2), classes


def lay_axis(length: int, meet: int, size: int, comes_first: bool) -> tuple[slice, slice]:
    """Along one axis: which pixels of a picture are seen, and which pixels of the canvas they become."""
    if comes_first:  # it ends where the pictures meet
        seen = min(length, meet)
        return slice(length - seen, length), slice(meet - seen, meet)
    seen = min(length, size - meet)
    return slice(0, seen), slice(meet, meet + seen)


def mixup(sample_a: Sample, sample_b: Sample, rng: Generator, alpha: float = 32.0) -> Sample:
    """Blend two pictures of one size, as in a double exposure, and keep the boxes of both.

    Zhang, Cisse, Dauphin & Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018. The first
    picture's share is drawn from Beta(``alpha``, ``alpha``): near a half for YOLOv5's 32, anything for 1.
    Raises ValueError for two sizes, or an ``alpha`` that is not positive.
    """
    image_a, boxes_a, classes_a = check_sample(*sample_a)
    image_b, boxes_b, classes_b = check_sample(*sample_b)
    check_settings(rng)
    _check_one_size([image_a, image_b])
    if not 0 < alpha < np.inf:
        raise ValueError(f"found alpha={alpha}, expected a number > 0: to switch mixup off, do not call it")
    share = rng.beta(alpha, alpha)
    image = cv2.addWeighted(image_a, share, image_b, 1 - share, 0)
    return image, np.concatenate([boxes_a, boxes_b]), np.concatenate([classes_a, classes_b])


def collate(samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Samples of one size become a batch: float32 (B, 3, H, W) in 0..1, and float32 targets (n, 6).

    A target row is the image's index in the batch, the class, and the box's x, y, w, h as shares of the
    picture. Raises ValueError for no samples, and for several sizes.
    """
    samples = [check_sample(*sample) for sample in samples]
    _check_one_size([image for image, _, _ in samples])
    height, width = samples[0][0].shape[:2]
    images = torch.from_numpy(np.stack([image for image, _, _ in samples]))  # (B, H, W, 3)
    images = images.permute(0, 3, 1, 2).contiguous()  # (B, 3, H, W)
    targets = [
        np.column_stack([np.full(len(boxes), index), classes, normalise(boxes, width, height)])
        for index, (_, boxes, classes) in enumerate(samples)
    ]
    return images.float().div_(255), torch.from_numpy(np.concatenate(targets)).float()


def _check_one_size(images: list[ndarray]) -> None:
    sizes = sorted({image.shape[:2] for image in images})
    if len(sizes) != 1:
        raise ValueError(
            f"found pictures of (height, width) {sizes or 'no size, as there are none'}, expected one size: "
            "letterbox each of them first"
        )
