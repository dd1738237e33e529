"""The map of ideas drawn: five columns, a stage each, and in them the ideas by year."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from yolo_course.show import style
from yolo_course.show.ideas import EARLIER, IDEAS, IN_USE, OFF, Idea
from yolo_course.show.style import ink, mixed, new_figure

_WIDTH, _HEIGHT, _PITCH = 0.94, 0.78, 1.0


def idea_map() -> Figure:
    """Every idea of :data:`yolo_course.show.ideas.IDEAS` at its stage, the oldest on top.

    Full colour: v7.0 trains with it. Pale: an earlier release did. White and dashed: it is there, and off.
    """
    columns = {stage: [idea for idea in IDEAS if idea.stage == stage] for stage in style.STAGES}
    longest = max(map(len, columns.values()))
    figure, ((axes,),) = new_figure(height=0.47 * longest + 1.0)
    for x, (stage, ideas) in enumerate(columns.items()):
        axes.text(x, -0.75, stage.capitalize(), fontsize=style.LARGE, fontweight="bold", ha="center", va="center")
        for y, idea in enumerate(ideas):
            _draw(axes, x, y * _PITCH, idea)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(longest - 0.4, -1.2))
    axes.set_axis_off()
    handles = [Patch(**_look(style.GREY, use), label=use) for use in (IN_USE, EARLIER, OFF)]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=style.NORMAL, frameon=False)
    return figure


def _look(colour: str, use: str) -> dict:
    """Told apart without colour, too: full, pale, and white with a dashed edge."""
    fill = {IN_USE: colour, EARLIER: mixed(colour, 0.3), OFF: "white"}[use]
    edge, dash = mixed(colour, 0.6, "black"), "--" if use == OFF else "-"
    return {"facecolor": fill, "edgecolor": edge, "linestyle": dash, "linewidth": 1.6}


def _draw(axes: Axes, x: float, y: float, idea: Idea) -> None:
    look = _look(style.STAGES[idea.stage], idea.use)
    corner, shape = (x - _WIDTH / 2, y - _HEIGHT / 2), "round,pad=0,rounding_size=0.08"
    axes.add_patch(FancyBboxPatch(corner, _WIDTH, _HEIGHT, shape, mutation_aspect=2, **look))
    options = {"ha": "center", "va": "center", "color": ink(look["facecolor"])}
    size = style.NORMAL * min(1, 16 / len(idea.name))
    axes.text(x, y - 0.13, idea.name, fontsize=size, fontweight="bold", **options)
    axes.text(x, y + 0.2, str(idea.year), fontsize=style.SMALL - 1, **options)
