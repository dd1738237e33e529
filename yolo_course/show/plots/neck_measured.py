"""What was measured of the neck: what its maps know, which finds what, what a cut costs, what it costs to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from yolo_course.show import style
from yolo_course.show.plots.pictures import draw_image
from yolo_course.show.style import ink, mixed, new_figure, tidy

Point = tuple[float, float]
STAGES = ("backbone", "neck", "head")
_KINDS = {"P": ("backbone", "o"), "N": ("neck", "s")}  # a map's first letter: its stage and its marker


def where_what(points: Mapping[str, Point], guessing: Point, arrows: Sequence[tuple[str, str]] = ()) -> Figure:
    """What the maps know: for each name (P3, N3, ...) the shares (where, what) that a probe got right.

    ``guessing`` is what chance gives; ``arrows`` lead from one named point to another.
    """
    if bad := [name for name, point in points.items() if name[0] not in _KINDS or not all(0 <= v <= 1 for v in point)]:
        raise ValueError(f"found {', '.join(bad)}, expected names such as P3 and N3 with two shares from 0 to 1")
    figure, ((axes,),) = new_figure(style.WIDTH, 4.1)
    for start, end in arrows:
        look = {"arrowstyle": "-|>", "color": style.GREY, "linewidth": 2, "shrinkA": 15, "shrinkB": 15}
        axes.annotate("", points[end], points[start], arrowprops=look)
    for name, (where, what) in points.items():
        stage, marker = _KINDS[name[0]]
        fill, edge = style.STAGES[stage], mixed(style.STAGES[stage], 0.5, "black")
        axes.plot(where, what, marker, markersize=27, color=fill, markeredgecolor=edge, label=name)
        options = {"fontsize": style.NORMAL, "fontweight": "bold", "ha": "center", "va": "center"}
        axes.text(where, what, name, color=ink(fill), **options)
    axes.plot(*guessing, "x", markersize=12, markeredgewidth=3, color=style.GREY)
    axes.annotate("guessing", guessing, textcoords="offset points", xytext=(14, -4), fontsize=style.NORMAL)
    tidy(axes, "", "where: cells marked that lie in an object", "what: classes named right", grid="both")
    axes.set(xlim=(0.15, 0.95), ylim=(0, 0.95))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}".replace("%", " %"))
    return figure


def mask_sheet(image: np.ndarray, masks: Mapping[str, np.ndarray]) -> Figure:
    """The picture, and beside it (H, W) masks of True and False over it: what is False is darkened."""
    figure, (row,) = new_figure(style.WIDTH, style.WIDTH / (len(masks) + 1) + 0.35, 1, len(masks) + 1)
    draw_image(row[0], image, "the picture")
    height, width = image.shape[:2]
    for axes, (title, mask) in zip(row[1:], masks.items(), strict=True):
        mask = np.asarray(mask, dtype=bool)
        if mask.ndim != 2 or height % mask.shape[0] or width % mask.shape[1]:
            expected = f"(H, W) that divides the picture's {(height, width)}"
            raise ValueError(f"found a mask of shape {mask.shape} for {title!r}, expected {expected}")
        fine = mask.repeat(height // mask.shape[0], 0).repeat(width // mask.shape[1], 1)
        draw_image(axes, np.where(fine[..., None], image, image // 5), title)
    return figure


def level_sizes(sizes: np.ndarray, levels: np.ndarray, anchors: Mapping[str, Sequence[float]]) -> Figure:
    """Every object as a dot: its size (pixels) against the level that found it; -1 = none did.

    ``anchors`` are the levels' names, first to last, and the sizes of their anchors, drawn as diamonds.
    """
    sizes, levels = np.asarray(sizes), np.asarray(levels)
    if sizes.shape != levels.shape or not np.isin(levels, range(-1, len(anchors))).all():
        found = f"{sizes.shape} sizes and levels {sorted(set(levels.tolist()))}"
        raise ValueError(f"found {found}, expected a level for each size, -1 to {len(anchors) - 1}")
    figure, ((axes,),) = new_figure(style.WIDTH, 3.7)
    names = ["missed", *anchors]
    rng = np.random.default_rng(0)
    for row, level in enumerate(range(-1, len(anchors))):
        own = sizes[levels == level]
        colour = style.GREY if level < 0 else style.STAGES["head"]
        places = row + rng.uniform(-0.25, 0.15, len(own))
        axes.plot(own, places, "x" if level < 0 else "o", color=colour, markersize=7, alpha=0.75)
        if level >= 0:
            own = list(anchors.values())[level]
            look = {"markersize": 10, "color": style.YELLOW, "markeredgecolor": "black"}
            axes.plot(own, [row + 0.36] * len(own), "D", **look)
    tidy(axes, "", "size of the object, in pixels", "", grid="x")
    axes.set_yticks(range(len(names)), names, fontsize=style.LARGE)
    axes.set(ylim=(-0.5, len(names) - 0.4), xlim=(0, None))
    dot = {"linestyle": "", "markersize": 8}
    handles = [
        Line2D([], [], marker="o", color=style.STAGES["head"], label="an object", **dot),
        Line2D([], [], marker="D", color=style.YELLOW, markeredgecolor="black", label="an anchor", **dot),
    ]
    axes.legend(handles=handles, fontsize=style.SMALL, loc="center right")
    return figure


def score_table(scores: Mapping[str, Sequence[float]], columns: Sequence[str], whole: str) -> Figure:
    """Shares in a table, a row each; the redder a cell, the more it lost against the row ``whole``."""
    if whole not in scores or any(len(row) != len(columns) for row in scores.values()):
        lengths = {name: len(row) for name, row in scores.items()}
        raise ValueError(f"found rows {lengths}, expected {len(columns)} numbers each, and one row {whole!r}")
    figure, ((axes,),) = new_figure(style.WIDTH, 0.42 * len(scores) + 0.6)
    for y, values in enumerate(scores.values()):
        for x, (value, best) in enumerate(zip(values, scores[whole], strict=True)):
            lost = min(1.0, max(0.0, best - value) / best) if best > 0 else 0.0
            fill = mixed(style.VERMILLION, lost)
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor=style.LIGHT))
            weight = "bold" if lost >= 0.1 else "normal"
            options = {"ha": "center", "va": "center", "color": ink(fill), "fontweight": weight}
            axes.text(x + 0.5, y + 0.5, f"{value:.2f}", fontsize=style.LARGE, **options)
    axes.set(xlim=(0, len(columns)), ylim=(len(scores), 0))
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, fontsize=style.NORMAL)
    axes.set_yticks(np.arange(len(scores)) + 0.5, list(scores), fontsize=style.NORMAL)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    return figure


def stage_shares(charts: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Backbone, neck and head as shares of a whole: a chart a title, in it a bar a model from three numbers."""
    most = max(map(len, charts.values()))
    figure, (row,) = new_figure(style.WIDTH, 0.9 + 0.5 * most, 1, len(charts), sharey=True)
    for axes, (title, bars) in zip(row, charts.items(), strict=True):
        for y, (name, parts) in enumerate(bars.items()):
            if len(parts) != len(STAGES) or min(parts) < 0 or not sum(parts):
                raise ValueError(f"found {list(parts)} for {name!r}, expected three numbers: {', '.join(STAGES)}")
            _draw_bar(axes, y, np.asarray(parts) / sum(parts))
        tidy(axes, title, "", "", grid=None)
        axes.set_yticks(range(len(bars)), list(bars), fontsize=style.LARGE)
        axes.set(xlim=(0, 1), ylim=(len(bars) - 0.4, -0.6), xticks=[])
        axes.spines["bottom"].set_visible(False)
    handles = [Rectangle((0, 0), 1, 1, facecolor=style.STAGES[stage], edgecolor="black") for stage in STAGES]
    figure.legend(handles, STAGES, loc="outside lower center", ncols=3, fontsize=style.NORMAL, frameon=False)
    return figure


def _draw_bar(axes: Axes, y: float, shares: np.ndarray) -> None:
    left = 0.0
    for stage, share in zip(STAGES, shares, strict=True):
        colour = style.STAGES[stage]
        axes.barh(y, share, left=left, height=0.75, color=colour, edgecolor="white", linewidth=1.5)
        if share > 0.08:
            text = f"{share:.0%}".replace("%", " %")
            axes.text(left + share / 2, y, text, ha="center", va="center", fontsize=style.NORMAL, color=ink(colour))
        left += share
