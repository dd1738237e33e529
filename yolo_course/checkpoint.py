"""From the contents of a file to the network: build it, make sure that all fits, fill it.

The contents are a stranger's claims. What they ask for is weighed against what they bring before it is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from yolo_course.config import complete_config, parse_rows
from yolo_course.model import YOLOv5
from yolo_course.unpickle import CheckpointError

MAX_CLASSES = 100_000


@dataclass(frozen=True)
class Contents:
    """What a file of weights holds, whatever its format: enough to build the network and to fill it.

    ``config`` is one of :mod:`yolo_course.config`; ``shapes`` and ``read`` go by the state dict's keys.
    """

    config: dict
    names: list[str] | None
    shapes: Mapping[str, tuple[int, ...]]
    read: Callable[[str], Tensor]


def assemble(contents: Contents) -> YOLOv5:
    """Build the network that the contents describe, after making sure that it is the size of its tensors."""
    config = {**contents.config, "anchors": _placeholder_anchors(contents.shapes)}
    _check_size(config, len(contents.shapes))
    check_fit(contents.shapes, expected_shapes(config))
    model = YOLOv5.from_yaml(config, names=contents.names)
    with torch.no_grad():
        for key, target in model.state_dict().items():
            value = contents.read(key)
            if value.is_floating_point() != target.is_floating_point():
                raise CheckpointError(f"{key} is of dtype {value.dtype}, expected one like {target.dtype}")
            target.copy_(value)
    model.config["anchors"] = anchor_lists(model)
    return model.eval()


def _placeholder_anchors(shapes: Mapping[str, tuple[int, ...]]) -> list[list[float]]:
    found = [shape for key, shape in shapes.items() if key.endswith(".anchors")]
    if len(found) != 1 or len(found[0]) != 3 or found[0][0] != 3 or found[0][2] != 2:
        raise CheckpointError(f"found anchors of shapes {found}, expected (3, anchors, 2): a head of three levels")
    return [[1.0] * 2 * found[0][1]] * 3


def _check_size(config: dict, entries: int) -> None:
    """A few bytes of text can ask for a network that fills the memory: refuse before building."""
    if not _is_plain([config.get("backbone"), config.get("head")]):
        raise CheckpointError("its rows are not rows: expected lists of [from, number, module, args]")
    if type(config.get("nc")) is not int or config["nc"] > MAX_CLASSES:
        raise CheckpointError(f"its number of classes is no whole number up to {MAX_CLASSES}")
    if any(type(config.get(key, 1.0)) not in (int, float) for key in ("depth_multiple", "width_multiple")):
        raise CheckpointError("its depth_multiple and width_multiple are not both numbers")
    repeats = sum(row.repeats for row in parse_rows(complete_config(config)))
    if repeats > entries:
        raise CheckpointError(f"its rows ask for {repeats} modules and more, but it holds {entries} tensors")


def _is_plain(value: Any, longest: tuple[int, ...] = (2, 200, 8, 16, 16)) -> bool:
    if isinstance(value, (list, tuple)):
        fits = bool(longest) and len(value) <= longest[0]
        return fits and all(_is_plain(item, longest[1:]) for item in value)
    return value is None or (isinstance(value, (bool, int, float, str)) and len(str(value)) <= 100)


def expected_shapes(config: dict) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):  # shapes without memory
        model = YOLOv5.from_yaml(config)
    return {key: tuple(value.shape) for key, value in model.state_dict().items()}


def check_fit(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    problems = [f"{key} is missing" for key in expected if key not in found]
    problems += [
        f"{key} is of shape {found[key]}, expected {shape}"
        for key, shape in expected.items()
        if key in found and found[key] != shape
    ]
    problems += [f"{key} is unknown" for key in found if key not in expected]
    if problems:
        raise CheckpointError(f"{len(problems)} entries do not fit its rows: {'; '.join(problems[:3])}")


def anchor_lists(model: YOLOv5) -> list[list[float]]:
    """The model's anchors as a model file writes them: a level's widths and heights in turn, in pixels."""
    return model.detect.anchor_pixels.flatten(1).tolist()
