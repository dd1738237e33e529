"""The original's checkpoints, by look-alikes: what they say is believed if their tensors bear it out."""

from __future__ import annotations

import time

import pytest
import torch
from torch import nn

from tests.lookalike import save_original, small_model
from yolo_course.model import YOLOv5
from yolo_course.weights import CheckpointError, load_checkpoint

RELEASES = {  # release: the model's class, activation of Conv, activation of BottleneckCSP (if any)
    "v2.0": ("Model", nn.LeakyReLU, nn.LeakyReLU),
    "v3.0": ("Model", nn.Hardswish, nn.LeakyReLU),
    "v5.0": ("Model", nn.SiLU, None),
    "v7.0": ("DetectionModel", nn.SiLU, None),
}


def images():
    return torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def same(a: YOLOv5, b: YOLOv5) -> bool:
    first, second = a.state_dict(), b.state_dict()
    return list(first) == list(second) and all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("release", RELEASES)
def test_a_checkpoint_of_each_kind_gives_the_same_network(tmp_path, release, legacy):
    root, conv, csp = RELEASES[release]
    model = small_model(release)
    loaded = load_checkpoint(save_original(tmp_path / "last.pt", model, root, legacy=legacy))
    assert same(loaded, model) and loaded.names == model.names and loaded.num_classes == 3
    assert type(loaded.model[1].act) is conv and (csp is None or type(loaded.model[2].act) is csp)
    assert not loaded.training and all(p.requires_grad for p in loaded.parameters())
    with torch.no_grad():
        assert torch.equal(loaded(images())[0], model(images())[0])


@pytest.mark.parametrize("release", ["v3.0", "v7.0"])
def test_a_stripped_half_precision_checkpoint_loads_in_full_precision(tmp_path, release):
    model = small_model(release)
    path = save_original(tmp_path / "best.pt", model, RELEASES[release][0], half=True, optimizer=None)
    loaded, rounded = load_checkpoint(path), model.half().float()
    assert same(loaded, rounded) and {p.dtype for p in loaded.parameters()} == {torch.float32}
    with torch.no_grad():
        assert torch.equal(loaded(images())[0], rounded(images())[0])


@pytest.mark.parametrize("pair", [False, True], ids=["ema", "ema and updates"])
def test_the_ema_model_comes_first(tmp_path, pair):
    model, ema = small_model(), small_model()
    with torch.no_grad():
        ema.model[0].conv.weight.add_(1)
    path = save_original(tmp_path / "last.pt", model, ema=(ema, 100) if pair else ema, updates=100)
    assert same(load_checkpoint(path), ema)


def test_anchors_come_from_the_state_dict_not_from_the_yaml(tmp_path):
    model = small_model()
    path = save_original(tmp_path / "last.pt", model)  # its YAML has the anchors of COCO
    loaded = load_checkpoint(path)
    assert loaded.config["anchors"][0][:2] == [5.0, 9.75]
    assert same(YOLOv5.from_yaml(loaded.config), small_model()) is False  # random weights ...
    assert torch.equal(YOLOv5.from_yaml(loaded.config).detect.anchors, model.detect.anchors)  # ... same anchors


@pytest.mark.parametrize("names", [["a", "b", "c"], {0: "a", 1: "b", 2: "c"}, ("a", "b", "c")])
def test_names_in_each_form(tmp_path, names):
    path = save_original(tmp_path / "last.pt", small_model(), attributes={"names": names})
    assert load_checkpoint(path).names == ["a", "b", "c"]


def test_a_yaml_with_an_unknown_activation_is_overruled_by_the_modules(tmp_path):
    def name_another(yaml):
        yaml["activation"] = "nn.Tanh()"

    model = small_model("v3.0")
    assert type(load_checkpoint(edited(tmp_path, model, name_another)).model[1].act) is nn.Hardswish


def edited(folder, model: YOLOv5, edit) -> object:
    """A checkpoint whose YAML went through ``edit``."""
    yaml = {key: model.config[key] for key in ("nc", "depth_multiple", "width_multiple")}
    yaml |= {part: [list(row) for row in model.config[part]] for part in ("backbone", "head")}
    edit(yaml)
    return save_original(folder / "edited.pt", model, attributes={"yaml": yaml})


def _doubled(yaml):
    deep = [1]
    for _ in range(60):
        deep = [deep, deep]
    yaml["backbone"][0] = deep


def _row(index, column, value):
    return lambda yaml: yaml["backbone"][index].__setitem__(column, value)


def _deep(yaml):
    yaml["depth_multiple"] = 10.0
    yaml["backbone"][2][1] = 100


def _set(key, value):
    return lambda yaml: yaml.__setitem__(key, value)


YAMLS = {
    "another depth": (_set("depth_multiple", 1.0), "is missing"),
    "another width": (_set("width_multiple", 0.25), "is of shape"),
    "a width that fills the memory": (_set("width_multiple", 1e6), "width_multiple = 1000000.0"),
    "a depth that fills the memory": (_deep, "rows ask for 1[0-9]{3} modules"),
    "a width that is no number": (_set("width_multiple", [1]), "not both numbers"),
    "a billion classes": (_set("nc", 10**9), "number of classes"),
    "no classes": (_set("nc", 0), "expected the number of classes"),
    "classes that are no number": (_set("nc", "3"), "number of classes"),
    "more classes than weights": (_set("nc", 4), "is of shape"),
    "a billion repeats": (_row(2, 1, 10**9), "row 2 .*: found number 1000000000"),
    "a billion channels": (_row(1, 3, [10**9, 3, 2]), "row 1 .*: found 1000000000"),
    "a module that we lack": (_row(2, 2, "GhostConv"), "row 2: found module 'GhostConv'"),
    "an expression for a module": (_row(2, 2, "__import__('os').system('true')"), "row 2: found module"),
    "a row of text": (lambda yaml: yaml["backbone"].__setitem__(2, "C3"), "row 2: found 'C3'"),
    "rows within rows within rows": (_doubled, "not rows"),
    "ten thousand rows": (lambda yaml: yaml["head"].extend([[-1, 1, "Concat", [1]]] * 10_000), "not rows"),
    "no head": (lambda yaml: yaml.pop("head"), "no YAML with nc, backbone and head"),
    "an empty head": (_set("head", []), "expected a list of rows"),
    "another order": (lambda yaml: yaml["backbone"].reverse(), ""),
}


@pytest.mark.parametrize(("edit", "match"), YAMLS.values(), ids=YAMLS.keys())
def test_a_yaml_that_its_tensors_do_not_bear_out_is_refused_at_once(tmp_path, edit, match):
    path = edited(tmp_path, small_model(), edit)
    start = time.monotonic()
    with pytest.raises(CheckpointError, match=f"cannot load edited.pt: .*({match})"):
        load_checkpoint(path)
    assert time.monotonic() - start < 20


def _replace(module_path, name, value):
    return lambda whole: whole.get_submodule(module_path)._modules.__setitem__(name, value)


def _buffer(module_path, name, value):
    return lambda whole: whole.get_submodule(module_path).register_buffer(name, value)


ALTERED = {
    "another slope": (_replace("model.1", "act", nn.LeakyReLU(0.2)), "LeakyReLU of another slope"),
    "another activation": (_replace("model.1", "act", nn.ReLU()), r"torch\.nn\.modules\.activation\.ReLU"),
    "two activations": (_replace("model.1", "act", nn.Hardswish()), r"\['hardswish', 'silu'\]"),
    "no activation": (_replace("model.1", "act", None), "found the activation NoneType"),
    "a module of another kind": (
        _replace("model.1", "extra", nn.Linear(1, 1)),
        r"torch\.nn\.modules\.linear\.Linear",
    ),
    "a module too many": (
        _replace("model.1", "extra", nn.Conv2d(1, 1, 1)),
        "model.1.extra.weight is unknown",
    ),
    "a layer too few": (_replace("model.1", "bn", None), "model.1.bn.weight is missing"),
    "anchors of four levels": (_buffer("model.24", "anchors", torch.ones(4, 3, 2)), "a head of three levels"),
    "no anchors": (_buffer("model.24", "anchors", None), "a head of three levels"),
    "whole numbers": (
        _buffer("model.0.bn", "running_var", torch.ones(8).long()),
        "of dtype torch.int64, expected",
    ),
    "one number repeated": (
        _buffer("model.0.bn", "running_var", torch.ones(1).expand(8)),
        "repeats the 1 numbers",
    ),
}


@pytest.mark.parametrize(("edit", "match"), ALTERED.values(), ids=ALTERED.keys())
def test_modules_other_than_a_detectors_are_refused(tmp_path, edit, match):
    path = save_original(tmp_path / "altered.pt", small_model(), alter=edit)
    with pytest.raises(CheckpointError, match=match):
        load_checkpoint(path)


def test_modules_nested_without_end_are_refused(tmp_path):
    def nest(whole):
        for _ in range(20):
            whole.model[1].act = nn.Sequential(whole.model[1].act)

    with pytest.raises(CheckpointError, match="too deep"):
        load_checkpoint(save_original(tmp_path / "nested.pt", small_model(), alter=nest))


def test_tensors_that_share_their_numbers_to_seem_more_are_refused(tmp_path):
    def share(whole):
        numbers = torch.ones(max(p.numel() for p in whole.parameters()))
        for parameter in whole.parameters():
            parameter.data = numbers[: parameter.numel()].view_as(parameter)

    with pytest.raises(CheckpointError, match="its tensors claim more than the file"):
        load_checkpoint(save_original(tmp_path / "thin.pt", small_model(width=0.125), alter=share))


def test_buffers_that_belong_to_no_state_dict_are_passed_over(tmp_path):
    model = small_model()
    path = save_original(
        tmp_path / "last.pt",
        model,
        alter=lambda whole: whole.model[0].register_buffer("scratch", torch.ones(1), persistent=False),
    )
    assert same(load_checkpoint(path), model)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"root": "SegmentationModel"}, "models.yolo.SegmentationModel"),
        ({"attributes": {"names": ["a"]}}, "1 names, expected 3"),
        ({"attributes": {"names": "abc"}}, "neither a list nor a dictionary"),
        ({"attributes": {"names": {1: "a", 2: "b", 3: "c"}}}, "neither a list nor a dictionary"),
        ({"attributes": {"extra": nn.ReLU()}}, "torch.nn.modules.activation.ReLU"),
        ({"extra": print}, r"'__builtin__\.print'"),
    ],
)
def test_other_models_and_names_are_refused(tmp_path, options, match):
    with pytest.raises(CheckpointError, match=match):
        load_checkpoint(save_original(tmp_path / "last.pt", small_model(), **options))


@pytest.mark.parametrize(
    "tree", [[], {}, 1, {"model": None}, {"model": {"a": torch.ones(1)}}, {"ema": 1, "model": nn.SiLU()}]
)
def test_other_trees_are_refused(tmp_path, tree):
    torch.save(tree, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match="'model'"):
        load_checkpoint(tmp_path / "x.pt")
