"""One door for all forms of data sets."""

from __future__ import annotations

from pathlib import Path

from .coco import load_coco
from .dataset import Dataset
from .problems import DataError
from .voc import load_voc
from .yolo import load_yolo

READERS = {"yolo": load_yolo, "voc": load_voc, "coco": load_coco}


def load_dataset(source: str | Path, split: str = "train", on_error: str = "raise", **options) -> Dataset:
    """Read one split of a data set, whichever form it has.

    `source` is a data.yaml or its folder (YOLO), a folder with JPEGImages and Annotations (Pascal VOC), or a
    JSON file of instances or a folder with one (COCO). `options` go to the reader of the form: `names` and
    `difficult` for VOC, `images` for COCO. on_error="warn" leaves wrong entries out, with counted
    DataWarnings, instead of raising DataError.
    """
    return READERS[dataset_form(source)](source, split, on_error, **options)


def dataset_form(source: str | Path) -> str:
    """ "yolo", "voc" or "coco"; raises DataError that says what was looked for."""
    source = Path(source)
    if source.is_file():
        forms = {".yaml": "yolo", ".yml": "yolo", ".json": "coco"}
        if source.suffix.lower() in forms:
            return forms[source.suffix.lower()]
        raise DataError(f"{source}: expected a .yaml or .json file, or a folder.")
    if not source.is_dir():
        raise DataError(f"{source}: there is no such file or folder. The current folder is {Path.cwd()}.")
    form = _folder_form(source)
    if form is None:
        inner = [path.name for path in sorted(source.iterdir()) if path.is_dir() and _folder_form(path)]
        near = f" Did you mean {source / inner[0]}?" if inner else ""
        raise DataError(
            f"{source}: found neither a data.yaml (YOLO), nor JPEGImages and Annotations (Pascal VOC), nor "
            f"annotations/*.json (COCO).{near}"
        )
    return form


def _folder_form(folder: Path) -> str | None:
    if (folder / "JPEGImages").is_dir() and (folder / "Annotations").is_dir():
        return "voc"
    if any(path.suffix.lower() in (".yaml", ".yml") for path in folder.iterdir()):
        return "yolo"
    if any(folder.glob("annotations/*.json")) or any(folder.glob("*.json")) or any(folder.glob("*/*.coco.json")):
        return "coco"
    return None
