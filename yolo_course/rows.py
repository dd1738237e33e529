"""From the rows of a model file to modules: each row's channels and stride follow from the rows it reads."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import nn

from yolo_course.config import MAX_CHANNELS, ConfigError, Row
from yolo_course.stages.backbone import C3, SPP, SPPF, Bottleneck, BottleneckCSP, Conv, Focus
from yolo_course.stages.head import Detect
from yolo_course.stages.neck import UPSAMPLING, Concat, upsample

BLOCKS = {block.__name__: block for block in (Focus, Conv, Bottleneck, BottleneckCSP, C3, SPP, SPPF)}


@dataclass(frozen=True)
class _Map:
    """What is known of a row's output before any picture is seen."""

    channels: int
    stride: float


def build_rows(rows: list[Row], config: dict) -> tuple[nn.Sequential, int]:
    """The rows as modules, and the stride of the deepest map. Raises ConfigError that names the row."""
    maps = {-1: _Map(channels=3, stride=1)}
    built = nn.Sequential()
    if rows[-1].module != "Detect" or len(rows[-1].source) != 3:
        raise rows[-1].error(
            f"{rows[-1].module} of {len(rows[-1].source)} maps as the last row", "Detect of three maps"
        )
    for row in rows[:-1]:
        try:
            module, maps[row.index] = _build_row(row, maps, config)
        except ConfigError:
            raise
        except (TypeError, ValueError, ArithmeticError, IndexError, RuntimeError) as error:  # wrong arguments
            raise row.error(f"args {list(row.args)} ({error})", f"the arguments of {row.module}") from error
        built.append(module)
    built.append(_build_detect(rows[-1], maps, config))
    return built, int(max(one.stride for one in maps.values()))


def _build_row(row: Row, maps: dict[int, _Map], config: dict) -> tuple[nn.Module, _Map]:
    inputs = [maps[source] for source in row.source]
    channels, stride = inputs[0].channels, inputs[0].stride
    if row.module == "Detect":
        raise row.error("Detect before the end", "Detect once, as the last row")
    if row.module == "Concat":
        if len({one.stride for one in inputs}) != 1:
            raise row.error(f"maps of strides {[one.stride for one in inputs]}", "maps of the same stride to join")
        if row.args not in ((), (1,)):
            raise row.error(f"args {list(row.args)}", "[1]: maps are joined along their channels")
        return Concat(*row.args), _Map(sum(one.channels for one in inputs), stride)
    if row.module == "nn.Upsample":
        module = upsample(*row.args)
        if module.size is not None or module.scale_factor not in (2, 4, 8) or module.mode not in UPSAMPLING:
            raise row.error(f"args {list(row.args)}", "such as [None, 2, nearest]: a scale, not a size")
        return module, _Map(channels, stride / module.scale_factor)
    wanted = row.args[0]
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= MAX_CHANNELS:
        raise row.error(f"{wanted!r} as the first argument", f"output channels, 1 to {MAX_CHANNELS}")
    width = math.ceil(wanted * config["width_multiple"] / 8) * 8  # a multiple of 8, as fast hardware likes it
    module = _build_block(row, channels, width, config)
    return module, _Map(width, stride * _stride_of(module))


def _build_block(row: Row, c_in: int, c_out: int, config: dict) -> nn.Module:
    block, args = BLOCKS[row.module], row.args[1:]
    options = {"act": config["activation"]}
    if block is BottleneckCSP:
        options["csp_act"] = config["csp_activation"]
    if block in (BottleneckCSP, C3):
        return block(c_in, c_out, row.repeats, *args, **options)
    copies = [block(c_in if i == 0 else c_out, c_out, *args, **options) for i in range(row.repeats)]
    return copies[0] if row.repeats == 1 else nn.Sequential(*copies)


def _stride_of(module: nn.Module) -> int:
    """By how much a block divides the sides of a map; ValueError where kernel and padding leave a rest."""
    total = math.prod(2 for m in module.modules() if isinstance(m, Focus))
    for conv in (m for m in module.modules() if isinstance(m, nn.Conv2d)):
        for kernel, stride, padding in zip(conv.kernel_size, conv.stride, conv.padding, strict=True):
            if padding < 0 or not 0 < kernel - 2 * padding <= stride or stride != conv.stride[0]:
                raise ValueError(f"kernel {kernel}, padding {padding} do not divide a map by stride {stride}")
        total *= conv.stride[0]
    return total


def _build_detect(row: Row, maps: dict[int, _Map], config: dict) -> Detect:
    inputs = [maps[source] for source in row.source]
    strides = [one.stride for one in inputs]
    if len(row.args) not in (2, 3):  # v2.0 pickled a third one, the channels
        raise row.error(f"args {list(row.args)}", "[nc, anchors]")
    if sorted(strides) != [8, 16, 32]:
        raise row.error(f"maps of strides {strides}", "one map each of stride 8, 16 and 32")
    levels = [list(zip(level[::2], level[1::2], strict=True)) for level in config["anchors"]]
    order = sorted(range(3), key=lambda i: sum(w * h for w, h in levels[i]))  # the finest map takes the smallest
    by_stride = dict(zip(sorted(strides), (levels[i] for i in order), strict=True))
    anchors = [by_stride[stride] for stride in strides]
    return Detect(config["nc"], anchors, [one.channels for one in inputs], strides, config["anchor_grid"])
