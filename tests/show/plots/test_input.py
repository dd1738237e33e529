"""Stage 1 drawn: letterbox, box formats, mosaic and what is on."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch, Rectangle

from yolo_course.boxes import normalise
from yolo_course.show import style
from yolo_course.show.plots.input import box_formats, letterbox_steps, mosaic_plan, what_is_on
from yolo_course.stages.input import letterbox, mosaic

IMAGE = np.random.default_rng(0).integers(0, 256, (90, 160, 3), np.uint8)


def words(axes):
    return [text.get_text() for text in axes.texts]


def frames(axes, kind=Rectangle):
    return [patch for patch in axes.patches if type(patch) is kind]


@pytest.mark.parametrize(("shape", "pads"), [((90, 160), ["3.5"] * 2), ((64, 32), ["8"] * 2), ((40, 40), [])])
def test_letterbox_steps_show_what_letterbox_returns(shape, pads):
    image = np.resize(IMAGE, (*shape, 3))
    size = {90: 16, 64: 32, 40: 20}[shape[0]]
    padded, (ratio, _), (pad_x, pad_y) = letterbox(image, size)
    drawn = [np.asarray(axes.images[0].get_array()) for axes in letterbox_steps(image, size).axes]
    assert np.array_equal(drawn[0], image) and np.array_equal(drawn[2], padded)
    scaled = padded[int(pad_y) : int(pad_y) + drawn[1].shape[0], int(pad_x) : int(pad_x) + drawn[1].shape[1]]
    assert np.array_equal(drawn[1], scaled)
    assert drawn[1].shape[:2] == (round(shape[0] * ratio), round(shape[1] * ratio))
    assert words(letterbox_steps(image, size).axes[2]) == pads


def test_a_pixel_is_equally_large_in_all_steps():
    figure = letterbox_steps(IMAGE, 64)
    figure.draw_without_rendering()
    scales = [axes.bbox.width / abs(np.subtract(*axes.get_xlim())) for axes in figure.axes]
    assert scales == pytest.approx([scales[0]] * 3, rel=0.02)


@pytest.mark.parametrize("box", [(10, 20, 60, 70), (90, 20, 140, 60)])
def test_box_formats_write_both_forms_and_stay_in_the_picture(box):
    figure = box_formats(IMAGE, np.float32(box))
    left, right = figure.axes
    x, y, w, h = normalise(np.float64(box), 160, 90)
    corners = [f"left, top\n{box[0]:.1f}, {box[1]:.1f}", f"right, bottom\n{box[2]:.1f}, {box[3]:.1f}"]
    assert words(left) == corners
    assert words(right) == [f"w {w:.3f}", f"h {h:.3f}", f"x, y\n{x:.3f}, {y:.3f}"]
    for axes in (left, right):
        assert frames(axes)[0].get_bbox().extents == pytest.approx(box)
    dots = [tuple(line.get_xydata()[0]) for line in left.lines]
    assert dots == [box[:2], box[2:]]
    figure.draw_without_rendering()
    for axes in (left, right):
        for text in axes.texts:
            assert axes.bbox.x0 <= text.get_window_extent().x0 and text.get_window_extent().x1 <= axes.bbox.x1


def four(size=20):
    rng = np.random.default_rng(1)
    box = np.float32([[2, 3, 12, 15]])
    return [(rng.integers(0, 256, (size, size, 3), np.uint8), box, np.int64([k])) for k in range(4)]


@pytest.mark.parametrize("center", [(14, 6), (0, 0), (20, 20), (10, 20)])
def test_mosaic_plan_shows_the_mosaic_and_the_parts_it_takes(center):
    samples = four()
    left, right = mosaic_plan(samples, 20, center, "abcd").axes
    image, boxes, classes = mosaic(samples, np.random.default_rng(0), 20, center=center)
    assert np.array_equal(right.images[0].get_array(), image)
    assert words(right) == ["abcd"[k] for k in classes] and len(frames(right)) == len(boxes)
    used = [frame for frame in frames(left) if to_hex(frame.get_edgecolor()).upper() == style.ORANGE]
    x, y = center
    areas = [frame.get_width() * frame.get_height() for frame in used]
    assert areas == [x * y, (20 - x) * y, x * (20 - y), (20 - x) * (20 - y)]
    parts = [np.asarray(drawn.get_array()) for drawn in left.images if drawn.get_alpha() is None]
    canvas = [image[:y, :x], image[:y, x:], image[y:, :x], image[y:, x:]]
    for part, quarter in zip(parts, [each for each in canvas if each.size], strict=True):
        assert np.array_equal(part, quarter)


def test_mosaic_plan_takes_pictures_of_other_sizes():
    image, boxes, classes = four()[0]
    small = (image[:10, :8], np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    left, _ = mosaic_plan([small] * 4, 20, (14, 6)).axes
    assert [(frame.get_width(), frame.get_height()) for frame in frames(left)] == [(8, 6), (6, 6), (8, 10), (6, 10)]
    with pytest.raises(ValueError, match="found 1 samples, expected 4"):
        mosaic_plan([(image, boxes, classes)], 20, (3, 3))


def test_what_is_on_fills_what_is_on():
    axes = what_is_on({"mosaic": ["1.0", "off"], "cutout": ["off", "off"]}, ["here", "there"]).axes[0]
    filled = [to_hex(cell.get_facecolor()).upper() == style.STAGES["input"] for cell in frames(axes, FancyBboxPatch)]
    assert filled == [True, False, False, False]
    assert words(axes) == ["here", "there", "mosaic", "1.0", "off", "cutout", "off", "off"]
    with pytest.raises(ValueError, match="found 1 values for 'mosaic', expected 2"):
        what_is_on({"mosaic": ["1.0"]}, ["here", "there"])
