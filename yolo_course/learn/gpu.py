"""The course's experiments on a GPU, one after the other: near, far, blood cells, the map, and the cost.

Each is a file of ``data/experiments`` and leaves ``summary.csv`` and ``machine.json`` in a folder of its own, where it
goes on if it was stopped. ``tiny`` tries the whole way in a minute on any machine; its figures mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from yolo_course import machine
from yolo_course.learn.compare import compare
from yolo_course.learn.cost import CostPlan, measure_costs
from yolo_course.learn.device import choose
from yolo_course.learn.experiment import Experiment, ExperimentError, Mode, load_experiment, read_experiment
from yolo_course.learn.grid import Grid, load_grid, run_grid
from yolo_course.learn.run import read_rows, write_facts, write_rows

NAMES = ("gpu-near", "gpu-far", "gpu-bccd", "gpu-map", "gpu-cost")
TINY_SETTINGS = {"epochs": 2, "size": 64, "batch_size": 2, "evaluate_every": 2, "device": "cpu", "precision": "fp32"}
TINY_IMAGES = (2, 4)
TINY_COST = {"networks": ("n",), "batches": (1, 2), "pixels": 64, "steps": 1, "blocks": 1, "device": "cpu"}

Say = Callable[[str], None]


class NoGPU(ValueError):
    """This machine has no CUDA GPU; the message says what can be done without."""


def check_gpu() -> None:
    """Raise NoGPU unless PyTorch can use a CUDA GPU."""
    found = machine.accelerator()
    if not (found or "").startswith("cuda"):
        raise NoGPU(
            f"found {found or 'no GPU'}, expected a CUDA GPU that PyTorch can use: a record under a GPU's name comes "
            "from that GPU. On a CPU: `make compare`; to try the way in miniature: `yolo-course compare-gpu --tiny`"
        )


def run_named(name: str, folder: Path, tiny: bool = False, say: Say = print) -> Path:
    """Run one of NAMES, or a file like theirs, in ``folder``. Raises ValueError for what cannot be run."""
    _, content = read_experiment(name)
    if "networks" in content:
        _cost(_cost_plan(name, tiny), folder, say)
    elif "targets" in content:
        grid = load_grid(name)
        run_grid(_tiny_grid(grid) if tiny else grid, folder, progress=say)
    else:
        experiment = load_experiment(name)
        say(str(compare(_tiny(experiment) if tiny else experiment, folder, progress=say, keep_weights=False)))
    return folder


def _cost_plan(name: str, tiny: bool) -> CostPlan:
    path, content = read_experiment(name)
    modes = tuple(Mode(**mode) for mode in content.pop("modes"))
    try:
        plan = CostPlan(modes=modes, **{k: tuple(v) if isinstance(v, list) else v for k, v in content.items()})
    except TypeError as error:
        raise ExperimentError(f"{path.name}: {error}; expected the fields of CostPlan") from error
    return replace(plan, **TINY_COST) if tiny else plan


def _cost(plan: CostPlan, folder: Path, say: Say) -> None:
    """Measured anew each time: minutes, and half a measurement is none. Rows come as they are measured."""
    rows = []
    folder.mkdir(parents=True, exist_ok=True)
    for row in measure_costs(plan):
        rows.append(row)
        speed = f"{row['images_per_second']:.0f} images/s" if row["images_per_second"] else "out of memory"
        say(f"{row['network']}  batch {row['batch_size']:<3} {row['mode']:<18} {speed}")
    write_rows(folder / "summary.csv", rows)
    write_facts(folder, str(choose(plan.device).device))


def load_costs(folder: str | Path) -> list[dict]:
    """The rows of a cost experiment that was run, or recorded."""
    return read_rows(Path(folder) / "summary.csv")


def _tiny(experiment: Experiment) -> Experiment:
    settings = {**experiment.settings, **TINY_SETTINGS}
    return replace(experiment, images=TINY_IMAGES[-1], seeds=experiment.seeds[:1], settings=settings)


def _tiny_grid(grid: Grid) -> Grid:
    targets = {target: experiment for (target, _), experiment in grid.cells.items()}
    cells = {
        (target, count): replace(_tiny(experiment), images=count, name=f"{target}-{count}")
        for target, experiment in targets.items()
        for count in TINY_IMAGES
    }
    return Grid(grid.name, cells)
