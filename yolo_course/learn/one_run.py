"""One run of a comparison: a mode and a seed, from the start or from where it was stopped, to its result."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import cv2
import torch

from yolo_course.data import Dataset, DataWarning
from yolo_course.learn.evaluate import evaluate
from yolo_course.learn.experiment import Experiment, Mode
from yolo_course.learn.run import RunFolder, write_rows, write_text
from yolo_course.learn.settings import Settings
from yolo_course.learn.start import course_model, untrained_model
from yolo_course.learn.train import resume, train
from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5
from yolo_course.weights import transfer_weights

METRICS = ("map50", "map50_95", "precision", "recall")
OnEpoch = Callable[[dict], None]


class Run(NamedTuple):
    """What to run, and where: ``folder`` holds a folder for each run of the experiment."""

    experiment: Experiment
    mode: Mode
    seed: int
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / f"{self.mode.name}-seed{self.seed}"

    @property
    def is_done(self) -> bool:
        return (self.path / "result.json").is_file()


def runs_of(experiment: Experiment, folder: str | Path) -> list[Run]:
    """Every (mode, seed) of an experiment."""
    return [Run(experiment, mode, seed, Path(folder)) for mode in experiment.modes for seed in experiment.seeds]


def do(
    run: Run, keep_weights: bool = True, jobs: int = 1, threads: int | None = None, on_epoch: OnEpoch | None = None
) -> str:
    """Train and measure a run, beside others if ``jobs`` is more than 1; returns a line about it."""
    if threads:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # it was said before the runs
        train_set, val_set, test_set = run.experiment.data(run.seed)
    model, rows, folders = _train(run, train_set, val_set, on_epoch)
    result = _result(run, model, rows, train_set, test_set) | {"side_by_side": jobs}
    write_text(run.path / "result.json", json.dumps(result, indent=2) + "\n")
    if not keep_weights:
        for folder in folders:
            folder.best.unlink(missing_ok=True)
            folder.last.unlink(missing_ok=True)
    seconds = f"{result['seconds']:.1f} s of training"
    return f"{run.mode.name:<14} seed {run.seed}  test mAP50 {result['map50']:.3f}  {seconds}"


def _train(
    run: Run, train_set: Dataset, val_set: Dataset, on_epoch: OnEpoch | None
) -> tuple[YOLOv5, list[dict], list[RunFolder]]:
    """All stages of a run: one in its folder, several in a folder each, with one ``metrics.csv`` for all."""
    settings = {**run.experiment.settings, "seed": run.seed}
    stages = run.mode.stages(Settings.of(**settings).epochs)
    folders = [RunFolder(run.path / f"stage{n}" if len(stages) > 1 else run.path) for n in range(1, len(stages) + 1)]
    model, rows = None, []
    for stage, folder in zip(stages, folders, strict=True):
        options = {"progress": False, "on_epoch": on_epoch}
        if folder.can_resume():
            trained = resume(folder.path, train_set, val_set, **options)
        else:
            model = model or _model(run.experiment, run.mode, train_set.names, run.seed)
            freeze(model, stage.freeze, stage.batchnorm)
            own = {"lr": stage.lr, "epochs": stage.epochs}
            trained = train(model, train_set, val_set, folder.path, **options, **{**settings, **own})
        model, rows = trained.model, rows + [{**row, "epoch": row["epoch"] + len(rows)} for row in trained.rows]
        if len(stages) > 1:
            write_rows(run.path / "metrics.csv", rows)
    return model, rows, folders


def _model(experiment: Experiment, mode: Mode, names: Sequence[str], seed: int) -> YOLOv5:
    trained = course_model(weights=experiment.weights, anchor_scale=experiment.anchor_scale)
    model = untrained_model(names, trained, seed)
    if mode.pretrained:
        transfer_weights(model, trained)
    return model


def _result(run: Run, model: YOLOv5, rows: list[dict], train_set: Dataset, test_set: Dataset) -> dict:
    metrics, seconds = evaluate(model, test_set, size=run.experiment.settings["size"]), sum(r["seconds"] for r in rows)
    return {
        "mode": run.mode.name,
        "seed": run.seed,
        "lr": run.mode.lr,
        "epochs": len(rows),
        "train_images": len(train_set),
        "test_images": len(test_set),
        **{name: float(getattr(metrics, name)) for name in METRICS},
        "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": seconds,
        "wait_share": sum(row["wait_seconds"] for row in rows) / seconds,  # of the time, for the next batch
        "images_per_second": float(median(row["images_per_second"] for row in rows)),
        "memory_mb": max((row["memory_mb"] for row in rows if row["memory_mb"]), default=None),
    }
