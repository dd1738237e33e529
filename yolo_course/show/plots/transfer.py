"""Transfer learning: which entries of a model changed, how far the statistics drift, what was learned and kept.

Blue and hatched is what stayed, orange is what changed, as everywhere in the course.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from yolo_course.show import style
from yolo_course.show.style import mixed, mode_style, new_figure, tidy

KINDS = {  # how an entry's kind is called in the map, from the first line to the last
    "weight": "convolution: weight",
    "bias": "convolution: bias",
    "norm weight": "norm: weight",
    "norm bias": "norm: bias",
    "running_mean": "norm: running mean",
    "running_var": "norm: running variance",
    "num_batches_tracked": "norm: batches counted",
}
Changed = Mapping[str, bool]  # state-dict key: did the entry change?
_STAYED = {"facecolor": mixed(style.FROZEN, 0.3), "edgecolor": style.FROZEN, "hatch": "////", "linewidth": 0.8}
_CHANGED = {"facecolor": style.UNFROZEN, "edgecolor": mixed(style.UNFROZEN, 0.6, "black"), "linewidth": 0.8}


class Outcome(NamedTuple):
    """One way to train: what it ``learned`` (target) and what it ``kept`` (source), both as mAP from 0 to 1.

    ``mode`` is one of the course's modes and decides colour and marker; ``note`` is added to its name.
    """

    mode: str
    learned: float
    kept: float
    note: str = ""


def change_map(panels: Mapping[str, Changed]) -> Figure:
    """For each title a map: row of the model against kind of entry; orange changed (how many), blue stayed.

    A panel is a dict from state-dict key to whether it changed, with keys ``model.ROW. ...``; a place that both
    changed and unchanged entries share shows "changed/all". Raises ValueError for no panel, or a key of another form.
    """
    if not panels:
        raise ValueError("found no panel, expected at least one title with its entries")
    counts = {title: count_changes(changed) for title, changed in panels.items()}
    present = {kind for places in counts.values() for _, kind in places}
    kinds = [kind for kind in KINDS if kind in present]
    figure, grid = new_figure(style.WIDTH, (0.25 * len(kinds) + 0.75) * len(panels) + 0.55, len(panels), 1)
    for axes, (title, places) in zip(grid[:, 0], counts.items(), strict=True):
        _draw_map(axes, places, kinds, title)
    handles = [Patch(**_STAYED, label="stayed, bit for bit"), Patch(**_CHANGED, label="changed (how many entries)")]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=style.SMALL, frameon=False)
    return figure


def count_changes(changed: Changed) -> dict[tuple[int, str], tuple[int, int]]:
    """(row, kind of entry) to (changed entries, all entries); anchors, which nothing trains, are left out."""
    places: dict[tuple[int, str], tuple[int, int]] = {}
    for key, has_changed in changed.items():
        parts = key.split(".")
        if len(parts) < 3 or parts[0] != "model" or not parts[1].isdecimal():
            raise ValueError(f"found the entry {key!r}, expected a key of a state dict such as 'model.0.conv.weight'")
        kind = parts[-1]
        if kind in ("weight", "bias") and ".".join([*parts[:-1], "running_mean"]) in changed:
            kind = f"norm {kind}"
        if kind in KINDS:
            some, every = places.get((int(parts[1]), kind), (0, 0))
            places[int(parts[1]), kind] = some + bool(has_changed), every + 1
    return places


def _draw_map(axes: Axes, places: Mapping, kinds: Sequence[str], title: str) -> None:
    last = max(row for row, _ in places)
    for (row, kind), (some, every) in places.items():
        x, y = row, kinds.index(kind)
        axes.add_patch(Rectangle((x - 0.46, y - 0.42), 0.92, 0.84, **(_CHANGED if some else _STAYED)))
        if some:
            text = str(some) if some == every else f"{some}/{every}"
            axes.text(x, y, text, ha="center", va="center_baseline", fontsize=style.SMALL - 1)
    tidy(axes, title, "", "", grid=None)
    axes.set(xlim=(-0.6, last + 0.6), ylim=(len(kinds) - 0.45, -0.55))
    axes.set_xticks(range(last + 1))
    axes.set_yticks(range(len(kinds)), [KINDS[kind] for kind in kinds])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("row of the model", fontsize=style.SMALL)


def drift_chart(shifts: Sequence[tuple[int, float]], features: Mapping[str, Mapping[str, float]]) -> Figure:
    """Left: how far each normalisation's running mean moved, as (row, shift in standard deviations), in order.

    Right: how far the features moved, as title to {"P3": share, ...}, a bar each. Raises ValueError for no shift.
    """
    if not shifts or not features:
        raise ValueError(f"found {len(shifts)} shifts and {len(features)} groups, expected at least one of each")
    figure, ((left, right),) = new_figure(style.WIDTH, 3.5, 1, 2, width_ratios=(1.7, 1))
    rows, values = zip(*shifts, strict=True)
    left.bar(range(len(values)), values, color=style.UNFROZEN, edgecolor="black", linewidth=0.5)
    firsts = [number for number, row in enumerate(rows) if row not in rows[:number]]
    left.set_xticks(firsts, [str(rows[number]) for number in firsts])
    tidy(left, "Running mean of each normalisation", "row of the model", "moved by (standard deviations)")
    _feature_bars(right, features)
    return figure


def _feature_bars(axes: Axes, features: Mapping[str, Mapping[str, float]]) -> None:
    width = 0.8 / len(features)
    names = list(dict.fromkeys(name for group in features.values() for name in group))
    for number, (title, group) in enumerate(features.items()):
        x = [names.index(name) + (number - (len(features) - 1) / 2) * width for name in group]
        look = {"color": (style.UNFROZEN, style.SKY, style.GREEN)[number % 3], "hatch": ("", "..", "\\\\")[number % 3]}
        bars = axes.bar(x, [100 * share for share in group.values()], width, label=title, edgecolor="black", **look)
        axes.bar_label(bars, fmt="%.0f", fontsize=style.SMALL)
    axes.set_xticks(range(len(names)), names)
    tidy(axes, "Features of the backbone", "", "changed by (%)")
    axes.legend(fontsize=style.SMALL, frameon=False, loc="upper left")
    axes.margins(y=0.45)


def learned_and_kept(outcomes: Sequence[Outcome], before: float) -> Figure:
    """Each way to train as a point: target mAP50 to the right, source mAP50 upwards, ``before`` as a line.

    Raises ValueError for no outcome.
    """
    if not outcomes:
        raise ValueError("found no outcome, expected at least one Outcome")
    figure, ((axes,),) = new_figure(style.WIDTH, 4.4)
    axes.axhline(before, color=style.GREY, linewidth=1.5, linestyle="--")
    text = {"fontsize": style.SMALL, "color": style.GREY, "va": "bottom", "ha": "left"}
    axes.text(0.01, before + 0.012, f"source before: {before:.3f}", **text)
    for number, one in enumerate(outcomes):
        look = mode_style(one.mode, number)
        fill = "white" if one.note else look.colour
        point = {"marker": look.marker, "s": 190, "facecolor": fill, "edgecolor": look.colour, "linewidth": 2.5}
        label = f"{look.label}{', ' + one.note if one.note else ''}:  {one.learned:.2f} and {one.kept:.3f}"
        axes.scatter([one.learned], [one.kept], label=label, zorder=3, **point)
    tidy(axes, "", "learned: mAP50 on the target", "kept: mAP50 on the source", grid="both")
    axes.set(xlim=(0, max(0.1, *(1.15 * one.learned for one in outcomes))), ylim=(0, min(1.05, before + 0.15)))
    figure.legend(loc="outside right center", fontsize=style.SMALL, frameon=False, labelspacing=1.2)
    return figure
