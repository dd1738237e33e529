"""A detector on the reader's own photos, videos and camera, in a notebook cell."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from numpy import ndarray

from yolo_course.data import DataError, data_dir, load_dataset, read_image
from yolo_course.data.video import VideoReader
from yolo_course.learn.detect import Detector
from yolo_course.learn.models import COURSE_SIZE, ORIGINAL_SIZE
from yolo_course.learn.predict import predict
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.pretrained import cached_file
from yolo_course.show.draw import draw_boxes
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, encoded, slider
from yolo_course.weights import load_checkpoint

FRAME = (420, 640)  # pixels, height and width
LOWEST = 0.05  # confidence down to which boxes are kept, to be chosen from


def ready_model(name: str = "yolov5s") -> tuple[YOLOv5, int]:
    """A trained model that is on this computer, and the size in pixels it sees best at. Nothing is downloaded.

    The original's ``name`` (80 classes of COCO) where it was fetched before, else the course's own (8 kinds of things
    on a rendered table).
    """
    file = cached_file(name)
    return (load_checkpoint(file), ORIGINAL_SIZE) if file else (course_model(), COURSE_SIZE)


def photo_view(image: ndarray, found: ndarray, conf: float, names: Sequence[str]) -> View:
    """A photo (H, W, 3) with those of its detections (n, 6) that score ``conf`` or more."""
    shown = found[found[:, 4] >= conf]
    scale = min(FRAME[0] / image.shape[0], FRAME[1] / image.shape[1])
    small = canvas.fitted(image, max(1, int(image.shape[0] * scale)))
    drawn = draw_boxes(small, shown[:, :4] * scale, shown[:, 5].astype(int), shown[:, 4], names)
    kinds = [names[int(number)] for number in shown[:, 5]]
    told = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "nothing"
    words = f"Found with a score of {conf:.2f} or more: {told}. ({len(found) - len(shown)} more score less.)"
    return View(canvas.side_by_side([drawn], shape=FRAME), words)


class _Photos:
    """The photos of one explorer, each looked at once."""

    def __init__(self, images: Sequence[ndarray], model: YOLOv5, size: int):
        self.images, self.model, self.size = list(images), model.eval(), size
        self.found: dict[int, ndarray] = {}

    def view(self, photo: int, conf: float) -> View:
        index = min(photo, len(self.images)) - 1
        if index not in self.found:
            self.found[index] = predict(self.model, self.images[index], self.size, LOWEST)
        return photo_view(self.images[index], self.found[index], conf, self.model.names)


def explore_photos(images: Sequence[ndarray] | None = None, model: YOLOv5 | None = None, size: int = 640) -> Explorer:
    """Your photos, one after the other, with what the model finds; a button adds photos from your disk.

    Without ``images`` some of the course's own; without a ``model`` that of :func:`ready_model`, at its size.
    """
    if model is None:
        model, size = ready_model()
    if images is None:
        data = load_dataset(data_dir() / "near", "test")
        images = [data[i][0] for i in range(6)]
    photos = _Photos(images, model, size)
    explorer = Explorer(
        "what does it find in your photos?",
        photos.view,
        {
            "photo": slider("photo", 1, len(images), 1),
            "conf": slider("confidence", LOWEST, 0.95, 0.25, 0.05),
        },
        {f"photo {n + 1}": {"photo": n + 1} for n in range(min(3, len(images)))},
    )
    _add_upload(explorer, photos)
    return explorer


def _add_upload(explorer: Explorer, photos: _Photos) -> None:
    upload = widgets.FileUpload(accept="image/*", multiple=True, description="add photos")
    told = widgets.HTML()

    def take(change: dict) -> None:
        refused = []
        for file in change["new"]:
            try:
                photos.images.append(read_image(io.BytesIO(file["content"])))
            except DataError:
                refused.append(file["name"])
        told.value = f"Not a picture that can be read: {', '.join(refused)}. Try JPEG or PNG." if refused else ""
        explorer.controls["photo"].max = len(photos.images)
        explorer.controls["photo"].value = len(photos.images)

    upload.observe(take, names="value")
    explorer.panel.children = (*explorer.panel.children, upload, told)


def detected_frames(
    source: str | Path | int, detector: Detector, frames: int | None = None
) -> Iterator[tuple[ndarray, float]]:
    """Each frame of a video file, or of the camera with this number, with its boxes, and the frames a second so far.

    Raises DataError for what cannot be opened.
    """
    began = time.perf_counter()
    with VideoReader(source) as video:
        for count, frame in enumerate(islice(video, frames), 1):
            found = detector(frame)
            drawn = draw_boxes(frame, found[:, :4], found[:, 5].astype(np.int64), found[:, 4], detector.model.names)
            yield drawn, count / (time.perf_counter() - began)


def play(source: str | Path | int, detector: Detector | None = None, frames: int | None = None) -> None:
    """Show a video or a camera in the cell with its boxes and the frame rate; the stop button ends it.

    ``play(0)`` is the first camera of the computer that the kernel runs on.
    """
    from IPython.display import display

    detector = detector or Detector(*ready_model())
    image, words = widgets.Image(format="jpeg"), widgets.HTML()
    display(widgets.VBox([image, words]))
    try:
        for drawn, rate in detected_frames(source, detector, frames):
            image.value = encoded(canvas.fitted(drawn, min(FRAME[0], drawn.shape[0])))[1]
            words.value = f"{rate:.1f} frames a second"
    except KeyboardInterrupt:
        words.value += " (stopped)"
