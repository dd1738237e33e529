"""Rectangular batches to be moved: how much padding do they save, and what does the stride take back?"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy import ndarray

from yolo_course.data import data_dir, load_dataset
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider, steps
from yolo_course.show.explorers.input import HEAD, PADDING, page
from yolo_course.show.plots.batches import RECTANGULAR, SQUARE, laid_out, share_of_padding

SHOWN, COLUMNS = 24, 12  # pictures, in two rows
ROW, FRAME, GAP = 84, 64, 7  # pixels: a row of frames, the longest side of one, between two
BAR = 290, 560  # pixels: where the bars begin, and the length of that of the squares
HEIGHT = 2 * (HEAD + 2 * ROW + 4)


def batches_view(shapes_wh: ndarray, batch_size: int, size: int, stride: int) -> View:
    """Pictures (n, 2) width, height in square and in rectangular batches; a line below the frames is a batch.

    The two bars are the pixels of all batches, to one scale; their grey part is padding. Sides of rectangles are
    multiples of ``stride``.
    """
    settings = {"size": size, "batch_size": batch_size, "stride": stride}
    shares = {kind: share_of_padding(shapes_wh, kind=kind, **settings) for kind in (SQUARE, RECTANGULAR)}
    pixels = {kind: (1 - shares[SQUARE]) / (1 - share) for kind, share in shares.items()}  # as many as in squares
    sheet, text = page(HEIGHT), []
    for number, (kind, share) in enumerate(shares.items()):
        top = number * (HEIGHT // 2)
        text.append((f"{kind}: {share:.0%} padding", 0, top + 2))
        _fill(sheet, BAR[0], top + 2, BAR[1] * pixels[kind], 22, PADDING)
        _fill(sheet, BAR[0], top + 2, BAR[1] * pixels[kind] * (1 - share), 22, style.STAGES["input"])
        _draw(sheet, top + HEAD + 4, *laid_out(shapes_wh, kind=kind, **settings), batch_size)
    words = (
        f"{len(shapes_wh)} pictures in batches of {batch_size} at {size} pixels: {shares[SQUARE]:.1%} padding in "
        f"squares, {shares[RECTANGULAR]:.1%} in rectangles; {1 - pixels[RECTANGULAR]:.1%} fewer pixels to compute."
    )
    return View(canvas.with_words(sheet, text), words)


def _draw(sheet: ndarray, top: float, frames: ndarray, pictures: ndarray, batch_size: int) -> None:
    """Each picture (n, 2) in its frame (n, 2), both width, height: two rows, a line below those of one batch."""
    zoom = FRAME / frames.max()
    for number, (frame, picture) in enumerate(zip(frames * zoom, pictures * zoom, strict=True)):
        x, y = number % COLUMNS * (FRAME + GAP), top + number // COLUMNS * ROW
        _fill(sheet, x, y + FRAME - frame[1], *frame, PADDING)
        corner = x + (frame[0] - picture[0]) / 2, y + FRAME - (frame[1] + picture[1]) / 2
        _fill(sheet, *corner, *picture, style.STAGES["input"])
        is_last = (number + 1) % batch_size == 0 or number + 1 == len(frames)
        _fill(sheet, x, y + FRAME + 5, FRAME if is_last else FRAME + GAP, 4, style.BLACK)


def _fill(sheet: ndarray, x: float, y: float, width: float, height: float, colour: str) -> None:
    ends = [(round(x), round(y)), (round(x + width) - 1, round(y + height) - 1)]
    cv2.rectangle(sheet, *ends, canvas.rgb(colour), -1)


def explore_batches(shapes: Mapping[str, ndarray] | None = None) -> Explorer:
    """Batch size and picture size of rectangular batches; ``shapes``: by name, (n, 2) widths and heights.

    Of each set, ``SHOWN`` pictures are laid out, taken at even steps.
    """
    shapes = {name: _some(np.asarray(each)) for name, each in (shapes or _sets()).items()}
    return Explorer(
        "rectangular batches",
        lambda pictures, **settings: batches_view(shapes[pictures], **settings),
        {
            "batch_size": steps("batch size", (1, 2, 3, 4, 6, 8, 12, 24), 4),
            "size": slider("size", 96, 640, 128, 32),
            "pictures": choice("pictures", tuple(shapes), next(iter(shapes))),
            "stride": steps("stride", (8, 16, 32), 32),
        },
        {
            "batches of 4 at 128 pixels": {},
            "batches of 4 at 640 pixels": {"size": 640},
            "one batch of 24": {"batch_size": 24, "size": 640},
            "batches of 4 at 128 pixels, stride 8": {"stride": 8},
        },
    )


def _some(shapes_wh: ndarray) -> ndarray:
    return shapes_wh[np.linspace(0, len(shapes_wh) - 1, min(SHOWN, len(shapes_wh))).astype(int)]


def _sets() -> dict[str, ndarray]:
    """The course's two sets, and invented pictures of very different shapes, from 1 : 2.5 to 2.5 : 1."""
    aspect = np.exp(np.random.default_rng(0).uniform(-np.log(2.5), np.log(2.5), SHOWN))  # (n,) width / height
    mixed = np.stack([1000 * np.sqrt(aspect), 1000 / np.sqrt(aspect)], 1).round()  # (n, 2)
    far, near = (load_dataset(data_dir() / name, "train").shapes_wh for name in ("far", "near"))
    return {"mixed, 1 : 2.5 to 2.5 : 1": mixed, "road signs (far)": far, "table tops (near)": near}
