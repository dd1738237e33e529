"""Folders of runs: a new one each time."""

from dataclasses import replace
from pathlib import Path

import torch
import torch.distributed as dist

from yolo_course.learn.experiment import Experiment
from yolo_course.learn.folders import agreed, experiment_folder, next_free


def test_the_next_free_number(tmp_path):
    assert next_free(tmp_path / "train") == tmp_path / "train-1"
    for name in ("train-1", "train-2", "train-4"):
        (tmp_path / name).mkdir()
    assert next_free(tmp_path / "train") == tmp_path / "train-3"


def test_every_process_takes_the_folder_of_process_0(tmp_path, monkeypatch):
    assert agreed(tmp_path, torch.device("cpu")) == tmp_path  # one process agrees with itself

    def broadcast(box, src, device):
        assert box == [str(tmp_path)] and src == 0
        box[0] = "runs/train-1"

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(dist, "broadcast_object_list", broadcast)
    assert agreed(tmp_path, torch.device("cpu")) == Path("runs/train-1")


def test_an_experiment_finds_its_own_folder_again_and_no_other(tmp_path):
    one, other = Experiment("far80", "far"), Experiment("far80", "far", seeds=(1,))
    for experiment, name in ((one, "far80"), (other, "far80-2")):
        folder = experiment_folder(experiment, tmp_path)
        assert folder == tmp_path / name
        folder.mkdir()
        (folder / "experiment.yaml").write_text(experiment.to_yaml(), encoding="utf-8")
        assert experiment_folder(experiment, tmp_path) == folder
    (tmp_path / "far80-3").mkdir()  # somebody's, and empty
    assert experiment_folder(replace(one, images=4), tmp_path).name == "far80-4"
