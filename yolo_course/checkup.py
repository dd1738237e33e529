"""`yolo-course doctor`: what the course needs on this machine, what is there, and for each problem the fix.

Importing this module imports neither torch nor OpenCV: it must speak when they cannot be imported.
"""

import importlib
import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from yolo_course import machine

DISTRIBUTION = "yolo-course"
ROOT = Path(__file__).resolve().parent.parent
OPENCV = ("opencv-python", "opencv-python-headless")
OPENCV += ("opencv-contrib-python", "opencv-contrib-python-headless")
DISK_NEEDED = 1.0  # GiB: rendered pictures, run folders
INSTALL_COURSE = 'in the checkout: python -m pip install -c constraints.txt -e ".[test]"'
LIBGL = "sudo apt install libgl1 libglib2.0-0   (Debian, Ubuntu; Fedora: sudo dnf install mesa-libGL)"
REDISTRIBUTABLE = "install Microsoft's Visual C++ Redistributable (x64), then restart"


@dataclass(frozen=True)
class Finding:
    """One line of the report. `fix` says what to do; `broken` tells a fault from good advice."""

    name: str
    found: str
    fix: str = ""
    broken: bool = False


def examine() -> list[Finding]:
    """Look at everything. A check that fails by itself is a finding too, never the end of the report."""
    findings = []
    for check in CHECKS:
        try:
            findings.extend(check())
        except Exception as error:
            name = check.__name__.removeprefix("check_")
            found = f"could not be checked ({type(error).__name__}: {first_line(error)})"
            fix = "first mend what is reported above" if isinstance(error, ImportError) else INSTALL_COURSE
            findings.append(Finding(name, found, fix, broken=True))
    return findings


def is_healthy(findings: list[Finding]) -> bool:
    """True if nothing is broken; advice may remain."""
    return not any(finding.broken for finding in findings)


def check_python() -> Iterator[Finding]:
    try:
        wanted = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    except metadata.PackageNotFoundError:
        found = f"{sys.version.split()[0]}, but {DISTRIBUTION} is not installed in it"
        yield Finding("Python", found, INSTALL_COURSE, broken=True)
        return
    found = f"{sys.version.split()[0]} (needs {wanted})"
    fits = SpecifierSet(wanted).contains("{}.{}.{}".format(*sys.version_info), prereleases=True)
    fix = "" if fits else f"install Python {wanted} and set up again"
    yield Finding("Python", found, fix, broken=not fits)


def check_packages() -> Iterator[Finding]:
    stands_in = any(machine.version(name) for name in OPENCV)  # check_opencv judges these
    for needed in requirements():
        version = machine.version(needed.name)
        if version is None and needed.name in OPENCV and stands_in:
            continue
        fits = version is not None and needed.specifier.contains(version, prereleases=True)
        found = f"{version or 'missing'} (needs {needed.specifier})"
        yield Finding(needed.name, found, "" if fits else pip_install(needed), broken=not fits)
    tools = requirements("test")
    missing = [needed.name for needed in tools if machine.version(needed.name) is None]
    if missing:
        fix = f"only for `yolo-course test`: {INSTALL_COURSE}"
        yield Finding("test tools", f"missing: {', '.join(missing)}", fix)
    elif tools:
        yield Finding("test tools", "all here")


def check_opencv() -> Iterator[Finding]:
    """opencv-python and its sisters write the same files: two of them damage each other."""
    found = {name: version for name in OPENCV if (version := machine.version(name))}
    if not found:
        return  # reported as a missing package
    needed = next((r for r in requirements() if r.name in OPENCV), Requirement("opencv-python"))
    named = " and ".join(f"{name} {version}" for name, version in found.items())
    if len(found) > 1:
        fix = f"python -m pip uninstall -y {' '.join(found)}   and then   {pip_install(needed)}"
        yield Finding("OpenCV", f"{named}: they overwrite each other's files", fix, broken=True)
    elif needed.name not in found:
        fits = needed.specifier.contains(*found.values(), prereleases=True)
        fix = f"python -m pip uninstall -y {' '.join(found)}   and then   {pip_install(needed)}"
        found_text = f"{named} stands in for {needed}"
        yield Finding("OpenCV", found_text, "" if fits else fix, broken=not fits)


def check_imports() -> Iterator[Finding]:
    for name in ("torch", "torchvision", "cv2"):
        try:
            importlib.import_module(name)
        except Exception as error:  # a broken binary raises ImportError, OSError, RuntimeError, ...
            found = f"cannot be imported: {first_line(error)}"
            yield Finding(f"import {name}", found, import_fix(name, str(error)), broken=True)
        else:
            yield Finding(f"import {name}", "works")


def check_cpu() -> Iterator[Finding]:
    features = machine.fast_bf16_features()
    fast = "unknown" if features is None else " ".join(features) or "none of " + ", ".join(machine.FAST_BF16)
    yield Finding("CPU", f"{machine.cpu_name() or 'unknown'}; for fast bfloat16: {fast}")
    cores, threads = machine.usable_cores(), importlib.import_module("torch").get_num_threads()
    fix = f"set OMP_NUM_THREADS={cores}: more threads than cores make training several times slower"
    yield Finding("threads", f"torch uses {threads}; usable cores: {cores}", fix if threads > cores else "")


def check_gpu() -> Iterator[Finding]:
    found, fix = machine.accelerator(), ""
    if found is None and shutil.which("nvidia-smi"):
        fix = "torch cannot use the NVIDIA GPU: update its driver; CPU-only wheels? `make lab TORCH=default`"
    yield Finding("GPU", found or "none; everything runs on the CPU", fix)


def check_jupyter() -> Iterator[Finding]:
    """Widgets need JupyterLab's extension, and `python3` must be this Python, not another's kernel."""
    folder = Path(sys.prefix) / "share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager"
    if folder.is_dir():
        yield Finding("Jupyter widgets", "JupyterLab has their extension")
    else:
        fix = "python -m pip install --force-reinstall --no-deps jupyterlab-widgets"
        yield Finding("Jupyter widgets", f"no extension in {folder}", fix, broken=True)
    from jupyter_client.kernelspec import get_kernel_spec

    command = get_kernel_spec("python3").argv[0]  # a bare "python" means the Python that runs Jupyter
    if not Path(command).is_absolute() or Path(command).parent == Path(sys.executable).parent:
        yield Finding("Jupyter kernel", "this Python")
    else:
        fix = "python -m ipykernel install --sys-prefix"
        yield Finding("Jupyter kernel", f"python3 starts {command}", fix, broken=True)


def check_disk() -> Iterator[Finding]:
    free = shutil.disk_usage(ROOT).free / 2**30
    short = free < DISK_NEEDED
    fix = f"free at least {DISK_NEEDED:.0f} GiB: rendered pictures and run folders need room"
    yield Finding("free disk", f"{free:.1f} GiB", fix if short else "", broken=short)


def check_data() -> Iterator[Finding]:
    from yolo_course.data import data_dir

    try:
        yield Finding("data", str(data_dir()))
    except (FileNotFoundError, ValueError) as error:
        fix = "set YOLO_COURSE_DATA to the `data` folder of a clone of the course"
        yield Finding("data", str(error), fix, broken=True)


def check_browser() -> Iterator[Finding]:
    found = machine.browser()
    fix = "only for the browser tests, skipped without: sudo apt install chromium, or install Chrome"
    yield Finding("browser", found or "no Chromium or Chrome", "" if found else fix)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_python,
    check_packages,
    check_opencv,
    check_imports,
    check_cpu,
    check_gpu,
    check_jupyter,
    check_disk,
    check_data,
    check_browser,
)


def requirements(extra: str = "") -> list[Requirement]:
    """What pyproject.toml asks for, with its bounds: the package's own needs, or those of one extra."""
    try:
        texts = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []  # check_python says so
    listed = [Requirement(text) for text in texts]
    if extra:
        listed = [needed for needed in listed if "extra" in str(needed.marker)]
    return [needed for needed in listed if not needed.marker or needed.marker.evaluate({"extra": extra})]


def pip_install(needed: Requirement) -> str:
    return f'python -m pip install "{needed.name}{needed.specifier}"'


def import_fix(name: str, message: str) -> str:
    """The fix for a library that is installed but cannot be imported."""
    if importlib.util.find_spec(name) is None:
        return INSTALL_COURSE
    if name == "cv2" and any(library in message for library in ("libGL", "libgthread", "libglib")):
        return LIBGL
    if "DLL load failed" in message or "WinError" in message:
        return REDISTRIBUTABLE
    if name == "torchvision":
        return "torch and torchvision do not belong together: " + INSTALL_COURSE
    return f"python -m pip install --force-reinstall --no-deps {'opencv-python' if name == 'cv2' else name}"


def first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]
