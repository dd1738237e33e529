"""Exercises of notebook 00: cells, channels, boxes, stages, the list of the talk. Quick ones for the first hour."""

from __future__ import annotations

import torch

from yolo_course.exercises.answers import called, describe, not_yet, number
from yolo_course.exercises.exercise import Exercise
from yolo_course.model import YOLOv5
from yolo_course.show.style import STAGES


def _judge_cells(cells) -> str:
    if not isinstance(cells, list | tuple) or len(cells) != 3:
        not_yet(describe(cells), "three numbers in square brackets", "write one for each of P3, P4 and P5.")
    found = [number(cell) for cell in cells]
    if found == [13, 26, 52]:
        not_yet(found, "P3 first", "turn the list round: P3 is the finest of the three maps.")
    if found == [208, 104, 52]:
        not_yet(found, "strides 8, 16 and 32", "P3 is the third halving: begin there.")
    if found == [80, 40, 20]:
        not_yet(found, "the cells for 416 pixels", "these are those for 640: divide 416 by each stride.")
    if found != [52, 26, 13]:
        not_yet(found, "the side divided by each stride", "cells = pixels // stride, with strides 8, 16 and 32.")
    return "52, 26 and 13 cells a side: those of YOLOv3, which was often run at 416 pixels."


cells = Exercise(
    "cells",
    "How many cells?",
    """
    A picture of 416 × 416 pixels: how many cells a side have P3, P4 and P5, in this order? Their strides are 8, 16
    and 32.
    """,
    """
    ### BEGIN SOLUTION
    cells = [416 // 8, 416 // 16, 416 // 32]
    ### END SOLUTION
    """,
    _judge_cells,
    hints=("A cell of stride 8 stands for 8 pixels a side: how often do 8 pixels go into 416?", "`[416 // 8, ...]`"),
    grading="[52, 26, 13]; the order is part of the answer.",
)


def _judge_scaled(scaled) -> str:
    for channels, width, expected in (
        (1024, 0.5, 512),
        (64, 0.4, 32),
        (64, 0.25, 16),
        (100, 1.0, 104),
        (128, 1.25, 160),
    ):
        found = number(called(scaled, channels, width))
        asked = f"{found:g} for {channels} channels and the multiple {width}"
        if abs(found - channels * width) < 1e-6 and found != expected:
            not_yet(asked, "a multiple of 8", "divide by 8, round, and multiply by 8 again.")
        if found == expected - 8:
            not_yet(asked, "rounded up", "take `math.ceil`: `//` rounds down, and `round` goes to the nearest.")
        if found != expected:
            not_yet(asked, expected, "first channels × width, then up to the next multiple of 8.")
    return "one plan, five widths. Why 8? Many chips work fastest with multiples of it."


scaled = Exercise(
    "scaled",
    "How wide is a row?",
    """
    The plan gives row 0 the width of 64 channels. Each model multiplies that by its *width multiple*, 0.25 for n and
    1.25 for x, and takes the next multiple of 8: 64 × 0.4 = 25.6 becomes 32, while 64 × 0.25 = 16 stays 16.
    """,
    '''
    def scaled(channels, width):
        """Channels of a row, by the plan's number and a model's width multiple."""
        ### BEGIN SOLUTION
        return 8 * math.ceil(channels * width / 8)
        ### END SOLUTION
    ''',
    _judge_scaled,
    hints=(
        "How many groups of 8 channels are needed? A group that is begun counts: round up with `math.ceil`.",
        "`8 * math.ceil(... / 8)`",
    ),
    grading="Any way of rounding up is right. With the five models' own multiples, nothing has to be rounded.",
)


def _judge_head_size(head_size) -> str:
    for size, classes in ((640, 80), (128, 8), (320, 1)):
        found = called(head_size, size, classes)
        grids = sum((size // stride) ** 2 for stride in (8, 16, 32))
        boxes, numbers = 3 * grids, 3 * grids * (5 + classes)
        if not isinstance(found, tuple | list) or len(found) != 2:
            not_yet(describe(found), "two numbers", "end with `return boxes, numbers`.")
        asked = f"for {size} pixels and {classes} classes"
        if number(found[0]) == grids:
            not_yet(f"{grids:,} boxes {asked}", "three times as many", "a cell proposes a box for each of 3 anchors.")
        if found[0] != boxes:
            attempt = "add the cells of all three maps, (size // stride) ** 2 each, and take 3 anchors a cell."
            not_yet(f"{found[0]:,} boxes {asked}", f"{boxes:,}", attempt)
        if number(found[1]) == boxes * classes or found[1] == boxes * (4 + classes):
            attempt = "4 numbers for the box, 1 for “is anything here?”, and 1 for each class."
            not_yet(f"{found[1]:,} numbers {asked}", "more", attempt)
        if found[1] != numbers:
            not_yet(f"{found[1]:,} numbers {asked}", f"{numbers:,}", "take 5 + classes numbers for each box.")
    return "25,200 boxes and 2,142,000 numbers for 640 pixels and 80 classes. Most of them say: nothing here."


head_size = Exercise(
    "head_size",
    "How much does a head say?",
    """
    128 pixels gave 1,008 boxes. Write it for any size and any number of classes: how many boxes does the head propose,
    and how many numbers does it put out for all of them?
    """,
    '''
    def head_size(size, classes):
        """Boxes and numbers that the head gives for a picture of size × size pixels."""
        ### BEGIN SOLUTION
        cells = sum((size // stride) ** 2 for stride in (8, 16, 32))
        boxes = 3 * cells
        numbers = boxes * (4 + 1 + classes)
        return boxes, numbers
        ### END SOLUTION
    ''',
    _judge_head_size,
    hints=(
        "First the cells: a map of stride 8 has (size // 8) × (size // 8) of them. Add up all three maps.",
        "Three boxes a cell, one for each anchor. How many numbers had a box with 8 classes?",
        "13 = 4 + 1 + 8: so it is 5 + classes numbers a box.",
    ),
    grading="One point for the boxes, one for the numbers.",
    points=2,
)


ANSWERS = ("input", "head", "neck", "loss", "backbone", "loss", "head")
THOUGHTS = (
    "this happens to pictures, before any network sees them.",
    "there are boxes already, so all of the network is behind them.",
    "coarse meets fine: at which stage?",
    "only one stage knows the truth.",
    "find SPP on the map above.",
    "which stage is drawn with the dashed line, in training only?",
    "3 anchors, 5 + classes numbers each: which stage says such things?",
)


def _judge_stages(stages) -> str:
    if not isinstance(stages, list | tuple) or len(stages) != len(ANSWERS):
        not_yet(describe(stages), "seven stages in a list", "answer every question, in their order.")
    for place, (found, right, thought) in enumerate(zip(stages, ANSWERS, THOUGHTS, strict=True), 1):
        if str(found).strip().lower() not in STAGES:
            not_yet(f"{found!r} as answer {place}", f"one of {', '.join(STAGES)}", "write the stage's name in quotes.")
        if str(found).strip().lower() != right:
            not_yet(f"{found!r} as answer {place}", "another stage", thought)
    return "you know your way about. Each stage has a notebook of its own."


stages = Exercise(
    "stages",
    "Whose work is it?",
    """
    Input, backbone, neck, head or loss? Seven answers in a list, such as `["input", ...]`. Where (1) do four pictures
    become one, (2) does the best of ten boxes on one object stay, (3) is a coarse map laid beside a finer one,
    (4) does a box that fits badly cost something, (5) is a map pooled over several sizes (SPP)? What (6) do you need no
    more once training is over? And (7) what hands on 3 × (5 + classes) numbers a cell?
    """,
    """
    ### BEGIN SOLUTION
    stages = ["input", "head", "neck", "loss", "backbone", "loss", "head"]
    ### END SOLUTION
    """,
    _judge_stages,
    hints=(
        "The table of section 2 says what goes into each stage. Pictures? Maps? Boxes? The truth?",
        "Two stages are asked for twice: the two that deal with boxes.",
    ),
    grading="Half of the point for five right answers.",
)


def _judge_prefixes(prefixes) -> str:
    found = list(prefixes) if isinstance(prefixes, list | tuple | set) else [prefixes]
    if not all(isinstance(prefix, str) for prefix in found) or isinstance(prefixes, str):
        not_yet(describe(prefixes), "a list of texts", 'each is the beginning of a name, such as "model.0."')
    with torch.device("meta"):  # names without numbers
        names = [name for name, _ in YOLOv5("n").named_parameters()]
    frozen = {name for name in names if name.startswith(tuple(found))}
    rows = sorted({int(name.split(".")[1]) for name in frozen})
    wanted = {name for name in names if int(name.split(".")[1]) < 24}
    if frozen == wanted:
        return "rows 0 to 23. Only the head can learn: “all but head frozen”, as later figures call it."
    if 24 in rows and not all(prefix.endswith(".") for prefix in found):
        attempt = 'mind the last dot: "model.2" is the beginning of "model.24.", too.'
    elif 24 in rows:
        attempt = "leave out row 24: it is the head."
    elif rows == list(range(10)):
        attempt = "these are the rows of the backbone: go on through the neck, rows 10 to 23."
    elif rows and rows[-1] in (21, 22):
        attempt = "`range(n)` ends before n: the last row of the neck is 23."
    else:
        attempt = "name every row from 0 to 23."
    not_yet(f"{len(frozen)} parameters frozen, in the rows {rows}", f"the {len(wanted)} of rows 0 to 23", attempt)


prefixes = Exercise(
    "prefixes",
    "Freeze backbone and neck",
    """
    The list of the talk freezes the backbone. Write the one that freezes the backbone *and* the neck, so that only the
    head can learn. (It is only judged, not used: the model stays as it is.)
    """,
    """
    ### BEGIN SOLUTION
    prefixes = ["model.%s." % row for row in range(24)]
    ### END SOLUTION
    """,
    _judge_prefixes,
    hints=(
        "Which are the rows of the neck? Look at the drawing of section 4.",
        "Backbone and neck are rows 0 to 23. How far must `range` go?",
    ),
    grading="Prefixes of rows without parameters (11, 12, 15, 16, 19, 22) may be missing. The last dot may not.",
)
