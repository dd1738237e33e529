"""Models by name: the course's, a file's, or new ones."""

import json

import pytest
import torch

from tests.small import NAMES, eager_model, eager_weights
from yolo_course.learn.models import open_weights, starting_model, trained_size
from yolo_course.model import YOLOv5
from yolo_course.weights import CheckpointError, save_weights

COCO = YOLOv5("n", num_classes=1).detect.anchor_pixels


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path))
    return eager_weights(tmp_path / "weights/yolov5n_source.safetensors")


def test_course_is_the_courses_file(course):
    assert open_weights("course").names == NAMES
    assert trained_size("course") == 128 and trained_size(str(course)) == 640


def test_the_size_is_what_the_file_says_or_its_run(tmp_path):
    file = eager_weights(tmp_path / "a.safetensors", size=96)
    (tmp_path / "config.yaml").write_text("size: 320\n", encoding="utf-8")
    assert trained_size(str(file)) == 96
    assert trained_size(str(eager_weights(tmp_path / "best.safetensors"))) == 320
    (tmp_path / "yolov5s.pt").write_bytes(json.dumps({}).encode())
    assert trained_size(str(tmp_path / "yolov5s.pt")) == 320
    (tmp_path / "config.yaml").write_text("- no mapping\n", encoding="utf-8")
    assert trained_size(str(tmp_path / "yolov5s.pt")) == 640


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(CheckpointError, match="check the path"):
        open_weights(str(tmp_path / "none.pt"))


def test_weights_are_carried_over_for_other_classes(course):
    model, carried = starting_model(["a", "b", "c"])
    assert model.names == ["a", "b", "c"] and carried.total - carried.transferred == 6  # the head's last layer
    weight = "model.0.conv.weight"
    assert torch.equal(model.state_dict()[weight], eager_model().state_dict()[weight])


def test_a_new_network_depends_on_the_seed_alone():
    one, again, other = (starting_model(NAMES, "none", seed=seed)[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[key], again[key]) for key in one)
    assert not torch.equal(one["model.0.conv.weight"], other["model.0.conv.weight"])


def test_networks_releases_and_files(tmp_path):
    model, carried = starting_model(NAMES, "none", "s", "v5.0")
    assert (model.size, model.release, model.num_classes, carried) == ("s", "v5.0", 2, None)
    talk = starting_model(NAMES, "none", "yolov5s_talk.yaml")[0]
    assert sum(p.numel() for p in talk.parameters()) > 6e6 and talk.num_classes == 2


def test_anchors_are_scaled_for_new_and_for_trained_networks(tmp_path):
    file = save_weights(eager_model(), tmp_path / "a.safetensors")
    for weights in ("none", str(file)):
        model = starting_model(NAMES, weights, anchor_scale=0.5)[0]
        assert torch.allclose(model.detect.anchor_pixels, COCO * 0.5)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"weights": "a.pt", "network": "s"}, "leave it out"),
        ({"weights": "none", "network": "z"}, "n"),
        ({"weights": "none", "network": "a.yaml", "release": "v5.0"}, "beside the file"),
        ({"weights": "none", "network": "missing.yaml"}, "missing.yaml"),
        ({"weights": "none", "anchor_scale": -1.0}, "above 0"),
    ],
)
def test_what_does_not_fit_is_an_error(options, match):
    with pytest.raises((ValueError, FileNotFoundError), match=match):
        starting_model(NAMES, **options)
