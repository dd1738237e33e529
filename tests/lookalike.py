"""Checkpoints in the form of the original's, made without it: our networks, pickled under its names.

The original saves its model object whole. Here each module of one of our networks is copied into an object
of an empty class that bears the original's module and name; PyTorch's own modules stay what they are. The
tables of the modules and the keys of the checkpoint are those of a real checkpoint of v7.0.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import nn

from yolo_course.config import release_config
from yolo_course.model import YOLOv5

CLASSES = {
    "models.yolo": "Model DetectionModel Detect SegmentationModel",
    "models.common": "Conv Focus Bottleneck BottleneckCSP C3 SPP SPPF Concat GhostConv",
}


@contextmanager
def original_modules():
    """``sys.modules`` with empty nn.Module classes under the original's names; yields them by class name."""
    made = {name: ModuleType(name) for name in ("models", *CLASSES)}
    classes = {}
    for module, members in CLASSES.items():
        for member in members.split():
            classes[member] = type(member, (nn.Module,), {"__module__": module})
            setattr(made[module], member, classes[member])
    before = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield classes
    finally:
        for name, module in before.items():
            sys.modules.pop(name) if module is None else sys.modules.update({name: module})


def small_model(release: str = "v7.0", num_classes: int = 3, width: float = 1 / 32) -> YOLOv5:
    """A network of the release, s-deep and thin, with random batch-norm statistics and anchors of its own."""
    config = {**release_config("s", release, num_classes), "width_multiple": width}
    torch.manual_seed(7)
    model = YOLOv5.from_yaml(config, names=[f"thing {i}" for i in range(num_classes)])
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    model.detect.set_anchors(model.detect.anchor_pixels * torch.tensor([0.5, 0.75]))
    return model.eval()


def as_original(model: YOLOv5, classes: dict[str, type], root: str = "DetectionModel", **attributes) -> nn.Module:
    """The model as the original's object, with the attributes that its training script hangs on it."""
    whole = _empty(classes[root])
    whole.model = _convert(model.model, classes)
    for row, module in zip(model.rows, whole.model, strict=True):
        module.i, module.f, module.type, module.np = (
            row.index,
            list(row.source),
            f"models.common.{row.module}",
            1,
        )
    detect = whole.model[-1]
    detect.stride, detect.nc, detect.grid = model.stride.clone(), model.num_classes, [torch.empty(0)] * 3
    if not hasattr(detect, "anchor_grid"):  # since v6.0 a list, stretched without memory by the first inference
        detect.anchor_grid = [a.view(1, 3, 1, 1, 2).expand(1, 3, 80, 80, 2) for a in model.detect.anchor_pixels]
    keys = ("nc", "depth_multiple", "width_multiple", "anchors", "backbone", "head")
    whole.yaml = {"ch": 3, **{key: deepcopy(model.config[key]) for key in keys}}
    whole.nc, whole.names, whole.stride = model.num_classes, model.names, model.stride.clone()
    whole.hyp, whole.class_weights = {"lr0": 0.01, "box": np.float64(0.05)}, torch.ones(model.num_classes)
    vars(whole).update(attributes)
    return whole


def _empty(kind: type) -> nn.Module:
    module = kind.__new__(kind)
    nn.Module.__init__(module)
    return module


def _convert(module: nn.Module, classes: dict[str, type]) -> nn.Module:
    """A copy of the tree of modules with our classes swapped for the original's."""
    copy = _empty(classes[type(module).__name__] if type(module).__name__ in classes else type(module))
    extra = {key: value for key, value in vars(module).items() if key not in ("_modules", "_buffers")}
    vars(copy).update({key: value for key, value in extra.items() if isinstance(value, (int, float, tuple, str))})
    buffers = {k: v for k, v in module._buffers.items() if k not in module._non_persistent_buffers_set}
    copy._parameters, copy._buffers = deepcopy(dict(module._parameters)), deepcopy(buffers)
    copy._modules = {name: _convert(child, classes) for name, child in module._modules.items()}
    return copy


def save_original(path: Path, model: YOLOv5, root: str = "DetectionModel", half: bool = False, **options) -> Path:
    """Write a checkpoint as the original does.

    Options: ``ema`` (a second model, or a pair with the number of updates), ``legacy`` (the format before
    PyTorch 1.6), ``attributes`` of the model object, ``alter`` (is given that object), and any key beside.
    """
    legacy, attributes = options.pop("legacy", False), options.pop("attributes", {})
    alter, ema = options.pop("alter", lambda whole: None), options.pop("ema", None)

    def convert(one):
        whole = as_original(one, classes, root, **attributes)
        alter(whole)
        return whole.half() if half else whole

    with original_modules() as classes, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the old format wants the source text of the classes
        pair = isinstance(ema, tuple)
        tree = {
            "epoch": -1,
            "best_fitness": np.array([0.5]),
            "model": convert(model),
            "ema": (convert(ema[0]), ema[1]) if pair else ema and convert(ema),
            "updates": None,
            "optimizer": {"state": {0: {"exp_avg": torch.ones(4)}}, "param_groups": [{"lr": np.float64(1)}]},
            "opt": {"project": Path("runs"), "freeze": [0], "device": torch.device("cpu")},
            "date": "2022-11-22T12:00:00",
            **options,
        }
        torch.save(tree, path, _use_new_zipfile_serialization=not legacy)
    return path
