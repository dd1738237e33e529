"""The traced row is the model's own row: its place in the list, its numbers, its box in the picture."""

import re

import numpy as np
import pytest
import torch

import yolo_course as yc
from yolo_course.data import render_sample
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.head import line
from yolo_course.show.explorers.trace import ROW, SHOWN, _answer_table, explore_trace, trace, trace_view
from yolo_course.stages.input import letterbox


@pytest.fixture(scope="module")
def model():
    return yc.course_model()


@pytest.fixture(scope="module")
def image():
    return render_sample("source", "val", 11, size=96)[0][24:]  # wider than high


@pytest.fixture(scope="module")
def decoded(model, image):
    """All rows, (N, 5 + nc), by the model itself."""
    small, _, _ = letterbox(image, 128, auto=True)
    pixels = torch.from_numpy(small).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        return small.shape[:2], model.eval()(pixels)[0][0].numpy()


@pytest.mark.parametrize("level", range(3))
@pytest.mark.parametrize(("across", "down", "anchor"), [(4, 4, 0), (60, 44, 1), (124, 92, 2), (68, 84, 2)])
def test_the_row_is_the_models_own(model, image, decoded, level, across, down, anchor):
    (height, width), rows = decoded
    assert (height, width) == (96, 128)
    words = trace_view(across, down, level, anchor, trace(image, model)).words
    sizes = [3 * (height // stride) * (width // stride) for stride in (8, 16, 32)]
    stride = 8 * 2**level
    y, x = down // stride, across // stride
    index = sum(sizes[:level]) + (anchor * (height // stride) + y) * (width // stride) + x
    assert words.startswith(f"Row {index} of {sum(sizes):,}: P{level + 3}, row {y}, column {x}, anchor {anchor}.")
    row, found = rows[index], [float(text) for text in re.findall(r"-?\d+\.\d+", words)]
    best = row[5:].argmax()
    np.testing.assert_allclose(found[:4], row[:4], atol=0.0502)
    np.testing.assert_allclose(found[4:], [row[4], row[5 + best], row[4] * row[5 + best]], atol=0.00502)
    assert f"objectness × {model.names[best]} =" in words


def test_it_begins_with_the_surest_row_and_draws_its_box(model, image, decoded):
    _, rows = decoded
    explorer = explore_trace(image, model)
    index = (rows[:, 4:5] * rows[:, 5:]).max(1).argmax()
    view = explorer.draw(**explorer.start)
    assert view.words.startswith(f"Row {index} of 756:")
    x, y, w, h = rows[index, :4] * 400 / 128
    for corner in ((y - h / 2, x), (y + h / 2, x), (y, x - w / 2), (y, x + w / 2)):
        row, column = np.rint(corner).astype(int) + (10, 0)
        assert (view.picture[row, column] == canvas.rgb(style.FOUND)).all()


def test_the_network_runs_once(model, image, monkeypatch):
    explorer = explore_trace(image, model)
    monkeypatch.setattr(type(model), "forward", lambda *_: pytest.fail("the network ran again"))
    assert explorer.draw(**{**explorer.start, "across": 4}).words != explorer.draw(**explorer.start).words


def test_bars_are_as_long_as_the_probabilities(model, image):
    traced = trace(image, model)
    picture = trace_view(60, 44, 1, 0, traced).picture
    answer = traced.decoded[1][0, 44 // 16, 60 // 16]
    bars = picture[:, 710:].astype(int)
    purple = (bars == canvas.rgb(style.FOUND)).all(2).sum(1)
    lengths = [purple[row] for row in range(7 * 26 + 13, 15 * 26, 26)]
    np.testing.assert_allclose(lengths, np.maximum(1, 140 * answer[5:]), atol=1)


def test_of_many_classes_the_surest_are_shown():
    answer = np.linspace(0, 0.4, 85)
    answer[5 + np.array([3, 70, 20])] = 0.9, 0.7, 0.5
    table, words = _answer_table(np.zeros(85), answer, [f"class {c}" for c in range(80)])
    assert table.shape[0] == (1 + 4 + 1 + SHOWN + 1) * ROW
    assert words.endswith(f"objectness × class 3 = {answer[4]:.2f} × 0.90 = {answer[4] * 0.9:.2f}")
    shown = [table[i * ROW : (i + 1) * ROW, :124] for i in range(6, 6 + SHOWN)]
    expected = [line(f"class {c}", 124, ROW) for c in (3, 20, 70, 75, 76, 77, 78, 79)]
    assert all((a == b).all() for a, b in zip(shown, expected, strict=True))
