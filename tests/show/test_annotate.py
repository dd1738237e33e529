"""A detector over pictures, folders and videos."""

import json
import shutil

import numpy as np
import pytest

from tests.data.files import write_sideways, write_text
from tests.small import NAMES, eager_model, small_split
from yolo_course.data import DataError, read_image, write_image
from yolo_course.data.video import VideoReader, VideoWriter
from yolo_course.learn.detect import Detector, as_records
from yolo_course.learn.predict import predict
from yolo_course.show.annotate import annotate, list_media
from yolo_course.show.draw import draw_boxes


@pytest.fixture(scope="module")
def detector():
    return Detector(eager_model().fuse(), size=64)


def pictures(folder, names):
    for i, name in enumerate(names):
        write_image(folder / name, small_split(1, seed=i)[0][0])


def video(path, frames=3):
    try:
        with VideoWriter(path, 10, (64, 64)) as file:
            for i in range(frames):
                file.write(small_split(1, seed=i)[0][0])
    except DataError as error:
        pytest.skip(f"this OpenCV writes no video: {error}")
    return file.path


def silent(text):
    """Nobody is told."""


def test_pictures_are_annotated_under_their_names_and_listed(tmp_path, detector):
    pictures(tmp_path / "in", ["a.png", "Käfer 1.JPG", "sub/a.png"])
    said = []
    made = annotate(
        list_media([str(tmp_path / "in")]),
        detector,
        tmp_path / "out",
        facts={"size": 64},
        progress=said.append,
    )
    content = json.loads((tmp_path / "out/detections.json").read_text(encoding="utf-8"))
    assert content["size"] == 64 and content["names"] == NAMES and content["unreadable"] == []
    assert content["results"] == made.results and len(said) == 3
    assert sorted(row["annotated"] for row in made.results) == ["Käfer 1.JPG", "a.png", "sub/a.png"]
    for row in made.results:
        image, copy = read_image(row["file"]), read_image(tmp_path / "out" / row["annotated"])
        found = predict(detector.model, image, 64)
        assert row["objects"] == as_records(found, NAMES) and {0, 1} == set(found[:, 5])
        assert (row["width"], row["height"]) == (64, 64) and copy.shape == image.shape
        assert (copy != image).any(2).mean() > 0.05
        if row["annotated"].endswith(".png"):
            assert (copy == draw_boxes(image, found[:, :4], found[:, 5], found[:, 4], NAMES)).all()


def test_boxes_are_in_the_pixels_of_the_upright_picture(tmp_path, detector):
    file = write_sideways(tmp_path / "a.jpg", (80, 40))
    (row,) = annotate(list_media([str(file)]), detector, tmp_path / "out", progress=silent).results
    assert (row["width"], row["height"]) == (40, 80)
    boxes = np.array([thing["box"] for thing in row["objects"]])
    assert len(boxes) and boxes.min() >= 0 and (boxes <= [40, 80, 40, 80]).all() and boxes[:, 3].max() > 40


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_video_is_annotated_frame_by_frame(tmp_path, detector, suffix):
    file = video(tmp_path / f"walk{suffix}")
    made = annotate(list_media([str(file)]), detector, tmp_path / "out", progress=silent)
    assert [(row["frame"], row["seconds"]) for row in made.results] == [(0, 0.0), (1, 0.1), (2, 0.2)]
    assert all(row["objects"] for row in made.results)
    with VideoReader(tmp_path / "out" / made.results[0]["annotated"]) as copy, VideoReader(file) as original:
        pairs = list(zip(copy, original, strict=True))
    assert len(pairs) == 3 and all((np.abs(a.astype(int) - b) > 60).any(2).mean() > 0.02 for a, b in pairs)
    short = annotate(list_media([str(file)]), detector, tmp_path / "short", frames=2, progress=silent)
    assert len(short.results) == 2


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path, detector):
    folder = tmp_path / "in"
    pictures(folder, ["b.png"])
    for name in ("a.jpg", "c.mp4"):
        write_text(folder / name, "neither a picture nor a video")
    write_text(folder / "notes.txt", "passed over")
    sources = [str(folder), str(tmp_path / "missing.jpg"), str(folder / "notes.txt"), "99"]
    said = []
    made = annotate(list_media(sources), detector, tmp_path / "out", progress=said.append)
    assert [row["file"] for row in made.results] == [str(folder / "b.png")]
    unreadable = {entry["file"]: entry["reason"] for entry in made.unreadable}
    wrong = [folder / "a.jpg", folder / "c.mp4", tmp_path / "missing.jpg", folder / "notes.txt"]
    assert set(unreadable) == {*map(str, wrong), "camera 99"} and all(unreadable.values())
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"b.png", "detections.json"}
    assert len([line for line in said if line.startswith("!")]) == 5


def test_nothing_is_overwritten(tmp_path, detector):
    pictures(tmp_path, ["one/a.png", "two/a.png", "two/A.png"])
    media = list_media([str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "one/a.png")])
    places = [str(medium.place).lower() for medium in media]
    assert len(set(places)) == len(places) == len(list(tmp_path.rglob("*.png")))
    annotate(media, detector, tmp_path / "out", progress=silent)
    assert len(list((tmp_path / "out").glob("*.png"))) == len(media)
    with pytest.raises(DataError, match="holds something"):
        annotate(media, detector, tmp_path / "out", progress=silent)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="holds something"):
        annotate(media, detector, tmp_path / "file", progress=silent)


def test_kinds_that_cannot_be_written_become_others(tmp_path, detector):
    pictures(tmp_path, ["a.png", "b.avi.png"])
    shutil.copy(tmp_path / "a.png", tmp_path / "bare")
    media = list_media([str(tmp_path / "bare"), str(tmp_path / "x.mov"), "3"])
    assert [str(medium.place) for medium in media] == ["bare.jpg", "x.mp4", "camera3.mp4"]
    assert len(annotate(media[:1], detector, tmp_path / "out", progress=silent).results) == 1


@pytest.mark.parametrize("suffix", [".bmp", ".gif", ".jfif", ".jpeg", ".pgm", ".ppm", ".tif", ".webp", ".mpo"])
def test_every_kind_of_picture_can_be_annotated(tmp_path, detector, suffix):
    pictures(tmp_path, ["a.png"])
    file = (tmp_path / "a.png").rename(tmp_path / f"a{suffix}")  # what it is, not how it is called, decides
    made = annotate(list_media([str(file)]), detector, tmp_path / "out", progress=silent)
    assert read_image(tmp_path / "out" / f"a{suffix}").shape == (64, 64, 3) and not made.unreadable


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2)])
def test_pictures_of_a_few_pixels(tmp_path, detector, shape):
    write_image(tmp_path / "a.png", np.zeros((*shape, 3), np.uint8))
    made = annotate(list_media([str(tmp_path / "a.png")]), detector, tmp_path / "out", progress=silent)
    assert (made.results[0]["height"], made.results[0]["width"]) == shape


def test_a_folder_without_a_picture_is_an_error(tmp_path):
    write_text(tmp_path / "notes.txt", "x")
    with pytest.raises(DataError, match="no picture and no video"):
        list_media([str(tmp_path)])


def test_ctrl_c_keeps_what_there_is(tmp_path, detector):
    file = video(tmp_path / "a.avi", frames=3)
    looks = []

    class Impatient:
        model = detector.model

        def __call__(self, image):
            looks.append(image)
            if len(looks) == 3:
                raise KeyboardInterrupt
            return detector(image)

    made = annotate(list_media([str(file), "7"]), Impatient(), tmp_path / "out", progress=silent)
    assert made.stopped and len(made.results) == 2 and (tmp_path / "out/detections.json").is_file()
    with VideoReader(tmp_path / "out" / made.results[0]["annotated"]) as copy:
        assert len(list(copy)) == 2
