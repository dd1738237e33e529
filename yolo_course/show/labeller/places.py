"""Where the photos lie, where their label files go, and the data.yaml that makes a data set of both.

The rule, in this order (the package's reader finds all of it again):

1. `folder/images` exists: its photos are shown, the labels go into `folder/labels`, with the same sub-folders.
2. `folder` is, or lies below, a folder called `images` that has `labels` or a data.yaml beside it: it is a part of
   that data set, and the labels go below that `labels`.
3. Otherwise each label file lies beside its photo (below a sub-folder called `images`: in the `labels` beside it).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from yolo_course.data.data_yaml import read_data_yaml
from yolo_course.data.images import list_images, write_atomic
from yolo_course.data.problems import DataError
from yolo_course.data.yolo import label_path


@dataclass(frozen=True)
class Places:
    """`photos` is the folder that is shown, `home` the data set's own, where its data.yaml belongs.

    `labels` is a folder of the user's choice for the label files, or None where the rule of this module counts.
    """

    photos: Path
    home: Path
    labels: Path | None = None

    def label_file(self, picture: Path) -> Path:
        """Where the labels of a picture are, or will be."""
        if self.labels is not None:
            return self.labels / picture.relative_to(self.photos).with_suffix(".txt")
        file = label_path(picture)
        return file if file.is_relative_to(self.home) else picture.with_suffix(".txt")


def find_places(folder: str | Path, labels: str | Path | None = None) -> Places:
    """Apply the rule of this module to a folder; raises DataError where there is no such folder."""
    folder = _absolute(folder)
    if not folder.is_dir():
        raise DataError(
            f"{folder}: found no such folder, expected one with photos. Make it and put photos into it, or give "
            f"another one; the current folder is {Path.cwd()}."
        )
    own = None if labels is None else _absolute(labels)
    if own is not None and own.exists() and not own.is_dir():
        raise DataError(f"{own}: found a file, expected a folder for the label files. Give another path as `labels`.")
    if (folder / "images").is_dir():
        return Places(folder / "images", folder, own)
    for images in [each for each in (folder, *folder.parents) if each.name == "images"][:1]:
        if (images.parent / "labels").is_dir() or has_yaml(images.parent):
            return Places(folder, images.parent, own)
    return Places(folder, folder, own)


def list_photos(places: Places) -> dict[Path, Path]:
    """Each photo with its label file, in the order of their names.

    Raises DataError where there is no photo, and where two of them would share a label file.
    """
    found = {picture: places.label_file(picture) for picture in list_images(places.photos)}
    if not found:
        raise DataError(
            f"{places.photos}: found no photo, expected at least one (.jpg, .png, .webp, .tif, ...). "
            "Copy photos into it, or give another folder."
        )
    owners: dict[str, Path] = {}
    for picture, file in found.items():
        other = owners.setdefault(str(file).lower(), picture)  # many disks take x.txt and X.txt for one file
        if other != picture:
            raise DataError(
                f"{places.photos}: found {other.name} and {picture.name}, which would share the label file "
                f"{file.name}; expected a name for each. Rename one of the two photos."
            )
    return found


def check_names(places: Places, names: Sequence[str]) -> None:
    """Raise DataError where names are no list of different words, or where the folder's data.yaml has others."""
    if isinstance(names, str) or not names or any(not isinstance(each, str) or not each.strip() for each in names):
        raise DataError(f'found names={names!r}, expected the classes in order, such as ["stop", "yield"].')
    if len(set(names)) < len(names):
        raise DataError(f"found a name twice in {list(names)}, expected each class once. Rename one of them.")
    if places.labels is None and has_yaml(places.home):
        config = read_data_yaml(places.home)
        if config.names != list(names):
            raise DataError(
                f"{config.file}: found the classes {config.names}, expected {list(names)}, as asked for. A class is "
                "stored as its number: pass the names of the file in its order, or mend `names:` in the file."
            )


def write_data_yaml(places: Places, names: Sequence[str]) -> None:
    """Say in a data.yaml which folder holds the photos (as `train`) and what the classes are called.

    One that is there stays as it is; none is written where the labels are in a folder of their own.
    """
    if places.labels is not None or has_yaml(places.home):
        return
    photos = places.photos.relative_to(places.home).as_posix()
    content = {"train": photos, "nc": len(names), "names": dict(enumerate(names))}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    write_atomic(places.home / "data.yaml", text.encode("utf-8"))


def has_yaml(folder: Path) -> bool:
    """Whether a folder has what the reader would take for its data.yaml."""
    return any(each.suffix.lower() in (".yaml", ".yml") for each in folder.iterdir())


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))
