"""From a picture to boxes in the picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.learn.tiny import tiny_model
from tests.small import eager_model, small_split
from yolo_course.boxes import unletterbox
from yolo_course.learn.predict import predict
from yolo_course.learn.transfer import freeze
from yolo_course.stages.head import non_max_suppression
from yolo_course.stages.input import letterbox


@pytest.fixture(scope="module")
def model():
    return eager_model()


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.ascontiguousarray(small_split(1, size=128)[0][0][:80])  # 80 high, 128 wide


def test_the_stages_one_by_one_say_the_same(model, image):
    padded, ratio, pad = letterbox(image, 64, auto=True)
    assert padded.shape == (64, 64, 3)  # 40 x 64, padded to multiples of 32
    batch = torch.from_numpy(padded).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        rows = non_max_suppression(model(batch)[0], 0.3, 0.5)[0]
    rows[:, :4] = unletterbox(rows[:, :4], ratio, pad, image.shape[:2])
    found = predict(model, image, size=64, conf=0.3, iou=0.5)
    assert len(found) and np.allclose(found, rows, atol=1e-4)


def test_rows_are_pixels_of_the_picture_as_it_was_given(model, image):
    before = image.copy()
    found = predict(model, image, size=64)
    assert found.dtype == np.float32 and found.shape[1] == 6
    assert (found[:, [0, 1]] >= 0).all() and (found[:, 2] <= 128).all() and (found[:, 3] <= 80).all()
    assert (found[:, 4] > 0.25).all() and set(found[:, 5]) <= {0, 1}
    assert np.array_equal(found[:, 4], np.sort(found[:, 4])[::-1]) and np.array_equal(image, before)


def test_options_reach_the_suppression(model, image):
    assert len(predict(model, image, 64, max_detections=3)) == 3
    assert len(predict(model, image, 64, conf=0.0, multi_label=True)) > len(predict(model, image, 64, conf=0.0))
    assert predict(model, image, 64, conf=1.0).shape == (0, 6)


@pytest.mark.parametrize("size", [32, 64, 100, 640])
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (90, 40)])
def test_any_picture_at_any_size(model, size, shape):
    found = predict(model, np.zeros((*shape, 3), np.uint8), size, max_detections=5)
    assert (found[:, 2] <= shape[1]).all() and (found[:, 3] <= shape[0]).all()


def test_the_model_is_left_as_it_was(image):
    model = tiny_model()
    freeze(model, 10)
    model.train()
    modes = [m.training for m in model.modules()]
    state = {key: value.clone() for key, value in model.state_dict().items()}
    found = predict(model, image, 64)
    assert isinstance(found, np.ndarray) and [m.training for m in model.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


def test_after_an_error_too(image, monkeypatch):
    model = tiny_model().train()
    monkeypatch.setattr(model.detect, "decode", lambda raw: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        predict(model, image, 64)
    assert model.training


@pytest.mark.parametrize("wrong", [np.zeros((8, 8)), np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 3)), None])
def test_something_that_is_no_picture(model, wrong):
    with pytest.raises(ValueError, match="expected uint8 RGB"):
        predict(model, wrong)
