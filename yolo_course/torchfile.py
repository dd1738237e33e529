"""PyTorch's two file formats, opened without PyTorch's loader: a tree at once, a tensor when it is asked for.

Since PyTorch 1.6 a ``.pt`` file is a zip: ``data.pkl`` holds a pickle, ``data/0``, ``data/1`` ... the
numbers of the tensors as they lie in memory. Before (YOLOv5 v2.0 and older) it was five pickles in a row,
the numbers behind them. The pickle is read by :mod:`yolo_course.unpickle`, so nothing in a file is run;
entries and tensors that claim more than is there are refused before memory is taken for them.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from math import prod
from typing import BinaryIO

import torch
from torch import Tensor

from yolo_course.unpickle import CheckpointError, Machine, Name, short

ZIP_MAGIC = b"PK\x03\x04"
DAMAGE = (
    zipfile.BadZipFile,
    struct.error,
    LookupError,
    ValueError,
    RuntimeError,
    EOFError,
    OSError,
)  # zipfile's
LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # a pickle of the one number that PyTorch chose


def names(module: str, members: str) -> list[str]:
    """``names("a.b", "c d")`` = ``["a.b.c", "a.b.d"]``."""
    return [f"{module}.{member}" for member in members.split()]


DTYPES = {
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.DoubleStorage": torch.float64,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}
# What lies beside the weights in a training checkpoint. Its values are not needed: each becomes a Stub.
COMPANY = (
    *names("__builtin__", "set"),
    *names("builtins", "set"),
    *names("_codecs", "encode"),  # so does protocol 2 spell bytes
    *names("numpy", "dtype ndarray"),
    *names("numpy.core.multiarray", "scalar _reconstruct"),
    *names("numpy._core.multiarray", "scalar _reconstruct"),  # numpy 2
    *names("pathlib", "PosixPath WindowsPath PurePosixPath PureWindowsPath"),
    *names("pathlib._local", "PosixPath WindowsPath PurePosixPath PureWindowsPath"),  # Python 3.13
    *names("torch", "device float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 bool"),
)


@dataclass(frozen=True)
class Storage:
    """A run of ``size`` numbers, kept beside the pickle under ``key``."""

    key: str
    dtype: torch.dtype
    size: int

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize


@dataclass(frozen=True)
class TensorRef:
    """A tensor not read yet: the window of ``shape`` and ``stride`` (in numbers) from ``offset``."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.storage.dtype.itemsize


def _tensor(storage, offset, shape, stride, *_) -> TensorRef:
    if type(storage) is not Storage or not type(shape) is type(stride) is tuple or len(shape) > 8:
        raise CheckpointError("a tensor is not described as PyTorch does")
    if any(type(n) is not int or n < 0 for n in (offset, *shape, *stride)):
        raise CheckpointError("a tensor's offset, shape or stride is not made of whole numbers from 0")
    last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
    if 0 not in shape and last >= storage.size:
        raise CheckpointError(f"a tensor of shape {shape} reaches beyond the {storage.size} numbers stored for it")
    return TensorRef(storage, offset, shape, stride)


def _parameter(data, *_) -> TensorRef:
    if type(data) is not TensorRef:
        raise CheckpointError("a parameter holds no tensor")
    return data


CALLS = {
    "collections.OrderedDict": lambda: {},
    "torch.Size": lambda sizes: sizes,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
}
NAMES = {**dict.fromkeys((*COMPANY, *DTYPES)), **CALLS}


class TorchFile:
    """An open ``.pt`` file. ``tree`` is what was saved, with TensorRefs for tensors; ``tensor`` reads one.

    ``classes`` are the dotted names that may occur beside PyTorch's own; their objects come out as Stubs.
    Raises CheckpointError for any other file. ``file`` stays in use until the last tensor is read.
    """

    def __init__(self, file: BinaryIO, classes: tuple[str, ...] = ()):
        self.names = {**NAMES, **dict.fromkeys(classes)}
        self.storages: dict[str, Storage] = {}
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._source: _Zip | _Legacy = (_Zip if file.read(4) == ZIP_MAGIC else _Legacy)(file, self.size)
        self.tree = self._source.read_tree(self)

    def unpickle(self, stream: BinaryIO) -> object:
        return Machine(self.names, self._storage).run(stream)

    def _storage(self, description: tuple) -> Storage | Name:
        kind, first, *rest = description
        if type(first) is Name and kind == "module":  # before PyTorch 1.6 a class brought its source along
            return first
        key, _, size, *view = rest
        plain = type(key) is str and type(size) is int and 0 <= size and not any(view)
        if type(first) is not Name or kind != "storage" or first not in DTYPES or not plain:
            raise CheckpointError("a storage is not described as PyTorch does")
        storage = Storage(key, DTYPES[first], size)
        if self.storages.setdefault(key, storage) != storage:
            raise CheckpointError(f"storage {short(key)} is described twice, differently")
        return storage

    def tensor(self, ref: TensorRef) -> Tensor:
        """The tensor, on the CPU, in the file's dtype, with memory of its own."""
        if 0 in ref.shape:
            return torch.empty(ref.shape, dtype=ref.storage.dtype)
        if ref.nbytes > ref.storage.nbytes:  # stride 0: legal, but a few bytes could claim all memory
            raise CheckpointError(f"a tensor of shape {ref.shape} repeats the {ref.storage.size} numbers stored for it")
        data = self._source.read_storage(ref.storage)
        if len(data) != ref.storage.nbytes:
            found = f"storage {short(ref.storage.key)} has {len(data)} bytes, expected {ref.storage.nbytes}"
            raise CheckpointError(f"{found}: get the file again")
        numbers = torch.frombuffer(bytearray(data), dtype=ref.storage.dtype)
        return numbers.as_strided(ref.shape, ref.stride, ref.offset)


class _Zip:
    """PyTorch 1.6 and later."""

    def __init__(self, file: BinaryIO, size: int):
        try:
            self.zip = zipfile.ZipFile(file)
        except DAMAGE as error:
            raise CheckpointError(f"its zip is damaged ({short(error)}): get the file again") from error
        entries = self.zip.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise CheckpointError("it has compressed entries, which PyTorch never writes")
        if sum(entry.file_size for entry in entries) > size:
            raise CheckpointError(f"its entries claim more than the file's {size} bytes")
        pickles = [entry.filename for entry in entries if entry.filename.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise CheckpointError("it is a zip, but not one that torch.save wrote (no single data.pkl)")
        self.folder = pickles[0].removesuffix("data.pkl")

    def _read(self, name: str) -> bytes:
        try:
            return self.zip.read(self.folder + name)
        except DAMAGE as error:
            raise CheckpointError(f"its part {short(name)} is missing or damaged: get the file again") from error

    def read_tree(self, owner: TorchFile) -> object:
        if f"{self.folder}byteorder" in self.zip.namelist() and self._read("byteorder") != b"little":
            raise CheckpointError("it was written on a big-endian computer: save it again on a usual one")
        return owner.unpickle(io.BytesIO(self._read("data.pkl")))

    def read_storage(self, storage: Storage) -> bytes:
        return self._read(f"data/{storage.key}")


class _Legacy:
    """Before PyTorch 1.6: magic number, version, facts of the machine, the tree, the storages, one by one."""

    def __init__(self, file: BinaryIO, size: int):
        file.seek(0)
        if file.read(len(LEGACY_MAGIC)) != LEGACY_MAGIC:
            raise CheckpointError("it is neither a PyTorch (.pt) nor a safetensors file: get the file again")
        file.seek(0)
        self.file, self.size, self.starts = file, size, {}

    def read_tree(self, owner: TorchFile) -> object:
        _, version, facts = (owner.unpickle(self.file) for _ in range(3))
        if version != 1001 or type(facts) is not dict or facts.get("little_endian") is not True:
            raise CheckpointError("it is not of format 1001, written on a little-endian computer")
        tree, keys = owner.unpickle(self.file), owner.unpickle(self.file)
        position = self.file.tell()
        for key in keys if type(keys) is list else ():
            storage = owner.storages.get(key) if type(key) is str else None
            if storage is None or position + 8 + storage.nbytes > self.size:
                raise CheckpointError("its list of storages does not fit the file: get the file again")
            self.starts[key] = position + 8  # eight bytes repeat the size
            position += 8 + storage.nbytes
        return tree

    def read_storage(self, storage: Storage) -> bytes:
        if storage.key not in self.starts:
            raise CheckpointError(f"storage {short(storage.key)} is missing: get the file again")
        self.file.seek(self.starts[storage.key])
        return self.file.read(storage.nbytes)
