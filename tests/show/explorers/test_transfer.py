"""The explorers of freezing: what they claim of a training step is what a training step does."""

import cv2
import numpy as np
import pytest
import torch

from yolo_course.learn.start import course_model
from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import step_measured, transfer
from yolo_course.show.explorers.canvas import rgb
from yolo_course.show.explorers.step_measured import CutCost, effective_cut, measure_cuts
from yolo_course.show.explorers.transfer import BEFORE, FLOOR, ONE, cut_view, entries_that_change, prefix_view

COSTS = [CutCost(1 - 0.02 * cut, 1 - 0.04 * cut) for cut in range(25)]
ORANGE = rgb(style.UNFROZEN)


@pytest.fixture(scope="module")
def model():
    return course_model()


@pytest.fixture(scope="module")
def rows(model):
    return transfer.model_rows(model)


def changed_by_a_step(model) -> set[str]:
    """The entries that one real training step changes."""
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    sum(raw.square().sum() for raw in model.train()(torch.rand(2, 3, 64, 64))).backward()
    optimizer.step()
    return {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}


@pytest.mark.parametrize("updating", [False, True])
@pytest.mark.parametrize("cut", [0, 1, 10, 12, 24])
def test_the_entries_that_change_are_those_of_a_real_step(rows, cut, updating):
    torch.manual_seed(0)
    model = course_model()
    report = freeze(model, cut, "updating" if updating else "fixed")
    changed = changed_by_a_step(model)
    assert entries_that_change(rows, cut, updating) == len(changed)
    assert not changed & set(report.fixed_entries) and changed >= set(report.drifting_entries)


@pytest.mark.parametrize("release", ["v3.0", "v7.0"])
def test_shares_and_entries_agree_with_the_report_at_every_cut(release):
    model = YOLOv5("n" if release == "v7.0" else "s", release=release, num_classes=2)
    rows = transfer.model_rows(model)
    assert [row.stage for row in rows] == ["backbone"] * 10 + ["neck"] * 14 + ["head"]
    for cut in range(25):
        report = freeze(model, cut, "updating")
        assert sum(row.parameters for row in rows[:cut]) == report.frozen
        assert sum(row.statistics for row in rows[:cut]) == len(report.drifting_entries)
        every = len(model.state_dict()) - rows[-1].others
        assert entries_that_change(rows, cut, False) == every - len(freeze(model, cut).fixed_entries)


def test_the_words_state_what_is_seen(rows, model):
    report = freeze(model, 10)
    share = round(100 * report.trainable / (report.trainable + report.frozen))
    words = cut_view(rows, COSTS, 10, False).words
    assert f"10 of 25 rows frozen: {share} % of the parameters learn" in words and "changes 150 of 349 entries" in words
    assert "0.80 times as long" in words and "0.60 times as much" in words and "on this machine" in words
    assert "changes 249 of 349" in cut_view(rows, COSTS, 10, True).words
    freeze(model, 0)


def painted(picture, top) -> list[bool]:
    """For each row's cell, from this line of pixels down: is it orange?"""
    middles = [transfer._edges(number, 25) for number in range(25)]
    return [bool((picture[top : top + 16, left : left + 2] == ORANGE).all()) for left, _ in middles]


@pytest.mark.parametrize("cut", [0, 3, 10, 24])
def test_columns_and_cells_have_the_colours_of_what_happens(rows, cut):
    owning = [number for number, row in enumerate(rows) if row.statistics]
    for updating in (False, True):
        picture = cut_view(rows, COSTS, cut, updating).picture
        weights, statistics = painted(picture, FLOOR + 4), painted(picture, FLOOR + 4 + transfer.CELL)
        assert [n for n in owning if weights[n]] == [n for n in owning if n >= cut]
        assert [n for n in range(25) if statistics[n]] == [n for n in owning if updating or n >= cut]


def test_bars_are_as_long_as_their_shares(rows):
    picture = cut_view(rows, COSTS, 10, False).picture
    wide = transfer.BAR_RIGHT - transfer.BAR_LEFT
    for line, share in enumerate((1 - freeze(course_model(), 10).frozen / 1_774_741, 150 / 349, 0.8, 0.6)):
        strip = picture[transfer.BAR_TOP + transfer.BAR_STEP * line + 14, transfer.BAR_LEFT : transfer.BAR_RIGHT]
        assert (strip == ORANGE).all(1).sum() == pytest.approx(share * wide, abs=1)


@pytest.mark.parametrize("dot", [True, False])
@pytest.mark.parametrize(("row", "way"), [(1, ONE), (2, ONE), (3, ONE), (24, ONE), (10, BEFORE), (2, BEFORE)])
def test_a_prefix_freezes_what_freeze_says(rows, model, row, way, dot):
    view = prefix_view(rows, row, way, dot)
    code, prefixes = transfer.prefixes_of(row, way, dot)
    assert eval(code) == prefixes and view.words.startswith(code)
    report = freeze(model, prefixes)
    assert f"{report.frozen:,} of {report.frozen + report.trainable:,} parameters" in view.words
    learning = [number for number in range(25) if painted(view.picture, FLOOR + 4)[number]]
    assert set(report.rows).isdisjoint(learning)
    assert {number for number, one in enumerate(rows) if one.parameters} - set(report.rows) <= set(learning)
    freeze(model, 0)


def test_a_frame_stands_where_more_is_frozen_than_was_meant(rows):
    for (row, way, dot), wrong in {
        (1, ONE, False): range(10, 20),
        (2, ONE, False): range(20, 25),
        (3, BEFORE, False): range(3, 0),
        (10, BEFORE, True): range(0),
    }.items():
        if (row, way) == (3, BEFORE):
            wrong = range(10, 25)
        picture = prefix_view(rows, row, way, dot).picture
        columns = [(transfer._edges(n, 25)[0] + transfer._edges(n, 25)[1]) // 2 for n in range(25)]
        framed = [n for n, x in enumerate(columns) if (picture[FLOOR, x] == rgb(style.VERMILLION)).all()]
        assert framed == list(wrong), (row, way, dot)


def test_nothing_is_frozen_by_an_empty_list(rows):
    assert "freezes 0 of 25 rows, 0 of" in prefix_view(rows, 0, BEFORE, True).words


def test_rows_without_parameters_do_not_count(model):
    assert [effective_cut(model, rows) for rows in (0, 1, 11, 12, 13, 14, 17, 25)] == [0, 1, 11, 11, 11, 14, 15, 25]


def test_measured_shares_fall_and_leave_the_model_alone(model):
    before, threads = {key: value.clone() for key, value in model.state_dict().items()}, torch.get_num_threads()
    costs = measure_cuts(model, repeats=1)
    times, memory = np.array([cost.time for cost in costs]), np.array([cost.memory for cost in costs])
    assert len(costs) == 25 and costs[0] == (1, 1)
    assert (np.diff(times) <= 0).all() and (np.diff(memory) <= 1e-9).all() and (times > 0).all()
    assert memory[10] < 0.5 < memory[3] and memory[24] < 0.1
    assert costs[11] == costs[12] == costs[13]
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert torch.get_num_threads() == threads and all(p.requires_grad for p in model.parameters())


def test_memory_is_counted_without_the_parameters():
    """A toy whose memory is known: frozen, it keeps nothing of its own."""
    counted = step_measured._kept_bytes
    model = YOLOv5("n", num_classes=2).train()
    batch = step_measured._batch(64, 1)
    free, head = counted(model, 0, batch), counted(model, 24, batch)
    inputs = sum(4 * model.model[row].cv3.conv.out_channels * side**2 for row, side in ((17, 8), (20, 4), (23, 2)))
    assert inputs <= head < 0.1 * free


def test_given_costs_are_not_measured_again(monkeypatch):
    monkeypatch.setattr(transfer, "measure_cuts", lambda model: pytest.fail("measured"))
    explorer = transfer.explore_cut(costs=COSTS)
    assert "0.94 times as long" in explorer.words.value
    assert cv2.imdecode(np.frombuffer(explorer.image.value, np.uint8), cv2.IMREAD_COLOR).shape == (
        *transfer.CUT_FRAME,
        3,
    )
