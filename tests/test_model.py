"""The network: what goes in and comes out, file by file and mode by mode."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch import nn

from tests import reference
from yolo_course.config import COCO_ANCHORS, ConfigError, read_config, release_config
from yolo_course.model import YOLOv5

FIGURES = reference.read_json("architecture.json")
TALK, V6 = read_config("yolov5s_talk.yaml"), read_config("yolov5_v6.yaml")
LARGE = {"depth_multiple": 1.0, "width_multiple": 1.0}  # the size l


def slim(release: str = "v7.0", num_classes: int = 3) -> YOLOv5:
    """A network of a release with an eighth of l's channels."""
    size = "n" if release >= "v6.0" else "s"
    torch.manual_seed(0)
    return YOLOv5.from_yaml({**release_config(size, release, num_classes), "width_multiple": 0.125})


@pytest.fixture(scope="module")
def model() -> YOLOv5:
    return slim()


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))


class TestOutputs:
    def test_training_gives_raw_maps_evaluation_decoded_and_raw(self, model, images):
        raw = model.train()(images)
        assert [tuple(out.shape) for out in raw] == [(2, 3, 8, 12, 8), (2, 3, 4, 6, 8), (2, 3, 2, 3, 8)]
        decoded, raw = model.eval()(images)
        assert isinstance(raw, list) and len(raw) == 3
        assert decoded.shape == (2, 3 * (96 + 24 + 6), 8)

    @torch.no_grad()
    @pytest.mark.parametrize("release", ["v2.0", "v3.0", "v5.0", "v7.0"])
    def test_it_is_the_composition_of_the_three_calls_bit_for_bit(self, release, images):
        model = slim(release).eval()
        decoded, raw = model(images)
        features = model.backbone(images)
        fused = model.neck(*features)
        again = model.head(*fused)
        assert len(features) == len(fused) == 3 and isinstance(again, list)
        assert [f.shape[2:] for f in features] == [f.shape[2:] for f in fused] == [(8, 12), (4, 6), (2, 3)]
        assert all(torch.equal(a, b) for a, b in zip(raw, again, strict=True))
        assert torch.equal(decoded, model.detect.decode(again))
        state = copy.deepcopy(model.state_dict())
        in_training = model.train()(images)
        model.load_state_dict(state)
        stepwise = model.train().head(*model.neck(*model.backbone(images)))
        assert all(torch.equal(a, b) for a, b in zip(in_training, stepwise, strict=True))

    @torch.no_grad()
    def test_decoded_runs_over_level_anchor_row_and_column(self, model, images):
        decoded, raw = model.eval()(images)
        start = 0
        for level, out in enumerate(raw):
            _, anchors, height, width, _ = out.shape
            stride = model.stride[level]
            for a, y, x in ((0, 0, 0), (1, 1, 2), (anchors - 1, height - 1, width - 1)):
                s = out[1, a, y, x].sigmoid()
                row = decoded[1, start + (a * height + y) * width + x]
                assert torch.allclose(row[:2], (2 * s[:2] - 0.5 + torch.tensor([x, y])) * stride, atol=1e-4)
                assert torch.allclose(row[2:4], (2 * s[2:4]) ** 2 * model.detect.anchor_pixels[level, a], atol=1e-4)
                assert torch.allclose(row[4:], s[4:])
            start += anchors * height * width

    def test_the_head_gives_raw_maps_in_both_modes(self, model, images):
        fused = model.eval().neck(*model.backbone(images))
        for mode in (True, False):
            assert isinstance(model.train(mode).head(*fused), list)
        model.eval()

    @pytest.mark.parametrize("shape", [(3, 64, 64), (1, 3, 64, 65), (1, 3, 48, 64), (1, 1, 64, 64), (1, 64, 64, 3)])
    def test_images_of_another_shape(self, model, shape):
        with pytest.raises(ValueError, match=r"expected \(B, 3, H, W\) with H and W multiples of 32"):
            model(torch.zeros(shape))

    def test_a_wrong_number_of_maps(self, model, images):
        with pytest.raises(ValueError, match="found 2 maps, expected 3"):
            model.neck(*model.backbone(images)[:2])
        with pytest.raises(ValueError):
            model.head(torch.zeros(1, 32, 8, 8))


class TestParts:
    @pytest.mark.parametrize("release", ["v2.0", "v7.0"])
    def test_nothing_is_registered_twice(self, release):
        model = slim(release)
        assert [name for name, _ in model.named_children()] == ["model"]
        assert len(model.state_dict()) == len({t.data_ptr() for t in model.state_dict().values()})
        ids = [id(p) for p in model.parameters()]
        assert len(ids) == len(set(ids))
        assert len(model.model) == len(model.rows) == 25
        assert all(key.startswith("model.") for key in model.state_dict())

    def test_attributes(self, model):
        assert model.num_classes == 3 and model.names == ["class 0", "class 1", "class 2"]
        assert model.stride.tolist() == [8, 16, 32] and model.detect is model.model[24]
        assert model.feature_rows == [4, 6, 9] and model.first_neck_row == 10
        assert model.detect.anchor_pixels.flatten(1).tolist() == [list(level) for level in COCO_ANCHORS]
        assert torch.equal(model.detect.anchors, model.detect.anchor_pixels / model.stride.view(3, 1, 1))

    def test_names(self):
        assert YOLOv5("n", num_classes=2, names=["cat", "dog"]).names == ["cat", "dog"]
        with pytest.raises(ValueError, match="found 1 names, expected 2"):
            YOLOv5("n", num_classes=2, names=["cat"])

    def test_a_size_or_release_that_there_is_not(self):
        with pytest.raises(ValueError, match="found size 'n', but release v5.0 has s, m, l, x"):
            YOLOv5("n", release="v5.0")
        with pytest.raises(ValueError, match="found size 't', but release v7.0 has n, s, m, l, x"):
            YOLOv5("t")
        with pytest.raises(ValueError, match="expected one of v2.0, .* v7.0"):
            YOLOv5("s", release="v8.0")
        with pytest.raises(ValueError, match="found nc = 0"):
            YOLOv5("n", num_classes=0)

    @pytest.mark.parametrize("num_classes", [1, 20])
    def test_a_fresh_head_expects_few_objects_and_rare_classes(self, num_classes):
        detect = YOLOv5("n", num_classes=num_classes).detect
        for conv, stride in zip(detect.m, (8, 16, 32), strict=True):
            bias = conv.bias.detach().view(3, -1)
            spread = conv.in_channels**-0.5  # of PyTorch's own initialisation, which is added to
            objects = bias[:, 4].exp() * (640 / stride) ** 2
            assert torch.allclose(objects.log(), torch.tensor(8.0).log(), atol=spread)
            expected = torch.tensor(0.6 / (num_classes - 0.99999)).log()
            assert torch.allclose(bias[:, 5:], expected.expand_as(bias[:, 5:]), atol=spread)
            assert bias[:, :4].abs().max() <= spread

    def test_batch_normalisation_has_yolos_constants(self):
        for release in ("v2.0", "v7.0"):
            norms = [m for m in slim(release).modules() if isinstance(m, nn.BatchNorm2d)]
            assert {(m.eps, m.momentum) for m in norms} == {(1e-3, 0.03)}

    @pytest.mark.parametrize(
        ("release", "outside", "inside"),
        [
            ("v2.0", nn.LeakyReLU, nn.LeakyReLU),
            ("v3.0", nn.Hardswish, nn.LeakyReLU),
            ("v3.1", nn.Hardswish, nn.LeakyReLU),
            ("v4.0", nn.SiLU, None),
            ("v7.0", nn.SiLU, None),
        ],
    )
    def test_activations_by_release(self, release, outside, inside):
        model = slim(release)
        assert type(model.model[1].act) is outside
        kinds = {type(m) for m in model.modules() if isinstance(m, (nn.LeakyReLU, nn.Hardswish, nn.SiLU))}
        assert kinds == {outside, inside} - {None}
        if inside:
            assert type(model.model[2].act) is inside
        leaky = [m.negative_slope for m in model.modules() if isinstance(m, nn.LeakyReLU)]
        assert set(leaky) <= {0.1}

    def test_the_pixel_copy_of_the_anchors_went_with_v6(self):
        for release, there in (("v5.0", True), ("v6.0", False)):
            assert any(key.endswith("anchor_grid") for key in slim(release).state_dict()) is there


class TestFromYaml:
    def test_the_talks_file(self):
        with torch.device("meta"):
            model = YOLOv5.from_yaml("yolov5s_talk.yaml")
        assert sum(p.numel() for p in model.parameters()) == 7_468_157 and model.num_classes == 80

    @pytest.mark.parametrize("release", ["v2.0", "v3.0", "v5.0", "v7.0"])
    def test_a_models_configuration_builds_the_same_network_again(self, release):
        model = slim(release)
        again = YOLOv5.from_yaml(model.config)
        assert str(again) == str(model) and again.config == model.config
        assert [(k, t.shape) for k, t in again.state_dict().items()] == [
            (k, t.shape) for k, t in model.state_dict().items()
        ]

    def test_classes_and_activation_as_arguments(self):
        model = YOLOv5.from_yaml(slim().config, num_classes=5, activation="nn.Hardswish()", names="abcde")
        assert model.num_classes == 5 and model.names == list("abcde")
        assert {type(m) for m in model.modules() if isinstance(m, (nn.SiLU, nn.Hardswish))} == {nn.Hardswish}

    def test_a_file_on_disk(self, tmp_path):
        file = tmp_path / "mine.yaml"
        text = "nc: 2\ndepth_multiple: 0.33\nwidth_multiple: 0.125\nanchors: [[8,8], [16,16], [32,32]]\n"
        rows, neck = ("".join(f"  - {row}\n" for row in V6[part]) for part in ("backbone", "head"))
        file.write_text(f"{text}backbone:\n{rows}\nhead:\n{neck}", encoding="utf-8")
        model = YOLOv5.from_yaml(file).eval()
        assert model(torch.zeros(1, 3, 32, 32))[0].shape == (1, 16 + 4 + 1, 7)

    def test_nothing_in_a_file_is_evaluated(self, tmp_path):
        trace = tmp_path / "trace"
        code = f"open({str(trace)!r}, 'w')"
        for row in (
            [-1, 1, code, [64]],
            [-1, 1, "Conv", [code]],
            [code, 1, "Conv", [64]],
            [-1, code, "Conv", [64]],
        ):
            with pytest.raises(ConfigError, match="row 3"):
                YOLOv5.from_yaml({**slim().config, "backbone": [*V6["backbone"][:3], row, *V6["backbone"][4:]]})
        for key in ("nc", "depth_multiple", "width_multiple", "anchors", "activation"):
            with pytest.raises(ConfigError):
                YOLOv5.from_yaml({**slim().config, key: code})
        assert not trace.exists()

    def test_detects_inputs_in_another_order(self, images):
        """Strides follow the maps, and the smallest anchors go to the finest map, as in YOLOv3's file."""
        model = slim()
        head = [*model.config["head"][:-1], [[23, 20, 17], 1, "Detect", ["nc", "anchors"]]]
        other = YOLOv5.from_yaml({**model.config, "head": head}).eval()
        assert other.stride.tolist() == [32, 16, 8]
        assert torch.equal(other.detect.anchor_pixels, model.detect.anchor_pixels.flip(0))
        state = model.state_dict()
        swapped = {"m.0": "m.2", "m.2": "m.0"}
        for key in list(state):
            for old, new in swapped.items():
                if f".24.{old}." in key:
                    other.state_dict()[key.replace(old, new)].copy_(state[key])
            if ".24." not in key or ".24.m.1." in key:
                other.state_dict()[key].copy_(state[key])
        with torch.no_grad():
            ours, theirs = model.eval()(images)[0], other(images)[0]
        pieces = theirs.split([3 * 6, 3 * 24, 3 * 96], 1)
        assert torch.allclose(ours, torch.cat(pieces[::-1], 1), atol=1e-4)

    def test_a_deeper_map_asks_for_larger_multiples(self):
        rows = [*V6["backbone"], [-1, 1, "Conv", [1024, 3, 2]], [-1, 1, "nn.Upsample", [None, 2, "nearest"]]]
        head = [
            [[-1, 9], 1, "Concat", [1]],
            [-1, 1, "Conv", [64]],
            [[4, 6, 13], 1, "Detect", ["nc", "anchors"]],
        ]
        model = YOLOv5.from_yaml({**slim().config, "backbone": rows, "head": head}).eval()
        assert model.image_step == 64 and model.stride.tolist() == [8, 16, 32]
        assert model(torch.zeros(1, 3, 64, 128))[0].shape[1] == 3 * (128 + 32 + 8)
        with pytest.raises(ValueError, match="multiples of 64"):
            model(torch.zeros(1, 3, 96, 96))


def backbone_of_2020(blocks: tuple[str, str, str, str]) -> list:
    first, second, third, last = blocks
    return [
        [-1, 1, "Focus", [64, 3]], [-1, 1, "Conv", [128, 3, 2]], [-1, 3, first, [128]],
        [-1, 1, "Conv", [256, 3, 2]], [-1, 9, second, [256]],
        [-1, 1, "Conv", [512, 3, 2]], [-1, 9, third, [512]],
        [-1, 1, "Conv", [1024, 3, 2]], [-1, 1, "SPP", [1024, [5, 9, 13]]], [-1, 6, last, [1024]],
    ]  # fmt: skip


def top_down_only(block: str) -> list:
    """A feature pyramid without the way back up: P5, then P4, then P3, each detected where it is made."""
    return [
        [-1, 3, block, [1024, False]],  # 10
        [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
        [[-1, 6], 1, "Concat", [1]],
        [-1, 1, "Conv", [512, 1, 1]],
        [-1, 3, block, [512, False]],  # 14
        [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 1, "Conv", [256, 1, 1]],
        [-1, 3, block, [256, False]],  # 18
        [[18, 14, 10], 1, "Detect", ["nc", "anchors"]],
    ]


def darknet_spp() -> dict:
    """YOLOv3-SPP (Redmon & Farhadi, 2018): residual blocks, and a neck of bottlenecks without shortcuts."""
    return {
        "backbone": [
            [-1, 1, "Conv", [32, 3, 1]], [-1, 1, "Conv", [64, 3, 2]], [-1, 1, "Bottleneck", [64]],
            [-1, 1, "Conv", [128, 3, 2]], [-1, 2, "Bottleneck", [128]],
            [-1, 1, "Conv", [256, 3, 2]], [-1, 8, "Bottleneck", [256]],
            [-1, 1, "Conv", [512, 3, 2]], [-1, 8, "Bottleneck", [512]],
            [-1, 1, "Conv", [1024, 3, 2]], [-1, 4, "Bottleneck", [1024]],
        ],
        "head": [
            [-1, 1, "Bottleneck", [1024, False]], [-1, 1, "SPP", [512, [5, 9, 13]]],
            [-1, 1, "Conv", [1024, 3, 1]], [-1, 1, "Conv", [512, 1, 1]], [-1, 1, "Conv", [1024, 3, 1]],  # 15
            [-2, 1, "Conv", [256, 1, 1]], [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
            [[-1, 8], 1, "Concat", [1]], [-1, 1, "Bottleneck", [512, False]],
            [-1, 1, "Bottleneck", [512, False]], [-1, 1, "Conv", [256, 1, 1]],
            [-1, 1, "Conv", [512, 3, 1]],  # 22
            [-2, 1, "Conv", [128, 1, 1]], [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
            [[-1, 6], 1, "Concat", [1]], [-1, 1, "Bottleneck", [256, False]],
            [-1, 2, "Bottleneck", [256, False]],  # 27
            [[27, 22, 15], 1, "Detect", ["nc", "anchors"]],
        ],
    }  # fmt: skip


def with_extra_input(config: dict) -> dict:
    """The bottom-up joint of P4 reads the backbone's P4 as well, as in a BiFPN (Tan et al., CVPR 2020)."""
    head = copy.deepcopy(config["head"])
    assert head[9] == [[-1, 14], 1, "Concat", [1]]
    head[9][0] = [-1, 14, 6]
    return {**config, "head": head}


class TestOtherFiles:
    """Networks of the listed modules that no release names, held to the counts of the original."""

    PLAIN_THEN_CSP = ("Bottleneck", "BottleneckCSP", "BottleneckCSP", "BottleneckCSP")
    FILES = {
        ("v3.0", "yolov5-fpn"): {
            "backbone": backbone_of_2020(PLAIN_THEN_CSP), "head": top_down_only("BottleneckCSP")
        },
        ("v7.0", "yolov5-fpn"): {"backbone": V6["backbone"], "head": top_down_only("C3")},
        ("v3.0", "yolov5-panet"): TALK,
        ("v7.0", "yolov5-panet"): V6,
        ("v7.0", "yolov5-bifpn"): with_extra_input(V6),
        ("v7.0", "yolov3-spp"): darknet_spp(),
        ("v3.0", "yolov3-spp"): {**darknet_spp(), "release": "v3.0"},
    }  # fmt: skip

    @pytest.mark.parametrize(("tag", "name"), FILES)
    def test_parameters_and_entries(self, tag, name):
        anchors = {"anchors": [list(level) for level in COCO_ANCHORS]}
        with torch.device("meta"):
            model = YOLOv5.from_yaml({**anchors, **self.FILES[tag, name], **LARGE})
        assert sum(p.numel() for p in model.parameters()) == FIGURES[tag][name]["parameters"]
        assert len(model.state_dict()) == FIGURES[tag][name]["state_dict_entries"]

    @torch.no_grad()
    @pytest.mark.parametrize(("tag", "name"), FILES)
    def test_they_run_and_compose(self, tag, name, images):
        anchors = {"anchors": [list(level) for level in COCO_ANCHORS]}
        small = {"depth_multiple": 0.33, "width_multiple": 0.0625, "nc": 2}
        model = YOLOv5.from_yaml({**anchors, **self.FILES[tag, name], **small}).eval()
        decoded, raw = model(images)
        assert decoded.shape == (2, 378, 7)
        again = model.head(*model.neck(*model.backbone(images)))
        assert all(torch.equal(a, b) for a, b in zip(raw, again, strict=True))
        assert model.summary(64).rows[-1].shape == ((1, 3, 8, 8, 7), (1, 3, 4, 4, 7), (1, 3, 2, 2, 7))

    def test_repeated_bottlenecks_become_a_sequence(self):
        with torch.device("meta"):
            model = YOLOv5.from_yaml({**self.FILES["v7.0", "yolov3-spp"], **LARGE, "anchors": COCO_ANCHORS})
        assert [type(model.model[row]).__name__ for row in (2, 4, 6)] == [
            "Bottleneck",
            "Sequential",
            "Sequential",
        ]
        assert len(model.model[6]) == 8 and all(block.add for block in model.model[6])
        assert not any(block.add for block in model.model[27])


class TestCopies:
    def test_deepcopy_is_equal_and_apart(self, model, images):
        twin = copy.deepcopy(model.eval())
        assert torch.equal(twin(images)[0], model(images)[0])
        with torch.no_grad():
            twin.model[0].conv.weight.zero_()
        assert model.model[0].conv.weight.abs().sum() > 0

    def test_pickling_and_state_dict(self, model, images):
        again = pickle.loads(pickle.dumps(model.eval()))
        assert torch.equal(again(images)[0], model(images)[0])
        buffer = io.BytesIO()
        torch.save(model.state_dict(), buffer)
        buffer.seek(0)
        fresh = YOLOv5.from_yaml(model.config).eval()
        fresh.load_state_dict(torch.load(buffer, weights_only=True))
        assert torch.equal(fresh(images)[0], model(images)[0])

    @torch.no_grad()
    def test_memory_order_changes_no_result(self, model, images):
        expected = model.eval()(images)[0]
        last = copy.deepcopy(model).to(memory_format=torch.channels_last)
        assert last.model[1].conv.weight.is_contiguous(memory_format=torch.channels_last)
        decoded, raw = last(images)
        assert torch.allclose(decoded, expected, rtol=1e-4, atol=1e-3)
        assert all(out.is_contiguous() for out in raw)

    def test_on_another_device_everything_comes_along(self, model):
        meta = copy.deepcopy(model).to("meta")
        assert {t.device.type for t in [*meta.state_dict().values(), meta.stride]} == {"meta"}


class TestFuse:
    @torch.no_grad()
    @pytest.mark.parametrize("release", ["v2.0", "v3.0", "v5.0", "v7.0"])
    def test_equal_to_1e_4(self, release, images):
        model = slim(release)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.5)
        before = model.eval()(images)[1]
        parameters = sum(p.numel() for p in model.parameters())
        assert model.fuse() is model and not model.training
        for a, b in zip(before, model(images)[1], strict=True):
            assert torch.allclose(a, b, rtol=1e-4, atol=1e-4)
        left = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
        assert len(left) == (8 if release < "v4.0" else 0)  # BottleneckCSP's own joins two halves
        assert sum(p.numel() for p in model.parameters()) < parameters

    def test_twice_is_once(self, images):
        model = slim().fuse()
        state = {key: value.clone() for key, value in model.state_dict().items()}
        model.fuse()
        assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


class TestSummary:
    def test_the_table(self):
        summary = YOLOv5("n").summary()
        assert summary.parameters == 1_872_157
        assert summary.gflops == pytest.approx(FIGURES["v7.0"]["yolov5n"]["gflops_640"], abs=1e-4)
        assert len(summary.rows) == 25 and sum(row.parameters for row in summary.rows) == summary.parameters
        assert summary.rows[9].shape == (1, 256, 20, 20) and summary.rows[12].source == (11, 6)
        assert summary.rows[24].shape[0] == (1, 3, 80, 80, 85)
        lines = str(summary).splitlines()
        assert len(lines) == 27 and "1,872,157 parameters, 4.5 GFLOPs at 640 x 640" in lines[-1]
        assert all(word in lines[0] for word in ("row", "from", "module", "arguments", "parameters", "shape"))

    def test_it_neither_runs_nor_changes_the_model(self, model):
        before = copy.deepcopy(model.state_dict())
        model.train()
        assert model.summary(64).gflops > 0 and model.training
        assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())

    def test_a_picture_that_does_not_fit(self, model):
        with pytest.raises(ValueError, match="multiples of 32"):
            model.summary(100)
