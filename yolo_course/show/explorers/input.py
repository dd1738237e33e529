"""Stage 1 to be moved: letterbox, mosaic, cutout, colour and shape, rectangular batches."""

from __future__ import annotations

from numpy import ndarray

from yolo_course.data import data_dir, load_dataset
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, slider, steps, switch
from yolo_course.stages.input import letterbox, letterbox_boxes

FRAME = (400, 860)  # pixels, height and width: an explorer's picture keeps its size while it is explored


def letterbox_view(image: ndarray, boxes: ndarray, size: int, stride: int, auto: bool) -> View:
    """A picture (H, W, 3) with its boxes (n, 4), and beside it the same, letterboxed to ``size``, to scale."""
    padded, ratio, pad = letterbox(image, size, stride=stride, auto=auto)
    height, width = padded.shape[:2]
    zoom = (FRAME[0] - 30) / max(image.shape[0], 320)
    pictures = []
    for picture, frames, name in ((image, boxes, "as it is"), (padded, letterbox_boxes(boxes, ratio, pad), "boxed")):
        large = canvas.fitted(picture, max(1, round(picture.shape[0] * zoom)))
        large = canvas.with_boxes(large, frames * zoom, style.TRUTH, dashed=True)
        pictures.append(canvas.captioned(large, f"{name}: {picture.shape[1]} × {picture.shape[0]}"))
    grey = 1 - round(image.shape[0] * ratio[0]) * round(image.shape[1] * ratio[0]) / (height * width)
    words = (
        f"Times {ratio[0]:.3f}, then {pad[0]:g} pixels on either side and {pad[1]:g} above and below: "
        f"{width} × {height}, {grey:.0%} of it grey."
    )
    return View(canvas.side_by_side(pictures, shape=FRAME), words)


def explore_letterbox(image: ndarray | None = None, boxes: ndarray | None = None) -> Explorer:
    """Letterbox a picture: move the size, the stride, and whether only a multiple of the stride is filled up."""
    if image is None:
        image, boxes, _ = load_dataset(data_dir() / "far", "val")[25]
    return Explorer(
        "letterbox",
        lambda **settings: letterbox_view(image, boxes, **settings),
        {
            "size": slider("size", 32, 320, 128, 32),
            "stride": steps("stride", (8, 16, 32, 64), 32),
            "auto": switch("auto: only a multiple of the stride"),
        },
        {
            "size 128": {},
            "size 128, auto": {"auto": True},
            "size 288, auto": {"size": 288, "auto": True},
            "size 288, auto, stride 64": {"size": 288, "auto": True, "stride": 64},
        },
    )
