"""What notebook 08's exercises say to an answer."""

from __future__ import annotations

import numpy as np
import torch
from numpy import ndarray

from yolo_course.exercises.answers import called, describe, not_yet, number, same

VOC = (  # label, xmin, ymin, xmax, ymax, width, height
    (0, 1, 1, 640, 480, 640, 480),
    (7, 31, 6, 70, 45, 100, 50),
    (2, 5, 9, 5, 12, 16, 32),
)


def judge_voc(voc_to_row) -> str:
    for case in VOC:
        found = _five(called(voc_to_row, *case, kind=(str, list, tuple, ndarray, torch.Tensor)))
        label, left, top, right, bottom, width, height = case
        expected = _row(label, left - 1, top - 1, right, bottom, width, height)
        if not same(found, expected, 2e-6):
            say = "label {}, corners {} {} {} {} in a picture of {} × {}".format(*case)
            not_yet(_text(found), f"{_text(expected)} for {say}", _why_not_voc(found, case))
    return "and a box of a single column, xmin = xmax, is one pixel wide, not 0."


def _row(label, left, top, right, bottom, width, height) -> list[float]:
    x, y, w, h = (left + right) / 2, (top + bottom) / 2, right - left, bottom - top
    return [label, x / width, y / height, w / width, h / height]


def _five(answer) -> list[float]:
    words = answer.split() if isinstance(answer, str) else list(answer)
    try:
        values = [float(word) for word in words]
    except (TypeError, ValueError):
        values = []
    if len(values) != 5:
        not_yet(describe(answer), "five numbers: class x y w h", 'return f"{label} {x} {y} {w} {h}".')
    return values


def _text(values: list[float]) -> str:
    return " ".join(f"{value:.6g}" for value in values)


def _why_not_voc(found: list[float], case: tuple) -> str:
    label, left, top, right, bottom, width, height = case
    edges = left - 1, top - 1, right, bottom
    x, y, w, h = _row(label, *edges, width, height)[1:]
    if same(found, _row(label, left, top, right, bottom, width, height), 2e-6):
        return "VOC counts pixels from 1: the left edge of pixel xmin lies at xmin - 1, the right edge of xmax at xmax."
    if same(found, _row(label, left - 1, top - 1, right - 1, bottom - 1, width, height), 2e-6):
        return "the pixel xmax belongs to the box, so its right edge is xmax: take 1 off xmin and ymin only."
    if same(found, [label, edges[0] / width, edges[1] / height, w, h], 2e-6):
        return "x and y are the centre, not the corner."
    if same(found, _row(label, *edges, 1, 1), 2e-6):
        return "divide x and w by the picture's width, y and h by its height."
    if same(found, _row(label, *edges, height, width), 2e-6):
        return "x and w are shares of the width, y and h of the height; you have them the other way round."
    return "first the edges in pixels, then centre and size, then shares of width and height."


def _film(seed: int, scenes: int, most: int) -> list[str]:
    """A name of a scene for each picture: as many scenes, of 1 to ``most`` pictures, in any order."""
    rng = np.random.default_rng(seed)
    names = [f"scene {number}" for number in range(scenes) for _ in range(rng.integers(1, most + 1))]
    return [names[i] for i in rng.permutation(len(names))]


def judge_split(split_by_scene) -> str:
    for scenes, share in ((_film(0, 12, 5), 0.25), (_film(1, 20, 3), 0.5), (_film(2, 10, 1), 0.2)):
        parts = [_parts(called(split_by_scene, list(scenes), share, seed), scenes) for seed in (0, 1, 2, 3, 3)]
        for train, test in parts:
            _check_parts(train, test, scenes, share)
        if set(parts[3][1]) != set(parts[4][1]):
            not_yet("another split with the same seed", "the same", "draw with `np.random.default_rng(seed)` only.")
        if len({frozenset(test) for _, test in parts}) == 1:
            attempt = "shuffle the scenes with `np.random.default_rng(seed)`: the first ones may all be of one day."
            not_yet("the same test pictures for the seeds 0 to 3", "the seed to choose the scenes", attempt)
    return "no scene is on both sides, so the test asks about places that training has not seen."


def _parts(answer, scenes: list[str]) -> tuple[list[int], list[int]]:
    try:
        train, test = ([int(i) for i in part] for part in answer)
    except (TypeError, ValueError):
        not_yet(describe(answer), "two lists of indices: train, test", "end with `return train, test`.")
    if sorted(train + test) != list(range(len(scenes))):
        found = (
            f"{len(train)} + {len(test)} indices, {len(set(train + test))} different ones, for {len(scenes)} pictures"
        )
        not_yet(found, "each picture once, by its index", "`for i, scene in enumerate(scenes)`: collect `i`.")
    return train, test


def _check_parts(train: list[int], test: list[int], scenes: list[str], share: float) -> None:
    both = {scenes[i] for i in train} & {scenes[i] for i in test}
    if both:
        attempt = "choose among the *scenes*, `set(scenes)`, and let every picture go with its scene."
        not_yet(f"{len(both)} scenes in both parts, such as {min(both)!r}", "none", attempt)
    wanted, largest = share * len(scenes), max(map(scenes.count, scenes))
    if not train or not test or abs(len(test) - wanted) > largest:
        attempt = "add scenes to test until it has its share of the *pictures*; all others go to train."
        not_yet(f"{len(test)} of {len(scenes)} pictures in test", f"about {wanted:.0f} (share {share:g})", attempt)


REASONS = {
    "3 0.5 0.5 0.2 0.2": "with three classes the last one is number 2: somebody counted from 1.",
    "-1 0.5 0.5 0.2 0.2": "there is no class below 0.",
    "0 140 90 40 40": "these are pixels, not shares: all four must lie in 0 to 1.",
    "1 0.5 0.5 0 0.2": "a width of 0 is a click, not a box: w and h must be above 0.",
    "1 0.5 0.5 0.2 -0.1": "w and h must be above 0.",
    "2 0.5 0.5 0.2": "this row has four words, and needs five. Count them before you unpack.",
    "stop 0.5 0.5 0.2 0.2": "a name is no number: `float(word)` raises ValueError, so catch it.",
    "0 nan 0.5 0.2 0.2": "nan is neither below 0 nor above 1. Ask what a good number is: `0 <= x <= 1`.",
    "1.5 0.5 0.5 0.2 0.2": "a class is a whole number.",
}
GOOD = {
    "0 0.5 0.5 0.2 0.2": "an ordinary row.",
    "2 0.5 0.5 1 1": "a box as large as the picture is a box: 1 itself is allowed.",
    "1 0.95 0.5 0.3 0.2": "it reaches over the edge, which is not asked for here: the reader clips it.",
}


def judge_rows(bad_rows) -> str:
    rows = [*GOOD, *REASONS]
    for order in (range(len(rows)), np.random.default_rng(4).permutation(len(rows)), range(3)):
        shown = [rows[i] for i in order]
        found = _indices(called(bad_rows, list(shown), 3), len(shown))
        for place, row in enumerate(shown):
            if (place in found) != (row in REASONS):
                is_bad = "bad" if row in REASONS else "good"
                attempt = REASONS.get(row) or GOOD[row]
                not_yet(f"`{row}` among the {'bad' if place in found else 'good'} rows", is_bad, attempt)
    found = _indices(called(bad_rows, ["3 0.5 0.5 0.2 0.2", "4 0.5 0.5 0.2 0.2"], 4), 2)
    if found != {1}:
        attempt = "use `classes`: the last one is classes - 1."
        not_yet(f"{sorted(found)} where the classes are 3 and 4, of four", "[1]", attempt)
    return "nine kinds of broken rows, and none of the good ones is accused."


def _indices(answer, count: int) -> set[int]:
    try:
        found = [int(i) for i in answer]
    except (TypeError, ValueError):
        not_yet(
            describe(answer), "a list of the places of bad rows, such as [1, 4]", "collect `i` of `enumerate(rows)`."
        )
    if not all(0 <= i < count for i in found):
        not_yet(f"the places {found}", f"0 to {count - 1}", "count rows from 0, as `enumerate` does.")
    return set(found)


MATRIX = np.array([[8, 1, 0, 0, 2], [0, 5, 2, 0, 1], [0, 3, 6, 0, 4], [0, 0, 0, 0, 0], [2, 1, 4, 0, 0]])


def judge_confusion(precision_and_recall) -> str:
    for matrix in (MATRIX, np.array([[4, 0], [6, 0]]), np.roll(MATRIX[:3, :3], 1, 0)):
        for label in range(len(matrix) - 1):
            with np.errstate(all="ignore"):
                answer = called(precision_and_recall, matrix.copy(), label)
            if isinstance(answer, dict | str) or not hasattr(answer, "__len__") or len(answer) != 2:
                not_yet(describe(answer), "two numbers: precision and recall", "end with `return ..., ...`.")
            found, expected = [number(each) for each in answer], _from_counts(matrix, label)
            if not same(found, expected):
                say = "{:.3f} and {:.3f} for class {}".format(*expected, label)
                not_yet("{:.3f} and {:.3f}".format(*found), say, _why_not_confusion(found, matrix, label))
    return "a row is what was said, a column what is there; and 0 where nothing was said."


def _from_counts(matrix: ndarray, label: int, said: int | None = None, there: int | None = None) -> list[float]:
    said = matrix[label].sum() if said is None else said
    there = matrix[:, label].sum() if there is None else there
    return [matrix[label, label] / max(said, 1), matrix[label, label] / max(there, 1)]


def _why_not_confusion(found: list[float], matrix: ndarray, label: int) -> str:
    precision, recall = _from_counts(matrix, label)
    if np.isnan(found).any():
        return "0 / 0: where nothing was said, or nothing is there, return 0."
    if same(found, [recall, precision]):
        return "precision divides by all that was *said* (the row), recall by all that *is there* (the column)."
    without_alarms = _from_counts(matrix, label, said=matrix[label, :-1].sum())[0]
    without_missed = _from_counts(matrix, label, there=matrix[:-1, label].sum())[1]
    if same(found[0], without_alarms) and not same(precision, without_alarms):
        return "the last column counts too: it was said, and there is nothing."
    if same(found[1], without_missed) and not same(recall, without_missed):
        return "the last row counts too: those are the missed ones."
    return "right ones stand on the diagonal; divide by the sum of the row, and of the column."


def _scenes(change, seed: int) -> tuple[list, list]:
    """Truth of six pictures (boxes, classes), and detections made of it: shaken, last first, and then changed."""
    rng, truths, found = np.random.default_rng(seed), [], []
    for count in (3, 1, 0, 4, 2, 5):
        corner = rng.permutation(16)[:count, None] // np.array([4, 1]) % 4 * 100.0 + 10  # in a grid: none overlap
        boxes, classes = np.hstack([corner, corner + rng.uniform(30, 60, (count, 2))]), rng.integers(0, 8, count)
        rows = np.hstack([boxes + rng.uniform(-1, 1, (count, 4)), rng.random((count, 1)), classes[:, None]])
        truths.append((torch.tensor(boxes), torch.tensor(classes)))
        found.append(torch.tensor(change(rows[::-1].copy())).reshape(-1, 6))
    return truths, found


def _shifted(rows: ndarray) -> ndarray:
    return np.hstack([rows[:, :5], (rows[:, 5:] + 1) % 8])


def _half_off(rows: ndarray) -> ndarray:
    half = np.tile((rows[:, 2:4] - rows[:, :2]) / 2, 2)
    return np.hstack([rows[:, :4] + half, rows[:, 4:]])


CAUSES = (
    ("fine", lambda rows: rows, "detections that fit the truth"),
    ("nothing found", lambda rows: rows[:0], "no detection at all"),
    ("classes", _shifted, "classes shifted by one"),
    ("places", _half_off, "corners taken for centres"),
    ("places", lambda rows: rows * [0.5, 0.5, 0.5, 0.5, 1, 1], "boxes of a picture half as large"),
    ("fine", lambda rows: np.vstack([rows[len(rows) // 4 :], rows + [900, 900, 900, 900, 0, 0]]), "many false alarms"),
    ("classes", lambda rows: _shifted(rows)[len(rows) // 4 :], "classes shifted, some objects missed"),
)


def judge_cause(why_zero) -> str:
    for seed, (expected, change, what) in enumerate(CAUSES):
        found = called(why_zero, *_scenes(change, seed))
        if found not in {each[0] for each in CAUSES}:
            words = '"fine", "nothing found", "places" or "classes"'
            not_yet(describe(found), words, "return one of the four words, as they are spelled in the text.")
        if found != expected:
            not_yet(f"{found!r} for {what}", repr(expected), _why_not_cause(found, expected, what))
    return "four answers, told apart by one trick: match once without looking at the class."


def _why_not_cause(found: str, expected: str, what: str) -> str:
    if (found, expected) == ("places", "classes"):
        return "look for the best overlap among *all* detections of the picture, whatever their class."
    if "false alarms" in what:
        return "ask of every object whether something lies on it; detections elsewhere do not count against it."
    if expected == "nothing found" or found == "nothing found":
        return "count the detections of all pictures: one picture without any is not yet nothing found."
    if expected == "fine":
        return "detections come in any order: take for each object the one with the largest IoU, then its class."
    if expected == "classes":
        return "compare the class of the detection that lies on the object with the class of the object."
    return "an object has its place if some detection overlaps it by at least 0.5; fewer than half: places."
