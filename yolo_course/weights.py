"""Weights: saved as safetensors, loaded from those and from the original's checkpoints, fetched by name, transferred.

A safetensors file is a list of tensors and a little text: no code can hide in it. The text that
:func:`save_weights` adds is the model's configuration and class names, so that a file alone is enough.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from yolo_course.checkpoint import Contents, anchor_lists, assemble, check_fit, expected_shapes
from yolo_course.config import ConfigError, release_config
from yolo_course.model import YOLOv5
from yolo_course.original import read_original
from yolo_course.pretrained import official_file, official_name
from yolo_course.unpickle import CheckpointError

__all__ = [
    "CheckpointError",
    "TransferReport",
    "load_checkpoint",
    "load_pretrained",
    "read_metadata",
    "save_weights",
    "transfer_weights",
]

FORMAT = "1"  # of the metadata; a reader refuses what it does not know
MAX_HEADER = 100 << 20  # bytes; the limit of the safetensors library


def load_checkpoint(path: str | Path, device: str | torch.device = "cpu") -> YOLOv5:
    """The network in a file of weights, in float32 and evaluation mode.

    Reads our own ``.safetensors`` and the original's ``.pt`` checkpoints of the releases v2.0 to v7.0 (the
    EMA model where there is one); a file's first bytes decide, not its name. No code in a file is run. Where there is
    no file "yolov5s.pt" (or n, m, l, x), the original's weights of that name are fetched from its release v7.0.
    Raises CheckpointError (a ValueError), with what to do, for every file that is missing, broken, of another kind or
    not to be trusted.
    """
    path = Path(path)
    if not path.exists() and official_name(str(path)):
        path = official_file(str(path))
    try:
        model = _load(path)
    except FileNotFoundError as error:
        raise CheckpointError(f"found no file {str(path)!r}: check the path") from error
    except (CheckpointError, ConfigError) as error:
        raise CheckpointError(f"cannot load {path.name}: {error}") from error
    except Exception as error:  # a broken file can trip any library on its way: one kind of error for all
        found = f"{type(error).__name__}: {str(error)[:500]}"
        raise CheckpointError(f"cannot load {path.name}: {found}") from error
    return model.to(device)


def load_pretrained(
    name: str,
    num_classes: int | None = None,
    names: Sequence[str] | None = None,
    release: str = "v7.0",
    say: Callable[[str], None] = print,
) -> YOLOv5:
    """What :meth:`YOLOv5.from_pretrained` returns: the original's network, or one for other classes; eval mode."""
    file = official_file(name, release, say)
    trained = load_checkpoint(file)
    try:  # is it the network that its name says? The only check where no SHA-256 is known
        found = {key: tuple(value.shape) for key, value in trained.state_dict().items()}
        check_fit(found, expected_shapes(release_config(official_name(name)[-1], release, 80)))
    except CheckpointError as error:
        raise CheckpointError(f"{file} is not {name} of {release}: {error}. Delete it, and run again") from error
    count = len(names) if names is not None else num_classes
    if count is None or (names is None and count == trained.num_classes):
        return trained
    model = YOLOv5.from_yaml({**trained.config, "names": None}, num_classes=count, names=names)
    say(str(transfer_weights(model, trained)))
    return model.eval()


def read_metadata(path: str | Path) -> dict[str, Any]:
    """The metadata of a file of :func:`save_weights`: format, config, names, and what was added to them.

    Raises CheckpointError as :func:`load_checkpoint` does.
    """
    try:
        with safe_open(path, framework="pt") as tensors:
            return _metadata(tensors)
    except Exception as error:  # as in load_checkpoint
        raise CheckpointError(f"cannot read the metadata of {Path(path).name}: {str(error)[:500]}") from error


def save_weights(model: YOLOv5, path: str | Path, half: bool = False, metadata: Mapping | None = None) -> Path:
    """Write the model to ``path`` as safetensors, whole or not at all; the folder is made. Returns the path.

    ``half=True`` stores float16: half the size, three digits (anchors stay float32). ``metadata`` is
    anything that JSON can hold; :func:`read_metadata` gives it back. Raises ValueError for other metadata,
    for a model whose entries are not those of its configuration (a fused one), and for a number too large
    for float16.
    """
    path = Path(path)
    text = _as_text(model, metadata or {})
    tensors = {key: _stored(key, value, half) for key, value in model.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(tensors, temporary, metadata=text)
        temporary.chmod(0o644)  # the library writes files that their owner alone may read
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


@dataclass(frozen=True)
class TransferReport:
    """``transferred`` of the model's ``total`` entries were copied; ``skipped`` tells (key, reason)."""

    transferred: int
    total: int
    skipped: list[tuple[str, str]]

    def __str__(self) -> str:
        lines = [f"transferred {self.transferred} of {self.total} entries"]
        return "\n".join(lines + [f"  {key}: {reason}" for key, reason in self.skipped])


@torch.no_grad()
def transfer_weights(model: YOLOv5, source: Mapping[str, Tensor] | nn.Module) -> TransferReport:
    """Copy every entry of ``source`` (a model or a state dict) whose key and shape fit into ``model``.

    So training starts from a network of other classes: all but the head's last convolutions fit. The
    anchors are carried over too, in units of the stride. Entries that do not fit stay as they are; the
    report names them.
    """
    entries = source.state_dict() if isinstance(source, nn.Module) else source
    targets = model.state_dict()
    reasons = {key: _misfit(entries.get(key), target) for key, target in targets.items()}
    for key, target in targets.items():
        if reasons[key] is None:
            target.copy_(entries[key])
    if not any(key.endswith(".anchor_grid") and reasons[key] is None for key in targets):
        model.detect.set_anchors(model.detect.anchor_pixels)  # keeps the pixel copy of v2.0 to v5.0 in step
    model.config["anchors"] = anchor_lists(model)
    skipped = [(key, reason) for key, reason in reasons.items() if reason]
    skipped += [(key, "not in the model") for key in entries if key not in targets]
    return TransferReport(list(reasons.values()).count(None), len(targets), skipped)


def _misfit(value: Any, target: Tensor) -> str | None:
    if value is None:
        return "not in the source"
    if not isinstance(value, Tensor):
        return f"a {type(value).__name__} in the source, expected a tensor"
    if value.shape != target.shape:
        return f"shape {tuple(value.shape)} in the source, {tuple(target.shape)} in the model"
    return None


def _as_text(model: YOLOv5, metadata: Mapping) -> dict[str, str]:
    config = {**model.config, "anchors": anchor_lists(model)}
    try:
        check_fit({key: tuple(value.shape) for key, value in model.state_dict().items()}, expected_shapes(config))
    except CheckpointError as error:
        raise CheckpointError(f"cannot save this model: {error}. Save before model.fuse()") from error
    parts = {"config": config, "names": model.names, "metadata": dict(metadata)}
    try:
        return {"yolo_course": FORMAT, **{key: json.dumps(value) for key, value in parts.items()}}
    except TypeError as error:
        raise ValueError(f"found metadata that JSON cannot hold: {error}. Use text, numbers, lists") from error


def _stored(key: str, value: Tensor, half: bool) -> Tensor:
    value = value.detach().cpu()
    if half and value.is_floating_point() and not key.endswith(("anchors", "anchor_grid")):
        wide, value = value, value.half()
        if not torch.equal(wide.isfinite(), value.isfinite()):
            raise ValueError(f"{key} has numbers beyond float16's 65504: save with half=False")
    return value.contiguous()


def _load(path: Path) -> YOLOv5:
    with path.open("rb") as file:
        if not _is_safetensors(file):
            return assemble(read_original(file))
    with safe_open(path, framework="pt") as tensors:
        stored = _metadata(tensors)
        shapes = {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}  # noqa: SIM118
        return assemble(Contents(stored["config"], stored["names"], shapes, tensors.get_tensor))


def _is_safetensors(file: BinaryIO) -> bool:
    head = file.read(9)
    file.seek(0)
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") <= MAX_HEADER


def _metadata(tensors) -> dict[str, Any]:
    stored = tensors.metadata() or {}
    if stored.get("yolo_course") != FORMAT or not {"config", "names", "metadata"} <= stored.keys():
        raise CheckpointError(
            "it is a safetensors file, but not one of this version's save_weights: build the network, "
            "read the file by safetensors.torch.load_file, and hand both to transfer_weights"
        )
    config, names, extra = (json.loads(stored[key]) for key in ("config", "names", "metadata"))
    return {**extra, "format": stored["yolo_course"], "config": config, "names": names}
