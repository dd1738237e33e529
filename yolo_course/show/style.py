"""One look for the whole course: what a colour means, how large letters are, how a figure reaches the page.

The colours are those of Okabe & Ito ("Color Universal Design", 2008), which colour-blind readers can tell
apart. The same thing has the same colour in every figure. Figures are built without pyplot: nothing global
changes, nothing is kept alive, and a figure may be drawn in a thread.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from PIL import Image

BLACK, GREY, LIGHT = "#000000", "#767676", "#e8e8e8"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"

STAGES = {"input": SKY, "backbone": GREEN, "neck": YELLOW, "head": PURPLE, "loss": VERMILLION}
FROZEN, UNFROZEN, SCRATCH = BLUE, ORANGE, GREY
TRUTH, FOUND = "white", STAGES["head"]  # boxes of the labels, and boxes that the head found

WIDTH = 9.0  # inches: the width of a notebook's page
DPI = 100  # pixels an inch on the page; the stored picture has twice as many
LARGE, NORMAL, SMALL = 14, 11.5, 10  # points


class LineStyle(NamedTuple):
    """How one mode of training is drawn: its colour, and a dash and a marker that do without colour."""

    label: str
    colour: str
    dash: str
    marker: str

    @property
    def line(self) -> dict:
        """Options for ``Axes.plot``."""
        return {"color": self.colour, "linestyle": self.dash, "marker": self.marker, "linewidth": 2.2}


MODES = {
    "scratch": LineStyle("from scratch", SCRATCH, "--", "X"),
    "unfrozen": LineStyle("unfrozen", UNFROZEN, "-", "o"),
    "backbone": LineStyle("backbone frozen", FROZEN, "-", "s"),
    "backbone-updating": LineStyle("backbone frozen, norms updating", PURPLE, "--", "v"),
    "all-but-head": LineStyle("all but head frozen", "#1FA3DC", "-.", "^"),
    "two-stage": LineStyle("frozen, then unfrozen", VERMILLION, ":", "D"),
}
_OTHERS = ((GREEN, "v"), (PURPLE, "P"), (BLACK, "*"), (VERMILLION, "h"))


def mode_style(mode: str, index: int = 0) -> LineStyle:
    """The style of a mode; one that the course does not know is told apart by its ``index``."""
    colour, marker = _OTHERS[index % len(_OTHERS)]
    return MODES.get(mode, LineStyle(mode, colour, "-", marker))


def new_figure(width: float = WIDTH, height: float = 4.0, rows: int = 1, columns: int = 1, **options):
    """A figure and its axes, always as an array (rows, columns); ``options`` go to ``Figure.subplots``."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def tidy(axes: Axes, title: str = "", x: str = "", y: str = "", grid: str | None = "y") -> Axes:
    """The course's look for a chart: title, names of both axes, a quiet grid, no box around it."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, fontsize=NORMAL, fontweight="bold", loc="left")
    axes.set_xlabel(x, fontsize=NORMAL)
    axes.set_ylabel(y, fontsize=NORMAL)
    axes.tick_params(labelsize=SMALL)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=LIGHT, linewidth=0.8)
    return axes


def mixed(colour: str, share: float, other: str = "white") -> str:
    """``share`` of a colour mixed with another one: pale fills, dark edges."""
    return to_hex(share * np.array(to_rgb(colour)) + (1 - share) * np.array(to_rgb(other)))


def ink(fill: str) -> str:
    """Black or white: which of them is read better on this colour?"""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(fill)]
    return "black" if np.dot(linear, (0.2126, 0.7152, 0.0722)) > 0.179 else "white"


def png(figure: Figure) -> bytes:
    """The figure as PNG at twice the page's resolution; the same figure gives the same bytes."""
    figure.set_dpi(2 * DPI)
    canvas = FigureCanvasAgg(figure)  # drawn once: savefig would draw, pack and unpack it as well
    canvas.draw()
    figure.set_dpi(DPI)
    return small_png(np.asarray(canvas.buffer_rgba())[..., :3])


def small_png(picture: np.ndarray) -> bytes:
    """A uint8 RGB array (H, W, 3) as PNG with 256 colours: a photograph takes a third of the room.

    The octree is chosen for its speed: 30 times that of a median cut, and no further from the picture.
    """
    file = BytesIO()
    few = Image.fromarray(np.ascontiguousarray(picture)).quantize(256, Image.Quantize.FASTOCTREE)
    _keep_flat_colours(few, picture)
    few.save(file, "PNG")
    return file.getvalue()


def _keep_flat_colours(few: Image.Image, picture: np.ndarray) -> None:
    """Undo the octree's averaging where most of what an entry stands for has one colour, such as a white page."""
    entry, colour = np.asarray(few)[::2, ::2].ravel(), picture[::2, ::2].reshape(-1, 3).astype(np.int64)
    pairs, counts = np.unique(entry.astype(np.int64) << 24 | colour @ (1 << 16, 1 << 8, 1), return_counts=True)
    flat = pairs[2 * counts > np.bincount(entry, minlength=256)[pairs >> 24]]
    palette = np.array(few.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)
    palette[flat >> 24] = np.stack([flat >> shift & 255 for shift in (16, 8, 0)], 1)
    few.putpalette(palette.tobytes())


def display_figure(figure: Figure, alt: str) -> None:
    """Show a figure in a notebook. ``alt`` says what is to be seen in it, for readers who cannot see it.

    Raises ValueError where ``alt`` is too short to say anything.
    """
    from IPython.display import display

    data, metadata = figure_data(figure, alt)
    display(data, raw=True, metadata=metadata)


def figure_data(figure: Figure, alt: str) -> tuple[dict, dict]:
    """A figure as Jupyter's display data and metadata, with ``alt`` in both; the figure is cleared."""
    check_alt(alt)
    data, size = png(figure), [round(inches * DPI) for inches in figure.get_size_inches()]
    figure.clear()
    return _display_data(data, size, alt)


def picture_data(picture: np.ndarray, alt: str) -> tuple[dict, dict]:
    """The same for a uint8 RGB array (H, W, 3), shown no wider than the page."""
    check_alt(alt)
    height, width = picture.shape[:2]
    shrink = min(1.0, WIDTH * DPI / width)
    return _display_data(small_png(picture), [round(side * shrink) for side in (width, height)], alt)


def check_alt(alt: str) -> None:
    """Raise ValueError where ``alt`` is too short to say anything."""
    if len(alt.split()) < 4:
        raise ValueError(f"found alt={alt!r}, expected a sentence that says what the figure shows")


def _display_data(data: bytes, size: Sequence[int], alt: str) -> tuple[dict, dict]:
    width, height = size
    bundle = {"image/png": b64encode(data).decode("ascii"), "text/plain": f"[Figure: {alt}]"}
    return bundle, {"image/png": {"alt": alt, "width": width, "height": height}}


def end_labels(axes: Axes, values: Sequence[float], texts: Sequence[str]) -> None:
    """Write ``texts`` behind horizontal bars of these lengths, and make room for them."""
    longest = max([*values, 0]) or 1
    for row, (value, text) in enumerate(zip(values, texts, strict=True)):
        axes.text(value + 0.02 * longest, row, text, va="center", fontsize=SMALL)
    axes.set_xlim(0, 1.3 * longest)
