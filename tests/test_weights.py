"""Weights: saved and loaded without loss, carried over by key and shape, never half written."""

from __future__ import annotations

import json
import struct

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from tests.lookalike import save_original, small_model
from yolo_course.model import YOLOv5
from yolo_course.weights import (
    CheckpointError,
    load_checkpoint,
    read_metadata,
    save_weights,
    transfer_weights,
)

RELEASES = ["v2.0", "v3.0", "v5.0", "v7.0"]


def same(a: nn.Module, b: nn.Module) -> bool:
    first, second = a.state_dict(), b.state_dict()
    return list(first) == list(second) and all(torch.equal(first[key], second[key]) for key in first)


@pytest.fixture(scope="module")
def model() -> YOLOv5:
    return small_model()


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_saved_comes_back(tmp_path, release):
    model = small_model(release)
    loaded = load_checkpoint(save_weights(model.train(), tmp_path / "a.safetensors"))
    assert same(loaded, model) and not loaded.training
    assert loaded.names == model.names and (loaded.size, loaded.release) == ("s", release)
    assert [type(m) for m in loaded.modules()] == [type(m) for m in model.modules()]
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(loaded(images)[0], model.eval()(images)[0])


def test_half_precision_takes_half_the_space_and_loads_as_float32(tmp_path):
    model = small_model(width=0.125)
    model.detect.set_anchors(model.detect.anchor_pixels / 3)
    whole, half = (save_weights(model, tmp_path / f"{h}.safetensors", half=h) for h in (False, True))
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    loaded = load_checkpoint(half)
    assert {v.dtype for v in loaded.state_dict().values()} == {torch.float32, torch.int64}
    assert torch.equal(loaded.detect.anchors, model.detect.anchors)  # these are not rounded
    for key, value in loaded.state_dict().items():
        torch.testing.assert_close(value, model.state_dict()[key], rtol=1e-3, atol=1e-4)


def test_a_number_too_large_for_half_precision_is_refused(tmp_path):
    model = small_model()
    model.model[0].bn.running_var[3] = 1e5
    with pytest.raises(ValueError, match=r"model\.0\.bn\.running_var has numbers beyond float16"):
        save_weights(model, tmp_path / "a.safetensors", half=True)
    assert list(tmp_path.iterdir()) == []


def test_metadata_comes_back_and_cannot_hide_our_own(tmp_path, model):
    extra = {"mAP50": 0.8, "seeds": [1, 2], "names": "mine", "note": "Grüße"}
    path = save_weights(model, tmp_path / "a.safetensors", metadata=extra)
    found = read_metadata(path)
    assert found["mAP50"] == 0.8 and found["seeds"] == [1, 2] and found["note"] == "Grüße"
    assert found["names"] == model.names and found["config"]["anchors"][0][:2] == [5.0, 9.75]
    with pytest.raises(CheckpointError, match="cannot read the metadata of nowhere"):
        read_metadata(tmp_path / "nowhere")


def test_metadata_that_json_cannot_hold_is_refused_before_anything_is_written(tmp_path, model):
    with pytest.raises(ValueError, match="metadata that JSON cannot hold"):
        save_weights(model, tmp_path / "new" / "a.safetensors", metadata={"a": torch.ones(1)})
    assert not (tmp_path / "new").exists()


def test_a_channels_last_model_is_saved_as_any_other(tmp_path):
    model = small_model().to(memory_format=torch.channels_last)
    assert same(load_checkpoint(save_weights(model, tmp_path / "a.safetensors")), model)


def test_a_fused_model_is_not_saved(tmp_path):
    with pytest.raises(CheckpointError, match=r"model\.0\.bn\.weight is missing.*before model\.fuse"):
        save_weights(small_model().fuse(), tmp_path / "a.safetensors")


@pytest.mark.parametrize("step", ["save_file", "os.replace"])
def test_writing_is_all_or_nothing(tmp_path, model, monkeypatch, step):
    path = save_weights(model, tmp_path / "deep" / "er" / "a.safetensors")
    before = path.read_bytes()

    def break_off(_, target, metadata=None):
        assert target.parent == path.parent  # a rename is whole within one file system only
        if step == "save_file":
            target.write_bytes(b"half a fi")
        raise OSError("disk full")

    monkeypatch.setattr(f"yolo_course.weights.{step}", break_off)
    with pytest.raises(OSError, match="disk full"):
        save_weights(model, path)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["a.safetensors"]


def test_the_first_bytes_tell_the_format_not_the_name(tmp_path, model):
    ours, theirs = tmp_path / "ours.pt", tmp_path / "theirs.safetensors"
    save_weights(model, ours)
    save_original(theirs, model)
    assert same(load_checkpoint(ours), model) and same(load_checkpoint(str(theirs)), model)


def test_an_original_checkpoint_can_be_saved_as_ours(tmp_path, model):
    first = load_checkpoint(save_original(tmp_path / "a.pt", model))
    second = load_checkpoint(save_weights(first, tmp_path / "a.safetensors"))
    assert same(first, second) and first.config == second.config and first.names == second.names


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(CheckpointError, match="found no file .*nowhere.pt.*check the path"):
        load_checkpoint(tmp_path / "nowhere.pt")
    with pytest.raises(CheckpointError, match="cannot load"):
        load_checkpoint(tmp_path)


def text_edited(path, **changes):
    """The safetensors file with some of its metadata changed; None takes an entry out."""
    with safe_open(path, "pt") as file:
        text = {**file.metadata(), **changes}
    save_file(load_file(path), path, metadata={k: v for k, v in text.items() if v is not None})
    return path


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"yolo_course": "2"}, "not one of this version's save_weights"),
        ({"config": None}, "not one of this version's save_weights"),
        ({"config": "{"}, "JSONDecodeError"),
        ({"config": "[]"}, "cannot load"),
        ({"config": "[" * 100_000}, "RecursionError|JSONDecodeError"),
        ({"config": "{}"}, "cannot load"),
        ({"names": '["a"]'}, "1 names, expected 3"),
    ],
)
def test_our_file_with_another_text_is_refused(tmp_path, model, changes, match):
    path = text_edited(save_weights(model, tmp_path / "a.safetensors"), **changes)
    with pytest.raises(CheckpointError, match=match):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("width_multiple", 0.5, "is of shape"),
        ("depth_multiple", 10.0, "is missing"),
        ("nc", 10**9, "number of classes"),
        ("backbone", 1, "found backbone: 1"),
        ("activation", "tanh", "found activation 'tanh'"),
    ],
)
def test_our_file_with_another_configuration_is_refused(tmp_path, model, key, value, match):
    config = json.dumps({**model.config, key: value})
    with pytest.raises(CheckpointError, match=match):
        load_checkpoint(text_edited(save_weights(model, tmp_path / "a.safetensors"), config=config))


def test_tensors_missing_too_many_or_of_another_kind_are_refused(tmp_path, model):
    path = save_weights(model, tmp_path / "a.safetensors")
    with safe_open(path, "pt") as file:
        text, tensors = file.metadata(), load_file(path)
    key = "model.0.bn.running_var"
    for change, match in (
        ({key: None}, "is missing"),
        ({"model.99.weight": torch.ones(1)}, "model.99.weight is unknown"),
        ({key: torch.ones(8).long()}, "of dtype torch.int64"),
        ({key: torch.ones(9)}, r"is of shape \(9,\), expected \(8,\)"),
    ):
        changed = {k: v for k, v in {**tensors, **change}.items() if v is not None}
        save_file(changed, path, metadata=text)
        with pytest.raises(CheckpointError, match=match):
            load_checkpoint(path)


def test_a_file_cut_off_or_damaged_is_refused(tmp_path, model):
    for save in (
        save_weights,
        lambda m, path: save_original(path, m),
        lambda m, p: save_original(p, m, legacy=True),
    ):
        data = save(model, tmp_path / "whole").read_bytes()
        path = tmp_path / "part"
        for share in (0.0, 0.001, 0.1, 0.5, 0.9, 0.999):
            path.write_bytes(data[: int(len(data) * share)])
            with pytest.raises(CheckpointError, match="cannot load part"):
                load_checkpoint(path)


@pytest.mark.parametrize(
    "data",
    [b"{}", b"GIF89a", b"<!DOCTYPE html>", struct.pack("<Q", 2**60) + b"{", struct.pack("<Q", 9) + b"{"],
)
def test_what_is_no_file_of_weights_is_refused(tmp_path, data):
    (tmp_path / "x.pt").write_bytes(data)
    with pytest.raises(CheckpointError, match="cannot load x.pt"):
        load_checkpoint(tmp_path / "x.pt")


def test_transfer_copies_what_fits_and_names_the_rest():
    source, model = small_model(num_classes=3), small_model(num_classes=2)
    with torch.no_grad():
        for value in source.state_dict().values():
            value.add_(1)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    report = transfer_weights(model, source)
    skipped = dict(report.skipped)
    assert (report.transferred, report.total, len(skipped)) == (343, 349, 6)
    assert set(skipped) == {f"model.24.m.{level}.{part}" for level in range(3) for part in ("weight", "bias")}
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key] if key in skipped else source.state_dict()[key])
    lines = str(report).splitlines()
    assert lines[0] == "transferred 343 of 349 entries"
    assert lines[2] == "  model.24.m.0.bias: shape (24,) in the source, (21,) in the model"


def test_transfer_takes_a_state_dict_in_half_precision_and_names_strangers():
    source, model = small_model(), small_model()
    entries = {key: value.half() if value.is_floating_point() else value for key, value in source.state_dict().items()}
    entries |= {"model.0.conv.weight": "text", "model.99.weight": torch.ones(1)}
    del entries["model.0.bn.bias"]
    report = transfer_weights(model, entries)
    assert report.skipped == [
        ("model.0.conv.weight", "a str in the source, expected a tensor"),
        ("model.0.bn.bias", "not in the source"),
        ("model.99.weight", "not in the model"),
    ]
    assert {p.dtype for p in model.parameters()} == {torch.float32}


@pytest.mark.parametrize(("old", "new"), [("v5.0", "v7.0"), ("v7.0", "v5.0"), ("v5.0", "v5.0")])
def test_transfer_carries_the_anchors_over_between_releases(old, new):
    source = small_model(old)
    model = YOLOv5.from_yaml({**small_model(new).config, "anchors": [[9.0] * 6] * 3})
    skipped = dict(transfer_weights(model, source).skipped)
    assert torch.equal(model.detect.anchor_pixels, source.detect.anchor_pixels)
    assert model.config["anchors"][0][:2] == [5.0, 9.75]
    if new == "v5.0":
        assert torch.equal(model.detect.anchor_grid.flatten(), source.detect.anchor_pixels.flatten())
    if (old, new) == ("v5.0", "v7.0"):
        assert skipped["model.24.anchor_grid"] == "not in the model"
