"""Small made-up data sets on disk."""

import json
from pathlib import Path

import numpy as np
import yaml
from PIL import Image


def write_text(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_picture(path: Path, size: tuple[int, int] = (40, 20), **options) -> Path:
    """A picture of noise of (width, height); the suffix chooses the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **options)
    return path


def write_sideways(path: Path, size: tuple[int, int] = (40, 20)) -> Path:
    """A JPEG whose file has (width, height) pixels, and which is seen turned by 90 degrees."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return write_picture(path, size, exif=exif)


def truncate(path: Path, share: float = 0.5) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def yolo_set(folder: Path, labels: dict[str, str | None], split: str = "train", **keys) -> Path:
    """images/<split>/<name>.jpg of 40 x 20 pixels, labels (None: no file), data.yaml with `keys` changed."""
    for name, text in labels.items():
        write_picture(folder / "images" / split / f"{name}.jpg")
        if text is not None:
            write_text(folder / "labels" / split / f"{name}.txt", text)
    content = {"train": f"images/{split}", "nc": 2, "names": ["cat", "dog"], **keys}
    content = {key: value for key, value in content.items() if value is not None}
    return write_text(folder / "data.yaml", yaml.safe_dump(content, allow_unicode=True))


def voc_object(name: str, xmin=1, ymin=1, xmax=10, ymax=10, extra: str = "") -> str:
    corners = f"<xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax>"
    return f"\n<object>\n<name>{name}</name>{extra}<bndbox>{corners}</bndbox></object>"


def voc_set(folder: Path, objects: dict[str, str | None], splits: dict[str, str] | None = None) -> Path:
    """JPEGImages/<name>.jpg of 40 x 20 pixels, Annotations/<name>.xml (None: none), lists of `splits`."""
    (folder / "Annotations").mkdir(parents=True)
    for name, body in objects.items():
        write_picture(folder / "JPEGImages" / f"{name}.jpg")
        if body is not None:
            size = "<size><width>40</width><height>20</height></size>"
            write_text(folder / "Annotations" / f"{name}.xml", f"<annotation>{size}{body}\n</annotation>")
    for split, lines in (splits or {}).items():
        write_text(folder / "ImageSets" / "Main" / f"{split}.txt", lines)
    return folder


def coco_content(annotations: list[dict], images: int = 2) -> dict:
    """Pictures 10, 20, ... called a.jpg, b.jpg, ...; categories 3 (cat) and 7 (dog)."""
    return {
        "images": [{"id": 10 * (i + 1), "file_name": f"{'abcdef'[i]}.jpg"} for i in range(images)],
        "annotations": [{"id": 100 + i, **annotation} for i, annotation in enumerate(annotations)],
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
    }


def coco_set(folder: Path, annotations: list[dict], images: int = 2, **keys) -> Path:
    """annotations/instances_train.json, the pictures of 40 x 20 pixels in train/; `keys` replace parts."""
    content = {**coco_content(annotations, images), **keys}
    for i in range(images):
        write_picture(folder / "train" / f"{'abcdef'[i]}.jpg")
    return write_text(folder / "annotations" / "instances_train.json", json.dumps(content))
