"""Candidates and kept boxes are those of the package, counted and drawn."""

import itertools
import re

import numpy as np
import pytest
import torch

import yolo_course as yc
from yolo_course.data import render_sample
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.nms import Proposals, explore_suppression, suppression_view

NAMES = ["a", "b"]


@pytest.fixture(scope="module")
def crowd():
    """Two pictures with random proposals."""
    torch.manual_seed(0)
    boxes = torch.cat([100 * torch.rand(2, 300, 2), 5 + 40 * torch.rand(2, 300, 2), torch.rand(2, 300, 3)], 2)
    return [Proposals(canvas.blank(390, 390), 3.0, picture[None]) for picture in boxes]


def counts(words):
    """Proposals, removed by confidence, candidates, removed by overlap, kept."""
    found = re.findall(r"\d[\d,]*(?:\.\d+)?", words)
    return [int(text.replace(",", "")) for text in found if "." not in text]


@pytest.mark.parametrize("picture", [1, 2])
@pytest.mark.parametrize(
    ("conf", "iou", "agnostic"), list(itertools.product((0.05, 0.25, 0.7), (0.05, 0.45, 0.95), (False, True)))
)
def test_the_counts_are_the_packages(crowd, conf, iou, agnostic, picture):
    words = suppression_view(conf, iou, picture, agnostic, crowd, NAMES).words
    decoded = crowd[picture - 1].decoded
    kept = len(yc.non_max_suppression(decoded, conf, iou, agnostic=agnostic)[0])
    above = int(((decoded[0, :, 4:5] * decoded[0, :, 5:]).amax(1) > conf).sum())
    assert counts(words) == [300, 300 - above, above, above - kept, kept]


def test_the_kept_boxes_are_drawn_and_named(crowd):
    decoded = torch.tensor(
        [[[30.0, 40, 40, 40, 0.9, 0.8, 0], [32, 42, 40, 40, 0.8, 0.7, 0], [90, 90, 30, 30, 0.9, 0, 0.1]]]
    )
    scene = Proposals(canvas.blank(390, 390), 3.0, decoded)
    picture = suppression_view(0.25, 0.45, 1, False, [scene], NAMES).picture
    left, right = picture[30:, :390], picture[30:, 436:826]
    found, waiting = (
        (part == canvas.rgb(colour)).all(2) for part, colour in ((right, style.FOUND), (left, style.YELLOW))
    )
    assert found[100, 30] and found[180, 90] and found[150, 150]  # the better box of the heap
    assert waiting[100, 30] and waiting[100, 36]  # both candidates
    assert not found[250:, 200:].any() and not waiting[250:, 200:].any()  # 0.9 x 0.1: not a candidate
    assert found[30:58, 30:60].any()  # a name above the box


def test_more_boxes_than_names(crowd):
    view = suppression_view(0.05, 0.95, 1, False, crowd, NAMES)
    assert counts(view.words)[-1] > 100 and view.picture.shape == (420, 860, 3)


def test_no_name_hides_another_one():
    """Two answers for one object stand one below the other."""
    two = torch.tensor([[[40.0, 60, 40, 40, 1, 0.9, 0], [40, 60, 40, 40, 1, 0, 0.8]]])
    inside = []
    for agnostic in (True, False):
        picture = suppression_view(
            0.25, 0.45, 1, agnostic, [Proposals(canvas.blank(390, 390), 3.0, two)], NAMES
        ).picture
        below_the_first = picture[30 + 125 : 30 + 140, 436 + 66 : 436 + 110]
        inside.append(int((below_the_first == canvas.rgb(style.FOUND)).all(2).sum()))
    assert inside[0] == 0 and inside[1] > 200


def test_own_pictures_of_any_shape_and_the_network_runs_once(monkeypatch):
    model = yc.course_model()
    images = [render_sample("source", "val", i, size=96)[0][: 96 - 40 * i] for i in (0, 1)]
    explorer = explore_suppression(images, model)
    assert explorer.controls["picture"].max == 2
    expected = len(yc.predict(model, images[0], 128, conf=0.1, iou=0.6))
    monkeypatch.setattr(type(model), "forward", lambda *_: pytest.fail("the network ran again"))
    words = explorer.draw(conf=0.1, iou=0.6, picture=1, agnostic=False).words
    assert counts(words)[-1] == expected
    shapes = {explorer.draw(**explorer.start | {"picture": number}).picture.shape for number in (1, 2)}
    assert shapes == {(420, 860, 3)}


def test_agnostic_and_class_by_class_say_so(crowd):
    told = [suppression_view(0.25, 0.45, 1, agnostic, crowd, NAMES).words for agnostic in (False, True)]
    assert "of their class" in told[0] and "of their class" not in told[1]
    assert np.diff([counts(words)[-1] for words in told])[0] < 0
