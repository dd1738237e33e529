"""A training step and a frozen part: what the step costs, and what the optimiser does to a weight all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from yolo_course.show import style
from yolo_course.show.style import end_labels, mixed, mode_style, new_figure, tidy


class StepCost(NamedTuple):
    """One training step of a ``mode``: milliseconds of the way forward and of the way back, megabytes kept between."""

    mode: str
    forward: float
    backward: float
    megabytes: float


def step_costs(costs: Sequence[StepCost]) -> Figure:
    """Left: the time of a step, forward (pale) and back (full); right: what is remembered for the way back.

    Shares are of the first row. Raises ValueError for no cost.
    """
    if not costs:
        raise ValueError("found no cost, expected at least one StepCost")
    figure, ((left, right),) = new_figure(style.WIDTH, 0.55 * len(costs) + 1.3, 1, 2, sharey=True)
    looks = [mode_style(cost.mode, number) for number, cost in enumerate(costs)]
    times, memory = [cost.forward + cost.backward for cost in costs], [cost.megabytes for cost in costs]
    for row, (cost, look) in enumerate(zip(costs, looks, strict=True)):
        pale = {"facecolor": mixed(look.colour, 0.35), "edgecolor": "black", "hatch": ".."}
        left.barh(row, cost.forward, 0.62, **pale)
        left.barh(row, cost.backward, 0.62, left=cost.forward, facecolor=look.colour, edgecolor="black")
        right.barh(row, cost.megabytes, 0.62, facecolor=look.colour, edgecolor="black")
    _shares(left, times, "{:.0f} ms")
    _shares(right, memory, "{:.0f} MB")
    tidy(left, "Time of one step", grid=None)
    tidy(right, "Kept for the way back", grid=None)
    left.set_yticks(range(len(costs)), [look.label for look in looks], fontsize=style.NORMAL)
    left.set_ylim(len(costs) - 0.45, -0.55)
    for axes in (left, right):
        axes.set_xticks([])
        axes.tick_params(length=0)
    keys = [Patch(facecolor="white", edgecolor="black", hatch="..", label="forward and loss")]
    keys.append(Patch(facecolor=style.GREY, edgecolor="black", label="back and step"))
    figure.legend(handles=keys, loc="outside lower left", ncols=2, fontsize=style.SMALL, frameon=False)
    return figure


def _shares(axes: Axes, values: Sequence[float], form: str) -> None:
    first = values[0] or 1
    end_labels(axes, values, [f"{form.format(value)}  ({value / first:.2f})" for value in values])
    axes.set_xlim(0, 1.55 * max(values))


def optimizer_traces(traces: Mapping[str, Sequence[float]], frozen_from: int) -> Figure:
    """One weight after each step, a line a way to train; from step ``frozen_from`` on it is "frozen" (hatched).

    Raises ValueError where ``frozen_from`` is no step of every trace.
    """
    if not traces or not all(0 < frozen_from < len(values) for values in traces.values()):
        found = [len(values) for values in traces.values()]
        raise ValueError(f"found frozen_from={frozen_from} and traces of {found} values, expected a step within each")
    figure, ((axes,),) = new_figure(style.WIDTH, 3.6)
    end = max(map(len, traces.values())) - 1
    axes.axvspan(
        frozen_from, end + 0.1, facecolor=mixed(style.FROZEN, 0.12), edgecolor=mixed(style.FROZEN, 0.3), hatch="//"
    )
    for number, (name, values) in enumerate(traces.items()):
        look = mode_style(name, number).line | {"linestyle": ("-", "--", "-.", ":")[number % 4]}
        axes.plot(range(len(values)), values, label=name, markersize=8, **look)
    tidy(axes, "", "step", "value of the weight")
    halo = {"facecolor": "white", "edgecolor": "none", "pad": 2}
    where = {"transform": axes.get_xaxis_transform(), "ha": "left", "va": "bottom"}
    axes.text(frozen_from + 0.15, 0.04, "requires_grad = False", fontsize=style.NORMAL, bbox=halo, **where)
    axes.set_xlim(0, end + 0.1)
    figure.legend(loc="outside right center", fontsize=style.SMALL, frameon=False)
    return figure
