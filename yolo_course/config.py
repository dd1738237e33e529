"""The model file: YAML rows ``[from, number, module, args]`` read, checked, and made ready to build.

Nothing in a file is evaluated: modules are looked up by name in a fixed list, and numbers stay numbers.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from yolo_course.stages.backbone import ACTIVATIONS

SIZES = {
    "n": (0.33, 0.25),
    "s": (0.33, 0.50),
    "m": (0.67, 0.75),
    "l": (1.0, 1.0),
    "x": (1.33, 1.25),
}  # depth, width
_SMLX = ("s", "m", "l", "x")
# release: (model file, sizes, activation of Conv, activation inside BottleneckCSP)
RELEASES = {
    "v2.0": ("yolov5s_talk.yaml", _SMLX, "leaky_relu", "leaky_relu"),
    "v3.0": ("yolov5s_talk.yaml", _SMLX, "hardswish", "leaky_relu"),
    "v3.1": ("yolov5s_talk.yaml", _SMLX, "hardswish", "leaky_relu"),
    "v4.0": ("yolov5_v4.yaml", _SMLX, "silu", "leaky_relu"),
    "v5.0": ("yolov5_v4.yaml", _SMLX, "silu", "leaky_relu"),
    "v6.0": ("yolov5_v6.yaml", ("n", *_SMLX), "silu", "silu"),
    "v6.1": ("yolov5_v6.yaml", ("n", *_SMLX), "silu", "silu"),
    "v6.2": ("yolov5_v6.yaml", ("n", *_SMLX), "silu", "silu"),
    "v7.0": ("yolov5_v6.yaml", ("n", *_SMLX), "silu", "silu"),
}
COCO_ANCHORS = ((10, 13, 16, 30, 33, 23), (30, 61, 62, 45, 59, 119), (116, 90, 156, 198, 373, 326))
MODULES = (
    "Focus",
    "Conv",
    "Bottleneck",
    "BottleneckCSP",
    "C3",
    "SPP",
    "SPPF",
    "Concat",
    "nn.Upsample",
    "Detect",
)
_ONCE = ("Concat", "nn.Upsample", "Detect")  # repeating them means nothing
# Far above what a network needs: a zero too many is named before it fills the memory.
MAX_NUMBER, MAX_CHANNELS, MAX_MULTIPLE = 100, 10_000, 10


class ConfigError(ValueError):
    """A model file that cannot be built; the message names the row or the key."""


@dataclass(frozen=True)
class Row:
    """One row of a model file, with the depth multiple worked in: ``repeats`` copies of ``module``.

    ``source`` is one row number or several, all counted from 0 (or -1 for the images); ``args`` are the file's.
    """

    index: int
    source: tuple[int, ...]
    repeats: int
    module: str
    args: tuple

    def error(self, found: str, expected: str) -> ConfigError:
        return ConfigError(f"row {self.index} ({self.module}): found {found}, expected {expected}; correct this row")


def release_config(size: str, release: str, num_classes: int) -> dict:
    """The complete configuration of one size (n, s, m, l, x) of one release (v2.0 to v7.0).

    Raises ValueError for a release or a size that there is not; the message lists what there is.
    """
    if release not in RELEASES:
        raise ValueError(f"found release {release!r}, expected one of {', '.join(RELEASES)}")
    file, sizes, act, csp_act = RELEASES[release]
    if size not in sizes:
        raise ValueError(f"found size {size!r}, but release {release} has {', '.join(sizes)}: choose one of them")
    config = yaml.safe_load((files("yolo_course") / "configs" / file).read_text(encoding="utf-8"))
    depth, width = SIZES[size]
    config.update(nc=num_classes, depth_multiple=depth, width_multiple=width, activation=act, csp_activation=csp_act)
    return complete_config({**config, "release": release, "size": size})


def read_config(source: str | Path | Mapping) -> dict:
    """A model file or a mapping as a dict. Raises ConfigError when it is missing, unreadable or not a mapping."""
    if isinstance(source, Mapping):
        return dict(source)
    path = Path(source)
    if not path.is_file() and path.name == str(source):  # a bare name may be one of ours
        path = Path(str(files("yolo_course") / "configs" / path.name))
    if not path.is_file():
        raise ConfigError(f"found no file {str(source)!r}, expected a model file in YAML: check the path")
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError) as error:  # ValueError: not UTF-8, or a date that there is not
        raise ConfigError(f"{path.name} is not readable as YAML: {error}") from error
    if not isinstance(config, dict):
        raise ConfigError(f"{path.name}: found {type(config).__name__}, expected keys such as 'backbone' and 'head'")
    return config


def complete_config(config: Mapping, num_classes: int | None = None, activation: Any = None) -> dict:
    """Fill in what a model file may leave out, each guess said in a warning, and settle the activation by name."""
    config = dict(config)
    for key in ("backbone", "head"):
        if not isinstance(config.get(key), list) or not config[key]:
            raise ConfigError(f"found {key}: {config.get(key)!r}, expected a list of rows [from, number, module, args]")
    config["nc"] = _class_count(config.get("nc", 80) if num_classes is None else num_classes)
    for key in ("depth_multiple", "width_multiple"):
        config[key] = _multiple(config, key)
    config["anchors"] = _anchors(config)
    config.update(_activations(config, activation))
    old = str(config.get("release", "v6.0")) < "v6.0" or "Focus" in _modules(config)
    config.setdefault("anchor_grid", old)  # as up to v5.0
    return config


def parse_rows(config: Mapping) -> list[Row]:
    """All rows of a complete configuration, each one checked for its form: a ConfigError names the row."""
    return [_row(index, row, config) for index, row in enumerate([*config["backbone"], *config["head"]])]


def _row(index: int, row: Any, config: Mapping) -> Row:
    if not isinstance(row, (list, tuple)) or len(row) != 4:
        raise ConfigError(f"row {index}: found {row!r}, expected [from, number, module, args], four entries")
    source, number, module, args = row
    if module == "Upsample":
        module = "nn.Upsample"
    if module not in MODULES:
        raise ConfigError(f"row {index}: found module {module!r}, expected one of {', '.join(MODULES)}")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ConfigError(f"row {index} ({module}): found number {number!r}, expected a whole number of 1 or more")
    if number > 1 and module in _ONCE:
        raise ConfigError(f"row {index} ({module}): found number {number}, expected 1: it has nothing to repeat")
    if number > MAX_NUMBER:
        raise ConfigError(f"row {index} ({module}): found number {number}, expected at most {MAX_NUMBER}")
    if not isinstance(args, (list, tuple)):
        raise ConfigError(f"row {index} ({module}): found args {args!r}, expected a list such as [64, 3]")
    repeats = max(round(number * config["depth_multiple"]), 1) if number > 1 else 1
    return Row(index, _sources(index, module, source), repeats, module, tuple(_value(arg) for arg in args))


def _sources(index: int, module: str, source: Any) -> tuple[int, ...]:
    numbers = source if isinstance(source, (list, tuple)) else [source]
    whole = numbers and all(isinstance(n, int) and not isinstance(n, bool) for n in numbers)
    found = tuple(n if n >= 0 else index + n for n in numbers) if whole else ()
    if not found or not all(-1 <= n < index for n in found) or (-1 in found and index > 0):
        raise ConfigError(
            f"row {index} ({module}): found from = {source!r}, expected -1 for the row above or numbers of rows "
            f"before {index}"
        )
    if len(found) > 1 and module not in ("Concat", "Detect"):
        raise ConfigError(f"row {index} ({module}): found {len(found)} inputs, expected one; only Concat joins maps")
    return found


def _value(arg: Any) -> Any:
    return None if arg == "None" else arg  # YAML's own word is null; the original's files write None


def _class_count(number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ConfigError(f"found nc = {number!r}, expected the number of classes, 1 or more")
    return number


def _multiple(config: Mapping, key: str) -> float:
    if key not in config:
        warnings.warn(f"the model file has no {key}: 1.0 is used", stacklevel=4)
    value = config.get(key, 1.0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= MAX_MULTIPLE:
        raise ConfigError(f"found {key} = {value!r}, expected a number above 0, {MAX_MULTIPLE} at most")
    return float(value)


def _anchors(config: Mapping) -> list[list[float]]:
    if config.get("anchors") is None:
        warnings.warn("the model file has no anchors: those of COCO are used", stacklevel=4)
    levels = COCO_ANCHORS if config.get("anchors") is None else config["anchors"]
    fits = isinstance(levels, (list, tuple)) and all(isinstance(level, (list, tuple)) for level in levels)
    lengths = {len(level) for level in levels} if fits else set()
    if not fits or len(levels) != 3 or len(lengths) != 1 or 0 in lengths or max(lengths) % 2:
        raise ConfigError(
            f"found anchors = {levels!r}, expected three lists of width, height, width, height, ... in pixels"
        )
    if not all(isinstance(n, (int, float)) and 0 < n < math.inf for level in levels for n in level):
        raise ConfigError(f"found anchors = {levels!r}, expected numbers above 0, in pixels")
    return [list(level) for level in levels]


def _activations(config: Mapping, wanted: Any) -> dict[str, str]:
    named = wanted if wanted is not None else config.get("activation")
    if named is None:
        named = "leaky_relu" if "BottleneckCSP" in _modules(config) else "silu"
    act = activation_name(named)
    # BottleneckCSP's own activation stayed Leaky ReLU while Conv's became Hardswish (v3.0) and then SiLU (v4.0).
    inside = config.get("csp_activation") if wanted is None else None
    inside = inside or ("leaky_relu" if act == "hardswish" else act)
    return {"activation": act, "csp_activation": activation_name(inside)}


def _modules(config: Mapping) -> set[str]:
    rows = [*config["backbone"], *config["head"]]
    return {str(row[2]) for row in rows if isinstance(row, (list, tuple)) and len(row) == 4}


def activation_name(named: Any) -> str:
    """``"silu"``, ``"nn.SiLU()"``, ``nn.SiLU`` or ``nn.SiLU()`` to ``"silu"``; so too leaky_relu and hardswish.

    Raises ConfigError for another activation, and for a Leaky ReLU whose slope is not 0.1 (PyTorch's own is 0.01).
    """
    if not isinstance(named, str):
        named = f"{named.__name__}()" if isinstance(named, type) else repr(named)
    text = named.strip()
    match = re.fullmatch(r"(?:torch\.)?(?:nn\.)?(\w+)\s*(?:\((.*)\))?", text)
    key = match[1].lower().replace("_", "") if match else ""
    known = {name.replace("_", ""): name for name in ACTIVATIONS}
    called_leaky = key == "leakyrelu" and match[2] is not None
    if key not in known or (called_leaky and not re.match(r"\s*(negative_slope\s*=\s*)?0?\.1\s*(,|$)", match[2])):
        raise ConfigError(f"found activation {text!r}, expected SiLU, Hardswish or LeakyReLU(0.1)")
    return known[key]
