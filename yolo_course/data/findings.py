"""What the data-set doctor finds: one kind of trouble, where it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One kind of trouble: what it is, where (a text for each place), and what to do.

    What is ``wrong`` stops training or makes its figures worthless; the rest is worth a look. ``pictures`` are the
    files to look at, where there are any.
    """

    what: str
    places: tuple[str, ...]
    advice: str
    wrong: bool
    pictures: tuple[Path, ...] = ()
