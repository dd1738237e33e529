"""The frame of every explorer: controls, a picture that follows, stills; and what is refused."""

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from yolo_course.notebooks import WIDGET
from yolo_course.show.explorers.explorer import (
    CHART_DPI,
    Explorer,
    View,
    choice,
    encoded,
    raster,
    slider,
    steps,
    trimmed,
)
from yolo_course.show.explorers.explorer import switch as on_off


def view(level, dark=False):
    return View(np.full((20, 30, 3), level // (2 if dark else 1), np.uint8), f"The grey is {level} & no more.")


def chart(level, dark=False):
    figure = Figure(figsize=(3, 2))
    figure.subplots().axhline(level)
    return View(figure, f"The line is at {level} now.")


def made(draw=view, stills=None):
    controls = {"level": slider("level", 0, 200, 100, 50), "dark": on_off("dark")}
    return Explorer("grey", draw, controls, stills or {"bright": {"level": 200}, "dark": {"dark": True}})


def pixels(explorer):
    return cv2.imdecode(np.frombuffer(explorer.image.value, np.uint8), cv2.IMREAD_COLOR)


def test_the_picture_follows_and_the_words_are_said():
    explorer = made()
    assert explorer.settings == {"level": 100, "dark": False} and (pixels(explorer) == 100).all()
    explorer.controls["level"].value = 150
    explorer.controls["dark"].value = True
    assert (pixels(explorer) == 75).all() and explorer.image.format == "jpeg"
    assert 'role="status"' in explorer.words.value and "The grey is 150 &amp; no more." in explorer.words.value


def test_charts_wait_for_the_end_of_a_movement_and_pictures_do_not():
    assert made().controls["level"].continuous_update
    explorer = made(chart)
    assert not explorer.controls["level"].continuous_update and explorer.image.format == "png"
    assert pixels(explorer).shape == (2 * CHART_DPI, 3 * CHART_DPI, 3)


@pytest.mark.parametrize("draw", [view, chart])
def test_stills_stand_beside_each_other_below_their_captions(draw):
    explorer = made(draw)
    one = raster(explorer.draw(**explorer.start).picture)
    sheet = explorer.still_sheet()
    assert sheet.shape[1] > 1.5 * one.shape[1] and sheet.shape[0] > one.shape[0]
    assert explorer.settings == explorer.start


def test_a_cell_shows_the_widget_and_below_it_a_figure_with_alt_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: shown.append((data, options)))
    made()._ipython_display_()
    (widget, _), (figure, options) = shown
    assert WIDGET in widget and "Run this cell" in widget["text/plain"]
    assert options["metadata"]["image/png"]["alt"] == "Stills of the explorer “grey”: bright; dark."
    assert "image/png" in figure


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"unknown settings \['size'\]"):
        made(stills={"x": {"size": 1}})
    for controls, stills in (({}, {"x": {}}), ({"level": slider("level", 0, 1, 0)}, {})):
        with pytest.raises(ValueError, match="at least one control and one still"):
            Explorer("grey", view, controls, stills)


def test_pictures_keep_their_colours_and_figures_become_pixels():
    image = np.zeros((16, 16, 3), np.uint8)
    image[..., 0] = 200
    kind, data = encoded(image)
    back = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert kind == "jpeg" and np.abs(back.astype(int) - image).max() < 6
    assert raster(Figure(figsize=(2, 1))).shape == (CHART_DPI, 2 * CHART_DPI, 3) and raster(image) is image


def test_trimmed_leaves_what_is_not_white_and_one_size():
    white = np.full((10, 12, 3), 255, np.uint8)
    a, b = white.copy(), white.copy()
    a[2, 3], b[5, 1] = 0, 0
    assert [picture.shape for picture in trimmed([a, b])] == [(6, 4, 3)] * 2


def test_controls_have_names_and_kinds():
    assert slider("a", 0, 1, 0.5, 0.1).value == 0.5 and isinstance(slider("a", 0, 9, 5).value, int)
    assert steps("s", (8, 16), 16).value == 16 and choice("c", {"one": 1}, 1).value == 1
    assert all(control.description for control in (slider("a", 0, 1, 0), steps("b", (1, 2), 1), on_off("c")))
