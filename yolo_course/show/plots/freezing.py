"""When does freezing help? Several comparisons beside each other: what a mode gained or lost against unfrozen.

``freezing_map`` shows every seed of a few experiments, ``freezing_table`` a whole grid of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from yolo_course.learn.compare import BASELINE, Comparison
from yolo_course.learn.verdict import verdict
from yolo_course.show import style
from yolo_course.show.style import ink, mixed, mode_style, new_figure, tidy


def freezing_map(
    comparisons: Mapping[str, Comparison], modes: tuple[str, ...] = ("backbone", "all-but-head")
) -> Figure:
    """A row for each named comparison, in it for each mode a dot a seed and a bar for their mean.

    Right of the line, the mode is better than unfrozen with the same seed; left of it, worse; mAP50 on the test
    split. Raises ValueError for no comparison, or one that lacks a mode.
    """
    if not comparisons:
        raise ValueError("found no comparison to draw, expected at least one: record one with `compare --record`")
    figure, ((axes,),) = new_figure(height=0.75 * len(comparisons) + 1.5)
    for row, comparison in enumerate(comparisons.values()):
        for place, mode in enumerate(modes):
            _draw(axes, row + 0.34 * (place - (len(modes) - 1) / 2), comparison, mode)
    tidy(axes, x="mAP50 on the test split, minus that of unfrozen with the same seed", grid="x")
    axes.axvline(0, color=mode_style(BASELINE).colour, linewidth=2.5)
    axes.set_yticks(range(len(comparisons)), list(comparisons), fontsize=style.NORMAL)
    axes.set_ylim(len(comparisons) - 0.5, -0.5)
    for row in range(1, len(comparisons)):
        axes.axhline(row - 0.5, color=style.LIGHT, linewidth=1)
    axes.margins(x=0.12)
    axes.text(0.01, 1.01, "← freezing hurts", transform=axes.transAxes, fontsize=style.NORMAL)
    axes.text(0.99, 1.01, "freezing helps →", transform=axes.transAxes, fontsize=style.NORMAL, ha="right")
    figure.legend(loc="outside lower center", ncols=len(modes), fontsize=style.NORMAL, frameon=False)
    return figure


def _draw(axes: Axes, y: float, comparison: Comparison, mode: str) -> None:
    look, differences = mode_style(mode), verdict(comparison, mode).differences
    label = look.label if look.label not in axes.get_legend_handles_labels()[1] else None
    options = {"color": look.colour, "marker": look.marker, "edgecolor": "black", "linewidth": 0.8}
    axes.scatter(differences, [y] * len(differences), s=60, zorder=3, label=label, **options)
    axes.plot([mean(differences)] * 2, [y - 0.14, y + 0.14], color="black", linewidth=2.5, zorder=4)


def freezing_table(
    cells: Mapping[tuple[str, int], Comparison], mode: str = "backbone", metric: str = "map50_95"
) -> Figure:
    """A row for each domain, a column for each number of training pictures: ``mode`` minus unfrozen, seed by seed.

    A cell states mean and standard deviation and is coloured where every seed agrees: blue where the mode is better,
    orange where it is worse. Raises ValueError for no cell, or one without the mode.
    """
    if not cells:
        raise ValueError("found no cell to draw, expected at least one: record them with `compare-gpu gpu-map`")
    targets = list(dict.fromkeys(target for target, _ in cells))
    counts = sorted({count for _, count in cells})
    figure, ((axes,),) = new_figure(height=0.8 * len(targets) + 1.2)
    found = {cell: verdict(comparison, mode, metric=metric) for cell, comparison in cells.items()}
    largest = max(abs(mean(one.differences)) for one in found.values()) or 1
    for (target, count), one in found.items():
        place = counts.index(count), targets.index(target)
        look = mode_style({"better": mode, "worse": BASELINE}.get(one.finding, ""))
        share = 0.0 if one.finding == "undecided" else 0.15 + 0.85 * abs(mean(one.differences)) / largest
        _cell(axes, place, one.differences, mixed(look.colour, share))
    tidy(axes, x="training pictures", grid=None)
    axes.set(xlim=(-0.5, len(counts) - 0.5), ylim=(len(targets) - 0.5, -0.5))
    axes.set_xticks(range(len(counts)), [str(count) for count in counts], fontsize=style.NORMAL)
    axes.set_yticks(range(len(targets)), targets, fontsize=style.NORMAL)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def _cell(axes: Axes, place: tuple[int, int], differences: Sequence[float], fill: str) -> None:
    column, row = place
    axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=fill, edgecolor=style.GREY))
    spread = f"\n\N{PLUS-MINUS SIGN} {stdev(differences):.3f}" if len(differences) > 1 else ""
    text = f"{mean(differences):+.3f}{spread}"
    axes.text(column, row, text, ha="center", va="center", fontsize=style.NORMAL, color=ink(fill))
