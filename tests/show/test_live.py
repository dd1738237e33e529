"""Curves that grow: what reaches the page, and how often."""

from __future__ import annotations

import IPython.display
import pytest

from yolo_course.learn.experiment import Experiment
from yolo_course.show.live import live_curves


class Page:
    """Stands in for a notebook: remembers what was shown and what replaced it."""

    def __init__(self):
        self.shown = []

    def display(self, data, raw, metadata, display_id):
        self.shown.append(data)
        return self

    def update(self, data, raw, metadata):
        self.shown.append(data)


@pytest.fixture
def page(monkeypatch) -> Page:
    page = Page()
    monkeypatch.setattr(IPython.display, "display", page.display)
    return page


def rows(count: int) -> list[dict]:
    return [
        {"epoch": i + 1, "seconds": 1.0, "map50": 0.1 * i, "box": 0.1, "obj": 0.1, "cls": 0.1} for i in range(count)
    ]


def test_the_figure_is_replaced_when_a_run_has_moved_on(page):
    with live_curves(Experiment("made up", "near")) as watch:
        assert len(page.shown) == 1
        watch({("unfrozen", 0): rows(1)})
        watch({("unfrozen", 0): rows(1)})  # nothing new, nothing drawn
        assert len(page.shown) == 2
        watch({("unfrozen", 0): rows(1), ("scratch", 0): rows(1)})
    pictures = [data["image/png"] for data in page.shown]
    assert len(set(pictures)) == 3
    assert "4 ways to train" in page.shown[0]["text/plain"]


def test_epochs_without_a_measurement_draw_nothing(page):
    unmeasured = {**rows(1)[0], "epoch": 2, "map50": None}
    with live_curves(Experiment("made up", "near")) as watch:
        watch({("unfrozen", 0): rows(1)})
        watch({("unfrozen", 0): [*rows(1), unmeasured]})
    assert len(page.shown) == 2


def test_without_a_notebook_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(IPython.display, "display", lambda *args, **options: None)
    with live_curves(Experiment("made up", "near")) as watch:
        watch({("unfrozen", 0): rows(2)})
