"""The map of ideas: which known idea stands at which stage of YOLOv5, since when, and what it took the place of."""

from __future__ import annotations

from typing import NamedTuple

from yolo_course.show.style import STAGES

IN_USE, EARLIER, OFF = "in use", "earlier releases", "there, but off"
_USE = {"on": IN_USE, "was": EARLIER, "off": OFF}


class Idea(NamedTuple):
    """One idea. ``use`` says what v7.0's training does with it; ``here`` is where this package writes it."""

    stage: str
    name: str
    source: str
    year: int
    replaced: str
    use: str
    here: str


# stage | idea | from | year | in place of | in v7.0 | here
_MAP = """
input | letterbox | Redmon, Darknet (code) | 2016 | stretching to a square | on | stages.input.letterbox
input | Cutout | DeVries & Taylor | 2017 | pictures with nothing hidden | off | stages.input.cutout
input | mixup | Zhang et al., ICLR | 2018 | one picture at a time | off | stages.input.mixup
input | rectangular batches | Ultralytics code | 2019 | padded square batches | off | stages.input.rectangular_batches
input | Mosaic | Bochkovskiy et al., YOLOv4 | 2020 | one picture at a time | on | stages.input.mosaic
backbone | Leaky ReLU | Maas et al., ICML workshop | 2013 | ReLU, which can die | was | stages.backbone.activation
backbone | SPP | He et al., ECCV | 2014 | one pooling size | was | stages.backbone.SPP
backbone | batch norm | Ioffe & Szegedy, ICML | 2015 | careful starts, small steps | on | stages.backbone.batch_norm
backbone | residual | He et al., CVPR | 2016 | plain stacks of layers | on | stages.backbone.Bottleneck
backbone | SiLU | Elfwing et al., Neural Networks | 2018 | Hardswish (from v4.0 on) | on | stages.backbone.activation
backbone | Hardswish | Howard et al., ICCV | 2019 | Leaky ReLU (v3.0, v3.1) | was | stages.backbone.activation
backbone | CSP | Wang et al., CVPR workshops | 2020 | residual blocks over all channels | on | stages.backbone.C3
backbone | Focus | YOLOv5, no paper | 2020 | the first layers of YOLOv3 | was | stages.backbone.Focus
backbone | SPPF | YOLOv5, no paper (v6.0) | 2021 | SPP: the same result, faster | on | stages.backbone.SPPF
neck | concatenation | Ronneberger et al., U-Net, MICCAI | 2015 | adding the maps | on | stages.neck.Concat
neck | FPN | Lin et al., CVPR | 2017 | prediction from one map | on | model.YOLOv5.neck
neck | PAN | Liu et al., CVPR | 2018 | the way from coarse to fine alone | on | model.YOLOv5.neck
head | NMS | Neubeck & Van Gool, ICPR | 2006 | slower ways to the same boxes | on | stages.head.non_max_suppression
head | anchors | Ren et al., Faster R-CNN, NIPS | 2015 | boxes from nothing (YOLOv1) | on | stages.head.Detect
head | three scales | Redmon & Farhadi, YOLOv3 | 2018 | one grid for all sizes | on | stages.head.Detect
head | decode with (2s)² | YOLOv5, no paper | 2020 | exp, which can explode | on | stages.head.decode
loss | objectness | Redmon et al., YOLOv1, CVPR | 2016 | a class “background” | on | stages.loss.YOLOLoss
loss | focal loss | Lin et al., ICCV | 2017 | every cell counts alike | off | stages.loss.YOLOLoss
loss | GIoU | Rezatofighi et al., CVPR | 2019 | squared errors of x, y, w, h | was | boxes.iou
loss | CIoU | Zheng et al., AAAI | 2020 | GIoU (from v3.0 on) | on | boxes.iou
loss | match by ratio | YOLOv5, no paper | 2020 | one anchor, that of the best IoU | on | stages.loss.assign_targets
"""


def _idea(line: str) -> Idea:
    stage, name, source, year, replaced, use, here = line.split(" | ")
    return Idea(stage, name, source, int(year), replaced, _USE[use], here)


IDEAS = tuple(map(_idea, _MAP.strip().splitlines()))


def idea_table(stage: str) -> str:
    """The ideas of one stage as a Markdown table. Raises ValueError for a stage that there is not."""
    rows = [idea for idea in IDEAS if idea.stage == stage]
    if not rows:
        raise ValueError(f"found stage {stage!r}, expected one of {', '.join(STAGES)}")
    head = f"| {stage} | from | year | in place of | in v7.0 | `yolo_course.` |\n|:--|:--|:--|:--|:--|:--|\n"
    return head + "\n".join(
        f"| **{i.name}** | {i.source} | {i.year} | {i.replaced} | {i.use} | `{i.here}` |" for i in rows
    )
