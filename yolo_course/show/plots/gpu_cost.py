"""What freezing saves on a GPU: bars by network, batch size and what is frozen, from the rows of ``measure_costs``."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from yolo_course.show import style
from yolo_course.show.style import mode_style, new_figure, tidy

PANELS = (
    ("seconds_per_step", 1e3, "milliseconds a step"),
    ("memory_mb", 1 / 1024, "peak memory, GiB"),
)


def gpu_costs(rows: Sequence[dict], batch_size: int) -> Figure:
    """Left the time of a training step, right the most memory allocated; a group of bars a network, a bar a mode.

    Over a bar stands its share of the unfrozen step. A step that did not fit into memory has no bar but a cross.
    Raises ValueError for a batch size that was not measured.
    """
    rows = [row for row in rows if row["batch_size"] == batch_size]
    if not rows:
        raise ValueError(f"found no row of batch size {batch_size}, expected one that was measured")
    networks, modes = (list(dict.fromkeys(row[key] for row in rows)) for key in ("network", "mode"))
    found = {(row["network"], row["mode"]): row for row in rows}
    figure, (panels,) = new_figure(style.WIDTH, 4.2, 1, len(PANELS))
    for axes, (key, factor, title) in zip(panels, PANELS, strict=True):
        for number, mode in enumerate(modes):
            for group, network in enumerate(networks):
                place = group + (number - (len(modes) - 1) / 2) * 0.8 / len(modes)
                value, base = found[network, mode][key], found[network, modes[0]][key]
                _bar(axes, place, 0.8 / len(modes), value and value * factor, base and base * factor, mode, number)
        tidy(axes, title).set_xticks(range(len(networks)), networks, fontsize=style.NORMAL)
        axes.margins(y=0.15)
    handles = [
        panels[0].bar(0, 0, color=mode_style(m, i).colour, label=mode_style(m, i).label) for i, m in enumerate(modes)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=style.NORMAL, frameon=False)
    return figure


def _bar(
    axes: Axes, place: float, width: float, value: float | None, base: float | None, mode: str, number: int
) -> None:
    look = mode_style(mode, number)
    if value is None:
        axes.plot([place], [0], marker="x", color=look.colour, markersize=8, clip_on=False)
        return
    axes.bar(place, value, width, color=look.colour, edgecolor="black", linewidth=0.6)
    if base and number:
        axes.text(place, value, f"{value / base:.2f}", ha="center", va="bottom", fontsize=7, rotation=90)
