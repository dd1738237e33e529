"""Training by the words of the command line."""

import json

import pytest

from tests.small import NAMES, eager_weights, small_set
from yolo_course.learn.run import RunError, RunFolder
from yolo_course.learn.session import Pictures, Plan, check_export, export, freeze_words, go_on, start
from yolo_course.learn.train import Trainer
from yolo_course.weights import load_checkpoint, read_metadata

QUICK = {"epochs": 2, "size": 32, "batch_size": 2, "precision": "fp32", "device": "cpu", "threads": 1}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], 0),
        (["10"], 10),
        (["backbone+neck"], "backbone+neck"),
        (["model.0.", "model.9."], ["model.0.", "model.9."]),
    ],
)
def test_freeze_words(words, expected):
    assert freeze_words(words) == expected


@pytest.mark.parametrize("words", [["backbon"], ["10", "11"], ["modle.0."], ["-1"]])
def test_freeze_words_that_mean_nothing(words):
    with pytest.raises(ValueError, match="expected a count of rows .*backbone"):
        freeze_words(words)


def test_a_run_can_be_started_stopped_resumed_and_exported(tmp_path):
    folder, said = tmp_path / "run", []
    pictures = Pictures(str(small_set(tmp_path / "set", ("train", "val"))), images=2, seed=7)
    weights = eager_weights(tmp_path / "start.safetensors")
    plan = Plan(pictures, str(weights), freeze=["backbone"], settings={**QUICK, "seed": 7})

    def pull_the_plug(self):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "go", pull_the_plug)
        start(plan, folder, lambda text: said.append(str(text)))
    assert "transferred 349 of 349" in said[0] and "frozen: rows 0-9" in said[1] and str(folder) in said[2]
    assert Pictures.of_run(folder) == pictures
    assert [row["epoch"] for row in go_on(folder).rows] == [1, 2]
    file = export(RunFolder(folder), tmp_path / "half.safetensors", half=True)
    assert file.stat().st_size < 0.6 * (folder / "best.safetensors").stat().st_size
    assert read_metadata(file)["size"] == 32 and load_checkpoint(file).names == NAMES
    (folder / "data.json").unlink()
    with pytest.raises(RunError, match="name the data"):
        go_on(folder)
    assert len(go_on(folder, Pictures(pictures.data, images=2)).rows) == 2  # nothing is left to do
    assert Pictures.of_run(folder) == pictures  # with the seed of the run


def test_the_place_of_the_data_is_kept_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for data, kept in (("set", str(tmp_path / "set")), ("far", "far"), ("source", "source")):
        Pictures(data).write(tmp_path)
        assert json.loads((tmp_path / "data.json").read_text(encoding="utf-8"))["data"] == kept


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"settings": {"epoch": 3}}, "epochs"),
        ({"settings": {"hyp": {"mosaik": 1}}}, "mosaic"),
        ({"settings": {"optimizer": "Adam", **QUICK}}, "AdamW"),
        ({"freeze": ["model.77."]}, "near ones"),
        ({"freeze": ["25"]}, "everything is frozen"),
        ({"batchnorm": "free"}, "updating"),
        ({"settings": {"device": "tpu"}}, "cpu"),
    ],
)
def test_what_does_not_fit_is_an_error_before_a_folder_is_made(tmp_path, changes, match):
    pictures = Pictures(str(small_set(tmp_path / "set", ("train", "val"))))
    with pytest.raises(ValueError, match=match):
        start(Plan(pictures, "none", **{"settings": QUICK, **changes}), tmp_path / "run", lambda text: None)
    assert not (tmp_path / "run").exists()


def test_an_export_replaces_nothing(tmp_path):
    check_export(None)
    check_export(tmp_path / "new")
    (tmp_path / "old").touch()
    with pytest.raises(ValueError, match="already"):
        check_export(tmp_path / "old")
