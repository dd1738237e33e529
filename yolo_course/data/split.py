"""Train, validation and test drawn at random, but never a scene in two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .dataset import Dataset
from .duplicates import scenes
from .problems import DataError

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def split_dataset(
    data: Dataset,
    shares: Mapping[str, float] = SHARES,
    seed: int = 0,
    groups: Sequence[Sequence[int]] | None = None,
) -> dict[str, Dataset]:
    """The data set in parts of these ``shares``, the same for the same pictures and ``seed``.

    Pictures of one group stay together: by default near-duplicates (:func:`yolo_course.data.duplicates.scenes`), or
    what you know of them, as lists of indices: a film, a day, a patient. Raises DataError for shares that do not add
    up to 1, groups that do not hold each picture once, and fewer groups than parts.
    """
    _check(data, shares, groups := [list(g) for g in (scenes(data) if groups is None else groups)])
    order = sorted(groups, key=lambda group: min(data.ids[i] for i in group))  # by name, wherever the files lie
    order = [order[i] for i in np.random.default_rng(seed).permutation(len(order))]
    order.sort(key=len, reverse=True)  # stable: a large group finds room while all parts are empty
    parts: dict[str, list[int]] = {name: [] for name in shares}
    for group in order:
        lacks = {name: share * len(data) - len(parts[name]) for name, share in shares.items()}
        parts[max(lacks, key=lacks.__getitem__)] += group
    empty = [name for name, indices in parts.items() if not indices]
    if empty:
        raise DataError(
            f"found {len(groups)} scenes in {len(data)} pictures, too few for the parts {', '.join(empty)}: take more "
            "pictures of other scenes, or fewer parts"
        )
    return {name: data.subset(sorted(indices, key=data.ids.__getitem__)) for name, indices in parts.items()}


def _check(data: Dataset, shares: Mapping[str, float], groups: list[list[int]]) -> None:
    if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-6:
        raise DataError(f"found the shares {dict(shares)}, expected some above 0 that add up to 1")
    if sorted(i for group in groups for i in group) != list(range(len(data))):
        raise DataError(f"found groups that do not hold each of the {len(data)} pictures once: list every index once")
