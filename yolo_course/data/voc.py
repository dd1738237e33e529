"""Pascal VOC data sets: JPEGImages/, an XML file for each in Annotations/, lists of them in ImageSets/Main/.

VOC counts pixels from 1, and the pixels xmax and ymax still belong to the object (M. Everingham et al., The
Pascal Visual Object Classes Challenge, IJCV 2010). So a box's edges are xmin - 1, ymin - 1, xmax, ymax: that
of a whole 640 x 480 picture, written 1 1 640 480, becomes 0 0 640 480. (YOLOv5's converter takes 1 off all
four.)
"""

from __future__ import annotations

from pathlib import Path

from .dataset import Dataset
from .images import is_image, list_images
from .problems import DataError, Problems
from .reading import Row, SplitReader, note_size, read_text, split_aliases
from .voc_xml import Annotation, read_annotation


def load_voc(
    source: str | Path,
    split: str = "train",
    on_error: str = "raise",
    *,
    names: list[str] | None = None,
    difficult: bool = False,
) -> Dataset:
    """Read one split of a Pascal VOC folder; without ImageSets every picture belongs to every split.

    `names` gives the classes in order; else they are collected from all splits, and sorted. Objects marked
    difficult are left out (as the original does) and counted, unless `difficult`. Errors are as in load_yolo.
    """
    folder, problems = Path(source), Problems(on_error)
    images = _by_stem(folder / "JPEGImages", list_images(folder / "JPEGImages"))
    listed = _list_split(folder, split, images)
    wanted = None if names is None else [stem for stem, _, _ in listed]
    annotations = _read_annotations(folder, wanted, problems)
    names = _collect_names(annotations) if names is None else list(names)
    reader = SplitReader(problems)
    for stem, list_file, line in listed:
        image = images.get(stem, folder / "JPEGImages" / f"{stem}.jpg")
        size = reader.size(image, list_file, line)
        annotation = annotations.get(stem, Annotation(_xml(folder, stem), exists=False))
        if size is not None and annotation is not None:
            rows = _rows(annotation, size, names, difficult, problems) if annotation.exists else None
            reader.add(image, size, rows, annotation.file)
    hint = "Check JPEGImages and the lists in ImageSets/Main."
    return reader.finish(names, f"{folder.resolve().name}/{split}", folder, hint)


def _by_stem(top: Path, files: list[Path]) -> dict[str, Path]:
    return {file.relative_to(top).with_suffix("").as_posix(): file for file in files}


def _list_split(folder: Path, split: str, images: dict[str, Path]) -> list[tuple[str, Path, int | None]]:
    """(stem, file that lists it, line) of each picture in a split."""
    lists = folder / "ImageSets" / "Main"
    if not lists.is_dir():
        return [(stem, folder / "JPEGImages", None) for stem in images]
    files = [lists / f"{name}.txt" for name in split_aliases(split)]
    file = next((path for path in files if path.is_file()), None)
    if file is None:
        known = ", ".join(sorted(path.stem for path in lists.glob("*.txt"))) or "none"
        raise DataError(f"{lists}: there is no {split}.txt, only {known}. Write one, or ask for another split.")
    listed = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        entry = Path(line.strip())
        if line.strip():
            listed.append(((entry.with_suffix("") if is_image(entry) else entry).as_posix(), file, number))
    return listed


def _xml(folder: Path, stem: str) -> Path:
    return folder / "Annotations" / f"{stem}.xml"


def _read_annotations(folder: Path, stems: list[str] | None, problems: Problems) -> dict[str, Annotation | None]:
    """The annotations of these pictures, or (stems=None) all there are; None for one that cannot be used."""
    top = folder / "Annotations"
    if stems is None:
        files = _by_stem(top, sorted(path for path in top.rglob("*") if path.suffix.lower() == ".xml"))
    else:
        files = {stem: _xml(folder, stem) for stem in stems if _xml(folder, stem).is_file()}
    return {stem: read_annotation(file, problems) for stem, file in files.items()}


def _collect_names(annotations: dict[str, Annotation | None]) -> list[str]:
    return sorted({each.name for annotation in annotations.values() if annotation for each in annotation.objects})


def _rows(
    annotation: Annotation, size: tuple[int, int], names: list[str], difficult: bool, problems: Problems
) -> list[Row]:
    note_size(annotation.size, size, annotation.file, problems)
    rows = []
    for each in annotation.objects:
        if each.difficult and not difficult:
            problems.note("objects marked difficult left out", annotation.file, each.line, each.name)
        elif each.name not in names:
            fix = f"The classes are {', '.join(names)}: mend the file or add the name."
            problems.error("undeclared classes", annotation.file, each.line, f"found class {each.name!r}", fix)
        else:
            text = f"{each.name} {' '.join(f'{corner:g}' for corner in each.corners)}"
            rows.append(Row(each.line, names.index(each.name), _edges(each.corners), text))
    return rows


def _edges(corners: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """First and last pixels to edges. Where they are equal, a click without a drag, nothing lies between."""
    xmin, ymin, xmax, ymax = corners
    return (xmin - 1, ymin - 1, xmax, ymax) if xmin < xmax and ymin < ymax else corners
