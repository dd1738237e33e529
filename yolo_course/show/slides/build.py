"""Build the decks: one for each notebook, and the weekly talk."""

from collections.abc import Callable
from pathlib import Path

from yolo_course.data.images import write_atomic
from yolo_course.notebooks import NotebookError, find_notebooks

from .deck import SlidesError
from .notebook import notebook_deck
from .page import deck_html
from .talk import talk_deck

TALK = "weekly_talk"
MAX_BYTES = 6_000_000


def build(folder: Path, out: Path, parts: list[str], say: Callable[[str], None] = print) -> bool:
    """Write the decks of the notebooks in ``folder`` whose names contain one of ``parts``; all, and the talk, if none.

    "talk" among the parts means the weekly talk. A deck that cannot be made is left as it was and the others are
    made; the result tells whether all were.
    """
    notebooks = find_notebooks(folder, [])
    decks = [(path.stem, lambda path=path: notebook_deck(path)) for path in _chosen(folder, parts)]
    talk = folder / f"{TALK}.yaml"
    if any(part in TALK for part in parts) or (not parts and talk.exists()):
        decks.append((TALK, lambda: talk_deck(talk, notebooks)))
    failed = []
    for name, make in decks:
        try:
            size = write(out / f"{name}.html", deck_html(make()))
        except SlidesError as error:
            failed.append(name)
            say(f"FAILED  {name}: {error}")
        else:
            say(f"wrote   {out / name}.html  ({size / 1e6:.1f} MB)")
    if failed:
        say(f"\nNot written, left as they were: {', '.join(failed)}.")
    return not failed


def write(path: Path, html: str) -> int:
    """Write a deck in one step; the result is its size in bytes. Raises SlidesError if it is too large to mail."""
    data = html.encode("utf-8")
    if len(data) > MAX_BYTES:
        raise SlidesError(f"found {len(data):,} bytes, expected {MAX_BYTES:,} at most: show fewer or smaller figures")
    write_atomic(path, data)
    return len(data)


def _chosen(folder: Path, parts: list[str]) -> list[Path]:
    notebooks = [part for part in parts if part not in TALK]
    if parts and not notebooks:
        return []
    try:
        return find_notebooks(folder, notebooks)
    except NotebookError as error:
        raise SlidesError(f"{error} The weekly talk is called talk.") from error
