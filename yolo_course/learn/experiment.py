"""An experiment as a small file: which pictures, which modes, which seeds, which settings."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from yolo_course.data import Dataset, data_dir, load_dataset
from yolo_course.data.named import locate
from yolo_course.learn.settings import Settings
from yolo_course.learn.transfer import BATCHNORM, PARTS


class ExperimentError(ValueError):
    """An experiment that cannot be run; the message says what was found and what was expected."""


@dataclass(frozen=True)
class Mode:
    """One way to train: from which weights, with what frozen, at which learning rate.

    With ``thaw_after``, a share of the epochs, it has two stages: after them everything is set free, and a second
    training goes on at ``thaw_lr`` from what the first one left.
    """

    name: str
    lr: float
    freeze: int | str | list = 0  # as in yolo_course.freeze
    pretrained: bool = True
    batchnorm: str = "fixed"
    thaw_after: float | None = None
    thaw_lr: float | None = None

    def check(self) -> None:
        """Raise ValueError for a name that cannot be a folder's, and what can be seen to be wrong untrained."""
        if not re.fullmatch(r"\w[\w.+-]*", str(self.name)):
            raise ExperimentError(f"found the mode {self.name!r}, expected letters, digits, '-', '.' and '+'")
        if isinstance(self.freeze, str) and self.freeze not in PARTS:
            raise ExperimentError(
                f"found freeze={self.freeze!r} in {self.name}, expected a count, a list or one of {PARTS}"
            )
        if self.batchnorm not in BATCHNORM:
            raise ExperimentError(f"found batchnorm={self.batchnorm!r} in {self.name}, expected one of {BATCHNORM}")
        Settings.of(lr=self.lr)
        if (self.thaw_after is None) != (self.thaw_lr is None):
            raise ExperimentError(f"found one of thaw_after and thaw_lr in {self.name}, expected both or neither")
        if self.thaw_after is not None:
            Settings.of(lr=self.thaw_lr)
            if not (isinstance(self.thaw_after, float) and 0 < self.thaw_after < 1):
                raise ExperimentError(
                    f"found thaw_after={self.thaw_after!r} in {self.name}, expected a share of the epochs such as 0.5"
                )

    def stages(self, epochs: int) -> list[Stage]:
        """The trainings that ``epochs`` epochs are made of. Raises ExperimentError for one epoch in two stages."""
        if self.thaw_after is None:
            return [Stage(self.freeze, self.batchnorm, self.lr, epochs)]
        if epochs < 2:
            raise ExperimentError(f"found {epochs} epoch for the two stages of {self.name}, expected 2 or more")
        first = min(epochs - 1, max(1, round(self.thaw_after * epochs)))
        return [
            Stage(self.freeze, self.batchnorm, self.lr, first),
            Stage(0, "fixed", self.thaw_lr, epochs - first),
        ]


class Stage(NamedTuple):
    """One training of a mode."""

    freeze: int | str | list
    batchnorm: str
    lr: float
    epochs: int


# A head alone bears, and needs, larger steps than a whole network: its learning rate is stated with every result.
MODES = (
    Mode("scratch", 3e-3, pretrained=False),
    Mode("unfrozen", 3e-3),
    Mode("backbone", 3e-3, "backbone"),
    Mode("all-but-head", 1e-2, "backbone+neck"),
)


@dataclass(frozen=True)
class Experiment:
    """``images`` training pictures of ``target`` (drawn by the seed; None takes all), trained in every mode.

    ``target`` is a folder, a data.yaml, one of the embedded sets (``"near"``, ``"far"``), or a downloaded one
    (``"bccd"``). ``weights`` and ``anchor_scale`` are those of :func:`~yolo_course.learn.start.course_model`.
    ``settings`` are those of :class:`Settings`, without lr and seed. ``side_by_side`` is how many runs share a GPU: a
    small network alone does not fill one.
    """

    name: str
    target: str
    images: int | None = None
    seeds: tuple[int, ...] = (0,)
    modes: tuple[Mode, ...] = MODES
    weights: str | None = None
    anchor_scale: float | None = None
    settings: dict = field(default_factory=dict)
    side_by_side: int = 1

    def __post_init__(self):
        object.__setattr__(self, "settings", {"size": 128, **self.settings})
        for own in ("lr", "seed"):
            if own in self.settings:
                raise ExperimentError(f"found {own} in the settings of {self.name}: it belongs to the mode or to seeds")
        Settings.of(**self.settings)
        names = [mode.name for mode in self.modes]
        for each in (names, self.seeds):
            if not each or len(set(each)) != len(each):
                raise ExperimentError(f"found {list(each)}, expected at least one mode and one seed, none twice")
        if self.images is not None and (type(self.images) is not int or self.images < 1):
            raise ExperimentError(f"found images={self.images!r}, expected a count of 1 or more, or none for all")
        for seed in self.seeds:
            Settings.of(seed=seed)
        for mode in self.modes:
            mode.check()
            mode.stages(Settings.of(**self.settings).epochs)
        if type(self.side_by_side) is not int or self.side_by_side < 1:
            raise ExperimentError(f"found side_by_side={self.side_by_side!r}, expected a count of 1 or more")

    def data(self, seed: int) -> tuple[Dataset, Dataset, Dataset]:
        """Training pictures (a random choice that the seed decides, the same for every mode), val and test split."""
        source = locate(self.target)
        train_set, val_set, test_set = (load_dataset(source, split) for split in ("train", "val", "test"))
        if self.images is not None:
            if self.images > len(train_set):
                raise ExperimentError(
                    f"found images: {self.images}, but {self.target} has {len(train_set)} to train on"
                )
            train_set = train_set.subset(np.random.default_rng(seed).permutation(len(train_set))[: self.images])
        return train_set, val_set, test_set

    def to_yaml(self) -> str:
        content = asdict(self) | {"seeds": list(self.seeds), "modes": [asdict(mode) for mode in self.modes]}
        content |= {key: content[key] and str(content[key]) for key in ("target", "weights")}  # a Path is welcome
        return yaml.safe_dump(content, sort_keys=False)


def read_experiment(name: str | Path) -> tuple[Path, dict]:
    """An experiment file of whatever kind, by path, or by name one of ``data/experiments``: its path and its content.

    Raises ExperimentError where there is none, and for one that holds no keys and values.
    """
    named = Path(name).suffix not in (".yaml", ".yml")
    path = data_dir() / "experiments" / f"{name}.yaml" if named else Path(name)
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml")))
        raise ExperimentError(f"found no experiment {str(name)!r}, expected a YAML file or one of {there}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{path.name}: {error}; expected the keys of yolo_course.learn.experiment") from error
    if not isinstance(content, dict):
        raise ExperimentError(f"{path.name}: found {content!r}, expected the keys of yolo_course.learn.experiment")
    return path, content


def load_experiment(name: str | Path) -> Experiment:
    """An experiment by the name or path of its file. Raises ExperimentError for a wrong one."""
    path, content = read_experiment(name)
    return experiment_of(content, path)


def experiment_of(content: dict, path: Path) -> Experiment:
    """An experiment from what its file says. Raises ExperimentError for what cannot be one."""
    try:
        content = dict(content)
        modes = tuple(Mode(**mode) for mode in content.pop("modes", ())) or MODES
        seeds = tuple(content.pop("seeds", (0,)))
        return Experiment(**{"name": path.stem, **content}, modes=modes, seeds=seeds)
    except (TypeError, AttributeError) as error:
        raise ExperimentError(f"{path.name}: {error}; expected the keys of yolo_course.learn.experiment") from error
