"""The model file drawn as it is written: a line a row, arcs for the rows that are read besides the one above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from yolo_course.show import style
from yolo_course.show.style import mixed, new_figure

_FROM, _NUMBER, _MODULE, _ARGS, _NAME = 0.9, 2.35, 3.3, 5.6, 8.15  # where the columns begin
_RIGHT = 10.0


def draw_model_file(config: Mapping, prefixes: Sequence[str] = ()) -> Figure:
    """The rows of a model file's ``backbone`` and ``head``; what ``prefixes`` freeze is hatched in blue.

    On the right the name that each row's parameters begin with; arcs on the left lead from a row to a later one
    that reads it. Raises ValueError where ``backbone`` or ``head`` is missing.
    """
    missing = [key for key in ("backbone", "head") if key not in config]
    if missing:
        raise ValueError(f"found no {missing[0]!r} in the model file, expected the keys 'backbone' and 'head'")
    rows, first = [*config["backbone"], *config["head"]], len(config["backbone"])
    figure, ((axes,),) = new_figure(style.WIDTH, 0.25 * len(rows) + 0.55)
    _titles(axes)
    for number, row in enumerate(rows):
        stage = "backbone" if number < first else "head" if number == len(rows) - 1 else "neck"
        name = f"model.{number}."
        _line(axes, number, row, name, style.STAGES[stage], bool(prefixes) and name.startswith(tuple(prefixes)))
        for source in far_sources(number, row[0]):
            _arc(axes, source, number)
    axes.set(xlim=(-2.0, _RIGHT + 0.05), ylim=(len(rows) - 0.4, -1.5))
    axes.set_axis_off()
    return figure


def far_sources(number: int, source: int | Sequence[int]) -> list[int]:
    """The rows that row ``number`` reads besides the one above it, counted from 0."""
    sources = [source] if isinstance(source, int) else source
    return [n for n in (n if n >= 0 else number + n for n in sources) if n != number - 1]


def _titles(axes: Axes) -> None:
    titles = {0.0: "row", _FROM: "from", _NUMBER: "number", _MODULE: "module", _ARGS: "args", _NAME: "its names begin"}
    for x, title in titles.items():
        axes.text(x, -1.0, title, fontsize=style.SMALL, fontweight="bold", va="center")


def _line(axes: Axes, number: int, row: Sequence, name: str, colour: str, frozen: bool) -> None:
    fill = {"facecolor": mixed(colour, 0.35), "edgecolor": "white", "linewidth": 1.5}
    if frozen:
        fill = {"facecolor": mixed(style.FROZEN, 0.3), "edgecolor": style.FROZEN, "hatch": "////", "linewidth": 1}
    axes.add_patch(Rectangle((-0.15, number - 0.44), _RIGHT + 0.1, 0.88, zorder=1, **fill))
    halo = {"facecolor": "white", "edgecolor": "none", "pad": 0.8} if frozen else None
    source, times, module, args = row
    written = {0.0: number, _FROM: source, _NUMBER: times, _MODULE: module, _ARGS: _plain(args), _NAME: name}
    for x, text in written.items():
        weight = "bold" if x in (0.0, _NAME) else "normal"
        options = {"family": "DejaVu Sans Mono", "va": "center_baseline", "zorder": 3, "fontweight": weight}
        axes.text(x, number, str(text), fontsize=style.SMALL - 0.5, bbox=halo, **options)


def _plain(args: Sequence) -> str:
    return str(list(args)).replace("'", "")


def _arc(axes: Axes, start: int, end: int) -> None:
    bend = 0.12 + 2.2 / (end - start)
    look = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.3, "zorder": 4}
    curve = f"arc3,rad={min(0.9, bend):.2f}"
    axes.add_patch(FancyArrowPatch((-0.2, start), (-0.2, end), connectionstyle=curve, color="black", **look))
