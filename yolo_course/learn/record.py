"""Recorded runs: the text files of a comparison, kept under ``data/runs/<machine>/<experiment>``."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path, PurePath, PureWindowsPath

import yaml

from yolo_course.data import data_dir
from yolo_course.learn.compare import Comparison, load_comparison
from yolo_course.learn.run import RunError, read_facts

TEXT = (".csv", ".json", ".yaml")


def machine_slug(facts: dict) -> str:
    """A machine as a folder's name, a-z, 0-9 and ``-``: the GPU's name, or the CPU's and its number of cores.

    ``facts`` are those of ``machine.json``; they hold no host name.
    """
    if facts.get("gpu"):
        return _slug(facts["gpu"])
    device = "" if facts.get("device", "cpu") == "cpu" else f" {facts['device']}"
    cpu = re.sub(r"\((r|tm)\)|@.*|\b(cpu|processor|\d+-core)\b", " ", facts.get("cpu") or "unknown", flags=re.I)
    return _slug(f"{cpu} {facts.get('cores', 1)} cores{device}")


def record_folder(facts: dict, experiment: str) -> Path:
    """Where :func:`record` puts an experiment of this machine. Raises RunError where one lies already."""
    folder = data_dir() / "runs" / machine_slug(facts) / _slug(experiment)
    if folder.exists():
        raise RunError(
            f"found a record in {folder}, expected none: delete it first, if the new one is to take its place"
        )
    return folder


def record(folder: str | Path, experiment_name: str) -> Path:
    """Copy the CSV, JSON and YAML files that ``compare`` wrote to the recorded runs; returns the new folder.

    Weights stay behind, and paths of this machine are cut to their last name. Raises RunError for a folder
    that is no finished comparison, and where a record lies already.
    """
    folder = Path(folder)
    if not (folder / "summary.csv").is_file() or not (folder / "machine.json").is_file():
        raise RunError(f"found no finished comparison in {folder}, expected summary.csv and machine.json: run it first")
    facts = read_facts(folder)
    target = record_folder(facts, experiment_name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".recording-") as temporary:
        built = Path(temporary, "record")
        for file in sorted(file for file in folder.rglob("*") if file.suffix in TEXT and file.is_file()):
            copy = built / file.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        for experiment in built.rglob("experiment.yaml"):
            _hide_paths(experiment)
        os.replace(built, target)
    return target


def gpu_record(experiment: str) -> Path | None:
    """The folder of an experiment that was recorded on a GPU, or None where nobody has done so yet."""
    files = sorted((data_dir() / "runs").glob(f"*/{experiment}/machine.json"))
    return next((file.parent for file in files if "gpu" in read_facts(file.parent)), None)


def load_recorded(experiment: str, machine: str | None = None) -> Comparison:
    """The recorded runs of an experiment; of the first ``machine`` (a folder of ``data/runs``) that has them.

    A GPU's runs come before a CPU's. Raises RunError for an experiment that nobody recorded.
    """
    folders = sorted((data_dir() / "runs").glob(f"{machine or '*'}/{experiment}/"))
    if not folders:
        there = sorted({folder.name for folder in (data_dir() / "runs").glob("*/*/")})
        raise RunError(f"found no recorded runs of {experiment!r}, expected one of {', '.join(there)}")
    found = [load_comparison(folder) for folder in folders]
    return min(found, key=lambda one: "gpu" not in one.machine)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _hide_paths(file: Path) -> None:
    """Data and weights of an experiment by their last name: where they lay is nobody's business."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key in ("target", "weights"):
        if content.get(key):
            content[key] = _last_name(str(content[key]))
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8", newline="\n")


def _last_name(text: str) -> str:
    path = PureWindowsPath(text) if "\\" in text else PurePath(text)
    return "/".join(path.parts[-2:] if path.suffix else path.parts[-1:])  # "bccd/data.yaml", or "bccd"
