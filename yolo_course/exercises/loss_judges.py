"""Judges of the exercises of notebook 05, with the typical mistakes that they recognise."""

from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from yolo_course.boxes import iou, xywh_to_xyxy
from yolo_course.exercises.answers import called, describe, not_yet, number, same
from yolo_course.stages.loss import assign_targets

PAIRS = {  # xywh
    "two boxes that overlap": ((3, 3, 4, 4), (2, 2, 4, 6)),
    "one inside the other": ((5, 5, 8, 8), (4, 6, 2, 4)),
    "boxes far apart": ((1, 1, 2, 2), (8, 9, 2, 4)),
    "boxes that touch": ((2, 2, 2, 2), (4, 2, 2, 2)),
    "a box and itself": ((3.5, 2, 3, 4), (3.5, 2, 3, 4)),
    "a box without a width": ((3, 3, 0, 2), (3, 3, 4, 4)),
}


def _sides(a, b) -> list[float]:
    """How far two xywh boxes overlap, in x and in y; negative where there is a gap."""
    return [
        min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2) - max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2) for i in (0, 1)
    ]


def _wrong_iou(a, b) -> dict:
    """What typical mistakes give for a pair: value to (what it is, what to try)."""
    (w, h), areas = _sides(a, b), (a[2] * a[3], b[2] * b[3])
    shared = max(0, w) * max(0, h)
    corners = iou(*torch.tensor([a, b], dtype=torch.float64), kind="iou").item()
    return {
        w * h / ((sum(areas) - w * h) or 1): ("a gap as an overlap", "a side below 0 counts as 0: `max(0, ...)`."),
        shared / (sum(areas) or 1): ("the shared area counted twice", "take it off the two areas once."),
        shared / (min(areas) or 1): ("a share of the smaller box", "divide by the area that both cover together."),
        shared: ("the shared area itself", "divide by the area that both cover together."),
        corners: ("corners where a centre and a size stand", "left = x - width / 2, right = x + width / 2."),
    }


def judge_iou(function) -> str:
    for what, (a, b) in PAIRS.items():
        expected = iou(*xywh_to_xyxy(torch.tensor([a, b], dtype=torch.float64)), kind="iou").item()
        found = number(called(function, a, b))
        if not same(found, expected, 1e-4):
            for value, (mistake, attempt) in _wrong_iou(a, b).items():
                if value and same(found, value, 1e-4):
                    not_yet(f"{found:.3f} for {what}: {mistake}", f"{expected:.3f}", attempt)
            not_yet(f"{found:.3f} for {what}, {a} and {b}", f"{expected:.3f}", "draw both, and count the squares.")
    try:
        nothing = called(function, (1, 1, 0, 0), (1, 1, 0, 0))
    except ZeroDivisionError:
        not_yet("a division by 0 for two boxes without an area", "0", "ask whether the union is 0 before you divide.")
    if not same(number(nothing), 0):
        not_yet(describe(nothing) + " for two boxes without an area", "0", "return 0 where the union is 0.")
    return "overlapping, nested, apart, touching, equal, and without an area: all as in the package."


ANCHORS = {  # those of the course, by stride
    8: [(4, 5.2), (6.4, 12), (13.2, 9.2)],
    16: [(12, 24.4), (24.8, 18), (23.6, 47.6)],
    32: [(46.4, 36), (62.4, 79.2), (149.2, 130.4)],
}
OBJECTS = [(33, 30), (4, 5), (5, 60), (200, 12), (90, 95), (2, 3)]


def _factors(width, height, anchors) -> list[list[float]]:
    """For each anchor: width and height of the object by its own."""
    return [[width / w, height / h] for w, h in anchors]


def _wrong_misfits(ratios) -> dict:
    both = [[max(r, 1 / r) for r in pair] for pair in ratios]
    return {
        min(max(pair) for pair in ratios): ("no factor for objects below the anchor", "take 1 / ratio, too."),
        max(max(pair) for pair in both): ("the factor of the worst anchor", "`min` over the anchors: one is enough."),
        min(min(pair) for pair in both): ("the better side of an anchor", "`max` over its sides: both must fit."),
        min(sum(pair) / 2 for pair in both): ("a mean of both sides", "`max` over its sides: both must fit."),
        min(max(w * h, 1 / (w * h)) for w, h in ratios): ("a ratio of areas", "compare each side by itself."),
    }


def judge_misfit(function) -> str:
    flat = [anchor for level in ANCHORS.values() for anchor in level]
    for anchors in (flat, flat[:3], [(16, 16)]):
        for width, height in OBJECTS:
            ratios = _factors(width, height, anchors)
            expected = min(max(max(r, 1 / r) for r in pair) for pair in ratios)
            found = number(called(function, width, height, list(anchors)))
            if same(found, expected, 1e-3):
                continue
            what = f"{found:.2f} for {width} × {height} and {len(anchors)} anchors"
            for value, (mistake, attempt) in _wrong_misfits(ratios).items():
                if same(found, value, 1e-3):
                    not_yet(f"{what}: {mistake}", f"{expected:.2f}", attempt)
            if found < 1:
                not_yet(what, "a factor of at least 1", "compare sides, not overlaps: the larger by the smaller one.")
            not_yet(what, f"{expected:.2f}", "first one anchor: four quotients, and the largest of them.")
    return "an `anchor_t` above this number, and the object has an answer. Try it with your own data's sizes."


BOXES = [  # xywh in pixels: no centre on a line between cells or in the middle of one, where it may count either way
    (50.3, 61.2, 33, 30),
    (53, 70.5, 12, 90),
    (1.5, 2.5, 7, 9),
    (126.2, 125.1, 20, 25),
    (126.2, 50.1, 100, 8),
    (77, 99, 128, 1.5),
]


def _count(box, size, anchors, cells) -> int:
    """Anchors within reach times ``cells(place, last)`` answering cells, summed over the levels."""
    total = 0
    for stride, own in anchors.items():
        near = sum(max(max(r, 1 / r) for r in pair) < 4 for pair in _factors(*box[2:], own))
        total += near * cells([place / stride for place in box[:2]], size // stride - 1)
    return total


WRONG_COUNTS = {
    "the cell of the centre alone": (lambda places, last: 1, "add the neighbour on the nearer side, in x and in y."),
    "neighbours beyond the edge of the map": (lambda places, last: 3, "a neighbour answers only if it is on the map."),
    "neighbours on every side": (
        lambda places, last: 1 + sum((place >= 1) + (place < last) for place in places),
        "left *or* right, by the half of the cell in which the centre lies.",
    ),
    "the corner neighbour, too": (lambda places, last: 4, "sideways, and up or down, but not both at once."),
}


def judge_slots(function) -> str:
    for box in BOXES:
        expected, row = 0, torch.tensor([[0, 0, *(value / 128 for value in box)]])
        for stride, own in ANCHORS.items():
            found = assign_targets(row, (128 // stride, 128 // stride), torch.tensor(own) / stride)
            expected += len(set(zip(*(part.tolist() for part in found[1:4]), strict=True)))
        answer = number(called(function, box, {stride: list(own) for stride, own in ANCHORS.items()}, 128))
        if answer == expected:
            continue
        what = f"{answer:g} slots for {box}"
        for mistake, (cells, attempt) in WRONG_COUNTS.items():
            if answer == _count(box, 128, ANCHORS, cells):
                not_yet(f"{what}: {mistake}", expected, attempt)
        attempt = "print for each level how many anchors are within a factor of 4, and how many cells are near."
        not_yet(what, expected, attempt)
    return "six objects, some of them at the edge of the map: as many slots as the package finds."


CLAIMS = [  # slots, CIoU of the box that is there, how many slots
    ([0, 2, 1], [0.5, 0.7, 0.2], 4),
    ([1, 3, 1, 1], [0.6, 0.8, 0.9, 0.3], 5),
    ([2, 0, 2], [-0.4, -0.2, -0.3], 3),
    ([], [], 2),
]


def _wrong_claims(slots, quality, count) -> dict:
    """What typical mistakes give: description to (values, what to try)."""
    last, summed, raw = torch.zeros(count), torch.zeros(count), torch.full((count,), -9.0)
    for slot, value in zip(slots, quality, strict=True):
        last[slot] = max(0, value)
        summed[slot] += max(0, value)
        raw[slot] = max(raw[slot], value)
    times = torch.tensor([max(1, slots.count(slot)) for slot in range(count)])
    return {
        "the last value written": (last, "compare with what is there already: `max`."),
        "the sum of all claims": (summed, "one box is judged, not several: `max`."),
        "their mean": (summed / times, "the better one stays: `max`."),
        "a negative objectness": (torch.where(raw > -9, raw, 0.0), "begin with zeros, and never go below them."),
    }


def judge_best(function) -> str:
    for slots, quality, count in CLAIMS:
        expected = torch.zeros(count)
        for slot, value in zip(slots, quality, strict=True):
            expected[slot] = max(expected[slot].item(), value)
        arguments = torch.tensor(slots, dtype=torch.long), torch.tensor(quality, dtype=torch.float32), count
        found = called(function, *arguments)
        if len(found) != count:
            not_yet(f"{len(found)} numbers", f"one for each of the {count} slots", "begin with `torch.zeros(count)`.")
        if same(found, expected):
            continue
        for mistake, (values, attempt) in _wrong_claims(slots, quality, count).items():
            if same(found, values):
                not_yet(f"{mistake} for the slots {slots}", [round(v, 2) for v in expected.tolist()], attempt)
        shown = [round(float(v), 2) for v in found]
        not_yet(shown, f"{[round(v, 2) for v in expected.tolist()]} for {slots}, {quality}", "go claim by claim.")
    return "whatever the order, the better box stays, and nothing falls below 0."


STEPS = [  # weights, bias, inputs, target, rate
    ([0.5, -1.0, 2.0], 0.1, [1.0, 2.0, -0.5], 1.0, 0.5),
    ([0.3, 0.2], -0.4, [3.0, -2.0], 0.7, 0.1),
    ([0.3, 0.2], -0.4, [3.0, -2.0], 0.0, 2.0),
    ([100.0], 0.0, [2.0], 0.0, 0.1),
]


def _wrong_steps(weights, bias, inputs, target, lr) -> dict:
    """What typical mistakes give: description to (weights, bias, what to try)."""
    u = weights @ inputs + bias
    wrong = u.sigmoid() - target
    towards = "`w -= lr * grad`: the gradient points to where the loss grows."
    unsure = weights - lr * (u - target) * inputs, bias - lr * (u - target)
    return {
        "a step up the hill": (weights + lr * wrong * inputs, bias + lr * wrong, towards),
        "a step without the rate": (weights - wrong * inputs, bias - wrong, "multiply the gradient by `lr`."),
        "u where a probability belongs": (*unsure, "the network says σ(u): `torch.sigmoid`."),
        "the old bias": (weights - lr * wrong * inputs, bias, "what comes in at the bias is always 1: it moves, too."),
        "the same step for every weight": (weights - lr * wrong, bias - lr * wrong, "times what came in: `inputs`."),
    }


def _pair(found) -> list[torch.Tensor]:
    """The new weights and the new bias, as tensors without history."""
    if not isinstance(found, tuple | list) or len(found) != 2:
        not_yet(describe(found), "a pair: the new weights, the new bias", "`return new_weights, new_bias`.")
    weights, bias = (torch.as_tensor(part).detach().float() for part in found)
    if bias.ndim:
        not_yet(f"{len(bias)} numbers", "one number for the bias", "what comes in at the bias is 1, not `inputs`.")
    return [weights, bias]


def _shown(pair) -> str:
    weights, bias = ([round(value, 3) for value in part.flatten().tolist()] for part in pair)
    return f"weights {weights} and bias {bias[0]}"


def judge_descend(function) -> str:
    for weights, bias, inputs, target, lr in STEPS:
        start = torch.tensor(weights), torch.tensor(bias), torch.tensor(inputs)
        w, b = start[0].clone().requires_grad_(), start[1].clone().requires_grad_()
        loss = binary_cross_entropy_with_logits(w @ start[2] + b, torch.tensor(target))
        expected = [p.detach() - lr * grad for p, grad in zip((w, b), torch.autograd.grad(loss, (w, b)), strict=True)]
        new = _pair(called(function, *(part.clone() for part in start), target, lr))
        if new[0].isnan().any():
            not_yet("nan for u = 200", "numbers", "use (s - target) × what came in: no logarithm can overflow in it.")
        if all(map(same, new, expected)):
            continue
        for mistake, (*values, attempt) in _wrong_steps(*start, target, lr).items():
            if all(map(same, new, values)):
                not_yet(mistake, _shown(expected), attempt)
        attempt = "first s = σ(weights · inputs + bias), then s - target, then times what came in."
        not_yet(_shown(new), _shown(expected), attempt)
    return "as autograd and SGD would go, even where the network was sure and wrong."
