"""The building blocks: shapes, wiring, and the claims made about them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from yolo_course.stages.backbone import (
    ACTIVATIONS,
    C3,
    SPP,
    SPPF,
    Bottleneck,
    BottleneckCSP,
    Conv,
    Focus,
    activation,
    batch_norm,
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def settle(module: nn.Module) -> nn.Module:
    """Evaluation mode with running statistics as after some training."""
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.normal_(std=0.2)
            norm.running_var.uniform_(0.5, 2)
            with torch.no_grad():
                norm.weight.uniform_(0.5, 1.5)
                norm.bias.normal_(std=0.2)
    return module.eval()


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("leaky_relu", lambda x: torch.where(x > 0, x, 0.1 * x)),
        ("hardswish", lambda x: x * (x + 3).clamp(0, 6) / 6),
        ("silu", lambda x: x * x.sigmoid()),
    ],
)
def test_the_three_activations(name, function):
    x = torch.linspace(-5, 5, 101)
    assert torch.allclose(activation(name)(x.clone()), function(x), atol=1e-6)
    assert activation(name) is not activation(name)


def test_another_activation_is_an_error_that_lists_them():
    with pytest.raises(ValueError, match="found activation 'relu', expected one of leaky_relu, hardswish, silu"):
        activation("relu")


def test_running_statistics_move_by_three_per_cent_of_a_batch():
    norm = batch_norm(2)
    x = torch.randn(8, 2, 4, 4) * 3 + 5
    norm(x)
    assert torch.allclose(norm.running_mean, 0.03 * x.mean((0, 2, 3)), atol=1e-5)
    assert norm.eps == 1e-3


class TestConv:
    @pytest.mark.parametrize(("kernel", "stride", "shape"), [(1, 1, (8, 12)), (3, 1, (8, 12)), (3, 2, (4, 6))])
    def test_the_padding_keeps_the_size_at_stride_one(self, kernel, stride, shape):
        assert Conv(3, 5, kernel, stride)(torch.zeros(2, 3, 8, 12)).shape == (2, 5, *shape)

    def test_the_stem_of_v6(self):
        assert Conv(3, 4, 6, 2, 2)(torch.zeros(1, 3, 64, 32)).shape == (1, 4, 32, 16)

    def test_convolution_then_normalisation_then_activation(self):
        conv, x = settle(Conv(3, 4, 3, act="leaky_relu")), torch.randn(2, 3, 6, 6)
        assert conv.conv.bias is None
        assert torch.equal(conv(x), nn.functional.leaky_relu(conv.bn(conv.conv(x)), 0.1))
        assert isinstance(Conv(3, 4, act=None).act, nn.Identity)

    @pytest.mark.parametrize("groups", [1, 2])
    def test_fused_it_says_the_same_with_one_layer_fewer(self, groups):
        conv, x = settle(Conv(4, 6, 3, 2, groups=groups)), torch.randn(2, 4, 8, 8)
        before = conv(x)
        conv.fuse()
        assert isinstance(conv.bn, nn.Identity) and conv.conv.bias is not None
        assert torch.allclose(conv(x), before, atol=1e-5)
        conv.fuse()  # a second time changes nothing
        assert torch.allclose(conv(x), before, atol=1e-5)

    def test_no_channels(self):
        with pytest.raises(ValueError, match="found 0 output channels, expected 1 or more"):
            Conv(3, 0)


class TestFocus:
    def test_every_patch_of_four_pixels_becomes_one(self):
        focus, seen = Focus(1, 4), []
        focus.conv.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
        focus(torch.arange(16.0).view(1, 1, 4, 4))
        # Upper left, lower left, upper right, lower right pixel of each patch: the original's order.
        expected = [[[0, 2], [8, 10]], [[4, 6], [12, 14]], [[1, 3], [9, 11]], [[5, 7], [13, 15]]]
        assert seen[0][0].tolist() == expected

    def test_a_6x6_convolution_of_stride_2_can_say_the_same(self):
        """Each 3 x 3 weight on a quarter-map is a weight of the 6 x 6 kernel on the pictures themselves."""
        focus, x = Focus(3, 5, 3).conv.conv, torch.randn(1, 3, 16, 16)
        wide = nn.Conv2d(3, 5, 6, 2, 2, bias=False)
        with torch.no_grad():
            for part, (row, column) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
                wide.weight[:, :, row::2, column::2] = focus.weight[:, 3 * part : 3 * part + 3]
        corners = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
        assert torch.allclose(wide(x), focus(torch.cat(corners, 1)), atol=1e-5)


class TestBottleneck:
    @pytest.mark.parametrize(
        ("c_in", "c_out", "shortcut", "adds"), [(8, 8, True, True), (8, 8, False, False), (4, 8, True, False)]
    )
    def test_the_input_is_added_where_shapes_allow(self, c_in, c_out, shortcut, adds):
        block, x = settle(Bottleneck(c_in, c_out, shortcut)), torch.randn(2, c_in, 5, 5)
        expected = block.cv2(block.cv1(x))
        assert torch.equal(block(x), x + expected if adds else expected)
        assert block.cv1.conv.out_channels == c_out // 2


class TestCsp:
    @pytest.mark.parametrize("block", [BottleneckCSP, C3])
    def test_shapes_and_repeats(self, block):
        module = block(6, 16, repeats=3)
        assert module(torch.zeros(2, 6, 4, 8)).shape == (2, 16, 4, 8)
        assert len(module.m) == 3 and module.m[0].cv1.conv.in_channels == 8

    @pytest.mark.parametrize("block", [BottleneckCSP, C3])
    def test_half_of_the_channels_pass_by(self, block):
        """With the bottlenecks' last normalisation silenced, the block still lets the input through."""
        module, x = settle(block(8, 8, shortcut=False)), torch.randn(1, 8, 4, 4, requires_grad=True)
        with torch.no_grad():
            module.m[0].cv2.bn.weight.zero_()
            module.m[0].cv2.bn.bias.zero_()
        module(x).sum().backward()
        assert x.grad.abs().sum() > 0

    def test_c3_is_three_convolutions(self):
        module, x = settle(C3(8, 8)), torch.randn(1, 8, 4, 4)
        expected = module.cv3(torch.cat((module.m(module.cv1(x)), module.cv2(x)), 1))
        assert torch.equal(module(x), expected)

    def test_the_csp_block_has_an_activation_of_its_own(self):
        module = BottleneckCSP(8, 8, act="hardswish", csp_act="leaky_relu")
        assert isinstance(module.act, nn.LeakyReLU) and isinstance(module.cv1.act, nn.Hardswish)
        assert isinstance(BottleneckCSP(8, 8, act="silu").act, nn.SiLU)
        assert module.cv2.bias is None and module.cv3.bias is None

    def test_c3_is_the_lighter_one(self):
        old, new = (sum(p.numel() for p in block(64, 64, 3).parameters()) for block in (BottleneckCSP, C3))
        assert new < old


class TestPooling:
    def test_sppf_with_spps_weights_says_the_same(self):
        spp = settle(SPP(16, 16))
        sppf = SPPF(16, 16).eval()
        sppf.load_state_dict(spp.state_dict())
        x = torch.randn(2, 16, 20, 20)
        assert torch.equal(sppf(x), spp(x))

    def test_poolings_in_a_row_reach_as_far_as_large_ones(self):
        x = torch.randn(1, 1, 30, 30)
        once = nn.MaxPool2d(5, 1, 2)
        assert torch.equal(once(once(x)), nn.MaxPool2d(9, 1, 4)(x))
        assert torch.equal(once(once(once(x))), nn.MaxPool2d(13, 1, 6)(x))

    @pytest.mark.parametrize("kernels", [(5,), (3, 5, 7, 9)])
    def test_any_number_of_poolings(self, kernels):
        assert SPP(8, 6, kernels)(torch.zeros(2, 8, 4, 4)).shape == (2, 6, 4, 4)

    @pytest.mark.parametrize("kernel", [4, 0, -3, 5.0, True, "5"])
    def test_only_odd_windows_keep_the_size(self, kernel):
        for build in (lambda: SPP(8, 8, (5, kernel)), lambda: SPPF(8, 8, kernel)):
            with pytest.raises(ValueError, match="found a pooling of .*, expected an odd number"):
                build()


@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("block", [Conv, Focus, Bottleneck, BottleneckCSP, C3, SPP, SPPF])
def test_every_block_takes_every_activation_and_learns(block, act):
    module = block(4, 8, act=act)
    x = torch.randn(2, 4, 8, 8)
    module(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    kinds = {type(m) for m in module.modules() if isinstance(m, (nn.LeakyReLU, nn.Hardswish, nn.SiLU))}
    assert kinds == {type(activation(act))}
