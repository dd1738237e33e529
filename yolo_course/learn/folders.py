"""Folders that runs are written to: a new number each time, so that nothing is overwritten."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import torch
import torch.distributed as dist

from yolo_course.learn import parallel
from yolo_course.learn.experiment import Experiment


def next_free(stem: str | Path) -> Path:
    """``runs/train`` to ``runs/train-1``, or to the first number that is not there yet."""
    stem = Path(stem)
    return next(path for i in count(1) if not (path := stem.with_name(f"{stem.name}-{i}")).exists())


def agreed(path: Path, device: torch.device) -> Path:
    """The path that process 0 chose: the others may look when its folder is there already.

    Inside ``parallel.group`` only; without ``torchrun`` it is ``path``.
    """
    if parallel.world() == 1:
        return path
    box = [str(path)]
    dist.broadcast_object_list(box, src=0, device=device)
    return Path(box[0])


def experiment_folder(experiment: Experiment, runs: str | Path = "runs") -> Path:
    """``runs/<name>``, new or with this very experiment in it; ``<name>-2`` ... where another lies there."""
    text = experiment.to_yaml()
    candidates = (Path(runs, experiment.name + (f"-{i}" if i > 1 else "")) for i in count(1))
    return next(path for path in candidates if not path.exists() or _reads(path / "experiment.yaml", text))


def _reads(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text
