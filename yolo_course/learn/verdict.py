"""What a comparison says, in a sentence computed from its runs: new runs cannot leave a wrong sentence behind."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, stdev

from yolo_course.learn.compare import BASELINE, Comparison


@dataclass(frozen=True)
class Verdict:
    """One mode against another, seed by seed.

    ``differences`` of the metric, in the order of ``seeds``; ``time`` is the mode's seconds of training over the
    other's. ``finding`` is ``"better"`` or ``"worse"`` where every seed says so, else ``"undecided"``; one seed alone
    never decides.
    """

    mode: str
    base: str
    metric: str
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    time: float

    @property
    def finding(self) -> str:
        signs = {difference > 0 for difference in self.differences}
        if len(self.differences) < 2 or len(signs) != 1 or 0 in self.differences:
            return "undecided"
        return "better" if signs == {True} else "worse"

    def __str__(self) -> str:
        count = len(self.differences)
        spread = f" ± {stdev(self.differences):.3f}" if count > 1 else ""
        above = sum(difference > 0 for difference in self.differences)
        words = {
            "better": f"better with every one of {count} seeds",
            "worse": f"worse with every one of {count} seeds",
            "undecided": "one seed, which decides nothing" if count == 1 else f"better with {above} of {count} seeds",
        }
        return (
            f"{self.mode} against {self.base}: {mean(self.differences):+.3f}{spread} {_METRIC[self.metric]} on the "
            f"test split ({words[self.finding]}), in {self.time:.2f} of the training time"
        )


_METRIC = {"map50": "mAP50", "map50_95": "mAP50-95"}


def verdict(comparison: Comparison, mode: str, base: str = BASELINE, metric: str = "map50") -> Verdict:
    """Compare two modes of a comparison over the seeds that both have.

    Raises ValueError for a mode that was not run, and for another metric than ``map50`` and ``map50_95``.
    """
    if metric not in _METRIC:
        raise ValueError(f"found metric {metric!r}, expected one of {', '.join(_METRIC)}")
    runs = {(run["mode"], run["seed"]): run for run in comparison.runs}
    seeds = tuple(sorted(seed for name, seed in runs if name == mode and (base, seed) in runs))
    if not seeds:
        there = sorted({name for name, _ in runs})
        raise ValueError(f"found no seed with both {mode!r} and {base!r}, expected two of {', '.join(there)}")
    pairs = [(runs[mode, seed], runs[base, seed]) for seed in seeds]
    differences = tuple(own[metric] - other[metric] for own, other in pairs)
    time = mean(own["seconds"] / other["seconds"] for own, other in pairs)
    return Verdict(mode, base, metric, seeds, differences, time)
