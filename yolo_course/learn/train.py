"""Training: the plain loop. Predict, compare, go back, step; average the weights; measure; save.

result = train(model, train_set, val_set, "runs/first", epochs=24, size=128)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from yolo_course.data import Dataset
from yolo_course.learn import parallel
from yolo_course.learn.batches import AUGMENT, Batches, Waiting, in_order
from yolo_course.learn.device import choose
from yolo_course.learn.device_batches import DeviceBatches, Store
from yolo_course.learn.evaluate import evaluate
from yolo_course.learn.fit import check_fit
from yolo_course.learn.guard import Guard, NonFiniteLoss
from yolo_course.learn.optim import EMA, learning_rate, make_optimizer
from yolo_course.learn.run import RunFolder
from yolo_course.learn.settings import Settings
from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5
from yolo_course.stages.loss import YOLOLoss, scale_hyp
from yolo_course.weights import save_weights

__all__ = ["NonFiniteLoss", "Result", "Trainer", "fitness", "resume", "train"]


@dataclass(frozen=True)
class Result:
    """What training leaves: the averaged model of the last epoch, a dict an epoch, and where the files are."""

    model: YOLOv5
    rows: list[dict]
    folder: Path


def train(
    model: YOLOv5,
    train_set: Dataset,
    val_set: Dataset | None,
    folder: str | Path,
    *,
    progress: bool = True,
    on_epoch: Callable[[dict], None] | None = None,
    **settings,
) -> Result:
    """Train ``model`` in place; the keywords are the fields of :class:`Settings`. Frozen rows stay as they are.

    Writes a run folder: ``config.yaml``, ``machine.json``, ``metrics.csv`` (a row an epoch, as it goes),
    ``best.safetensors`` (the averaged weights of the best epoch on ``val_set``; of the last one without) and
    ``last.pt`` (all that :func:`resume` needs). ``on_epoch`` is called with each row. Under ``torchrun`` each process
    takes its share of every batch.

    Raises ValueError for settings, data and model that do not fit, RunError where ``folder`` holds a run already,
    and NonFiniteLoss, with the batch saved, when the loss is no longer a number.
    """
    trainer = Trainer(model, train_set, val_set, RunFolder(folder), Settings.of(**settings), progress, on_epoch)
    trainer.start()
    return trainer.go()


def resume(
    folder: str | Path,
    train_set: Dataset,
    val_set: Dataset | None,
    *,
    progress: bool = True,
    on_epoch: Callable[[dict], None] | None = None,
) -> Result:
    """Go on with a run that was stopped, with its stored settings: on a CPU, bit for bit as if never stopped."""
    run = RunFolder(folder)
    config = run.read_config()
    model, frozen = YOLOv5.from_yaml(config.pop("network")), config.pop("frozen")
    freeze(model, frozen["prefixes"], frozen["batchnorm"])
    trainer = Trainer(model, train_set, val_set, run, Settings.of(**config), progress, on_epoch)
    trainer.restore(run.load_last())
    return trainer.go()


class Trainer:
    """One training run: its model, its data, and what has come of it so far."""

    def __init__(self, model, train_set, val_set, run: RunFolder, settings: Settings, progress=True, on_epoch=None):
        check_fit(model, train_set, val_set)
        model.names = list(train_set.names)
        self.run, self.settings, self.on_epoch = run, settings, on_epoch
        self.leads = parallel.rank() == 0
        self.progress = progress and self.leads
        self.compute = choose(parallel.device_name(settings.device), settings.precision)
        self.train_set, self.val_set = train_set.resized(settings.size), val_set
        self.augment = {**AUGMENT, **{k: v for k, v in settings.hyp.items() if k in AUGMENT}}
        on_device = settings.augment_on == "device"
        self.store = Store(self.train_set, settings.size, self.compute.device) if on_device else None
        self._batches(0)  # whatever cannot be made is refused now, before there is a folder
        self.model = self.compute.place(model)
        self.loss = YOLOLoss(model, scale_hyp(settings.hyp, settings.size, model.num_classes))
        steps = settings.optimizer, settings.lr, settings.momentum, settings.weight_decay
        self.optimizer = make_optimizer(model, *steps)
        self.ema = EMA(model, settings.ema, settings.ema_ramp)
        self.scaler = torch.amp.GradScaler(self.compute.device.type, enabled=self.compute.precision == "fp16")
        file = run.path / f"nonfinite_batch_rank{parallel.rank()}.pt"
        self.guard = Guard(file, waits=self.compute.device.type != "cpu")
        self.rows: list[dict] = []

    def start(self) -> None:
        """Open the run folder with everything that decides the run's numbers."""
        chosen = {
            **asdict(self.settings),
            "device": str(self.compute.device),
            "precision": self.compute.precision,
            "threads": self.settings.threads or torch.get_num_threads(),
            "network": {**self.model.config, "names": list(self.model.names)},
            "frozen": {"prefixes": list(self.model.frozen_prefixes), "batchnorm": self.model.frozen_batchnorm},
        }
        if self.leads:
            self.run.start(chosen, self._state())

    def restore(self, state: dict) -> None:
        """Put everything back to where ``last.pt`` was written."""
        self.model.load_state_dict(state["model"])
        self.ema.model.load_state_dict(state["ema"])
        self.ema.updates, self.rows = state["updates"], state["rows"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        if self.leads and self.rows:
            self.run.write_metrics(self.rows)  # the kill may have come between the two files

    def go(self) -> Result:
        """Train to the end; the number of CPU threads is put back afterwards."""
        threads = torch.get_num_threads()
        torch.set_num_threads(self.settings.threads or threads)
        try:
            with parallel.group(self.compute.device):
                network = parallel.wrap(self.model, self.compute.device)
                for epoch in range(len(self.rows), self.settings.epochs):
                    self._epoch(network, epoch)
        finally:
            torch.set_num_threads(threads)
        return Result(self.ema.model, self.rows, self.run.path)

    def _epoch(self, network: nn.Module, epoch: int) -> None:
        settings, batches = self.settings, self._batches(epoch)
        with tqdm(total=len(batches), desc=f"epoch {epoch + 1}/{settings.epochs}", disable=not self.progress) as bar:
            row = self._learn(network, batches, epoch, bar)
            is_last = epoch + 1 == settings.epochs
            if self.leads:
                row |= self._measure(is_last or (epoch + 1) % settings.evaluate_every == 0)
                self._save(row, is_last)
                shown = {key: row[key] for key in ("box", "obj", "cls", "map50") if row[key] is not None}
                bar.set_postfix({key: f"{value:.3f}" for key, value in shown.items()})
        parallel.wait()
        if self.on_epoch and self.leads:
            self.on_epoch(row)

    def _batches(self, epoch: int) -> Batches:
        settings, augment = self.settings, self.augment
        if epoch >= settings.epochs - settings.close_mosaic:
            augment = {**augment, "mosaic": 0.0, "mixup": 0.0}
        order = {"seed": settings.seed, "epoch": epoch, "rank": parallel.rank(), "world": parallel.world()}
        if self.store is not None:
            return DeviceBatches(self.store, settings.batch_size, augment, **order)
        return Batches(self.train_set, settings.size, settings.batch_size, augment, rect=settings.rect, **order)

    def _learn(self, network: nn.Module, batches: Batches, epoch: int, bar: tqdm) -> dict:
        """One pass over the training set."""
        self.model.train()
        self.compute.reset_peak_memory()
        total, began = torch.zeros(3, device=self.compute.device), time.perf_counter()
        for_gpu = self.store is None and self.compute.device.type == "cuda"
        loader = Waiting(in_order(batches, self.settings.workers, pin_memory=for_gpu))
        for index, (images, targets) in enumerate(loader):
            steps = -(-len(batches) // self.settings.accumulate)
            self._set_learning_rate(epoch * steps + index // self.settings.accumulate, self.settings.epochs * steps)
            loss, parts = self._back(network, images, targets)
            total += parts
            self.guard.watch(loss, batches, epoch, index)
            if (index + 1) % self.settings.accumulate == 0 or index + 1 == len(batches):
                self._step()
            bar.update()
        self.guard.finish(self.model, batches)
        self.compute.synchronise()
        seconds = time.perf_counter() - began
        box, objectness, label = (total / len(batches)).tolist()
        speed = {"seconds": seconds, "images_per_second": len(self.train_set) / seconds, "wait_seconds": loader.seconds}
        row = {"epoch": epoch + 1, "box": box, "obj": objectness, "cls": label}
        return {**row, "lr": self.optimizer.param_groups[0]["lr"], **speed, **self.compute.peak_memory()}

    def _set_learning_rate(self, step: int, steps: int) -> None:
        s = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = s.lr * learning_rate(step, steps, s.warmup, s.final_lr, s.schedule)

    def _back(self, network: nn.Module, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Predict, compare, go back. Returns the loss and its parts."""
        with self.compute.autocast():
            raw = network(images.to(self.compute.device, non_blocking=True))
        loss, parts = self.loss(raw, targets)
        # DistributedDataParallel averages over the processes; the loss of a batch is a sum over its pictures.
        self.scaler.scale(loss * parallel.world()).backward()
        return loss, parts

    def _step(self) -> None:
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_([p for p in self.model.parameters() if p.requires_grad], self.settings.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.ema.update(self.model)

    @torch.no_grad()
    def _measure(self, wanted: bool) -> dict:
        keys = ("map50", "map50_95", "precision", "recall", "eval_seconds")
        if self.val_set is None or not wanted:
            return dict.fromkeys(keys)
        began = time.perf_counter()
        with self.compute.autocast():
            metrics = evaluate(self.ema.model, self.val_set, size=self.settings.size)
        values = *(getattr(metrics, key) for key in keys[:-1]), time.perf_counter() - began
        return dict(zip(keys, values, strict=True))

    def _save(self, row: dict, is_last: bool) -> None:
        former = max((fitness(r) for r in self.rows), default=-1.0)
        self.rows.append(row)
        if fitness(row) > former or (is_last and self.val_set is None):
            save_weights(self.ema.model, self.run.best, metadata={"epoch": row["epoch"], "map50": row["map50"]})
        self.run.save_last(self._state())
        self.run.write_metrics(self.rows)

    def _state(self) -> dict:
        return {
            "model": self.model.state_dict(),
            "ema": self.ema.model.state_dict(),
            "updates": self.ema.updates,
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "rows": self.rows,
        }


def fitness(row: dict) -> float:
    """What "best" means: mostly mAP50-95, as in the original; -1 for an epoch that was not measured."""
    return -1.0 if row["map50"] is None else 0.1 * row["map50"] + 0.9 * row["map50_95"]
