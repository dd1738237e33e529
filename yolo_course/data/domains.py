"""The three visual worlds of the course, as declarations.

`source` is what the course's weights are trained on; `near` shows other shapes on the same table; `far` is
another world altogether. How much freezing helps depends on that distance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from . import shapes, signs, street, tabletop
from .scene import Scene

SEED = 2021
SPLITS = ("train", "val", "test")
COMMITTED = {"train": 160, "val": 100, "test": 150}


@dataclass(frozen=True)
class Domain:
    """One visual world: what is in it, and the usual form of its pictures."""

    name: str
    number: int  # part of every picture's seed
    about: str
    names: tuple[str, ...]  # the classes, in order
    plan: Callable[[np.random.Generator, int, int], Scene]  # (rng, width, height)
    counts: dict[str, int]  # pictures of each split
    size: int  # longer side in pixels
    aspects: tuple[float, ...] = (1.0,)  # width / height, one drawn for each picture


SOURCE_SHAPES = {
    "disc": [shapes.ellipse()],
    "square": [shapes.soften(shapes.regular(4, 45), 0.05)],
    "triangle": [shapes.regular(3)],
    "star": [shapes.star()],
    "ring": [shapes.ellipse(), shapes.ellipse(0.56, 0.56)],
    "cross": [shapes.cross()],
    "hexagon": [shapes.regular(6)],
    "crescent": [shapes.crescent()],
}
NEAR_SHAPES = {"heart": [shapes.heart()], "arrow": [shapes.arrow()], "drop": [shapes.drop()]}

SOURCE = Domain(
    name="source",
    number=0,
    about="eight textured shapes on a table, to pre-train on",
    names=tuple(SOURCE_SHAPES),
    plan=partial(tabletop.plan, silhouettes=list(SOURCE_SHAPES.values())),
    counts={"train": 6000, "val": 300, "test": 300},
    size=160,
)
NEAR = Domain(
    name="near",
    number=1,
    about="three shapes that the source lacks, on the same tables",
    names=tuple(NEAR_SHAPES),
    # no pebbles: with these classes, some would pass for a heart or a drop
    plan=partial(tabletop.plan, silhouettes=list(NEAR_SHAPES.values()), clutter={"ribbon": 0.65, "scrap": 0.35}),
    counts=COMMITTED,
    size=224,
    aspects=(1.0, 1.0, 1.25, 0.8),
)
FAR = Domain(
    name="far",
    number=2,
    about="four road signs in a street, in all weathers",
    names=tuple(signs.CLASSES),
    plan=partial(street.plan, faces=list(signs.CLASSES.values())),
    counts=COMMITTED,
    size=288,
    aspects=(1.0, 1.25, 4 / 3, 1.6, 0.8),
)
DOMAINS = {domain.name: domain for domain in (SOURCE, NEAR, FAR)}
