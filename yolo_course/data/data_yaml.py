"""data.yaml, the file that describes a YOLO data set: where the pictures of each split are, and the names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

import yaml

from .images import is_image, list_images
from .problems import DataError, Problems
from .reading import read_text, split_aliases

SPLITS = ("train", "val", "valid", "validation", "test")


@dataclass(frozen=True)
class DataYaml:
    """A checked data.yaml: `root` is what its paths are relative to, `names` the classes in order."""

    file: Path
    root: Path
    names: list[str]
    splits: dict[str, list[str]]


@dataclass(frozen=True)
class Listed:
    """A picture, and the place that names it (`line` is None for a folder)."""

    image: Path
    file: Path
    line: int | None


def find_data_yaml(source: str | Path) -> Path:
    """The YAML file itself, or the one in a folder: data.yaml, else the only one there is."""
    source = Path(source)
    if source.is_file():
        return source
    if not source.is_dir():
        raise DataError(f"{source}: there is no such file or folder. Give the path of a data.yaml or of its folder.")
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in (".yaml", ".yml"))
    named = [path for path in found if path.stem == "data"] or found
    if len(named) != 1:
        listed = ", ".join(path.name for path in named) or "none"
        raise DataError(f"{source}: expected one data.yaml, found {listed}. Name the file, or write one.")
    return named[0]


def read_data_yaml(source: str | Path) -> DataYaml:
    """Read and check a data.yaml; raises DataError that names the file and what to mend."""
    file = find_data_yaml(source)
    try:
        content = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise DataError(f"{file}: this is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{file}: expected keys such as `train:` and `names:`, found {type(content).__name__}.")
    names = _names(content, file)
    splits = {str(key): entries for key, value in content.items() if (entries := _entries(value))}
    return DataYaml(file, _root(content, file), names, splits)


def list_pictures(config: DataYaml, split: str, problems: Problems) -> list[Listed]:
    """The pictures of a split, in order, each once: from folders, and from text files that list them."""
    key = next((key for key in split_aliases(split) if key in config.splits), None)
    if key is None:
        known = ", ".join(key for key in config.splits if key in SPLITS) or "none"
        raise DataError(f"{config.file}: there is no split `{split}:`, only {known}. Add the key, or ask for another.")
    listed: dict[Path, Listed] = {}
    for entry in config.splits[key]:
        for each in _expand(entry, config, problems):
            if each.image in listed:
                problems.note("pictures listed again (read once)", each.file, each.line, str(each.image))
            listed.setdefault(each.image, each)
    return list(listed.values())


def _names(content: dict, file: Path) -> list[str]:
    names = content.get("names")
    if isinstance(names, dict):
        if sorted(map(str, names)) != sorted(map(str, range(len(names)))):
            raise DataError(f"{file}: the keys of `names:` must be 0 to {len(names) - 1}, found {list(names)}.")
        names = [value for _, value in sorted(names.items(), key=lambda item: int(item[0]))]
    if not isinstance(names, list) or not names:
        raise DataError(f"{file}: the key `names:` is missing or empty. Add the classes in order: names: [cat, dog]")
    for name in names:
        if not isinstance(name, (str, int, float)) or isinstance(name, bool):
            raise DataError(f'{file}: YAML reads a class name as {name!r}. Put it in quotes: "no", "yes", "null".')
    if "nc" in content and content["nc"] != len(names):
        raise DataError(f"{file}: `nc: {content['nc']}`, but `names:` has {len(names)} classes. Correct one of them.")
    return [str(name) for name in names]


def _entries(value) -> list[str]:
    """One path, or several; nothing for anything else, such as `test:` left empty."""
    values = value if isinstance(value, list) else [value]
    return values if all(isinstance(each, str) and each for each in values) else []


def _root(content: dict, file: Path) -> Path:
    path = content.get("path")
    if path is None or path == "":
        return file.parent
    bases = [file.parent, Path.cwd()]
    root = _first(_candidates(str(path), bases))
    if not root.is_dir():
        raise DataError(
            f"{file}: `path: {path}` is not a folder here. Correct it, or delete the line: "
            f"then the paths count from {file.parent}."
        )
    return root


def _expand(entry: str, config: DataYaml, problems: Problems) -> list[Listed]:
    """The pictures that one entry of a split stands for."""
    bases = [config.root, Path.cwd()]  # early releases counted from the current folder
    candidates = _candidates(entry, bases)
    if entry.startswith("../"):  # Roboflow writes ../train/images beside the folder train
        candidates.insert(1, config.root / entry[3:])
    place = _first(candidates)
    if place.is_dir():
        return [Listed(image, place, None) for image in list_images(place)]
    if place.is_file() and place.suffix.lower() == ".txt":
        return _read_list(place, config.root, problems)
    raise DataError(
        f"{config.file}: `{entry}` is neither a folder nor a .txt file that lists pictures (looked for "
        f"{place}). Correct the path, or the key `path:`."
    )


def _read_list(file: Path, root: Path, problems: Problems) -> list[Listed]:
    """Pictures named line by line: absolute, from the list's folder (./x), or from the data set's root."""
    found = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        entry = line.strip()
        if not entry:
            continue
        bases = [file.parent, root] if entry.startswith("./") else [root, file.parent, Path.cwd()]
        image = _first(_candidates(entry, bases))
        if is_image(image):
            found.append(Listed(image, file, number))
        else:
            problems.note("listed files that are no pictures passed over", file, number, entry)
    return found


def _candidates(entry: str, bases: list[Path]) -> list[Path]:
    """The places an entry may mean; one that was written on Windows works elsewhere, too."""
    entries = [entry, PureWindowsPath(entry).as_posix()]
    return [base / each for each in dict.fromkeys(entries) for base in bases]


def _first(candidates: list[Path]) -> Path:
    return next((path for path in candidates if path.exists()), candidates[0])
