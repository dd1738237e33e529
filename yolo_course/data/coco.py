"""COCO data sets: one JSON file with `images`, `annotations` and `categories`, and a folder of pictures.

Boxes are left, top, width, height in pixels counted from 0 (T.-Y. Lin et al., Microsoft COCO: Common Objects
in Context, ECCV 2014). Category ids may have gaps (those of COCO's own 80 run to 90): classes are their
ranks.
"""

from __future__ import annotations

import json
import math
from itertools import islice
from pathlib import Path, PureWindowsPath

from .dataset import Dataset
from .problems import DataError, Problems
from .reading import Row, SplitReader, note_size, read_text, split_aliases

KEYS = {
    "images": ("id", "file_name"),
    "annotations": ("image_id", "category_id"),
    "categories": ("id", "name"),
}


def load_coco(
    source: str | Path, split: str = "train", on_error: str = "raise", *, images: str | Path | None = None
) -> Dataset:
    """Read COCO annotations from a JSON file, or from a data set's folder that holds one for `split`.

    `images` is the folder of the pictures; else it is looked for near the JSON file. Crowd regions (iscrowd)
    are left out and counted. What is wrong, and what is only counted, is as in load_yolo, with the
    annotation's id in place of the line. The form cannot tell pictures nobody has labelled from pictures
    without an object.
    """
    file, problems = find_coco(source, split), Problems(on_error)
    content = _read_json(file)
    categories = sorted(content["categories"], key=lambda category: category["id"])
    ranks = {category["id"]: rank for rank, category in enumerate(categories)}
    rows = _rows_by_image(content, file, ranks, problems)
    folder = Path(images) if images else _image_folder(file, split, content["images"])
    reader = SplitReader(problems)
    for entry in content["images"]:
        image = _join(folder, entry)
        size = reader.size(image, file, None)
        if size is not None:
            note_size((entry.get("width"), entry.get("height")), size, image, problems)
            reader.add(image, size, rows[entry["id"]], file)
    names = [category["name"] for category in categories]
    return reader.finish(names, f"{file.stem}/{split}", file, "Its list `images` must name pictures.")


def find_coco(source: str | Path, split: str) -> Path:
    """The JSON file of a split: `source` itself, or annotations/*train*.json, train/*.json in a folder."""
    source = Path(source)
    if source.is_file():
        return source
    for name in split_aliases(split):
        for pattern in ("annotations/instances_{}*.json", "annotations/*{}*.json", "{}/*.json", "*{}*.json"):
            found = sorted(source.glob(pattern.format(name)))
            if len(found) > 1:
                listed = ", ".join(path.name for path in found)
                raise DataError(f"{source}: more than one file may hold the split {split!r}: {listed}. Name one.")
            if found:
                return found[0]
    raise DataError(f"{source}: found no annotations/*{split}*.json and no {split}/*.json. Name the JSON file.")


def _read_json(file: Path) -> dict:
    try:
        content = json.loads(read_text(file))
    except json.JSONDecodeError as error:
        raise DataError(f"{file}: this is not JSON: {error}. Export it again.") from error
    for key, needed in KEYS.items():
        entries = content.get(key) if isinstance(content, dict) else None
        if not isinstance(entries, list):
            raise DataError(f"{file}: the list `{key}` is missing. COCO instances files have {', '.join(KEYS)}.")
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict) or not all(each in entry for each in needed):
                raise DataError(f"{file}: {key}[{number}] is {entry!r}; it needs {' and '.join(needed)}.")
    return content


def _rows_by_image(content: dict, file: Path, ranks: dict[int, int], problems: Problems) -> dict[int, list[Row]]:
    rows = {entry["id"]: [] for entry in content["images"]}
    for number, annotation in enumerate(content["annotations"]):
        where = f"annotation {annotation.get('id', f'number {number}')}"
        box, image_id, category = (annotation.get(key) for key in ("bbox", "image_id", "category_id"))
        if annotation.get("iscrowd"):
            problems.note("crowd regions left out", file, None, where)
        elif image_id not in rows:
            fix = "Add the picture to `images`, or remove the annotation."
            problems.error("annotations of no picture", file, None, f"{where} has image_id {image_id}", fix)
        elif category not in ranks:
            fix = f"`categories` has {', '.join(map(str, ranks))}: mend the id or add the category."
            problems.error("undeclared classes", file, None, f"{where} has category_id {category}", fix)
        elif not _is_box(box):
            fix = "Expected four finite numbers: left, top, width, height."
            problems.error("malformed boxes", file, None, f"{where} has bbox {box}", fix)
        else:
            left, top, width, height = map(float, box)
            edges = (left, top, left + width, top + height)
            rows[image_id].append(Row(None, ranks[category], edges, f"{where}, bbox {box}"))
    return rows


def _is_box(box) -> bool:
    numbers = isinstance(box, list) and all(isinstance(each, (int, float)) for each in box)
    return numbers and len(box) == 4 and all(map(math.isfinite, box))


def _join(folder: Path, entry: dict) -> Path:
    return folder / PureWindowsPath(entry["file_name"]).as_posix()


def _image_folder(file: Path, split: str, entries: list[dict]) -> Path:
    """The folder near the JSON file in which one of the first pictures is found."""
    below = ["", file.stem.removeprefix("instances_"), *split_aliases(split)]
    tops = [file.parent, file.parent.parent]
    folders = [top / images / each for top in tops for images in ("", "images") for each in below]
    for folder in folders:
        if any(_join(folder, entry).is_file() for entry in islice(entries, 10)):
            return folder
    if not entries:
        return file.parent
    looked = ", ".join(str(folder) for folder in dict.fromkeys(folders))
    raise DataError(
        f"{file}: the first picture, {entries[0]['file_name']}, was not found in {looked}. "
        "Pass the folder of the pictures as images=."
    )
