"""Anchors and boxes: who reaches whom, as the loss decides it, and anchors made for a data set."""

import numpy as np
import pytest
import torch

from tests.small import small_split
from yolo_course.config import COCO_ANCHORS
from yolo_course.data import DataError
from yolo_course.data.anchors import best_possible_recall, kmeans_anchors, scaled_sizes
from yolo_course.stages.loss import assign_targets

ANCHORS = np.reshape(COCO_ANCHORS, (3, 3, 2)).astype(float)


def sizes(count=400, seed=0, low=0.5, high=900):
    return np.exp(np.random.default_rng(seed).uniform(np.log(low), np.log(high), (count, 2)))


def test_recall_counts_the_boxes_that_the_loss_assigns():
    wh = sizes()
    targets = torch.tensor([[i, 0, 0.5, 0.5, w / 640, h / 640] for i, (w, h) in enumerate(wh)])
    assigned = [
        assign_targets(targets, (640 // stride,) * 2, torch.tensor(level / stride, dtype=torch.float32)).image
        for level, stride in zip(ANCHORS, (8, 16, 32), strict=True)
    ]
    recall, ways = best_possible_recall(wh, ANCHORS)
    assert recall == len(set(torch.cat(assigned).tolist())) / len(wh) and 0.3 < recall < 0.9
    reached = (np.maximum(wh[:, None] / ANCHORS.reshape(-1, 2), ANCHORS.reshape(-1, 2) / wh[:, None]).max(2) < 4).sum()
    assert ways == reached / len(wh)


def test_anchors_of_its_own_reach_a_data_set_of_other_sizes():
    wh = sizes(low=2, high=12, seed=1)
    before, _ = best_possible_recall(wh, ANCHORS)
    made = kmeans_anchors(wh)
    assert made.shape == (3, 3, 2) and (np.diff(made.reshape(-1, 2).prod(1)) >= 0).all()
    assert before < 0.7 and best_possible_recall(wh, made)[0] > 0.99
    assert np.array_equal(made, kmeans_anchors(wh))


def test_clusters_are_found():
    centres = np.array([[4, 8], [9, 9], [20, 10], [30, 60], [60, 30], [50, 50], [100, 200], [200, 100], [300, 300.0]])
    wh = np.concatenate([centre * np.exp(np.random.default_rng(0).normal(0, 0.03, (40, 2))) for centre in centres])
    made = kmeans_anchors(wh).reshape(-1, 2)
    nearest = np.abs(np.log(made[:, None] / centres)).max(2).min(0)
    assert nearest.max() < 0.03


def test_sizes_at_the_training_size():
    data = small_split(2, size=64)
    assert np.allclose(scaled_sizes(data, 128), 28) and scaled_sizes([data, data], 64).shape == (8, 2)


@pytest.mark.parametrize("count", [9, 10])
def test_what_cannot_be(count):
    with pytest.raises(DataError, match=f"expected {count}"):
        kmeans_anchors(np.ones((50, 2)), count)
    with pytest.raises(DataError, match="found no box"):
        best_possible_recall(np.zeros((0, 2)), ANCHORS)
