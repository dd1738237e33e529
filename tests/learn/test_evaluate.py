"""Running a model over a data set: right places, and nothing left changed."""

import numpy as np
import pytest
import torch
from torch import nn

from yolo_course.boxes import xyxy_to_xywh
from yolo_course.data import Dataset
from yolo_course.learn.evaluate import evaluate
from yolo_course.model import YOLOv5


class SeesWhite(nn.Module):
    """A detector of one white rectangle a picture; it answers in the pixels of the batch, as YOLOv5 does."""

    names, stride = ["white"], torch.tensor([8.0, 16, 32])

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.shapes = []

    def forward(self, images):
        assert not self.training and not torch.is_grad_enabled()
        assert images.dtype == torch.float32 and 0 <= images.min() and images.max() <= 1
        self.shapes.append(tuple(images.shape))
        return torch.stack([self._find(image) for image in images]), []

    def _find(self, image):
        y, x = (image.mean(0) > 0.75).nonzero(as_tuple=True)
        box = torch.stack([x.min(), y.min(), x.max() + 1, y.max() + 1]).float()
        return torch.cat([xyxy_to_xywh(box), torch.tensor([0.9, 1.0])])[None]


@pytest.fixture
def white():
    """Black pictures of several shapes with a white rectangle each."""
    rng = np.random.default_rng(0)
    images, boxes = [], []
    for width, height in [(100, 60), (60, 100), (64, 64), (33, 47), (200, 40)]:
        image = np.zeros((height, width, 3), dtype=np.uint8)
        left, top = rng.integers(2, width // 4), rng.integers(2, height // 4)
        right, bottom = width - rng.integers(2, width // 4), height - rng.integers(2, height // 4)
        image[top:bottom, left:right] = 255
        images.append(image)
        boxes.append([[left, top, right, bottom]])
    return Dataset(images, boxes, [[0]] * len(images), ["white"])


@pytest.fixture(scope="module")
def noise():
    """Six pictures of noise for a real, untrained network."""
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 256, (48 + 8 * (i % 3), 64, 3), dtype=np.uint8) for i in range(6)]
    boxes = [[[5, 5, 30 + i, 40]] for i in range(6)]
    return Dataset(images, boxes, [[i % 2] for i in range(6)], ["a", "b"])


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return YOLOv5("n", num_classes=2, names=["a", "b"])


@pytest.mark.parametrize("rect", [False, True])
@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_boxes_come_back_to_the_pictures_own_pixels(white, rect, batch_size):
    model = SeesWhite()
    metrics = evaluate(model, white, size=640, batch_size=batch_size, rect=rect)
    assert metrics.map50 == 1 and metrics.map50_95 > 0.95
    assert metrics.confusion.tolist() == [[5, 0], [0, 0]]
    assert sum(shape[0] for shape in model.shapes) == 5
    assert any(shape[2:] != (640, 640) for shape in model.shapes) == rect


def test_rect_gives_each_picture_a_shape_like_its_own(white):
    model = SeesWhite()
    padding = []
    model.register_forward_pre_hook(lambda _, args: padding.append((abs(args[0] - 114 / 255) < 1e-3).float().mean()))
    evaluate(model, white, size=640, batch_size=1, rect=True)
    assert max(padding) < 0.25  # a batch shape may have up to a stride and a half to spare
    assert model.shapes[0][3] > model.shapes[0][2] and model.shapes[-1][3] < model.shapes[-1][2]


def test_the_size_of_the_network_input(white):
    model = SeesWhite()
    evaluate(model, white, size=96, batch_size=5)
    assert model.shapes == [(5, 3, 96, 96)]


def test_the_model_is_left_as_it_was(network, noise):
    network.train()
    network.model[0].eval()  # as a frozen row may be
    modes = [module.training for module in network.modules()]
    before = {key: value.clone() for key, value in network.state_dict().items()}
    evaluate(network, noise, size=64, batch_size=4, device="cpu")
    assert [module.training for module in network.modules()] == modes
    after = network.state_dict()
    assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())


def test_the_mode_is_restored_after_an_error(network, noise, monkeypatch):
    network.train()
    monkeypatch.setattr("yolo_course.learn.evaluate.letterbox", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluate(network, noise, size=64)
    assert network.training


def test_batch_size_changes_nothing(network, noise):
    one, all_ = (evaluate(network, noise, size=64, batch_size=n) for n in (1, 6))
    assert one.map50 == pytest.approx(all_.map50, abs=1e-6)
    assert one.images == all_.images == 6 and one.boxes == 6
    assert one.to_dict() == evaluate(network, noise, size=64, batch_size=1).to_dict()


def test_max_detections_and_conf_limit_what_is_counted(network, noise, monkeypatch):
    seen = []
    monkeypatch.setattr("yolo_course.learn.evaluate.score", lambda truths, detections, names: seen.append(detections))
    evaluate(network, noise, size=64, conf=0, max_detections=7)
    evaluate(network, noise, size=64, conf=1)
    assert [len(rows) for rows in seen[0]] == [7] * 6 and [len(rows) for rows in seen[1]] == [0] * 6


def test_a_data_set_of_other_classes_is_refused(network, noise):
    with pytest.raises(ValueError, match=r"model of 2 classes and a data set of 3 \(a, b, c\)"):
        evaluate(network, Dataset(noise.images, noise.boxes, noise.classes, ["a", "b", "c"]), size=64)
    with pytest.raises(ValueError, match="two orders"):
        evaluate(network, Dataset(noise.images, noise.boxes, noise.classes, ["b", "a"]), size=64)


@pytest.mark.parametrize("size", [0, 16, 100])
def test_a_size_off_the_grid_is_refused(network, noise, size):
    with pytest.raises(ValueError, match="multiple of 32"):
        evaluate(network, noise, size=size)


def test_pictures_without_any_box_cannot_be_measured(network, noise):
    empty = Dataset(noise.images, [np.zeros((0, 4))] * 6, [[]] * 6, ["a", "b"])
    with pytest.raises(ValueError, match="no true box"):
        evaluate(network, empty, size=64)
