"""What a step costs: measured, in the order of what is frozen."""

from __future__ import annotations

import pytest
import torch

from yolo_course.learn import cost
from yolo_course.learn.cost import CostPlan, Step, kept_bytes, matmul_tflops, measure_costs
from yolo_course.learn.device import choose
from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5

PLAN = CostPlan(networks=("n",), batches=(2,), pixels=64, steps=2, blocks=2, device="cpu")


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return list(measure_costs(PLAN))


def test_a_row_a_mode(rows):
    assert [row["mode"] for row in rows] == ["unfrozen", "backbone", "all-but-head"]
    for row in rows:
        assert (row["network"], row["batch_size"], row["pixels"]) == ("n", 2, 64)
        assert row["images_per_second"] == pytest.approx(2 / row["seconds_per_step"])
        assert row["memory_mb"] is None  # not counted on a CPU


def test_freezing_more_keeps_less(rows):
    for key in ("gradients_mb", "saved_mb"):
        values = [row[key] for row in rows]
        assert values == sorted(values, reverse=True) and values[-1] < values[0] / 4, key
    trainable = sum(parameter.numel() for parameter in YOLOv5("n", release="v7.0").parameters())
    assert rows[0]["gradients_mb"] == pytest.approx(4 * trainable / 2**20)


def test_the_share_of_the_peak_is_that_of_an_unfrozen_step(rows):
    first, *others = rows
    from yolo_course.summary import summarise

    gflops = summarise(YOLOv5("n", release="v7.0"), 64).gflops
    assert first["tflops"] == pytest.approx(3 * gflops * first["images_per_second"] / 1e3)
    assert first["share_of_peak"] == pytest.approx(first["tflops"] / first["peak_tflops"])
    assert all(row["tflops"] is None and row["share_of_peak"] is None for row in others)


def test_too_little_memory_leaves_a_gap_and_goes_on(monkeypatch):
    def full(self):
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(Step, "predict", full)
    rows = list(measure_costs(PLAN))
    assert len(rows) == 3 and all(row["seconds_per_step"] is row["saved_mb"] is row["tflops"] is None for row in rows)
    assert all(row["gradients_mb"] > 0 for row in rows)


def test_a_step_changes_what_is_trainable_and_nothing_else():
    model = YOLOv5("n", release="v7.0", num_classes=80).train()
    freeze(model, 10)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    Step(model, choose("cpu", "fp32"), cost._noise(2, 64, choose("cpu", "fp32")))()
    changed = [key for key, value in model.state_dict().items() if not torch.equal(value, before[key])]
    assert min(int(key.split(".")[1]) for key in changed) == 10


def test_kept_bytes_counts_each_place_once():
    layer, x = torch.nn.Linear(4, 3), torch.rand(5, 4, requires_grad=True)
    assert kept_bytes(layer, lambda: layer(x)) == x.numel() * 4
    assert kept_bytes(layer, lambda: layer(x) + layer(x)) == x.numel() * 4


def test_matrix_products_have_a_speed():
    assert 0 < matmul_tflops(choose("cpu", "fp32")) < 1000
