"""The commands that work with data and detectors, as they are typed."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.small import NAMES, eager_weights, small_set
from yolo_course.cli import app
from yolo_course.data import DataError
from yolo_course.data.video import VideoWriter
from yolo_course.learn import compare as comparing
from yolo_course.learn import models
from yolo_course.learn.settings import Settings
from yolo_course.learn.train import NonFiniteLoss, Trainer
from yolo_course.weights import load_checkpoint

ROOT = Path(__file__).parents[1]
COMMANDS = ("render", "check", "train", "evaluate", "detect", "compare")
QUICK = "--size 64 --batch-size 2 --precision fp32 --device cpu --threads 1".split()


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments], prog_name="yolo-course", terminal_width=200)


def ran(*arguments):
    """The output of a command that succeeds."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def failed(*arguments):
    """The message of a command that fails as it should: exit status 1 and no traceback."""
    result = run(*arguments)
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit), result.output
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data():
    return small_set(Path("set"))


@pytest.fixture
def weights():
    return eager_weights(Path("eager.safetensors"), size=64)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_help_has_an_example(command):
    text = ran(command, "--help")
    assert f"yolo-course {command}" in " ".join(text.split()) and "Example" in text


def test_the_help_of_train_states_the_true_defaults():
    text = " ".join(ran("train", "--help").replace("│", " ").partition("Options")[2].split())
    for name in ("epochs", "size", "batch_size", "lr", "seed"):
        stated = re.search(rf"--{name.replace('_', '-')} .*?Default ([\d.]+\d|\d+)", text)[1]
        assert float(stated) == getattr(Settings, name, None), name


def test_check_shows_the_splits_and_classes_of_a_sound_set(data):
    text = ran("check", data)
    assert all(word in text for word in ("train", "val", "test", *NAMES, "14 px", "can be trained on"))


def test_check_lists_what_is_wrong(data):
    file = next((data / "labels/train").iterdir())
    file.write_text("5 .5 .5 .1 .1\n" * 12 + "0 .5 .5 0 .1\n", encoding="utf-8")
    text = failed("check", data)
    assert "!! undeclared classes: 12" in text and "line 1:" in text and "fix: Correct the class" in text
    assert "i boxes without width or height dropped: 1" in text and "Something is wrong" in text
    assert "and 2 more" in text and "more" not in failed("check", data, "--all")


@pytest.mark.parametrize(
    ("place", "message"), [("nowhere", "no such file"), (".", "found neither"), ("source", "render")]
)
def test_check_of_nothing(place, message):
    assert message in failed("check", place)


def test_render_writes_a_set_that_check_accepts():
    assert "small: train 2, val 2, test 2 pictures" in ran("render", "far", "--folder", "small", "--count", "2")
    assert "stop" in ran("check", "small")


def test_render_leaves_other_peoples_folders_and_the_courses_own_sets_alone():
    Path("mine").mkdir()
    Path("mine/file").touch()
    assert "something else" in failed("render", "near", "--folder", "mine", "--count", "1")
    assert "Name a folder" in failed("render", "all", "--count", "1")
    assert run("render", "middle").exit_code == 2


def test_train_evaluate_and_detect_one_after_the_other(data):
    text = ran(
        "train",
        data,
        "--weights",
        "none",
        "--epochs",
        "1",
        "--freeze",
        "backbone",
        *QUICK,
        "--export",
        "a.st",
        "--half",
    )
    assert "frozen: rows 0-9" in text and "1 epoch in" in text and "best.safetensors" in text
    assert "yolo-course evaluate set --weights a.st" in text and "yolo-course detect PICTURES --weights a.st" in text
    assert Path("runs/train-1/metrics.csv").is_file() and load_checkpoint("a.st").names == NAMES
    text = ran("evaluate", data, "--weights", "a.st", "--split", "test", "--json", "out/figures.json")
    assert "3 pictures at 64 pixels" in text and all(name in text for name in ("all", *NAMES))
    figures = json.loads(Path("out/figures.json").read_text(encoding="utf-8"))
    assert figures["split"] == "test" and figures["size"] == 64 and set(figures["per_class"]) == set(NAMES)
    assert "objects in 3 pictures" in ran("detect", data / "images/val", "--weights", "a.st")
    ran("train", data, "--weights", "a.st", "--epochs", "1", *QUICK)
    assert Path("runs/train-2").is_dir()


def test_options_of_train_arrive_in_the_run(data, weights):
    options = "--epochs 1 --lr 0.01 --seed 5 --images 2"
    named = "--hyp mosaic=0 --hyp box=0.1 --set optimizer=SGD --set warmup=1"
    freeze = "--freeze model.0.,model.1. --freeze model.2. --batchnorm updating --folder my_run --anchor-scale 0.4"
    text = ran("train", data, "--weights", weights, *options.split(), *named.split(), *freeze.split(), *QUICK)
    assert "frozen: rows 0-2" in text and "drift" in text and "2 pictures to learn from" in text
    config = Path("my_run/config.yaml").read_text(encoding="utf-8")
    for line in (
        "lr: 0.01",
        "seed: 5",
        "optimizer: SGD",
        "warmup: 1",
        "mosaic: 0",
        "box: 0.1",
        "batchnorm: updating",
    ):
        assert line in config, line


def test_train_goes_on_with_a_run_that_was_stopped(data, weights, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "go", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        assert run("train", data, "--weights", weights, "--epochs", "2", *QUICK).exit_code != 0
    assert "2 epochs" in ran("train", "--resume", "runs/train-1")
    Path("runs/train-1/data.json").unlink()
    assert "name the data" in failed("train", "--resume", "runs/train-1")
    assert "2 epochs" in ran("train", data, "--resume", "runs/train-1")
    assert f"evaluate {Path('set').resolve()}" in ran("train", "--resume", "runs/train-1")
    with open("runs/train-1/metrics.csv", encoding="utf-8") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("nowhere", "no such file"),
        ("set --weights missing.pt", "found no file 'missing.pt'"),
        ("set --freeze backbon", "backbone, backbone+neck"),
        ("set --freeze model.99.", "near ones are"),
        ("set --batchnorm free", "'updating'"),
        ("set --size 100", "multiple of 32"),
        ("set --epochs 0", "1 or more"),
        ("set --precision fp12", "expected one of auto"),
        ("set --device tpu", "found device"),
        ("set --hyp mosaik=1", "mosaic"),
        ("set --hyp mosaic", "NAME=VALUE"),
        ("set --set warm_up=1", "warmup"),
        ("set --images 4", "expected 1 to 3"),
        ("set --network s", "leave it out"),
        ("set --on-error never", "on_error"),
        ("set --export eager.safetensors", "already"),
        ("set --resume runs/train-9", "found no run"),
        ("set --resume runs/train-9 --lr 0.1 --freeze 10", "found lr, freeze beside --resume"),
        ("", "found no data"),
    ],
)
def test_train_says_what_is_wrong_and_leaves_nothing(data, weights, options, message):
    start = [] if "--weights" in options or "--resume" in options else ["--weights", weights]
    assert message in failed("train", *options.split(), *start)
    assert not Path("runs").exists()


def test_train_does_not_overwrite_a_run(data, weights):
    Path("mine").mkdir()
    Path("mine/config.yaml").touch()
    text = failed("train", data, "--weights", weights, "--epochs", "1", *QUICK, "--folder", "mine")
    assert "found a run in mine" in text and os.listdir("mine") == ["config.yaml"]


def test_train_without_a_split_to_measure_on(weights):
    assert "no split `val:`" in failed("train", small_set(Path("half"), ("train",)), "--weights", weights)


def test_train_tells_wrong_entries_that_it_leaves_out(data, weights):
    file = next((data / "labels/train").iterdir())
    file.write_text("5 .5 .5 .1 .1\n", encoding="utf-8")
    assert "found class 5" in failed("train", data, "--weights", weights)
    text = ran("train", data, "--weights", weights, "--on-error", "warn", "--epochs", "1", *QUICK)
    assert "Note: undeclared classes (left out): 1" in text and "UserWarning" not in text


def test_a_loss_that_is_no_number_is_a_message(data, weights, monkeypatch):
    def break_down(*_):
        raise NonFiniteLoss("found the loss nan in epoch 1")

    monkeypatch.setattr("yolo_course.learn.session.start", break_down)
    assert "found the loss nan" in failed("train", data, "--weights", weights)


def test_two_processes_train_in_one_folder(data):
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--standalone",
        "-m",
        "yolo_course",
    ]
    command += ["train", str(data), "--weights", "none", "--epochs", "1", *QUICK]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, timeout=280)
    assert result.returncode == 0, result.stderr[-3000:]
    assert os.listdir("runs") == ["train-1"] and result.stdout.count("1 epoch in") == 1


def test_evaluate_says_what_is_wrong(data, weights):
    assert "split `trial`" in failed("evaluate", data, "--weights", weights, "--split", "trial").replace(":`", "`")
    assert "multiple of 32" in failed("evaluate", data, "--weights", weights, "--size", "50")
    Path("broken.safetensors").write_bytes(b"no weights")
    assert "cannot load broken" in failed("evaluate", data, "--weights", "broken.safetensors")
    ran("render", "near", "--folder", "near3", "--count", "1")
    assert "2 classes" in failed("evaluate", "near3", "--weights", weights)


def test_detect_in_pictures_a_folder_and_a_video(data, weights):
    picture = next((data / "images/train").iterdir())
    sources = [picture, data / "images/val", write_video("walk.avi")]
    text = ran("detect", *sources, "--weights", weights, "--conf", "0.5", "--iou", "0.3")
    content = json.loads(Path("runs/detect-1/detections.json").read_text(encoding="utf-8"))
    chosen = {
        "weights": "eager.safetensors",
        "size": 64,
        "conf": 0.5,
        "iou": 0.3,
        "names": NAMES,
        "unreadable": [],
    }
    assert {key: content[key] for key in chosen} == chosen
    assert [row["frame"] for row in content["results"]] == [None] * 4 + [0, 1]
    assert all(thing["score"] > 0.5 for row in content["results"] for thing in row["objects"])
    objects = sum(len(row["objects"]) for row in content["results"])
    assert objects and f"{objects} objects in 6 pictures and frames" in text
    assert {row["annotated"] for row in content["results"]} <= set(os.listdir("runs/detect-1"))


def test_detect_takes_a_size_classes_and_a_folder(data, weights):
    options = ["--size", "96", "--classes", "dark one", "--folder", "out", "--conf", "0"]
    ran("detect", data / "images/val", "--weights", weights, *options)
    content = json.loads(Path("out/detections.json").read_text(encoding="utf-8"))
    assert content["size"] == 96
    assert {thing["name"] for row in content["results"] for thing in row["objects"]} <= {"dark one"}
    assert "holds something already" in failed("detect", data / "images/val", "--weights", weights, "--folder", "out")


def test_detect_goes_on_after_what_it_cannot_read_but_says_so(data, weights):
    text = failed("detect", "missing.jpg", data / "images/val", "--weights", weights)
    assert "! missing.jpg: there is no such picture" in text and "1 could not be read" in text
    assert len(os.listdir("runs/detect-1")) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("set/images --weights missing.pt", "found no file"),
        ("set/images --weights eager.safetensors --classes lion", "expected a name such as bright, dark one"),
        ("set/images --weights eager.safetensors --size 70", "multiple of 32"),
        ("set/images --weights eager.safetensors --conf 2", "between 0 and 1"),
        ("set/images --weights eager.safetensors --device tpu", "found device"),
        ("set/labels --weights eager.safetensors", "no picture and no video"),
    ],
)
def test_detect_says_what_is_wrong_and_leaves_nothing(data, weights, options, message):
    assert message in failed("detect", *options.split())
    assert not Path("runs").exists()


def write_video(name):
    from tests.small import small_split

    try:
        with VideoWriter(Path(name), 10, (64, 64)) as video:
            for image in small_split(2).images:
                video.write(image)
    except DataError as error:
        pytest.skip(f"this OpenCV writes no video: {error}")
    return video.path


EXPERIMENT = """
target: {target}
images: 2
weights: {weights}
modes: [{{name: unfrozen, lr: 0.003}}, {{name: backbone, lr: 0.003, freeze: backbone}}]
settings: {{epochs: 2, size: 32, batch_size: 2, device: cpu, precision: fp32, threads: 1}}
"""


@pytest.fixture
def experiment(data, weights, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_DATA", str(Path("course").resolve()))
    Path("course/experiments").mkdir(parents=True)
    file = Path("course/experiments/tiny.yaml")
    file.write_text(EXPERIMENT.format(target=data.resolve(), weights=weights.resolve()), encoding="utf-8")
    return file


def test_compare_trains_in_every_mode_and_records_the_figures(experiment):
    options = ["tiny", "--seeds", "0,1", "--epochs", "1", "--jobs", "1"]
    text = ran("compare", *options, "--record")
    assert "tiny: 2 modes, seeds 0, 1; in runs" in text and "4/4" in text
    assert "last epoch on the test split, 3 pictures" in text and "backbone" in text
    (machine,) = Path("course/runs").iterdir()
    assert f"recorded in {Path('course').resolve()}" in text.replace("\n", "")
    suffixes = {file.suffix for file in (machine / "tiny").rglob("*") if file.is_file()}
    assert suffixes == {".csv", ".json", ".yaml"}
    assert str(comparing.load_comparison(machine / "tiny")) in text
    assert str(Path.cwd()) not in (machine / "tiny/experiment.yaml").read_text(encoding="utf-8")
    assert "delete it first" in failed("compare", *options, "--record", "--folder", "other")
    assert not Path("other").exists()  # found out before the work
    assert "4/4" not in ran("compare", *options)  # nothing is trained twice


def test_compare_with_another_target(experiment):
    data = small_set(Path("more"), count=5)
    Path("more/labels/train/0.txt").write_text("0 0.5 0.5 0 0\n", encoding="utf-8")
    text = ran("compare", "tiny", "--epochs", "1", "--jobs", "1", "--target", data)
    assert "on the test split, 5 pictures" in text
    assert text.count("Note: boxes without width or height dropped: 1") == 1  # not by every run


def test_compare_with_other_weights_stands_beside(experiment, weights):
    options = ["tiny", "--epochs", "1", "--jobs", "1"]
    Path("eager.safetensors").rename("mine.safetensors")  # those that the experiment itself names are no longer there
    ran("compare", *options, "--weights", "mine.safetensors", "--record")
    assert [path.name for path in Path("runs").iterdir()] == ["tiny-mine"]
    (machine,) = Path("course/runs").iterdir()
    assert "weights: mine.safetensors" in (machine / "tiny-mine/experiment.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("nothing", "expected a YAML file or one of tiny"),
        ("tiny --weights missing.pt", "found no file"),
        ("tiny --seeds 0,x", "expected whole numbers"),
        ("tiny --seeds 0 --device tpu", "found device"),
        ("missing.yaml", "found no experiment"),
    ],
)
def test_compare_says_what_is_wrong(experiment, options, message):
    assert message in failed("compare", *options.split(), "--jobs", "1")
    assert not Path("runs/tiny-missing").exists()


@pytest.fixture
def seen(monkeypatch):
    """What compare is asked to run; nothing is trained, no weights are fetched."""
    seen = {"opened": []}

    def run_all(experiment, folder, **options):
        seen.update(
            options, folder=folder, **{field.name: getattr(experiment, field.name) for field in fields(experiment)}
        )
        return "the table"

    monkeypatch.setattr(comparing, "compare", run_all)
    monkeypatch.setattr(models, "open_weights", seen["opened"].append)
    return seen


@pytest.mark.parametrize(
    ("words", "name", "weights", "opened"),
    [
        ("bccd --weights yolov5s", "bccd-yolov5s", "yolov5s", ["yolov5s"]),
        ("bccd --weights course", "bccd", None, []),
        ("bccd", "bccd", None, []),
    ],
)
def test_compare_opens_weights_once_and_keeps_their_name(seen, words, name, weights, opened):
    ran("compare", *words.split())
    assert (seen["name"], seen["weights"], seen["opened"]) == (name, weights, opened)
    assert (seen["target"], seen["anchor_scale"], seen["folder"]) == ("bccd", 0.5, Path("runs", name))


def test_compare_takes_the_quick_one_if_nothing_is_named(seen):
    assert "the table" in ran("compare", "--epochs", "3")
    assert (seen["name"], seen["folder"], seen["jobs"]) == ("quick", Path("runs/quick"), None)
    assert seen["seeds"] == (0,) and seen["settings"]["epochs"] == 3
