"""The data-set doctor: reads all splits, decodes every picture, and lists what is wrong or odd."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import file_digest
from itertools import combinations
from pathlib import Path

import numpy as np

from ..config import COCO_ANCHORS
from . import check_content as content
from .data_yaml import read_data_yaml
from .dataset import Dataset
from .duplicates import both_fingerprints
from .findings import Finding
from .images import is_image, read_image
from .load import dataset_form, load_dataset
from .problems import DataError, DataWarning
from .reading import UNLABELLED, split_aliases
from .yolo import label_path

SPLITS = ("train", "val", "test")
LEFT_OUT = " (left out)"  # how the readers end the name of what is wrong, not merely odd
# What to do about each kind of finding of the readers.
ADVICE = {
    "annotations of no picture": "Add the picture to `images`, or remove the annotation.",
    "boxes beyond the picture clipped to it": "See whether they belong to another picture or size of it.",
    "boxes without width or height dropped": "Draw them again or delete them: a click is no box.",
    "broken annotations": "Export the file again, or remove it with its picture.",
    "coordinates out of 0..1": "Divide x and width by the picture's width, y and height by its height.",
    "crowd regions left out": "Nothing, unless you meant single objects: then box each of them.",
    "empty splits": "Put pictures there, or correct the place that names them.",
    "listed files that are no pictures passed over": "Take them off the list, or correct their names.",
    "malformed boxes": "Write four finite numbers: left, top, width, height.",
    "malformed objects": "Give each object a <name> and a <bndbox> of four numbers.",
    "malformed rows": "Write: class x y width height, five numbers between spaces.",
    "missing pictures": "Restore the files, or take them off the list.",
    "objects marked difficult left out": "Nothing, unless you want them: then clear the mark.",
    "pictures listed again (read once)": "Delete the repeated lines.",
    "pictures of another size than annotated (check their boxes)": "Annotate the pictures as they are now.",
    UNLABELLED: "Label them, or give each an empty file.",
    "repeated boxes dropped": "Delete the copies.",
    "undeclared classes": "Correct the class, or add it to the names.",
    "unreadable pictures": "Export or fetch them again, or remove them.",
}


@dataclass(frozen=True)
class CheckReport:
    """The splits that could be read, and the findings, what is wrong first."""

    splits: dict[str, Dataset]
    findings: list[Finding]

    @property
    def healthy(self) -> bool:
        return not any(finding.wrong for finding in self.findings)


def check_dataset(source: str | Path, size: int | None = None, anchors: np.ndarray | None = None) -> CheckReport:
    """Read every split of a data set of any form and look for trouble, without stopping at the first.

    ``size`` is the training size in pixels that boxes are compared with, ``anchors`` (levels, A, 2) in pixels are
    those they have to fit: COCO's, by default. Raises DataError only where there is no data set to look at: no such
    place, or no readable description.
    """
    splits, findings = {}, []
    names = list_splits(source)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        for name in names:
            try:
                splits[name] = load_dataset(source, name, on_error="warn")
            except DataError as error:
                findings.append(Finding(f"the split {name} cannot be read", (str(error),), "", True))
    findings += _reported([each.message for each in caught if issubclass(each.category, DataWarning)], splits)
    undeclared = sum(len(finding.places) for finding in findings if finding.what == "undeclared classes")
    prints, broken = _decoded(splits)
    findings += [*broken, *_shared(splits), *_lacking(names, splits), *content.same_folder(splits)]
    findings += [*content.near_copies(splits, prints), *content.unlisted(splits), *content.turned_by_camera(splits)]
    findings += [*content.counted_from_one(splits, undeclared), *content.drawn_twice(splits), *content.balance(splits)]
    if size is not None:
        fitting = np.reshape(COCO_ANCHORS, (3, -1, 2)) if anchors is None else anchors
        findings += [*content.too_small(splits, size), *content.anchor_fit(splits, size, fitting)]
    return CheckReport(splits, sorted(findings, key=lambda finding: not finding.wrong))


def box_sides(splits: Iterable[Dataset]) -> dict[str, tuple[float, float, float]]:
    """Smallest, median and largest box of each class that has any: sides of squares as large, in pixels."""
    sides: dict[str, list[float]] = {}
    for data in splits:
        for boxes, classes in zip(data.boxes, data.classes, strict=True):
            areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
            for number, side in zip(classes, np.sqrt(areas), strict=True):
                sides.setdefault(data.names[number], []).append(float(side))
    names = dict.fromkeys(name for data in splits for name in data.names)
    return {name: tuple(np.quantile(sides[name], (0, 0.5, 1))) for name in names if name in sides}


def list_splits(source: str | Path) -> list[str]:
    """Which of train, val and test a data set has. Raises DataError where it has none of them.

    Pascal VOC pictures without lists, and a COCO file alone, count as train.
    """
    source, form = Path(source), dataset_form(source)
    if form == "yolo":
        config = read_data_yaml(source)
        there = [name for name in SPLITS if set(split_aliases(name)) & config.splits.keys()]
        place = config.file
    elif form == "voc":
        place = source / "ImageSets" / "Main"
        lists = {file.stem for file in place.glob("*.txt")}
        there = [name for name in SPLITS if lists.intersection(split_aliases(name))] if place.is_dir() else ["train"]
    else:
        place, files = source, [*source.glob("*.json"), *source.glob("*/*.json")]
        there = ["train"] if source.is_file() else [name for name in SPLITS if _mentions(files, source, name)]
    if not there:
        raise DataError(f"{place}: found none of the splits {', '.join(SPLITS)}. Name where their pictures are.")
    return there


def _mentions(files: Iterable[Path], folder: Path, split: str) -> bool:
    """Whether one of the files has the split in its name, or lies in a folder of that name."""
    texts = [file.relative_to(folder).as_posix() for file in files]
    return any(alias in text for text in texts for alias in split_aliases(split))


def _reported(found: list[DataWarning], splits: dict[str, Dataset]) -> list[Finding]:
    """The readers' warnings, a finding for each kind, with the pictures whose files they name."""
    image_of = {label_path(image): image for data in splits.values() for image in data.images}
    places: dict[str, dict[str, None]] = {}
    pictures: dict[str, dict[Path, None]] = {}
    for warning in found:  # a place may be met once for each split: dicts keep it once, and the order
        places.setdefault(warning.kind, {}).update(dict.fromkeys(map(str, warning.problems)))
        files = [image_of.get(problem.file, problem.file) for problem in warning.problems]
        pictures.setdefault(warning.kind, {}).update(dict.fromkeys(file for file in files if is_image(file)))
    return [
        Finding(
            what := kind.removesuffix(LEFT_OUT),
            tuple(where),
            ADVICE.get(what, ""),
            kind.endswith(LEFT_OUT),
            tuple(pictures[kind]),
        )
        for kind, where in places.items()
    ]


def _decoded(splits: dict[str, Dataset]) -> tuple[dict[Path, np.ndarray], list[Finding]]:
    """Every picture's fingerprints (2, 512); and the pictures whose pixels cannot be read though their headers can."""
    prints, places = {}, {}
    for path in {image: None for data in splits.values() for image in data.images}:
        try:
            image = read_image(path)
        except DataError as error:
            places[str(error)] = path
        else:
            prints[path] = both_fingerprints(image)
    if not places:
        return prints, []
    advice, files = ADVICE["unreadable pictures"], tuple(places.values())
    return prints, [Finding("pictures that cannot be decoded", tuple(places), advice, True, files)]


def _shared(splits: dict[str, Dataset]) -> list[Finding]:
    """Pictures in two splits, be it as copies: to measure on what was trained on says nothing."""
    digests = {name: {_digest(image): image for image in data.images} for name, data in splits.items()}
    findings = []
    for one, other in combinations(splits, 2):
        common = digests[one].keys() & digests[other].keys()
        pairs = sorted((digests[one][key], digests[other][key]) for key in common)
        if pairs:
            what, advice = f"pictures both in {one} and in {other}", "Leave each in one split: a copy measures memory."
            places = tuple(f"{mine} = {theirs}" for mine, theirs in pairs)
            findings.append(Finding(what, places, advice, True, tuple(mine for mine, _ in pairs)))
    return findings


def _digest(image: Path) -> str:
    with image.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _lacking(names: list[str], splits: dict[str, Dataset]) -> list[Finding]:
    """Splits and classes that training will miss."""
    findings = []
    missing = tuple(name for name in ("train", "val") if name not in names)
    if missing:
        advice = "Set some pictures apart: train to learn from, val to measure on while training."
        findings.append(Finding("splits that training needs", missing, advice, False))
    if "train" in splits:
        absent = tuple(name for name, count in splits["train"].counts().items() if not count)
        if absent:
            advice = "Label some, or take them off the names: what is never seen cannot be learned."
            findings.append(Finding("classes without a box to train on", absent, advice, False))
    return findings
