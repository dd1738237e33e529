"""One style: colours mean one thing, figures leave nothing behind, and every picture has words beside it."""

import base64
import threading
from io import BytesIO

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from yolo_course.show import style


def published(monkeypatch):
    """What display_figure hands to the page, as (data, metadata)."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw, metadata: shown.append((data, metadata)))
    return shown


def test_frozen_is_blue_unfrozen_is_orange_and_stages_differ():
    assert style.MODES["backbone"].colour == style.FROZEN == "#0072B2"
    assert style.MODES["unfrozen"].colour == style.UNFROZEN == "#E69F00"
    assert list(style.STAGES) == ["input", "backbone", "neck", "head", "loss"]
    assert len(set(style.STAGES.values()) | {style.FROZEN, style.UNFROZEN, style.SCRATCH}) == 8


def test_modes_can_be_told_apart_without_colour():
    marks = [(mode.dash, mode.marker) for mode in style.MODES.values()]
    assert len(set(marks)) == len({mode.label for mode in style.MODES.values()}) == len(style.MODES) == 6
    assert style.mode_style("mine", 0) != style.mode_style("mine", 1)
    assert style.mode_style("mine").label == "mine"


@pytest.mark.parametrize("fill", [*style.STAGES.values(), style.FROZEN, "black", "white"])
def test_ink_is_readable_on_every_fill(fill):
    def light(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(fill), light(style.ink(fill))), reverse=True)
    assert (high + 0.05) / (low + 0.05) > 4.5  # what the web's accessibility guidelines ask of text


def test_mixed_ends():
    assert style.mixed(style.BLUE, 1) == style.BLUE.lower() and style.mixed(style.BLUE, 0) == "#ffffff"
    assert style.mixed("white", 0.0, "black") == "#000000"


def test_a_figure_reaches_the_page_at_twice_its_size_with_alt_text(monkeypatch):
    shown, alt = published(monkeypatch), "An empty chart without any line"
    figure, axes = style.new_figure(5, 2)
    assert axes.shape == (1, 1)
    style.display_figure(figure, alt)
    data, metadata = shown[0]
    assert metadata == {"image/png": {"alt": alt, "width": 500, "height": 200}}
    png = base64.b64decode(data["image/png"])
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and alt in data["text/plain"]
    assert [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] == [1000, 400]


@pytest.mark.parametrize("alt", ["", "figure", "a short one"])
def test_alt_text_must_say_something(monkeypatch, alt):
    shown = published(monkeypatch)
    with pytest.raises(ValueError, match="found alt=.*expected a sentence"):
        style.display_figure(style.new_figure()[0], alt)
    assert not shown


def test_the_same_figure_gives_the_same_bytes_and_no_software_name():
    first, second = (style.png(style.new_figure(3, 2)[0]) for _ in range(2))
    assert first == second and b"Software" not in first


def test_flat_colours_survive_the_palette():
    figure, ((axes,),) = style.new_figure(3, 2)
    axes.imshow(np.random.default_rng(0).random((50, 50, 3)))  # thousands of other colours
    for number, colour in enumerate(style.STAGES.values()):
        axes.barh([number * 10], [50], height=9, color=colour)
    picture = Image.open(BytesIO(style.png(figure))).convert("RGB")
    seen = {to_hex(np.array(colour) / 255).upper() for _, colour in picture.getcolors()}
    assert len(seen) <= 256 and {*style.STAGES.values(), "#FFFFFF"} <= seen


def test_nothing_global_changes_and_threads_may_draw():
    import matplotlib.pyplot as plt

    before, pictures = dict(matplotlib.rcParams), []
    threads = [threading.Thread(target=lambda: pictures.append(style.png(style.new_figure()[0]))) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pictures) == 2 and pictures[0] == pictures[1]
    assert dict(matplotlib.rcParams) == before and not plt.get_fignums()


def test_labels_at_the_ends_of_bars_have_room():
    _, ((axes,),) = style.new_figure()
    style.end_labels(axes, [1.0, 4.0], ["one", "four"])
    assert [text.get_text() for text in axes.texts] == ["one", "four"] and axes.get_xlim()[1] > 5
    style.end_labels(axes, [0.0], ["nothing"])
    assert axes.get_xlim() == (0, 1.3)
