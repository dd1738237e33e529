"""What a step does to the loss, how the loss falls, and how an average follows the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from yolo_course.show import style
from yolo_course.show.style import LineStyle, new_figure, tidy

PARTS = {
    "box": LineStyle("box", style.STAGES["loss"], "-", "o"),
    "obj": LineStyle("objectness", style.STAGES["head"], "--", "s"),
    "cls": LineStyle("class", style.BLACK, ":", "^"),
}
_AVERAGES = ((style.STAGES["loss"], "-"), (style.SKY, "--"), (style.BLACK, ":"), (style.GREEN, "-."))


def step_curve(rates: Sequence[float], losses: Sequence[float], start: float, marked: float | None = None) -> Figure:
    """The loss after one step down the gradient, against the learning rate; dashed, the loss before it.

    Steps that go much too far leave the chart at its top. ``marked`` is a rate to point at. Raises ValueError where
    rates and losses do not pair.
    """
    if len(rates) != len(losses) or not len(rates):
        raise ValueError(f"found {len(rates)} rates and {len(losses)} losses, expected a loss for each rate")
    figure, ((axes,),) = new_figure(style.WIDTH, 3.6)
    axes.semilogx(rates, losses, color=style.STAGES["loss"], linewidth=2.6, marker="o", markersize=5)
    axes.axhline(start, color="black", linestyle="--", linewidth=1.5)
    options = {"fontsize": style.NORMAL, "textcoords": "offset points"}
    axes.annotate("before the step", (rates[0], start), xytext=(0, 5), va="bottom", **options)
    if marked is not None:
        axes.axvline(marked, color=style.GREY, linewidth=1.5)
        place = {"xycoords": ("data", "axes fraction"), "xytext": (5, -4), "va": "top"}
        axes.annotate(f"lr {marked:g}", (marked, 1), **place, **options)
    tidy(axes, "One step of gradient descent", "learning rate", "loss of the same batch", grid="both")
    valley = max(start - min(losses), 0.1 * abs(start))
    axes.set_ylim(start - 1.2 * valley, start + 1.2 * valley)
    return figure


def part_curves(parts: Sequence[Sequence[float]]) -> Figure:
    """The three parts of the loss (n, 3) step by step, on a logarithmic axis: half is as far at the top as below."""
    if not len(parts) or any(len(row) != len(PARTS) for row in parts):
        raise ValueError("found no steps, or rows of another length, expected rows of box, objectness, class")
    figure, ((axes,),) = new_figure(style.WIDTH, 3.0)
    for look, values in zip(PARTS.values(), zip(*parts, strict=True), strict=True):
        every = max(1, len(values) // 8)
        axes.plot(range(1, len(values) + 1), values, label=look.label, markersize=6, markevery=every, **look.line)
    axes.set_yscale("log")
    tidy(axes, "One batch, again and again", "step", "part of the loss", grid="both")
    axes.legend(fontsize=style.NORMAL, frameon=False, loc="upper right")
    return figure


def average_curves(
    keep: Mapping[str, Sequence[float]], weight: Sequence[float], averages: Mapping[str, Sequence[float]]
) -> Figure:
    """How much of itself each moving average keeps at an update, and how it follows one ``weight``.

    ``keep`` and ``averages`` have the same names. Raises ValueError where they do not, and for curves of other lengths.
    """
    if list(keep) != list(averages) or not 0 < len(keep) <= len(_AVERAGES):
        raise ValueError(f"found {list(keep)} and {list(averages)}, expected the same names, one to {len(_AVERAGES)}")
    if any(len(curve) != len(weight) for curve in (*keep.values(), *averages.values())):
        raise ValueError(f"found curves of other lengths, expected {len(weight)} numbers in each")
    figure, ((left, right),) = new_figure(style.WIDTH, 4.0, 1, 2)
    updates = range(1, len(weight) + 1)
    right.plot(updates, weight, color=style.GREY, linestyle="none", marker=".", markersize=4, label="the weight")
    for (name, curve), (colour, dash) in zip(averages.items(), _AVERAGES, strict=False):
        look = {"color": colour, "linestyle": dash, "linewidth": 2.6, "label": name}
        left.plot(updates, keep[name], **look)
        right.plot(updates, curve, **{**look, "linewidth": 2})
    tidy(left, "How much of itself it keeps", "update")
    tidy(right, "How it follows a weight that learns", "update")
    left.set_ylim(0, 1.05)
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=style.NORMAL, frameon=False)
    return figure
