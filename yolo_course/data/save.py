"""Writing a data set in YOLO form."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import yaml

from ..boxes import normalise
from .data_yaml import read_data_yaml
from .dataset import Dataset
from .images import write_atomic, write_image
from .problems import DataError


def save_yolo(dataset: Dataset, folder: str | Path, split: str = "train", quality: int = 90) -> Path:
    """Write images/<split>, labels/<split> and data.yaml below `folder`; returns the path of data.yaml.

    Pictures in memory become JPEG files of `quality`, pictures in files are copied as they are. Unlabelled
    ones get no label file, others without a box an empty one. The split appears only when it is complete. A
    split that is there already, or a folder that has other classes, is a DataError: nothing is overwritten.
    """
    folder = Path(folder)
    targets = [folder / kind / split for kind in ("images", "labels")]
    for target in targets:
        if target.exists():
            raise DataError(f"{target} is there already. Delete it, or choose another folder or split.")
    content = _description(folder / "data.yaml", dataset.names, split)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as temporary:
        parts = [Path(temporary, "images"), Path(temporary, "labels")]
        _write_samples(dataset, *parts, quality)
        for part, target in zip(parts, targets, strict=True):
            target.parent.mkdir(exist_ok=True)
            os.replace(part, target)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    write_atomic(folder / "data.yaml", text.encode("utf-8"))
    return folder / "data.yaml"


def label_text(boxes: np.ndarray, classes: np.ndarray, size: tuple[int, int]) -> str:
    """The rows of a label file for xyxy pixel boxes in a picture of `size` (width, height)."""
    rows = normalise(boxes.astype(np.float64), *size)
    return "".join(f"{c} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for c, (x, y, w, h) in zip(classes, rows, strict=True))


def _description(file: Path, names: list[str], split: str) -> dict:
    """The content of data.yaml: that of a file that is there, with the split added."""
    if not file.is_file():
        return {split: f"images/{split}", "nc": len(names), "names": dict(enumerate(names))}
    if read_data_yaml(file).names != names:
        raise DataError(f"{file}: the folder has other classes than this data set. Choose another folder.")
    return {**yaml.safe_load(file.read_text(encoding="utf-8-sig")), split: f"images/{split}"}


def _write_samples(dataset: Dataset, images: Path, labels: Path, quality: int) -> None:
    labels.mkdir()
    for i, file in enumerate(write_images(dataset, images, quality)):
        if dataset.ids[i] not in dataset.unlabelled:
            text = label_text(dataset.boxes[i], dataset.classes[i], tuple(dataset.shapes_wh[i]))
            (labels / f"{file.stem}.txt").write_text(text, encoding="utf-8", newline="\n")


def write_images(dataset: Dataset, folder: Path, quality: int) -> list[Path]:
    """Write or copy every picture into the new `folder`, named by its id; their files in order.

    Raises DataError for a picture that is not there, and for two of the same id.
    """
    _ = dataset.shapes_wh  # asks every file
    folder.mkdir(parents=True)
    stems = [id_.replace("/", "_") for id_ in dataset.ids]
    if len(set(map(str.lower, stems))) < len(stems):
        raise DataError("two pictures have the same id; a folder needs a name for each. Give the data set other ids.")
    files = []
    for stem, source in zip(stems, dataset.images, strict=True):
        files.append(folder / f"{stem}{source.suffix if isinstance(source, Path) else '.jpg'}")
        if isinstance(source, Path):
            shutil.copyfile(source, files[-1])
        else:
            write_image(files[-1], source, quality)
    return files
