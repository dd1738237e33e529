"""Stage 4: non-max suppression against the original's figures and against a plain loop."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests import reference
from yolo_course.stages import head
from yolo_course.stages.head import non_max_suppression

PROPERTY = settings(max_examples=200, deadline=None, derandomize=True, database=None)
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "nms.py"


@pytest.mark.parametrize(
    ("case", "options"),
    [("default", {}), ("multi_label", {"multi_label": True}), ("agnostic", {"agnostic": True})],
)
def test_the_original_keeps_the_same(case, options):
    figures = reference.read_npz("nms_v7.0.npz")
    kept = non_max_suppression(torch.from_numpy(figures["pred"]), **options)
    assert len(kept) == 2
    for picture, rows in enumerate(kept):
        np.testing.assert_allclose(rows.numpy(), figures[f"{case}::out{picture}"], rtol=1e-6, atol=1e-4)


def plain_loop(picture: np.ndarray, conf, iou, multi_label, agnostic, max_detections) -> list[list[float]]:
    """Greedy suppression as one would tell it, in float64: best first, without what overlaps one kept."""
    candidates = []
    for x, y, w, h, objectness, *classes in picture.astype(np.float64):
        box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
        scores = [(objectness * probability, label) for label, probability in enumerate(classes)]
        chosen = scores if multi_label else [max(scores, key=lambda pair: (pair[0], -pair[1]))]
        candidates += [[*box, score, label] for score, label in chosen if objectness > conf and score > conf]
    candidates.sort(key=lambda row: -row[4])  # stable: of equals, the earlier box and the lower class come first
    kept = []
    for row in candidates:
        rivals = [other for other in kept if agnostic or other[5] == row[5]]
        if len(kept) < max_detections and all(overlap(row, other) <= iou for other in rivals):
            kept.append(row)
    return kept


def overlap(a, b) -> float:
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    shared = max(width, 0) * max(height, 0)
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)) - shared
    return shared / both if both else 0.0


# Whole pixels and sixteenths are exact in float32 and float64 alike, and make many ties.
BOXES = st.tuples(*[st.integers(-20, 60)] * 2, *[st.integers(0, 20).map(lambda n: 2 * n)] * 2)
SIXTEENTHS = st.integers(0, 16).map(lambda n: n / 16)
ROWS = st.integers(1, 4).flatmap(
    lambda classes: st.lists(
        st.tuples(BOXES, st.lists(SIXTEENTHS, min_size=classes + 1, max_size=classes + 1)),
        min_size=1,
        max_size=25,
    )
)


@PROPERTY
@given(
    rows=ROWS,
    conf=st.integers(0, 16).map(lambda n: n / 16),
    iou=st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 0.6, 1.0]),
    multi_label=st.booleans(),
    agnostic=st.booleans(),
    max_detections=st.integers(1, 30),
    first_look=st.sampled_from([1, 3, 1000]),
)
@example([((0, 0, 0, 0), [1.0, 1.0])] * 2, 0.0, 0.5, False, False, 5, 1)  # boxes without an area
@example([((0, 0, 8, 8), [1.0, 1.0])] * 9, 0.0, 0.5, False, False, 5, 1)  # one box nine times
def test_it_keeps_what_a_plain_loop_keeps(rows, conf, iou, multi_label, agnostic, max_detections, first_look):
    picture = np.array([[*box, *scores] for box, scores in rows], np.float32)
    expected = plain_loop(picture, conf, iou, multi_label, agnostic, max_detections)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head, "FIRST_LOOK", first_look)
        batch = torch.from_numpy(np.stack([picture, 0 * picture]))
        kept, nothing = non_max_suppression(batch, conf, iou, multi_label, agnostic, max_detections)
    np.testing.assert_array_equal(kept.numpy(), np.array(expected, np.float32).reshape(-1, 6))
    assert nothing.shape == (0, 6)


@PROPERTY
@given(seed=st.integers(0, 2**32 - 1), multi_label=st.booleans(), agnostic=st.booleans())
def test_it_keeps_what_a_plain_loop_keeps_of_crowded_boxes(seed, multi_label, agnostic):
    rng = np.random.default_rng(seed)
    centres, sizes = rng.integers(0, 48, (60, 2)), 2 * rng.integers(4, 16, (60, 2))
    scores = rng.integers(0, 64, (60, 4)) / 64
    picture = np.concatenate((centres, sizes, scores), 1).astype(np.float32)
    expected = plain_loop(picture, 0.05, 0.45, multi_label, agnostic, 12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head, "FIRST_LOOK", 2)  # 24 of up to 180 candidates at first
        (kept,) = non_max_suppression(torch.from_numpy(picture)[None], 0.05, 0.45, multi_label, agnostic, 12)
    np.testing.assert_array_equal(kept.numpy(), np.array(expected, np.float32).reshape(-1, 6))


def test_nothing_in_nothing_out():
    for decoded in (torch.zeros(2, 5, 8), torch.zeros(2, 0, 8)):
        kept = non_max_suppression(decoded)
        assert [rows.shape for rows in kept] == [(0, 6), (0, 6)]
    assert non_max_suppression(torch.zeros(0, 5, 8)) == []


def test_half_precision_input_is_computed_in_float32():
    decoded = torch.tensor([[[8, 8, 4, 4, 0.5, 0.5], [30, 8, 4, 4, 0.75, 1.0]]])
    (kept,) = non_max_suppression(decoded.half())
    assert kept.dtype == torch.float32 and kept[:, 4].tolist() == [0.75]  # 0.25 is not above 0.25


def test_the_input_stays_as_it_is():
    decoded = torch.rand(2, 50, 8, generator=torch.Generator().manual_seed(0)) * 40
    before = decoded.clone()
    non_max_suppression(decoded, multi_label=True)
    assert torch.equal(decoded, before)


@pytest.mark.parametrize("shape", [(5, 8), (1, 5, 5), (1, 1, 5, 8)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(B, N, 5 \+ classes\)"):
        non_max_suppression(torch.zeros(shape))


@pytest.mark.parametrize("options", [{"conf": -0.1}, {"conf": 25}, {"iou": 1.5}, {"iou": float("nan")}])
def test_a_threshold_outside_0_to_1_is_refused(options):
    with pytest.raises(ValueError, match="two thresholds between 0 and 1"):
        non_max_suppression(torch.zeros(1, 5, 8), **options)


def test_a_short_look_and_the_whole_agree_on_an_early_models_output():
    benchmark = runpy.run_path(str(BENCHMARK))
    decoded = benchmark["early_output"](pictures=2)
    assert decoded.shape == (2, 25200, 85) and 9_000 < benchmark["candidates"](decoded) < 10_200
    quick, full = benchmark["adaptive"](decoded), benchmark["full"](decoded)
    assert all(torch.equal(a, b) for a, b in zip(quick, full, strict=True))
    assert [len(rows) for rows in quick] == [300, 300] and head.FIRST_LOOK == 1000


def test_a_box_that_is_not_finite_is_dropped_and_the_others_are_suppressed_as_ever():
    box = torch.tensor([50.0, 50, 20, 20, 0.9, 0.9])
    broken = box.clone()
    broken[0] = float("nan")
    (kept,) = head.non_max_suppression(torch.stack([box, broken, box + torch.tensor([1.0, 0, 0, 0, -0.1, 0])])[None])
    assert len(kept) == 1 and kept.isfinite().all()


def test_a_negative_limit_is_refused():
    with pytest.raises(ValueError, match="max_detections=-1"):
        head.non_max_suppression(torch.rand(1, 5, 7), max_detections=-1)
