"""Several runs at once, a process each: two runs of one thread are faster than one of two, and share a GPU as well."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait

from yolo_course import machine
from yolo_course.learn.experiment import Experiment
from yolo_course.learn.one_run import Run, do

TICK = 2.0  # seconds between two looks at runs under way


def default_jobs(experiment: Experiment) -> int:
    """A run a core on a CPU; on a GPU as many as the experiment says."""
    on_cpu = experiment.settings.get("device", "auto") == "cpu" or machine.accelerator() is None
    return machine.usable_cores() if on_cpu else experiment.side_by_side


def run_all(
    runs: Sequence[Run], jobs: int | None = None, keep_weights: bool = True, look: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """Do all ``runs``, ``jobs`` at a time; yields each one's line when it is done, and calls ``look`` in between."""
    for experiment in {run.experiment.target: run.experiment for run in runs}.values():
        experiment.data(experiment.seeds[0])  # what is odd is said once, and what is wrong before the work
    jobs = min(len(runs), jobs or max((default_jobs(run.experiment) for run in runs), default=1))
    if jobs < 2:
        yield from (do(run, keep_weights, on_epoch=lambda row: look()) for run in runs)
    else:
        yield from _pool(runs, jobs, keep_weights, look)


def _pool(runs: Sequence[Run], jobs: int, keep_weights: bool, look: Callable[[], None]) -> Iterator[str]:
    # "spawn" on every system: a forked process inherits locks of PyTorch's threads in an unknown state.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(do, run, keep_weights, jobs, threads=1) for run in runs}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=TICK, return_when=FIRST_COMPLETED)
                look()
                yield from (future.result() for future in done)
        finally:  # after an error or an interrupt those under way end, and no other starts
            pool.shutdown(cancel_futures=True)
