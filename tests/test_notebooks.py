"""Running notebooks: outputs stored in one step, the failing cell named, nothing stored of a failure."""

import nbformat
import pytest

from yolo_course import machine, notebooks
from yolo_course.notebooks import NotebookError, find_notebooks, run_all, run_notebook


@pytest.fixture
def notebook(tmp_path):
    def write(name, *sources):
        cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
        cells.insert(0, nbformat.v4.new_markdown_cell("# Title", id="title"))
        path = tmp_path / name
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    return write


def test_outputs_are_stored_without_times_and_twice_alike(notebook, tmp_path):
    path = notebook("00_a.ipynb", "from pathlib import Path\nprint(Path.cwd().name)", "6 * 7")
    run_notebook(path, timeout=60)
    first = path.read_bytes()
    stored = nbformat.reads(first.decode("utf-8"), as_version=4)
    assert stored.cells[1].outputs[0].text.strip() == tmp_path.name  # it runs in its own folder
    assert stored.cells[2].outputs[0].data["text/plain"] == "42"
    assert "execution" not in stored.cells[1].metadata and "version" not in stored.metadata.language_info
    run_notebook(path, timeout=60)
    assert path.read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00_a.ipynb"]


def test_failure_names_the_cell_and_stores_nothing(notebook, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "usable_cores", lambda: 4)
    bad = notebook("00_bad.ipynb", "x = 1", "print(x)\nassert x == 2, 'x is not two'", "print('never')")
    good = notebook("01_good.ipynb", "import os", "print(os.environ['OMP_NUM_THREADS'], 'threads')")
    before, said = bad.read_bytes(), []
    assert run_all([bad, good], timeout=60, say=said.append) is False
    text = "\n".join(said)
    assert "FAILED  00_bad.ipynb, cell 3 of 4" in text and "x is not two" in text
    assert "stored  01_good.ipynb" in text and text.endswith("left as they were: 00_bad.ipynb.")
    assert bad.read_bytes() == before
    outputs = nbformat.read(good, as_version=4).cells[2].outputs
    assert outputs[0].text == "2 threads\n"  # two at a time share four cores
    assert sorted(p.name for p in tmp_path.iterdir()) == ["00_bad.ipynb", "01_good.ipynb"]


def test_one_after_the_other_on_one_core(tmp_path, monkeypatch):
    ran, said, paths = [], [], [tmp_path / "00_a.ipynb", tmp_path / "01_b.ipynb"]
    monkeypatch.setattr(machine, "usable_cores", lambda: 1)
    monkeypatch.setattr(notebooks, "run_notebook", lambda path, timeout: ran.append(path))
    assert run_all(paths, timeout=60, say=said.append) is True
    assert ran == paths and [line.split()[:2] for line in said] == [["stored", path.name] for path in paths]


def test_cell_that_takes_too_long(notebook):
    path = notebook("00_slow.ipynb", "import time", "time.sleep(60)")
    with pytest.raises(NotebookError, match="cell 3 of 3"):
        run_notebook(path, timeout=2)


def test_finding_by_parts_of_names(notebook, tmp_path):
    for name in ("07_b.ipynb", "00_a.ipynb", ".hidden.ipynb"):
        notebook(name)
    assert [path.name for path in find_notebooks(tmp_path, [])] == ["00_a.ipynb", "07_b.ipynb"]
    assert [path.name for path in find_notebooks(tmp_path, ["07"])] == ["07_b.ipynb"]
    with pytest.raises(NotebookError, match="'99'.*00_a.ipynb, 07_b.ipynb"):
        find_notebooks(tmp_path, ["99"])


def test_no_notebooks_at_all(tmp_path):
    with pytest.raises(NotebookError, match="no notebooks"):
        find_notebooks(tmp_path, [])
