"""The neck's explorers: the wiring they tell is the model's, and a cut changes what the network itself then finds."""

import itertools

import numpy as np
import pytest
import torch

import yolo_course as yc
from yolo_course.boxes import xywh_to_xyxy
from yolo_course.data import render_sample
from yolo_course.show.explorers import neck
from yolo_course.show.explorers.neck_plan import LIT, Plan, fewest_convolutions, heard_by, rows_between
from yolo_course.show.style import TRUTH


@pytest.fixture(scope="module")
def model():
    return yc.course_model()


@pytest.fixture(scope="module")
def bench(model):
    return neck.Bench(model, [render_sample("source", "val", i, size=128) for i in (11, 3, 5)])


@pytest.fixture(scope="module")
def plan(model):
    return Plan(model, neck.SHAPE, (186, 29), 44, named=True)


def wires_of(model):
    return {row.index: row.source for row in model.rows[10:24]}


def test_what_hears_what_is_what_the_gradient_finds(model):
    inputs = [torch.rand(1, c, n, n, requires_grad=True) for c, n in ((64, 8), (128, 4), (256, 2))]
    outputs = model.walk(range(10, 24), dict(zip((4, 6, 9), inputs, strict=True)))
    wires = wires_of(model)
    for level, row in itertools.product(range(3), range(10, 24)):
        gradient = torch.autograd.grad(outputs[row].sum(), inputs[level], retain_graph=True, allow_unused=True)[0]
        assert (row in heard_by(wires, (4, 6, 9)[level])) == (gradient is not None), (level, row)


def test_rows_between_lie_on_a_way(model):
    wires = wires_of(model)
    assert rows_between(wires, 4, 23) == [16, 17, 18, 19, 20, 21, 22, 23]
    assert rows_between(wires, 9, 17) == [10, 11, 12, 13, 14, 15, 16, 17]
    assert rows_between({10: (9,), 11: (6,), 12: (10,)}, 6, 12) == []


def test_fewest_convolutions_are_those_of_the_notebook(model):
    wires = wires_of(model)
    assert fewest_convolutions(model, wires, 4, 23) == 8
    assert fewest_convolutions(model, wires, 9, 23) == 3  # row 10, and the C3 of row 23
    assert fewest_convolutions(model, {10: (9,)}, 4, 10) is None


@pytest.mark.parametrize(("source", "output", "rows", "fewest"), [(3, 5, 8, 8), (5, 3, 8, 6), (4, 4, 9, 5)])
def test_the_words_state_the_way(plan, source, output, rows, fewest):
    words = neck.ways_view(plan, output, source, "").words
    assert words == f"N{output} hears P{source} through {rows} rows with {fewest} or more convolutions."


def test_without_the_way_down_each_output_hears_its_own_level_and_coarser_ones(plan):
    assert plan.top_down_outputs() == [17, 13, 10]
    for output, silent in ((3, ()), (4, (3,)), (5, (3, 4))):
        words = neck.ways_view(plan, output, 0, neck.DOWN).words
        assert [level for level in (3, 4, 5) if f"P{level} in no way" in words] == list(silent)


def test_rows_on_the_way_are_lit(plan):
    def lit(row, picture):  # a pixel within the row's frame, below its words
        box = plan.boxes[row]
        pixel = picture[round(box.y + 12), round(box.x)]
        return tuple(pixel) == neck.canvas.rgb(LIT[box.column])

    picture = neck.ways_view(plan, 5, 3, "").picture
    assert [row for row in plan.boxes if lit(row, picture)] == [4, *range(16, 24)]
    assert "P3 in no way" in neck.ways_view(plan, 5, 0, "e").words


def test_a_cut_wire_carries_its_mean(model, bench):
    seen = {}
    hook = model.model[19].register_forward_hook(lambda module, inputs, out: seen.update(out=out))
    with torch.no_grad(), neck.silenced(model, {(19, 18)}):
        model.neck(*bench.features)
    cut = seen["out"]
    with torch.no_grad():
        model.neck(*bench.features)
    hook.remove()
    whole, half = seen["out"], cut.shape[1] // 2
    assert torch.equal(cut[:, half:], whole[:, half:])  # row 14 still speaks
    assert torch.allclose(cut[:, :half], whole[:, :half].mean((0, 2, 3), keepdim=True).expand_as(whole[:, :half]))
    assert not model.model[19]._forward_pre_hooks  # and the model is whole again


def test_uncut_it_finds_what_the_model_finds(model, bench):
    image = bench.samples[0][0]
    found, levels = bench.found(0, (), 0.25)
    assert np.allclose(found, yc.predict(model, image, size=128), atol=0.02)
    assert len(levels) == len(found) and set(levels) <= {3, 4, 5}


def test_the_level_of_a_box_is_told_by_its_place_among_the_rows(bench):
    for level, rows in ((3, slice(0, 768)), (4, slice(768, 960)), (5, slice(960, 1008))):
        found, levels = bench.found(0, (), 0.05, level)
        alone = yc.non_max_suppression(bench.decoded(())[:1, rows], 0.05)[0]
        assert np.allclose(found, alone.numpy()) and set(levels) <= {level}


def test_with_all_levels_speaking_each_box_is_one_of_its_levels_rows(bench):
    found, levels = bench.found(0, (), 0.25)
    corners = xywh_to_xyxy(bench.decoded(())[0, :, :4])
    places = {3: slice(0, 768), 4: slice(768, 960), 5: slice(960, 1008)}
    assert len(set(levels)) > 1
    for row, level in zip(found, levels, strict=True):
        assert (corners[places[level]] == torch.from_numpy(row[:4])).all(1).any()


def test_the_words_count_what_is_found(bench):
    _, boxes, _ = bench.samples[0]
    whole = neck.cut_view(bench, 0, frozenset(), 0.25, 0)
    assert f"Cut: nothing. Found: {len(boxes)} of {len(boxes)} objects." in whole.words
    without_p3 = neck.cut_view(bench, 0, neck.cuts(bench.plan)["wire d"], 0.25, 0)
    assert without_p3.words.startswith(f"Cut: d. Found: 0 of {len(boxes)} objects.")
    assert not np.array_equal(whole.picture[:, 420:], without_p3.picture[:, 420:])  # the plan shows the cut
    surest = neck.cut_view(bench, 0, frozenset(), 0.95, 0)
    assert (
        f"Found: {len(bench.found(0, (), 0.95)[0])} of {len(boxes)}" in surest.words
        and "by N4, 0 by N5" in surest.words
    )
    assert (surest.picture[:, :400] == neck.canvas.rgb(TRUTH)).all(2).sum() > 100  # true boxes are drawn


def test_what_can_be_cut(bench):
    cuts = neck.cuts(bench.plan)
    assert len(cuts) == 11 and cuts["wire e"] == {(19, 18)}
    assert cuts["the way up: a, c"] == {(12, 11), (16, 15)} and cuts["the way down: e, g"] == {(19, 18), (22, 21)}


def test_own_pictures_of_any_shape(model):
    wide = np.zeros((60, 200, 3), np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
    explorer = neck.explore_wires(model, [wide, wide])
    assert explorer.draw(**explorer.start).words.startswith("Cut: nothing. Found: 0 of 0 objects.")
