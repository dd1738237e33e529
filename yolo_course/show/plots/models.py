"""The models of the family beside each other: what a larger one costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from yolo_course.show import style
from yolo_course.show.style import new_figure, tidy


class ModelCost(NamedTuple):
    """One model: parameters, operations for one picture (GFLOPs), and the time for it (milliseconds)."""

    name: str
    parameters: int
    gflops: float
    milliseconds: float


def model_chart(costs: Sequence[ModelCost]) -> Figure:
    """Parameters against GFLOPs, and milliseconds a picture against GFLOPs; both axes by powers of ten.

    On such axes a straight line that rises one power for one means: twice the work, twice the cost. Raises
    ValueError for no model.
    """
    if not costs:
        raise ValueError("found no model, expected at least one ModelCost")
    figure, ((left, right),) = new_figure(style.WIDTH, 3.8, 1, 2)
    _panel(left, costs, [cost.parameters / 1e6 for cost in costs], "million parameters", "{:.1f} M")
    _panel(right, costs, [cost.milliseconds for cost in costs], "milliseconds a picture", "{:.0f} ms")
    return figure


def _panel(axes: Axes, costs: Sequence[ModelCost], values: Sequence[float], name: str, form: str) -> None:
    work = [cost.gflops for cost in costs]
    axes.loglog(work, values, color=style.GREY, linewidth=1.5, marker="o", markersize=10, markerfacecolor="black")
    for cost, x, y in zip(costs, work, values, strict=True):
        offset = {"textcoords": "offset points", "xytext": (9, -4), "va": "top"}
        axes.annotate(f"{cost.name}: {form.format(y)}", (x, y), fontsize=style.SMALL, **offset)
    tidy(axes, f"{name[0].upper()}{name[1:]}", "GFLOPs a picture", "", grid="both")
    axes.set_xlim(min(work) / 1.6, max(work) * 5)
    axes.set_ylim(min(values) / 2.2, max(values) * 1.8)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
