"""Exercises of notebook 03: copy a map up, join, wire a top-down path, avoid the naming trap, follow the wires."""

from __future__ import annotations

import torch
from torch import Tensor

from yolo_course.config import parse_rows, release_config
from yolo_course.exercises.answers import called, describe, not_yet, same
from yolo_course.exercises.exercise import Exercise
from yolo_course.show.explorers.neck_plan import heard_by
from yolo_course.stages.neck import upsample


def _nearest(x: Tensor, height: int, width: int) -> Tensor:
    rows, columns = (torch.arange(new) * old // new for new, old in zip((height, width), x.shape[2:], strict=True))
    return x[:, :, rows][..., columns]


def _judge_enlarge(enlarge) -> str:
    x = torch.arange(2 * 2 * 2 * 3, dtype=torch.float32).view(2, 2, 2, 3)  # (B, C, H, W)
    for height, width in ((4, 6), (4, 3), (6, 12), (5, 7), (2, 3)):
        found = called(enlarge, x.clone(), height, width, kind=Tensor)
        asked = f"for (2, 2, 2, 3) enlarged to {height} × {width}"
        if found.shape != (2, 2, height, width):
            attempt = "work with the number of each row and column; a factor need not be a whole number."
            not_yet(f"{describe(found)} {asked}", (2, 2, height, width), attempt)
        if (height, width) == (4, 6) and same(found, x.repeat(1, 1, 2, 2)):
            attempt = "copy each value beside itself, not the map beside the map: rows 0, 0, 1, 1, not 0, 1, 0, 1."
            not_yet("the whole map four times, like tiles", "every value four times", attempt)
        if not same(found, _nearest(x, height, width)):
            attempt = "row i is a copy of row i · H // height: rounded down, so the copies of a value lie together."
            not_yet(f"the right shape with other values {asked}", "the nearest values", attempt)
    return "each value lies where it was, at any size. With twice the sides this is the neck's upsampling."


enlarge = Exercise(
    "enlarge",
    "Copy a map up to any size",
    """
    The neck doubles its maps. Write it for any size, with numbers of rows and columns only: row `i` of the new map is a
    copy of row `i · H // height` of the old one (`//` rounds down), and so for the columns. For instance 2 rows become
    5: rows 0, 0, 0, 1, 1.
    """,
    '''
    def enlarge(x, height, width):
        """(B, C, H, W) to (B, C, height, width): every new cell is a copy of the one that lies there."""
        ### BEGIN SOLUTION
        rows = torch.arange(height) * x.shape[2] // height
        columns = torch.arange(width) * x.shape[3] // width
        return x[:, :, rows][:, :, :, columns]
        ### END SOLUTION
    ''',
    _judge_enlarge,
    hints=(
        "`torch.arange(height) * x.shape[2] // height` holds the rows' numbers; `x[:, :, rows]` takes those rows.",
        "Then the same with the columns, in the last dimension: `x[:, :, :, columns]`.",
    ),
    grading="Any way is right that agrees at all sizes, `nn.functional.interpolate` too. Half the points for factor 2.",
    points=2,
)


def _judge_joined(joined) -> str:
    if not isinstance(joined, tuple | list | Tensor) or len(joined) != 3:
        not_yet(describe(joined), "three numbers: (channels, height, width)", "write three, without the batch.")
    channels, *sides = map(float, joined)
    if channels == 384:
        not_yet("384 channels", "more", "a Concat stacks both maps; what you have is one of them, or their sum.")
    if channels != 768:
        attempt = (
            "the table is that of size s: times 1.5." if channels in (512, 256) else "find both rows in the table."
        )
        not_yet(f"{channels:g} channels", "those of rows 21 and 10 together, in size m", attempt)
    if sides == [16, 10]:
        not_yet("16 × 10 cells", "height first", "turn them round: the picture is 320 high and 512 wide.")
    if sides != [10, 16]:
        not_yet(f"{sides[0]:g} × {sides[1]:g} cells", "those of stride 32", "divide the picture's sides by the stride.")
    return "384 + 384 channels, of 10 × 16 cells. Only the convolution behind the Concat makes it less."


joined = Exercise(
    "joined",
    "What does a Concat hand on?",
    """
    In YOLOv5m, every number of channels in the table of rows above is times 1.5 (0.75 in place of 0.50). Which shape
    `(channels, height, width)` does row 22 hand on in YOLOv5m, for a picture 320 pixels high and 512 wide?
    """,
    """
    ### BEGIN SOLUTION
    joined = (256 * 1.5 + 256 * 1.5, 320 // 32, 512 // 32)
    ### END SOLUTION
    """,
    _judge_joined,
    hints=(
        "Row 22 joins row 21 with row 10. How many channels has each of them in the table?",
        "Both have stride 32: how often does 32 go into the height, how often into the width?",
    ),
    grading="(768, 10, 16). The typical slips: channels added up only once, the sides of a square picture.",
)


def _walk_down(features, narrow, mix, join) -> Tensor:
    top = features[-1]
    for narrower, mixer, fine in zip(narrow, mix, features[-2::-1], strict=True):
        top = mixer(join(upsample()(narrower(top)), fine))
    return top


def _judge_top_down(top_down) -> str:
    for levels in (3, 4, 2):
        shapes = [(1, 4, 24 // 2**i, 16 // 2**i) for i in range(levels)]  # P3 first
        features = [torch.arange(torch.Size(shape).numel()).view(shape) % 7.0 + i for i, shape in enumerate(shapes)]
        narrow = [lambda x, by=i + 2: by * x for i in range(levels - 1)]  # plain functions: only the wiring counts
        mix = [lambda x, by=i + 3: x[:, :4] + by * x[:, -4:] - by for i in range(levels - 1)]
        found = called(top_down, list(features), list(narrow), list(mix), kind=Tensor)
        joins = (lambda up, fine: torch.cat((up, fine), 1)), (lambda up, fine: torch.cat((fine, up), 1)), torch.add
        expected, fine_first, added = (_walk_down(features, narrow, mix, join) for join in joins)
        if found.shape != expected.shape:
            attempt = "go on to the first map of the list, P3, the finest, and return what was mixed last."
            not_yet(f"{describe(found)} from {levels} levels", f"{tuple(expected.shape)}, N3", attempt)
        if same(found, fine_first):
            not_yet(
                "the fine map first", "the upsampled map first", "turn the two round: trained weights depend on it."
            )
        if same(found, added):
            not_yet("the sum of both maps", "both, stacked", "join them with `torch.cat(..., 1)`.")
        if not same(found, expected):
            attempt = "in each step: narrow, upsample, join, mix; narrow[0] and mix[0] belong to the coarsest map."
            not_yet(f"the right shape with other values, from {levels} levels", "N3", attempt)
    return "two, three or four levels: a feature pyramid is a loop."


top_down = Exercise(
    "top_down",
    "The top-down path as a loop",
    """
    The six lines are made for three levels. The models for pictures of 1280 pixels (YOLOv5n6 and its sisters) have a
    fourth, P6. Write the top-down path for any number of levels: a step makes the coarse map narrow, upsamples it,
    joins it with the next finer map, and mixes the two. Order in the Concat: upsampled map first.
    """,
    '''
    def top_down(features, narrow, mix):
        """P3, P4, ... (finest first) to N3. narrow[i] and mix[i] are functions, the coarsest step first."""
        from yolo_course.stages.neck import upsample

        up = upsample()
        ### BEGIN SOLUTION
        top = features[-1]
        for narrower, mixer, fine in zip(narrow, mix, reversed(features[:-1])):
            top = mixer(torch.cat((up(narrower(top)), fine), 1))
        return top
        ### END SOLUTION
    ''',
    _judge_top_down,
    hints=(
        "Begin with the coarsest map: `top = features[-1]`. What is the finer one of the first step?",
        "The finer maps, in the order of the steps, are `reversed(features[:-1])`: loop over them with narrow and mix.",
        "One step: `top = mixer(torch.cat((up(narrower(top)), fine), 1))`. After the loop, `top` is N3.",
    ),
    grading="The order of the joined maps is asked for because trained weights depend on it.",
    points=3,
)


LEVELS = "3535345"
THOUGHTS = ["a small stride leaves many cells.", "the talk speaks of maps, not of objects.", "the anchors stand above."]
THOUGHTS += ["a cell covers stride × stride pixels.", *["look for anchors of about this size."] * 3]


def _judge_which_level(which_level) -> str:
    found = [str(level).strip()[-1:] for level in which_level] if isinstance(which_level, list | tuple) else []
    if len(found) != len(LEVELS) or set(found) - set("345"):
        not_yet(describe(which_level), "seven of N3, N4, N5", 'answer every question, in order: `["N3", ...]`.')
    if "".join(found) == LEVELS.translate(str.maketrans("35", "53")):
        not_yet("all of it turned round", "N3 for the small objects", "mind the trap: the largest map is N3.")
    for number, (given, right, thought) in enumerate(zip(found, LEVELS, THOUGHTS, strict=True), 1):
        if given != right:
            not_yet(f"N{given} as answer {number}", "another level", thought)
    return "the large map for the small objects, the small map for the large ones."


which_level = Exercise(
    "which_level",
    "Out of the trap",
    """
    N3, N4 or N5? Seven answers in a list, for YOLOv5s and pictures of 640 pixels. Which of them (1) has the most cells,
    (2) is the talk's *small map*, (3) has the smallest anchors, (4) has the cells that cover most pixels; whose
    anchors fit best to (5) a bird of 14 × 14 pixels, (6) a face of 50 × 65, (7) a bus of 350 × 180?
    """,
    """
    ### BEGIN SOLUTION
    which_level = ["N3", "N5", "N3", "N5", "N3", "N4", "N5"]
    ### END SOLUTION
    """,
    _judge_which_level,
    hints=(
        "N3 has stride 8: its map is 80 × 80 cells, and a cell covers 8 × 8 pixels.",
        "Compare each object with the anchors: 10 to 33 pixels at N3, 30 to 119 at N4, 90 to 373 at N5.",
    ),
    grading="Who turns all of it round has understood the levels and fallen into the trap of the names: half a point.",
)


def _judge_hearing(hearing) -> str:
    wires = {row.index: row.source for row in parse_rows(release_config("s", "v7.0", 80))[10:24]}
    gaps = {10: (9,), 11: (6,), 12: (11,), 13: (10, 12), 14: (4,), 15: (13,)}
    for sources, start in ((wires, 4), (wires, 9), (wires, 6), (gaps, 9), (gaps, 4), (gaps, 3)):
        expected, direct = heard_by(sources, start), [row for row, read in sources.items() if start in read]
        found = called(hearing, dict(sources), start, kind=(list, tuple, set, range))
        asked = f"{sorted(found)} for row {start} in {'the neck' if sources is wires else gaps}"
        if start in found:
            not_yet(asked, "rows that hear it", f"leave row {start} itself out of the answer.")
        attempt = "take the rows in order; one hears it if any of its sources is it, or hears it."
        if sorted(found) == direct:
            attempt = "who hears a row that hears it, hears it too: go on from there."
        if sorted(found) != expected:
            not_yet(asked, f"{len(expected)} rows", attempt)
    return "P5 is heard by 14 rows of the neck, P4 by 12, P3 by 8. The gradient said the same."


hearing = Exercise(
    "hearing",
    "Which rows hear P5?",
    """
    The gradient found the open ways by trying. They can be read from the wiring, too. `sources` says which rows each
    row reads, such as `{10: (9,), 11: (10,), 12: (11, 6), ...}`. Write `hearing`: all rows of `sources` to which
    something of row `start` comes, by one wire or by many. P3, P4 and P5 are rows 4, 6 and 9.
    """,
    '''
    def hearing(sources, start):
        """The rows, smallest first, that row `start` reaches. A row only reads rows with smaller numbers."""
        ### BEGIN SOLUTION
        rows = []
        for row in sorted(sources):
            if any(source == start or source in rows for source in sources[row]):
                rows.append(row)
        return rows
        ### END SOLUTION
    ''',
    _judge_hearing,
    hints=(
        "Keep a list of the rows that hear `start`. It begins empty; take the rows in order and add to it.",
        "Row 11 reads row 10, row 10 reads row 9: so row 11 hears row 9. A source counts if your list has it.",
        "`if any(source == start or source in rows for source in sources[row]): rows.append(row)`",
    ),
    grading="Recursion, sets or a loop: all are right. Rows that hear nothing must be left out.",
    points=2,
)
