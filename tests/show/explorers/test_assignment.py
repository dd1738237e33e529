import re

import numpy as np
import pytest
import torch

from yolo_course.learn.start import course_model
from yolo_course.show.explorers import assignment, canvas
from yolo_course.stages.loss import assign_targets

BOXES = [(55, 92, 33, 30), (3, 125, 6, 8), (70, 60, 110, 100), (60, 60, 5, 60), (127, 1, 15, 2), (64, 64, 40, 40)]


@pytest.fixture(scope="module")
def anchors():
    return course_model().detect.anchor_pixels


def answering(x, y, width, height, anchors):
    """For each level the (anchor, row, column) that answer, from the rule as the notebook tells it."""
    for stride, own in zip((8, 16, 32), anchors.tolist(), strict=True):
        near = [n for n, (w, h) in enumerate(own) if max(width / w, w / width, height / h, h / height) < 4]
        column, row, last = x // stride, y // stride, 128 // stride - 1
        cells = {(row, column)}
        cells |= {(row, column - 1)} if x % stride < stride / 2 else set()
        cells |= {(row, column + 1)} if x % stride > stride / 2 else set()
        cells |= {(row - 1, column)} if y % stride < stride / 2 else set()
        cells |= {(row + 1, column)} if y % stride > stride / 2 else set()
        yield {(anchor, *cell) for anchor in near for cell in cells if min(cell) >= 0 and max(cell) <= last}


@pytest.mark.parametrize("box", BOXES)
def test_words_count_the_slots(anchors, box):
    ground = assignment.grids(np.full((128, 128, 3), 90, np.uint8), assignment.STRIDES)
    numbers = [int(n) for n in re.findall(r"\d+", assignment.assignment_view(ground, anchors, *box).words)]
    counts = [len(slots) for slots in answering(*box, anchors)]
    assert numbers[4:] == [3, counts[0], 4, counts[1], 5, counts[2], sum(counts)]


@pytest.mark.parametrize("box", BOXES)
def test_the_lit_cells_and_the_tinted_anchors_are_those_that_answer(anchors, box, monkeypatch):
    monkeypatch.setattr(assignment, "_draw_box", lambda *_, **__: None)  # it lies over the cells
    ground = assignment.grids(np.full((128, 128, 3), 90, np.uint8), assignment.STRIDES)
    picture = assignment.assignment_view(ground, anchors, *box).picture
    changed = (picture != ground).any(-1)
    for level, (stride, slots) in enumerate(zip((8, 16, 32), answering(*box, anchors), strict=True)):
        side, cells = stride * assignment.ZOOM, 128 // stride
        lit = assignment._panel(changed, level).reshape(cells, side, cells, side).any((1, 3))
        assert set(zip(*map(list, lit.nonzero()), strict=True)) == {slot[1:] for slot in slots}
        for row in range(3):
            place = assignment.FRAME[0] - (3 - row) * assignment.ROW + 2, level * assignment.STEP + 225
            tinted = tuple(picture[place]) == canvas.rgb(assignment.NEIGHBOUR)
            assert tinted == (row in {anchor for anchor, *_ in slots})


def test_the_cell_of_the_centre_is_the_darkest(anchors, monkeypatch):
    monkeypatch.setattr(assignment, "_draw_box", lambda *_, **__: None)
    ground = assignment.grids(np.full((128, 128, 3), 90, np.uint8), assignment.STRIDES)
    panel = assignment._panel(assignment.assignment_view(ground, anchors, 55, 92, 33, 30).picture, 1)
    middles = panel[16::32, 16::32].astype(int).sum(-1)
    neighbours = [middles[5, 2], middles[6, 3]]
    assert neighbours[0] == neighbours[1] > middles[92 // 16, 55 // 16]


def written(objects, level, anchors):
    """A level's slots as the loss fills them: 0 nobody, then 1 and 2; and how many objects claim each."""
    stride = assignment.STRIDES[level]
    rows = torch.tensor([(0, label, *(value / 128 for value in box)) for label, *box in objects])
    found = assign_targets(rows, (128 // stride, 128 // stride), anchors[level] / stride)
    kept = torch.zeros(3, 128 // stride, 128 // stride, dtype=torch.long)
    claimed = torch.zeros(2, *kept.shape, dtype=torch.long)
    kept[found.anchor, found.row, found.column] = found.label + 1
    claimed[found.label, found.anchor, found.row, found.column] = 1
    return kept, claimed


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("second", [(53, 61, 36), (66, 70, 36), (70, 50, 20), (120, 9, 30)])
def test_the_last_write_stays_as_it_does_in_a_tensor(anchors, level, swapped, second, monkeypatch):
    monkeypatch.setattr(assignment, "_draw_box", lambda *_, **__: None)
    first, (x, y, side) = (52, 60, 33, 30), second
    ground = [assignment._collision_ground(step) for step in assignment.STRIDES]
    view = assignment.collision_view(ground, anchors, first, level, swapped, x=x, y=y, side=side)
    objects = [(0, *first), (1, x, y, side, side)]
    kept, claimed = written(objects[::-1] if swapped else objects, level, anchors)
    twice = claimed.sum(0) == 2
    numbers = [int(n) for n in re.findall(r"\d+", view.words)][1:]
    expected = [*claimed.sum((1, 2, 3)).tolist(), int(twice.sum())]
    assert numbers == expected + ([int((kept[twice] == n).sum()) for n in (1, 2)] if twice.any() else [])
    colours, framed = _seen(view.picture, assignment.STRIDES[level] * assignment.ZOOM, kept.shape)
    assert (colours == kept.numpy()).all() and (framed == twice.numpy()).all()


def _seen(picture, side, shape):
    """For each slot 1 or 2 where the first's or the second's colour is in its middle, else 0; and is it framed?"""
    panels = np.stack([assignment._panel(picture, anchor) for anchor in range(shape[0])]).astype(int)
    middle = panels[:, side // 2 :: side, side // 2 :: side]
    near = [np.abs(middle - canvas.rgb(colour)).max(-1) < 30 for colour in (assignment.FIRST, assignment.SECOND)]
    frame = panels[:, side // 2 :: side, 2::side]
    return near[0] + 2 * near[1], np.abs(frame - canvas.rgb(assignment.ANSWERS)).max(-1) < 30


def test_the_order_of_the_labels_decides_only_between_claims_of_one_kind(anchors):
    """All cells of centres are written first, then left neighbours, and so on."""
    a, b = (0, 52, 60, 33, 30), (1, 66, 70, 36, 36)
    below_a_and_left_of_b = 0, 4, 3
    stays = [dict(assignment.claims(rows, 1, anchors[1])) for rows in ([a, b], [b, a])]
    assert [kept[below_a_and_left_of_b] for kept in stays] == [0, 0]
    near = 1, 54, 61, 36, 36
    stays = [dict(assignment.claims(rows, 1, anchors[1])) for rows in ([a, near], [near, a])]
    assert [set(kept.values()) for kept in stays] == [{1}, {0}]
