"""Where training starts from."""

from __future__ import annotations

import pytest
import torch

from tests.learn.tiny import changed, snapshot, tiny_model
from yolo_course.learn.start import course_model, untrained_model
from yolo_course.model import YOLOv5
from yolo_course.weights import CheckpointError, save_weights

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
