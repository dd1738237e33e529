"""From cells in a row to slides: the meaning of Jupyter's slideshow metadata.

``slide`` begins a slide, ``subslide`` one below it, ``fragment`` a step that appears on a key press; ``-`` (or no
type) goes on with whatever is there, a fragment included; ``notes`` are for the speaker; ``skip`` is left out. The
first visible cell begins a slide whatever its type. This is how RISE and nbconvert read the types, too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .deck import SlidesError

TYPES = ("slide", "subslide", "fragment", "notes", "skip", "-")


@dataclass
class Group:
    """The cells of one slide: each with the step at which it appears, or None; and the notes to it."""

    cells: list[tuple] = field(default_factory=list)
    notes: list = field(default_factory=list)
    below: bool = False

    @property
    def steps(self) -> int:
        return max((step for _, step in self.cells if step is not None), default=-1) + 1


def slide_type(cell) -> str:
    """The slide type of a cell; raises SlidesError for one that does not exist."""
    kind = cell.get("metadata", {}).get("slideshow", {}).get("slide_type") or "-"
    if kind not in TYPES:
        raise SlidesError(f"found slide type {kind!r}, expected one of {', '.join(TYPES)}")
    return kind


def group(cells: Iterable) -> list[Group]:
    """The slides of a notebook's cells. Notes that come before the first slide belong to it."""
    groups, early, step = [], [], None
    for cell in cells:
        kind = slide_type(cell)
        if kind == "skip":
            continue
        if kind == "notes":
            (groups[-1].notes if groups else early).append(cell)
            continue
        if kind in ("slide", "subslide") or not groups:
            groups.append(Group(below=kind == "subslide" and bool(groups)))
            step = None
        elif kind == "fragment":
            step = groups[-1].steps
        groups[-1].cells.append((cell, step))
    if not groups:
        raise SlidesError("found no visible cell, expected one of slide type 'slide': give the cells slide types")
    groups[0].notes[:0] = early
    return groups
