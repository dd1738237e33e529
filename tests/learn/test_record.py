"""Recorded runs: the figures, not the weights, and nothing that names the machine's owner."""

import json

import pytest
import yaml

from yolo_course.learn.experiment import Experiment
from yolo_course.learn.record import machine_slug, record, record_folder
from yolo_course.learn.run import RunError

FACTS = {"device": "cpu", "cpu": "AMD EPYC 9B14 96-Core Processor", "cores": 2}


@pytest.fixture
def comparison(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    folder = tmp_path / "runs" / "far80"
    (folder / "scratch-seed0").mkdir(parents=True)
    experiment = Experiment("far80", "/home/me/bccd/data.yaml", weights="C:\\weights\\mine.pt")
    texts = {"machine.json": json.dumps(FACTS), "summary.csv": "a\n", "experiment.yaml": experiment.to_yaml()}
    for name in ("metrics.csv", "config.yaml", "best.safetensors", "last.pt", "metrics.csv.tmp"):
        texts[f"scratch-seed0/{name}"] = name
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_text_files_are_copied_and_paths_hidden(comparison, tmp_path):
    target = record(comparison, "far80")
    assert target == tmp_path / "data/runs/amd-epyc-9b14-2-cores/far80"
    copied = {file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file()}
    expected = {"scratch-seed0/metrics.csv", "scratch-seed0/config.yaml"}
    assert copied == expected | {"machine.json", "summary.csv", "experiment.yaml"}
    content = yaml.safe_load((target / "experiment.yaml").read_text(encoding="utf-8"))
    assert (content["target"], content["weights"]) == ("bccd/data.yaml", "weights/mine.pt")
    assert "/home/me" in (comparison / "experiment.yaml").read_text(encoding="utf-8")
    assert [file.name for file in target.parent.iterdir()] == ["far80"]  # no half of a record


@pytest.mark.parametrize("name", ["yolov5s", "yolov5s.pt", None])
def test_weights_by_name_keep_their_name(comparison, name):
    text = Experiment("far80", "bccd", weights=name).to_yaml()
    (comparison / "experiment.yaml").write_text(text, encoding="utf-8")
    assert (record(comparison, "far80") / "experiment.yaml").read_text(encoding="utf-8") == text


def test_a_record_is_not_overwritten(comparison):
    record(comparison, "far80")
    with pytest.raises(RunError, match="delete it first"):
        record(comparison, "far80")
    with pytest.raises(RunError, match="delete it first"):
        record_folder(FACTS, "far80")


def test_an_unfinished_comparison_is_an_error(comparison):
    (comparison / "summary.csv").unlink()
    with pytest.raises(RunError, match="run it first"):
        record(comparison, "far80")


@pytest.mark.parametrize(
    ("facts", "slug"),
    [
        (FACTS, "amd-epyc-9b14-2-cores"),
        ({"device": "cuda:0", "gpu": "NVIDIA H100 80GB HBM3", **FACTS}, "nvidia-h100-80gb-hbm3"),
        ({"cpu": "Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", "cores": 4}, "intel-core-i7-8650u-4-cores"),
        ({"device": "mps", "cpu": "Apple M2", "cores": 8}, "apple-m2-8-cores-mps"),
        ({"cpu": None, "cores": 1}, "unknown-1-cores"),
    ],
)
def test_slugs(facts, slug):
    assert machine_slug(facts) == slug
