"""The course's style, notebook by notebook: rules on what is written (on what is shown: notebook_outputs.py).

A rule is a function that takes a notebook and yields a sentence for each thing that is wrong, with its cell.
"""

import re
import statistics
from collections.abc import Callable, Iterator

SLIDE_TYPES = ("slide", "subslide", "fragment", "notes", "skip", "-")
EXPLORER = re.compile(r"(?m)^explore_\w+\(.*\)?\s*$")
RULES: list[Callable] = []


def rule(check: Callable) -> Callable:
    RULES.append(check)
    return check


def cells(notebook, kind: str) -> list[tuple[int, dict]]:
    """The cells of a kind, "code" or "markdown", with their numbers, counted from 1."""
    return [(n, cell) for n, cell in enumerate(notebook.cells, 1) if cell.cell_type == kind]


def prose(notebook) -> str:
    return "\n".join(cell.source for _, cell in cells(notebook, "markdown"))


def section(notebook, name: str) -> list:
    """The cells from the section (## ...) whose title holds `name` to the next one."""
    found, inside = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (title := re.search(r"(?m)^## (.+)$", cell.source)):
            inside = name.lower() in title[1].lower()
        if inside:
            found.append(cell)
    return found


@rule
def kernel(notebook) -> Iterator[str]:
    name = notebook.metadata.get("kernelspec", {}).get("name")
    if name != "python3":
        yield f"kernelspec {name!r}, expected 'python3'"
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        yield "an old file format, expected 4.5 or newer (cells with ids)"


@rule
def every_cell_was_run(notebook) -> Iterator[str]:
    code = cells(notebook, "code")
    counts = [cell.execution_count for _, cell in code]
    for n, cell in code:
        if cell.execution_count is None:
            yield f"cell {n} was not run"
        if any(output.output_type == "error" for output in cell.outputs):
            yield f"cell {n} shows an error"
        if "execution" in cell.metadata:
            yield f"cell {n} stores the time of its run"
    if None not in counts and counts != list(range(1, len(code) + 1)):
        yield "cells were not run from top to bottom in a fresh kernel"
    if "widgets" in notebook.metadata:
        yield "widget states are stored"


def is_hands_on(cell) -> bool:
    """Does the cell belong to an exercise or to an explorer? Those are done, not read."""
    return "exercise" in cell.metadata or "explore" in cell.metadata.get("tags", [])


@rule
def lengths(notebook) -> Iterator[str]:
    count = sum(not is_hands_on(cell) for cell in notebook.cells)
    if not 30 <= count <= 70:
        yield f"{count} cells, expected 30 to 70 (exercises and explorers not counted)"
    lines = sorted(len(cell.source.splitlines()) for _, cell in cells(notebook, "code"))
    if not lines:
        return
    if statistics.median(lines) > 8:
        yield f"code cells have a median of {statistics.median(lines):g} lines, expected 8 at most"
    if lines[int(0.9 * (len(lines) - 1))] > 20:
        yield f"a tenth of the code cells has more than 20 lines (the longest {lines[-1]})"


@rule
def text_before_code(notebook) -> Iterator[str]:
    in_a_row = 0
    for n, cell in enumerate(notebook.cells, 1):
        in_a_row = in_a_row + 1 if cell.cell_type == "code" else 0
        if in_a_row == 3:
            yield f"cell {n} is the third code cell in a row, expected two at most, and text before them"
    for n, cell in cells(notebook, "markdown"):
        if not cell.source.strip():
            yield f"cell {n} is empty"


@rule
def headings_in_order(notebook) -> Iterator[str]:
    found = []
    for n, cell in cells(notebook, "markdown"):
        text = re.sub(r"(?ms)^```.*?^```", "", cell.source)
        found += [(n, len(marks), title) for marks, title in re.findall(r"(?m)^(#+) (.+)$", text)]
    if not found or found[0][:2] != (1, 1):
        yield "the first cell has no title (# ...)"
    if sum(level == 1 for _, level, _ in found) > 1:
        yield "more than one title (# ...)"
    for (_, above, _), (n, level, title) in zip(found, found[1:], strict=False):
        if level > above + 1:
            yield f"cell {n}: the heading {title!r} skips a level"
    numbers = [match for _, level, title in found if level == 2 and (match := re.match(r"\d+", title))]
    if [int(match[0]) for match in numbers] != list(range(1, len(numbers) + 1)):
        yield f"sections are numbered {', '.join(match[0] for match in numbers)}"


@rule
def frame(notebook) -> Iterator[str]:
    head = "\n\n".join(cell.source for cell in notebook.cells[:6]).lower()
    for what, pattern in (("goals", "after this notebook you"), ("prerequisites", "prerequisites|before it")):
        if not re.search(pattern, head):
            yield f"the first cells do not state the {what}"
    time = re.search(r"(?s)\*\*time.*?(?=\n\n|\Z)", head)
    if not time or not re.search(r"(?s)\d+ (seconds|minutes).*(2|two) cpu cores.*gpu", time[0]):
        yield "the first cells do not state the time on 2 CPU cores and on a GPU"
    if not any("pipeline_strip(" in cell.source for cell in notebook.cells[:10]):
        yield "the first cells do not draw the strip of the five stages"
    if len(re.findall(r"\*\*Predict", prose(notebook))) < 5:
        yield "fewer than five questions to predict a result (**Predict.**)"


@rule
def ending(notebook) -> Iterator[str]:
    for name in ("What people get wrong", "Recap", "Papers"):
        if not section(notebook, name):
            yield f"no section {name!r}"
    if not any(re.search(r"(?m)^\|.*\|$", cell.source) for cell in section(notebook, "Recap")):
        yield "the recap has no cheat sheet: a table"
    last = "\n".join(cell.source for cell in notebook.cells[-3:])
    if not re.search(r"\]\(\d\d_\w+\.ipynb\)", last):
        yield "the last cells do not link to another notebook"


@rule
def misconceptions(notebook) -> Iterator[str]:
    """Each under a heading of its own or in bold and quotation marks, and cells that disprove them."""
    found = section(notebook, "What people get wrong")
    text = "\n".join(cell.source for cell in found if cell.cell_type == "markdown")
    named = len(re.findall(r'(?m)^(?:### |\*\*["\u201c])', text))
    runs = sum(cell.cell_type == "code" for cell in found)
    if found and (named < 2 or runs < 2):
        yield f"{named} misconceptions and {runs} code cells that disprove them, expected two or more of each"


@rule
def hands_on(notebook) -> Iterator[str]:
    """Exercises, and explorers with their stills: a figure for readers without a kernel."""
    named = {cell.metadata["exercise"] for cell in notebook.cells if "exercise" in cell.metadata}
    if len(named) < 4:
        yield f"{len(named)} exercises, expected at least 4"
    explorers = [(n, cell) for n, cell in cells(notebook, "code") if EXPLORER.search(cell.source)]
    if not explorers:
        yield "no explorer (a cell that ends with explore_...())"
    for n, cell in explorers:
        if not any("image/png" in output.get("data", {}) for output in cell.outputs):
            yield f"cell {n}: an explorer without stills"
    for n, cell in cells(notebook, "code"):
        if any("widget-view" in kind for output in cell.outputs for kind in output.get("data", {})):
            yield f"cell {n} stores a widget"


@rule
def references(notebook) -> Iterator[str]:
    text = "\n".join(cell.source for cell in section(notebook, "Papers"))
    for entry in re.findall(r"(?ms)^- (.+?)(?=^- |\n\n|\Z)", text):
        if not re.search(r"\b(19|20)\d\d\b|github\.com", entry) or "*" not in entry:
            yield f"the reference {entry[:40]!r}... lacks its year (or address), or its title in italics"


@rule
def set_up(notebook) -> Iterator[str]:
    first = "\n".join(cell.source for _, cell in cells(notebook, "code")[:2])
    if "import yolo_course as yc" not in first or "yc.doctor()" not in first:
        yield "the first code cells do not import yolo_course as yc and call yc.doctor()"
    for n, cell in cells(notebook, "code"):
        if re.search(r"(pip|conda) install|urlopen|urlretrieve|requests\.get|wget |curl |git clone", cell.source):
            yield f"cell {n} installs or downloads something"
        if re.search(r"(?m)^\s*from \S+ import \*", cell.source):
            yield f"cell {n} has a star import"
        if "plt.show" in cell.source:
            yield f"cell {n} calls plt.show, expected display_figure"


@rule
def slides(notebook) -> Iterator[str]:
    types = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in notebook.cells]
    for n, (cell, kind) in enumerate(zip(notebook.cells, types, strict=True), 1):
        if kind not in SLIDE_TYPES:
            yield f"cell {n}: slide type {kind!r}, expected one of {', '.join(SLIDE_TYPES)}"
        if kind == "notes" and cell.cell_type == "code":
            yield f"cell {n}: code as speaker notes"
    if types and types[0] != "slide":
        yield "the first cell does not begin a slide"
    if not types.count("notes"):
        yield "no speaker notes"
    if types.count("slide") < 8:
        yield f"{types.count('slide')} slides, expected at least 8"
