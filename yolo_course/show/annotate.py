"""A detector over pictures, folders, videos and cameras: annotated copies, and one JSON with all boxes."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np

from yolo_course.data.images import SUFFIXES, is_image, read_image, write_atomic, write_image
from yolo_course.data.problems import DataError
from yolo_course.data.video import CODECS, VideoReader, VideoWriter, is_video
from yolo_course.learn.detect import Detector, as_records
from yolo_course.show.draw import draw_boxes

JSON_NAME = "detections.json"


@dataclass(frozen=True)
class Medium:
    """A picture, a video or a camera (its number), and where in the output folder its annotated copy goes."""

    source: Path | int
    place: Path

    @property
    def moves(self) -> bool:
        return isinstance(self.source, int) or is_video(self.source)

    def __str__(self) -> str:
        return f"camera {self.source}" if isinstance(self.source, int) else str(self.source)


@dataclass
class Detections:
    """What :func:`annotate` found and wrote.

    ``results``: a dict for each picture or frame: file, frame (None for a picture), seconds (of the video),
    annotated (the copy, in ``folder``), width, height, objects (box in xyxy pixels of the upright picture,
    score, class, name). ``unreadable``: file and reason. ``seconds``: the time spent in the detector.
    """

    folder: Path
    results: list[dict] = field(default_factory=list)
    unreadable: list[dict] = field(default_factory=list)
    seconds: float = 0.0
    stopped: bool = False  # by Ctrl-C


def list_media(sources: Iterable[str]) -> list[Medium]:
    """Every picture and video named by paths, folders (and those below) and camera numbers, each once.

    Copies keep their names; where two sources bring the same name, the second gets a number. Raises DataError
    for a folder without a picture or video. Whether a file exists and can be read is found out when its turn
    comes.
    """
    media, taken, seen = [], set(), set()
    for source in sources:
        for medium in _expand(source):
            key = medium.source if isinstance(medium.source, int) else medium.source.resolve()
            if key not in seen:
                media.append(Medium(medium.source, _unused(medium.place, taken)))
            seen.add(key)
    return media


def annotate(
    media: Iterable[Medium],
    detector: Detector,
    folder: str | Path,
    *,
    facts: dict | None = None,
    frames: int | None = None,
    progress: Callable[[str], None] = print,
) -> Detections:
    """Detect in every medium, write annotated copies and ``detections.json`` into ``folder``, and sum up.

    What cannot be read is listed, and the rest goes on. ``frames`` ends a video or camera early; so does
    Ctrl-C, which keeps what there is. ``facts`` are added to the JSON. Raises DataError where ``folder``
    holds something already.
    """
    made = Detections(Path(folder))
    if made.folder.exists() and (not made.folder.is_dir() or any(made.folder.iterdir())):
        raise DataError(f"{made.folder} holds something already. Name a new folder, so that nothing is overwritten.")
    for medium in media:
        before = len(made.results)
        try:
            for row in _detect(medium, detector, made, frames):
                made.results.append(row)
        except DataError as error:
            made.unreadable.append({"file": str(medium), "reason": str(error)})
            progress(f"! {error}")
            continue
        except KeyboardInterrupt:
            made.stopped = True
            break
        progress(_told(medium, made.results[before:]))
    content = {**(facts or {}), "names": list(detector.model.names)}
    content |= {"results": made.results, "unreadable": made.unreadable}
    write_atomic(made.folder / JSON_NAME, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    return made


def _expand(source: str) -> list[Medium]:
    path = Path(source)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if (is_image(file) or is_video(file)) and file.is_file())
        if not files:
            raise DataError(f"{path}: found no picture and no video in this folder. Name another one.")
        return [Medium(file, _writable(file.relative_to(path))) for file in files]
    if source.isdecimal() and not path.exists():
        return [Medium(int(source), Path(f"camera{source}.mp4"))]
    return [Medium(path, _writable(Path(path.name)))]


def _writable(place: Path) -> Path:
    """The same name, with the ending of a kind of file that can be written."""
    if is_video(place):
        return place if place.suffix.lower() in CODECS else place.with_suffix(".mp4")
    return place if place.suffix.lower() in SUFFIXES else place.with_name(f"{place.name}.jpg")


def _unused(place: Path, taken: set[str]) -> Path:
    """The place, or one beside it that no other copy takes (to some disks, A and a are one)."""
    free, number = place, 1
    while str(free).lower() in taken:
        number += 1
        free = place.with_stem(f"{place.stem}-{number}")
    taken.add(str(free).lower())
    return free


def _detect(medium: Medium, detector: Detector, made: Detections, frames: int | None) -> Iterator[dict]:
    """The result of a picture, or of one frame after the other; the annotated copy is written on the way."""
    if not medium.moves:
        image = read_image(medium.source)
        row, drawn = _look(image, detector, made)
        write_image(made.folder / medium.place, drawn)
        yield {
            "file": str(medium),
            "frame": None,
            "seconds": None,
            "annotated": medium.place.as_posix(),
            **row,
        }
        return
    with VideoReader(medium.source) as video:
        images = islice(video, frames)
        first = next(images, None)
        if first is None:
            raise DataError(f"{medium}: the video has no frame that can be read. Convert it to .mp4.")
        with VideoWriter(made.folder / medium.place, video.fps, first.shape[1::-1]) as copy:
            annotated = copy.path.relative_to(made.folder).as_posix()
            for number, image in enumerate(chain([first], images)):
                row, drawn = _look(image, detector, made)
                copy.write(drawn)
                place = {"file": str(medium), "frame": number, "seconds": round(number / video.fps, 3)}
                yield {**place, "annotated": annotated, **row}


def _look(image: np.ndarray, detector: Detector, made: Detections) -> tuple[dict, np.ndarray]:
    began, names = time.perf_counter(), detector.model.names
    found = detector(image)
    made.seconds += time.perf_counter() - began
    height, width = image.shape[:2]
    drawn = draw_boxes(image, found[:, :4], found[:, 5].astype(np.int64), found[:, 4], names)
    return {"width": width, "height": height, "objects": as_records(found, names)}, drawn


def _told(medium: Medium, rows: list[dict]) -> str:
    """One line on a medium: "street.jpg: 2 stop, 1 yield"."""
    counts = Counter(thing["name"] for row in rows for thing in row["objects"])
    found = ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "nothing found"
    return f"{medium}: {found}" + (f" in {len(rows)} frames" if medium.moves else "")
