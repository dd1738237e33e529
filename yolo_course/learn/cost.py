"""What freezing saves on this machine: time, memory and what is kept for the way back, by network and batch size.

    rows = measure_costs(CostPlan(networks=("n", "s"), batches=(16,)))

The pictures are noise and the boxes random: neither changes what a step costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from yolo_course.learn.device import Compute, choose
from yolo_course.learn.experiment import MODES, Mode
from yolo_course.learn.optim import EMA, make_optimizer
from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5
from yolo_course.stages.loss import YOLOLoss
from yolo_course.summary import summarise

WAYS = 3  # a training step computes about three times what a look at the pictures does
CLASSES, OBJECTS = 80, 8  # of COCO; boxes a picture, about as many as there
WARM_UP = 3  # steps: memory is taken and kernels are chosen


@dataclass(frozen=True)
class CostPlan:
    """Which networks (sizes of v7.0), batch sizes and ways to freeze, at how many pixels, and how long to look.

    Of several ``blocks`` of ``steps`` steps the fastest counts: what slows a block down is something else.
    """

    networks: tuple[str, ...] = ("n", "s", "m", "l", "x")
    batches: tuple[int, ...] = (16, 64)
    pixels: int = 640
    modes: tuple[Mode, ...] = tuple(mode for mode in MODES if mode.pretrained)
    steps: int = 5
    blocks: int = 3
    device: str = "auto"


def measure_costs(plan: CostPlan) -> Iterator[dict]:
    """A dict for each (network, batch size, mode), as they are measured.

    ``seconds_per_step`` and ``images_per_second``; ``memory_mb`` and ``reserved_mb``, the most that was allocated and
    reserved (None where PyTorch does not count it); ``saved_mb``, activations kept for the way back; ``gradients_mb``;
    ``tflops`` of an unfrozen step, three times the network's GFLOPs a picture, and ``share_of_peak``, that of what
    large matrix products reach here. Where the memory does not suffice, times and memory are None.
    """
    compute = choose(plan.device)
    peak = matmul_tflops(compute)
    for network in plan.networks:
        gflops = summarise(YOLOv5(network, release="v7.0", num_classes=CLASSES), plan.pixels).gflops
        for batch in plan.batches:
            for mode in plan.modes:
                row = {"network": network, "batch_size": batch, "pixels": plan.pixels, "mode": mode.name}
                row |= _measure(plan, compute, network, batch, mode)
                speed = row["images_per_second"]
                tflops = WAYS * gflops * speed / 1e3 if speed and mode.freeze == 0 else None
                yield row | {"tflops": tflops, "share_of_peak": tflops and tflops / peak, "peak_tflops": peak}


def matmul_tflops(compute: Compute) -> float:
    """Measured: 10^12 multiplications and additions a second in large matrix products, in the precision used."""
    side = 8192 if compute.device.type == "cuda" else 512
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[compute.precision]
    one, other = (torch.rand(side, side, device=compute.device, dtype=dtype) for _ in range(2))
    return 2 * side**3 / min(_seconds(compute, lambda: one @ other, 10) for _ in range(3)) / 1e12


def _seconds(compute: Compute, work: Callable[[], object], repeats: int) -> float:
    """Of one of ``repeats``, started one after the other without a wait."""
    compute.synchronise()
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    compute.synchronise()
    return (time.perf_counter() - began) / repeats


def _measure(plan: CostPlan, compute: Compute, network: str, batch: int, mode: Mode) -> dict:
    unknown = dict.fromkeys(("seconds_per_step", "images_per_second", "memory_mb", "reserved_mb", "saved_mb"))
    model = compute.place(YOLOv5(network, release="v7.0", num_classes=CLASSES)).train()
    report = freeze(model, mode.freeze, mode.batchnorm)
    gradients = {"gradients_mb": 4 * report.trainable / 2**20}  # float32
    try:
        step = Step(model, compute, _noise(batch, plan.pixels, compute))
        saved = kept_bytes(model, step.predict) / 2**20
        for _ in range(WARM_UP):
            step()
        compute.reset_peak_memory()
        seconds = min(_seconds(compute, step, plan.steps) for _ in range(plan.blocks))
    except torch.OutOfMemoryError:
        return unknown | gradients
    speed = {"seconds_per_step": seconds, "images_per_second": batch / seconds}
    return {**unknown, **speed, **compute.peak_memory(), "saved_mb": saved, **gradients}


def _noise(batch: int, pixels: int, compute: Compute) -> tuple[Tensor, Tensor]:
    """Pictures on the device and targets on the CPU, as batches come."""
    image = torch.arange(batch).repeat_interleave(OBJECTS)[:, None]
    label = torch.randint(CLASSES, image.shape)
    centre, size = torch.rand(len(image), 2), torch.rand(len(image), 2) / 2 + 0.02
    return torch.rand(batch, 3, pixels, pixels, device=compute.device), torch.cat((image, label, centre, size), 1)


class Step:
    """A step of training, as :mod:`yolo_course.learn.train` takes it, on one and the same batch."""

    def __init__(self, model: YOLOv5, compute: Compute, batch: tuple[Tensor, Tensor]):
        self.model, self.compute, (self.images, self.targets) = model, compute, batch
        self.loss, self.ema = YOLOLoss(model), EMA(model)
        self.trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimizer = make_optimizer(model, "AdamW", 1e-5, 0.9, 5e-4)

    def predict(self) -> Tensor:
        with self.compute.autocast():
            raw = self.model(self.images)
        return self.loss(raw, self.targets)[0]

    def __call__(self) -> None:
        self.predict().backward()
        nn.utils.clip_grad_norm_(self.trainable, 10.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update(self.model)


def kept_bytes(model: nn.Module, forward: Callable[[], object]) -> int:
    """What PyTorch keeps for the way back of ``forward``, the model's parameters left out."""
    own, sizes = {parameter.data_ptr() for parameter in model.parameters()}, {}

    def look(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in own:
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(look, lambda tensor: tensor):
        outcome = forward()  # kept until it is counted: no place in memory is used, and counted, twice
    del outcome
    return sum(sizes.values())
