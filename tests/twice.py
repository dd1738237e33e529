"""A notebook run twice in one kernel, as when a reader goes back to the top: nothing breaks, nothing is left over."""

from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def files() -> dict[Path, int]:
    """What lies where a careless notebook would write, with the time of its last change."""
    found = [path for folder in ("notebooks", "data") for path in (ROOT / folder).rglob("*")]
    return {path: path.stat().st_mtime_ns for path in [*found, *ROOT.glob("runs/**/*")] if path.is_file()}


def run_twice(path: Path) -> list[tuple]:
    """The code cells of a notebook, each as a pair: after the first time, and after the second."""
    notebook = nbformat.read(path, as_version=4)
    first = [cell for cell in notebook.cells if cell.cell_type == "code"]
    second = deepcopy(first)
    for cell in second:
        cell.id += "-again"
    notebook.cells = first + second
    options = {"record_timing": False, "coalesce_streams": True, "extra_arguments": ["--log-level=ERROR"]}
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}, **options
    ).execute()
    return list(zip(first, second, strict=True))


def text(cell) -> str:
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def check_twice(path: Path) -> None:
    before = files()
    for first, second in run_twice(path):  # a cell that fails ends the run
        if "nbval-check-output" in first.metadata.get("tags", []):
            assert text(first) == text(second), f"another output the second time:\n{first.source}"
    assert files() == before, "the notebook wrote beside itself: it may write into a temporary or a run folder only"
