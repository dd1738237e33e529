"""The doctor finds each trouble it knows, names the fix, and survives what it examines."""

import importlib
import subprocess
import sys
from collections import namedtuple

import pytest
from packaging.requirements import Requirement

from yolo_course import checkup, machine
from yolo_course.checkup import Finding, examine, is_healthy


@pytest.fixture
def installed(monkeypatch):
    """A made-up environment: requirement texts, and what is installed."""

    def pretend(needed, **versions):
        versions = {name.replace("_", "-"): version for name, version in versions.items()}
        monkeypatch.setattr(checkup.metadata, "requires", lambda _: needed)
        monkeypatch.setattr(machine, "version", versions.get)

    return pretend


@pytest.fixture
def unimportable(monkeypatch):
    """Make importing one library raise one error."""
    real = importlib.import_module

    def pretend(library, error):
        def fake(name, *rest):
            if name == library:
                raise error
            return real(name, *rest)

        monkeypatch.setattr(checkup.importlib, "import_module", fake)

    return pretend


def broken(findings):
    return {finding.name: finding for finding in findings if finding.broken}


def test_every_part_is_reported_here():
    names = {finding.name for finding in examine()}
    assert {"Python", "torch", "numpy", "opencv-python", "import cv2", "CPU", "threads", "GPU"} <= names
    assert {"Jupyter widgets", "Jupyter kernel", "free disk", "data", "browser", "test tools"} <= names


def test_this_environment_meets_the_bounds():
    assert not broken([*checkup.check_python(), *checkup.check_packages(), *checkup.check_imports()])


def test_missing_and_old_packages_are_named_with_their_fix(installed):
    installed(["torch>=2.6", "tqdm>=4.66", "rich>=13"], torch="2.5.1", rich="15.0")
    found = broken(checkup.check_packages())
    assert set(found) == {"torch", "tqdm"}
    assert found["torch"] == Finding("torch", "2.5.1 (needs >=2.6)", 'python -m pip install "torch>=2.6"', broken=True)
    assert found["tqdm"].found.startswith("missing")


def test_missing_test_tools_are_advice_only(installed):
    installed(['nbval>=0.11; extra == "test"'])
    (finding,) = checkup.check_packages()
    assert not finding.broken and "nbval" in finding.found and finding.fix


def test_requirements_are_told_apart_by_extra(installed):
    installed(["torch>=2.6", 'nbval; extra == "test"', "never; python_version < '3'"])
    assert [needed.name for needed in checkup.requirements()] == ["torch"]
    assert [needed.name for needed in checkup.requirements("test")] == ["nbval"]


def test_two_opencvs_damage_each_other(installed):
    installed(["opencv-python>=4.10"], opencv_python="5.0", opencv_python_headless="4.12")
    (finding,) = checkup.check_opencv()
    assert finding.broken and "uninstall -y opencv-python opencv-python-headless" in finding.fix
    assert '"opencv-python>=4.10"' in finding.fix


@pytest.mark.parametrize(("version", "is_broken"), [("4.12", False), ("4.5", True)])
def test_headless_may_stand_in_within_the_bounds(installed, version, is_broken):
    installed(["opencv-python>=4.10"], opencv_python_headless=version)
    (finding,) = checkup.check_opencv()
    assert finding.broken is is_broken and bool(finding.fix) is is_broken
    assert not broken(checkup.check_packages())


def test_missing_libgl_has_the_apt_line(unimportable):
    unimportable("cv2", ImportError("libGL.so.1: cannot open shared object file"))
    assert "apt install libgl1" in broken(checkup.check_imports())["import cv2"].fix


def test_torch_and_torchvision_that_do_not_match(unimportable):
    unimportable("torchvision", RuntimeError("operator torchvision::nms does not exist\nsecond line"))
    finding = broken(checkup.check_imports())["import torchvision"]
    assert "do not belong together" in finding.fix and "second line" not in finding.found


def test_windows_dll_and_absent_library(unimportable):
    assert checkup.import_fix("torch", "[WinError 126] c10.dll") == checkup.REDISTRIBUTABLE
    assert checkup.import_fix("no_such_library", "") == checkup.INSTALL_COURSE


def test_more_threads_than_cores_is_advice(monkeypatch):
    monkeypatch.setattr(machine, "usable_cores", lambda: 0)
    threads = list(checkup.check_cpu())[-1]
    assert not threads.broken and "OMP_NUM_THREADS" in threads.fix


def test_unknown_cpu_features_are_said_to_be_unknown(monkeypatch):
    monkeypatch.setattr(machine, "fast_bf16_features", lambda: None)
    assert "unknown" in next(checkup.check_cpu()).found


def test_gpu_that_torch_cannot_use(monkeypatch):
    monkeypatch.setattr(machine, "accelerator", lambda: None)
    monkeypatch.setattr(checkup.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    (finding,) = checkup.check_gpu()
    assert not finding.broken and "driver" in finding.fix


def test_full_disk(monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _: usage(free=200 * 2**20))
    (finding,) = checkup.check_disk()
    assert finding.broken and finding.found == "0.2 GiB"


def test_missing_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(tmp_path / "nowhere"))
    (finding,) = checkup.check_data()
    assert finding.broken and "nowhere" in finding.found and "YOLO_COURSE_DATA" in finding.fix


def test_missing_widget_extension_and_foreign_kernel(monkeypatch, tmp_path):
    import jupyter_client.kernelspec

    spec = namedtuple("spec", "argv")
    monkeypatch.setattr(checkup.sys, "prefix", str(tmp_path))
    monkeypatch.setattr(jupyter_client.kernelspec, "get_kernel_spec", lambda _: spec([str(tmp_path / "python")]))
    found = broken(checkup.check_jupyter())
    assert "jupyterlab-widgets" in found["Jupyter widgets"].fix
    assert "ipykernel install" in found["Jupyter kernel"].fix


def test_a_check_that_fails_is_a_finding_not_the_end(monkeypatch):
    def check_that_falls_over():
        yield Finding("first", "seen")
        raise RuntimeError("boom\nand more")

    monkeypatch.setattr(checkup, "CHECKS", (check_that_falls_over, checkup.check_disk))
    first, failed, disk = examine()
    assert first.name == "first" and disk.name == "free disk"
    assert failed.broken and "RuntimeError: boom" in failed.found and "and more" not in failed.found


def test_not_installed_is_said_once(monkeypatch):
    monkeypatch.setattr(checkup, "DISTRIBUTION", "no-such-distribution")
    (finding,) = checkup.check_python()
    assert finding.broken and "not installed" in finding.found
    assert checkup.requirements() == []


def test_healthy_means_nothing_broken():
    assert is_healthy([Finding("a", "", fix="advice")])
    assert not is_healthy([Finding("a", ""), Finding("b", "", fix="do it", broken=True)])


def test_pip_line_is_quoted_for_the_shell():
    assert checkup.pip_install(Requirement("numpy>=2")) == 'python -m pip install "numpy>=2"'


def test_the_doctor_speaks_where_torch_and_opencv_cannot_be_imported():
    code = (
        "import sys; sys.modules.update(torch=None, torchvision=None, cv2=None)\n"
        "from yolo_course.cli import app; app(['doctor'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert result.returncode == 1, result.stderr
    for name in ("import torch ", "import torchvision", "import cv2", "free disk"):
        assert name in result.stdout
    assert "Something is broken" in result.stdout
