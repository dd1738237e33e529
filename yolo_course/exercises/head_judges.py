"""How answers to the exercises of notebook 04 are judged."""

from __future__ import annotations

import math

import numpy as np
import torch

from yolo_course.boxes import iou_matrix, xyxy_to_xywh
from yolo_course.exercises.answers import called, describe, not_yet, number, same
from yolo_course.learn.coco_ap import RECALLS, average_precision
from yolo_course.stages.head import decode, non_max_suppression


def _numbers(answer, *names: str) -> list[float]:
    """The answer as one number for each name."""
    try:
        values = [float(value) for value in answer]
    except (TypeError, ValueError):
        values = None
    if values is None or len(values) != len(names):
        not_yet(describe(answer), f"{len(names)} numbers: {', '.join(names)}", "return them with commas between.")
    return values


def _short(values) -> str:
    return ", ".join(f"{float(value):.4g}" for value in values)


def reach(function) -> str:
    for (y, x), stride in (((1, 2), 32), ((5, 0), 8), ((3, 4), 16)):
        found = _numbers(called(function, (y, x), stride), "left", "top", "right", "bottom")
        expected = [(x - 0.5) * stride, (y - 0.5) * stride, (x + 1.5) * stride, (y + 1.5) * stride]
        here = f"{_short(expected)} for the cell y {y}, x {x} at stride {stride}"
        if same(found, expected, 1e-3):
            continue
        if same(found, [x * stride, y * stride, (x + 1) * stride, (y + 1) * stride]):
            not_yet("the cell itself", here, "put s = 0 and s = 1 into 2s - 0.5: the centre may leave its cell.")
        if same(found, [expected[i] for i in (1, 0, 3, 2)]):
            not_yet("across and down exchanged", here, "a cell is (y, x), a box begins with x: `y, x = cell`.")
        if same(np.multiply(found, stride), expected):
            not_yet(f"{_short(found)}, which are cells", here, "multiply by the stride, to have pixels.")
        not_yet(_short(found), here, "work out (2s - 0.5 + x) * stride, once for s = 0 and once for s = 1.")
    return "two strides wide and two high: half a cell further than the cell, on each side."


def _logit(s: float) -> float:
    return math.log(s / (1 - s))


def _raw(box, cell, anchor, stride, shift=0.5, size=lambda times: math.sqrt(times) / 2, step=-1) -> list[float]:
    """The four raw numbers of a box; the options are there to make typical mistakes with."""
    centre = [(place / stride - corner + shift) / 2 for place, corner in zip(box[:2], cell[::step], strict=True)]
    return [_logit(s) for s in (*centre, *(size(side / side_0) for side, side_0 in zip(box[2:], anchor, strict=True)))]


_MISTAKES = (  # how the raw numbers were found, and what is said then
    ({"size": lambda times: times / 4}, "no square root for the size", "undo the square first: sqrt(w / anchor) = 2s."),
    ({"shift": 0.0}, "centres without the 0.5", "add the 0.5 back: 2s = x / stride - column + 0.5."),
    ({"step": 1}, "row and column exchanged", "a cell is (y, x), a box begins with x: cell[1] belongs to x."),
)


def encode(function) -> str:
    for raw, cell, anchor, stride in (
        ([-0.8, 1.1, 0.3, -0.7], (1, 2), (48.0, 32.0), 32),
        ([0.0, 0.0, 0.0, 0.0], (3, 0), (12.0, 24.0), 16),
        ([-4.0, 3.0, -2.0, 5.0], (9, 7), (6.5, 12.0), 8),
    ):
        grid = torch.zeros(1, 1, 10, 10, 6)  # (B, A, H, W, 5 + nc)
        grid[..., :4] = torch.tensor(raw)
        box = decode(grid, torch.tensor([anchor]), stride)[0, 0, cell[0], cell[1], :4].tolist()
        found = _numbers(called(function, box, cell, anchor, stride), "tx", "ty", "tw", "th")
        here = f"{_short(raw)} for the box {_short(box)} of the cell {cell}, anchor {anchor}, stride {stride}"
        if same(found, raw, 0.01):
            continue
        if same(found, torch.tensor(raw).sigmoid(), 1e-3):
            not_yet("the four s, which are sigmoids already", here, "undo the sigmoid as well: t = log(s / (1 - s)).")
        for change, what, attempt in _MISTAKES if stride == 32 else ():
            if same(found, _raw(box, cell, anchor, stride, **change), 1e-3):
                not_yet(what, here, attempt)
        not_yet(_short(found), here, "put your four numbers into `decode_one`, and see which side differs.")
    return "decoded, your raw numbers give the boxes back. That is what the network has to learn to say."


def best_answer(function) -> str:
    generator = torch.Generator().manual_seed(0)
    rows = [torch.tensor([0.1, 0.2, 0.3, 0.4, -0.5, -2.0, 3.0, 1.0])]  # the box, objectness, three classes
    rows += [torch.randn(5 + classes, generator=generator) * 3 for classes in (8, 1, 80)]
    for raw in rows:
        probabilities, label = raw[4:].sigmoid(), int(raw[5:].argmax())
        expected = float(probabilities[0] * probabilities[1 + label])
        score, found = _numbers(called(function, raw.clone()), "score", "class")
        here = (
            f"score {expected:.4f} and class {label} for objectness {raw[4]:.4g}, classes {_short(raw[5:13])}, all raw"
        )
        if found == label and same(score, expected, 1e-3):
            continue
        if found == label and same(score, raw[4] * raw[5 + label], 1e-3):
            not_yet("a product of raw numbers", here, "take the sigmoid of both first: probabilities are multiplied.")
        if found == label and same(score, probabilities[1 + label], 1e-3):
            not_yet("the class's probability alone", here, "multiply it by the objectness, the fifth number.")
        if found == label and same(score, probabilities[0] * raw[5:].softmax(0)[label], 1e-3):
            not_yet("a softmax over the classes", here, "each class is a question of its own: a sigmoid for each.")
        if found in (label + 1, label + 5):
            not_yet(f"class {found:g}", here, "count classes from 0: look for the largest within `raw[5:]`.")
        not_yet(f"score {score:.4f} and class {found:g}", here, "return the score first, then the class's number.")
    return "objectness × class, in the row's own words. Suppression multiplies just so."


def _crowd(seed: int, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random boxes (n, 4) in whole pixels, scores and classes."""
    generator = torch.Generator().manual_seed(seed)
    corner = torch.randint(0, 60, (count, 2), generator=generator)
    size = 2 * torch.randint(5, 20, (count, 2), generator=generator)
    scores = torch.randperm(count, generator=generator).add(1) / (count + 1)
    return torch.cat([corner, corner + size], 1).float(), scores, torch.randint(0, 3, (count,), generator=generator)


def _kept(boxes, scores, classes, iou: float) -> list[int]:
    """What the package keeps, best first."""
    decoded = torch.cat([xyxy_to_xywh(boxes), scores[:, None], torch.nn.functional.one_hot(classes, 3)], 1)
    rows = non_max_suppression(decoded[None], conf=0, iou=iou)[0]
    return [int((scores == row[4]).nonzero()) for row in rows]


_SMALL = (  # boxes, best first, and their classes; what goes wrong and what to try; the threshold is 0.5
    ([[0, 0, 8, 8], [0, 0, 8, 6], [20, 0, 28, 8]], [0, 0, 0], "", "append the place of each box that may stay."),
    ([[0, 0, 8, 8], [0, 0, 8, 8]], [0, 1], "one removed by another class", "compare only boxes of one class."),
    ([[0, 0, 8, 8], [0, 0, 8, 4]], [0, 0], "one removed at an overlap of exactly 0.5", "use `>`, not `>=`."),
    (
        [[0, 0, 8, 10], [0, 3, 8, 13], [0, 6, 8, 16]],
        [0, 0, 0],
        "one removed by a box that was not kept itself",
        "look back at the boxes that are kept only, not at all that are better.",
    ),
)


def _places(answer) -> list[int]:
    """The answer as places in the list of boxes."""
    values = answer.tolist() if isinstance(answer, torch.Tensor | np.ndarray) else answer
    if not isinstance(values, list | tuple) or any(isinstance(value, bool) for value in values):
        not_yet(describe(answer), "a list of places such as [3, 0]", "append i itself to the list, and return it.")
    return [int(value) for value in values]


def suppress(function) -> str:
    def answer(boxes, scores, classes, iou):
        table = iou_matrix(boxes.double(), boxes.double())
        return _places(called(function, table, scores.clone(), classes.clone(), iou))

    for boxes, classes, what, attempt in _SMALL:
        case = torch.tensor(boxes).float(), torch.linspace(0.9, 0.5, len(boxes)), torch.tensor(classes)
        found, expected = answer(*case, 0.5), _kept(*case, 0.5)
        if found != expected:
            reason = f" ({what})" if what and len(found) < len(expected) else ""
            not_yet(f"{found} kept{reason}", f"{expected} of {len(boxes)} boxes, best first, at 0.5", attempt)
    for seed, count, iou in ((0, 0, 0.47), (1, 1, 0.47), (2, 40, 0.21), (3, 60, 0.47), (4, 60, 0.83)):
        crowd = _crowd(seed, count)
        found, expected = answer(*crowd, iou), _kept(*crowd, iou)
        if sorted(found) == sorted(expected) and found != expected:
            not_yet("the right boxes in another order", "the surest first", "go through the scores from the best down.")
        if found != expected:
            here = f"the {len(expected)} that the package keeps of {count} boxes at {iou}"
            attempt = "begin with the surest box, whatever its place, and use the threshold you are given."
            not_yet(f"{len(found)} places, not all of them right", here, attempt)
    return "the same boxes as yc.non_max_suppression, in the same order, for random crowds and at the threshold."


def _ap(rows, total, sort=True, best=True, area=False) -> float:
    """AP of (score, right) rows; the switches are there to make typical mistakes with."""
    right = np.cumsum([hit for _, hit in (sorted(rows, reverse=True) if sort else rows)])
    recall, precision = right / total, right / np.arange(1, len(right) + 1)
    if best:
        precision = np.maximum.accumulate(precision[::-1])[::-1]
    if area:
        return float((precision * np.diff(recall, prepend=0)).sum())
    return float(np.append(precision, 0)[np.searchsorted(recall, RECALLS)].mean())


def _package_ap(pictures) -> float:
    """The same by the package, from boxes: a right detection lies on an object of its own, a wrong one far off."""
    truths, found = [], []
    for rows, objects in pictures:
        boxes = np.array([[50 * k, 0, 50 * k + 30, 30] for k in range(objects)], dtype=float).reshape(-1, 4)
        free = iter(boxes.tolist())
        truths.append((boxes, np.zeros(objects, dtype=np.int64)))
        lines = [[*(next(free) if hit else (0, 5000, 30, 5030)), score, 0] for score, hit in rows]
        found.append(np.array(lines, dtype=float).reshape(-1, 6))
    return float(average_precision(truths, found, 1)[0][0, 0])


_SETS = (
    [([(0.75, False), (0.9, True), (0.5, True)], 3), ([(0.4, True), (0.8, False), (0.6, True)], 4)],
    [([(0.3, True), (0.7, True)], 2), ([], 1), ([(0.8, False)], 0)],
    [([], 3)],
    [([(0.9, True), (0.2, True)], 2)],
    [
        ([(round(math.sin(7 * k + p) / 2 + 0.5, 4), (k * k + p) % 3 > 0) for k in range(1, 6 + p)], 9 + p)
        for p in range(4)
    ],
)


def pooled_ap(function) -> str:
    for pictures in _SETS:
        found, expected = number(called(function, [(list(rows), n) for rows, n in pictures])), _package_ap(pictures)
        here = f"{expected:.4f} for {pictures if len(str(pictures)) < 150 else f'a set of {len(pictures)} pictures'}"
        if pictures is _SETS[0]:
            _ap_mistakes(found, here)
        if not same(found, expected, 1e-3):
            attempt = "check the ends by hand: no detections at all give 0, all right and none missed give 1."
            not_yet(f"{found:.4f}", here, attempt)
    return "the same as faster-coco-eval, from which the package has its AP."


def _ap_mistakes(found: float, expected: str) -> None:
    """Five well-known ones, told apart by the number that they give."""
    pictures = _SETS[0]
    rows, total = [row for rows, _ in pictures for row in rows], sum(objects for _, objects in pictures)
    mistakes = {
        "the mean of two APs": (np.mean([_ap(*picture) for picture in pictures]), "pool first: one list, one AP."),
        "the AP of an unsorted list": (_ap(rows, total, sort=False), "sort the pooled list by score, best first."),
        "each precision as it was": (_ap(rows, total, best=False), "read the best precision still to come."),
        "the area below the staircase": (
            _ap(rows, total, area=True),
            "read at the recalls 0, 0.01 ... 1: 101 of them.",
        ),
        "a recall that ends at 1": (
            _ap(rows, sum(hit for _, hit in rows)),
            "divide by all objects, the missed ones too.",
        ),
    }
    for what, (value, attempt) in mistakes.items():
        if same(found, value, 1e-4):
            not_yet(f"{found:.4f}, {what}", expected, attempt)
