"""The backbone's blocks as wiring: what flows where, drawn beside each other to be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from yolo_course.show import style
from yolo_course.show.style import mixed, new_figure

_HEIGHT = 0.62


class Part(NamedTuple):
    """A box of the wiring: its text, its middle (columns to the right, lines down), and where its inputs come from.

    ``kind`` is "work" (has weights), "join" (has none) or "end" (what goes in and comes out).
    """

    text: str
    x: float
    y: float
    sources: tuple[str, ...] = ()
    kind: str = "work"
    width: float = 1.5


Block = Mapping[str, Part]

STACK: Block = {
    "in": Part("c", 0, 0, kind="end"),
    "m": Part("bottleneck, width c", 0, 2, ("in",), width=2.2),
    "more": Part("… n in a row …", 0, 3, ("m",), kind="join", width=2.2),
    "last": Part("bottleneck, width c", 0, 4, ("more",), width=2.2),
    "out": Part("c", 0, 6, ("last",), kind="end"),
}
BOTTLENECK_CSP: Block = {
    "in": Part("c", 0, 0, kind="end"),
    "cv1": Part("cv1: Conv 1×1", -0.95, 1, ("in",), width=1.6),
    "cv2": Part("cv2: bare 1×1", 1.0, 2, ("in",), width=1.66),
    "m": Part("n bottlenecks, c/2", -0.95, 2, ("cv1",), width=1.86),
    "cv3": Part("cv3: bare 1×1", -0.95, 3, ("m",), width=1.7),
    "cat": Part("concat, BN, activation", 0, 4, ("cv3", "cv2"), width=2.6),
    "cv4": Part("cv4: Conv 1×1", 0, 5, ("cat",), width=1.7),
    "out": Part("c", 0, 6, ("cv4",), kind="end"),
}
C3_BLOCK: Block = {
    "in": Part("c", 0, 0, kind="end"),
    "cv1": Part("cv1: Conv 1×1", -0.95, 1, ("in",), width=1.6),
    "cv2": Part("cv2: Conv 1×1", 1.0, 2, ("in",), width=1.66),
    "m": Part("n bottlenecks, c/2", -0.95, 2, ("cv1",), width=1.86),
    "cat": Part("concat", 0, 4, ("m", "cv2"), kind="join", width=2.6),
    "cv3": Part("cv3: Conv 1×1", 0, 5, ("cat",), width=1.7),
    "out": Part("c", 0, 6, ("cv3",), kind="end"),
}
CSP_STORY = {"a plain stack": STACK, "BottleneckCSP (v2.0 to v3.1)": BOTTLENECK_CSP, "C3 (v4.0 on)": C3_BLOCK}


def wiring(blocks: Mapping[str, Block] = CSP_STORY) -> Figure:
    """Blocks beside each other, each drawn from top to bottom under its name.

    Raises ValueError for a part whose input there is not.
    """
    if not blocks:
        raise ValueError("found no block, expected at least one")
    for name, block in blocks.items():
        missing = {source for part in block.values() for source in part.sources} - set(block)
        if missing:
            raise ValueError(
                f"{name}: found inputs from {', '.join(sorted(missing))}, expected from {', '.join(block)}"
            )
    figure, (row,) = new_figure(style.WIDTH, 4.6, 1, len(blocks))
    for axes, (name, block) in zip(row, blocks.items(), strict=True):
        _draw(axes, list(block.values()), [(block[s], part) for part in block.values() for s in part.sources])
        axes.set_title(name, fontsize=style.NORMAL, fontweight="bold")
    return figure


def _draw(axes: Axes, parts: Sequence[Part], arrows: Sequence[tuple[Part, Part]]) -> None:
    for part in parts:
        _box(axes, part)
    for start, end in arrows:
        a, b = (start.x, start.y + _HEIGHT / 2), (end.x, end.y - _HEIGHT / 2)
        look = {"arrowstyle": "-|>", "mutation_scale": 13, "linewidth": 1.5, "color": "black"}
        axes.add_patch(FancyArrowPatch(a, b, shrinkA=0, shrinkB=0, **look))
    axes.set(xlim=(-1.95, 1.95), ylim=(max(part.y for part in parts) + 0.4, -0.4))
    axes.set_axis_off()


def _box(axes: Axes, part: Part) -> None:
    green = style.STAGES["backbone"]
    fill = {"work": mixed(green, 0.5), "join": style.LIGHT, "end": "white"}[part.kind]
    edge = {"work": mixed(green, 0.6, "black"), "join": style.GREY, "end": "black"}[part.kind]
    width = 0.6 if part.kind == "end" else part.width
    corner = (part.x - width / 2, part.y - _HEIGHT / 2)
    shape = "round,pad=0,rounding_size=0.1"
    axes.add_patch(FancyBboxPatch(corner, width, _HEIGHT, shape, facecolor=fill, edgecolor=edge, linewidth=1.4))
    axes.text(part.x, part.y, part.text, ha="center", va="center", fontsize=style.SMALL)
