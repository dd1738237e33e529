"""The five models by two multiples: counted from the plan, as many as the built models have."""

import pytest
import torch

import yolo_course as yc
from yolo_course.config import SIZES
from yolo_course.show.explorers import canvas, sizes
from yolo_course.show.explorers.neck_plan import LIT


@pytest.mark.parametrize("name", SIZES)
def test_parameters_row_by_row_are_those_of_the_built_model(name):
    with torch.device("meta"):
        model = yc.YOLOv5(name)
    counted = [cost.parameters for cost in sizes.row_costs(*SIZES[name])]
    built = [sum(p.numel() for p in row.parameters()) for row in model.model]
    assert counted[:24] == built[:24] and sum(counted[24:]) == built[24]


def test_operations_channels_and_strides_are_those_of_the_table():
    table = yc.YOLOv5("n").summary(320)
    costs = sizes.row_costs(*SIZES["n"])
    assert sizes.totals(costs, 320)[1] == pytest.approx(table.gflops, rel=1e-9)
    for cost, row in zip(costs, table.rows[:24], strict=False):
        assert (cost.channels, 320 // cost.stride) == row.shape[1:3], row.index


def test_a_multiple_that_no_model_has():
    narrow = sizes.row_costs(1.33, 0.25)
    assert [cost.repeats for cost in narrow if cost.repeats] == [4, 8, 12, 4, 4, 4, 4, 4]
    assert max(cost.channels for cost in narrow) == 256
    assert "none of the five" in sizes.sizes_view(0.25, 1.33, 640).words


def test_the_words_of_the_five_models():
    words = sizes.sizes_view(1.25, 1.33, 640).words
    assert "YOLOv5x, 86.75 million parameters, 205.4 GFLOPs for 640 pixels" in words
    assert "YOLOv5n, 1.87 million parameters" in sizes.sizes_view(0.25, 0.33, 640).words


@pytest.mark.parametrize("width", [0.25, 1.25])
def test_a_bar_is_as_high_as_its_channels(width):
    picture = sizes.sizes_view(width, 0.33, 640).picture
    column = picture[: sizes.GROUND, 8 * sizes.COLUMN + 3]  # row 8, the last C3 of the backbone
    high = (column == canvas.rgb(LIT[0])).all(1).sum()
    assert abs(high - 270 * 1024 * width / sizes.HIGHEST) <= 3
