import itertools

import cv2
import numpy as np
import pytest

from yolo_course.data import DataError, load_yolo, read_image, render
from yolo_course.data.domains import COMMITTED, DOMAINS
from yolo_course.data.embedded import CHECKOUT_DATA
from yolo_course.data.paint import coverage, grain
from yolo_course.data.render import JPEG, label_text, plan_scene, render_domain, render_sample
from yolo_course.data.scene import MIN_SIDE, MIN_VISIBLE
from yolo_course.data.shapes import Pose, arrow, bounds, contains, ellipse, regular, stroke


@pytest.fixture(scope="module", params=DOMAINS)
def domain(request):
    return DOMAINS[request.param]


def scenes(domain, count, split="train"):
    return [plan_scene(domain, split, index, domain.size) for index in range(count)]


def test_the_same_address_gives_the_same_picture(domain):
    first, second = (render_sample(domain.name, "val", 3) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one, other)


def test_another_index_split_or_seed_gives_another_picture(domain):
    pictures = [
        render_sample(domain.name, "val", 3, 64)[0],
        render_sample(domain.name, "val", 4, 64)[0],
        render_sample(domain.name, "test", 3, 64)[0],
        render_sample(domain.name, "val", 3, 64, seed=7)[0],
    ]
    for one, other in itertools.combinations(pictures, 2):
        assert one.shape != other.shape or not np.array_equal(one, other)


def test_a_sample_has_the_usual_types_and_its_boxes_lie_inside(domain):
    for index in range(4):
        image, boxes, classes = render_sample(domain.name, "train", index)
        height, width = image.shape[:2]
        assert image.dtype == np.uint8 and image.shape[2] == 3 and max(width, height) == domain.size
        assert boxes.dtype == np.float32 and boxes.shape == (len(classes), 4) and classes.dtype == np.int64
        assert (boxes >= 0).all() and (boxes <= [width, height, width, height]).all()
        assert np.isin(classes, range(len(domain.names))).all()


def test_labels_do_not_depend_on_painting(domain):
    scene = plan_scene(domain, "train", 5, domain.size)
    before = scene.labels()
    scene.paint(np.random.default_rng(99))
    for one, other in zip(before, render_sample(domain.name, "train", 5)[1:], strict=True):
        assert np.array_equal(one, other)


def test_boxes_are_tight_around_what_is_drawn(domain):
    for scene in scenes(domain, 12):
        window = (0, 0, scene.width, scene.height)
        labelled = [thing for thing in scene.things if thing.label is not None]
        for thing, box in zip(labelled, scene.labels()[0], strict=True):
            ys, xs = np.nonzero(coverage(thing.outline, window) > 0.05)
            drawn = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            assert np.abs(box - drawn).max() <= 1.5


def test_inner_layers_stay_inside_the_outline(domain):
    for scene in scenes(domain, 6):
        for thing in (each for each in scene.things if each.label is not None):
            for silhouette, _ in thing.layers[1:]:
                inner = bounds(thing.pose.apply(silhouette))
                assert (inner[:2] >= thing.box[:2] - 1e-6).all() and (inner[2:] <= thing.box[2:] + 1e-6).all()


def test_every_labelled_thing_is_large_enough_and_in_view(domain):
    for scene in scenes(domain, 40):
        for index, thing in enumerate(scene.things):
            if thing.label is not None:
                assert scene.visible(index, scene.things) >= MIN_VISIBLE > 0.35
                box = scene.clipped(thing)
                assert (box[2:] - box[:2]).min() >= MIN_SIDE


def test_classes_are_balanced_sizes_vary_and_some_pictures_are_empty(domain):
    planned = [scene.labels() + (scene.side,) for scene in scenes(domain, 160)]
    classes = np.concatenate([labels for _, labels, _ in planned])
    shares = np.bincount(classes, minlength=len(domain.names)) / len(classes)
    assert shares.min() > 0.6 / len(domain.names) and shares.max() < 1.5 / len(domain.names)
    sides = np.concatenate([(boxes[:, 2:] - boxes[:, :2]).max(1) / side for boxes, _, side in planned])
    assert np.quantile(sides, 0.1) < 0.18 and np.quantile(sides, 0.9) > 0.3
    assert 1 <= sum(not len(labels) for _, labels, _ in planned) <= 10


def test_a_picture_twice_as_large_shows_the_same_scene():
    (small, small_boxes, _), (large, large_boxes, _) = (render_sample("far", "val", 9, s) for s in (160, 320))
    assert np.allclose(large_boxes, 2 * small_boxes, atol=2)
    shrunk = cv2.resize(large, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - small).mean() < 12


@pytest.mark.parametrize("arguments", [("nowhere", "train", 0), ("far", "training", 0), ("far", "train", 0, 8)])
def test_a_wrong_address_is_told(arguments):
    with pytest.raises(DataError, match="Choose one of|expected 32"):
        render_sample(*arguments)


def test_a_hole_is_outside_and_a_line_has_its_width():
    ring = [ellipse(), ellipse(0.5, 0.5)]
    assert contains(ring, np.array([[0.75, 0.0], [0.0, 0.0], [1.1, 0.0]])).tolist() == [True, False, False]
    line = stroke(np.array([[0, 0], [2, 0], [2, 2]]), 0.5)
    assert np.allclose(bounds([line]), [0, -0.25, 2.25, 2])


def test_contains_agrees_with_opencv():
    points = np.random.default_rng(0).uniform(-1.2, 1.2, (300, 2))
    for contour in (regular(3), arrow(), ellipse()):
        drawn = [cv2.pointPolygonTest(contour.astype(np.float32), p.tolist(), False) > 0 for p in points]
        assert contains([contour], points).tolist() == drawn


def test_a_pose_gives_the_asked_size_and_undoes_itself():
    pose = Pose.fit([regular(5)], (40, 30), 20, angle=0.7, yaw=0.5)
    box = bounds(pose.apply([regular(5)]))
    assert max(box[2:] - box[:2]) == pytest.approx(20)
    plain = Pose((40, 30), 10, angle=0.7)
    x, y = plain.local(*plain.apply([regular(5)])[0].T)
    assert np.allclose(np.stack([x, y], 1), regular(5))


def test_grain_keeps_its_place_on_larger_pictures():
    small, large = (grain(np.random.default_rng(0), size, size, 1)[..., 0] for size in (160, 480))
    assert np.corrcoef(large[1::3, 1::3].ravel(), small.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("name", ["near", "far"])
def test_the_committed_pictures_can_be_rendered_again(name):
    for split, index in itertools.product(COMMITTED, (0, 57)):
        image, boxes, classes = render_sample(name, split, index)
        stem = f"{name}_{split}_{index:04d}"
        labels = (CHECKOUT_DATA / name / "labels" / split / f"{stem}.txt").read_text(encoding="utf-8")
        assert labels == label_text(boxes, classes, *image.shape[1::-1])
        committed = read_image(CHECKOUT_DATA / name / "images" / split / f"{stem}.jpg")
        again = cv2.imdecode(cv2.imencode(".jpg", image[..., ::-1], JPEG)[1], cv2.IMREAD_COLOR)[..., ::-1]
        assert committed.shape == again.shape
        assert np.abs(committed.astype(int) - again).mean() < 4


@pytest.mark.parametrize("name", ["near", "far"])
def test_the_committed_sets_are_complete(name):
    domain = DOMAINS[name]
    for split, count in COMMITTED.items():
        data = load_yolo(CHECKOUT_DATA / name, split)
        assert len(data) == count and data.names == list(domain.names) and not data.unlabelled
        assert len({width / height for width, height in data.shapes_wh}) > 1
        assert min(data.counts().values()) > count / len(domain.names) / 2
    train = load_yolo(CHECKOUT_DATA / name, "train")
    assert 1 <= sum(not len(classes) for classes in train.classes) <= 9


def test_the_committed_sets_are_small():
    files = (file for name in ("near", "far") for file in (CHECKOUT_DATA / name).rglob("*") if file.is_file())
    assert sum(file.stat().st_size for file in files) <= 7.6e6


def test_a_domain_becomes_a_yolo_folder(tmp_path):
    written = render_domain("far", tmp_path / "signs", counts={"train": 3, "val": 1}, size=64)
    assert written.pictures == {"train": 3, "val": 1} and "train 3, val 1 pictures" in str(written)
    data = load_yolo(tmp_path / "signs", "train")
    image, boxes, classes = render_sample("far", "train", 2, 64)
    assert data.names == list(DOMAINS["far"].names) and data[2][0].shape == image.shape
    assert np.allclose(data[2][1], boxes, atol=1e-3) and np.array_equal(data[2][2], classes)
    assert [path.name for path in tmp_path.iterdir()] == ["signs"]


def test_a_rendered_folder_is_replaced_and_any_other_is_left_alone(tmp_path):
    for count in (2, 1):
        render_domain("near", tmp_path / "set", counts={"train": count}, size=64)
    assert len(list((tmp_path / "set" / "images" / "train").iterdir())) == 1
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(DataError, match="holds something else"):
        render_domain("near", tmp_path / "mine", counts={"train": 1}, size=64)


def test_a_rendering_that_breaks_off_leaves_the_old_folder(tmp_path, monkeypatch):
    render_domain("near", tmp_path / "set", counts={"train": 1}, size=64)

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(render, "_data_yaml", interrupted)
    with pytest.raises(KeyboardInterrupt):
        render_domain("near", tmp_path / "set", counts={"train": 2}, size=64)
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert len(load_yolo(tmp_path / "set", "train")) == 1
