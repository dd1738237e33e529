"""A training run by the words of the command line: data, weights and frozen parts are named, not built."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from yolo_course.data import Dataset
from yolo_course.data.named import NAMED_SETS, open_training_data
from yolo_course.learn import parallel
from yolo_course.learn.device import choose
from yolo_course.learn.folders import agreed, next_free
from yolo_course.learn.models import starting_model
from yolo_course.learn.run import RunError, RunFolder, write_text
from yolo_course.learn.settings import Settings
from yolo_course.learn.train import Result, Trainer, resume
from yolo_course.learn.transfer import PARTS, freeze
from yolo_course.weights import load_checkpoint, read_metadata, save_weights

Say = Callable[[object], None]


@dataclass(frozen=True)
class Pictures:
    """Which pictures a run learns from; kept in its folder as ``data.json`` for when it is resumed."""

    data: str
    images: int | None = None
    on_error: str = "raise"
    seed: int = 0

    def open(self) -> tuple[Dataset, Dataset]:
        """The training and the validation split."""
        return open_training_data(self.data, self.on_error, self.images, self.seed)

    def write(self, folder: Path) -> None:
        """Keep them in a run folder; of several processes the first one does."""
        if parallel.rank() > 0:
            return
        # The run may be resumed from another current folder.
        data = self.data if self.data in NAMED_SETS else str(Path(self.data).resolve())
        write_text(folder / "data.json", json.dumps({**asdict(self), "data": data}, indent=2) + "\n")

    @classmethod
    def of_run(cls, folder: Path) -> Pictures:
        """Those of a run folder. Raises RunError where it does not say."""
        file = folder / "data.json"
        if not file.is_file():
            raise RunError(f"found no data.json in {folder}: name the data, too: train DATA --resume {folder}")
        return cls(**json.loads(file.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Plan:
    """What to train, on which pictures, from which weights, with what frozen; ``settings`` go to train."""

    pictures: Pictures
    weights: str = "course"
    network: str | None = None
    release: str | None = None
    anchor_scale: float | None = None
    freeze: list[str] = field(default_factory=list)
    batchnorm: str = "fixed"
    settings: dict = field(default_factory=dict)


def start(plan: Plan, folder: Path | None = None, say: Say = print) -> Result:
    """Do what the plan says, in ``folder`` or the next free ``runs/train-N``; ``say`` is told what is frozen.

    Raises ValueError for whatever does not fit, before a folder is made.
    """
    settings, frozen = Settings.of(**plan.settings), freeze_words(plan.freeze)
    compute = choose(parallel.device_name(settings.device), settings.precision)
    train_set, val_set = plan.pictures.open()
    network = plan.network, plan.release, plan.anchor_scale
    model, carried = starting_model(train_set.names, plan.weights, *network, seed=settings.seed)
    say(f"{plan.weights}: {carried}" if carried else "a new network with random weights")
    say(freeze(model, frozen, plan.batchnorm))
    with parallel.group(compute.device):
        folder = agreed(folder or next_free("runs/train"), compute.device)
        trainer = Trainer(model, train_set, val_set, RunFolder(folder), settings)
        trainer.start()
        plan.pictures.write(folder)
        say(f"{len(train_set)} pictures to learn from, {len(val_set)} to measure on; the run is in {folder}")
        return trainer.go()


def go_on(folder: Path, pictures: Pictures | None = None, say: Say = print) -> Result:
    """Resume the run in ``folder``, with its own pictures or those given (drawn by the run's seed)."""
    config = RunFolder(folder).read_config()
    if pictures is None:
        pictures = Pictures.of_run(folder)
    else:
        pictures = replace(pictures, seed=config["seed"])
        pictures.write(folder)
    train_set, val_set = pictures.open()
    say(f"going on in {folder}, up to {config['epochs']} epochs")
    return resume(folder, train_set, val_set)


def freeze_words(words: list[str]) -> int | str | list[str]:
    """What people type after ``--freeze`` as what :func:`freeze` takes. Raises ValueError for other words."""
    if not words:
        return 0
    if len(words) == 1 and words[0].isdecimal():
        return int(words[0])
    if len(words) == 1 and words[0] in PARTS:
        return words[0]
    for word in words:
        if not word.startswith("model."):
            near = ", ".join(get_close_matches(word, PARTS) or PARTS)
            expected = f"a count of rows (10), {near}, or prefixes such as model.0.,model.9."
            raise ValueError(f"found --freeze {word!r}, expected {expected}")
    return words


def check_export(file: Path | None) -> None:
    """Refuse to replace a file, before hours of training. Raises ValueError."""
    if file is not None and file.exists():
        raise ValueError(f"{file} is there already: name another file to export to, or delete it")


def export(run: RunFolder, file: Path, half: bool = False) -> Path:
    """The run's best weights as a file to pass on, in float16 if ``half``; it tells the size to use it at."""
    stored = read_metadata(run.best)
    facts = {key: stored[key] for key in ("epoch", "map50") if key in stored}
    return save_weights(load_checkpoint(run.best), file, half, {**facts, "size": run.read_config()["size"]})
