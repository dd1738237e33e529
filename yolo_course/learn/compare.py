"""Frozen against unfrozen: the same data, the same seeds, another part of the network held still.

    comparison = compare(load_experiment("far80"), "runs/far80")
    print(comparison)

A run is (mode, seed). Every run has a folder of its own and can be resumed; the figures that are reported are those
of the last epoch on the test split, and differences between modes are taken seed by seed.
"""

from __future__ import annotations

import json
import multiprocessing
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import cv2
import numpy as np
import torch

from yolo_course import machine
from yolo_course.data import Dataset, DataWarning
from yolo_course.learn.evaluate import evaluate
from yolo_course.learn.experiment import Experiment, Mode
from yolo_course.learn.run import RunError, RunFolder, read_rows, write_rows, write_text
from yolo_course.learn.start import course_model, untrained_model
from yolo_course.learn.train import resume, train
from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5
from yolo_course.weights import transfer_weights

METRICS = ("map50", "map50_95", "precision", "recall")
BASELINE = "unfrozen"
TICK = 2.0  # seconds between two looks at runs under way
Curves = dict[tuple[str, int], list[dict]]


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    ``runs``: a dict a run, with the last epoch's figures on the test split. ``summary``: a dict a mode, with mean and
    standard deviation over the seeds, and the difference to ``unfrozen``, seed by seed. ``curves``: the rows of each
    run's ``metrics.csv`` by (mode, seed), with figures on the validation split.
    """

    name: str
    runs: list[dict]
    summary: list[dict]
    curves: Curves
    machine: dict

    def __str__(self) -> str:
        lines = [f"{self.name}: last epoch on the test split, {self.runs[0]['test_images']} pictures"]
        lines.append(f"{'mode':<14}{'lr':>8}{'seeds':>7}{'mAP50':>16}{'mAP50-95':>16}{'to unfrozen':>20}{'seconds':>9}")
        for row in self.summary:
            difference = _with_spread(row["map50_difference"], row["map50_difference_sd"], "+")
            lines.append(
                f"{row['mode']:<14}{row['lr']:>8g}{row['seeds']:>7}{_with_spread(row['map50'], row['map50_sd']):>16}"
                f"{_with_spread(row['map50_95'], row['map50_95_sd']):>16}{difference:>20}{row['seconds']:>9.1f}"
            )
        return "\n".join(lines)


def _with_spread(value: float | None, spread: float | None, sign: str = "") -> str:
    if value is None:
        return "-"
    return f"{value:{sign}.3f}" + (f" ± {spread:.3f}" if spread is not None else "")


def compare(
    experiment: Experiment,
    folder: str | Path,
    *,
    jobs: int | None = None,
    progress: Callable[[str], None] = print,
    watch: Callable[[Curves], None] | None = None,
    keep_weights: bool = True,
) -> Comparison:
    """Run every (mode, seed) of an experiment that has not run yet, ``jobs`` at a time, and sum up.

    ``jobs`` is by default one run a core on a CPU (two runs of one thread are faster than one of two) and one on a
    GPU. Writes ``<folder>/<mode>-seed<seed>/`` each (a run folder and ``result.json``), ``runs.csv`` and
    ``summary.csv``. ``progress`` is called with a line a run; ``watch`` every other second with the curves so far.
    Without ``keep_weights`` the weights go when a run has its result.

    Raises RunError where ``folder`` holds another experiment.
    """
    folder = Path(folder)
    _claim(folder, experiment)
    todo = [(mode, seed) for mode in experiment.modes for seed in experiment.seeds]
    todo = [(mode, seed) for mode, seed in todo if not (_run_path(folder, mode, seed) / "result.json").is_file()]
    on_cpu = experiment.settings.get("device", "auto") == "cpu" or machine.accelerator() is None
    jobs = min(jobs or (machine.usable_cores() if on_cpu else 1), max(1, len(todo)))
    arguments = [(experiment, mode, seed, str(folder), keep_weights) for mode, seed in todo]
    if todo:  # what is odd about the data is said once, and what is wrong with them before the work
        experiment.data(todo[0][1])
    look = (lambda: watch(read_curves(folder, experiment))) if watch else (lambda: None)
    for done, line in enumerate(_all(arguments, jobs, look), start=1):
        progress(f"{done}/{len(todo)}  {line}")
    look()
    return load_comparison(_sum_up(folder, experiment))


def read_curves(folder: str | Path, experiment: Experiment) -> Curves:
    """The rows measured so far, by (mode, seed), of runs that are done or under way."""
    paths = {(mode.name, seed): _run_path(folder, mode, seed) for mode in experiment.modes for seed in experiment.seeds}
    files = {key: path / "metrics.csv" for key, path in paths.items()}
    return {key: read_rows(file) for key, file in files.items() if file.is_file()}


def load_comparison(folder: str | Path) -> Comparison:
    """Read what :func:`compare` wrote, or a recorded folder under ``data/runs``. Raises RunError for another one."""
    folder = Path(folder)
    if not (folder / "summary.csv").is_file():
        raise RunError(f"found no summary.csv in {folder.name!r}, expected a folder that compare wrote")
    runs = read_rows(folder / "runs.csv")
    curves = {
        (run["mode"], run["seed"]): read_rows(folder / f"{run['mode']}-seed{run['seed']}" / "metrics.csv")
        for run in runs
    }
    found = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    return Comparison(folder.name, runs, read_rows(folder / "summary.csv"), curves, found)


def _claim(folder: Path, experiment: Experiment) -> None:
    """Write down the experiment, or make sure that it is the one written down."""
    file, text = folder / "experiment.yaml", experiment.to_yaml()
    if file.is_file() and file.read_text(encoding="utf-8") != text:
        raise RunError(
            f"found another experiment in {folder}, expected {experiment.name} as it is now: use a new folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, text)


def _all(arguments: list[tuple], jobs: int, look: Callable[[], None]):
    """Run them all; yields each one's line when it is done, and looks at those under way in between."""
    if jobs == 1:
        yield from (_run(*one, on_epoch=lambda row: look()) for one in arguments)
        return
    # "spawn" on every system: a forked process inherits locks of PyTorch's threads in an unknown state.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(_run, *one, threads=1) for one in arguments}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=TICK, return_when=FIRST_COMPLETED)
                look()
                yield from (future.result() for future in done)
        finally:  # after an error or an interrupt those under way end, and no other starts
            pool.shutdown(cancel_futures=True)


def _run_path(folder: str | Path, mode: Mode, seed: int) -> Path:
    return Path(folder) / f"{mode.name}-seed{seed}"


def _run(experiment: Experiment, mode: Mode, seed: int, folder: str, keep_weights: bool, threads=None, on_epoch=None):
    """One (mode, seed), from the start or from where it was stopped, to its ``result.json``."""
    if threads:
        torch.set_num_threads(threads)
        cv2.setNumThreads(threads)
    run = RunFolder(_run_path(folder, mode, seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # compare has said it
        train_set, val_set, test_set = experiment.data(seed)
    if run.can_resume():
        trained = resume(run.path, train_set, val_set, progress=False, on_epoch=on_epoch)
    else:
        model, settings = (
            _model(experiment, mode, train_set.names, seed),
            {**experiment.settings, "seed": seed},
        )
        settings["lr"] = mode.lr
        trained = train(model, train_set, val_set, run.path, progress=False, on_epoch=on_epoch, **settings)
    result = _result(experiment, mode, seed, trained.model, trained.rows, train_set, test_set)
    write_text(run.path / "result.json", json.dumps(result, indent=2) + "\n")
    if not keep_weights:
        run.best.unlink(missing_ok=True)
        run.last.unlink(missing_ok=True)
    return f"{mode.name:<14} seed {seed}  test mAP50 {result['map50']:.3f}  {result['seconds']:.1f} s of training"


def _model(experiment: Experiment, mode: Mode, names: Sequence[str], seed: int) -> YOLOv5:
    trained = course_model(weights=experiment.weights, anchor_scale=experiment.anchor_scale)
    model = untrained_model(names, trained, seed)
    if mode.pretrained:
        transfer_weights(model, trained)
    freeze(model, mode.freeze, mode.batchnorm)
    return model


def _result(experiment, mode: Mode, seed: int, model: YOLOv5, rows: list[dict], train_set, test_set: Dataset) -> dict:
    metrics = evaluate(model, test_set, size=experiment.settings["size"])
    return {
        "mode": mode.name,
        "seed": seed,
        "lr": mode.lr,
        "epochs": len(rows),
        "train_images": len(train_set),
        "test_images": len(test_set),
        **{name: float(getattr(metrics, name)) for name in METRICS},
        "trainable": sum(p.numel() for p in model.parameters() if p.requires_grad),
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": sum(row["seconds"] for row in rows),
        "images_per_second": float(np.median([row["images_per_second"] for row in rows])),
        "memory_mb": max((row["memory_mb"] for row in rows if row["memory_mb"]), default=None),
    }


def _sum_up(folder: Path, experiment: Experiment) -> Path:
    paths = [_run_path(folder, mode, seed) for mode in experiment.modes for seed in experiment.seeds]
    runs = [json.loads((path / "result.json").read_text(encoding="utf-8")) for path in paths]
    write_rows(folder / "runs.csv", runs)
    write_rows(folder / "summary.csv", [summarise_mode(mode.name, runs) for mode in experiment.modes])
    write_text(folder / "machine.json", (paths[0] / "machine.json").read_text(encoding="utf-8"))
    return folder


def summarise_mode(mode: str, runs: list[dict]) -> dict:
    """Mean and standard deviation of one mode over its seeds, and of its paired difference to ``unfrozen``."""
    own = {run["seed"]: run for run in runs if run["mode"] == mode}
    base = {run["seed"]: run for run in runs if run["mode"] == BASELINE}
    first = next(iter(own.values()))
    row = {"mode": mode, "lr": first["lr"], "seeds": len(own), "epochs": first["epochs"]}
    row |= {"trainable": first["trainable"], "trainable_share": first["trainable"] / first["parameters"]}
    for name in ("map50", "map50_95"):
        row[name], row[f"{name}_sd"] = _mean_sd([run[name] for run in own.values()])
        pairs = [own[seed][name] - base[seed][name] for seed in own if seed in base and mode != BASELINE]
        row[f"{name}_difference"], row[f"{name}_difference_sd"] = _mean_sd(pairs)
    for name in ("seconds", "images_per_second"):
        row[name], row[f"{name}_sd"] = _mean_sd([run[name] for run in own.values()])
    row["seconds_per_epoch"] = row["seconds"] / first["epochs"]
    row["memory_mb"] = max((run["memory_mb"] for run in own.values() if run["memory_mb"]), default=None)
    return row


def _mean_sd(values: list[float]) -> tuple[float | None, float | None]:
    return (mean(values) if values else None), (stdev(values) if len(values) > 1 else None)
