"""What freezing saves on a GPU: bars by network, batch size and what is frozen, from the rows of ``measure_costs``."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

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
                _bar(axes, place, 0.8 / len(modes), value and value * factor, mode_style(mode, number).colour)
                if value and base and number:
                    share = {"ha": "center", "va": "bottom", "fontsize": 8, "rotation": 90}
                    axes.text(place, value * factor, f" {value / base:.2f}", **share)
        tidy(axes, title).set_xticks(range(len(networks)), networks, fontsize=style.NORMAL)
        axes.margins(y=0.15)
    looks = [mode_style(mode, number) for number, mode in enumerate(modes)]
    handles = [Patch(facecolor=look.colour, edgecolor="black", label=look.label) for look in looks]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=style.NORMAL, frameon=False)
    return figure


def _bar(axes: Axes, place: float, width: float, value: float | None, colour: str) -> None:
    if value is None:
        axes.plot([place], [0], marker="x", color=colour, markersize=8, clip_on=False)
    else:
        axes.bar(place, value, width, color=colour, edgecolor="black", linewidth=0.6)
