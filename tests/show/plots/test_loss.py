"""The loss in pictures: what is drawn is what was computed."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from yolo_course.boxes import KINDS, iou
from yolo_course.show import style
from yolo_course.show.plots.loss import anchor_reach, answering_cells, box_pairs, objectness_maps, overlap_curves
from yolo_course.stages.loss import assign_targets

ANCHORS = torch.tensor([[[1.0, 1], [2, 2], [3, 1]], [[1, 2], [2, 1], [4, 4]], [[1, 1], [2, 2], [4, 4]]])  # in cells
SHAPES = [(16, 16), (8, 8), (4, 4)]
IMAGE = np.full((128, 128, 3), 90, np.uint8)


def rectangles(axes):
    return [patch for patch in axes.patches if isinstance(patch, Rectangle)]


class TestOverlapCurves:
    def test_values_left_and_slopes_right(self):
        shift = [0.0, 1.0, 2.0]
        values = {kind: [3.0 + n, 2.0, 1.0] for n, kind in enumerate(KINDS)}
        slopes = {kind: torch.tensor([-1.0, -2.0, -float(n)]) for n, kind in enumerate(KINDS)}
        left, right = overlap_curves(shift, values, slopes).axes
        for n, kind in enumerate(KINDS):
            assert list(left.lines[n].get_xdata()) == shift
            assert list(left.lines[n].get_ydata()) == values[kind]
            assert right.lines[n].get_ydata().tolist() == slopes[kind].tolist()

    def test_every_measure_has_its_own_dash_or_width(self):
        curves = {kind: [0.0, 1.0] for kind in KINDS}
        lines = overlap_curves([0, 1], curves, curves).axes[0].lines[: len(KINDS)]
        assert len({(line.get_linestyle(), line.get_linewidth()) for line in lines}) == len(KINDS)
        assert [line.get_label() for line in lines] == ["IoU", "GIoU", "DIoU", "CIoU"]

    def test_curves_that_do_not_fit(self):
        with pytest.raises(ValueError, match="found the measure 'siou', expected some of iou, giou"):
            overlap_curves([0, 1], {"siou": [0, 1]}, {})
        with pytest.raises(ValueError, match="found 1 numbers of iou, expected one for each of 2 shifts"):
            overlap_curves([0, 1], {"iou": [0]}, {"iou": [0, 1]})


class TestBoxPairs:
    PAIRS = [("apart", (0, 0, 2, 2), (4, 0, 6, 2)), ("same", (0, 0, 2, 2), (0, 0, 2, 2))]

    def test_the_boxes_and_their_measures(self):
        figure = box_pairs(self.PAIRS)
        for axes, (title, truth, predicted) in zip(figure.axes, self.PAIRS, strict=True):
            found, true = (patch.get_bbox().extents for patch in rectangles(axes))
            assert tuple(true) == truth and tuple(found) == predicted and axes.get_title() == title
            boxes = [torch.tensor([box], dtype=torch.float64) for box in (predicted, truth)]
            words = [text.get_text() for text in axes.texts]
            for kind in KINDS:
                assert f"{iou(*boxes, kind).item():+.2f}" in words

    def test_the_truth_is_dashed_and_the_guess_has_the_heads_colour(self):
        found, true = rectangles(box_pairs(self.PAIRS).axes[0])
        assert true.get_linestyle() == "--" and found.get_linestyle() in ("-", "solid")
        assert to_hex(found.get_edgecolor()).upper() == style.FOUND.upper()

    def test_all_words_are_on_the_page(self):
        figure = box_pairs(self.PAIRS)
        figure.draw_without_rendering()
        for axes in figure.axes:
            for text in axes.texts:
                extent = text.get_window_extent()
                assert extent.x0 >= 0 and extent.y0 >= 0 and extent.x1 <= figure.bbox.x1

    def test_no_pair(self):
        with pytest.raises(ValueError, match="found no pair of boxes"):
            box_pairs([])


class TestAnchorReach:
    def test_a_square_reaches_limit_times_either_way(self):
        figure = anchor_reach(8 * ANCHORS, 4.0, {"thing": (20, 40)})
        assert [axes.get_title("left") for axes in figure.axes] == ["P3", "P4", "P5"]
        for axes, own in zip(figure.axes, 8 * ANCHORS, strict=True):
            drawn = np.array([patch.get_bbox().extents for patch in rectangles(axes)])
            assert np.allclose(drawn, torch.cat((own / 4, own * 4), 1))
            assert list(axes.lines[-1].get_xydata()[0]) == [20, 40]
            assert axes.texts[0].get_text() == "thing" and axes.get_xscale() == axes.get_yscale() == "log"

    def test_an_object_lies_in_the_squares_of_the_anchors_that_answer(self):
        thing = (11.0, 3.0)
        for axes, own in zip(anchor_reach(ANCHORS, 4.0, {"thing": thing}).axes, ANCHORS, strict=True):
            inside = [patch.get_bbox().contains(*thing) for patch in rectangles(axes)]
            target = torch.tensor([[0, 0, 0.51, 0.51, thing[0] / 64, thing[1] / 64]])
            answers = set(assign_targets(target, (64, 64), own).anchor.tolist())
            assert [n for n, lies in enumerate(inside) if lies] == sorted(answers)

    @pytest.mark.parametrize(("anchors", "limit"), [(torch.ones(3, 2), 4.0), (torch.ones(3, 3, 2), 1.0)])
    def test_anchors_that_cannot_be(self, anchors, limit):
        with pytest.raises(ValueError, match="expected .levels, A, 2. in pixels and a limit above 1"):
            anchor_reach(anchors, limit)


class TestAnsweringCells:
    TARGET = torch.tensor([0, 1, 0.43, 0.72, 0.25, 0.23])

    def test_the_cells_of_assign_targets(self):
        figure = answering_cells(IMAGE, self.TARGET, SHAPES, ANCHORS)
        for axes, shape, own in zip(figure.axes, SHAPES, ANCHORS, strict=True):
            found = assign_targets(self.TARGET[None], shape, own)
            step = 128 / shape[1]
            expected = {(c * step, r * step) for c, r in zip(found.column.tolist(), found.row.tolist(), strict=True)}
            *drawn, truth = rectangles(axes)
            assert {patch.get_xy() for patch in drawn} == expected
            assert axes.get_title().endswith(f": {len(found.image)} answers")
            assert truth.get_bbox().bounds == pytest.approx((0.305 * 128, 0.605 * 128, 32, 0.23 * 128), abs=1e-3)

    def test_the_cell_of_the_centre_is_the_dark_one(self):
        axes = answering_cells(IMAGE, self.TARGET, SHAPES, ANCHORS).axes[2]
        *cells, _ = rectangles(axes)
        dark = [patch for patch in cells if to_hex(patch.get_facecolor()).upper() == style.STAGES["loss"].upper()]
        assert [patch.get_xy() for patch in dark] == [(32, 64)]
        assert sum(int(text.get_text()) for text in axes.texts) == int(axes.get_title().split()[1])

    def test_an_object_that_nobody_answers_for(self):
        huge = torch.tensor([0, 1, 0.5, 0.5, 1.0, 1.0])
        axes = answering_cells(IMAGE, huge, SHAPES, ANCHORS / 10).axes[0]
        assert axes.get_title() == "P3: 0 answers" and len(rectangles(axes)) == 1

    def test_several_targets_are_refused(self):
        with pytest.raises(ValueError, match=r"found a target of shape \(1, 6\), expected one row of six"):
            answering_cells(IMAGE, self.TARGET[None], SHAPES, ANCHORS)


class TestObjectnessMaps:
    def test_the_largest_of_a_cells_anchors(self):
        torch.manual_seed(0)
        wanted, said = ([torch.rand(3, n, n) for n in (4, 2, 1)] for _ in range(2))
        figure = objectness_maps(wanted, said)
        shown = [axes.images[0] for axes in figure.axes[:6]]
        for image, values in zip(shown, [*wanted, *said], strict=True):
            assert np.allclose(image.get_array(), values.amax(0)) and image.get_clim() == (0, 1)
        titles = [axes.get_title() for axes in figure.axes[:6]]
        assert titles[0] == "P3, wanted" and titles[5] == "P5, said"

    def test_maps_that_do_not_pair(self):
        with pytest.raises(ValueError, match=r"found maps of \(3, 4, 4\) and \(3, 2, 2\)"):
            objectness_maps([torch.rand(3, 4, 4)], [torch.rand(3, 2, 2)])
