"""Curves that grow while their runs train."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from yolo_course.learn.compare import Curves
from yolo_course.learn.experiment import Experiment
from yolo_course.show.plots.curves import draw_curves
from yolo_course.show.style import figure_data


@contextmanager
def live_curves(experiment: Experiment) -> Iterator[Callable[[Curves], None]]:
    """A figure in the page, and the function that ``compare(..., watch=...)`` calls to bring it up to date.

    Against epochs and against seconds of training. The figure that is left is that of the last call.
    """
    from IPython.display import display

    rates = {mode.name: mode.lr for mode in experiment.modes}
    alt = f"Validation mAP50 of {len(rates)} ways to train, against epochs and against seconds of training."

    def draw(curves: Curves) -> tuple[dict, dict]:
        return figure_data(draw_curves(curves, rates, ("epochs", "seconds")), alt)

    data, metadata = draw({})
    page = display(data, raw=True, metadata=metadata, display_id=True)
    drawn = 0

    def watch(curves: Curves) -> None:
        nonlocal drawn
        points = sum(row["map50"] is not None for rows in curves.values() for row in rows)
        if page is not None and points != drawn:  # None: there is no notebook to draw in
            data, metadata = draw(curves)
            page.update(data, raw=True, metadata=metadata)
            drawn = points

    yield watch
