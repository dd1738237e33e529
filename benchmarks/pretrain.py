"""Pre-train the course's own weights: YOLOv5n (v7.0) on the rendered source domain.

    python benchmarks/pretrain.py            (about 20 minutes on one free core with bfloat16 instructions)

Writes data/weights/yolov5n_source.safetensors (float16) and its model card. The figures on the card are those of this
run: the weights as they are stored, measured on the validation split, which chose nothing.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import torch

from yolo_course.data import data_dir
from yolo_course.data.embedded import source_dataset
from yolo_course.learn.evaluate import evaluate
from yolo_course.learn.run import write_text
from yolo_course.learn.start import course_weights
from yolo_course.learn.train import resume, train
from yolo_course.model import YOLOv5
from yolo_course.weights import load_checkpoint, save_weights

PICTURES, RENDERED_AT, SEED = 12_000, 160, 0
# Most classes differ in their outline only, which few pixels hold: so few mosaics, which make the pictures smaller.
SETTINGS = {
    "epochs": 10,
    "size": 128,
    "batch_size": 16,
    "lr": 3e-3,
    "warmup": 100,
    "ema": 0.998,
    "ema_ramp": 500.0,
    "threads": 1,
    "seed": SEED,
    "hyp": {"mosaic": 0.2, "scale": 0.3},
}
ANCHOR_SCALE = 0.4  # of the COCO anchors: the pictures are a fifth as wide as COCO's 640 pixels, the objects larger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("runs/pretrain"))
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    arguments = parser.parse_args()
    train_set, val_set = source_dataset("train", PICTURES, RENDERED_AT, workers=2), source_dataset("val")
    if arguments.resume:
        trained = resume(arguments.folder, train_set, val_set).model
    else:
        torch.manual_seed(SEED)
        model = YOLOv5("n", "v7.0", names=train_set.names, num_classes=len(train_set.names))
        model.detect.set_anchors(model.detect.anchor_pixels * ANCHOR_SCALE)
        trained = train(model, train_set, val_set, arguments.folder, **SETTINGS).model
    save_weights(trained, course_weights(), half=True)
    write_card(arguments.folder, val_set)


def write_card(folder: Path, val_set) -> None:
    metrics = evaluate(load_checkpoint(course_weights()), val_set, size=SETTINGS["size"])
    machine = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    seen = PICTURES * SETTINGS["epochs"]
    card = f"""# yolov5n_source: the course's own weights

YOLOv5n as of release v7.0, {len(val_set.names)} classes ({", ".join(val_set.names)}), stored as float16.

| | |
|---|---|
| command | `python benchmarks/pretrain.py`, {date.today().isoformat()} |
| seed | {SEED} (weights, batches, augmentation) |
| data | the source domain, {PICTURES:,} pictures rendered at {RENDERED_AT} px; {seen:,} seen at {SETTINGS["size"]} px |
| settings | {", ".join(f"{key} {value}" for key, value in SETTINGS.items())} |
| machine | {machine["cpu"]}, one thread, torch {machine["packages"]["torch"]}, Python {machine["python"]} |
| **mAP50** | **{metrics.map50:.3f}** on the source's validation split ({len(val_set)} pictures), last epoch |
| mAP50-95 | {metrics.map50_95:.3f} |

Not a pre-training on COCO: these weights have seen drawn shapes and nothing else. They are there so that transfer
learning can be tried in seconds, without a network, and they are under this project's own licence (MIT).
"""
    write_text(data_dir() / "weights" / "README.md", card)
    print(card)


if __name__ == "__main__":
    main()
