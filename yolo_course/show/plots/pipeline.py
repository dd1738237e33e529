"""The five stages as a strip: where in the pipeline are we?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from yolo_course.show import style
from yolo_course.show.style import ink, mixed, new_figure

DOES = {
    "input": "resize, augment",
    "backbone": "pixels to features",
    "neck": "coarse meets fine",
    "head": "features to boxes",
    "loss": "boxes against truth",
}
_WIDTH, _GAP = 1.0, 0.18


def pipeline_strip(lit: str | None = None) -> Figure:
    """Input, backbone, neck, head and loss in a row, the stage ``lit`` in its colour; None lights all.

    Raises ValueError for a stage that there is not.
    """
    if lit is not None and lit not in style.STAGES:
        raise ValueError(f"found stage {lit!r}, expected one of {', '.join(style.STAGES)}")
    figure, ((axes,),) = new_figure(height=1.75)
    for number, stage in enumerate(style.STAGES):
        left = number * (_WIDTH + _GAP)
        _box(axes, left, stage, number + 1, lit in (None, stage))
        if number:
            draw_arrow(axes, (left - _GAP, 0.5), (left, 0.5))
    _gradients(axes)
    axes.set(xlim=(-0.04, 5 * _WIDTH + 4 * _GAP + 0.04), ylim=(-0.62, 1.03))
    axes.set_axis_off()
    return figure


def _box(axes: Axes, left: float, stage: str, number: int, is_lit: bool) -> None:
    fill = style.STAGES[stage] if is_lit else "white"
    edge = mixed(style.STAGES[stage], 0.6, "black") if is_lit else style.GREY
    shape = "round,pad=0,rounding_size=0.08"
    box = FancyBboxPatch((left, 0), _WIDTH, 1, shape, facecolor=fill, edgecolor=edge, linewidth=2.5 if is_lit else 1)
    axes.add_patch(box)
    colour = ink(fill) if is_lit else style.GREY
    weight = "bold" if is_lit else "normal"
    options = {"ha": "center", "va": "center", "color": colour}
    axes.text(
        left + 0.5,
        0.64,
        f"{number}  {stage.capitalize()}",
        fontsize=style.LARGE,
        fontweight=weight,
        **options,
    )
    axes.text(left + 0.5, 0.28, DOES[stage], fontsize=style.SMALL, **options)


def draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], **look) -> None:
    """From one box of a strip to the next; ``look`` are more options of ``FancyArrowPatch``."""
    options = {"arrowstyle": "-|>", "mutation_scale": 16, "shrinkA": 1, "shrinkB": 1, **look}
    axes.add_patch(FancyArrowPatch(start, end, color="black", linewidth=1.5, **options))


def _gradients(axes: Axes) -> None:
    """The way back, in training only: from the loss through head and neck to the backbone."""
    start, end = 4 * (_WIDTH + _GAP) + 0.5, _WIDTH + _GAP + 0.5
    axes.plot([start, start, end, end], [0, -0.3, -0.3, -0.08], color=style.GREY, linewidth=1.3, linestyle="--")
    axes.plot([end], [-0.06], marker="^", color=style.GREY, markersize=7)
    text = "training only: gradients go back and change what is not frozen"
    axes.text((start + end) / 2, -0.36, text, fontsize=style.SMALL, color=style.GREY, ha="center", va="top")
