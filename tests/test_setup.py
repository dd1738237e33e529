"""The files of the set-up say the same thing: pyproject, constraints, conda, apt, make, CI."""

import ast
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from yolo_course import checkup

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = {r.name: r for r in map(Requirement, PROJECT["project"]["dependencies"])}
FOR_TESTS = {r.name: r for r in map(Requirement, PROJECT["project"]["optional-dependencies"]["test"])}


def lines(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def lower_bound(requirement):
    return next(Version(s.version) for s in requirement.specifier if s.operator == ">=")


# --- pyproject.toml and constraints.txt -------------------------------------------------------------------


def test_constraints_are_exact_public_versions_each_once():
    names = []
    for line in lines("constraints.txt"):
        found = re.fullmatch(r"([a-z0-9-]+)==([0-9][0-9a-z.]*)", line)
        assert found, f"{line!r} is not name==version"
        names.append(found[1])
    assert names == sorted(set(names))


def test_constraints_hold_every_requirement_within_its_bounds():
    pinned = dict(line.split("==") for line in lines("constraints.txt"))
    for needed in [*NEEDED.values(), *FOR_TESTS.values()]:
        assert needed.specifier.contains(pinned[canonicalize_name(needed.name)]), needed


def test_the_oldest_set_is_the_lower_bounds():
    for line in lines(".ci/oldest.txt"):
        oldest = Requirement(line)
        assert oldest.specifier.contains(str(lower_bound(NEEDED[oldest.name])) + ".0"), line


def test_every_import_of_the_package_is_declared():
    providers = packages_distributions()
    declared = {canonicalize_name(name) for name in NEEDED}
    for path in (ROOT / "yolo_course").rglob("*.py"):
        for module in imported_modules(path) - set(sys.stdlib_module_names) - {"yolo_course"}:
            distributions = {canonicalize_name(name) for name in providers.get(module, [])}
            assert distributions & declared, f"{path.name} imports {module}"


def imported_modules(path):
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules.add(node.module.split(".")[0])
    return modules


def test_files_beside_the_code_are_packaged():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["yolo_course"]
    packaged = {path for pattern in patterns for path in (ROOT / "yolo_course").glob(pattern)}
    others = {p for p in (ROOT / "yolo_course").rglob("*") if p.is_file() and p.suffix not in {".py", ".pyc"}}
    assert others and others == packaged


# --- conda and Binder ---------------------------------------------------------------------------------------


def test_environment_yml_leaves_everything_but_python_to_pyproject():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip_section = next(item["pip"] for item in listed if isinstance(item, dict))
    assert pip_section == ["-e ."]
    python, pip = [item for item in listed if isinstance(item, str)]
    version = re.fullmatch(r"python=(3\.\d+)", python)  # the one form that repo2docker understands
    assert version and pip == "pip"
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(version[1])


def test_apt_txt_has_what_the_doctor_advises():
    assert lines("apt.txt") == ["libgl1", "libglib2.0-0"]
    assert all(package in checkup.LIBGL for package in lines("apt.txt"))


def test_no_folder_hides_the_files_from_binder():
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()


# --- CI -----------------------------------------------------------------------------------------------------


def test_workflow_covers_three_systems_and_both_ends_of_torch():
    text = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]["tests"]["strategy"]["matrix"]["include"]
    assert {job["os"].split("-")[0] for job in jobs} == {"ubuntu", "macos", "windows"}
    assert {".ci/oldest.txt", ".ci/newest.txt", "constraints.txt"} == {job["constraints"] for job in jobs}
    assert all((ROOT / job["constraints"]).is_file() for job in jobs)
    assert ".ci/run" in text


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("bash"), reason="needs bash")
def test_ci_run_is_an_executable_bash_script():
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("bash"), reason="needs bash on Linux")
@pytest.mark.parametrize("bare", [True, False])
def test_ci_run_installs_only_what_is_missing(tmp_path, bare):
    libraries = "" if bare else "libGL.so.1 libglib-2.0.so.0"
    says = {"apt-get": 'echo "apt-get $*"', "sudo": "shift; exec $@", "make": 'echo "make $*"'}
    says |= {"ldconfig": f"echo {libraries}"} | dict.fromkeys(("python3", "chromium"), ":")
    for name, body in says.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    command = ["bash", ROOT / ".ci/run"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    installed = [line for line in result.stdout.splitlines() if "install" in line]
    packages = "apt-get install -y -qq --no-install-recommends libgl1 libglib2.0-0"
    assert installed == ([packages] if bare else [])
    assert result.stdout.splitlines()[-1] == "make test"


# --- make, with a Python that only notes what it is asked ------------------------------------------------

FAKE_PYTHON = """#!/bin/sh
echo "$@" >> "{log}"
case "$*" in
  *"import ensurepip"*) exit {too_old} ;;
  *'print("yes")'*) echo yes ;;
  "-m venv"*) mkdir -p .venv/bin && cp "{itself}" .venv/bin/python ;;
esac
"""


class House:
    """A checkout with the real Makefile, where python is the fake."""

    def __init__(self, folder):
        self.folder, self.log = folder / "check out", folder / "log"
        self.folder.mkdir()
        (self.folder / ".ci").mkdir()
        for name in ("Makefile", "pyproject.toml", "constraints.txt", ".ci/oldest.txt"):
            shutil.copy(ROOT / name, self.folder / name)
        self.python = self.interpreter(folder / "python", too_old=0)

    def interpreter(self, path, too_old):
        path.write_text(FAKE_PYTHON.format(log=self.log, too_old=too_old, itself=path), encoding="utf-8")
        path.chmod(0o755)
        return path

    def make(self, *arguments, python=None):
        """Run make; return its result and what python was asked to do, without the probes."""
        self.log.write_text("", encoding="utf-8")
        command = ["make", *arguments, f"PYTHON={python or self.python}"]
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, encoding="utf-8")
        asked = self.log.read_text(encoding="utf-8").splitlines()
        return result, [line for line in asked if line.startswith("-m")]


@pytest.fixture
def house(tmp_path):
    if sys.platform == "win32" or not shutil.which("make"):
        pytest.skip("needs make and a Unix shell")
    return House(tmp_path)


INSTALL = [
    "-m venv --clear .venv",
    "-m pip install --quiet -c constraints.txt pip setuptools",
    "-m pip install -c constraints.txt --no-build-isolation -e .[test]",
]


def test_first_lab_sets_up_and_second_only_starts(house):
    assert house.make("lab")[1] == [*INSTALL, "-m yolo_course lab"]
    assert house.make("lab", "PORT=9000")[1] == ["-m yolo_course lab --port 9000"]


@pytest.mark.parametrize("target", ["test", "compare", "notebooks", "slides", "solutions"])
def test_every_target_is_one_set_up_and_one_command(house, target):
    assert house.make(target)[1] == [*INSTALL, f"-m yolo_course {target}"]
    assert house.make("lab")[1] == ["-m yolo_course lab"]


def test_cpu_wheels_come_from_pytorch_and_are_remembered(house):
    wheels = (
        "-m pip install -c constraints.txt --no-deps --index-url https://download.pytorch.org/whl/cpu torch torchvision"
    )
    assert house.make("lab", "TORCH=cpu")[1] == [*INSTALL[:2], wheels, INSTALL[2], "-m yolo_course lab"]
    assert house.make("lab")[1] == ["-m yolo_course lab"]
    assert house.make("lab", "TORCH=default")[1] == [*INSTALL, "-m yolo_course lab"]


def test_unknown_torch_is_refused(house):
    result, asked = house.make("lab", "TORCH=gpu")
    assert result.returncode != 0 and "TORCH=gpu is not known" in result.stderr and not asked


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed_into_the_same_environment(house, name):
    house.make("lab")
    with (house.folder / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert house.make("lab")[1] == [*INSTALL[1:], "-m yolo_course lab"]


def test_other_constraints_are_installed(house):
    house.make("test")
    asked = house.make("test", "CONSTRAINTS=.ci/oldest.txt")[1]
    assert asked[-2] == "-m pip install -c .ci/oldest.txt --no-build-isolation -e .[test]"


def test_environment_whose_python_is_gone_is_made_again(house):
    house.make("lab")
    (house.folder / ".venv/bin/python").unlink()
    assert house.make("lab")[1] == [*INSTALL, "-m yolo_course lab"]


def test_failed_installation_is_tried_again(house):
    script = house.python.read_text(encoding="utf-8")
    house.python.write_text(script.replace("esac", '  *"-e .[test]"*) exit 1 ;;\nesac'), encoding="utf-8")
    result, asked = house.make("lab")
    assert result.returncode != 0 and asked == INSTALL
    shutil.copy(house.interpreter(house.python, too_old=0), house.folder / ".venv/bin/python")
    assert house.make("lab")[1] == [*INSTALL[1:], "-m yolo_course lab"]


def test_old_python_gets_a_clear_message(house, tmp_path):
    old = house.interpreter(tmp_path / "python2", too_old=1)
    result, asked = house.make("lab", python=old)
    assert result.returncode != 0 and not asked
    assert "needs Python 3.11 or newer" in result.stdout and "make lab PYTHON=" in result.stdout
    assert not (house.folder / ".venv").exists()


def test_clean_removes_the_environment_and_help_names_the_targets(house):
    house.make("lab")
    house.make("clean")
    assert not (house.folder / ".venv").exists()
    text = house.make()[0].stdout
    assert all(
        word in text for word in ("lab", "test", "compare", "notebooks", "slides", "solutions", "clean", "TORCH=cpu")
    )
