"""A grid: an experiment for every domain and number of pictures, and a table of them all."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.learn.tiny import QUICK
from tests.small import small_set
from yolo_course.learn.experiment import ExperimentError, read_experiment
from yolo_course.learn.grid import load_cells, load_grid, run_grid
from yolo_course.learn.record import gpu_record, record
from yolo_course.learn.run import read_rows

SETTINGS = {key: value for key, value in QUICK.items() if key not in ("epochs", "evaluate_every")}
MODES = [{"name": "unfrozen", "lr": 0.003}, {"name": "backbone", "lr": 0.003, "freeze": "backbone"}]


@pytest.fixture
def file(tmp_path):
    target = small_set(tmp_path / "small", count=5)
    content = {"targets": [str(target)], "images": [2, 3, None], "steps": 12, "seeds": [0, 1], "modes": MODES}
    path = tmp_path / "map.yaml"
    path.write_text(yaml.safe_dump(content | {"settings": SETTINGS}), encoding="utf-8")
    return path


def test_the_courses_map_is_one_and_its_other_files_are_none():
    names = ("gpu-map", "gpu-far", "far80", "gpu-cost")
    kinds = {name: "targets" in read_experiment(name)[1] for name in names}
    assert kinds == {"gpu-map": True, "gpu-far": False, "far80": False, "gpu-cost": False}


def test_every_cell_has_its_steps_and_none_is_there_twice(file, tmp_path):
    grid = load_grid(file)
    target = str(tmp_path / "small")
    assert list(grid.cells) == [(target, 2), (target, 3), (target, 5)]  # null is all five
    # 12 steps of batches of two: 12 epochs of one batch, but at least ten of three
    assert [one.settings["epochs"] for one in grid.cells.values()] == [12, 10, 10]
    assert all(one.settings["evaluate_every"] == one.settings["epochs"] for one in grid.cells.values())
    assert [one.images for one in grid.cells.values()] == [2, 3, 5]


def test_more_pictures_than_there_are_is_all_of_them(file, tmp_path):
    content = yaml.safe_load(file.read_text(encoding="utf-8")) | {"images": [4, 80, None]}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert [count for _, count in load_grid(file).cells] == [4, 5]


@pytest.mark.parametrize("missing", ["images", "steps"])
def test_a_file_that_says_too_little(file, missing):
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    del content[missing]
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ExperimentError, match=f"map.yaml: found no {missing}, expected them in a grid"):
        load_grid(file)


def test_it_runs_goes_on_and_is_recorded(file, tmp_path, monkeypatch):
    from dataclasses import replace

    grid, lines = load_grid(file), []
    short = {"epochs": 1, "evaluate_every": 1}
    named = {
        ("small", count): replace(one, name=f"small-{count}", settings={**one.settings, **short})
        for (_, count), one in grid.cells.items()
    }
    grid = replace(grid, cells=named)
    cells = run_grid(grid, tmp_path / "out", jobs=1, progress=lines.append)
    assert list(cells) == [("small", 2), ("small", 3), ("small", 5)] and len(lines) == 12
    rows = read_rows(tmp_path / "out/summary.csv")
    assert [(row["target"], row["images"], row["mode"]) for row in rows][:2] == [
        ("small", 2, "unfrozen"), ("small", 2, "backbone")
    ]  # fmt: skip
    assert rows[0]["finding"] is None and rows[1]["finding"] in ("better", "worse", "undecided")
    pairs = zip(*({r["seed"]: r["map50_95"] for r in cells["small", 2].runs if r["mode"] == m} .items()
                  for m in ("backbone", "unfrozen")), strict=True)  # fmt: skip
    differences = [own - base for (_, own), (_, base) in pairs]
    assert rows[1]["map50_95_difference"] == pytest.approx(sum(differences) / 2, abs=1e-6)
    assert not list((tmp_path / "out").rglob("*.safetensors"))
    again = run_grid(grid, tmp_path / "out", jobs=1, progress=lines.append)
    assert again == cells == load_cells(tmp_path / "out") and len(lines) == 12
    self_recorded(tmp_path, monkeypatch, cells)


def self_recorded(tmp_path, monkeypatch, cells):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    facts = tmp_path / "out/machine.json"
    facts.write_text(json.dumps(json.loads(facts.read_text(encoding="utf-8")) | {"gpu": "Made Up 1"}), encoding="utf-8")
    folder = record(tmp_path / "out", "map")
    assert folder == gpu_record("map") and folder.parent.name == "made-up-1" and gpu_record("other") is None
    assert load_cells(folder) == cells
    assert str(tmp_path) not in "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.yaml"))
