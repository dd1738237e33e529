"""What was recorded on a GPU, as curves, bars, a map, and sentences that are computed from the records.

Where nothing was recorded yet, that is what is said: no CPU's figures take a GPU's place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from yolo_course.learn.compare import Comparison, load_comparison
from yolo_course.learn.gpu import NAMES, load_costs
from yolo_course.learn.grid import load_cells
from yolo_course.learn.record import gpu_record
from yolo_course.learn.run import read_facts
from yolo_course.learn.verdict import verdict
from yolo_course.show.plots.curves import learning_curves
from yolo_course.show.plots.freezing import freezing_table
from yolo_course.show.plots.gpu_cost import gpu_costs
from yolo_course.show.style import display_figure

QUESTIONS = (  # (mode, base): what is asked of each comparison
    ("backbone", "unfrozen"),
    ("backbone-updating", "backbone"),
    ("all-but-head", "unfrozen"),
    ("two-stage", "unfrozen"),
    ("scratch", "unfrozen"),
)


def show_gpu_runs() -> None:
    """Show every experiment of ``compare-gpu`` that is recorded, and name those that are not."""
    for name in NAMES:
        folder = gpu_record(name)
        if folder is None:
            print(f"{name}: not recorded on any GPU yet. On a machine with one: yolo-course compare-gpu {name}")
        else:
            {"gpu-map": _show_map, "gpu-cost": _show_costs}.get(name, _show_comparison)(folder)


def card(facts: Mapping) -> str:
    """Which GPU, with which software, when and from which commit: as ``machine.json`` has it."""
    torch = facts["packages"]["torch"]
    return f"{facts['gpu']}, torch {torch}, CUDA {facts['cuda']}, {facts['date']}, commit {facts['commit']}"


def _show_comparison(folder: Path) -> None:
    found = load_comparison(folder)
    waiting = mean(run["wait_share"] for run in found.runs)
    print(f"{found.name}, {card(found.machine)}; {found.runs[0]['side_by_side']} runs shared the card")
    print(f"{waiting:.0%} of the training time was spent waiting for pictures")
    alt = f"{found.name}: validation mAP50-95 of {len(found.summary)} modes against epochs and seconds, with bands."
    display_figure(learning_curves(found, metric="map50_95"), alt)
    print("\n".join(answers(found)))


def answers(comparison: Comparison) -> list[str]:
    """A sentence for each of QUESTIONS that the comparison has the modes for."""
    modes = {run["mode"] for run in comparison.runs}
    asked = [(mode, base) for mode, base in QUESTIONS if {mode, base} <= modes]
    return [str(verdict(comparison, mode, base, "map50_95")) for mode, base in asked]


def _show_map(folder: Path) -> None:
    cells = load_cells(folder)
    print(f"{folder.name}, {card(read_facts(folder))}")
    targets = ", ".join(dict.fromkeys(target for target, _ in cells))
    alt = f"A table of {targets} by the number of training pictures: mAP50-95 with a frozen backbone minus unfrozen."
    display_figure(freezing_table(cells), alt)
    print("\n".join(map_sentences(cells)))


def map_sentences(cells: Mapping[tuple[str, int], Comparison], mode: str = "backbone") -> list[str]:
    """For each domain: with how many pictures a mode helps, hurts, or cannot be told from unfrozen."""
    lines = []
    for target in dict.fromkeys(target for target, _ in cells):
        counts: dict[str, list[str]] = {"better": [], "worse": [], "undecided": []}
        for (name, count), comparison in cells.items():
            if name == target:
                counts[verdict(comparison, mode, metric="map50_95").finding].append(str(count))
        words = {"better": "helps with", "worse": "hurts with", "undecided": "is undecided with"}
        parts = [f"{words[key]} {', '.join(found)}" for key, found in counts.items() if found]
        lines.append(f"{target}: a frozen {mode} {'; '.join(parts)} training pictures")
    return lines


def _show_costs(folder: Path) -> None:
    rows = load_costs(folder)
    print(f"{folder.name}, {card(read_facts(folder))}")
    batch = max(row["batch_size"] for row in rows)
    alt = f"Bars for each network at batch size {batch}: time of a training step and peak memory, by what is frozen."
    display_figure(gpu_costs(rows, batch), alt)
    print("\n".join(cost_sentences(rows)))


def cost_sentences(rows: Sequence[Mapping], mode: str = "backbone") -> list[str]:
    """What a mode saves of time and memory, and how much of the card an unfrozen step uses."""
    lines = []
    found = {(row["network"], row["batch_size"], row["mode"]): row for row in rows}
    for (network, batch, name), row in found.items():
        base = found[network, batch, "unfrozen"]
        if name != mode or not row["seconds_per_step"] or not base["seconds_per_step"]:
            continue
        time, memory = (row[key] / base[key] if base[key] else None for key in ("seconds_per_step", "memory_mb"))
        line = f"{network}, batch {batch}: a step with the {mode} frozen takes {time:.2f} of the time"
        line += f" and {memory:.2f} of the memory" if memory else ""
        line += f"; unfrozen {base['images_per_second']:.0f} images/s, {base['share_of_peak']:.0%} of the measured peak"
        lines.append(line + ("" if time < 0.95 else ": against what is usually said, freezing hardly saves time here"))
    return lines
