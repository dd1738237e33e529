"""Videos, by OpenCV: frames of a file or a camera as uint8 RGB, and a file to write frames to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from .problems import DataError

SUFFIXES = frozenset(".avi .m4v .mkv .mov .mp4 .mpeg .mpg .ogv .webm .wmv".split())
CODECS = {
    ".mp4": "mp4v",
    ".avi": "MJPG",
}  # in the order in which they are tried; every OpenCV has one of them
USUAL_FPS = 25.0  # for cameras and files that do not say


def is_video(path: Path) -> bool:
    """Whether the name ends like a video's; hidden files do not count."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


class VideoReader:
    """Frames (H, W, 3) of a video file, or of the camera with this number, upright as OpenCV turns them.

    with VideoReader("street.mp4") as video:
        for frame in video: ...

    Raises DataError for what cannot be opened.
    """

    def __init__(self, source: str | Path | int):
        self.capture = cv2.VideoCapture(source if isinstance(source, int) else str(source))
        if not self.capture.isOpened():
            what = f"camera {source}" if isinstance(source, int) else f"{source}"
            raise DataError(f"{what}: OpenCV cannot open this video. Convert it to .mp4, or check the camera.")
        fps = self.capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if math.isfinite(fps) and 0 < fps <= 1000 else USUAL_FPS

    def __iter__(self) -> Iterator[np.ndarray]:
        while True:
            ok, frame = self.capture.read()
            if not ok:
                return
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_) -> None:
        self.capture.release()


class VideoWriter:
    """A video file that frames of one size are added to; ``writer.path`` is where it came to lie.

    ``path`` ends in .mp4 or .avi. Where OpenCV cannot write that kind, the other's ending is added to the
    name. Raises DataError where it can write neither, and for a frame of another size.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.size = size  # (width, height)
        wanted = path.suffix.lower()
        for suffix in sorted(CODECS, key=lambda suffix: suffix != wanted):
            self.path = path if suffix == wanted else path.with_name(path.name + suffix)
            self.writer = cv2.VideoWriter(str(self.path), cv2.VideoWriter.fourcc(*CODECS[suffix]), fps, size)
            if self.writer.isOpened():
                return
            self.path.unlink(missing_ok=True)
        raise DataError(f"{path}: this OpenCV can write neither of {', '.join(CODECS)}. Reinstall opencv-python.")

    def write(self, frame: np.ndarray) -> None:
        if frame.shape[1::-1] != self.size:
            raise DataError(f"{self.path}: found a frame of {frame.shape[1::-1]} pixels, expected {self.size}.")
        self.writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *_) -> None:
        self.writer.release()
