"""Run the notebooks and store what they show, so that readers without Python see it too."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

from yolo_course import machine

AT_ONCE = 2  # notebooks that run side by side, however many cores there are: each needs memory of its own
WIDGET = "application/vnd.jupyter.widget-view+json"


class NotebookError(ValueError):
    """A notebook that is not there, or that does not run to its end; the message names the cell."""


def find_notebooks(folder: Path, parts: list[str]) -> list[Path]:
    """The notebooks of `folder` in order: all, or those whose file name contains one of `parts`."""
    found = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if not found:
        raise NotebookError(f"There are no notebooks in {folder}: run this in a clone of the repository.")
    for part in parts:
        if not any(part in path.name for path in found):
            names = ", ".join(path.name for path in found)
            raise NotebookError(f"No notebook's name contains {part!r}. There are: {names}.")
    return [path for path in found if not parts or any(part in path.name for part in parts)]


def run_all(paths: list[Path], timeout: int, say: Callable[[str], None] = print) -> bool:
    """Run the notebooks, two at a time where there are two cores; go on after a failure. Did all run to their end?"""
    failures = []
    for path, seconds, error in _each(paths, timeout):
        if error is None:
            say(f"stored  {path.name}  ({seconds:.0f} s)")
        else:
            failures.append(path.name)
            say(f"FAILED  {error}")
    if failures:
        say(f"\nNot stored, left as they were: {', '.join(sorted(failures))}.")
    return not failures


def _each(paths: list[Path], timeout: int) -> Iterator[tuple[Path, float, NotebookError | None]]:
    """Each notebook when it has ended, its seconds, and what went wrong."""
    cores = machine.usable_cores()
    jobs = min(AT_ONCE, cores, len(paths))
    if jobs < 2:
        yield from (_timed(path, timeout) for path in paths)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, spawn, machine.limit_threads, (cores // jobs,)) as pool:
        waiting, running = list(paths), set()
        while waiting or running:
            while waiting and len(running) < jobs:  # no earlier than it can run: an interrupt leaves the rest alone
                running.add(pool.submit(_timed, waiting.pop(), timeout))  # the last ones train, and take longest
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (run.result() for run in done)


def _timed(path: Path, timeout: int) -> tuple[Path, float, NotebookError | None]:
    start, error = time.perf_counter(), None
    try:
        run_notebook(path, timeout)
    except NotebookError as found:
        error = found
    return path, time.perf_counter() - start, error


def run_notebook(path: Path, timeout: int = 1200) -> None:
    """Run a notebook from top to bottom in a fresh kernel, in its folder, and store its outputs.

    Exercises are first written anew from the package. The file is replaced in one step and only if every cell ran.
    No times and no widgets are stored: running twice leaves no difference in git. Raises NotebookError with the
    cell that failed.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    from yolo_course.exercises.cells import refresh

    notebook = nbformat.read(path, as_version=4)
    refresh(notebook, path.stem)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise NotebookError(f"{path.name}, {_last_started(notebook)}:\n{error}") from error
    notebook.metadata.get("language_info", {}).pop("version", None)  # differs from reader to reader
    _drop_widgets(notebook)
    _write(notebook, path)


def _drop_widgets(notebook) -> None:
    """A stored widget is an empty frame without its kernel: the words and the figure beside it stay."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)


def _last_started(notebook) -> str:
    """The cell at which the run stopped: the last one that has an execution count or output."""
    numbers = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    started = [n for n in numbers if notebook.cells[n].get("execution_count")]
    return f"cell {(started or numbers)[-1] + 1} of {len(notebook.cells)}"


def _write(notebook, path: Path) -> None:
    import nbformat

    beside = path.with_name(f".{path.name}.tmp")
    nbformat.write(notebook, beside)
    os.replace(beside, path)
