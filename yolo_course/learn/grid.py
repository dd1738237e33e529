"""When does freezing help? One experiment for every cell of a grid: a domain, and a number of training pictures.

    grid = load_grid("gpu-map")
    rows = run_grid(grid, "runs/gpu-map")

A file says ``targets`` and ``images`` (null: all there are), ``steps`` of training for every cell, and otherwise what
an experiment says. So few pictures are seen more often, and the cells differ in what there is to see, not in how long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from yolo_course.data import load_dataset
from yolo_course.data.named import locate
from yolo_course.learn.compare import BASELINE, Comparison, claim, load_comparison, sum_up
from yolo_course.learn.experiment import Experiment, ExperimentError, experiment_of, read_experiment
from yolo_course.learn.one_run import runs_of
from yolo_course.learn.run import write_rows, write_text
from yolo_course.learn.side_by_side import run_all
from yolo_course.learn.verdict import verdict

LEAST = 10  # epochs of a cell with many pictures


@dataclass(frozen=True)
class Grid:
    """``cells``: an experiment each, by (target, number of training pictures)."""

    name: str
    cells: dict[tuple[str, int], Experiment]


def load_grid(name: str | Path) -> Grid:
    """A grid file by path, or by name one of ``data/experiments``. Raises ExperimentError for a wrong one."""
    path, content = read_experiment(name)
    missing = {"targets", "images", "steps"} - set(content)
    if missing:
        raise ExperimentError(f"{path.name}: found no {', '.join(sorted(missing))}, expected them in a grid")
    targets, counts, steps = (content.pop(key) for key in ("targets", "images", "steps"))
    cells = {}
    for target in targets:
        there = len(load_dataset(locate(target), "train"))
        for count in sorted({min(count or there, there) for count in counts}):
            cell = {**content, "target": target, "images": count, "name": f"{target}-{count}"}
            one = experiment_of(cell, path)
            batches = -(-count // one.settings.get("batch_size", 8))
            epochs = max(LEAST, round(steps / batches))
            settings = {**one.settings, "epochs": epochs, "evaluate_every": epochs}
            cells[target, count] = replace(one, settings=settings)
    return Grid(path.stem, cells)


def run_grid(
    grid: Grid, folder: str | Path, jobs: int | None = None, progress: Callable[[str], None] = print
) -> dict[tuple[str, int], Comparison]:
    """Run what has not run yet, a folder a cell; then ``summary.csv`` and ``machine.json`` of them all.

    The weights are not kept. Raises RunError where a cell's folder holds another experiment.
    """
    folder = Path(folder)
    for experiment in grid.cells.values():
        claim(folder / experiment.name, experiment)
    runs = [run for experiment in grid.cells.values() for run in runs_of(experiment, folder / experiment.name)]
    todo = [run for run in runs if not run.is_done]
    # The longest first, so that none is left running alone at the end.
    todo.sort(key=lambda run: -run.experiment.images * run.experiment.settings["epochs"])
    for done, line in enumerate(run_all(todo, jobs, keep_weights=False), start=1):
        progress(f"{done}/{len(todo)}  {line}")
    for experiment in grid.cells.values():
        sum_up(folder / experiment.name, experiment)
    return _sum_up(folder, [experiment.name for experiment in grid.cells.values()])


def _sum_up(folder: Path, names: list[str]) -> dict[tuple[str, int], Comparison]:
    cells = {_cell(name): load_comparison(folder / name) for name in names}
    rows = [row for cell, comparison in cells.items() for row in _rows(cell, comparison)]
    write_rows(folder / "summary.csv", rows)
    machine = (folder / names[0] / "machine.json").read_text(encoding="utf-8")
    write_text(folder / "machine.json", machine)
    return cells


def load_cells(folder: str | Path) -> dict[tuple[str, int], Comparison]:
    """The comparisons of a grid that was run, or recorded, by (target, number of training pictures)."""
    found = {_cell(file.parent.name): load_comparison(file.parent) for file in Path(folder).glob("*/summary.csv")}
    return dict(sorted(found.items()))


def _cell(name: str) -> tuple[str, int]:
    target, count = name.rsplit("-", 1)
    return target, int(count)


def _rows(cell: tuple[str, int], comparison: Comparison) -> list[dict]:
    rows = []
    for row in comparison.summary:
        own = {key: row[key] for key in ("mode", "seeds", "map50", "map50_sd", "map50_95", "map50_95_sd")}
        own |= {key: row[key] for key in row if "difference" in key} | {"finding": None}
        if row["mode"] != BASELINE:
            own["finding"] = verdict(comparison, row["mode"], metric="map50_95").finding
        rows.append({"target": cell[0], "images": cell[1], **own})
    return rows
