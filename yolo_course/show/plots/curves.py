"""What training did: curves of a comparison's runs, its figures on the test split, and its costs.

    display_figure(learning_curves(comparison), alt="...")

A mode of training has one colour, dash and marker everywhere (see :mod:`yolo_course.show.style`). Seeds are
never hidden: a line is their mean, the band around it reaches from the lowest to the highest, a dot is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from yolo_course.learn.compare import BASELINE, Comparison
from yolo_course.show import style
from yolo_course.show.style import LineStyle, end_labels, mixed, mode_style, new_figure, tidy

Curves = Mapping[tuple[str, int], Sequence[Mapping]]  # rows of metrics.csv by (mode, seed)

AGAINST = {"epochs": "epoch", "seconds": "seconds of training"}
NAMES = {
    "map50": "mAP50",
    "map50_95": "mAP50-95",
    "precision": "precision",
    "recall": "recall",
    "box": "box loss",
    "obj": "objectness loss",
    "cls": "class loss",
}


def learning_curves(
    comparison: Comparison, against: Sequence[str] = ("epochs", "seconds"), metric: str = "map50"
) -> Figure:
    """A validation figure against epochs and against seconds of training, a panel each, a line a mode.

    Raises ValueError for another axis than those of ``AGAINST`` and another metric than those of ``NAMES``.
    """
    return draw_curves(comparison.curves, learning_rates(comparison), against, [metric])


def loss_curves(comparison: Comparison) -> Figure:
    """The three parts of the training loss against epochs, a panel each, a line a mode."""
    return draw_curves(comparison.curves, learning_rates(comparison), ("epochs",), ("box", "obj", "cls"))


def learning_rates(comparison: Comparison) -> dict[str, float]:
    """The learning rate of each mode."""
    return {row["mode"]: row["lr"] for row in comparison.summary}


def draw_curves(
    curves: Curves,
    rates: Mapping[str, float] | None = None,
    against: Sequence[str] = ("epochs",),
    metrics: Sequence[str] = ("map50",),
) -> Figure:
    """Curves of runs that are done or still going: a panel for each (metric, axis); no run yet, no line.

    ``rates`` are the learning rates that the legend states.
    """
    for found, known in ((against, AGAINST), (metrics, NAMES)):
        if not set(found) <= known.keys():
            raise ValueError(f"found {list(found)}, expected some of {', '.join(known)}")
    panels = [(metric, axis) for metric in metrics for axis in against]
    sharey = len(metrics) == 1
    figure, grid = new_figure(style.WIDTH, 4.2, 1, len(panels), sharey=sharey)
    for number, (axes, (metric, axis)) in enumerate(zip(grid[0], panels, strict=True)):
        is_loss = metric in ("box", "obj", "cls")
        y_name = "training loss" if is_loss else f"{NAMES[metric]} (validation)"
        title = NAMES[metric] if len(metrics) > 1 else ""
        tidy(axes, title, AGAINST[axis], y_name if number == 0 or not (is_loss or sharey) else "")
        for index, mode in enumerate(_modes(curves)):
            _draw_mode(axes, curves, mode, mode_style(mode, index), axis, metric)
        axes.set_ylim(0, None if is_loss else 1)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    _legend(figure, curves, rates or {})
    return figure


def _modes(curves: Curves) -> list[str]:
    return list(dict.fromkeys(mode for mode, _ in curves))


def _draw_mode(axes: Axes, curves: Curves, mode: str, look: LineStyle, axis: str, metric: str) -> None:
    x, values = curve(curves, mode, axis, metric)
    if not len(x):
        return
    axes.plot(x, np.nanmean(values, 0), markersize=5, markevery=max(1, len(x) // 8), **look.line)
    if len(values) > 1:
        low, high = np.nanmin(values, 0), np.nanmax(values, 0)
        axes.fill_between(x, low, high, color=look.colour, alpha=0.18, linewidth=0)


def curve(curves: Curves, mode: str, against: str = "epochs", metric: str = "map50") -> tuple[np.ndarray, np.ndarray]:
    """One mode's measured points: x (n,), and the metric of each seed (seeds, n), nan where a run is not yet.

    Against seconds, x is the mean over the seeds of the training time up to that epoch, validation left out.
    """
    runs = [rows for (name, _), rows in curves.items() if name == mode and rows]
    epochs = sorted({row["epoch"] for rows in runs for row in rows if row[metric] is not None})
    values, clocks = np.full((2, len(runs), len(epochs)), np.nan)
    for i, rows in enumerate(runs):
        passed = np.cumsum([row["seconds"] for row in rows])
        for row, seconds in zip(rows, passed, strict=True):
            if row[metric] is not None:
                place = epochs.index(row["epoch"])
                values[i, place], clocks[i, place] = row[metric], seconds
    return (np.nanmean(clocks, 0) if against == "seconds" and epochs else np.array(epochs, float)), values


def _legend(figure: Figure, curves: Curves, rates: Mapping[str, float]) -> None:
    handles = []
    for index, mode in enumerate(_modes(curves)):
        look = mode_style(mode, index)
        rate = f", lr {rates[mode]:g}" if mode in rates else ""
        handles += figure.axes[0].plot([], [], label=f"{look.label}{rate}", **look.line)
    if not handles:
        return
    seeds = len({seed for _, seed in curves})
    title = f"mean of {seeds} seeds; band: lowest to highest" if seeds > 1 else None
    columns = min(len(handles), 2 if len(handles) in (2, 4) else 3)
    legend = figure.legend(
        handles=handles, loc="outside lower center", ncols=columns, fontsize=style.NORMAL, frameon=False
    )
    legend.set_title(title, {"size": style.SMALL})


def test_bars(comparison: Comparison, metric: str = "map50") -> Figure:
    """The last epoch on the test split: a bar a mode with a dot a seed; beside it the paired differences.

    A difference is taken to the ``unfrozen`` run of the same seed: what a seed does to both cancels out.
    """
    figure, ((left, right),) = new_figure(style.WIDTH, 0.62 * len(comparison.summary) + 1.5, 1, 2, sharey=True)
    values = {row["mode"]: _by_seed(comparison, row["mode"], metric) for row in comparison.summary}
    base = values.get(BASELINE, {})
    for row, (mode, own) in enumerate(values.items()):
        look, found = mode_style(mode, row), list(own.values())
        left.barh(row, mean(found), 0.62, color=mixed(look.colour, 0.55))
        left.text(1.03, row, f"{mean(found):.3f}", va="center", fontsize=style.NORMAL, fontweight="bold")
        _dots(left, row, found, look)
        if mode != BASELINE:
            _dots(right, row, [own[seed] - base[seed] for seed in own if seed in base], look, with_mean=True)
    tidy(left, f"{NAMES[metric]} on the test split", x=NAMES[metric], grid="x").set(
        xlim=(0, 1.2), xticks=np.arange(0, 1.01, 0.2)
    )
    tidy(right, "difference to unfrozen, seed by seed", x=f"difference in {NAMES[metric]}", grid="x")
    _mode_rows(left, list(values))
    right.axvline(0, color=mode_style(BASELINE).colour, linewidth=2)
    right.margins(x=0.15)
    return figure


test_bars.__test__ = False  # a chart, not a test: pytest goes by names


def _by_seed(comparison: Comparison, mode: str, key: str) -> dict[int, float]:
    return {run["seed"]: run[key] for run in comparison.runs if run["mode"] == mode}


def _dots(axes: Axes, row: float, values: Sequence[float], look: LineStyle, with_mean: bool = False) -> None:
    if not values:
        return
    axes.scatter(values, [row] * len(values), s=42, color=look.colour, edgecolor="black", linewidth=0.8, zorder=3)
    if with_mean:
        average = mean(values)
        axes.plot([average, average], [row - 0.28, row + 0.28], color="black", linewidth=2)
        axes.annotate(f"{average:+.3f}", (average, row - 0.3), ha="center", va="bottom", fontsize=style.SMALL)


def _mode_rows(axes: Axes, modes: Sequence[str]) -> None:
    labels = [mode_style(mode, index).label for index, mode in enumerate(modes)]
    axes.set_yticks(range(len(modes)), labels, fontsize=style.NORMAL)
    axes.set_ylim(len(modes) - 0.4, -0.7)  # the first mode on top
    for panel in axes.figure.axes:
        panel.tick_params(axis="y", length=0)


def cost_bars(comparison: Comparison) -> Figure:
    """What a mode costs: seconds an epoch, pictures a second, memory if counted, trained parameters."""
    costs = [
        ("seconds an epoch", lambda run: run["seconds"] / run["epochs"], "{:.2f} s"),
        ("pictures a second", lambda run: run["images_per_second"], "{:.0f}"),
        ("peak memory, MB", lambda run: run["memory_mb"], "{:.0f}"),
        ("trained parameters", lambda run: run["trainable"] / 1e6, "{:.2f} M"),
    ]
    runs, modes = comparison.runs, [row["mode"] for row in comparison.summary]
    costs = [cost for cost in costs if all(cost[1](run) is not None for run in runs)]
    figure, (panels,) = new_figure(style.WIDTH, 0.5 * len(modes) + 1.0, 1, len(costs), sharey=True)
    for axes, (name, cost, form) in zip(panels, costs, strict=True):
        found = [mean(cost(run) for run in runs if run["mode"] == mode) for mode in modes]
        axes.barh(range(len(modes)), found, 0.62, color=[mode_style(m, i).colour for i, m in enumerate(modes)])
        end_labels(axes, found, [form.format(value) for value in found])
        tidy(axes, name, grid=None).set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.axvline(0, color=style.GREY, linewidth=1)
    _mode_rows(panels[0], modes)
    return figure
