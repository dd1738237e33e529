"""The strip of the five stages."""

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from yolo_course.show import style
from yolo_course.show.plots.pipeline import pipeline_strip


def fills(figure):
    boxes = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]
    return [to_hex(box.get_facecolor()).upper() for box in boxes]


@pytest.mark.parametrize("lit", list(style.STAGES))
def test_one_stage_is_lit(lit):
    figure = pipeline_strip(lit)
    expected = [style.STAGES[stage] if stage == lit else "#FFFFFF" for stage in style.STAGES]
    assert fills(figure) == expected
    bold = [text.get_text() for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert bold == [f"{list(style.STAGES).index(lit) + 1}  {lit.capitalize()}"]


def test_without_a_name_all_are_lit():
    figure = pipeline_strip()
    assert fills(figure) == list(style.STAGES.values())
    assert sum(isinstance(patch, FancyArrowPatch) for patch in figure.axes[0].patches) == 4


def test_all_words_stay_in_their_boxes():
    figure = pipeline_strip()
    figure.draw_without_rendering()
    axes = figure.axes[0]
    boxes = [patch.get_window_extent() for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    for number, text in enumerate(axes.texts[:10]):
        extent, box = text.get_window_extent(), boxes[number // 2]
        assert box.x0 < extent.x0 and extent.x1 < box.x1, text.get_text()


def test_stage_that_there_is_not():
    with pytest.raises(ValueError, match="found stage 'tail', expected one of input, backbone"):
        pipeline_strip("tail")
