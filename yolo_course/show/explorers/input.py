"""Stage 1 to be moved: letterbox and mosaic. (Colour, shape, cutout: ``augment.py``; rectangles: ``batches.py``.)"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy import ndarray

from yolo_course.data import data_dir, load_dataset
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider, steps, switch
from yolo_course.stages.augment import PAD_VALUE, Sample, keep_visible
from yolo_course.stages.input import letterbox, letterbox_boxes, mosaic

WIDTH = 860  # pixels of a picture that is explored; its height is one for all settings
HEAD = 28  # pixels, height of a line of words above a picture
PADDING, LOST = f"#{PAD_VALUE:02x}" + f"{PAD_VALUE:02x}" * 2, style.VERMILLION  # the grey; boxes that are dropped
SIDE = 200  # pixels of the mosaic that is explored: drawn twice as large
_LYING, _STANDING, _SQUARE = 25, 2, 9  # pictures of "far", val
_SOME = (7, 39, 20, 2, 9, 8, 32, 5)  # pictures of "far", val, for the mosaic


def page(height: int, *parts: tuple[ndarray, float, float]) -> ndarray:
    """A white page with pictures on it, each at its x and y; what does not fit is cut off."""
    sheet = canvas.blank(height, WIDTH)
    for part in parts:
        canvas.lay(sheet, *part)
    return sheet


def within(image: ndarray, height: int, width: int) -> tuple[ndarray, float]:
    """The whole picture, as large as fits into ``height`` x ``width``, and how many times as large it is."""
    zoom = min(height / image.shape[0], width / image.shape[1])
    step = max(1, int(0.5 / zoom))  # of a huge picture, leave out pixels first: that is quick
    return canvas.fitted(image[::step, ::step], max(1, round(image.shape[0] * zoom))), zoom


def letterbox_view(image: ndarray, boxes: ndarray, size: int, auto: bool, stride: int, scaleup: bool) -> View:
    """A picture (H, W, 3) with its boxes (n, 4), and beside it the same letterboxed, as large as the page allows.

    Thin lines on the result mark every ``stride`` pixels; numbers say how much grey was added.
    """
    padded, ratio, pad = letterbox(image, size, stride=stride, auto=auto, scaleup=scaleup)
    height, width = padded.shape[:2]
    photo, zoom = within(image, 300, 400)
    photo = canvas.with_boxes(photo, boxes * zoom, style.TRUTH, dashed=True)
    result, zoom = within(padded, 384, 400)
    if stride * zoom >= 8:
        result = canvas.with_grid(result, stride * zoom, share=0.3)
    result = canvas.with_boxes(result, letterbox_boxes(boxes, ratio, pad) * zoom, style.TRUTH, dashed=True)
    result = canvas.with_words(result, _pads(pad, result.shape, zoom), ground=PADDING)
    seen = round(image.shape[0] * ratio[0]) * round(image.shape[1] * ratio[0]) / (height * width)
    bar = np.full((30, 400, 3), PAD_VALUE, np.uint8)
    bar[:, : round(400 * seen)] = canvas.rgb(style.STAGES["input"])
    sheet = page(HEAD + 384, (photo, 0, HEAD), (result, 450, HEAD), (bar, 0, HEAD + 354))
    text = [
        (f"the photograph: {image.shape[1]} × {image.shape[0]}", 0, 2),
        (f"letterboxed: {width} × {height}", 450, 2),
    ]
    text += [(f"of the result: {seen:.0%} picture, {1 - seen:.0%} grey", 0, HEAD + 326)]
    words = (
        f"Times {ratio[0]:.3f}, then {pad[0]:g} pixels of grey on either side, {pad[1]:g} above and below: "
        f"{width} × {height}, {1 - seen:.0%} of it grey."
    )
    return View(canvas.with_words(sheet, text), words)


def _pads(pad: tuple[float, float], shape: tuple, zoom: float) -> list[tuple[str, float, float]]:
    """How many pixels were added, in the middle of each bar that has room for a number."""
    (x, y), (height, width) = (side * zoom / 2 for side in pad), shape[:2]
    (text_x, text_y), top = (f"{side:g}" for side in pad), 11
    places = [(text_y, width / 2 - 6 * len(text_y), at - top) for at in (y, height - y) if y >= top]
    return places + [
        (text_x, at - 6 * len(text_x) - 2, height / 2 - top) for at in (x, width - x) if x > 6 * len(text_x)
    ]


def explore_letterbox(image: ndarray | None = None, boxes: ndarray | None = None) -> Explorer:
    """Letterbox a picture (H, W, 3), with its boxes (n, 4) if there are any: size, stride, and both switches."""
    controls = {
        "size": slider("size", 64, 640, 128, 32),
        "auto": switch("auto: only up to the stride"),
        "scaleup": switch("scaleup: enlarge small ones", True),
        "stride": steps("stride", (8, 16, 32, 64), 32),
    }
    if image is None:
        data = load_dataset(data_dir() / "far", "val")
        pictures = {"lying": data[_LYING][:2], "standing": data[_STANDING][:2], "square": data[_SQUARE][:2]}
        controls["picture"] = choice("picture", tuple(pictures), "lying")
    else:
        pictures = {"": (image, np.zeros((0, 4), np.float32) if boxes is None else np.asarray(boxes))}

    def draw(picture: str = "", **settings) -> View:
        return letterbox_view(*pictures[picture], **settings)

    stills = {
        "size 128": {},
        "size 128, auto: less grey": {"auto": True},
        "size 640, not enlarged": {"size": 640, "scaleup": False},
    }
    return Explorer("letterbox", draw, controls, stills)


def mosaic_view(samples: Sequence[Sample], x: int, y: int, seed: int, zoom: float) -> View:
    """Left, four of the samples around a point, framed what the mosaic shows; right, the mosaic, twice as large.

    ``x``, ``y`` (0 to ``SIDE``) is the point in the mosaic; ``seed`` chooses the four, and each one's zoom, up to
    ``zoom`` more or less. Dropped boxes are drawn in the colour ``LOST``.
    """
    chosen = np.random.default_rng(seed).permutation(len(samples))[:4]
    four = [samples[i] for i in chosen]
    # On a canvas of twice the size nothing that can be seen is cut, wherever the point is: the mosaic is a part of it.
    whole, _, _ = mosaic(four, np.random.default_rng(seed), 2 * SIDE, center=(SIDE, SIDE), scale=zoom)
    boxes = _around_the_point(four, np.random.default_rng(seed).uniform(1 - zoom, 1 + zoom, 4))
    left, top = SIDE - x, SIDE - y
    shown, kept = keep_visible(boxes - np.float32([left, top] * 2), np.arange(len(boxes)), SIDE, SIDE)
    window = whole[top : top + SIDE, left : left + SIDE]
    large = cv2.resize(window, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    plan = cv2.convertScaleAbs(whole, alpha=0.35, beta=0.65 * 255)  # pale
    plan[top : top + SIDE, left : left + SIDE] = window
    plan = canvas.with_boxes(plan, np.delete(boxes, kept, 0), LOST)
    plan = canvas.with_boxes(plan, boxes[kept], style.TRUTH)
    plan = canvas.with_boxes(plan, [(left, top, left + SIDE, top + SIDE)], style.ORANGE, width=3)
    result = canvas.with_boxes(large, 2 * shown, style.TRUTH, dashed=True)
    sheet = page(
        HEAD + 2 * SIDE,
        (canvas.with_dot(plan, SIDE, SIDE, style.ORANGE), 0, HEAD),
        (canvas.with_dot(result, 2 * x, 2 * y, style.ORANGE), 440, HEAD),
    )
    text = [("four pictures around a point", 0, 2), (f"the mosaic keeps {len(kept)} of {len(boxes)} boxes", 440, 2)]
    whole_boxes = np.abs(shown - boxes[kept] + np.float32([left, top] * 2)).max(1, initial=0) < 0.01
    return View(canvas.with_words(sheet, text), _in_words(x, y, len(boxes), whole_boxes))


def _in_words(x: int, y: int, count: int, is_whole: ndarray) -> str:
    """The room of each picture, and what became of the boxes; ``is_whole`` (kept,) says which are not cut."""
    room = [round(100 * wide * high / SIDE**2) for high in (y, SIDE - y) for wide in (x, SIDE - x)]
    return (
        f"The point is at ({x}, {y}) of {SIDE} × {SIDE}: the four get {room[0]}, {room[1]}, {room[2]} and {room[3]} % "
        f"of the room, row by row. {len(is_whole)} of {count} boxes stay, {np.count_nonzero(~is_whole)} of them cut."
    )


def _around_the_point(four: Sequence[Sample], factors: Sequence[float]) -> ndarray:
    """The boxes (n, 4) of four pictures, each scaled and laid with its corner to the point (SIDE, SIDE)."""
    moved = []
    for number, ((image, boxes, _), factor) in enumerate(zip(four, factors, strict=True)):
        height, width = image.shape[:2]
        new = np.maximum(1, np.rint((width * factor, height * factor)))  # (2,) whole pixels
        corner = SIDE - new * (number % 2 == 0, number < 2)
        moved.append(boxes * np.tile(new / (width, height), 2) + np.tile(corner, 2))
    return np.concatenate(moved).astype(np.float32)


def explore_mosaic(samples: Sequence[Sample] | None = None) -> Explorer:
    """Move the point of a mosaic, and choose its pictures among at least four samples (image, boxes, classes)."""
    if samples is None:
        samples = load_dataset(data_dir() / "far", "val").subset(_SOME).resized(SIDE)
    samples = [samples[i] for i in range(len(samples))]
    if len(samples) < 4:
        raise ValueError(f"found {len(samples)} samples, expected at least 4: pass more of (image, boxes, classes)")
    return Explorer(
        "mosaic",
        lambda **settings: mosaic_view(samples, **settings),
        {
            "x": slider("point, x", 0, SIDE, 120, 10),
            "y": slider("point, y", 0, SIDE, 90, 10),
            "seed": slider("four pictures", 0, 20, 0),
            "zoom": steps("zoom each by up to", (("0 %", 0.0), ("25 %", 0.25), ("50 %", 0.5)), 0.0),
        },
        {
            "the point near the middle": {},
            "in the lower right corner: one picture only": {"x": SIDE, "y": SIDE},
            "other pictures, zoomed": {"seed": 3, "zoom": 0.5},
        },
    )
