"""Facts about the machine the course runs on. Nothing here fails: what cannot be found out is None."""

import os
import platform
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
CGROUP = Path("/sys/fs/cgroup")
# What makes bfloat16 fast, by its name in /proc/cpuinfo.
FAST_BF16 = ("avx512_bf16", "amx_bf16")
# Read when torch and numpy are loaded; the processes that a process starts inherit them.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def version(distribution: str) -> str | None:
    """The installed version without its local part ("2.15.0", not "2.15.0+cu132"), or None."""
    try:
        return metadata.version(distribution).split("+")[0]
    except metadata.PackageNotFoundError:
        return None


def cpu_name() -> str | None:
    """The processor's name as sold, or what Python knows of it."""
    found = re.search(r"^model name\s*:\s*(.+)$", _read(CPUINFO) or "", re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine() or None


def fast_bf16_features() -> tuple[str, ...] | None:
    """Those of FAST_BF16 that the processor has; None where only guessing is possible (not Linux)."""
    found = re.search(r"^(?:flags|Features)\s*:(.+)$", _read(CPUINFO) or "", re.MULTILINE)
    return tuple(name for name in FAST_BF16 if name in found[1].split()) if found else None


def usable_cores() -> int:
    """The cores this process may keep busy: a container or a batch system often allows fewer than exist."""
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    quota = cgroup_quota()
    return cores if quota is None else max(1, min(cores, round(quota)))


def limit_threads(count: int) -> None:
    """At most ``count`` threads for what this process starts from now on."""
    os.environ.update(dict.fromkeys(THREADS, str(count)))


def cgroup_quota() -> float | None:
    """How many cores' time Linux grants this container (control groups, version 2 or 1); None: no limit."""
    limit, period = ((_read(CGROUP / "cpu.max") or "").split() + ["", ""])[:2]
    if not limit:
        limit = (_read(CGROUP / "cpu/cpu.cfs_quota_us") or "").strip()
        period = (_read(CGROUP / "cpu/cpu.cfs_period_us") or "").strip()
    return int(limit) / int(period) if limit.isdigit() and period.isdigit() and int(period) else None


def accelerator() -> str | None:
    """The GPU that torch would use, as "cuda (name, memory)" or "mps"; None: only the CPU. Imports torch."""
    import torch

    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_properties(0)
        return f"cuda ({gpu.name}, {gpu.total_memory / 2**30:.0f} GiB)"
    return "mps" if torch.backends.mps.is_available() else None


def browser() -> str | None:
    """The path of a Chromium or Chrome for the browser tests, or None; the last choice is Playwright's own."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or next((str(path) for path in (BROWSER_ON_MACOS, *_playwrights()) if path.exists()), None)


def _playwrights() -> list[Path]:
    """Where `playwright install chromium` puts its browser on this system."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    local = Path(os.environ.get("LOCALAPPDATA", "")) if os.name == "nt" else Path.home() / ".cache"
    folders = [Path(named)] if named else [local / "ms-playwright", Path.home() / "Library/Caches/ms-playwright"]
    programs = ("chrome-linux*/chrome", "chrome-win*/chrome.exe", "chrome-mac*/*.app/Contents/MacOS/*")
    return sorted(path for folder in folders for program in programs for path in folder.glob(f"chromium-*/{program}"))


def summary_line() -> str:
    """Package, torch, device and threads in one line for the head of a notebook: no host name, no path."""
    course = f"yolo_course {version('yolo-course') or '(not installed)'}"
    try:
        import torch

        device, threads = accelerator() or "cpu", torch.get_num_threads()
    except Exception as error:  # an incomplete library can raise anything, and this line must come out
        return f"{course} | torch cannot be used ({type(error).__name__}): run `python -m yolo_course doctor`"
    plural = "" if threads == 1 else "s"
    return f"{course} | torch {torch.__version__.split('+')[0]} | {device} | {threads} thread{plural}"


def commit() -> str | None:
    """The commit of the course's checkout, with "+" where files differ from it; None for a copy without history.

    Where the history stayed behind, YOLO_COURSE_COMMIT says it.
    """
    at = ("-C", str(Path(__file__).parent))
    found = output_of("git", *at, "rev-parse", "HEAD")
    changed = found and output_of("git", *at, "status", "--porcelain", "--untracked-files=no")
    return found + "+" * bool(changed) if found else os.environ.get("YOLO_COURSE_COMMIT")


def command() -> str | None:
    """The command of the course that runs, folders left out of its paths; None in a notebook, or a program of yours."""
    program, *arguments = sys.argv or [""]
    if Path(program).stem != "yolo-course" and Path(program).parts[-2:] != ("yolo_course", "__main__.py"):
        return None
    return " ".join(["yolo-course", *(Path(one).name if Path(one).is_absolute() else one for one in arguments)])


@cache
def output_of(*command: str) -> str | None:
    """What a program prints, without the white space at its ends; None where there is no such program or it fails.

    It is asked once: a comparison starts many runs.
    """
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
