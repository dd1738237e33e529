"""Number for number: our networks against the figures of the original."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests import reference
from yolo_course.boxes import iou, xywh_to_xyxy
from yolo_course.config import RELEASES
from yolo_course.model import YOLOv5
from yolo_course.stages.loss import YOLOLoss, assign_targets, scale_hyp

FIGURES = reference.read_json("architecture.json")
# The git tag v3.0 is one commit before the release: its network is that of v2.0. "v3.0r" is the release itself.
OUR_RELEASE = {"v3.0": "v2.0", "v3.0r": "v3.0"}
# v6.1 and v6.2 share v6.0's and v7.0's model files; the figures hold v6.0 for s and v7.0 for all five.
CASES = [(tag, name) for tag, models in FIGURES.items() for name in models if name[6:] in tuple("nsmlx")]


@pytest.mark.parametrize(("tag", "name"), CASES)
def test_every_size_and_release_has_the_originals_parameters_and_entries(tag, name):
    with torch.device("meta"):
        model = YOLOv5(name[-1], OUR_RELEASE.get(tag, tag))
    assert sum(p.numel() for p in model.parameters()) == FIGURES[tag][name]["parameters"]
    assert len(model.state_dict()) == FIGURES[tag][name]["state_dict_entries"]


@pytest.mark.parametrize("release", ["v6.0", "v6.1", "v6.2", "v7.0"])
@pytest.mark.parametrize("size", "nsmlx")
def test_all_releases_of_the_sixth_generation_share_one_network(release, size):
    with torch.device("meta"):
        model = YOLOv5(size, release)
    assert sum(p.numel() for p in model.parameters()) == FIGURES["v7.0"][f"yolov5{size}"]["parameters"]


@pytest.mark.parametrize("release", ["v2.0", "v3.0", "v3.1"])
@pytest.mark.parametrize("size", "smlx")
def test_the_releases_with_bottleneck_csp_share_one_set_of_shapes(release, size):
    with torch.device("meta"):
        model = YOLOv5(size, release)
    assert sum(p.numel() for p in model.parameters()) == FIGURES["v3.0"][f"yolov5{size}"]["parameters"]


@pytest.mark.parametrize("size", "smlx")
def test_v4_has_the_shapes_of_v5(size):
    with torch.device("meta"):
        model = YOLOv5(size, "v4.0")
    assert sum(p.numel() for p in model.parameters()) == FIGURES["v5.0"][f"yolov5{size}"]["parameters"]


@pytest.mark.parametrize(
    ("file", "size", "release"),
    [("keys_v3.0_s.json", "s", "v2.0"), ("keys_v5.0_s.json", "s", "v5.0"), ("keys_v7.0_n.json", "n", "v7.0")],
)
def test_state_dict_keys_shapes_types_and_order(file, size, release):
    ours = [[k, list(t.shape), str(t.dtype)[6:]] for k, t in YOLOv5(size, release).state_dict().items()]
    assert ours == reference.read_json(file)


@pytest.mark.parametrize(("tag", "name"), [case for case in CASES if "rows" in FIGURES[case[0]][case[1]]])
def test_the_summary_is_the_originals_row_by_row(tag, name):
    summary = YOLOv5(name[-1], OUR_RELEASE.get(tag, tag)).summary()
    for row, (index, source, _, module, parameters, shape) in zip(
        summary.rows, FIGURES[tag][name]["rows"], strict=True
    ):
        expected = shape[1] if module == "Detect" else shape  # the original lists decoded and raw, we the raw maps
        assert (row.index, row.module.removeprefix("nn."), row.parameters) == (index, module, parameters)
        assert row.source == tuple(n if n >= 0 else index + n for n in np.atleast_1d(source))
        assert np.array_equal(np.asarray(row.shape).squeeze(), np.asarray(expected).squeeze())
    assert summary.gflops == pytest.approx(FIGURES[tag][name]["gflops_640"], abs=1e-4)


def _assert_sampled(ours: torch.Tensor, figures: dict, name: str, **tolerance):
    flat = ours.detach().numpy().ravel()
    assert ours.shape == tuple(figures[f"{name}__shape"])
    np.testing.assert_allclose(flat[figures[f"{name}__index"]], figures[f"{name}__value"], **tolerance)


@pytest.mark.parametrize(
    ("file", "size", "release"), [("forward_v7.0_n.npz", "n", "v7.0"), ("forward_v3.0_s.npz", "s", "v2.0")]
)
class TestForward:
    PIXELS, RAW = {"rtol": 1e-4, "atol": 2e-2}, {"rtol": 0, "atol": 5e-4}

    @torch.no_grad()
    def test_evaluation_mode(self, file, size, release):
        figures, model = reference.read_npz(file), reference.fill(YOLOv5(size, release)).eval()
        decoded, raw = model(reference.small_images())
        _assert_sampled(decoded, figures, "eval_decoded", **self.PIXELS)
        for level in range(3):
            _assert_sampled(raw[level], figures, f"eval_raw{level}", **self.RAW)
        large = model(reference.large_image())[0].numpy().ravel()[figures["640_eval_decoded_sample_index"]]
        np.testing.assert_allclose(large, figures["640_eval_decoded_sample"], **self.PIXELS)

    @torch.no_grad()
    def test_training_mode_and_its_running_statistics(self, file, size, release):
        figures, model = reference.read_npz(file), reference.fill(YOLOv5(size, release)).train()
        for level, raw in enumerate(model(reference.small_images())):
            _assert_sampled(raw, figures, f"train_raw{level}", **self.RAW)
        state = model.state_dict()
        after = [name for name in figures if name.startswith("after_train_fwd::")]
        assert len(after) == 6
        for name in after:
            np.testing.assert_allclose(state[name.split("::")[1]], figures[name], rtol=1e-4, atol=1e-5)

    @torch.no_grad()
    def test_fusing_changes_nothing(self, file, size, release):
        model = reference.fill(YOLOv5(size, release)).eval()
        before, entries = model(reference.small_images())[1], len(model.state_dict())
        after = model.fuse()(reference.small_images())[1]
        assert len(model.state_dict()) < entries
        for a, b in zip(before, after, strict=True):
            assert torch.allclose(a, b, rtol=1e-4, atol=1e-4 * a.abs().max().item())


class TestLoss:
    FIGURES, FACTS = reference.read_npz("loss_v7.0_n.npz"), reference.read_json("loss_v7.0_n.json")

    def _loss(self, case: str):
        model = YOLOv5("n", "v7.0", num_classes=3)
        hyp = self.FACTS["hyp_raw"] if case.endswith("raw") else scale_hyp(self.FACTS["hyp_raw"], 320, 3)
        raw = [torch.from_numpy(self.FIGURES[f"p{i}"]).requires_grad_() for i in range(3)]
        targets = torch.from_numpy(self.FIGURES["targets_main"]).float()
        total, parts = YOLOLoss(model, hyp)(raw, targets if case.startswith("main") else targets[:0])
        total.backward()
        return raw, total, parts

    @pytest.mark.parametrize("case", ["main/raw", "main/scaled", "none/raw", "none/scaled"])
    def test_values_and_gradient(self, case):
        raw, total, parts = self._loss(case)
        facts = self.FACTS["results"][case]
        assert total.item() == pytest.approx(facts["total"], rel=1e-5)
        assert parts.tolist() == pytest.approx([facts["lbox"], facts["lobj"], facts["lcls"]], rel=1e-5)
        for level, out in enumerate(raw):
            assert out.grad.abs().sum().item() == pytest.approx(facts["grad_abs_sum"][level], rel=1e-4)
            if f"{case}::grad_p{level}" in self.FIGURES:
                expected = self.FIGURES[f"{case}::grad_p{level}"]
                np.testing.assert_allclose(out.grad, expected, rtol=1e-3, atol=1e-6)

    @pytest.mark.parametrize("level", range(3))
    def test_the_same_cells_answer_in_the_same_order(self, level):
        figures = {k.split("::")[1]: v for k, v in self.FIGURES.items() if k.startswith("main/raw::")}
        anchors = YOLOv5("n").detect.anchors[level]
        shape = self.FIGURES[f"p{level}"].shape[2:4]
        ours = assign_targets(torch.from_numpy(self.FIGURES["targets_main"]).float(), shape, anchors)
        for name, value in zip(("b", "a", "gj", "gi", "tbox", "anch", "tcls"), ours, strict=True):
            np.testing.assert_allclose(value, figures[f"{name}{level}"], rtol=1e-6, atol=1e-6, err_msg=name)

    def test_the_gains_as_training_scales_them(self):
        ours = scale_hyp(self.FACTS["hyp_raw"], 320, 3)
        expected = self.FACTS["hyp_scaled_imgsz320"]
        assert {k: ours[k] for k in ("box", "cls", "obj")} == pytest.approx(
            {k: expected[k] for k in ("box", "cls", "obj")}
        )

    def test_where_two_objects_share_a_slot_the_last_one_stays(self):
        """Written the slow way, slot by slot, the objectness targets are the same."""
        model, raw = YOLOv5("n", num_classes=3), [torch.from_numpy(self.FIGURES[f"p{i}"]) for i in range(3)]
        targets = torch.from_numpy(self.FIGURES["targets_main"]).float()
        shared = 0
        for level, out in enumerate(raw):
            found = assign_targets(targets, out.shape[2:4], model.detect.anchors[level])
            slots = [tuple(int(part[i]) for part in found[:4]) for i in range(len(found.image))]
            shared += len(slots) - len(set(slots))
            s = out[found.image, found.anchor, found.row, found.column].sigmoid()
            box = torch.cat((2 * s[:, :2] - 0.5, (2 * s[:, 2:4]) ** 2 * found.anchor_size), 1)
            quality = iou(xywh_to_xyxy(box), xywh_to_xyxy(found.box)).clamp(min=0)
            wanted = torch.zeros_like(out[..., 0])
            for slot, value in zip(slots, quality, strict=True):
                wanted[slot] = value
            gradient = torch.from_numpy(self.FIGURES[f"main/raw::grad_p{level}"])[..., 4]
            balance = (4.0, 1.0, 0.4)[level] * len(out)
            expected = (out[..., 4].sigmoid() - wanted) / wanted.numel() * balance
            assert torch.allclose(gradient, expected, rtol=1e-3, atol=1e-6)
        assert shared == sum(self.FACTS["results"]["main/raw"]["duplicate_cells"])


def test_every_release_is_compared_with_a_figure():
    assert set(RELEASES) == {OUR_RELEASE.get(tag, tag) for tag in FIGURES} | {"v6.1", "v6.2"}
