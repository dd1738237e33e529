"""A talk put together from named cells of the notebooks, by a list in a YAML file.

A cell's name is ``name`` in its metadata, unique in its notebook. ``07/far-curves`` is the cell ``far-curves`` of
the notebook whose file begins with 07. The file's form is described in CONTRIBUTING.md, "Slides".
"""

import re
from difflib import get_close_matches
from pathlib import Path

import yaml

from .deck import Block, Deck, Slide, SlidesError
from .notebook import STAGES, cell_blocks, cover_block, read, split_title
from .text import notes_html, text_blocks, title_html

OF_TALK = {"title", "subtitle", "notes", "slides"}
OF_SLIDE = {"heading", "cells", "text", "notes", "source"}


def talk_deck(path: Path, notebooks: list[Path]) -> Deck:
    """The deck that a YAML file describes, with cells of these notebooks."""
    talk = _load(path)
    shelf = Shelf(notebooks)
    cover = Slide([cover_block(talk["title"], talk.get("subtitle", ""), "", "")], _notes(talk, path), cover=True)
    slides = [cover]
    for number, entry in enumerate(talk["slides"], 1):
        try:
            slides.append(_slide(entry, shelf, path))
        except SlidesError as error:
            raise SlidesError(f"{path.name}, slide {number}: {error}") from error
    return Deck(path.stem, talk["title"], slides, STAGES, talk.get("subtitle", ""), enough=0)


class Shelf:
    """The notebooks, each read once when a cell of it is asked for."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self._cells: dict[Path, list] = {}

    def notebook(self, number: str) -> Path:
        """The notebook whose file is called this, or begins with it."""
        found = [path for path in self.paths if path.stem == number or path.stem.startswith(f"{number}_")]
        if len(found) != 1:
            names = ", ".join(path.stem for path in self.paths)
            raise SlidesError(f"found notebook {number!r}, expected the beginning of one of {names}")
        return found[0]

    def cells(self, path: Path) -> list:
        if path not in self._cells:
            self._cells[path] = read(path).cells
        return self._cells[path]

    def cell(self, address: str):
        """The notebook and the one cell that ``07/far-curves`` names; the error for a wrong name lists near ones."""
        number, slash, name = str(address).partition("/")
        if not slash or not name:
            raise SlidesError(f"found cell {address!r}, expected notebook/name, such as 07/far-curves")
        path = self.notebook(number)
        named = [cell for cell in self.cells(path) if cell.metadata.get("name")]
        found = [cell for cell in named if cell.metadata["name"] == name]
        if len(found) == 1:
            return path, found[0]
        if found:
            raise SlidesError(f"found {len(found)} cells named {name!r} in {path.name}, expected one: rename others")
        raise SlidesError(_unknown(name, [cell.metadata["name"] for cell in named], path))


def _unknown(name: str, names: list[str], path: Path) -> str:
    if not names:
        return f"found cell name {name!r}, but no cell of {path.name} has one: set `name` in the cell's metadata"
    near = get_close_matches(name, names, n=3, cutoff=0.4)
    which = f"near ones are {', '.join(near)}" if near else f"there are {', '.join(names)}"
    return f"found cell name {name!r}, expected a name that a cell of {path.name} has: {which}"


def _slide(entry: dict, shelf: Shelf, path: Path) -> Slide:
    _check(entry, OF_SLIDE, "slide")
    blocks, sources = text_blocks(entry.get("text", ""), path.parent), {}
    for address in entry.get("cells") or []:
        notebook, cell = shelf.cell(address)
        cells = shelf.cells(notebook)
        sources[notebook.stem] = split_title(cells, notebook)[0]
        made = [each for each in cell_blocks(cell, cells, notebook) if each.kind != "code" or entry.get("source", True)]
        blocks += [block.placed(None, len(sources)) for block in made]
    if not blocks:
        raise SlidesError("found a slide that shows nothing, expected `cells` or `text`")
    links = ", ".join(f'<a href="{stem}.html">{title_html(title)}</a>' for stem, title in sources.items())
    return Slide(_headed(blocks, entry.get("heading")), _notes(entry, path), source=links)


def _headed(blocks: list[Block], heading: str | None) -> list[Block]:
    """The slide with one heading: its own, or that of the first cell that has one, without the section's number."""
    titles = [block.html for block in blocks if block.kind == "title"]
    body = [block for block in blocks if block.kind != "title"]
    if heading:
        return [Block("title", f"<h2>{title_html(heading)}</h2>"), *body]
    found = re.findall(r"(?s)<h\d>(.*?)</h\d>", titles[0]) if titles else []
    unnumbered = re.sub(r"^[\d.]+ ", "", found[-1]) if found else ""
    return [Block("title", f"<h2>{unnumbered}</h2>"), *body] if found else body


def _notes(entry: dict, path: Path) -> str:
    return notes_html([entry["notes"]], path.parent) if entry.get("notes") else ""


def _load(path: Path) -> dict:
    try:
        talk = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SlidesError(f"found no talk that can be read in {path.name} ({error}), expected a YAML file") from error
    _check(talk, OF_TALK, "talk")
    if not talk.get("title") or not isinstance(talk.get("slides"), list) or not talk["slides"]:
        raise SlidesError(f"{path.name}: found no `title` or no list of `slides`, expected both")
    return talk


def _check(entry, known: set[str], what: str) -> None:
    if not isinstance(entry, dict):
        raise SlidesError(f"found a {what} that is {entry!r}, expected entries such as {', '.join(sorted(known))}")
    if unknown := sorted(set(map(str, entry)) - known):
        raise SlidesError(f"found {', '.join(unknown)} in a {what}, expected only {', '.join(sorted(known))}")
