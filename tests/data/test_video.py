"""Videos: what is written is what is read."""

import cv2
import numpy as np
import pytest

from yolo_course.data import DataError
from yolo_course.data.video import VideoReader, VideoWriter, is_video

RED = np.zeros((48, 64, 3), np.uint8) + np.array([200, 40, 40], np.uint8)


def write(path, frames=4, fps=10.0):
    try:
        with VideoWriter(path, fps, (64, 48)) as video:
            for _ in range(frames):
                video.write(RED)
    except DataError as error:
        pytest.skip(f"this OpenCV writes no video: {error}")
    return video.path


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_round_trip_keeps_number_size_rate_and_colour(tmp_path, suffix):
    with VideoReader(write(tmp_path / f"käfer 1{suffix}")) as video:
        frames = list(video)
    assert len(frames) == 4 and video.fps == pytest.approx(10, abs=0.1)
    assert all(frame.shape == RED.shape and frame.dtype == np.uint8 for frame in frames)
    assert np.abs(np.mean(frames, axis=(0, 1, 2)) - [200, 40, 40]).max() < 12  # RGB, not BGR


def test_another_kind_is_written_where_the_wanted_one_cannot_be(tmp_path, monkeypatch):
    real = cv2.VideoWriter

    class OnlyAvi:
        fourcc = real.fourcc

        def __new__(cls, path, *rest):
            return real(path if path.endswith(".avi") else "", *rest)

    monkeypatch.setattr(cv2, "VideoWriter", OnlyAvi)
    assert write(tmp_path / "walk.mp4").name == "walk.mp4.avi"
    assert [file.name for file in tmp_path.iterdir()] == ["walk.mp4.avi"]


@pytest.mark.parametrize("content", [b"", b"no video at all" * 50, None])
def test_what_is_no_video_is_an_error(tmp_path, content):
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="cannot open"):
        VideoReader(path)


def test_a_frame_of_another_size_is_an_error(tmp_path):
    path = write(tmp_path / "a.avi")
    with VideoWriter(path.with_name("b.avi"), 10, (64, 48)) as video:
        with pytest.raises(DataError, match="expected"):
            video.write(RED[:40])


def test_names_of_videos(tmp_path):
    assert is_video(tmp_path / "A.MP4") and not is_video(tmp_path / "a.jpg") and not is_video(tmp_path / ".b.mp4")
