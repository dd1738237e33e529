"""The explorer of errors counts as the package counts, and draws what it counts."""

import re

import numpy as np
import pytest

from yolo_course.data import render_sample
from yolo_course.learn import matching
from yolo_course.learn.predict import predict
from yolo_course.learn.start import course_model
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.own_data import (
    ALARM,
    AXES,
    CHART,
    FRAME,
    HIT,
    KEY,
    LOWEST,
    draw_chart,
    enlarged,
    errors_view,
    explore_errors,
    judged,
)

NAMES = ("cup", "pen")
KEYS = ("recall", "precision")
GREY = np.full((100, 200, 3), 90, np.uint8)
BOXES = np.array([[10, 30, 40, 60], [60, 30, 90, 60], [150, 60, 190, 90]], np.float32)
ROWS = np.array(  # a hit, the same object again, the wrong name, and nothing there
    [[11, 30, 40, 60, 0.9, 0], [10, 32, 42, 60, 0.6, 0], [60, 30, 90, 61, 0.5, 1], [100, 5, 130, 25, 0.3, 1]]
)


def pictures(iou=0.5):
    return [judged(*enlarged((GREY, BOXES, np.array([0, 0, 1])), ROWS), iou)]


def shown(confidence, iou=0.5):
    return errors_view(pictures(iou), NAMES, 1, confidence)


@pytest.mark.parametrize(
    ("confidence", "numbers"),
    [(0.95, (0, 0, 3)), (0.7, (1, 0, 2)), (0.55, (1, 1, 2)), (0.4, (1, 2, 2)), (0.1, (1, 3, 2))],
)
def test_a_copy_and_a_wrong_name_are_false_alarms(confidence, numbers):
    found, alarms, missed = numbers
    words = shown(confidence).words
    assert f"found {found}, false alarms {alarms}, missed {missed}." in words
    assert f"precision {found / max(found + alarms, 1):.3f}" in words and f"recall {found / 3:.3f}" in words


def test_a_stricter_fit_turns_a_hit_into_an_alarm_and_a_miss():
    assert "found 1, false alarms 0, missed 2." in shown(0.7, iou=0.9).words
    assert "found 0, false alarms 1, missed 3." in shown(0.7, iou=0.98).words


def holds(picture, colour, box):
    """Is the left edge of this box, in pixels of the small picture, drawn in this colour?"""
    zoom = 462 / 200
    x, top, bottom = (round(float(edge) * zoom) for edge in (box[0], box[1], box[3]))
    edge = picture[KEY + top + 8 : KEY + bottom - 4, max(x - 3, 0) : x + 4]
    return bool((np.abs(edge.astype(int) - canvas.rgb(colour)).max(2) <= 2).any())


def test_each_kind_is_drawn_in_its_colour():
    picture = shown(0.4).picture
    assert holds(picture, HIT, ROWS[0]) and holds(picture, ALARM, ROWS[2]) and holds(picture, "#ffffff", BOXES[2])
    assert not holds(picture, ALARM, ROWS[3]), "below the confidence"
    strict = shown(0.95).picture
    assert holds(strict, "#ffffff", BOXES[0]) and not holds(strict, HIT, ROWS[0])


def test_the_chart_passes_through_the_mark():
    chart = draw_chart(pictures())
    left, top, right, bottom = AXES
    for confidence, precision, recall in ((0.7, 1, 1 / 3), (0.4, 1 / 3, 1 / 3)):
        for value in (precision, recall):
            x, y = round(left + confidence * (right - left)), round(bottom + value * (top - bottom))
            assert chart[y - 1 : y + 2, x].min() < 130, (confidence, value)
    marked = shown(0.7).picture[KEY:, FRAME[1] - CHART[1] :]
    column = round(left + 0.7 * (right - left))
    assert (marked[bottom - 20, column] == canvas.rgb(HIT)).all() and (chart[bottom - 20, column] == 255).all()


@pytest.fixture(scope="module")
def explorer():
    return explore_errors()


def test_precision_and_recall_are_those_of_the_package(explorer):
    model, samples = course_model(), [render_sample("source", "val", i, size=128) for i in range(16)]
    found = [predict(model, image, 128, LOWEST, agnostic=True).astype(float) for image, _, _ in samples]
    truths = [(boxes.astype(float), classes) for _, boxes, classes in samples]
    each = np.bincount(np.concatenate([classes for _, classes in truths]), minlength=len(model.names))
    _, recall = matching.precision_recall(truths, found, each)  # (nc, 1001)
    right = (recall * each[:, None]).sum(0)
    for confidence in (0.05, 0.25, 0.5, 0.9):
        said = sum(int((rows[:, 4] >= confidence).sum()) for rows in found)
        hits = right[round(confidence * 1000)]
        words = explorer.draw(**{**explorer.start, "confidence": confidence}).words
        assert re.search(rf"{hits:.0f} of {said} detections are right, precision {hits / max(said, 1):.3f}", words), (
            words
        )
        assert f"{hits:.0f} of {each.sum()} objects are found, recall {hits / each.sum():.3f}" in words


def test_more_is_found_and_more_is_wrong_when_the_confidence_falls(explorer):
    words = [explorer.draw(**{**explorer.start, "confidence": confidence}).words for confidence in (0.05, 0.8)]
    recall, precision = ([float(re.search(rf"{name} (\d\.\d+)", each)[1]) for each in words] for name in KEYS)
    assert recall[0] > recall[1] and precision[0] < precision[1]


def test_own_pictures_of_another_shape_and_none():
    tall = np.random.default_rng(0).integers(0, 255, (90, 40, 3), np.uint8)
    explorer = explore_errors(course_model(NAMES), [(tall, np.array([[5, 5, 30, 60]]), np.array([1]))], 64)
    assert explorer.draw(**explorer.start).picture.shape == (*FRAME, 3) and "of 1 objects" in explorer.words.value
    with pytest.raises(ValueError, match="no picture"):
        explore_errors(data=[])
