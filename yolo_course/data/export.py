"""Writing a data set in Pascal VOC and in COCO form, and from any form into any other.

A split is written whole, or not at all, and nothing that is there is overwritten.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from .dataset import Dataset
from .images import write_atomic
from .problems import DataError
from .save import save_yolo, write_images


def save_voc(data: Dataset, folder: str | Path, split: str = "train", quality: int = 90) -> Path:
    """Add a split to a Pascal VOC folder: JPEGImages, Annotations, and a list in ImageSets/Main; the folder.

    VOC counts whole pixels from 1: edges are rounded. Pictures without a label file get no XML. Raises DataError for a
    split or a picture that is there already.
    """
    folder = Path(folder)
    listed = folder / "ImageSets" / "Main" / f"{split}.txt"
    if listed.exists():
        raise DataError(f"{listed} is there already. Delete the split, or choose another folder.")
    with _beside(folder) as temporary:
        files = write_images(data, temporary / "JPEGImages", quality)
        (temporary / "Annotations").mkdir()
        for i, file in enumerate(files):
            if data.ids[i] not in data.unlabelled:
                xml = _annotation(file.name, data.shapes_wh[i], data.boxes[i], [data.names[c] for c in data.classes[i]])
                (temporary / "Annotations" / f"{file.stem}.xml").write_bytes(xml)
        _move_all(temporary, folder)
    write_atomic(listed, "".join(f"{file.stem}\n" for file in files).encode("utf-8"))
    return folder


def _annotation(name: str, size: np.ndarray, boxes: np.ndarray, kinds: list[str]) -> bytes:
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = name
    sides = ElementTree.SubElement(root, "size")
    for key, value in zip(("width", "height", "depth"), (*size, 3), strict=True):
        ElementTree.SubElement(sides, key).text = str(value)
    for box, kind in zip(boxes, kinds, strict=True):
        thing = ElementTree.SubElement(root, "object")
        ElementTree.SubElement(thing, "name").text = kind
        ElementTree.SubElement(thing, "difficult").text = "0"
        corners = ElementTree.SubElement(thing, "bndbox")
        for key, value in zip(("xmin", "ymin", "xmax", "ymax"), _whole_pixels(box, size), strict=True):
            ElementTree.SubElement(corners, key).text = str(value)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _whole_pixels(box: np.ndarray, size: np.ndarray) -> list[int]:
    """First and last pixel of a box, counted from 1, inside the picture; two pixels at least: one counts as a click."""
    first = np.clip(np.rint(box[:2]).astype(int) + 1, 1, np.maximum(1, size - 1))
    last = np.clip(np.rint(box[2:]).astype(int), np.minimum(first + 1, size), size)
    return [*first.tolist(), *last.tolist()]


def save_coco(data: Dataset, folder: str | Path, split: str = "train", quality: int = 90) -> Path:
    """Write images/<split> and annotations/instances_<split>.json; the JSON file. Category ids count from 1.

    COCO's form cannot say that a picture was not labelled yet. Raises DataError for a split that is there already.
    """
    folder = Path(folder)
    file, images = folder / "annotations" / f"instances_{split}.json", folder / "images" / split
    for place in (file, images):
        if place.exists():
            raise DataError(f"{place} is there already. Delete it, or choose another folder or split.")
    with _beside(folder) as temporary:
        names = [path.name for path in write_images(data, temporary / "images" / split, quality)]
        _move_all(temporary, folder)
    text = json.dumps(_instances(data, names), ensure_ascii=False)
    write_atomic(file, text.encode("utf-8"))
    return file


def _instances(data: Dataset, names: list[str]) -> dict:
    sizes = data.shapes_wh.tolist()
    keys = ("id", "file_name", "width", "height")
    pictures = [dict(zip(keys, (i, names[i], *size), strict=True)) for i, size in enumerate(sizes)]
    annotations = []
    for i, (boxes, classes) in enumerate(zip(data.boxes, data.classes, strict=True)):
        for (left, top, right, bottom), kind in zip(boxes.tolist(), classes.tolist(), strict=True):
            box = [round(number, 3) for number in (left, top, right - left, bottom - top)]
            entry = {"id": len(annotations) + 1, "image_id": i, "category_id": kind + 1, "bbox": box}
            annotations.append({**entry, "area": round(box[2] * box[3], 3), "iscrowd": 0})
    categories = [{"id": number, "name": name} for number, name in enumerate(data.names, 1)]
    return {"images": pictures, "annotations": annotations, "categories": categories}


WRITERS: Mapping[str, Callable[..., Path]] = {"yolo": save_yolo, "voc": save_voc, "coco": save_coco}


def save_dataset(parts: Mapping[str, Dataset], folder: str | Path, form: str = "yolo") -> Path:
    """Write the splits by name in one form, "yolo", "voc" or "coco"; the folder. Raises DataError for another form."""
    if form not in WRITERS:
        raise DataError(f"found the form {form!r}, expected one of {', '.join(WRITERS)}")
    for split, data in parts.items():
        WRITERS[form](data, folder, split)
    return Path(folder)


def _beside(folder: Path) -> tempfile.TemporaryDirectory:
    folder.mkdir(parents=True, exist_ok=True)
    return _Folder(dir=folder, prefix=".saving-")


class _Folder(tempfile.TemporaryDirectory):
    def __enter__(self) -> Path:
        return Path(super().__enter__())


def _move_all(source: Path, target: Path) -> None:
    """Move every file to the same place below ``target``; DataError, and nothing moved, where one is taken."""
    files = [path.relative_to(source) for path in sorted(source.rglob("*")) if path.is_file()]
    taken = [target / path for path in files if (target / path).exists()]
    if taken:
        raise DataError(
            f"{taken[0]} is there already, with {len(taken) - 1} more. Choose another folder, or other ids."
        )
    for path in files:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(source / path, target / path)
