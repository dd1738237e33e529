"""Rendering: one picture by its address (domain, split, index), or a whole domain as a YOLO folder."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..boxes import normalise
from .domains import DOMAINS, SEED, SPLITS, Domain
from .images import write_atomic
from .problems import DataError
from .scene import Scene

JPEG_QUALITY = 77  # with the two options below, all committed pictures together stay under 7.5 MB
JPEG = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
HEADER = "# Rendered by yolo_course"


@dataclass(frozen=True)
class Rendered:
    """What `render_domain` wrote."""

    folder: Path
    pictures: dict[str, int]  # per split
    boxes: dict[str, int]  # per class
    megabytes: float

    def __str__(self) -> str:
        pictures = ", ".join(f"{split} {count}" for split, count in self.pictures.items())
        boxes = ", ".join(f"{name} {count}" for name, count in self.boxes.items())
        return f"{self.folder}: {pictures} pictures; {boxes} boxes; {self.megabytes:.1f} MB"


def find_domain(name: str) -> Domain:
    """The domain of this name; DataError lists those there are."""
    if name not in DOMAINS:
        raise DataError(f"There is no domain {name!r}. Choose one of: {', '.join(DOMAINS)}.")
    return DOMAINS[name]


def plan_scene(domain: Domain, split: str, index: int, size: int, seed: int = SEED) -> Scene:
    """The scene of one picture, not yet painted: enough for its labels."""
    if split not in SPLITS:
        raise DataError(f"There is no split {split!r}. Choose one of: {', '.join(SPLITS)}.")
    if size < 32:
        raise DataError(f"Found size={size} pixels, expected 32 or more: smaller pictures show no object.")
    rng = np.random.default_rng([seed, domain.number, SPLITS.index(split), index, 0])
    aspect = domain.aspects[rng.integers(len(domain.aspects))]
    width, height = (size, round(size / aspect)) if aspect >= 1 else (round(size * aspect), size)
    return domain.plan(rng, width, height)


def render_sample(
    domain: str | Domain, split: str, index: int, size: int | None = None, seed: int = SEED
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Picture `index` of a split: (image uint8 HWC RGB, boxes float32 (n, 4) xyxy, classes int64 (n,)).

    `size` is the longer side in pixels. The same arguments give the same boxes on every machine; pixels may
    differ by a few levels between OpenCV versions. Raises DataError on an unknown domain or split.
    """
    domain = find_domain(domain) if isinstance(domain, str) else domain
    scene = plan_scene(domain, split, index, size or domain.size, seed)
    rng = np.random.default_rng([seed, domain.number, SPLITS.index(split), index, 1])
    return scene.paint(rng), *scene.labels()


def render_domain(
    name: str,
    folder: str | Path,
    seed: int = SEED,
    *,
    counts: dict[str, int] | None = None,
    size: int | None = None,
) -> Rendered:
    """Write a domain as a YOLO folder: images/<split>/*.jpg, labels/<split>/*.txt and data.yaml.

    The folder appears at once when all is written; one that an earlier call made is replaced, any other that
    is not empty is a DataError. `counts` gives the pictures of each split, `size` the longer side in pixels.
    """
    domain, folder = find_domain(name), Path(folder)
    counts, size = counts or domain.counts, size or domain.size
    _check_replaceable(folder)
    building = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        classes = [
            _write_sample(building, domain, split, index, size, seed)
            for split, count in counts.items()
            for index in range(count)
        ]
        write_atomic(building / "data.yaml", _data_yaml(domain, counts, size, seed).encode())
        _swap(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Rendered(folder, dict(counts), _per_class(domain, classes), _megabytes(folder))


def label_text(boxes: np.ndarray, classes: np.ndarray, width: int, height: int) -> str:
    """The rows of a label file: class and normalised x y w h, six decimals."""
    rows = zip(classes, normalise(boxes, width, height), strict=True)
    return "".join(f"{label} {' '.join(f'{value:.6f}' for value in box)}\n" for label, box in rows)


def _per_class(domain: Domain, classes: list[np.ndarray]) -> dict[str, int]:
    numbers = np.bincount(np.concatenate(classes), minlength=len(domain.names))
    return dict(zip(domain.names, numbers.tolist(), strict=True))


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _write_sample(folder: Path, domain: Domain, split: str, index: int, size: int, seed: int) -> np.ndarray:
    image, boxes, classes = render_sample(domain, split, index, size, seed)
    stem = f"{domain.name}_{split}_{index:04d}"
    _, data = cv2.imencode(".jpg", image[..., ::-1], JPEG)
    write_atomic(folder / "images" / split / f"{stem}.jpg", data.tobytes())
    labels = label_text(boxes, classes, *image.shape[1::-1])
    write_atomic(folder / "labels" / split / f"{stem}.txt", labels.encode())
    return classes


def _data_yaml(domain: Domain, counts: dict[str, int], size: int, seed: int) -> str:
    splits = "".join(f"{split}: images/{split}  # {count} pictures\n" for split, count in counts.items())
    names = "".join(f"  {number}: {name}\n" for number, name in enumerate(domain.names))
    return (
        f"{HEADER}, no photograph in it: {domain.about}.\n"
        f"# Longer side {size} pixels, seed {seed}, JPEG quality {JPEG_QUALITY}.\n"
        f"# The same again: python -m yolo_course render {domain.name}\n"
        f"path: .  # the folder of this file\n{splits}nc: {len(domain.names)}\nnames:\n{names}"
    )


def _check_replaceable(folder: Path) -> None:
    described = folder / "data.yaml"
    ours = described.is_file() and described.read_text(encoding="utf-8").startswith(HEADER)
    if folder.exists() and not ours and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} holds something else than a rendered domain. Name another folder, or empty it.")


def _swap(built: Path, folder: Path) -> None:
    """Put `built` in the place of `folder`; a folder cannot be renamed over one that is there."""
    old = built.with_suffix(".old")
    if folder.exists():
        os.replace(folder, old)
    try:
        os.replace(built, folder)
    except OSError:
        if old.exists():
            os.replace(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
