"""PyTorch's file formats: what torch.save writes is read, what it does not write is refused."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from yolo_course.torchfile import COMPANY, TensorRef, TorchFile
from yolo_course.unpickle import CheckpointError, Stub

DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int32, torch.int16]
DTYPES += [torch.int8, torch.uint8, torch.bool]


def saved(tree, legacy=False) -> bytes:
    stream = io.BytesIO()
    torch.save(tree, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


ONE = saved([torch.arange(4.0)])


def opened(data: bytes, classes=()) -> TorchFile:
    return TorchFile(io.BytesIO(data), classes)


def refuses(data: bytes, match: str | None = None):
    with pytest.raises(CheckpointError, match=match):
        file = opened(data)
        for ref in file.tree:
            file.tensor(ref)


def rezipped(parts: dict[str, bytes | None], compression=zipfile.ZIP_STORED) -> bytes:
    """The file of ``[torch.arange(4.0)]`` with some parts of its zip replaced; None leaves one out."""
    source, stream = zipfile.ZipFile(io.BytesIO(ONE)), io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as target:
        for entry in source.namelist():
            content = parts.get(entry.partition("/")[2], source.read(entry))
            if content is not None:
                target.writestr(entry, content)
    return stream.getvalue()


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors_of_every_dtype_come_back(dtype, legacy):
    tensor = torch.arange(6).view(2, 3).to(dtype)
    file = opened(saved([tensor], legacy))
    found = file.tensor(file.tree[0])
    assert found.dtype == dtype and torch.equal(found, tensor)


VIEWS = {
    "transposed": lambda t: t.t(),
    "every second": lambda t: t[:, ::2],
    "the last row": lambda t: t[-1],
    "a number": lambda t: t[0, 0],
    "empty": lambda t: t[:0],
    "none at all": lambda t: torch.empty(0),
    "channels last": lambda t: t.view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
    "parameter": torch.nn.Parameter,
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_views_and_parameters_come_back(view, legacy):
    tensor = view(torch.arange(24.0).view(4, 6))
    file = opened(saved({"a": tensor, "b": torch.ones(3)}, legacy))
    assert torch.equal(file.tensor(file.tree["a"]), tensor.detach())
    assert torch.equal(file.tensor(file.tree["b"]), torch.ones(3))


def test_tensors_that_share_a_storage_share_it_in_the_file():
    whole = torch.arange(6.0)
    file = opened(saved([whole[:3], whole[3:]]))
    assert file.tree[0].storage == file.tree[1].storage
    assert [file.tensor(ref).tolist() for ref in file.tree] == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("legacy", [False, True])
def test_the_company_of_weights_becomes_stubs(legacy):
    company = [np.array([0.5]), np.float64(0.5), {1}, Path("x"), torch.device("cpu"), torch.float16, b"bytes"]
    tree = opened(saved([*company, torch.Size([1, 2]), OrderedDict(a=1)], legacy)).tree
    assert [type(item) for item in tree[:5]] == [Stub] * 5 and tree[5] in COMPANY
    assert tree[7:] == [(1, 2), {"a": 1}]


@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"])
def test_numpy_is_read_in_both_spellings(core):
    name = f"c{core}.multiarray\nscalar\n".encode()
    scalar = b"\x80\x02]" + name + b"cnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87R"
    scalar += b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x06\x00\x00\x00latin1\x86R\x86Ra."
    assert opened(rezipped({"data.pkl": scalar})).tree[0].name == f"{core}.multiarray.scalar"


@pytest.mark.parametrize("legacy", [False, True])
def test_any_other_name_is_refused_by_name_and_nothing_runs(tmp_path, legacy):
    class Evil:
        def __reduce__(self):
            return Path.mkdir, (tmp_path / "ran",)

    with pytest.raises(CheckpointError, match="getattr"):  # which is how protocol 2 spells a method
        opened(saved({"a": torch.ones(1), "model": Evil()}, legacy))
    assert not (tmp_path / "ran").exists()


def test_a_module_comes_as_a_stub_only_where_its_class_is_admitted():
    data = saved(torch.nn.SiLU())
    assert opened(data, ("torch.nn.modules.activation.SiLU",)).tree.name == "torch.nn.modules.activation.SiLU"
    with pytest.raises(CheckpointError, match=r"torch\.nn\.modules\.activation\.SiLU"):
        opened(data)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04", b"<html></html>", b"\x80\x02K\x01.", b"\0" * 100])
def test_what_is_no_file_of_pytorch_is_refused(data):
    with pytest.raises(CheckpointError, match="get the file again"):
        opened(data)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_cut_off_anywhere_is_refused(legacy):
    data = saved([torch.arange(40.0), torch.ones(3)], legacy)
    for length in range(0, len(data) - 1, 13):
        refuses(data[:length])


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.booleans(), st.data())
def test_damaged_bytes_never_raise_anything_else(legacy, draw):
    data = bytearray(saved([torch.arange(4.0), {"a": np.float64(1)}], legacy))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        file = opened(bytes(data))
        if type(file.tree) is list and file.tree and type(file.tree[0]) is TensorRef:
            file.tensor(file.tree[0])
    except CheckpointError:
        pass


def test_a_zip_bomb_is_refused_before_it_unfolds():
    bomb = rezipped({"data.pkl": bytes(200 << 20)}, zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        refuses(bomb, "compressed entries")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_entries_that_claim_more_than_the_file_are_refused():
    data = bytearray(ONE)
    at = data.rindex(b"PK\x01\x02")  # the last entry of the zip's directory
    data[at + 24 : at + 28] = struct.pack("<I", 1 << 30)
    refuses(bytes(data), "claim more than the file")


def test_parts_of_another_size_missing_or_strange_are_refused():
    refuses(rezipped({"data/0": bytes(15)}), "has 15 bytes, expected 16")
    refuses(rezipped({"data/0": None}), "'data/0' is missing")
    refuses(rezipped({"byteorder": b"big"}), "big-endian")
    refuses(rezipped({"data.pkl": None}), "not one that torch.save wrote")


STORAGE = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQ"


def tensor_pickle(offset=b"K\x00", shape=b"K\x04\x85", stride=b"K\x01\x85", storage=STORAGE) -> bytes:
    return b"\x80\x02]ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + shape + stride + b"\x89}tRa."


TENSORS = {
    "reaches beyond by its shape": (tensor_pickle(shape=b"K\x05\x85"), "reaches beyond"),
    "reaches beyond by its stride": (tensor_pickle(stride=b"K\x02\x85"), "reaches beyond"),
    "reaches beyond by its offset": (tensor_pickle(offset=b"K\x01"), "reaches beyond"),
    "begins before its storage": (tensor_pickle(offset=b"J\xff\xff\xff\xff"), "whole numbers from 0"),
    "walks backwards": (tensor_pickle(stride=b"J\xff\xff\xff\xff\x85"), "whole numbers from 0"),
    "repeats its numbers for ever": (
        tensor_pickle(shape=b"J\xff\xff\xff\x7f\x85", stride=b"K\x00\x85"),
        "repeats",
    ),
    "has more strides than sizes": (tensor_pickle(stride=b"K\x01K\x01\x86"), "damaged"),
    "has a list for a shape": (tensor_pickle(shape=b"]"), "not described"),
    "has a text for a size": (tensor_pickle(shape=b"X\x01\x00\x00\x00a\x85"), "whole numbers"),
    "has no storage": (tensor_pickle(storage=b"K\x01"), "not described"),
    "has a storage of another kind": (
        tensor_pickle(storage=STORAGE.replace(b"Float", b"QInt8")),
        "QInt8Storage",
    ),
    "has a storage of minus four": (
        tensor_pickle(storage=STORAGE.replace(b"K\x04t", b"J\xff\xff\xff\xfft")),
        "stor",
    ),
    "reaches outside in another way": (
        tensor_pickle(storage=STORAGE.replace(b"storage", b"program")),
        "storage",
    ),
    "has two storages in one": (
        b"\x80\x02]" + tensor_pickle()[3:-2] + tensor_pickle(storage=STORAGE.replace(b"K\x04", b"K\x05"))[3:],
        "described twice",
    ),
    "is a parameter of nothing": (
        b"\x80\x02]ctorch._utils\n_rebuild_parameter\nK\x01\x88}\x87Ra.",
        "no tensor",
    ),
}


@pytest.mark.parametrize(("pickled", "match"), TENSORS.values(), ids=TENSORS.keys())
def test_a_tensor_that_is_not_what_it_claims_is_refused(pickled, match):
    refuses(rezipped({"data.pkl": pickled}), match)


def test_a_legacy_file_with_another_list_of_storages_is_refused():
    data = saved([torch.arange(4.0)], legacy=True)
    key = opened(data).tree[0].storage.key.encode()
    at = data.rindex(key)
    refuses(data[:at] + b"9" * len(key) + data[at + len(key) :], "does not fit")
    at = data.index(b"little_endian") + len(b"little_endian")
    at += data[at:].index(b"\x88")  # true
    refuses(data[:at] + b"\x89" + data[at + 1 :], "little-endian")
