"""Every notebook in JupyterLab, in a real browser: its explorers open without an error and answer the keyboard.

A screenshot of each explorer is kept in ``build/browser``: look at them. How long a key takes is in test_speed.py.
"""

from pathlib import Path

import nbformat
import pytest

from tests.browser import jupyter
from tests.browser.panel import PANEL, pressed, ready

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory):
    """JupyterLab with the notebooks: one page for all, for it takes longer to load than a notebook to open."""
    folder = tmp_path_factory.mktemp("lab")
    for path in NOTEBOOKS:
        (folder / path.name).write_bytes(path.read_bytes())
    with jupyter.lab(chromium, folder, tmp_path_factory.mktemp("jupyter") / "log") as page:
        yield page


@pytest.fixture(scope="module")
def shots():
    folder = ROOT / "build" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def explorers(path) -> list[int]:
    """The numbers of the cells that show an explorer."""
    cells = nbformat.read(path, as_version=4).cells
    return [n for n, cell in enumerate(cells) if cell.cell_type == "code" and last_line(cell).startswith("explore_")]


def last_line(cell) -> str:
    return cell.source.rstrip().rpartition("\n")[2]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_explorers_of(path, lab, shots):
    numbers = explorers(path)
    with jupyter.opened(lab, path.name):
        lab.evaluate(jupyter.RUN_TO, numbers[-1])
        assert lab.evaluate(jupyter.WRONG, numbers[-1]) == []
        for number in numbers:
            cell = ready(lab, number)
            pressed(cell, times=2)
            cell.locator(PANEL).first.screenshot(path=shots / f"{path.stem}_{number}.png")
