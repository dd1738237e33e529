"""Frozen against unfrozen: the same data, the same seeds, another part of the network held still.

    comparison = compare(load_experiment("far80"), "runs/far80")
    print(comparison)

A run is (mode, seed). Every run has a folder of its own and can be resumed; the figures that are reported are those
of the last epoch on the test split, and differences between modes are taken seed by seed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from yolo_course.learn.experiment import Experiment
from yolo_course.learn.one_run import runs_of
from yolo_course.learn.run import RunError, read_facts, read_rows, write_rows, write_text
from yolo_course.learn.side_by_side import run_all

BASELINE = "unfrozen"
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

    ``jobs`` is by default one run a core on a CPU (two runs of one thread are faster than one of two), and on a GPU
    what the experiment says. Writes ``<folder>/<mode>-seed<seed>/`` each (a run folder and ``result.json``),
    ``runs.csv`` and ``summary.csv``. ``progress`` is called with a line a run; ``watch`` every other second with the
    curves so far. Without ``keep_weights`` the weights go when a run has its result.

    Raises RunError where ``folder`` holds another experiment.
    """
    folder = Path(folder)
    claim(folder, experiment)
    look = (lambda: watch(read_curves(folder, experiment))) if watch else (lambda: None)
    todo = [run for run in runs_of(experiment, folder) if not run.is_done]
    for done, line in enumerate(run_all(todo, jobs, keep_weights, look), start=1):
        progress(f"{done}/{len(todo)}  {line}")
    look()
    return load_comparison(sum_up(folder, experiment))


def read_curves(folder: str | Path, experiment: Experiment) -> Curves:
    """The rows measured so far, by (mode, seed), of runs that are done or under way."""
    files = {(run.mode.name, run.seed): run.path / "metrics.csv" for run in runs_of(experiment, folder)}
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
    return Comparison(folder.name, runs, read_rows(folder / "summary.csv"), curves, read_facts(folder))


def claim(folder: Path, experiment: Experiment) -> None:
    """Write down the experiment, or make sure that it is the one written down."""
    file, text = folder / "experiment.yaml", experiment.to_yaml()
    if file.is_file() and file.read_text(encoding="utf-8") != text:
        raise RunError(
            f"found another experiment in {folder}, expected {experiment.name} as it is now: use a new folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, text)


def sum_up(folder: Path, experiment: Experiment) -> Path:
    """Write ``runs.csv``, ``summary.csv`` and ``machine.json`` of an experiment whose runs are done."""
    paths = [run.path for run in runs_of(experiment, folder)]
    runs = [json.loads((path / "result.json").read_text(encoding="utf-8")) for path in paths]
    write_rows(folder / "runs.csv", runs)
    write_rows(folder / "summary.csv", [summarise_mode(mode.name, runs) for mode in experiment.modes])
    machines = sorted(paths[0].rglob("machine.json"))  # of several stages each has one
    write_text(folder / "machine.json", machines[0].read_text(encoding="utf-8"))
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
