"""Stage 3 to be moved: which map reaches which output, and what is lost when wires of the neck are cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from yolo_course.boxes import iou_matrix, xywh_to_xyxy
from yolo_course.data import render_sample
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider, steps
from yolo_course.show.explorers.neck_plan import Plan, fewest_convolutions, rows_between
from yolo_course.show.plots.neck import Wire
from yolo_course.stages.head import non_max_suppression
from yolo_course.stages.input import collate, letterbox, letterbox_boxes

SHAPE, SIDE, SIZE = (430, 860), 400, 128  # pixels: of the plan; of the picture beside it, shown and as it is read
LEVELS = (3, 4, 5)
DOWN = "the way down"


def ways_view(plan: Plan, output: int, source: int, without: str) -> View:
    """The neck, lit where P``source`` comes to N``output`` (both 3, 4, 5; source 0: all three), with a wire taken out.

    ``without`` is the letter of that wire, or ``DOWN`` for the whole bottom-up path, or nothing.
    """
    model, levels = plan.model, [source] if source else LEVELS
    rows = model.rows[model.first_neck_row : -1]
    outputs = plan.top_down_outputs() if without == DOWN else model.rows[-1].source
    gone = {wire for wire, letter in plan.letters.items() if letter == without}
    gone |= {(r.index, s) for r in rows for s in r.source if without == DOWN and r.index > outputs[0]}
    wires = {row.index: [s for s in row.source if (row.index, s) not in gone] for row in rows}
    end, starts = outputs[output - 3], dict(zip(LEVELS, model.feature_rows, strict=True))
    between = {level: rows_between(wires, starts[level], end) for level in levels}
    heard = {row: "".join(str(level) for level in levels if row in between[level]) for row in wires}
    lit = {row for row in heard if heard[row]} | {starts[level] for level in levels if between[level]}
    picture = plan.draw(lit, [(row, s) for row in wires for s in wires[row] if {row, s} <= lit], gone)
    plan.mark(picture, {row: f"P{level}" for level, row in starts.items()}, lit)
    plan.mark(picture, {row: f"N{level}" for level, row in zip(LEVELS, outputs, strict=True)}, [end])
    plan.tag(picture, heard)
    told = []
    for level in levels:
        fewest = fewest_convolutions(model, wires, starts[level], end)
        count = f"{len(between[level])} row{'s' * (len(between[level]) != 1)}"
        way = f"through {count} with {fewest} or more convolutions" if between[level] else "in no way"
        told.append(f"P{level} {way}")
    return View(picture, f"N{output} hears {', '.join(told)}.")


def explore_ways(model: YOLOv5 | None = None) -> Explorer:
    """Choose an output of the neck and see the rows and wires that carry P3, P4 and P5 to it."""
    plan = Plan(model or course_model(), SHAPE, (186, 29), 44, named=True)
    without = {"nothing": "", **{f"wire {letter}": letter for letter in plan.letters.values()}, DOWN: DOWN}
    return Explorer(
        "which map comes to which output?",
        lambda **settings: ways_view(plan, **settings),
        {
            "output": steps("output", [(f"N{level}", level) for level in LEVELS], 3),
            "source": choice("where from", {"P3, P4 and P5": 0, **{f"P{level}": level for level in LEVELS}}, 0),
            "without": choice("taken out", without, ""),
        },
        {
            "what comes to N3": {},
            "P3's ways to N5": {"output": 5, "source": 3},
            "P5's ways to N5": {"output": 5, "source": 5},
            "N5 without the way down": {"output": 5, "without": DOWN},
        },
    )


@contextmanager
def silenced(model: YOLOv5, wires: Collection[Wire]) -> Iterator[None]:
    """While this is open, each wire (reader, source) into a Concat carries its map's mean over pictures and cells."""

    def silence(module, inputs):
        maps, sources = list(inputs[0]), model.rows[reader_of[module]].source
        for place, source in enumerate(sources):
            if (reader_of[module], source) in wires:
                maps[place] = maps[place].mean((0, 2, 3), keepdim=True).expand_as(maps[place])
        return (maps,)

    reader_of = {model.model[reader]: reader for reader, _ in wires}
    handles = [module.register_forward_pre_hook(silence) for module in reader_of]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class Bench:
    """Pictures that have passed the backbone, and what neck and head say to them: each cut is computed once.

    ``samples`` are (uint8 RGB picture (H, W, 3), boxes (n, 4) xyxy in pixels, classes (n,)).
    """

    def __init__(self, model: YOLOv5, samples: Sequence[tuple]):
        self.model, self.plan = model.eval(), Plan(model, (SIDE, 440), (58, 27), 44)
        self.samples, self.answers, self.drawings = [], {}, {}
        for image, boxes, classes in samples:
            picture, ratio, pad = letterbox(image, SIZE)
            self.samples.append((picture, letterbox_boxes(boxes, ratio, pad), classes))
        self.shown = [
            canvas.with_boxes(canvas.fitted(picture, SIDE), boxes * SIDE / SIZE, style.TRUTH, dashed=True)
            for picture, boxes, _ in self.samples
        ]
        with torch.no_grad():
            self.features = model.backbone(collate(self.samples)[0])
        counts = [model.detect.anchors.shape[1] * (SIZE // int(stride)) ** 2 for stride in model.stride]
        self.level_of = torch.tensor(LEVELS).repeat_interleave(torch.tensor(counts))  # of each decoded row

    def decoded(self, wires: Collection[Wire]) -> Tensor:
        """All rows (B, N, 5 + nc) with these wires cut."""
        if (key := frozenset(wires)) not in self.answers:
            with torch.no_grad(), silenced(self.model, key):
                self.answers[key] = self.model.detect.decode(self.model.head(*self.model.neck(*self.features)))
        return self.answers[key]

    def found(self, picture: int, wires: Collection[Wire], conf: float, level: int = 0) -> tuple[ndarray, ndarray]:
        """The boxes of a picture after suppression, (n, 6), and the level of each; level 0 lets all three speak."""
        spoken = self.level_of == level if level else self.level_of > 0
        rows, levels = self.decoded(wires)[picture][spoken], self.level_of[spoken]
        kept = non_max_suppression(rows[None], conf)[0]
        same = (xywh_to_xyxy(rows[:, :4]) == kept[:, None, :4]).all(2)  # (n, N)
        return kept.numpy(), levels[same.long().argmax(1)].numpy()


def cut_view(bench: Bench, picture: int, cut: Collection[Wire], conf: float, level: int) -> View:
    """A picture with its true boxes and those found with the wires ``cut``, and the plan with these crossed out.

    Only boxes that score above ``conf`` are kept; ``level`` 3, 4, 5 lets that level alone speak, 0 all of them.
    """
    _, boxes, classes = bench.samples[picture]
    found, levels = bench.found(picture, cut, conf, level)
    overlap = iou_matrix(torch.from_numpy(boxes), torch.from_numpy(found[:, :4])).numpy()  # (objects, found)
    right = (overlap > 0.5) & (classes[:, None] == found[:, 5])
    by = ", ".join(f"{(levels == at).sum()} by N{at}" for at in LEVELS)
    what = " and ".join(sorted(bench.plan.letters[wire] for wire in cut)) or "nothing"
    words = (
        f"Cut: {what}. Found: {right.any(1).sum()} of {len(boxes)} objects. Boxes above a confidence of {conf:.2f}: "
        f"{len(found)} ({by}). Boxes that fit no object: {(~right.any(0)).sum()}."
    )
    key = frozenset(cut), level
    if key not in bench.drawings:
        bench.drawings[key] = _cut_plan(bench, cut, level)
    shown = _found_picture(bench, picture, found, levels)
    return View(np.concatenate([shown, bench.drawings[key]], 1), words)


def _found_picture(bench: Bench, picture: int, found: ndarray, levels: ndarray) -> ndarray:
    """The picture with its true boxes, and the found ones with the level that found them and their class."""
    zoom, names = SIDE / SIZE, bench.model.names
    shown = canvas.with_boxes(bench.shown[picture], found[:, :4] * zoom, style.FOUND, width=3)
    labels = [
        (f"N{at} {names[int(label)]}", zoom * left, zoom * top - 23)
        for (left, top, *_, label), at in zip(found.tolist(), levels, strict=True)
    ]
    return canvas.with_words(shown, labels[::-1], ground=style.FOUND)  # the surest box last, on top


def _cut_plan(bench: Bench, cut: Collection[Wire], level: int) -> ndarray:
    plan, rows = bench.plan, bench.model.rows
    drawn = plan.draw(plan.boxes, [(row, source) for row in plan.boxes for source in rows[row].source], cut)
    plan.mark(drawn, {row: f"P{at}" for at, row in zip(LEVELS, bench.model.feature_rows, strict=True)}, plan.boxes)
    fused = dict(zip(LEVELS, rows[-1].source, strict=True))
    plan.mark(drawn, {fused[at]: f"N{at}" for at in LEVELS}, [fused[at] for at in LEVELS if level in (0, at)])
    return np.pad(drawn, ((0, 0), (20, 0), (0, 0)), constant_values=255)


def cuts(plan: Plan) -> dict[str, frozenset[Wire]]:
    """What can be cut, by name: single wires into a Concat, and the two that lead up, or down, from row to row."""
    single = {f"wire {letter}": frozenset({wire}) for wire, letter in plan.letters.items()}
    inside = {wire for wire in plan.letters if wire[0] - wire[1] == 1}  # from the row before it
    up = frozenset(wire for wire in inside if plan.boxes[wire[0]].column == 1)
    return {"nothing": frozenset(), **single, "the way up: a, c": up, "the way down: e, g": frozenset(inside - up)}


def explore_wires(model: YOLOv5 | None = None, samples: Sequence[tuple] | None = None) -> Explorer:
    """Cut wires of a trained neck and see what is still found, on each of the ``samples``.

    ``samples`` are (uint8 RGB picture (H, W, 3), boxes (n, 4) xyxy in pixels, classes (n,)) of the model's classes. A
    cut wire carries its mean over all of them.
    """
    samples = samples or [render_sample("source", "val", index, size=SIZE) for index in range(12)]
    bench = Bench(model or course_model(), samples)
    options, last = cuts(bench.plan), len(samples) - 1
    return Explorer(
        "cut a wire of the neck",
        lambda cut, **settings: cut_view(bench, cut=options[cut], **settings),
        {
            "picture": slider("picture", 0, last, last),
            "cut": choice("cut", list(options), "nothing"),
            "conf": slider("confidence", 0.05, 0.95, 0.25, 0.05),
            "level": choice("who speaks", {"all": 0, **{f"N{at} alone": at for at in LEVELS}}, 0),
        },
        {
            "nothing cut": {},
            "without e (N3, down)": {"cut": "wire e"},
            "without d (P3)": {"cut": "wire d"},
            "without the way up (a, c)": {"cut": "the way up: a, c", "picture": min(7, last)},
        },
    )
