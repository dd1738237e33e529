"""The numbers of an evaluation, against pycocotools and against cases worked out by hand."""

import contextlib
import io
import json
import math

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from yolo_course.learn.matching import THRESHOLDS, match, precision_recall
from yolo_course.learn.metrics import score

NOTHING = np.zeros((0, 6))


def reference(truths, detections, num_classes):
    """pycocotools' evaluation of the same boxes."""

    def coco(pictures):
        numbered = [(image, row) for image, rows in enumerate(pictures) for row in rows]
        annotations = [
            {
                "id": number,
                "image_id": image,
                "category_id": int(row[5]),
                "bbox": [row[0], row[1], row[2] - row[0], row[3] - row[1]],
                "area": (row[2] - row[0]) * (row[3] - row[1]),
                "score": row[4],
                "iscrowd": 0,
            }
            for number, (image, row) in enumerate(numbered, start=1)
        ]
        result = COCO()
        result.dataset = {
            "images": [{"id": image} for image in range(len(pictures))],
            "categories": [{"id": i, "name": str(i)} for i in range(num_classes)],
            "annotations": annotations,
        }
        result.createIndex()
        return result

    rows = [np.column_stack([boxes, np.ones(len(boxes)), classes]) for boxes, classes in truths]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(coco(rows), coco(detections), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def random_boxes(rng, n):
    corner, size = rng.uniform(0, 80, (n, 2)), rng.uniform(5, 40, (n, 2))
    return np.concatenate([corner, corner + size], 1)


def random_case(seed, num_classes=4, pictures=6, most=40, scores=1000):
    """Truth and detections; few `scores` make ties, some pictures are empty, some detections wrong."""
    rng = np.random.default_rng(seed)
    truths, detections = [], []
    for _ in range(pictures):
        n, m = rng.integers(0, 7), rng.integers(0, most + 1)
        boxes, classes = (
            random_boxes(rng, n),
            rng.integers(0, num_classes - 1, n),
        )  # the last class is never true
        source = rng.integers(0, max(n, 1), m)
        near = boxes[source] + rng.normal(0, 3, (m, 4)) if n else random_boxes(rng, m)
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        same = classes[source] if n else rng.integers(0, num_classes, m)
        label = np.where(rng.random(m) < 0.7, same, rng.integers(0, num_classes, m))
        truths.append((boxes, classes))
        detections.append(np.column_stack([near, rng.integers(1, scores, m) / scores, label]))
    return truths, detections


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("most, scores", [(40, 1000), (40, 4), (400, 1000), (400, 4), (0, 2)])
def test_ap_equals_pycocotools(seed, most, scores):
    truths, detections = random_case(seed, most=most, scores=scores)
    metrics, expected = score(truths, detections, list("abcd")), reference(truths, detections, 4)
    assert metrics.map50_95 == pytest.approx(expected.stats[0], abs=1e-6)
    assert metrics.map50 == pytest.approx(expected.stats[1], abs=1e-6)
    precision = expected.eval["precision"][:, :, :, 0, -1]
    for i, name in enumerate("abcd"):
        np.testing.assert_allclose(np.nan_to_num(metrics.pr_curves[i], nan=-1), precision[0, :, i], atol=1e-6)
        if (precision[:, :, i] >= 0).all():
            assert metrics.per_class[name].ap50_95 == pytest.approx(precision[:, :, i].mean(), abs=1e-6)


def test_only_the_hundred_best_of_a_class_count():
    wrong = np.tile([50.0, 50, 60, 60, 0.9, 0], (100, 1))
    right = np.array([[0.0, 0, 10, 10, 0.1, 0]])
    truth = [(np.array([[0, 0, 10, 10]]), [0])]
    assert score(truth, [np.concatenate([wrong[1:], right])], ["a"]).map50 == pytest.approx(0.01)
    assert score(truth, [np.concatenate([wrong, right])], ["a"]).map50 == 0


@pytest.fixture
def by_hand():
    """A cat found twice, one missed, one found; the dog taken for a cat, and seen where none is."""
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [0, 20, 10, 30]], dtype=np.float32)
    truths = [(boxes, [0, 0, 1]), (boxes[:1], [0])]
    first = [[0, 0, 10, 10, 0.9, 0], [0, 0, 10, 9, 0.8, 0], [0, 20, 10, 30, 0.7, 0]]
    second = [[0, 0, 10, 10, 0.6, 0], [0, 0, 10, 10, 0.1, 1]]
    return score(truths, [np.array(first), np.array(second)], ["cat", "dog", "eel"])


def test_values_by_hand(by_hand):
    # The cats in order of score: hit, miss (a duplicate), miss (the dog), hit.
    # So recall 1/3 at precision 1, and 2/3 at 2/4.
    recalls = np.linspace(0, 1, 101)
    curve = np.where(recalls <= 1 / 3, 1, np.where(recalls <= 2 / 3, 0.5, 0))
    np.testing.assert_allclose(by_hand.pr_curves[0], curve)
    assert by_hand.per_class["cat"].ap50 == pytest.approx(curve.mean())
    assert by_hand.map50 == pytest.approx(curve.mean() / 2)  # the dog's AP is 0, eels do not count
    # The best F1 is 2/4 and 2/3 at a threshold up to .6, against 1 and 1/3 above .8.
    cat = by_hand.per_class["cat"]
    assert (cat.precision, cat.recall, cat.boxes) == (pytest.approx(1 / 2), pytest.approx(2 / 3), 3)
    assert by_hand.threshold <= 0.6
    assert (by_hand.precision, by_hand.recall) == (pytest.approx(1 / 4), pytest.approx(1 / 3))
    assert (by_hand.images, by_hand.boxes, by_hand.names) == (2, 4, ("cat", "dog", "eel"))


def test_confusion_by_hand(by_hand):
    expected = np.zeros((4, 4), dtype=int)
    expected[0, 0] = 2  # two cats found
    expected[0, 1] = 1  # the dog taken for a cat
    expected[0, 3] = 1  # the duplicate stands for nothing
    expected[3, 0] = 1  # one cat missed; the dog of confidence .1 does not count
    np.testing.assert_array_equal(by_hand.confusion, expected)


def test_confusion_counts_every_box_and_every_sure_detection_once():
    truths, detections = random_case(3)
    confusion = score(truths, detections, list("abcd")).confusion
    counts = np.bincount(np.concatenate([classes for _, classes in truths]), minlength=4)
    np.testing.assert_array_equal(confusion[:, :4].sum(0), counts)
    assert confusion[:4].sum() == sum((rows[:, 4] >= 0.25).sum() for rows in detections)
    assert confusion[4, 4] == 0


def test_a_class_without_truth_is_nan_and_left_out_of_the_means(by_hand):
    eel = by_hand.per_class["eel"]
    assert eel.boxes == 0 and all(map(math.isnan, (eel.precision, eel.recall, eel.ap50, eel.ap50_95)))
    assert np.isnan(by_hand.pr_curves[2]).all()
    assert str(by_hand).splitlines()[-1].split() == ["eel", "0", "-", "-", "-", "-"]


def test_table_has_a_row_for_all_and_for_each_class(by_hand):
    lines = str(by_hand).splitlines()
    assert [line.split()[0] for line in lines] == ["class", "all", "cat", "dog", "eel"]
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split()[1:] == ["4", "0.250", "0.333", f"{by_hand.map50:.3f}", f"{by_hand.map50_95:.3f}"]


def test_to_dict_is_strict_json(by_hand):
    content = json.loads(json.dumps(by_hand.to_dict(), allow_nan=False))
    assert content["map50"] == by_hand.map50 and content["per_class"]["eel"]["ap50"] is None
    assert np.shape(content["confusion"]) == (4, 4) and np.shape(content["pr_curves"]) == (3, 101)


def test_no_detections_at_all():
    metrics = score([([[0, 0, 5, 5]], [1]), ([], [])], [NOTHING, []], ["a", "b"])
    assert (metrics.map50, metrics.map50_95, metrics.precision, metrics.recall) == (0, 0, 0, 0)
    assert metrics.confusion[2, 1] == 1 == metrics.confusion.sum()


def test_perfect_detections():
    truths, _ = random_case(5)
    exact = [np.column_stack([boxes, np.full(len(boxes), 0.9), classes]) for boxes, classes in truths]
    metrics = score(truths, exact, list("abcd"))
    assert (metrics.map50, metrics.map50_95, metrics.precision, metrics.recall) == (1, 1, 1, 1)
    assert metrics.confusion.sum() == np.trace(metrics.confusion) == metrics.boxes


def test_the_order_of_detections_does_not_matter():
    truths, detections = random_case(6, scores=10**6)
    turned = [rows[::-1] for rows in detections]
    one, other = score(truths, detections, list("abcd")), score(truths, turned, list("abcd"))
    assert one.to_dict() == other.to_dict()


def test_a_detection_counts_at_a_threshold_that_equals_its_score():
    truth = [(np.array([[0.0, 0, 10, 10]]), np.array([0]))]
    detection = [np.array([[0.0, 0, 10, 10, 0.5, 0]])]
    precision, recall = precision_recall(truth, detection, np.array([1]))
    assert precision.shape == recall.shape == (1, 1001) and THRESHOLDS[500] == 0.5
    assert recall[0, 500] == precision[0, 500] == 1 and recall[0, 501] == precision[0, 501] == 0


def test_match_gives_each_box_to_the_surest_detection():
    boxes = np.array([[0.0, 0, 10, 10], [4, 0, 14, 10]])
    detections = np.array(
        [[1.0, 0, 11, 10, 0.9, 0], [0, 0, 10, 10, 0.8, 0], [0, 0, 10, 10, 0.7, 0], [90, 90, 95, 95, 1, 0]]
    )
    assert match(detections, boxes, 0.4).tolist() == [0, 1, -1, -1]
    assert match(detections, boxes, 0.5).tolist() == [0, -1, -1, -1]
    assert match(detections[:2], boxes, 0.4, np.array([[False, True], [True, True]])).tolist() == [1, 0]
    assert match(NOTHING, boxes, 0.5).tolist() == [] and match(detections[:1], boxes[:0], 0.5).tolist() == [-1]


@pytest.mark.parametrize(
    "truths, detections, message",
    [
        ([([[0, 0, 5, 5]], [0])], [], "truth of 1 pictures and the detections of 0"),
        ([([], [])], [NOTHING], "no true box"),
        ([], [], "no true box"),
        ([([[0, 0, 5, 5]], [2])], [NOTHING], "expected 0 to 1"),
        ([([[0, 0, 5, 5]], [0])], [[[0, 0, 5, 5, 0.5, 2]]], "expected 0 to 1"),
        ([([[0, 0, 5, 5]], [0])], [[[0, 0, 5, 5, math.nan, 0]]], "not finite"),
        ([([[0, 0, 5, 5]], [0, 1])], [NOTHING], "a class for each"),
    ],
)
def test_what_cannot_be_measured_is_an_error(truths, detections, message):
    with pytest.raises(ValueError, match=message):
        score(truths, detections, ["a", "b"])
