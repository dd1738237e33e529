"""What holds for every explorer: at both ends of each control it draws, at one size, the same twice, and says so."""

import pkgutil
from html import escape
from importlib import import_module

import ipywidgets
import numpy as np
import pytest
from matplotlib.figure import Figure

from yolo_course.show import explorers
from yolo_course.show.explorers.explorer import Explorer, encoded, raster

MODULES = [import_module(f"{explorers.__name__}.{module.name}") for module in pkgutil.iter_modules(explorers.__path__)]
FOUND = [
    (name, function)
    for module in MODULES
    for name, function in vars(module).items()
    if name.startswith("explore_") and function.__module__ == module.__name__
]
MAKERS = dict(FOUND)


@pytest.fixture(scope="module")
def made():
    """Every explorer with its own example, made once."""
    explorers = {}

    def make(name) -> Explorer:
        if name not in explorers:
            explorers[name] = MAKERS[name]()
        return explorers[name]

    return make


def ends(control) -> list:
    """The values at which a control stops; all of them where it is a list."""
    if isinstance(control, ipywidgets.Checkbox | ipywidgets.ToggleButton):
        return [False, True]
    if hasattr(control, "options"):
        options = control.options.items() if isinstance(control.options, dict) else control.options
        return [option[1] if isinstance(option, tuple) else option for option in options]
    return [control.min, control.max]


@pytest.mark.parametrize("name", MAKERS)
def test_at_the_ends_of_every_control(made, name):
    explorer = made(name)
    first = explorer.draw(**explorer.start)
    shape = raster(first.picture).shape
    for key, control in explorer.controls.items():
        assert control.description and ("style" not in control.keys or control.style.description_width == "initial")
        for value in ends(control):
            view = explorer.draw(**{**explorer.start, key: value})
            assert isinstance(view.picture, np.ndarray | Figure) and len(view.words.split()) >= 4, (key, value)
            picture = raster(view.picture)
            assert picture.dtype == np.uint8 and picture.shape == shape, (key, value, picture.shape)


@pytest.mark.parametrize("name", MAKERS)
def test_all_controls_at_their_ends_together(made, name):
    explorer = made(name)
    for end in (0, -1):
        settings = {key: ends(control)[end] for key, control in explorer.controls.items()}
        assert len(explorer.draw(**settings).words.split()) >= 4, settings


@pytest.mark.parametrize("name", MAKERS)
def test_every_control_does_something_from_the_start_or_from_a_still(made, name):
    explorer = made(name)
    for key, control in explorer.controls.items():
        assert any(does_something(explorer, key, ends(control), still) for still in explorer.stills.values()), key


def does_something(explorer, key, values, still) -> bool:
    """Do two of the values of a control look different?"""
    pictures = (raster(explorer.draw(**{**explorer.start, **still, key: value}).picture).tobytes() for value in values)
    first = next(pictures)
    return any(picture != first for picture in pictures)


@pytest.mark.parametrize("name", MAKERS)
def test_the_widget_follows_and_the_same_setting_looks_the_same(made, name):
    explorer = made(name)
    before = bytes(explorer.image.value), explorer.words.value
    for key, control in explorer.controls.items():
        for value in ends(control):
            control.value = value
            shown = explorer.draw(**explorer.settings)
            assert escape(shown.words) in explorer.words.value, (key, value)
            assert bytes(explorer.image.value) == encoded(shown.picture)[1], (key, value)
        control.value = explorer.start[key]
    assert (bytes(explorer.image.value), explorer.words.value) == before


@pytest.mark.parametrize("name", MAKERS)
def test_stills_differ_from_each_other_and_have_words(made, name):
    explorer = made(name)
    pictures = [raster(explorer.draw(**{**explorer.start, **still}).picture) for still in explorer.stills.values()]
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    assert MAKERS[name].__doc__
    assert explorer.still_sheet().shape[1] <= 1200


def test_every_subject_has_explorers_and_no_name_is_given_twice():
    modules = {function.__module__.rpartition(".")[2] for function in MAKERS.values()}
    assert modules >= {"start", "input", "backbone", "neck", "head", "loss", "transfer", "curves", "own_data"}
    assert len(MAKERS) == len(FOUND)
