"""Two processes train one model: on one machine, over its loopback, with the CPU's ``gloo``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.learn.test_train import TRAIN_SET, VAL_SET, trainer_in
from tests.learn.tiny import same_state, tiny_model, untimed
from yolo_course.learn import parallel
from yolo_course.learn.batches import NO_AUGMENT, Batches
from yolo_course.learn.run import RunFolder, read_rows
from yolo_course.learn.train import Trainer, resume, train
from yolo_course.learn.transfer import freeze
from yolo_course.weights import load_checkpoint

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "epochs": 2, "size": 64, "batch_size": 4, "warmup": 2, "precision": "fp32", "device": "cpu", "threads": 1,
}  # fmt: skip
BATCH = Batches(TRAIN_SET, 64, 2, NO_AUGMENT)[0]


def with_fixed_norms():
    """A model whose output for a picture does not depend on the others in its batch."""
    model = tiny_model()
    freeze(model, [f"{n}." for n, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)])
    return model.train()


def gradients(folder: Path, wrap: Callable, images: torch.Tensor, targets: torch.Tensor) -> dict:
    """Of one batch, by the trainer's own way back."""
    trainer = trainer_in(folder, with_fixed_norms())
    trainer._back(wrap(trainer.model), images, targets)
    return {name: p.grad for name, p in trainer.model.named_parameters() if p.requires_grad}


def stop_after_an_epoch(self, network, epoch, go_on=Trainer._epoch):
    go_on(self, network, epoch)
    raise KeyboardInterrupt


def work(folder: Path) -> None:
    """What each of the two processes does; its findings go to ``rank<n>.pt``."""
    cpu, model, called = torch.device("cpu"), tiny_model(), []
    options = {**SETTINGS, "progress": False}
    with parallel.group(cpu):
        on_epoch = {"on_epoch": lambda row: called.append(row["epoch"])}
        train(model, TRAIN_SET, VAL_SET, folder / "whole", **on_epoch, **options)
        of_one_batch = gradients(folder / "unused", lambda m: parallel.wrap(m, cpu), *BATCH)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Trainer, "_epoch", stop_after_an_epoch)
            train(tiny_model(), TRAIN_SET, VAL_SET, folder / "halved", **options)
        resume(folder / "halved", TRAIN_SET, VAL_SET, progress=False)
    weights = {name: p.detach() for name, p in model.named_parameters()}
    findings = {"weights": weights, "called": called, "gradients": of_one_batch}
    torch.save(findings, folder / f"rank{parallel.rank()}.pt")


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Path:
    """The folder in which two processes have done their work."""
    folder = tmp_path_factory.mktemp("two")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = folder / "script.py"
    script.write_text(
        "from pathlib import Path\nfrom tests.learn.test_parallel import work\nwork(Path(__file__).parent)\n",
        encoding="utf-8",
    )
    loopback = {"linux": "lo", "darwin": "lo0"}.get(sys.platform)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment |= {"GLOO_SOCKET_IFNAME": loopback} if loopback else {"USE_LIBUV": "0"}
    launch = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1"]
    command = [sys.executable, *launch, "--master-port", str(port), str(script)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def of_rank(folder: Path, rank: int) -> dict:
    return torch.load(folder / f"rank{rank}.pt", weights_only=True)


class TestTwoProcesses:
    def test_both_end_with_equal_weights(self, two):
        assert same_state(of_rank(two, 0)["weights"], of_rank(two, 1)["weights"])

    def test_only_the_first_writes_and_reports(self, two):
        assert of_rank(two, 0)["called"] == [1, 2] and of_rank(two, 1)["called"] == []
        assert {file.name for file in (two / "whole").iterdir()} == {
            "config.yaml", "machine.json", "metrics.csv", "best.safetensors", "last.pt"
        }  # fmt: skip
        assert [row["epoch"] for row in read_rows(two / "whole" / "metrics.csv")] == [1, 2]
        last = RunFolder(two / "whole").load_last()
        weights = of_rank(two, 0)["weights"]
        assert same_state({name: last["model"][name] for name in weights}, weights)
        assert load_checkpoint(two / "whole" / "best.safetensors").num_classes == 2

    def test_with_the_same_batch_on_both_they_equal_one_process_on_the_doubled_batch(self, two, tmp_path):
        images, targets = BATCH
        twice = targets + torch.tensor([len(images), 0, 0, 0, 0, 0])
        doubled = torch.cat((images, images)), torch.cat((targets, twice))
        alone = gradients(tmp_path, lambda model: model, *doubled)
        for rank in (0, 1):
            together = of_rank(two, rank)["gradients"]
            assert together.keys() == alone.keys()
            for name, gradient in alone.items():
                tolerance = 1e-5 * gradient.abs().max().item()
                assert torch.allclose(together[name], gradient, rtol=1e-3, atol=tolerance), name

    def test_stopped_and_resumed_together(self, two):
        whole, halved = (RunFolder(two / name).load_last() for name in ("whole", "halved"))
        for state in (whole, halved):
            state["rows"] = untimed(state["rows"])
        assert same_state(whole, halved)


class TestOneProcess:
    def test_alone_everything_does_nothing(self):
        model, cpu = tiny_model(), torch.device("cpu")
        assert (parallel.rank(), parallel.world()) == (0, 1)
        with parallel.group(cpu):
            assert not torch.distributed.is_initialized()
            assert parallel.wrap(model, cpu) is model
            parallel.wait()

    @pytest.mark.parametrize(
        ("name", "gpus", "expected"),
        [("auto", True, "cuda:3"), ("cuda", True, "cuda:3"), ("cuda:0", True, "cuda:3"), ("cpu", True, "cpu"),
         ("auto", False, "auto"), ("cuda", False, "cuda"), ("mps", False, "mps")],
    )  # fmt: skip
    def test_each_process_has_a_gpu_of_its_own(self, monkeypatch, name, gpus, expected):
        """``cuda:0`` is what the first process wrote into the configuration that all of them resume from."""
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus)
        assert parallel.device_name(name) == name
        for key, value in (("RANK", "7"), ("LOCAL_RANK", "3"), ("WORLD_SIZE", "8")):
            monkeypatch.setenv(key, value)
        assert (parallel.rank(), parallel.world()) == (7, 8)
        assert parallel.device_name(name) == expected
