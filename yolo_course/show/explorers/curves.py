"""Recorded runs to be moved: two modes of training, seed by seed, against epochs or seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from yolo_course.learn.compare import BASELINE, Comparison
from yolo_course.learn.record import load_recorded
from yolo_course.show import style
from yolo_course.show.explorers.explorer import Explorer, View, choice, steps
from yolo_course.show.plots.curves import AGAINST, Curves, curve
from yolo_course.show.style import LineStyle, mode_style, new_figure, tidy

RECORDED = {
    "blood cells, 205 photographs": "bccd",
    "far (road signs), 80 pictures": "far80",
    "far (road signs), 16 pictures": "far16",
    "near (shapes), 120 pictures": "near120",
    "near (shapes), 8 pictures": "near8",
}
BUSY = ("far16", "near120")  # recorded while the machine did other work: their seconds say nothing
METRICS = {"mAP50": "map50", "mAP50-95": "map50_95", "training loss": "loss"}
ALL = "all"
PLACES = ((0.055, 0.145, 0.58, 0.775), (0.675, 0.145, 0.32, 0.775))  # left, bottom, width, height: of the whole figure
FEW = "far (road signs), 16 pictures"
STILLS = {
    "blood cells, all seeds": {},
    "blood cells, along the seconds": {"against": "seconds"},
    f"{FEW}, seed 0": {"experiment": FEW, "seed": 0},
    f"{FEW}, seed 2": {"experiment": FEW, "seed": 2},
}


def curves_view(comparison: Comparison, seed: int | str, mode: str, other: str, against: str, metric: str) -> View:
    """Two modes of a comparison: their curves, and beside them each seed's last figure, joined by a line.

    ``seed`` is one of them or "all" (the mean, with a band from the lowest to the highest), ``against`` "epochs" or
    "seconds", ``metric`` "map50" or "map50_95" (curves on the validation split, last epoch on the test split), or
    "loss" (box + objectness + class on the training pictures). The difference is ``mode`` minus ``other``.
    """
    curves = {key: _with_loss(rows) for key, rows in comparison.curves.items()}
    kept = {key: rows for key, rows in curves.items() if seed in (ALL, key[1])}
    figure, ((left, right),) = new_figure(8.0, 3.7, 1, 2, width_ratios=(2.1, 1))
    figure.set_layout_engine("none")  # the places are known, and finding them takes as long as all the rest
    left.set_position(PLACES[0])
    right.set_position(PLACES[1])
    for each in dict.fromkeys((other, mode)):
        _draw_line(left, kept, each, against, metric)
    values = {each: last_figures(comparison, each, metric) for each in (mode, other)}
    _draw_pairs(right, values, (other, mode), seed)
    _name_axes(left, right, metric)
    _measure(left, curves, against)
    for axes in (left, right):
        axes.set_ylim(0, _top(curves, metric))
    words = _words(comparison.name, values, mode, other, seed, metric)
    busy = " Its seconds say nothing: the machine did other work." if comparison.name in BUSY else ""
    return View(figure, words + (busy if against == "seconds" else ""))


def _with_loss(rows: list[dict]) -> list[dict]:
    return [{**row, "loss": row["box"] + row["obj"] + row["cls"]} for row in rows]


def last_figures(comparison: Comparison, mode: str, metric: str) -> dict[int, float]:
    """What counts of each seed: the last epoch on the test split; of the training loss the last epoch."""
    if metric != "loss":
        return {run["seed"]: run[metric] for run in comparison.runs if run["mode"] == mode}
    return {seed: _with_loss(rows)[-1]["loss"] for (name, seed), rows in comparison.curves.items() if name == mode}


def _draw_line(axes: Axes, curves: Curves, mode: str, against: str, metric: str) -> None:
    x, values = curve(curves, mode, against, metric)  # (n,), (seeds, n)
    look = mode_style(mode)
    axes.plot(x, values.mean(0), markersize=5, markevery=max(1, len(x) // 8), label=look.label, **look.line)
    if len(values) > 1:
        axes.fill_between(x, values.min(0), values.max(0), color=look.colour, alpha=0.18, linewidth=0)


def _name_axes(left: Axes, right: Axes, metric: str) -> None:
    is_loss = metric == "loss"
    titles = (
        _name(metric) + ("" if is_loss else " on the validation split"),
        "last epoch" + ", test split" * (not is_loss),
    )
    for axes, title in zip((left, right), titles, strict=True):
        tidy(axes).set_title("", loc="left")
        # At a height of its own: matplotlib takes a quarter of the time to look for one.
        axes.set_title(title, y=1.02, loc="left", fontsize=style.NORMAL, fontweight="bold")
        axes.yaxis.set_major_locator(MaxNLocator(5))
    left.yaxis.set_major_formatter("{x:.2f}" if is_loss else "{x:.1f}")
    right.tick_params(axis="y", labelleft=False)
    right.tick_params(axis="x", labelsize=style.NORMAL)


def _measure(axes: Axes, curves: Curves, against: str) -> None:
    """As long as the longest run of all modes: the same for whatever is chosen."""
    modes = dict.fromkeys(mode for mode, _ in curves)
    axes.set_xlim(0, 1.02 * max(curve(curves, mode, against, "loss")[0].max() for mode in modes))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel({"epochs": "epoch"}.get(against, against), ha="left")
    axes.xaxis.set_label_coords(0, -0.095)
    beside = {"loc": "upper right", "bbox_to_anchor": (1.02, -0.045), "borderaxespad": 0.4}
    axes.legend(fontsize=style.NORMAL, frameon=False, ncols=2, columnspacing=1.0, handlelength=1.8, **beside)


def _top(curves: Curves, metric: str) -> float:
    return 1.0 if metric != "loss" else 1.05 * max(row["loss"] for rows in curves.values() for row in rows)


def _draw_pairs(axes: Axes, values: Mapping[str, Mapping[int, float]], modes: tuple[str, str], seed: int | str) -> None:
    """A dot a seed for either mode, and a line from one to the other; the chosen ones strong, the others pale."""
    looks = [mode_style(mode) for mode in modes]
    for each in values[modes[0]].keys() & values[modes[1]].keys():
        pair, shown = [values[mode][each] for mode in modes], seed in (ALL, each)
        axes.plot((0, 1), pair, color="black" if shown else style.LIGHT, linewidth=1.6, zorder=2 if shown else 1)
        for place, (value, look) in enumerate(zip(pair, looks, strict=True)):
            _dot(axes, place, value, look, shown)
        if seed == each:
            axes.text(1.12, pair[1], f"seed {each}", va="center", fontsize=style.NORMAL)
    axes.set_xticks((0, 1), [look.label.replace(" frozen", "\nfrozen") for look in looks], fontsize=style.NORMAL)
    axes.set_xlim(-0.5, 1.75)


def _dot(axes: Axes, place: int, value: float, look: LineStyle, shown: bool) -> None:
    fill = {"color": look.colour if shown else "white", "markeredgecolor": "black" if shown else style.GREY}
    axes.plot([place], [value], look.marker, markersize=7.5, markeredgewidth=0.8, zorder=3 if shown else 1, **fill)


def _words(name: str, values: Mapping[str, dict], mode: str, other: str, seed: int | str, metric: str) -> str:
    """The figures of both modes and their difference, with what the other seeds say."""
    own, base = values[mode], values[other]
    seeds = sorted(own.keys() & base.keys())
    differences = [own[each] - base[each] for each in seeds]
    labels = [mode_style(each).label for each in (mode, other)]
    what = "the training loss" if metric == "loss" else f"{_name(metric)} on the test split"
    all_seeds = (
        f"{labels[0]} {_spread(own.values())}, {labels[1]} {_spread(base.values())}; seed by seed the difference is "
        f"{_spread(differences, '+')}, above 0 with {sum(each > 0 for each in differences)} of {len(seeds)} seeds."
    )
    if seed == ALL or seed not in seeds:
        return f"{name}, {what}, last epoch: {all_seeds}"
    one = f"{labels[0]} {own[seed]:.3f}, {labels[1]} {base[seed]:.3f}, difference {own[seed] - base[seed]:+.3f}"
    return f"{name}, {what}, last epoch, seed {seed} alone: {one}. All seeds: {all_seeds}"


def _name(metric: str) -> str:
    return next(name for name, key in METRICS.items() if key == metric)


def _spread(values: Iterable[float], sign: str = "") -> str:
    values = list(values)
    return f"{mean(values):{sign}.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def explore_curves(runs: Mapping[str, Comparison] | None = None) -> Explorer:
    """The course's recorded runs, or your own ``runs`` by a name for each: choose seeds, experiment and two modes.

    ``explore_curves({"mine": yc.compare(...)})`` shows your own. Raises ValueError where the runs have no mode in
    common.
    """
    runs = {name: load_recorded(folder) for name, folder in RECORDED.items()} if runs is None else dict(runs)
    keys = set.intersection(*(set(one.curves) for one in runs.values())) if runs else set()
    if not keys:
        raise ValueError(f"found the runs {sorted(runs)}, expected one or more with a mode and a seed in common")
    modes = {
        mode_style(mode).label: mode for mode in dict.fromkeys(mode for mode, _ in next(iter(runs.values())).curves)
    }
    modes = {label: mode for label, mode in modes.items() if mode in {mode for mode, _ in keys}}
    seeds = [(f"seed {seed}", seed) for seed in sorted({seed for _, seed in keys})]
    first = next(iter(runs))
    return Explorer(
        "recorded runs",
        lambda experiment, **settings: curves_view(runs[experiment], **settings),
        {
            "seed": steps("seeds", [("all, as a band", ALL), *seeds], ALL),
            "experiment": choice("experiment", list(runs), first),
            "mode": choice("mode", modes, _or_first("backbone", modes)),
            "other": choice("against", modes, _or_first(BASELINE, modes)),
            "metric": choice("figure", METRICS, "map50"),
            "against": choice("along", tuple(AGAINST), "epochs"),
        },
        STILLS if first in RECORDED else {"all seeds": {}, "along the seconds": {"against": "seconds"}},
    )


def _or_first(mode: str, modes: Mapping[str, str]) -> str:
    return mode if mode in modes.values() else next(iter(modes.values()))
