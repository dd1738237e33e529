"""Where training starts from."""

from __future__ import annotations

import hashlib

import pytest
import torch

from tests.learn.tiny import changed, snapshot, tiny_model
from tests.lookalike import save_original
from yolo_course import pretrained
from yolo_course.config import COCO_ANCHORS
from yolo_course.learn.start import course_model, course_weights, set_coco_anchors, untrained_model
from yolo_course.model import YOLOv5
from yolo_course.weights import CheckpointError, load_checkpoint, save_weights

OTHER = ["heart", "arrow", "drop"]


@pytest.fixture(scope="module")
def trained():
    model = tiny_model(seed=7)
    model.detect.set_anchors(model.detect.anchor_pixels * 0.4)
    return model.eval()


@pytest.fixture(scope="module")
def file(trained, tmp_path_factory):
    return save_weights(trained, tmp_path_factory.mktemp("weights") / "trained.safetensors")


def test_without_names_the_model_as_it_is(trained, file):
    model = course_model(weights=file)
    assert changed(snapshot(trained), model) == set() and model.names == trained.names


def test_for_other_classes_all_but_the_last_layer_is_carried_over(trained, file):
    model = course_model(OTHER, weights=file)
    assert model.names == OTHER and model.num_classes == 3
    new = {f"model.24.m.{level}.{part}" for level in range(3) for part in ("weight", "bias")}
    old, mine = trained.state_dict(), model.state_dict()
    assert {key for key in mine if mine[key].shape != old[key].shape or not torch.equal(mine[key], old[key])} == new


def test_the_seed_decides_the_new_layer_and_nothing_else_does(trained, file):
    models = []
    for noise, seed in ((1, 0), (2, 0), (1, 5)):
        torch.manual_seed(noise)
        models.append(snapshot(course_model(OTHER, weights=file, seed=seed)))
    assert all(torch.equal(models[0][key], models[1][key]) for key in models[0])
    assert not torch.equal(models[0]["model.24.m.0.weight"], models[2]["model.24.m.0.weight"])


def test_untrained_has_the_rows_and_anchors_and_random_weights(trained):
    model = untrained_model(OTHER, trained, seed=1)
    assert [(row.module, row.args) for row in model.rows] == [(row.module, row.args) for row in trained.rows]
    assert torch.equal(model.detect.anchors, trained.detect.anchors)
    assert model.names == OTHER and model.config["width_multiple"] == trained.config["width_multiple"]
    assert not torch.equal(model.model[0].conv.weight, trained.model[0].conv.weight)
    assert (model.model[0].bn.running_mean == 0).all()


def test_scratch_and_pretrained_share_their_new_layer(trained, file):
    """So that a comparison of the two, seed by seed, compares the pre-training alone."""
    scratch, pretrained = untrained_model(OTHER, trained, seed=4), course_model(OTHER, weights=file, seed=4)
    assert torch.equal(scratch.detect.m[1].weight, pretrained.detect.m[1].weight)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CheckpointError, match="found no file"):
        course_model(weights=tmp_path / "none.pt")


def test_the_courses_own_weights_are_the_default():
    model = course_model(OTHER)
    assert (model.size, model.release, model.names) == ("n", "v7.0", OTHER)
    fresh = YOLOv5("n", num_classes=3)
    assert {key: t.shape for key, t in model.state_dict().items()} == {
        key: t.shape for key, t in fresh.state_dict().items()
    }


def test_the_courses_anchors_are_those_of_coco_for_128_pixels():
    """So that experiments may name the scale, for any weights, and change nothing with the course's own."""
    assert changed(snapshot(course_model(OTHER)), course_model(OTHER, anchor_scale=0.4)) == set()


def test_other_anchors_are_carried_into_the_new_head(trained, file):
    model = course_model(OTHER, weights=file, anchor_scale=0.5)
    assert model.detect.anchor_pixels.flatten().tolist() == pytest.approx([a / 2 for row in COCO_ANCHORS for a in row])
    assert changed(snapshot(trained), course_model(weights=file, anchor_scale=0.5)) == {"model.24.anchors"}
    with pytest.raises(ValueError, match="found anchor_scale=0, expected a number above 0"):
        set_coco_anchors(model, 0)


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """A whole YOLOv5n in the form of the original, lying where it is fetched to; its network."""
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pretrained, "ADDRESS", "https://no.where.invalid/{release}/{name}.pt")
    folder = tmp_path / "cache/weights/v7.0"
    folder.mkdir(parents=True)
    torch.manual_seed(3)
    path = save_original(folder / "yolov5n.pt", YOLOv5("n").eval())
    monkeypatch.setitem(pretrained.SHA256, ("v7.0", "yolov5n"), hashlib.sha256(path.read_bytes()).hexdigest())
    return load_checkpoint(path)


@pytest.mark.parametrize("name", ["yolov5n", "yolov5n.pt"])
def test_the_originals_weights_by_name_where_they_were_fetched(fetched, name):
    assert changed(snapshot(fetched), course_model(weights=name)) == set()
    model = course_model(OTHER, weights=name, anchor_scale=0.4)
    assert model.names == OTHER and model.num_classes == 3
    assert torch.equal(model.model[9].cv2.conv.weight, fetched.model[9].cv2.conv.weight)
    assert torch.equal(model.detect.anchor_pixels, course_model().detect.anchor_pixels)


def test_nothing_is_fetched_where_a_lesson_begins(fetched, tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "fetch", lambda *args: pytest.fail("something was fetched"))
    with pytest.raises(CheckpointError, match=r'yolov5s were not fetched yet.*from_pretrained\("yolov5s"\)` fetches'):
        course_model(weights="yolov5s.pt")
    (tmp_path / "yolov5s.pt").write_bytes(course_weights().read_bytes())  # a file of that name comes first
    assert course_model(weights="yolov5s.pt").num_classes == 8
