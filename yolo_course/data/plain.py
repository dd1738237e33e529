"""A plain folder of photos, with or without labels; and any data set turned into another form, or split anew."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .check import list_splits
from .dataset import Dataset
from .export import save_dataset
from .images import list_images
from .load import load_dataset
from .problems import DataError, DataWarning, Problems
from .reading import UNLABELLED, SplitReader
from .split import split_dataset
from .yolo import label_path, read_labels


def load_folder(folder: str | Path, names: Sequence[str], on_error: str = "raise") -> Dataset:
    """All photos of a folder and of those below it, with the YOLO labels of those that have been labelled.

    A photo's label file is where :func:`yolo_course.data.yolo.label_path` looks; the others are ``unlabelled``.
    Raises DataError for a folder without a photo, and as :func:`load_yolo` does.
    """
    folder, problems = Path(folder), Problems(on_error)
    images = list_images(folder) if folder.is_dir() else []
    if not images:
        raise DataError(f"{folder}: found no photo in this folder. Name the folder that holds them.")
    reader = SplitReader(problems)
    for image in images:
        size = reader.size(image, folder, None)
        if size is not None:
            file = label_path(image)
            rows = read_labels(file, size, list(names), problems) if file.is_file() else None
            reader.add(image, size, rows, file)
    problems.found.pop(UNLABELLED, None)  # that is what a folder of photos is
    return reader.finish(list(names), folder.resolve().name, folder, "Its photos must be readable.")


def pooled(parts: Sequence[Dataset]) -> Dataset:
    """Data sets of the same classes as one. Raises DataError where their classes differ."""
    first = parts[0]
    for other in parts[1:]:
        if other.names != first.names:
            raise DataError(f"found the classes {other.names} beside {first.names}, expected the same in every part")
    images = [image for part in parts for image in part.images]
    boxes = [boxes for part in parts for boxes in part.boxes]
    classes = [classes for part in parts for classes in part.classes]
    whole = Dataset(images, boxes, classes, first.names, shapes_wh=np.concatenate([part.shapes_wh for part in parts]))
    lost = [id_ in part.unlabelled for part in parts for id_ in part.ids]
    whole.unlabelled = frozenset(id_ for id_, is_lost in zip(whole.ids, lost, strict=True) if is_lost)
    return whole


def convert(
    source: str | Path,
    folder: str | Path,
    form: str = "yolo",
    shares: Mapping[str, float] | None = None,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> dict[str, int]:
    """Write a data set of any form, or a folder of photos, into a new folder in another form; pictures a split.

    ``shares`` draws the splits anew, scenes kept together (:func:`split_dataset`), from all pictures, each taken once;
    without them the splits stay as they are. ``names`` are the classes of a folder of photos. What is wrong in the
    source is left out, and counted in DataWarnings. Raises DataError as the readers and writers do.
    """
    if names is not None:
        parts = {"train": load_folder(source, names, on_error="warn")}
    else:
        parts = {split: load_dataset(source, split, on_error="warn") for split in list_splits(source)}
    if shares is not None:
        parts = split_dataset(_once(pooled(list(parts.values()))), shares, seed)
    save_dataset(parts, folder, form)
    return {split: len(data) for split, data in parts.items()}


def _once(data: Dataset) -> Dataset:
    """Each file once, though two splits may have named it."""
    first = {image: i for i, image in reversed(list(enumerate(data.images)))}
    if len(first) < len(data):
        warnings.warn(DataWarning(f"pictures named twice and taken once: {len(data) - len(first)}", []), stacklevel=3)
    return data.subset(sorted(first.values()))
