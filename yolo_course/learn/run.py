"""The run folder: what was asked for, on which machine, what came of it, and how to go on."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import torch
import yaml

from yolo_course import machine


class RunError(ValueError):
    """A run folder that cannot be used as asked; the message says what to do."""


class RunFolder:
    """``config.yaml``, ``machine.json``, ``metrics.csv``, ``best.safetensors`` and ``last.pt`` of one run.

    Files are replaced in one step (write beside, then rename), so that a kill leaves the former one whole.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.config_file, self.metrics_file = self.path / "config.yaml", self.path / "metrics.csv"
        self.best, self.last = self.path / "best.safetensors", self.path / "last.pt"

    def start(self, config: Mapping, state: dict) -> None:
        """Make the folder, with the untrained ``state``, so that a kill in the first epoch can be resumed too.

        Raises RunError where a run has finished an epoch, so that nothing is lost.
        """
        foreign = self.config_file.exists() and not self.last.exists()
        if self.metrics_file.exists() or foreign:
            raise RunError(f"found a run in {self.path}, expected a new folder: choose another, or resume this one")
        self.path.mkdir(parents=True, exist_ok=True)
        self.config_file.unlink(missing_ok=True)  # written last: with it the run can be resumed
        write_facts(self.path, config["device"])
        self.save_last(state)
        write_text(self.config_file, yaml.safe_dump(dict(config), sort_keys=False))

    def can_resume(self) -> bool:
        return self.config_file.is_file() and self.last.is_file()

    def read_config(self) -> dict:
        if not self.can_resume():
            raise RunError(f"found no run to resume in {self.path}, expected config.yaml and last.pt: start it anew")
        return yaml.safe_load(self.config_file.read_text(encoding="utf-8"))

    def write_metrics(self, rows: list[dict]) -> None:
        write_rows(self.metrics_file, rows)

    def save_last(self, state: dict) -> None:
        temporary = self.last.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, self.last)

    def load_last(self) -> dict:
        try:
            return torch.load(self.last, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises many kinds for a damaged file
            raise RunError(
                f"{self.last.name} cannot be read ({type(error).__name__}): delete the run folder and start anew"
            ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step: readers see the old one or the new one, never a half."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def write_rows(path: Path, rows: list[dict]) -> None:
    """Write dicts with the same keys as CSV, in one step; None becomes an empty field."""
    table = io.StringIO()
    if rows:
        writer = csv.DictWriter(table, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _field(value) for key, value in row.items()} for row in rows)
    write_text(path, table.getvalue())


def read_rows(path: str | Path) -> list[dict]:
    """A CSV file as dicts; numbers become int or float, empty fields None."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [{key: _parse(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _field(value) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _parse(text: str):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def write_facts(folder: Path, device: str) -> None:
    """Write the facts about the machine to ``machine.json``."""
    write_text(folder / "machine.json", json.dumps(facts(device), indent=2) + "\n")


def read_facts(folder: Path) -> dict:
    """The ``machine.json`` of a run or record."""
    return json.loads((folder / "machine.json").read_text(encoding="utf-8"))


def facts(device: str = "cpu") -> dict:
    """The machine as a dict, without a host name or a path: what a reader needs to judge a time."""
    found = {
        "device": str(device),
        "cpu": machine.cpu_name(),
        "cores": machine.usable_cores(),
        "bf16_instructions": list(machine.fast_bf16_features() or ()),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: machine.version(name) for name in ("torch", "torchvision", "numpy", "opencv-python")},
        "date": datetime.now(UTC).date().isoformat(),
        "commit": machine.commit(),
        "command": machine.command(),
    }
    if str(device).startswith("cuda"):
        properties = torch.cuda.get_device_properties(torch.device(device))
        found |= {"gpu": properties.name, "gpu_memory_gib": round(properties.total_memory / 2**30, 1)}
        found |= {"cuda": torch.version.cuda, "gpu_driver": _driver()}
    return found


def _driver() -> str | None:
    path = Path("/proc/driver/nvidia/version")
    if path.is_file():
        return path.read_text(encoding="utf-8").splitlines()[0]
    return machine.output_of("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0")
