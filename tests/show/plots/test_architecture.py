"""The drawing of the network: every row, its shape and its wiring, read from the built model."""

import pytest
from matplotlib.patches import FancyArrowPatch, Rectangle

from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5
from yolo_course.show.plots.architecture import draw_architecture, is_frozen, list_boxes, place


@pytest.fixture(scope="module")
def model():
    return YOLOv5("n", num_classes=8)


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def hatched(figure):
    patches = figure.axes[0].patches
    return sum(isinstance(patch, Rectangle) and patch.get_hatch() is not None for patch in patches)


def test_every_row_has_a_box_with_its_shape(model):
    boxes = list_boxes(model, 640)
    assert [box.row for box in boxes] == [*range(24), 24, 24, 24]
    assert [box.column for box in boxes] == [0] * 10 + [1] * 8 + [2] * 6 + [3] * 3
    assert (boxes[4].text, boxes[4].shape, boxes[4].stride, boxes[4].tag) == ("4  C3 ×2", "64×80×80", 8, "P3")
    assert {box.tag: box.row for box in boxes if box.tag} == {
        "P3": 4,
        "P4": 6,
        "P5": 9,
        "N3": 17,
        "N4": 20,
        "N5": 23,
    }
    assert [box.shape for box in boxes[-3:]] == ["3×80×80×13", "3×40×40×13", "3×20×20×13"]


def test_strides_go_down_the_page_and_no_two_boxes_meet(model):
    boxes = place(list_boxes(model, 640), model.rows[-1].source)
    assert len({(box.x, box.y) for box in boxes}) == len(boxes) == 27
    for one in boxes:
        for other in boxes:
            assert one.stride >= other.stride or one.y > other.y
            assert one is other or one.x != other.x or abs(one.y - other.y) >= 1
    at = {box.row: box for box in boxes}
    assert at[10].y < at[11].y < at[13].y < at[17].y  # the top-down path climbs
    assert at[18].y > at[20].y > at[23].y  # the bottom-up path descends


def test_the_wires_are_the_rows_sources(model):
    figure = draw_architecture(model)
    wires = sum(isinstance(patch, FancyArrowPatch) for patch in figure.axes[0].patches)
    assert wires == sum(len(row.source) for row in model.rows[1:])
    assert {"Backbone", "Neck\ntop-down (FPN)", "Neck\nbottom-up (PAN)", "Head"} <= set(words(figure))
    assert words(figure).count("24  Detect") == 3 and "stride 32\n20×20" in words(figure)


@pytest.mark.parametrize(("what", "count"), [(0, 0), (1, 1), ("backbone", 10), ("backbone+neck", 24), (25, 27)])
def test_frozen_rows_are_hatched(what, count):
    model = YOLOv5("n", num_classes=8)
    freeze(model, what)
    figure = draw_architecture(model)
    assert hatched(figure) == count
    assert (figure.axes[0].get_legend() is not None) == bool(count)


def test_frozen_by_hand_counts_too():
    model = YOLOv5("n", num_classes=8)
    model.model[3].conv.weight.requires_grad_(False)
    assert [row for row in range(25) if is_frozen(model, row)] == [3]


@pytest.mark.parametrize(
    ("size", "release", "text"), [("l", "v2.0", "17  BottleneckCSP ×3"), ("x", "v7.0", "6  C3 ×12")]
)
def test_other_releases_and_sizes(size, release, text):
    import torch

    with torch.device("meta"):
        model = YOLOv5(size, release)
    assert text in words(draw_architecture(model, 320))


def test_words_stay_in_the_figure():
    figure = draw_architecture(YOLOv5("s", "v2.0"))
    figure.draw_without_rendering()
    for text in figure.axes[0].texts:
        extent = text.get_window_extent()
        assert figure.bbox.x0 <= extent.x0 and extent.x1 <= figure.bbox.x1, text.get_text()
