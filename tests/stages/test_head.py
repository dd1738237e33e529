"""Detect and decode: maps become numbers, numbers become pixels. Non-max suppression has its own file."""

from __future__ import annotations

import pytest
import torch

from yolo_course.stages.head import Detect, decode

ANCHORS = [[[10, 13], [16, 30]], [[30, 61], [62, 45]], [[116, 90], [156, 198]]]
STRIDES, CHANNELS = (8, 16, 32), (4, 6, 8)


@pytest.fixture
def detect() -> Detect:
    torch.manual_seed(0)
    return Detect(3, ANCHORS, CHANNELS, STRIDES)


@pytest.fixture
def maps() -> list[torch.Tensor]:
    return [torch.randn(2, c, 64 // s, 96 // s) for c, s in zip(CHANNELS, STRIDES, strict=True)]


class TestDecode:
    ONE = torch.tensor([[10.0, 20]])

    def test_a_raw_zero_is_the_middle_of_the_cell_and_the_anchor_itself(self):
        out = decode(torch.zeros(1, 1, 2, 3, 6), self.ONE, 8)
        for y in range(2):
            for x in range(3):
                assert out[0, 0, y, x].tolist() == [8 * (x + 0.5), 8 * (y + 0.5), 10, 20, 0.5, 0.5]

    @pytest.mark.parametrize(("raw", "offset", "factor"), [(-50.0, -0.5, 0.0), (50.0, 1.5, 4.0)])
    def test_how_far_a_cell_can_reach(self, raw, offset, factor):
        """Half a cell beyond its own on each side, and from nothing to four times the anchor."""
        out = decode(torch.full((1, 1, 4, 4, 6), raw), self.ONE, 16)[0, 0, 2, 1]
        assert out[:2].tolist() == pytest.approx([16 * (1 + offset), 16 * (2 + offset)])
        assert out[2:4].tolist() == pytest.approx([10 * factor, 20 * factor])

    def test_each_anchor_scales_its_own_boxes(self):
        out = decode(torch.zeros(1, 2, 1, 1, 6), torch.tensor([[1.0, 2], [30, 40]]), 8)
        assert out[0, :, 0, 0, 2:4].tolist() == [[1, 2], [30, 40]]

    def test_probabilities_are_not_multiplied(self):
        raw = torch.randn(1, 1, 2, 2, 9)
        assert torch.equal(decode(raw, self.ONE, 8)[..., 4:], raw.sigmoid()[..., 4:])

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_half_precision_comes_out_as_float32_with_exact_cells(self, dtype):
        raw = torch.zeros(1, 1, 80, 80, 6, dtype=dtype)
        out = decode(raw, self.ONE, torch.tensor(8.0))
        assert out.dtype == torch.float32 and out[0, 0, 79, 77, :2].tolist() == [620, 636]

    def test_gradients_flow_back(self):
        raw = torch.randn(1, 1, 2, 2, 6, requires_grad=True)
        decode(raw, self.ONE, 8).sum().backward()
        assert (raw.grad != 0).all()


class TestDetect:
    def test_raw_maps(self, detect, maps):
        raw = detect(maps)
        assert [tuple(out.shape) for out in raw] == [(2, 2, 8, 12, 8), (2, 2, 4, 6, 8), (2, 2, 2, 3, 8)]
        for out, conv, features in zip(raw, detect.m, maps, strict=True):
            flat = conv(features)  # (B, A x (5 + nc), H, W): the numbers of an anchor lie together
            assert torch.equal(out[1, 1, 1, 2], flat[1, 8:, 1, 2]) and out.is_contiguous()

    def test_all_levels_in_one_list_of_boxes(self, detect, maps):
        raw = detect(maps)
        decoded = detect.decode(raw)
        assert decoded.shape == (2, 2 * (96 + 24 + 6), 8)
        second = decode(raw[1], torch.tensor(ANCHORS[1]), 16)  # (B, A, H, W, 8)
        assert torch.allclose(decoded[0, 2 * 96 + 24 + 6 * 3 + 5], second[0, 1, 3, 5])

    def test_a_wrong_number_of_maps(self, detect, maps):
        with pytest.raises(ValueError):
            detect(maps[:2])

    def test_anchors_are_kept_in_units_of_the_stride(self, detect):
        assert detect.anchors[0].tolist() == [[10 / 8, 13 / 8], [16 / 8, 30 / 8]]
        assert detect.anchor_pixels.tolist() == ANCHORS
        assert "stride" not in detect.state_dict() and "anchor_grid" not in detect.state_dict()

    def test_the_pixel_copy_of_old_releases(self):
        detect = Detect(3, ANCHORS, CHANNELS, STRIDES, anchor_grid=True)
        assert detect.anchor_grid.shape == (3, 1, 2, 1, 1, 2)
        detect.set_anchors(2 * detect.anchor_pixels)
        assert detect.anchor_grid.flatten().tolist() == [2 * n for n in torch.tensor(ANCHORS).flatten().tolist()]
        assert detect.anchors[2, 0].tolist() == [2 * 116 / 32, 2 * 90 / 32]

    def test_new_anchors_change_sizes_and_nothing_else(self, detect, maps):
        raw = detect(maps)
        before = detect.decode(raw)
        detect.set_anchors([[[2 * n for n in pair] for pair in level] for level in ANCHORS])
        after = detect.decode(raw)
        assert torch.allclose(after[..., 2:4], 2 * before[..., 2:4])
        assert torch.equal(after[..., :2], before[..., :2]) and torch.equal(after[..., 4:], before[..., 4:])

    @pytest.mark.parametrize(
        "pixels",
        [ANCHORS[:2], torch.zeros(3, 2, 2), torch.full((3, 2, 2), -1), torch.full((3, 2, 2), float("nan")),
         torch.full((3, 2, 2), float("inf"))],
    )  # fmt: skip
    def test_anchors_that_cannot_be(self, detect, pixels):
        with pytest.raises(ValueError, match=r"found anchors of shape .*, expected \(3, 2, 2\) positive"):
            detect.set_anchors(pixels)
        assert detect.anchor_pixels.tolist() == ANCHORS
