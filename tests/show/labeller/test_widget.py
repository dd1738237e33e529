"""The kernel's side of the labelling tool: what a message does, and what the page says after it."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.data.files import truncate, write_picture, write_sideways, write_text
from yolo_course.notebooks import WIDGET
from yolo_course.show.labeller import label_images
from yolo_course.show.labeller.widget import HERE, KEYS, SCRIPTS, shown_jpeg

NAMES = ["cat", "dog"]


@pytest.fixture
def tool(tmp_path):
    for name in "abc":
        write_picture(tmp_path / f"{name}.jpg")
    write_text(tmp_path / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    tool = label_images(tmp_path, NAMES)
    tool.sent = []
    tool.send = lambda content, buffers=None: tool.sent.append((content, buffers))
    return tool


def save(tool, boxes, serial=1, **more):
    content = {
        "do": "save",
        "visit": tool.page["visit"],
        "by": "me",
        "serial": serial,
        "boxes": boxes,
        "nothing": False,
    }
    tool._answer(tool, {**content, **more}, [])


def test_begins_with_the_first_unlabelled(tool):
    page = tool.page
    assert (page["index"], page["name"], page["total"]) == (1, "b.jpg", 3)
    assert (page["width"], page["height"], page["state"], page["message"]) == (40, 20, "unlabelled", "")
    assert page["todo"] == 2 and page["counts"]["boxes"] == 1


def test_saves_at_once_and_says_whose_change_it_was(tool, tmp_path):
    visit = tool.page["visit"]
    save(tool, [[1, 0, 0, 20, 10]], serial=4)
    assert (tmp_path / "b.txt").read_text() == "1 0.250000 0.250000 0.500000 0.500000\n"
    assert (tool.page["visit"], tool.page["by"], tool.page["serial"]) == (visit, "me", 4)
    assert tool.page["boxes"] == [[1, 0, 0, 20, 10]] and tool.page["state"] == "boxes"
    save(tool, [], nothing=True)
    assert (tmp_path / "b.txt").read_bytes() == b"" and tool.page["state"] == "empty"


def test_goes_on_with_the_picture_that_was_seen_last(tool, tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path / "cache"))
    assert label_images(tmp_path, NAMES).page["name"] == "b.jpg" and not (tmp_path / "cache").exists()
    save(tool, [[1, 0, 0, 20, 10]])
    tool._answer(tool, {"do": "go", "index": 0}, [])
    assert label_images(tmp_path, NAMES).page["name"] == "c.jpg"  # one to do goes before one that was seen
    tool._answer(tool, {"do": "go", "index": 2}, [])
    save(tool, [], nothing=True)
    tool._answer(tool, {"do": "go", "index": 1}, [])  # checked so far
    tool._answer(tool, {"do": "picture", "index": 2}, [])
    assert label_images(tmp_path, NAMES).page["name"] == "b.jpg"
    assert label_images(tmp_path, NAMES, tmp_path / "other").page["index"] == 0  # labels of their own


def test_goes_to_pictures(tool):
    tool._answer(tool, {"do": "go", "index": 0}, [])
    assert tool.page["index"] == 0 and tool.page["boxes"] == [pytest.approx([0, 16, 8, 24, 12])]
    tool._answer(tool, {"do": "go", "index": 7}, [])
    assert tool.page["index"] == 0 and "found picture number 7" in tool.page["message"]


def test_a_refused_change_shows_what_the_disk_holds(tool, tmp_path):
    stale = tool.page["visit"]
    write_text(tmp_path / "b.txt", "1 0.5 0.5 0.5 0.5\n")  # by another program
    save(tool, [[0, 1, 1, 5, 5]])
    assert "another program" in tool.page["message"] and tool.page["visit"] == stale + 1
    assert tool.page["boxes"] == [[1, 10, 5, 30, 15]]
    save(tool, [[0, 1, 1, 6, 6]], visit=stale)  # sent before the browser knew
    assert (tmp_path / "b.txt").read_text() == "1 0.5 0.5 0.5 0.5\n"


def test_bad_rows_are_told_and_kept(tool, tmp_path):
    write_text(tmp_path / "c.txt", "5 0.5 0.5 0.5 0.5\n")
    tool._answer(tool, {"do": "go", "index": 2}, [])
    assert tool.page["state"] == "refused" and "Line 1: found class 5" in tool.page["message"]
    save(tool, [[0, 1, 1, 6, 6]])
    assert (tmp_path / "c.txt").read_text() == "5 0.5 0.5 0.5 0.5\n"


def test_boxes_without_area_are_told(tool):
    visit = tool.page["visit"]
    save(tool, [[0, 1, 1, 6, 6], [0, 50, 1, 60, 6]])
    assert "without area" in tool.page["message"] and tool.page["visit"] == visit + 1
    assert len(tool.page["boxes"]) == 1


def test_sends_pictures_that_are_asked_for(tool, tmp_path):
    tool._answer(tool, {"do": "picture", "index": 2}, [])
    (content, (data,)) = tool.sent.pop()
    assert content == {"picture": 2} and Image.open(io.BytesIO(data)).size == (40, 20)
    truncate(tmp_path / "c.jpg", 0.6)
    page = tool.page
    tool._answer(tool, {"do": "picture", "index": 2}, [])
    assert "cannot be read" in tool.sent.pop()[0]["problem"] and tool.page == page


def test_a_broken_picture_is_a_message(tool, tmp_path):
    write_text(tmp_path / "c.jpg", "no picture")
    tool._answer(tool, {"do": "go", "index": 2}, [])
    assert (tool.page["index"], tool.page["state"], tool.page["width"]) == (2, "refused", 0)
    assert "cannot be read" in tool.page["message"]


def test_pixels_are_upright_and_not_too_many(tmp_path):
    picture = Image.open(io.BytesIO(shown_jpeg(write_sideways(tmp_path / "a.jpg", (3200, 800)))))
    assert (picture.format, picture.size) == ("JPEG", (400, 1600))
    assert np.asarray(picture).shape == (1600, 400, 3)


def test_without_a_browser_a_note_is_left(tool, tmp_path):
    data, _ = tool._repr_mimebundle_()
    assert WIDGET in data and data["text/plain"].startswith("Labelling tool for 3 pictures")
    assert str(tmp_path) not in f"{tool!r}{data}" and "2 of them without" in repr(tool)


def test_the_browser_gets_its_own_files_and_the_keys(tool):
    assert sorted(SCRIPTS) == sorted(file.name for file in HERE.glob("*.js")) and ".yolo-labeller" in tool._css
    assert tool._esm.count("export default") == 1 and "import " not in tool._esm  # the files are one module
    assert tool.help == [list(each) for each in KEYS.items()]
    assert "http" not in tool._esm and "http" not in tool._css  # nothing is fetched
    assert [fill for fill, _ in tool.colours] == ["#E69F00", "#56B4E9"]
