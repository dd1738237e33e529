"""Pictures with boxes, sheets of pictures, and feature maps."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from yolo_course.data import Dataset
from yolo_course.show import style
from yolo_course.show.plots.pictures import (
    contact_sheet,
    feature_maps,
    show_picture,
    show_pictures,
    strongest_channels,
)

NAMES = ["disc", "square"]
IMAGE = np.full((60, 100, 3), 200, np.uint8)
TRUTH = np.float32([[10, 10, 40, 40], [60, 20, 99, 59]]), np.int64([0, 1])
FOUND = np.float32([[12, 8, 42, 41, 0.873, 0]])


def frames(axes):
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_truth_is_dashed_and_findings_have_scores():
    axes = show_picture(IMAGE, NAMES, TRUTH, FOUND, "title").axes[0]
    assert words(axes) == ["disc", "square", "disc 0.87"] and axes.get_title() == "title"
    assert [frame.get_linestyle() for frame in frames(axes)] == ["--", "--", "-"]
    assert frames(axes)[2].get_bbox().bounds == pytest.approx((12, 8, 30, 33))
    assert len(axes.images) == 1


def test_labels_stay_in_the_picture():
    """In each corner, and in a picture that the box fills."""
    corners = np.float32([[0, 0, 9, 9], [90, 0, 100, 9], [0, 50, 9, 60], [90, 50, 100, 60], [0, 0, 100, 60]])
    for found in (None, np.column_stack([corners, np.full(5, 0.5), np.ones(5)])):
        truth = (corners, np.ones(5, np.int64)) if found is None else None
        figure = show_picture(IMAGE, NAMES, truth, found)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        for text in axes.texts:
            extent = text.get_window_extent()
            assert axes.bbox.x0 - 3 <= extent.x0 and extent.x1 <= axes.bbox.x1 + 3
            assert axes.bbox.y0 - 3 <= extent.y0 and extent.y1 <= axes.bbox.y1 + 3


@pytest.mark.parametrize("found", [None, [], np.zeros((0, 6)), torch.zeros(0, 6)])
def test_nothing_found(found):
    axes = show_picture(IMAGE, NAMES, (np.zeros((0, 4), np.float32), np.zeros(0, np.int64)), found).axes[0]
    assert not words(axes) and not frames(axes)


def test_a_class_without_a_name_has_a_number():
    assert words(show_picture(IMAGE, [], TRUTH).axes[0]) == ["class 0", "class 1"]


def test_boxes_without_classes_are_refused():
    with pytest.raises(ValueError, match="found 2 boxes and 1 classes"):
        show_picture(IMAGE, NAMES, (TRUTH[0], TRUTH[1][:1]))


def test_small_pictures_keep_their_pixels():
    figure = show_pictures([(IMAGE, None, None, "a"), (np.zeros((400, 300, 3), np.uint8), None, None, "b")])
    assert [axes.images[0].get_interpolation() for axes in figure.axes] == ["nearest", "antialiased"]


def data(count=3):
    return Dataset([IMAGE] * count, [TRUTH[0]] * count, [TRUTH[1]] * count, NAMES)


@pytest.mark.parametrize(
    ("count", "columns", "grid", "drawn"), [(2, 4, 4, 2), (8, 2, 4, 3), (3, 3, 3, 3), (1, 1, 1, 1)]
)
def test_contact_sheet(count, columns, grid, drawn):
    figure = contact_sheet(data(), count, columns)
    assert len(figure.axes) == grid and sum(len(axes.images) for axes in figure.axes) == drawn
    assert words(figure.axes[0]) == NAMES and frames(figure.axes[0])[0].get_edgecolor()[:3] == (1, 1, 1)
    assert style.TRUTH == "white"


def test_contact_sheet_of_chosen_pictures_and_of_none():
    assert sum(len(axes.images) for axes in contact_sheet(data(), indices=[2, 0]).axes) == 2
    with pytest.raises(ValueError, match="found 0 pictures"):
        contact_sheet(data(), indices=[])


def test_feature_maps_show_the_channels_that_vary_most_and_differ():
    flat, slope = torch.zeros(2, 4, 4), torch.arange(16.0).view(1, 4, 4)
    maps = torch.cat([flat, slope, -0.5 * slope, 0.1 * slope.mT])  # (5, 4, 4)
    assert [index for index, _ in strongest_channels(maps, 5)] == [2, 4, 0, 1, 3]  # 3 shows what 2 does
    figure = feature_maps({"P3": maps, "P4": maps[None]}, channels=2, image=IMAGE)
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert len(figure.axes) == 6 and titles == ["", "channel 2", "channel 4"]
    assert words(figure.axes[0]) == ["P3\n5×4×4"] and words(figure.axes[3]) == ["P4\n5×4×4"]
    assert [index for index, _ in strongest_channels(maps[:1], 3)] == [0]


def test_a_crowd_of_boxes_has_no_words():
    many = np.repeat(FOUND, 21, axis=0)
    axes = show_picture(IMAGE, NAMES, None, many).axes[0]
    assert not words(axes) and len(frames(axes)) == 21 and frames(axes)[0].get_linewidth() == 1
    assert len(words(show_picture(IMAGE, NAMES, None, many[:20]).axes[0])) == 20


def test_more_channels_than_there_are():
    figure = feature_maps({"P3": torch.rand(2, 4, 4, requires_grad=True)}, channels=4)
    assert sum(len(axes.images) for axes in figure.axes) == 2


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (4, 4)])
def test_feature_maps_of_several_pictures_are_refused(shape):
    with pytest.raises(ValueError, match="found a map of shape"):
        feature_maps({"P3": torch.rand(shape)})
