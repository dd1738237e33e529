"""Every explorer in JupyterLab, in a real browser: it opens without an error, and answers the arrow keys in time.

A screenshot of each is kept in ``build/browser``: look at them.
"""

import shutil
import statistics
from pathlib import Path

import nbformat
import pytest

from tests.browser import jupyter
from tests.chromium import started_chromium

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
PRESSES, ROUNDS = 12, 4
LIMIT = {"jpeg": 40.0, "png": 400.0}  # milliseconds from key to picture: drawn pictures, and charts
IMAGE = "img.widget-image"
CONTROL = ".noUi-handle, select, input"

# Note when a key goes down and when the picture that answers has been decoded.
WATCH = """(cell) => {
  const image = cell.querySelector('img.widget-image');
  cell.addEventListener('keydown', () => { cell.began = performance.now(); }, true);
  new MutationObserver(async () => {
    const began = cell.began;
    await image.decode().catch(() => null);
    cell.times.push(performance.now() - began);
  }).observe(image, {attributes: true, attributeFilter: ['src']});
}"""
# Which way can the control still go? +1 or -1; 0: it is a switch.
WAY = """(control) => {
  if (control.tagName === 'SELECT') return control.selectedIndex < control.options.length - 1 ? 1 : -1;
  if (control.tagName === 'INPUT') return 0;
  return Number(control.ariaValueNow) < Number(control.ariaValueMax) ? 1 : -1;
}"""
FORMAT = "async (image) => (await (await fetch(image.src)).blob()).type.split('/')[1]"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    with started_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    for path in NOTEBOOKS:
        shutil.copy(path, folder)
    with jupyter.server(folder, tmp_path_factory.mktemp("jupyter") / "log") as started:
        yield started


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


def moved(page, cell) -> tuple[str, list[float]]:
    """Walk with the arrow keys over the cell's first control: the picture's format, and each answer's milliseconds."""
    cell.evaluate("(cell) => { cell.times = []; }")
    control = cell.locator(CONTROL).first
    way = 1
    for press in range(PRESSES):
        possible = control.evaluate(WAY)
        way = possible if press == 0 or possible < 0 else way
        control.press("Space" if possible == 0 else "ArrowRight" if way > 0 else "ArrowLeft")
        page.wait_for_function("([cell, count]) => cell.times.length > count", arg=[cell.element_handle(), press])
    return cell.locator(IMAGE).evaluate(FORMAT), cell.evaluate("(cell) => cell.times")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_explorers_of(path, chromium, address, shots):
    numbers = explorers(path)
    assert numbers, "no explorer"
    with jupyter.opened(chromium, address, path.name) as page:
        page.evaluate(jupyter.RUN_TO, numbers[-1])
        assert page.evaluate(jupyter.WRONG, numbers[-1]) == []
        slow = [problem for number in numbers if (problem := tried(page, number, shots / f"{path.stem}_{number}.png"))]
    assert not slow, "\n".join(slow)


def tried(page, number, shot) -> str | None:
    """Move the explorer of a cell; what is wrong with it, if anything. The best of a few rounds counts:
    a limit on what the course does, not on what else the computer is doing."""
    cell = page.locator(f"[data-number='{number}']")
    cell.locator(IMAGE).wait_for()
    cell.scroll_into_view_if_needed()
    cell.evaluate(WATCH)
    medians = []
    for _ in range(ROUNDS):
        kind, times = moved(page, cell)
        medians.append(statistics.median(times))
        if medians[-1] <= LIMIT[kind]:
            break
    cell.screenshot(path=shot)
    print(f"{shot.stem}: {kind}, median {min(medians):.0f} ms")
    if min(medians) > LIMIT[kind]:
        return f"cell {number + 1}: {', '.join(f'{median:.0f}' for median in medians)} ms, at most {LIMIT[kind]:.0f}"
    return None
