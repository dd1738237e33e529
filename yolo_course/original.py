"""What a checkpoint of the original YOLOv5 says: rows, activations, class names, and where each tensor lies.

The original saves the model as a pickled object, its classes included by name. Those classes are not here and
not needed: each module arrives as a :class:`~yolo_course.unpickle.Stub`, and the stubs' tables tell it all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from yolo_course.checkpoint import Contents
from yolo_course.torchfile import TensorRef, TorchFile, names
from yolo_course.unpickle import CheckpointError, Stub, short

CLASSES = (
    *names("models.yolo", "Model DetectionModel Detect"),
    *names("models.common", "Conv Focus Bottleneck BottleneckCSP C3 SPP SPPF Concat"),
    *names("torch.nn.modules.activation", "Hardswish LeakyReLU SiLU"),
    *names("torch.nn.modules.batchnorm", "BatchNorm2d SyncBatchNorm"),
    *names("torch.nn.modules.container", "ModuleList Sequential"),
    *names("torch.nn.modules.conv", "Conv2d"),
    *names("torch.nn.modules.linear", "Identity"),
    *names("torch.nn.modules.pooling", "MaxPool2d"),
    *names("torch.nn.modules.upsampling", "Upsample"),
)
ACTIVATIONS = {"Hardswish": "hardswish", "LeakyReLU": "leaky_relu", "SiLU": "silu"}
MAX_DEPTH = 12  # modules inside modules; YOLOv5 goes 6 deep


def read_original(file: BinaryIO) -> Contents:
    """The contents of an open ``.pt`` file of the original, v2.0 to v7.0; of the EMA model where it has one.

    Raises CheckpointError for any other file. ``file`` must stay open until the last tensor is read.
    """
    source = TorchFile(file, CLASSES)
    model = _find_model(source.tree)
    modules = dict(_walk(model))
    tensors = {key: ref for prefix, module in modules.items() for key, ref in _tensors(prefix, module)}
    if sum(ref.nbytes for ref in tensors.values()) > source.size:
        raise CheckpointError(f"its tensors claim more than the file's {source.size} bytes")
    config = {**_rows(model), **_activations(modules.values())}
    config["anchor_grid"] = any(key.endswith(".anchor_grid") for key in tensors)
    shapes = {key: ref.shape for key, ref in tensors.items()}
    return Contents(config, _class_names(model), shapes, lambda key: source.tensor(tensors[key]))


def _find_model(tree: object) -> Stub:
    if type(tree) is not dict or "model" not in tree:
        raise CheckpointError("it holds no 'model': expected a checkpoint as the original's train.py saves it")
    for key in ("ema", "model"):
        found = tree.get(key)
        found = found[0] if type(found) is tuple and found else found  # v4.0 kept (ema, number of updates)
        if type(found) is Stub and found.name in ("models.yolo.Model", "models.yolo.DetectionModel"):
            return found
    raise CheckpointError(
        "its 'model' is no YOLOv5 detection model. If it is a plain state dict, build the network, read the "
        "file by torch.load(path, weights_only=True) and hand both to transfer_weights"
    )


def _table(module: Stub, key: str) -> dict:
    table = module.state.get(key) if type(module.state) is dict else None
    if type(table) is not dict or any(type(name) is not str or len(name) > 64 for name in table):
        raise CheckpointError(f"a module {short(module.name)} has no table {key!r}: get the file again")
    return table


def _walk(root: Stub) -> Iterator[tuple[str, Stub]]:
    """All modules, each with the prefix of its state-dict keys; a shared one (v7.0's SiLU) comes once."""
    waiting, seen = [("", root)], set()
    while waiting:
        prefix, module = waiting.pop()
        if id(module) in seen:
            continue
        if type(module) is not Stub or prefix.count(".") > MAX_DEPTH:
            raise CheckpointError(f"under {short(prefix)} lies no module, or one too deep: get the file again")
        seen.add(id(module))
        yield prefix, module
        children = _table(module, "_modules").items()
        waiting += [(f"{prefix}{name}.", child) for name, child in children if child is not None]


def _tensors(prefix: str, module: Stub) -> Iterator[tuple[str, TensorRef]]:
    skipped = module.state.get("_non_persistent_buffers_set")  # a set: Stub(arguments=([names],))
    skipped = skipped.arguments[0] if type(skipped) is Stub and skipped.arguments else ()
    for table in ("_parameters", "_buffers"):
        for name, ref in _table(module, table).items():
            if type(ref) is TensorRef and name not in skipped:
                yield prefix + name, ref


def _rows(model: Stub) -> dict:
    """The pickled YAML, as far as it describes the network."""
    yaml = model.state.get("yaml")
    if type(yaml) is not dict or not {"nc", "backbone", "head"} <= yaml.keys():
        raise CheckpointError("its model carries no YAML with nc, backbone and head: get the file again")
    return {key: yaml[key] for key in ("nc", "depth_multiple", "width_multiple", "backbone", "head") if key in yaml}


def _activations(modules) -> dict[str, str]:
    """The activation of the Conv modules and that inside BottleneckCSP, from the modules themselves."""
    found = {"Conv": set(), "BottleneckCSP": set()}
    for module in modules:
        kind = module.name.removeprefix("models.common.")
        if kind in found:
            found[kind].add(_activation(_table(module, "_modules").get("act")))
    if len(found["Conv"]) != 1 or len(found["BottleneckCSP"]) > 1:
        raise CheckpointError(f"found activations {sorted(found['Conv'])} in its Conv modules, expected one kind")
    (outside,) = found["Conv"]
    return {"activation": outside, "csp_activation": next(iter(found["BottleneckCSP"]), outside)}


def _activation(module: object) -> str:
    name = module.name.rpartition(".")[2] if type(module) is Stub else type(module).__name__
    slope = module.state.get("negative_slope") if name == "LeakyReLU" else 0.1
    if name not in ACTIVATIONS or slope != 0.1:
        shown = f"{name} of another slope than 0.1" if name == "LeakyReLU" else name
        raise CheckpointError(f"found the activation {shown}, expected SiLU, Hardswish or LeakyReLU(0.1)")
    return ACTIVATIONS[name]


def _class_names(model: Stub) -> list[str] | None:
    """A list up to v6.2, a dictionary by number since v7.0."""
    found = model.state.get("names")
    if type(found) is dict:
        found = [found.get(number) for number in range(len(found))]
    if found is not None and (type(found) not in (list, tuple) or any(type(name) not in (str, int) for name in found)):
        raise CheckpointError("its class names are neither a list nor a dictionary by number")
    return None if found is None else [str(name) for name in found]
