"""What does adaptive non-max suppression save? The full computation against ours, on the same outputs.

    python benchmarks/nms.py [--pictures 16] [--repeats 7] [--threads 1]

A model that has just begun to learn says "perhaps" everywhere: at 640 pixels some 9,600 pairs of box and
class a picture pass the threshold of validation (0.001). Full: one greedy suppression over all of them, and
the best 300 kept. Ours: the same over the best k only, k enlarged until 300 survive. The two are timed in
turn, so that what slows the machine slows both, and their outputs must be equal to the last bit.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor

from yolo_course import machine
from yolo_course.config import COCO_ANCHORS
from yolo_course.stages import head

CONF, IOU, CLASSES = 0.001, 0.6, 80
ANCHORS = torch.tensor(COCO_ANCHORS, dtype=torch.float32).view(3, 3, 2)


def early_output(pictures: int = 16, size: int = 640, seed: int = 0) -> Tensor:
    """Decoded outputs (pictures, 25200, 85) as of a model in its first epochs, the same on every machine.

    The objectness is low everywhere, with a hill at each of a dozen objects; there the class is half known.
    """
    random = torch.Generator().manual_seed(seed)
    return torch.stack([_picture(size, random) for _ in range(pictures)])


def _picture(size: int, random: torch.Generator) -> Tensor:
    def noise(*shape):
        return torch.randn(shape, generator=random)

    levels = zip((8, 16, 32), ANCHORS, strict=True)
    cells = torch.cat([_level(size, stride, anchors) for stride, anchors in levels])
    centre, anchor = cells[:, :2], cells[:, 2:]
    objects = torch.rand((12, 2), generator=random) * size
    label = torch.randint(CLASSES, (12,), generator=random)
    hill = torch.exp(-((torch.cdist(centre, objects) / 40) ** 2)).max(1)  # 1 at an object, 0 far away
    classes = noise(len(cells), CLASSES) * 0.7 - 4.3
    classes[torch.arange(len(cells)), label[hill.indices]] += 2.5 * hill.values
    objectness = noise(len(cells)) * 0.7 - 6.2 + 2.5 * hill.values
    centre, shape = centre + 4 * noise(len(cells), 2), anchor * torch.exp(0.3 * noise(len(cells), 2))
    return torch.cat((centre, shape, objectness.sigmoid()[:, None], classes.sigmoid()), 1)


def _level(size: int, stride: int, anchors: Tensor) -> Tensor:
    """Cell centres and anchors of one level, (cells x 3, 4)."""
    steps = torch.arange(stride / 2, size, stride)
    grid = torch.cartesian_prod(steps, steps).flip(1)
    return torch.cat([torch.cat((grid, anchor.expand(len(grid), 2)), 1) for anchor in anchors])


def adaptive(decoded: Tensor) -> list[Tensor]:
    return head.non_max_suppression(decoded, CONF, IOU, multi_label=True)


def full(decoded: Tensor) -> list[Tensor]:
    """The same code, made to look at all candidates at once."""
    first_look, head.FIRST_LOOK = head.FIRST_LOOK, decoded.shape[1] * CLASSES
    try:
        return adaptive(decoded)
    finally:
        head.FIRST_LOOK = first_look


def candidates(decoded: Tensor) -> float:
    """The pairs of box and class that pass the threshold, a picture."""
    scores = decoded[..., 5:] * decoded[..., 4:5]
    return (scores > CONF).sum().item() / len(decoded)


def _timed(function, decoded: Tensor) -> tuple[float, list[Tensor]]:
    start = time.perf_counter()
    result = function(decoded)
    return time.perf_counter() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    decoded = early_output(options.pictures)
    times = {full: [], adaptive: []}
    for _ in range(options.repeats + 1):  # the first round warms up and is not counted
        results = []
        for function in times:
            seconds, result = _timed(function, decoded)
            times[function].append(seconds)
            results.append(result)
        assert all(torch.equal(a, b) for a, b in zip(*results, strict=True)), "the two ways differ"
    ratios = [slow / fast for slow, fast in zip(times[full][1:], times[adaptive][1:], strict=True)]
    cores, version = machine.usable_cores(), machine.version("torch")
    print(f"{machine.cpu_name()}: {cores} cores, {options.threads} threads, torch {version}")
    print(f"{options.pictures} pictures, {candidates(decoded):,.0f} candidates each; outputs identical")
    for function, seconds in times.items():
        print(f"{function.__name__:>8}: {1000 * statistics.median(seconds[1:]):7.1f} ms a batch")
    print(f"   ratio: {statistics.median(ratios):7.1f} (from {min(ratios):.1f} to {max(ratios):.1f}, paired)")


if __name__ == "__main__":
    main()
