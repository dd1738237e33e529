"""YOLOv5 in five stages, and transfer learning with frozen layers: the helper package of the course.

    import yolo_course as yc

Names are loaded when they are first used, so that the command line and the doctor start fast, and start at all
where a library is broken.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "1.0.0"

_HOME = {
    "YOLOv5": "model",
    "YOLOLoss": "stages.loss",
    "scale_hyp": "stages.loss",
    "assign_targets": "stages.loss",
    "non_max_suppression": "stages.head",
    "decode": "stages.head",
    "letterbox": "stages.input",
    "mosaic": "stages.input",
    "cutout": "stages.input",
    "hsv_jitter": "stages.input",
    "random_affine": "stages.input",
    "flip": "stages.input",
    "mixup": "stages.input",
    "rectangular_batches": "stages.input",
    "collate": "stages.input",
    "load_checkpoint": "weights",
    "save_weights": "weights",
    "transfer_weights": "weights",
    "CheckpointError": "weights",
    "Dataset": "data",
    "DataError": "data",
    "load_dataset": "data",
    "data_dir": "data",
    "freeze": "learn.transfer",
    "FreezeReport": "learn.transfer",
    "train": "learn.train",
    "resume": "learn.train",
    "evaluate": "learn.evaluate",
    "compare": "learn.compare",
    "predict": "learn.predict",
    "course_model": "learn.start",
    "doctor": "machine",
}
__all__ = [*_HOME, "__version__"]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'yolo_course' has no attribute {name!r}")
    value = getattr(import_module(f"yolo_course.{_HOME[name]}"), "summary_line" if name == "doctor" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
