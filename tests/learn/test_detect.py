"""A detector made ready for use."""

import json

import numpy as np
import pytest

from tests.small import NAMES, eager_model, small_split
from yolo_course.learn.detect import Detector, as_records, class_indices
from yolo_course.learn.predict import predict


def test_a_detector_is_predict_with_its_choices():
    model, image = eager_model(), small_split(1)[0][0]
    everything = predict(model, image, 64, 0.3, 0.5)
    assert np.array_equal(Detector(model, 64, 0.3, 0.5)(image), everything) and len(everything)
    for wanted in ((0,), (1,), (0, 1)):
        rows = Detector(model, 64, 0.3, 0.5, wanted)(image)
        assert np.array_equal(rows, everything[np.isin(everything[:, 5], wanted)])


@pytest.mark.parametrize("options", [{"size": 100}, {"size": 0}, {"size": -32}, {"conf": 1.5}, {"iou": -0.1}])
def test_what_no_detector_can_use_is_an_error(options):
    with pytest.raises(ValueError, match="found"):
        Detector(eager_model(), **options)


def test_classes_by_name_and_number():
    assert class_indices(["dark one", "0"], NAMES) == (1, 0)
    assert class_indices(["7"], ["7", "8"]) == (0,)  # a name that looks like a number


@pytest.mark.parametrize(("word", "match"), [("brigth", "bright"), ("2", "0 to 1"), ("-1", "0 to 1"), ("", "0 to 1")])
def test_unknown_classes(word, match):
    with pytest.raises(ValueError, match=match):
        class_indices([word], NAMES)


def test_records_are_plain():
    rows = np.array([[1.23456, 2, 3, 4, 0.98761, 1]], dtype=np.float32)
    (record,) = json.loads(json.dumps(as_records(rows, NAMES)))
    assert record == {"box": [1.23, 2.0, 3.0, 4.0], "score": 0.9876, "class": 1, "name": "dark one"}
    assert as_records(np.zeros((0, 6)), NAMES) == []
