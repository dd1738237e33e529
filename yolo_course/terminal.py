"""What the commands share: how they print, and how they read values that people type."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

Value = int | float | bool | str | None


def make_console(quiet: bool = False) -> Console:
    """A console that breaks no line of text and colours only what it is told to."""
    return Console(soft_wrap=True, highlight=False, quiet=quiet)


@contextmanager
def plain_warnings(console: Console) -> Iterator[None]:
    """What is odd about a data set is told as it is, without the place in the code that found it."""
    from yolo_course.data import DataWarning

    with warnings.catch_warnings():
        warnings.simplefilter("always", DataWarning)
        usual = warnings.showwarning

        def show(message, category, *place, **more) -> None:
            if issubclass(category, DataWarning):
                console.print(f"[yellow]Note:[/] {escape(str(message))}")
            else:
                usual(message, category, *place, **more)

        warnings.showwarning = show
        yield


def named_values(pairs: Iterable[str], option: str) -> dict[str, Value]:
    """``["box=0.05", "mosaic=0"]`` as a dict. Raises ValueError for a word without ``=``."""
    found = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise ValueError(f"found {option} {pair!r}, expected NAME=VALUE, such as {option} lr=0.003")
        found[name.strip()] = value(text.strip())
    return found


def value(text: str) -> Value:
    """A typed word as a number, true, false or none where it is one; else as it is."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def whole_numbers(text: str, option: str) -> tuple[int, ...]:
    """``"0,1,2"`` as (0, 1, 2). Raises ValueError for anything but whole numbers between commas."""
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError as error:
        raise ValueError(f"found {option} {text!r}, expected whole numbers such as {option} 0,1,2") from error


def listed(words: Iterable[str] | None) -> list[str]:
    """Options given several times, or once with commas: ``["a,b", "c"]`` as a, b, c."""
    return [word.strip() for each in words or () for word in each.split(",") if word.strip()]


def shell_word(path: str | Path) -> str:
    """A path as it is typed into a shell: in quotes where it has a space."""
    return f'"{path}"' if " " in str(path) else str(path)
