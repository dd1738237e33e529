"""Do a model and the pictures belong together? Asked before hours of training, not after."""

from __future__ import annotations

from yolo_course.data import DataError, Dataset
from yolo_course.model import YOLOv5


def check_fit(model: YOLOv5, train_set: Dataset, val_set: Dataset | None) -> None:
    """Raise DataError unless the sets have pictures to learn from, boxes to measure by, and the model's classes."""
    if not len(train_set):
        raise DataError("found a training set without pictures, expected at least one")
    names, known = list(train_set.names), list(model.names)
    if len(names) != model.num_classes:
        raise DataError(
            f"found {len(names)} classes in the data ({', '.join(names)}) and {model.num_classes} in the model, "
            f"expected as many: build the model with num_classes={len(names)}"
        )
    if names != known and sorted(names) == sorted(known):
        raise DataError(f"found two orders of the classes, {known} (model) and {names} (data): use one")
    if val_set is None:
        return
    if list(val_set.names) != names:
        raise DataError(f"found the classes {names} to train on and {val_set.names} to measure on: use the same")
    if not any(map(len, val_set.boxes)):
        raise DataError("found a validation set without a box, so that nothing can be measured: pass None instead")
