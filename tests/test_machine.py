"""Facts about the machine, on machines made up for the test."""

import os
import subprocess
import sys

import pytest

import yolo_course as yc
from yolo_course import machine

CPUINFO = """processor\t: 0
model name\t: Example CPU 9000
flags\t\t: fpu sse2 avx512_bf16 amx_tile amx_bf16
"""


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "CPUINFO", path)
    return path


def test_cpu_is_read_from_linux(cpuinfo):
    cpuinfo.write_text(CPUINFO, encoding="utf-8")
    assert machine.cpu_name() == "Example CPU 9000"
    assert machine.fast_bf16_features() == ("avx512_bf16", "amx_bf16")


def test_a_feature_is_a_whole_word(cpuinfo):
    cpuinfo.write_text("flags : fpu avx512_bf16x\n", encoding="utf-8")
    assert machine.fast_bf16_features() == ()


def test_without_cpuinfo_features_are_unknown(cpuinfo):
    assert machine.fast_bf16_features() is None
    assert machine.cpu_name() is None or isinstance(machine.cpu_name(), str)


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "200000 100000\n"}, 2.0),
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
    ],
)
def test_container_quota(tmp_path, monkeypatch, files, quota):
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert machine.cgroup_quota() == quota


@pytest.mark.parametrize(("quota", "cores"), [(None, 16), (2.0, 2), (2.5, 2), (0.25, 1), (64.0, 16)])
def test_usable_cores_respect_the_container(monkeypatch, quota, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(machine, "cgroup_quota", lambda: quota)
    assert machine.usable_cores() == cores


def test_version_is_public_or_none():
    assert "+" not in machine.version("torch")
    assert machine.version("no-such-distribution") is None


def test_summary_is_one_line_without_host_or_path(monkeypatch):
    import torch

    monkeypatch.setattr(machine, "accelerator", lambda: None)
    public = torch.__version__.split("+")[0]
    threads = torch.get_num_threads()
    assert machine.summary_line().startswith(f"yolo_course {yc.__version__} | torch {public} | cpu | {threads} ")
    assert os.sep not in machine.summary_line() and "\n" not in machine.summary_line()


def test_notebooks_call_it_doctor_even_after_the_check_up_was_loaded():
    import yolo_course.checkup  # noqa: F401

    assert yc.doctor() == machine.summary_line()


def test_summary_comes_out_where_torch_is_broken():
    code = (
        "import sys; sys.modules['torch'] = None\nfrom yolo_course.machine import summary_line; print(summary_line())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch cannot be used" in result.stdout and "yolo_course doctor" in result.stdout


def test_browser_is_found_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "BROWSER_ON_MACOS", tmp_path / "none")
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/x/chrome" if name == "chrome" else None)
    assert machine.browser() == "/x/chrome"
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert machine.browser() is None
    fetched = tmp_path / "chromium-1200/chrome-linux/chrome"
    fetched.parent.mkdir(parents=True)
    fetched.touch()
    assert machine.browser() == str(fetched)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["/somewhere/bin/yolo-course", "compare", "far80"], "yolo-course compare far80"),
        (["/somewhere/yolo_course/__main__.py", "compare-gpu"], "yolo-course compare-gpu"),
        (["yolo-course", "compare", "/home/me/own.yaml", "--seeds", "0"], "yolo-course compare own.yaml --seeds 0"),
        (["/lib/ipykernel_launcher.py", "-f", "/home/me/kernel.json"], None),
        ([], None),
    ],
)
def test_a_command_is_told_without_folders(monkeypatch, argv, said):
    monkeypatch.setattr(sys, "argv", argv)
    assert machine.command() == said


def test_the_commit_and_whether_files_differ_from_it(monkeypatch):
    answers = {"rev-parse": "abc123", "status": " M file.py"}
    monkeypatch.setattr(machine, "output_of", lambda *command: answers[command[3]])
    assert machine.commit() == "abc123+"
    answers["status"] = ""
    assert machine.commit() == "abc123"
    monkeypatch.setattr(machine, "output_of", lambda *command: None)
    monkeypatch.delenv("YOLO_COURSE_COMMIT", raising=False)
    assert machine.commit() is None
    monkeypatch.setenv("YOLO_COURSE_COMMIT", "def456")
    assert machine.commit() == "def456"


def test_a_program_that_is_not_there_or_fails_says_nothing():
    assert machine.output_of("no-such-program") is None
    assert machine.output_of(sys.executable, "-c", "raise SystemExit(1)") is None
    assert machine.output_of(sys.executable, "-c", "print(' 1 ')") == "1"
