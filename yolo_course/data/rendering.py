"""The course's sets, rendered to where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from .domains import DOMAINS, SPLITS
from .embedded import cache_dir, data_dir
from .named import open_source
from .problems import DataError
from .render import find_domain, render_domain


def render_sets(
    names: Iterable[str], folder: Path | None = None, count: int | None = None, each_below: bool = False
) -> Iterator[str]:
    """Render sets one after the other; a line about each as it is finished.

    Without a ``folder``, near and far go into the course's data, and the source into the cache.
    ``each_below`` gives each a folder of its own below ``folder``. ``count`` is the number of training
    pictures. Raises DataError for an unknown set, and for a ``count`` that would change the committed sets.
    """
    names = list(names)
    if folder is None and count is not None and names != ["source"]:
        raise DataError("another number of pictures would replace the course's own sets. Name a folder for them.")
    for name in names:
        counts = split_counts(name, count)
        if folder is not None:
            yield str(render_domain(name, folder / name if each_below else folder, counts=counts))
        elif name != "source":
            yield str(render_domain(name, data_dir() / name))
        else:
            yield _fill_cache(counts)


def split_counts(name: str, count: int | None = None) -> dict[str, int]:
    """Pictures of each split: ``count`` to train on, of the others the usual number, at most ``count``."""
    usual = find_domain(name).counts
    return (
        usual if count is None else {split: count if split == "train" else min(count, usual[split]) for split in usual}
    )


def _fill_cache(counts: dict[str, int]) -> str:
    sets = [open_source(split, counts[split]) for split in SPLITS]
    pictures = ", ".join(f"{split} {len(data)}" for split, data in zip(SPLITS, sets, strict=True))
    size = DOMAINS["source"].size
    return f"{cache_dir()}: {pictures} pictures of the source, {size} pixels"
