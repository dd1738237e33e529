"""Data sets by the words of the command line: a path, or the name of a set of the course or of a downloaded one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yolo_course import machine

from .dataset import Dataset
from .domains import DOMAINS
from .embedded import data_dir, source_dataset
from .load import load_dataset
from .problems import DataError
from .remote import REMOTE_SETS, folder_of

COMMITTED_SETS = ("near", "far")
NAMED_SETS = (*COMMITTED_SETS, "source", *REMOTE_SETS)
WORTH_PROCESSES = 500  # pictures to render; to start a process takes as long as some hundred


def locate(data: str) -> Path:
    """The path of a data set: of ``"near"`` and ``"far"`` in the course's data, of ``"bccd"`` and ``"coco128"`` where
    they were downloaded to, of anything else as it is.

    A folder of your own that bears such a name is written ``./near``. Raises DataError for ``"source"``, which has no
    files, and for a set that was not downloaded.
    """
    if data == "source":
        raise DataError(
            "the source set has no files: its pictures are rendered when they are needed. "
            "Write some with `yolo-course render source --folder FOLDER`, and name that folder."
        )
    if data in REMOTE_SETS:
        return _downloaded(data)
    return data_dir() / data if data in COMMITTED_SETS else Path(data)


def _downloaded(name: str) -> Path:
    place = folder_of(name)
    if not place.is_dir():
        raise DataError(
            f"the data set {name} was not downloaded yet: found no folder {place}. Run `yolo-course download {name}`, "
            f"or name a folder of yours (./{name} for one here)."
        )
    return place


def open_split(data: str, split: str, on_error: str = "raise", count: int | None = None) -> Dataset:
    """One split of a set named as in :func:`locate`, or of ``"source"``.

    ``count`` is how many pictures of the source to render; other sets are as long as they are.
    """
    return open_source(split, count) if data == "source" else load_dataset(locate(data), split, on_error)


def open_source(split: str, count: int | None = None) -> Dataset:
    """A split of the source: from the cache, or rendered, by all cores where there is much to do."""
    usual = DOMAINS["source"].counts.get(split, 0)
    workers = machine.usable_cores() if (count or usual) >= WORTH_PROCESSES else 1
    return source_dataset(split, count, workers=workers)


def open_training_data(
    data: str, on_error: str = "raise", images: int | None = None, seed: int = 0
) -> tuple[Dataset, Dataset]:
    """The training and the validation split.

    ``images`` takes so many of the training pictures: of the source the first ones, of other sets those that
    the ``seed`` draws, the same as in an experiment. Raises DataError where there are not so many.
    """
    train_set = open_split(data, "train", on_error, images)
    val_set = open_split(data, "val", on_error)
    if images is None or data == "source":
        return train_set, val_set
    if not 1 <= images <= len(train_set):
        raise DataError(f"found {images} training pictures asked for, expected 1 to {len(train_set)}, as there are.")
    drawn = np.random.default_rng(seed).permutation(len(train_set))[:images]
    return train_set.subset(drawn), val_set
