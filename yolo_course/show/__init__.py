"""Figures, each a function that returns a matplotlib ``Figure``; ``display_figure`` puts one on the page."""

from .live import live_curves
from .plots.architecture import draw_architecture
from .plots.curves import cost_bars, draw_curves, learning_curves, loss_curves, test_bars
from .plots.models import ModelCost, model_chart
from .plots.pictures import contact_sheet, draw_boxes, feature_maps, show_picture, show_pictures
from .plots.pipeline import pipeline_strip
from .source import show_source
from .style import display_figure

__all__ = [
    "ModelCost",
    "contact_sheet",
    "cost_bars",
    "display_figure",
    "draw_architecture",
    "draw_boxes",
    "draw_curves",
    "feature_maps",
    "learning_curves",
    "live_curves",
    "loss_curves",
    "model_chart",
    "pipeline_strip",
    "show_picture",
    "show_pictures",
    "show_source",
    "test_bars",
]
