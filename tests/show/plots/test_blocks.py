"""The wiring of the blocks, held against the blocks themselves."""

import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from yolo_course.show.plots.blocks import BOTTLENECK_CSP, C3_BLOCK, CSP_STORY, Part, wiring
from yolo_course.stages.backbone import C3, BottleneckCSP


def parts(axes, kind):
    return [patch for patch in axes.patches if isinstance(patch, kind)]


def test_every_part_and_every_way_is_drawn():
    for axes, (name, block) in zip(wiring().axes, CSP_STORY.items(), strict=True):
        assert axes.get_title() == name
        assert [text.get_text() for text in axes.texts] == [part.text for part in block.values()]
        assert len(parts(axes, FancyBboxPatch)) == len(block)
        assert len(parts(axes, FancyArrowPatch)) == sum(len(part.sources) for part in block.values())


def test_texts_stay_in_their_boxes_and_boxes_apart():
    figure = wiring()
    figure.draw_without_rendering()
    for axes in figure.axes:
        boxes = [box.get_window_extent() for box in parts(axes, FancyBboxPatch)]
        for text, box in zip(axes.texts, boxes, strict=True):
            extent = text.get_window_extent()
            assert box.x0 <= extent.x0 and extent.x1 <= box.x1 and axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
        assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


@pytest.mark.parametrize(("drawn", "block"), [(BOTTLENECK_CSP, BottleneckCSP), (C3_BLOCK, C3)])
def test_the_drawing_has_the_convolutions_that_the_block_has(drawn, block):
    module = block(8, 8)
    assert {key for key in drawn if key.startswith("cv")} == {n for n, _ in module.named_children() if n[:2] == "cv"}
    for key in (key for key in drawn if key.startswith("cv")):
        bare = not hasattr(getattr(module, key), "bn")
        assert ("bare" in drawn[key].text) == bare, key


def test_arrows_lead_from_box_to_box():
    axes = wiring({"two": {"a": Part("a", 0, 0), "b": Part("b", 1, 2, ("a",))}}).axes[0]
    (arrow,) = parts(axes, FancyArrowPatch)
    assert arrow._posA_posB == [pytest.approx((0, 0.31)), pytest.approx((1, 1.69))]  # box edge to box edge


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="found no block"):
        wiring({})
    with pytest.raises(ValueError, match="odd: found inputs from nowhere, expected from a"):
        wiring({"odd": {"a": Part("a", 0, 0, ("nowhere",))}})
