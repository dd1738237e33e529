"""An explorer: controls, a picture that follows them, a sentence about it, and stills for readers without a kernel.

What is explored is a pure function, ``draw(**settings)``, which returns a :class:`View`. Everything about widgets
is in this module, so that the function can be tested, and called, without any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

import cv2
import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy import ndarray

from yolo_course.notebooks import WIDGET
from yolo_course.show.explorers import canvas
from yolo_course.show.style import picture_data

JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]  # a picture is answered in a few milliseconds, PNG takes three times as long
PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]
CHART_DPI = 130  # sharp enough to read, and drawn twice as fast as the page's own figures
SHEET_WIDTH = 1200  # pixels of the stills, on a page of 900


class View(NamedTuple):
    """What an explorer shows for one setting: a uint8 RGB array (H, W, 3) or a figure, and a sentence about it."""

    picture: ndarray | Figure
    words: str


class Explorer:
    """Controls above a picture; a cell that ends with one shows it, and below it its stills.

    ``draw`` takes one keyword for each of the ``controls`` and returns a :class:`View`. ``stills`` are captions with
    the settings to draw (those left out are as the controls begin): what a reader without a kernel sees.
    Raises ValueError without controls, and where a still names a control that is not there.
    """

    def __init__(
        self,
        title: str,
        draw: Callable[..., View],
        controls: Mapping[str, widgets.Widget],
        stills: Mapping[str, Mapping],
    ):
        unknown = {name for settings in stills.values() for name in settings} - set(controls)
        if not controls or not stills or unknown:
            raise ValueError(
                f"found {len(controls)} controls, {len(stills)} stills and the unknown settings {sorted(unknown)}, "
                "expected at least one control and one still, and in a still only names of controls"
            )
        self.title, self.draw, self.controls, self.stills = title, draw, dict(controls), dict(stills)
        self.start = self.settings
        self.image, self.words = widgets.Image(), widgets.HTML()
        self.panel = self._lay_out()
        is_chart = isinstance(self.update().picture, Figure)
        for control in self.controls.values():
            if is_chart and hasattr(control, "continuous_update"):
                control.continuous_update = False  # a chart takes longer than the way from one step to the next
            control.observe(self.update, names="value")

    @property
    def settings(self) -> dict:
        """The controls' values, by the names of ``draw``'s keywords."""
        return {name: control.value for name, control in self.controls.items()}

    def update(self, _change: object = None) -> View:
        """Draw for the controls' values, and show it."""
        view = self.draw(**self.settings)
        kind, data = encoded(view.picture)
        self.image.format, self.image.value = kind, data
        self.words.value = f'<div role="status" style="line-height: 1.4">{escape(view.words)}</div>'
        return view

    def _lay_out(self) -> widgets.Widget:
        for control in self.controls.values():
            control.style.description_width = "initial"
        row = widgets.Layout(display="flex", flex_flow="row wrap", align_items="center", grid_gap="2px 18px")
        head = widgets.HTML(f"<b>Explore: {escape(self.title)}</b>")
        self.image.layout = widgets.Layout(max_width="100%", align_self="flex-start")
        return widgets.VBox([head, widgets.Box(list(self.controls.values()), layout=row), self.image, self.words])

    def still_sheet(self) -> ndarray:
        """The stills as one picture, each below its caption: side by side where they are narrow."""
        drawn = [raster(self.draw(**{**self.start, **settings}).picture) for settings in self.stills.values()]
        pictures = trimmed(drawn)
        columns = max(1, min(len(pictures), SHEET_WIDTH // pictures[0].shape[1]))
        if columns == 1 and len(pictures) > 1:
            columns = 2
        width = SHEET_WIDTH // columns - canvas.GAP
        shrink = min(1.0, width / pictures[0].shape[1])
        sized = [cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) for picture in pictures]
        cells = [canvas.captioned(picture, text) for picture, text in zip(sized, self.stills, strict=True)]
        rows = [canvas.side_by_side(cells[i : i + columns]) for i in range(0, len(cells), columns)]
        wide = max(row.shape[1] for row in rows)
        return np.concatenate(
            [np.pad(row, ((0, 10), (0, wide - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
        )

    def _ipython_display_(self) -> None:
        from IPython.display import display

        note = f"Explorer: {self.title}. Run this cell to move its controls; below are stills."
        view = {"version_major": 2, "version_minor": 0, "model_id": self.panel.model_id}
        display({WIDGET: view, "text/plain": note, "text/markdown": f"*{note}*"}, raw=True)
        alt = f"Stills of the explorer “{self.title}”: {'; '.join(self.stills)}."
        data, metadata = picture_data(self.still_sheet(), alt)
        display(data, raw=True, metadata=metadata)


def raster(picture: ndarray | Figure, dpi: float = CHART_DPI) -> ndarray:
    """A picture or a figure as a uint8 RGB array (H, W, 3)."""
    if not isinstance(picture, Figure):
        return picture
    picture.set_dpi(dpi)
    drawn = FigureCanvasAgg(picture)
    drawn.draw()
    return np.asarray(drawn.buffer_rgba())[..., :3].copy()


def trimmed(pictures: Sequence[ndarray]) -> list[ndarray]:
    """Without the white below and right of everything; pictures of one size keep one size."""
    shape = np.max([picture.shape[:2] for picture in pictures], axis=0)
    used = np.zeros(shape, bool)
    for picture in pictures:
        used[: picture.shape[0], : picture.shape[1]] |= (picture < 255).any(2)
    rows, columns = (np.flatnonzero(used.any(axis)).max(initial=0) + 1 for axis in (1, 0))
    return [picture[:rows, :columns] for picture in pictures]


def encoded(picture: ndarray | Figure) -> tuple[str, bytes]:
    """The format ("jpeg" for pictures, "png" for charts, whose lines stay sharp) and the file's bytes."""
    kind, options = ("png", PNG) if isinstance(picture, Figure) else ("jpeg", JPEG)
    _, data = cv2.imencode(f".{kind}", cv2.cvtColor(raster(picture), cv2.COLOR_RGB2BGR), options)
    return kind, data.tobytes()


def slider(label: str, low: float, high: float, value: float, step: float = 1) -> widgets.Widget:
    """A slider with its name; whole numbers where the step is one. The arrow keys move it by a step."""
    kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
    return kind(description=label, min=low, max=high, value=value, step=step, layout=widgets.Layout(width="330px"))


def steps(label: str, options: Sequence, value: object) -> widgets.SelectionSlider:
    """A slider over values that are not evenly spaced, or are words (or pairs of a word and its value)."""
    return widgets.SelectionSlider(
        description=label, options=options, value=value, layout=widgets.Layout(width="330px")
    )


def choice(label: str, options: Sequence | Mapping, value: object) -> widgets.Dropdown:
    """A list to choose from; the arrow keys walk through it."""
    return widgets.Dropdown(description=label, options=options, value=value, layout=widgets.Layout(width="auto"))


def switch(label: str, value: bool = False) -> widgets.Checkbox:
    """On or off; the space bar turns it."""
    return widgets.Checkbox(description=label, value=value, indent=False, layout=widgets.Layout(width="auto"))
