"""Who answers for which object, and what a wrong answer costs. The original: tests/test_parity.py."""

from __future__ import annotations

import copy
import types

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from yolo_course.boxes import iou
from yolo_course.stages.head import Detect, decode
from yolo_course.stages.loss import DEFAULT_HYP, YOLOLoss, assign_targets, scale_hyp

CELLS = torch.tensor([[2.0, 2], [4, 4], [16, 16]])  # anchors in cells
PIXELS = [[[8, 8], [16, 16]], [[16, 16], [32, 32]], [[32, 32], [64, 64]]]


def one_object(x: float, y: float, w: float = 2.0, h: float = 2.0, cells: int = 8, label: int = 0) -> torch.Tensor:
    """A target with centre and size in cells of a map of ``cells`` by ``cells``."""
    return torch.tensor([[0, label, *(n / cells for n in (x, y, w, h))]])


def answering(targets: torch.Tensor, shape=(8, 8), anchors=CELLS[:1]) -> list[tuple[int, int]]:
    """(column, row) of each cell that answers."""
    found = assign_targets(targets, shape, anchors)
    return sorted(zip(found.column.tolist(), found.row.tolist(), strict=True))


def model_of(num_classes: int = 2):
    torch.manual_seed(0)
    detect = Detect(num_classes, PIXELS, (4, 4, 4), (8, 16, 32))
    return types.SimpleNamespace(detect=detect)


def raw_maps(num_classes: int = 2, batch: int = 2, side: int = 64) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = [(batch, 2, side // s, side // s, 5 + num_classes) for s in (8, 16, 32)]
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


TARGETS = torch.tensor([[0, 1, 0.5, 0.4, 0.2, 0.3], [1, 0, 0.2, 0.7, 0.3, 0.2], [1, 1, 0.8, 0.2, 0.5, 0.6]])


class TestAssignment:
    @pytest.mark.parametrize(
        ("x", "y", "expected"),
        [
            (3.3, 4.2, {(3, 4), (2, 4), (3, 3)}),  # left and upper
            (3.7, 4.2, {(3, 4), (4, 4), (3, 3)}),  # right and upper
            (3.3, 4.8, {(3, 4), (2, 4), (3, 5)}),  # left and lower
            (3.7, 4.8, {(3, 4), (4, 4), (3, 5)}),  # right and lower
            (0.3, 0.3, {(0, 0)}),  # nothing beyond the edge
            (7.7, 7.9, {(7, 7)}),
            (0.3, 4.8, {(0, 4), (0, 5)}),
        ],
    )
    def test_the_cell_of_the_centre_and_its_two_nearest_neighbours(self, x, y, expected):
        assert answering(one_object(x, y)) == sorted(expected)

    def test_an_anchor_answers_below_four_times_the_size_either_way(self):
        anchors = torch.tensor([[2.0, 2]])
        for w, h, matches in [
            (7.9, 2, 1),
            (8.1, 2, 0),
            (2, 8.1, 0),
            (0.51, 2, 1),
            (0.49, 2, 0),
            (2, 0.49, 0),
        ]:
            found = assign_targets(one_object(4.25, 4.25, w, h, cells=16), (16, 16), anchors)
            assert bool(len(found.image)) is bool(matches), (w, h)
        assert len(assign_targets(one_object(4.25, 4.25, 8.1, 2, 16), (16, 16), anchors, anchor_t=5).image)

    def test_overlap_plays_no_part(self):
        """An anchor of the same area but another shape, with more overlap than a match, does not answer."""
        target = one_object(4.5, 4.5, 1.0, 7.9, cells=16)
        anchors = torch.tensor([[3.9, 2.0], [4.1, 7.9]])
        found = assign_targets(target, (16, 16), anchors)
        assert set(found.anchor.tolist()) == {0}

    def test_several_anchors_may_answer_for_one_object(self):
        found = assign_targets(one_object(3.3, 4.2, 3, 3), (8, 8), CELLS)
        assert sorted(found.anchor.tolist()) == [0, 0, 0, 1, 1, 1]
        assert torch.equal(found.anchor_size, CELLS[found.anchor])

    def test_the_box_is_measured_from_the_cell_that_answers(self):
        found = assign_targets(one_object(3.3, 4.2, label=5), (8, 8), CELLS[:1])
        assert found.label.tolist() == [5, 5, 5] and found.image.tolist() == [0, 0, 0]
        centre = found.box[:, :2] + torch.stack((found.column, found.row), 1)
        assert torch.allclose(centre, torch.tensor([[3.3, 4.2]]).expand(3, 2), atol=1e-5)
        assert torch.allclose(found.box[:, 2:], torch.tensor([2.0, 2.0]))
        # What a cell can say ranges from -0.5 to 1.5: every answer is within reach.
        assert (found.box[:, :2] > -0.5 - 1e-5).all() and (found.box[:, :2] < 1.5 + 1e-5).all()

    def test_maps_wider_than_high(self):
        target = torch.tensor([[3, 1, 0.9, 0.5, 0.1, 0.5]])
        found = assign_targets(target, (4, 16), torch.tensor([[1.6, 2.0]]))
        assert set(found.column.tolist()) <= {13, 14, 15} and set(found.row.tolist()) <= {1, 2}
        assert found.image.unique().tolist() == [3]

    def test_no_objects(self):
        found = assign_targets(torch.zeros(0, 6), (8, 8), CELLS)
        assert all(len(part) == 0 for part in found) and found.box.shape == (0, 4)

    def test_random_objects_stay_on_the_map(self):
        generator = torch.Generator().manual_seed(0)
        targets = torch.cat((torch.zeros(500, 2), torch.rand(500, 4, generator=generator)), 1)
        targets[:4, 2:4] = torch.tensor([[0.0, 0], [1, 1], [0, 1], [1, 0]])
        found = assign_targets(targets, (5, 7), CELLS)
        assert found.column.min() >= 0 and found.column.max() <= 6
        assert found.row.min() >= 0 and found.row.max() <= 4


class TestGains:
    def test_scaled_by_levels_classes_and_size(self):
        scaled = scale_hyp({}, size=320, num_classes=20)
        assert scaled["box"] == 0.05 and scaled["cls"] == 0.5 * 20 / 80 and scaled["obj"] == 0.25
        four = scale_hyp({"box": 0.1}, 640, 80, levels=4)
        assert (four["box"], four["cls"], four["obj"]) == pytest.approx((0.075, 0.375, 0.75))
        assert DEFAULT_HYP["box"] == 0.05, "the defaults were changed"

    def test_the_given_mapping_is_left_alone(self):
        hyp = types.MappingProxyType({"box": 0.1, "lr0": 0.01, "anchor_t": 3})
        assert scale_hyp(hyp, 640, 80)["anchor_t"] == 3
        assert YOLOLoss(model_of(), hyp).hyp["box"] == 0.1

    @pytest.mark.parametrize("build", [lambda hyp: hyp, lambda hyp: scale_hyp(hyp, 640, 80)])
    def test_the_old_name_of_the_box_gain(self, build):
        assert YOLOLoss(model_of(), build({"giou": 0.2})).hyp["box"] == 0.2
        assert YOLOLoss(model_of(), build({"giou": 0.2, "box": 0.3})).hyp["box"] == 0.3

    @pytest.mark.parametrize(("key", "part"), [("box", 0), ("obj", 1), ("cls", 2)])
    def test_each_gain_scales_its_part(self, key, part):
        _, plain = YOLOLoss(model_of())(raw_maps(), TARGETS)
        _, scaled = YOLOLoss(model_of(), {key: 3 * DEFAULT_HYP[key]})(raw_maps(), TARGETS)
        expected = plain.clone()
        expected[part] *= 3
        assert torch.allclose(scaled, expected)


class TestLoss:
    def test_the_total_is_the_sum_of_the_parts_times_the_batch(self):
        for batch in (1, 2, 5):
            total, parts = YOLOLoss(model_of())(raw_maps(batch=batch), TARGETS[TARGETS[:, 0] < batch])
            assert total.shape == () and total.requires_grad
            assert parts.shape == (3,) and not parts.requires_grad and (parts > 0).all()
            assert total.item() == pytest.approx(batch * parts.sum().item(), rel=1e-6)

    def test_written_out_level_by_level(self):
        """The same sums by hand: mean of 1 - CIoU, cross entropies, and 4 / 1 / 0.4 for objectness."""
        model, raw, expected = model_of(), raw_maps(), torch.zeros(3)
        for out, anchors, balance in zip(raw, model.detect.anchors, (4.0, 1.0, 0.4), strict=True):
            found = assign_targets(TARGETS, out.shape[2:4], anchors)
            boxes = decode(out, anchors, 1)  # in cells
            wanted = torch.zeros(out.shape[:-1])
            quality, labels = [], []
            for i in range(len(found.image)):
                slot = tuple(int(part[i]) for part in found[:4])
                x, y, w, h = boxes[slot][:4]
                tx, ty, tw, th = found.box[i] + torch.tensor([found.column[i], found.row[i], 0, 0])
                a = torch.stack((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
                b = torch.stack((tx - tw / 2, ty - th / 2, tx + tw / 2, ty + th / 2))
                quality.append(iou(a, b, "ciou"))
                wanted[slot] = quality[-1].detach().clamp(min=0)
                labels.append(bce(out[slot][5:], nn.functional.one_hot(found.label[i], 2).float()))
            expected += torch.stack((
                0.05 * (1 - torch.stack(quality)).mean(),
                1.0 * balance * bce(out[..., 4], wanted),
                0.5 * torch.stack(labels).mean(),
            )).detach()  # fmt: skip
        assert torch.allclose(YOLOLoss(model)(raw, TARGETS)[1], expected, rtol=1e-4)

    def test_pictures_without_objects_cost_objectness_alone(self):
        total, parts = YOLOLoss(model_of())(raw_maps(), TARGETS[:0])
        total.backward()
        assert parts[0] == parts[2] == 0 and parts[1] > 0

    def test_with_one_class_there_is_nothing_to_tell_apart(self):
        raw = raw_maps(num_classes=1)
        targets = TARGETS.clone()
        targets[:, 1] = 0
        total, parts = YOLOLoss(model_of(1))(raw, targets)
        total.backward()
        assert parts[2] == 0 and all((out.grad[..., 5:] == 0).all() for out in raw)

    def test_perfect_boxes_cost_nothing(self):
        model, raw = model_of(), [out.detach().clone() for out in raw_maps()]
        for out, anchors in zip(raw, model.detect.anchors, strict=True):
            found = assign_targets(TARGETS, out.shape[2:4], anchors)
            s = torch.cat(((found.box[:, :2] + 0.5) / 2, (found.box[:, 2:] / found.anchor_size).sqrt() / 2), 1)
            out[found.image, found.anchor, found.row, found.column, :4] = torch.logit(s)
        assert YOLOLoss(model)(raw, TARGETS)[1][0].item() == pytest.approx(0, abs=1e-5)

    def test_the_measure_of_overlap_can_be_v2s(self):
        losses = [YOLOLoss(model_of(), overlap=kind)(raw_maps(), TARGETS)[1][0].item() for kind in ("ciou", "giou")]
        assert losses[0] != losses[1]
        with pytest.raises(ValueError, match="found kind='siou'"):
            YOLOLoss(model_of(), overlap="siou")(raw_maps(), TARGETS)

    def test_steps_down_the_gradient_teach(self):
        """``p -= lr * grad``, a hundred times: the raw maps themselves learn to answer."""
        loss, raw = YOLOLoss(model_of()), [out.detach().requires_grad_() for out in raw_maps()]
        first = loss(raw, TARGETS)[1]
        for _ in range(100):
            gradients = torch.autograd.grad(loss(raw, TARGETS)[0], raw)
            raw = [(out - 50 * g).detach().requires_grad_() for out, g in zip(raw, gradients, strict=True)]
        assert (loss(raw, TARGETS)[1] < 0.5 * first).all()

    def test_two_objects_in_one_slot_the_last_one_stays(self):
        model, raw = model_of(), raw_maps(batch=1)
        same = torch.tensor([[0, 0, 0.55, 0.55, 0.2, 0.2], [0, 1, 0.55, 0.55, 0.28, 0.24]])
        objectness = [YOLOLoss(model)(raw, targets)[1][1].item() for targets in (same, same[:1], same[1:])]
        assert objectness[0] == pytest.approx(objectness[2], abs=1e-7) and objectness[1] != objectness[2]

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_half_precision_maps_are_compared_in_float32(self, dtype):
        raw = raw_maps()
        halves = [out.detach().to(dtype) for out in raw]
        total, parts = YOLOLoss(model_of())(halves, TARGETS)
        assert total.dtype == parts.dtype == torch.float32
        assert torch.allclose(parts, YOLOLoss(model_of())(raw, TARGETS)[1], rtol=0.02)

    def test_it_follows_new_anchors(self):
        model = model_of()
        loss = YOLOLoss(model)
        before = loss(raw_maps(), TARGETS)[1][0].item()
        model.detect.set_anchors(model.detect.anchor_pixels * 2)
        assert loss(raw_maps(), TARGETS)[1][0].item() != before


class TestHyperparameters:
    def _parts(self, **hyp):
        return YOLOLoss(model_of(), hyp)(raw_maps(), TARGETS)[1]

    def test_positive_weights(self):
        plain = self._parts()
        assert self._parts(obj_pw=2.0)[1] > plain[1] and self._parts(cls_pw=2.0)[2] > plain[2]
        assert torch.equal(self._parts(obj_pw=2.0)[[0, 2]], plain[[0, 2]])

    def test_label_smoothing_by_hand(self):
        logits, label = torch.tensor([[0.3, -1.2]]), torch.tensor([1])
        loss = YOLOLoss(model_of(), {"label_smoothing": 0.1})._class_loss(logits, label)
        assert torch.allclose(loss, bce(logits, torch.tensor([[0.05, 0.95]])))

    def test_focal_loss_by_hand(self):
        logits, wanted = torch.tensor([0.3, -1.2, 2.0]), torch.tensor([1.0, 0, 0.6])
        loss = YOLOLoss(model_of(), {"fl_gamma": 1.5})._cross_entropy(logits, wanted, 1.0)
        p = logits.sigmoid()
        right = wanted * p + (1 - wanted) * (1 - p)
        alpha = wanted * 0.25 + (1 - wanted) * 0.75
        expected = (alpha * (1 - right) ** 1.5 * bce(logits, wanted, reduction="none")).mean()
        assert torch.allclose(loss, expected)
        assert self._parts(fl_gamma=1.5)[1] < self._parts()[1]

    def test_a_stricter_anchor_threshold_leaves_fewer_answers(self):
        counts = [len(assign_targets(TARGETS, (8, 8), CELLS, t).image) for t in (1.5, 4.0, 8.0)]
        assert counts[0] < counts[1] < counts[2]


class TestErrors:
    @pytest.mark.parametrize(
        ("targets", "match"),
        [
            (torch.zeros(6), r"found targets of shape \(6,\), expected \(n, 6\)"),
            (torch.zeros(2, 5), r"found targets of shape \(2, 5\)"),
            (torch.tensor([[0, 2, 0.5, 0.5, 0.1, 0.1]]), r"found a class outside 0\.\.1"),
            (torch.tensor([[0, -1, 0.5, 0.5, 0.1, 0.1]]), r"found a class outside 0\.\.1"),
            (torch.tensor([[2, 1, 0.5, 0.5, 0.1, 0.1]]), r"found a picture outside 0\.\.1"),
        ],
    )
    def test_targets_that_cannot_be(self, targets, match):
        with pytest.raises(ValueError, match=match):
            YOLOLoss(model_of())(raw_maps(), targets)

    def test_maps_of_another_number_of_classes(self):
        with pytest.raises(ValueError, match=r"found maps of 8 numbers a box, expected 5 \+ 2 classes"):
            YOLOLoss(model_of())(raw_maps(num_classes=3), TARGETS)

    def test_maps_that_are_missing(self):
        with pytest.raises(ValueError):
            YOLOLoss(model_of())(raw_maps()[:2], TARGETS)

    def test_nothing_is_changed_by_looking(self):
        raw, targets = raw_maps(), TARGETS.clone()
        before = copy.deepcopy([out.detach() for out in raw])
        YOLOLoss(model_of())(raw, targets)
        assert torch.equal(targets, TARGETS)
        assert all(torch.equal(a, b) for a, b in zip(raw, before, strict=True))
