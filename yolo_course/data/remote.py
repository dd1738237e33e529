"""Data sets that are downloaded by name, when a reader asks for one: blood cells (BCCD), and 128 photos of COCO.

torchvision has others, such as VOC: ``torchvision.datasets.VOCDetection(root, download=True)`` writes a folder that
:func:`yolo_course.data.load_dataset` reads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from .archive import unpack
from .downloads import RemoteFile, fetch
from .embedded import cache_dir
from .images import list_images, write_atomic
from .problems import DataError

BCCD_COMMIT = "ec96fe4104e9bb329f0d263db95cf1edd8c09909"
# The 80 classes of COCO (Lin et al., ECCV 2014), in the order of YOLO's numbers.
COCO_NAMES = tuple(
    """person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign,
    parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella,
    handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard,
    surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange,
    broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop,
    mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors,
    teddy bear, hair drier, toothbrush""".replace("\n   ", "").split(", ")
)


@dataclass(frozen=True)
class RemoteSet:
    """An archive, where in it the data set lies, how large it may become, and what is added to it."""

    file: RemoteFile
    inside: str
    max_bytes: int
    pictures: int
    complete: Callable[[Path], None] = lambda folder: None


def _describe_coco128(folder: Path) -> None:
    """The archive has pictures and labels alone. Every fourth picture validates: the same ones would measure memory."""
    images = [image.relative_to(folder).as_posix() for image in list_images(folder / "images")]
    splits = {"val": images[::4], "train": [image for number, image in enumerate(images) if number % 4]}
    for name, listed in splits.items():
        write_atomic(folder / f"{name}.txt", "".join(f"./{image}\n" for image in listed).encode())
    content = {**{name: f"{name}.txt" for name in splits}, "nc": len(COCO_NAMES), "names": list(COCO_NAMES)}
    write_atomic(folder / "data.yaml", yaml.safe_dump(content, sort_keys=False).encode())


# Neither publisher promises the archive's bytes to stay (GitHub packs a commit anew at times), so no SHA-256 is asked
# for: the first address names a commit, which does not change, and the number of pictures is checked.
REMOTE_SETS = {
    "bccd": RemoteSet(
        RemoteFile(
            f"https://github.com/Shenggan/BCCD_Dataset/archive/{BCCD_COMMIT}.zip",
            60_000_000,
            "blood cells, 364 photographs in three classes, MIT licence (BCCD Dataset, 2017-2019)",
        ),
        "*/BCCD",
        200_000_000,
        364,
    ),
    "coco128": RemoteSet(
        RemoteFile(
            "https://github.com/ultralytics/assets/releases/download/v0.0.0/coco128.zip",
            20_000_000,
            "128 photographs of COCO train2017: labels CC BY 4.0, each photograph under the terms of its Flickr page",
        ),
        "coco128",
        60_000_000,
        128,
        _describe_coco128,
    ),
}


def download(name: str, folder: str | Path | None = None, say: Callable[[str], None] = print) -> Path:
    """The folder of a data set, fetched and unpacked where it is not there yet; :func:`load_dataset` reads it.

    ``folder`` is where its folder and its archive lie, by default the course's cache. Raises DataError for a name that
    is not known and for an archive of another content, DownloadError as :func:`fetch` and :func:`unpack` do.
    """
    chosen = _known(name)
    place = folder_of(name, folder)
    if place.is_dir():
        return place
    archive = fetch(chosen.file, place.parent, say)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as temporary:
        unpacked = unpack(archive, Path(temporary, name), chosen.max_bytes, chosen.inside)
        found = len(list_images(unpacked))
        if found != chosen.pictures:
            raise DataError(
                f"found {found} pictures in {archive}, expected {chosen.pictures}: it is not the archive that was "
                "meant. Delete it, and run again."
            )
        chosen.complete(unpacked)
        unpacked.replace(place)
    say(f"{name}: {found} pictures in {place}")
    return place


def folder_of(name: str, folder: str | Path | None = None) -> Path:
    """Where the data set lies once it is downloaded."""
    _known(name)
    return Path(folder or cache_dir() / "sets").expanduser() / name


def _known(name: str) -> RemoteSet:
    if name not in REMOTE_SETS:
        raise DataError(f"found no data set {name!r} to download, expected one of {', '.join(REMOTE_SETS)}")
    return REMOTE_SETS[name]
