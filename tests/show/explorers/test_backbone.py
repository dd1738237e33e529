"""What the explorers of the backbone show and say, against the package's own blocks and against autograd."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import yolo_course as yc
from yolo_course.show.explorers import backbone, blocks, canvas, receptive
from yolo_course.show.plots.backbone import GROUPS, LOOKS
from yolo_course.stages.backbone import C3, BottleneckCSP, Focus

HEAD, RIGHT = 27, 384  # pixels above the pictures, and where the right one begins
NUMBERS = np.arange(36).reshape(6, 6)


@pytest.fixture(scope="module")
def model():
    return yc.course_model()


@pytest.fixture(scope="module")
def picture():
    return next(iter(backbone.square_pictures().values()))


@pytest.fixture(scope="module")
def walked(model, picture):
    return backbone.walk_picture(model, picture)


def slices_of_focus(values):
    """What the convolution of the package's Focus receives: (4 C, H / 2, W / 2)."""
    x = torch.from_numpy(np.atleast_3d(values)).movedim(2, 0)[None].float()  # (1, C, H, W)
    focus = Focus(x.shape[1], 8)
    focus.conv = nn.Identity()
    return focus(x)[0].numpy()


def test_the_stack_is_what_focus_stacks(picture):
    values = canvas.fitted(picture, 54)
    shown, stack = backbone.focus_view(values, 5, tint=False).picture, slices_of_focus(values)  # (12, 27, 27)
    for place in range(4):
        top, left = HEAD + (3 - place) * 54, RIGHT + place * 54
        card = shown[top : top + 162 : 6, left : left + 162 : 6]
        expected = stack[3 * place : 3 * place + 3].transpose(1, 2, 0)
        seen = slice(None) if place == 0 else slice(9)  # of the others only the uppermost third
        assert np.array_equal(card[seen], expected[seen])


def test_a_step_tints_the_pixels_of_its_slice():
    stack = slices_of_focus(NUMBERS)  # (4, 3, 3)
    for step in (1, 2, 3, 4):
        view = backbone.focus_view(NUMBERS, step, tint=True)
        cells = view.picture[HEAD + 5 : HEAD + 324 : 54, 5:324:54]  # a pixel beside each number
        tinted = (cells == canvas.rgb(GROUPS[step - 1])).all(2)
        assert set(NUMBERS[tinted]) == set(stack[step - 1].ravel())
        assert f"{9 * step} of 36 values" in view.words
    assert "1 × 6 × 6 has become 4 × 3 × 3" in backbone.focus_view(NUMBERS, 5, tint=True).words


def test_what_is_said_of_a_map(model, picture, walked):
    pixels = torch.from_numpy(picture).movedim(2, 0)[None] / 255
    with torch.no_grad():
        output = model.walk(range(10), {-1: pixels})[6][0]  # (128, 10, 10)
    channel, values = walked.rows[6][2]
    assert torch.equal(torch.from_numpy(values), output[channel])
    words = backbone.maps_view(model, walked, 6, 3, over=False).words
    y, x = divmod(int(output[channel].argmax()), 10)
    assert f"128 channels of 10 × 10 cells, a cell for 16 × 16 pixels. Channel {channel}:" in words
    assert f"mean {output[channel].mean():.2f}, from {output[channel].min():.2f}" in words
    assert f"{(output[channel] < 0).float().mean():.0%} of it below 0" in words
    assert words.endswith(f"column {x}, row {y}.")


def test_a_map_is_bright_where_its_values_are_high(model, walked):
    for row in (2, 4, 6):
        _, values = walked.rows[row][0]
        shown = backbone.maps_view(model, walked, row, 1, over=False).picture[50:410, 384:]
        zoom = 360 // len(values)
        brightness = shown[zoom // 2 :: zoom, zoom // 2 :: zoom].sum(2).astype(float)
        assert np.corrcoef(brightness.ravel(), values.ravel())[0, 1] > 0.95


@pytest.mark.parametrize(("row", "x", "y"), [(0, 0, 40), (2, 20, 3), (4, 9, 9), (6, 4, 6), (9, 2, 4)])
def test_the_gradient_is_autograds_and_lies_in_the_formulas_square(model, picture, row, x, y):
    pixels = (torch.from_numpy(picture).movedim(2, 0)[None] / 255).requires_grad_()
    out = model.walk(range(row + 1), {-1: pixels})[row]  # not fused
    expected = torch.autograd.grad(out[0, :, y, x].sum(), pixels)[0][0].abs().sum(0).numpy()
    found = receptive.gradient_of(model, picture)(row, x, y)
    assert np.abs(found - expected).max() < 1e-3 * expected.max()
    for place, axis in ((x, 0), (y, 1)):
        first, end = receptive.span(model.rows[: row + 1], place)
        seen = np.flatnonzero((found > 0).any(axis))
        assert (seen.min(), seen.max()) == (max(first, 0), min(end, 160) - 1)


def test_the_square_that_holds_90_percent():
    rng = np.random.default_rng(0)
    for centre in ((15.5, 20.0), (3.0, 35.0)):
        gradient = rng.random((40, 40)) ** 4
        side = receptive.effective(gradient, centre)
        away = [np.abs(np.arange(40) + 0.5 - at) for at in centre]

        def held(side, away=away, gradient=gradient):
            inside = (away[0][None, :] <= (side - 1) / 2) & (away[1][:, None] <= (side - 1) / 2)
            return gradient[inside].sum() / gradient.sum()

        assert held(side) >= 0.9 > held(side - 1)


def test_what_is_said_of_a_field():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    explorer = receptive.explore_field()
    words = explorer.draw(**explorer.start).words
    assert "cell (9, 9): by the formula it sees 58 × 58 pixels" in words and "58 columns and 58 rows" in words
    chance = explorer.draw(**{**explorer.start, "weights": "random"}).words
    within = [int(text.partition("lies within ")[2].split()[0]) for text in (words, chance)]
    assert within[0] > within[1]  # training widened what P3 uses, as section 12.2 finds
    assert torch.equal(torch.get_rng_state(), before)
    corner = explorer.draw(**{**explorer.start, "across": 4, "down": 156}).words
    assert "cell (0, 19)" in corner and "58 × 58 pixels" in corner and "30 columns" in corner


def test_value_and_slope_of_a_bend():
    for x in (-5.0, -1.25, 0.5, 3.0):
        sigmoid = 1 / (1 + np.exp(-x))
        assert blocks.bend("silu", x) == pytest.approx((x * sigmoid, sigmoid + x * sigmoid * (1 - sigmoid)), abs=1e-6)
        assert blocks.bend("leaky_relu", x) == pytest.approx((max(x, 0.1 * x), 1.0 if x > 0 else 0.1))
    assert blocks.bend("hardswish", -3.25) == (0, 0) and blocks.bend("relu", -6) == (0, 0)
    assert "the value is -0.278, the slope 0.006" in blocks.activation_view(-1.25, "silu").words


def test_the_line_in_front_lies_on_the_charts_own_line():
    chart, picture = blocks.curves(), blocks.activation_view(-6.0, "silu").picture
    for x in (-3.5, -2.5, 1.3, 2.6):
        column, row = chart.places[0](np.array([[x, blocks.bend("silu", x)[0]]]))[0].round().astype(int)
        assert tuple(picture[row, column]) == canvas.rgb(LOOKS[2][0])
        red, green, _ = chart.pixels[row, column].astype(int)
        assert green - red > 30  # matplotlib's line, pale green, with nothing of the grid


@pytest.mark.parametrize(("channels", "repeats", "side"), [(16, 1, 10), (64, 3, 20), (32, 12, 8)])
def test_costs_are_those_that_pytorch_counts(channels, repeats, side):
    costs = blocks.count_costs(channels, repeats)
    for kind, cost in ((BottleneckCSP, costs["BottleneckCSP"]), (C3, costs["C3"])):
        block = kind(channels, channels, repeats).eval()
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            block(torch.zeros(1, channels, side, side))
        assert cost.parameters == sum(p.numel() for p in block.parameters())
        assert 2 * cost.for_a_cell * side * side == counter.get_total_flops()  # it counts an addition by itself
    half = channels // 2
    assert costs["plain stack"] == (repeats * (10 * channels * half + 3 * channels), repeats * 10 * channels * half)


def test_bars_are_as_long_as_their_numbers():
    view = blocks.cost_view(12, 128, 20)
    costs = blocks.count_costs(128, 12)
    lengths = [(view.picture[56 + 54 * row, 150:400] == canvas.rgb(LOOKS[row][0])).all(1).sum() for row in range(3)]
    wanted = [cost.parameters / costs["plain stack"].parameters for cost in costs.values()]
    assert np.allclose(np.array(lengths) / 210, wanted, atol=0.01)
    assert f"{costs['C3'].parameters:,} ({wanted[2]:.0%})" in view.words
