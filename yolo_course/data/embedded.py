"""Where the course's own data are: the committed folders, and the source domain rendered on demand.

`data_dir()` finds the committed sets. The source pictures are not committed: `source_dataset` renders them
from their seed and keeps them in one file in the user's cache folder.
"""

from __future__ import annotations

import os
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from .dataset import Dataset
from .domains import DOMAINS, SEED, SPLITS
from .problems import DataError
from .render import render_sample

CHECKOUT_DATA = Path(__file__).resolve().parents[2] / "data"
RENDERER = 1  # raise it when the renderer's pictures change: older caches are then left alone


def data_dir() -> Path:
    """The folder with the committed sets: $YOLO_COURSE_DATA, else `data/` of the checkout.

    Raises DataError that names both places when the one that counts is not there.
    """
    named = os.environ.get("YOLO_COURSE_DATA")
    folder = Path(named).expanduser() if named else CHECKOUT_DATA
    if not folder.is_dir():
        raise DataError(
            f"The course's data were not found in {folder}. $YOLO_COURSE_DATA is {named or 'not set'}; "
            f"without it the checkout's {CHECKOUT_DATA} counts. "
            "Set YOLO_COURSE_DATA to the `data` folder of a clone."
        )
    return folder


def cache_dir() -> Path:
    """Where rendered pictures are kept: $YOLO_COURSE_CACHE, else the platform's cache folder for the user."""
    named = os.environ.get("YOLO_COURSE_CACHE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "yolo-course"


def source_dataset(
    split: str = "train",
    count: int | None = None,
    size: int = 160,
    *,
    seed: int = SEED,
    workers: int = 1,
    cache: str | Path | None = None,
) -> Dataset:
    """The first `count` pictures (size x size pixels) of a split of the source domain.

    Rendered on the first call, in `workers` processes, and read from the cache (`cache`, else `cache_dir()`)
    afterwards. Picture i depends on seed, split and i alone, so a longer set begins with the shorter one. A
    script that asks for more than one worker needs `if __name__ == "__main__":`, as multiprocessing does.
    Raises DataError on an unknown split, no pictures, or a size below 32 pixels.
    """
    domain = DOMAINS["source"]
    count = _checked_count(split, count)
    name = f"source-v{RENDERER}-{split}-{count}x{size}px-seed{seed}.npz"
    path = Path(cache or cache_dir()) / name
    arrays = _read(path)
    if arrays is None:
        arrays = _render_all(split, count, size, seed, workers)
        _write(path, arrays)
    cuts = np.cumsum(arrays["counts"])[:-1]
    boxes, classes = np.split(arrays["boxes"], cuts), np.split(arrays["classes"], cuts)
    return Dataset(list(arrays["images"]), boxes, classes, list(domain.names), f"source/{split}")


def _checked_count(split: str, count: int | None) -> int:
    if split not in SPLITS:
        raise DataError(f"There is no split {split!r}. Choose one of: {', '.join(SPLITS)}.")
    count = DOMAINS["source"].counts[split] if count is None else count
    if count < 1:
        raise DataError(f"Found count={count}, expected at least one picture.")
    return count


def _render_all(split: str, count: int, size: int, seed: int, workers: int) -> dict[str, np.ndarray]:
    render = partial(_render_one, split=split, size=size, seed=seed)
    if workers > 1:
        one_thread = {"initializer": cv2.setNumThreads, "initargs": (1,)}
        with ProcessPoolExecutor(workers, get_context("spawn"), **one_thread) as pool:
            samples = list(pool.map(render, range(count), chunksize=32))
    else:
        samples = [render(index) for index in range(count)]
    images, boxes, classes = zip(*samples, strict=True)
    return {
        "images": np.stack(images),
        "boxes": np.concatenate(boxes),
        "classes": np.concatenate(classes),
        "counts": np.array([len(each) for each in boxes]),
    }


def _render_one(index: int, split: str, size: int, seed: int):
    return render_sample("source", split, index, size, seed)


def _read(path: Path) -> dict[str, np.ndarray] | None:
    """The arrays of a cache file, or None where there is none that can be read."""
    try:
        with open(path, "rb") as opened, np.load(opened) as file:
            return {key: file[key] for key in ("images", "boxes", "classes", "counts")}
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write beside and rename: a killed process leaves no half a file under the final name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.tmp")
    with open(temporary, "wb") as file:
        np.savez(file, **arrays)
    os.replace(temporary, path)
