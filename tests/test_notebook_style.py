"""The course's notebooks keep its style, and the linter that says so can tell a good one from a bad one."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.notebook_outputs import RULES, problems

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))
ALT = "A line that rises from left to right"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path):
    found = problems(nbformat.read(path, as_version=4), path)
    assert not found, "\n" + "\n".join(found)


def test_there_are_notebooks():
    assert NOTEBOOKS and NOTEBOOKS[0].stem == "00_start_here"


def text(source, slide="slide"):
    return new_markdown_cell(source, metadata={"slideshow": {"slide_type": slide}})


def code(source, *outputs, slide="-", tags=()):
    metadata = {"slideshow": {"slide_type": slide}, "tags": list(tags)}
    return new_code_cell(source, metadata=metadata, outputs=list(outputs))


def stream(words, name="stdout"):
    return new_output("stream", name=name, text=words)


def figure(alt=ALT, width=900, kind="image/png"):
    return new_output("display_data", {kind: "AAAA"}, metadata={kind: {"alt": alt, "width": width}})


def exercise(cell, number):
    cell.metadata["exercise"] = f"number_{number}"
    return cell


def good():
    """A notebook that keeps every rule."""
    head = "# 00 Title\n\n**After this notebook you** can read.\n\n**Prerequisites:** none.\n\n"
    cells = [
        text(head + "**Time:** 9 seconds on 2 CPU cores, 5 seconds on a GPU."),
        text("Say hello.", "notes"),
        code("import yolo_course as yc\nprint(yc.doctor())\npipeline_strip()", stream("yolo_course 1.0.0 | cpu")),
    ]
    for n in range(1, 11):
        cells += [text(f"## {n} Section\n\n**Predict.** What now?"), code(f"{n} + 1", figure())]
    for n in range(4):
        cells += [exercise(text("### Exercise"), n), exercise(code("answer = ...", stream("not attempted")), n)]
    cells += [text("Move it."), code("explore_it(image)", figure())]
    cells += [text("## 11 What people get wrong\n\n### 11.1 One"), code("assert True")]
    cells += [text('**"Two"** is wrong:', "subslide"), code("assert 1")]
    cells += [text("## 12 Recap"), text("| you want | you write |\n|---|---|\n| more | `more` |")]
    cells += [text("## 13 Papers\n\n- A. Nyone: *A title*. CVPR 2020.\n\nNext: [more](01_more.ipynb)")]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    notebook.nbformat_minor = 5
    for number, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), 1):
        cell.execution_count = number
    return notebook


def test_a_good_notebook_has_no_problems():
    assert problems(good()) == []


def put(position, **changes):
    def change(notebook):
        notebook.cells[position].update(changes)

    return change


def output(made, position=4):
    return lambda notebook: notebook.cells[position].update(outputs=[made])


def drop(pattern):
    def change(notebook):
        for cell in notebook.cells:
            cell.source = re.sub(pattern, "", cell.source)

    return change


def slide(position, kind):
    return lambda notebook: notebook.cells[position].metadata.update(slideshow={"slide_type": kind})


def marked(words):
    def change(notebook):
        notebook.cells[4].update(outputs=[stream(words)] if words else [])
        notebook.cells[4].metadata.tags = ["nbval-check-output"]

    return change


BAD = {
    "kernelspec 'conda-env'": lambda nb: nb.metadata.kernelspec.update(name="conda-env"),
    "an old file format": lambda nb: nb.update(nbformat_minor=4),
    "cell 5 was not run": put(4, execution_count=None),
    "cells were not run from top to bottom": put(4, execution_count=99),
    "cell 5 shows an error": output(new_output("error", ename="E", evalue="", traceback=[])),
    "cell 5 stores the time": lambda nb: nb.cells[4].metadata.update(execution={}),
    "widget states": lambda nb: nb.metadata.update(widgets={}),
    "expected 30 to 70": lambda nb: nb.cells.__delitem__(slice(5, 12)),
    "median of 9 lines": lambda nb: [c.update(source="1\n" * 9) for c in nb.cells[4:] if c.cell_type == "code"],
    "more than 20 lines (the longest 21)": lambda nb: [nb.cells[i].update(source="1\n" * 21) for i in (4, 6, 8)],
    "cell 5 is the third code cell": lambda nb: nb.cells.__setitem__(slice(3, 4), [code("1")]),
    "cell 4 is empty": put(3, source=" "),
    "no title": put(0, source="No title"),
    "more than one title": put(3, source="# 01 Again"),
    "skips a level": put(3, source="## 1 A\n\n#### B"),
    "sections are numbered 7, 2": put(3, source="## 7 Section"),
    "do not state the goals": drop("After this notebook you"),
    "do not state the prerequisites": drop("Prerequisites"),
    "do not state the time": drop("on 2 CPU cores"),
    "2 CPU cores and on a GPU": drop(", 5 seconds on a GPU"),
    "fewer than five questions": drop(r"\*\*Predict"),
    "do not draw the strip": drop("pipeline_strip"),
    "no section 'Recap'": drop("Recap"),
    "the recap has no cheat sheet": drop(r"(?m)^\|.*$"),
    "do not link to another notebook": drop(r"\[more\]\(.*\)"),
    "2 misconceptions and 1 code cells": lambda nb: nb.cells.__delitem__(36),
    "3 exercises, expected": lambda nb: [nb.cells[i].metadata.pop("exercise") for i in (23, 24)],
    "no explorer": put(32, source="look_at(image)"),
    "an explorer without stills": put(32, outputs=[]),
    "stores a widget": output(new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})),
    "1 misconceptions and 2 code cells": drop("### 11.1 One"),
    "lacks its year": drop("CVPR 2020"),
    "or its title in italics": drop(r"\*A title\*"),
    "do not import yolo_course": put(2, source="print(1)"),
    "installs or downloads": put(4, source="!pip install torch"),
    "star import": put(4, source="from torch import *"),
    "calls plt.show": put(4, source="plt.show()"),
    "no figure": lambda nb: [cell.update(outputs=[]) for cell in nb.cells if cell.cell_type == "code"],
    "a figure as image/jpeg": output(figure(kind="image/jpeg")),
    "a figure without alt text": output(figure(alt="a figure")),
    "1200 pixels wide": output(figure(width=1200)),
    "slide type None": lambda nb: nb.cells[4].metadata.clear(),
    "code as speaker notes": slide(4, "notes"),
    "does not begin a slide": slide(0, "skip"),
    "no speaker notes": slide(1, "skip"),
    "expected at least 8": lambda nb: [slide(i, "subslide")(nb) for i in range(3, len(nb.cells))],
    "writes to stderr": output(stream("hm", "stderr")),
    "a local path: '/home/s'": output(stream("saved in /home/student/x")),
    "a local path: 'C:": output(stream(r"saved in C:\Users\x")),
    "a local path: '/tmp/x'": output(new_output("execute_result", {"text/plain": "'/tmp/x'"})),
    "a time of day: '12:30:01'": output(stream("at 12:30:01")),
    "a time of day: '2026-11-24 12": output(stream("2026-11-24 12:30")),
    "a progress bar": output(stream("epoch 1:  50%|#####     | 5/10")),
    "a warning: 'UserWarning'": output(stream("UserWarning: old")),
    "a memory address": output(stream("<Generator object at 0x7f64f67bafd0>")),
    "terminal colours": output(stream("\x1b[31mred")),
    "marked nbval-check-output and shows no text": marked(""),
    "shows a time or a device": marked("it took 12 ms"),
}


@pytest.mark.parametrize("message", BAD)
def test_every_rule_can_fail(message):
    notebook = good()
    BAD[message](notebook)
    found = problems(notebook)
    assert any(message in problem for problem in found), found


def test_no_rule_is_forgotten():
    """Each rule is broken by one of the bad notebooks."""
    broken = set()
    for change in BAD.values():
        notebook = good()
        change(notebook)
        broken |= {check.__name__ for check in RULES if list(check(notebook))}
    assert broken == {check.__name__ for check in RULES}


def test_the_host_name(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "lab-pc-07")
    notebook = good()
    output(stream("run on lab-pc-07"))(notebook)
    assert any("the host's name" in problem for problem in problems(notebook))


def test_size_and_links(tmp_path):
    notebook = good()
    notebook.cells[3].source += "\n\nSee [there](99_nowhere.ipynb), [here](00.ipynb), [out](https://example.org)."
    notebook.cells[4].source += "\n#" + "x" * 2_000_000
    path = tmp_path / "00.ipynb"
    nbformat.write(notebook, path)
    (tmp_path / "01_more.ipynb").touch()
    found = problems(notebook, path)
    assert len(found) == 2 and "expected 2,000,000 at most" in found[0] and "99_nowhere.ipynb" in found[1]
