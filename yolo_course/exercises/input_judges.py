"""How the exercises of notebook 01 are judged: against the package, with a word for each of the usual mistakes."""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from yolo_course.boxes import normalise, unletterbox
from yolo_course.exercises.answers import called, describe, not_yet, number, same
from yolo_course.stages.input import lay_axis, rectangular_batches

_TURN = 'take the sides by name, and ask for each new edge: "which old edge has become this one?"'


def grey_share(grey_share) -> str:
    for width, height in ((288, 216), (500, 500), (180, 288), (1920, 1080), (40, 1000)):
        found = number(called(grey_share, width, height))
        picture = min(width, height) / max(width, height)
        case = f"for {width} × {height}"
        if same(found, 1 - picture, 1e-3):
            continue
        if same(found, picture, 1e-3):
            not_yet(f"{found:g} {case}", f"{1 - picture:g}", "that is the picture's share; the rest is grey.")
        if found > 1:
            not_yet(f"{found:g} {case}", "a share from 0 to 1", "divide by the number of pixels in the square.")
        if found < 0:
            attempt = "which side is the longer one? It fills the square; standing pictures exist too."
            not_yet(f"{found:g} {case}, less than nothing", f"{1 - picture:g}", attempt)
        not_yet(
            f"{found:g} {case}", f"{1 - picture:g}", "let the square have the side 1: how high is the picture then?"
        )
    return "the size of the square does not matter: a picture's shape alone says how much is grey."


def label_line(label_line) -> str:
    cases = (
        ((40, 72, 120, 168), 3, 0.5, (0.0, 40.0), 640, 480),
        ((70.5, 20, 150.5, 100), 0, 0.25, (40.5, 0.0), 956, 1280),
        ((10, 16, 30, 96), 7, 2.0, (0.0, 16.0), 64, 48),
    )
    for box, kind, ratio, pad, width, height in cases:
        box = np.float32(box)  # (4,)
        line = called(label_line, box.copy(), kind, (ratio, ratio), pad, width, height)
        photo = unletterbox(box, (ratio, ratio), pad, (height, width))  # (4,) in the photograph
        found = _shares_in(line, kind)
        expected = normalise(photo, width, height)  # (4,)
        if not same(found, expected, 6e-4):
            _say_what_is_wrong(found, expected, box, photo, ratio, (width, height))
    return "out of the letterbox, to shares, to text: a found box has become a label."


def _shares_in(line: object, kind: int) -> ndarray:
    """The four numbers of a label line (4,); NotYet for anything else."""
    if not isinstance(line, str):
        not_yet(describe(line), "text", 'write all five into one string: `f"{kind} {x} {y} {w} {h}"`.')
    words = line.split()
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != 5:
        not_yet(describe(line), "five numbers with spaces between them", "leave out commas, brackets and names.")
    if words[0] != str(kind):
        attempt = "begin the line with the class, as the whole number that it is."
        not_yet(f"the line {line.strip()!r}", f"{kind} in front", attempt)
    return np.array(values[1:])


def _say_what_is_wrong(found, expected, box, photo, ratio: float, size: tuple[int, int]) -> None:
    width, height = size
    text, wanted = (" ".join(f"{value:.3f}" for value in values) for values in (found, expected))
    if same(found, photo / np.tile((width, height), 2), 6e-4):
        attempt = "x and y are the middle of left and right, of top and bottom; w and h are differences."
        not_yet(f"two corners, {text}", f"centre and size, {wanted}", attempt)
    if found.max() > 1:
        not_yet(f"{text}, in pixels", f"shares, {wanted}", "divide by the photograph's width and height.")
    square = ratio * max(width, height)  # the letterbox's side
    if any(same(found, normalise(box, *sides), 6e-4) for sides in ((width, height), (square, square))):
        attempt = "first take the box out of the letterbox: minus the padding, then divided by the ratio."
        not_yet(f"{text}, the box still in its letterbox", wanted, attempt)
    if same(found[[1, 0, 3, 2]], expected, 6e-4):
        not_yet(f"{text}, rows before columns", wanted, "write x before y, and the width before the height.")
    wrong = [name for name, a, b in zip("xywh", found, expected, strict=True) if not same(a, b, 6e-4)]
    attempt = (
        f"work out by hand what is wrong: {', '.join(wrong)}. Minus the padding comes before divided by the ratio."
    )
    not_yet(text, wanted, attempt)


def turn(turn) -> str:
    for width, height, boxes in ((100, 60, [[10, 5, 40, 25]]), (50, 90, [[0, 30, 20, 90], [7, 8, 50, 60]]), (7, 9, [])):
        boxes = np.float32(boxes).reshape(-1, 4)  # (n, 4)
        result, (left, top, right, bottom) = called(turn, boxes.copy(), width, height), boxes.T
        found, expected = np.asarray(result, dtype=float), np.stack([top, width - right, bottom, width - left], 1)
        if found.shape == (4, len(boxes)) and len(boxes) != 4 and same(found.T, expected, 1e-3):
            not_yet(describe(result), f"boxes {expected.shape}", "stack along axis 1: `np.stack([...], 1)`.")
        if found.shape != expected.shape:
            not_yet(
                describe(result), f"boxes {expected.shape}", "return four new edges for each box, stacked on axis 1."
            )
        if len(boxes) and not same(found, expected, 1e-3):
            case = f"{found[0].tolist()} for {boxes[0].tolist()} in {width} × {height}"
            _say_where_it_went(found, case, boxes, height, expected[0].tolist())
    return "the box goes where the pixels go, and the picture's height was not needed."


def _say_where_it_went(found: ndarray, case: str, boxes: ndarray, height: int, expected: list) -> None:
    left, top, right, bottom = boxes.T  # (n,) each
    if same(found, boxes, 1e-3):
        not_yet(f"{case}: it stayed where it was", expected, _TURN)
    if (found[:, :2] > found[:, 2:]).any():
        attempt = "the old right edge becomes the new top edge, as in a flip the right one becomes the left."
        not_yet(f"{case}: its first corner is not the upper left one", expected, attempt)
    if same(found, np.stack([height - bottom, left, height - top, right], 1), 1e-3):
        not_yet(f"{case}: turned clockwise", expected, "what is on the right goes up, what is above goes left.")
    if same(found, np.stack([top, height - right, bottom, height - left], 1), 1e-3):
        attempt = "the new picture is as high as the old one was wide: count up from there."
        not_yet(f"{case}: measured from the wrong side", expected, attempt)
    not_yet(case, expected, _TURN)


def seen_share(seen_share) -> str:
    size, boxes = 100, ((20, 30, 60, 90), (0, 0, 10, 10), (85, 5, 100, 45))
    for x, y in ((70, 40), (35, 95), (100, 50), (0, 100)):
        for quarter in range(4):
            for box in boxes:
                found = number(called(seen_share, box, quarter, x, y, size))
                expected = _overlap(box, quarter, x, y, size)
                if not same(found, expected, 1e-3):
                    _say_what_is_seen(found, expected, box, (quarter, x, y, size))
    return "and above a tenth, the mosaic keeps the box."


def _overlap(box, quarter: int, x: int, y: int, size: int, clamp: bool = True, is_share: bool = True) -> float:
    """The share of a box that is seen; with ``clamp=False`` and ``is_share=False`` as it is often got wrong."""
    area = seen = 1.0
    for axis, (meet, comes_first) in enumerate(((x, quarter % 2 == 0), (y, quarter < 2))):
        pixels, _ = lay_axis(size, meet, size, comes_first)
        length = min(box[2 + axis], pixels.stop) - max(box[axis], pixels.start)
        seen, area = seen * (max(0, length) if clamp else length), area * (box[2 + axis] - box[axis])
    return seen / area if is_share else seen


def _say_what_is_seen(found: float, expected: float, box, place: tuple) -> None:
    quarter, x, y, size = place
    case = f"{found:g} for {box} in quarter {quarter}, centre ({x}, {y})"
    if same(found, _overlap(box, *place, clamp=False), 1e-3):
        attempt = "a negative width means that nothing is seen: `max(0, ...)`, for each side by itself."
        not_yet(f"{case}, though it is wholly cut off", f"{expected:g}", attempt)
    if same(found, _overlap(box, *place, is_share=False), 1e-3):
        not_yet(f"{case}, in pixels", f"{expected:g}, a share", "divide by the box's own area.")
    if same(found, _overlap(box, (0, 2, 1, 3)[quarter], x, y, size), 1e-3):
        attempt = "quarter 1 is above on the right, quarter 2 below on the left."
        not_yet(f"{case}, as if it were quarter {(0, 2, 1, 3)[quarter]}", f"{expected:g}", attempt)
    if quarter != 3 and same(found, _overlap(box, 3, x, y, size), 1e-3):
        attempt = "pictures on the left keep their last `x` columns, those on the right their first `size - x`."
        not_yet(f"{case}, as if it were quarter 3", f"{expected:g}", attempt)
    attempt = "write down which columns and which rows of this picture are seen, and overlap the box with them."
    not_yet(case, f"{expected:g}", attempt)


def batch_shape(batch_shape) -> str:
    wide, tall, mixed = [(288, 216), (288, 180)], [(100, 200), (130, 200)], [(300, 200), (200, 300)]
    for sizes, size in ((wide, 128), (wide[1:], 640), (tall, 320), (mixed, 256), ([(1000, 720), (50, 23)], 640)):
        result = called(batch_shape, list(sizes), size)
        found = np.asarray(result, dtype=float).ravel()
        expected = rectangular_batches(np.array(sizes), size, len(sizes), pad=0)[1][0]  # (2,) height, width
        if len(found) != 2:
            not_yet(describe(result), "two numbers: height and width", "return both: `return height, width`.")
        if not same(found, expected):
            _say_which_shape(found, expected, np.array(sizes), size)
    return "the smallest rectangle on the grid of 32 that holds them all."


def _say_which_shape(found: ndarray, expected: ndarray, sizes: ndarray, size: int) -> None:
    scaled = (sizes * size / sizes.max(1, keepdims=True)).max(0)[[1, 0]]  # (2,) height and width that are needed
    text, wanted = f"{found[0]:g} × {found[1]:g} for {sizes.tolist()} at {size}", f"{expected[0]} × {expected[1]}"
    if same(found, expected[[1, 0]]):
        not_yet(f"{text}: the width first", wanted, "return the height first, as in an array's shape.")
    if (found % 32).any():
        not_yet(f"{text}: no multiples of 32", wanted, "round both sides up to the next multiple of 32.")
    if (found < scaled - 1).any() and (found >= scaled - 32).all():
        not_yet(f"{text}: too small for the largest", wanted, "round *up*: every picture must fit.")
    if same(found, np.ceil(sizes.max(0)[[1, 0]] / 32) * 32):
        attempt = f"first scale each picture so that its longer side is {size}, small ones too."
        not_yet(f"{text}: the pictures were not scaled", wanted, attempt)
    if same(found, np.full(2, np.ceil(size / 32) * 32)):
        not_yet(f"{text}: the square", wanted, "take the largest *scaled* height and width of the batch.")
    not_yet(text, wanted, "scale every picture, take the largest height and the largest width, then round up.")
