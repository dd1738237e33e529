"""The reader's own photos and videos: what is drawn is what the detector found."""

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from tests.small import eager_model
from yolo_course.data import DataError
from yolo_course.data.video import VideoWriter
from yolo_course.learn.detect import Detector
from yolo_course.learn.models import COURSE_SIZE
from yolo_course.learn.predict import predict
from yolo_course.show.explorers import photos
from yolo_course.show.explorers.photos import detected_frames, explore_photos, photo_view, play, ready_model

NOW = datetime.now(tz=UTC)


@pytest.fixture(scope="module")
def model():
    return eager_model()


def picture(seed=0, shape=(60, 90, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_boxes_above_the_confidence_are_drawn_counted_and_named():
    image = np.full((210, 320, 3), 90, np.uint8)
    found = np.array([[10, 10, 60, 60, 0.9, 1], [100, 100, 150, 160, 0.4, 0], [5, 5, 9, 9, 0.2, 1]], np.float32)
    none, one, two = (photo_view(image, found, conf, ["cat", "dog"]) for conf in (0.95, 0.5, 0.3))
    assert "nothing. (3 more" in none.words and "1 dog. (2 more" in one.words and "1 dog, 1 cat. (1 more" in two.words
    changed = [(view.picture != none.picture).any(2) for view in (one, two)]
    assert changed[0][20:121, 20:121].any() and not changed[0][180:, 180:].any() and changed[1][200:320, 200:300].any()


def test_an_upload_becomes_the_photo_that_is_shown(model):
    explorer = explore_photos([picture()], model, 64)
    buffer = io.BytesIO()
    Image.fromarray(picture(1)).save(buffer, "PNG")
    upload, told = explorer.panel.children[-2:]
    good, bad = (
        {"name": name, "type": "image/png", "size": len(data), "content": memoryview(data), "last_modified": NOW}
        for name, data in (("a.png", buffer.getvalue()), ("b", b"x"))
    )
    upload.set_trait("value", (good, bad))
    assert explorer.controls["photo"].value == explorer.controls["photo"].max == 2 and "b. Try JPEG" in told.value
    expected = photo_view(picture(1), predict(model, picture(1), 64, photos.LOWEST), 0.25, model.names)
    assert np.array_equal(explorer.draw(**explorer.settings).picture, expected.picture)


def test_frames_of_a_video_with_their_boxes_and_the_rate(model, tmp_path):
    with VideoWriter(tmp_path / "walk.mp4", 10, (96, 64)) as video:
        for seed in range(4):
            video.write(np.full((64, 96, 3), 60 * seed, np.uint8))
    detector = Detector(model, 64)
    frames = list(detected_frames(video.path, detector, 3))
    assert len(frames) == 3 and all(rate > 0 for _, rate in frames) and frames[0][0].shape == (64, 96, 3)
    assert (frames[0][0] != frames[0][0][0, 0]).any()  # something was drawn on a plain frame
    play(video.path, detector, 2)
    with pytest.raises(DataError, match="cannot open"):
        play(tmp_path / "none.mp4", detector)


def test_the_model_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path))
    model, size = ready_model()
    assert size == COURSE_SIZE and model.num_classes == 8
    (tmp_path / "weights/v7.0").mkdir(parents=True)
    (tmp_path / "weights/v7.0/yolov5s.pt").write_bytes(b"broken")
    with pytest.raises(ValueError, match="cannot load yolov5s.pt"):
        ready_model()
