"""The original's weights by name: fetched once from a server on this computer, checked, and read."""

import hashlib

import pytest
import torch

from tests.data.serving import Site, served
from tests.lookalike import save_original
from yolo_course import pretrained
from yolo_course.learn.models import open_weights, starting_model
from yolo_course.model import YOLOv5
from yolo_course.pretrained import official_name, remote_file
from yolo_course.weights import CheckpointError, load_checkpoint


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """YOLOv5n of v7.0 as its publisher packs it, and the network itself."""
    torch.manual_seed(3)
    model = YOLOv5("n").eval()
    path = save_original(tmp_path_factory.mktemp("published") / "yolov5n.pt", model, "DetectionModel", half=True)
    return path.read_bytes(), model.half().float()


@pytest.fixture
def site(published, tmp_path, monkeypatch):
    """The publisher's server; the cache is empty."""
    data, _ = published
    site = Site({"/v7.0/yolov5n.pt": data, "/v6.2/yolov5n.pt": data, "/v6.2/yolov5s.pt": data})
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path))
    monkeypatch.setitem(pretrained.SHA256, ("v7.0", "yolov5n"), hashlib.sha256(data).hexdigest())
    with served(site) as address:
        monkeypatch.setattr(pretrained, "ADDRESS", address + "/{release}/{name}.pt")
        yield site


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_by_name_once_from_the_network_and_the_licence_is_said_once(site, published):
    said = []
    for _ in range(2):
        model = YOLOv5.from_pretrained("yolov5n", say=said.append)
        assert same(model, published[1]) and not model.training and model.num_classes == 80
    assert len(site.asked) == 1 and sum("AGPL-3.0" in line for line in said) == 1


def test_load_checkpoint_and_the_command_line_know_the_name(site, published, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for load in (load_checkpoint, open_weights):
        for name in ("yolov5n.pt", "yolov5n"):
            assert same(load(name), published[1])
    model, report = starting_model(["cell"], "yolov5n")
    assert model.num_classes == 1 and report.transferred < report.total
    assert len(site.asked) == 1


def test_a_file_of_that_name_comes_first(site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "yolov5n.pt").write_bytes(b"mine")
    with pytest.raises(CheckpointError, match="cannot load yolov5n.pt"):
        load_checkpoint("yolov5n.pt")
    assert site.asked == []


def test_other_classes_get_all_that_fits_and_a_table_of_the_rest(site, published):
    said = []
    model = YOLOv5.from_pretrained("yolov5n", names=["RBC", "WBC", "Platelets"], say=said.append)
    total = len(model.state_dict())
    table = said[-1].splitlines()
    assert table[0] == f"transferred {total - 6} of {total} entries" and len(table) == 7
    assert all("model.24.m." in line and "shape (255" in line for line in table[1:])
    assert torch.equal(model.model[9].cv2.conv.weight, published[1].model[9].cv2.conv.weight)
    assert model.names == ["RBC", "WBC", "Platelets"] and not model.training
    assert YOLOv5.from_pretrained("yolov5n", num_classes=80, say=said.append).num_classes == 80


def test_an_altered_file_is_not_used(site):
    site.files["/v7.0/yolov5n.pt"] = site.files["/v7.0/yolov5n.pt"][:-1] + b"!"
    with pytest.raises(CheckpointError, match="altered or damaged"):
        YOLOv5.from_pretrained("yolov5n")


def test_without_a_known_sha_the_network_itself_is_the_check(site):
    assert YOLOv5.from_pretrained("yolov5n", release="v6.2").num_classes == 80
    with pytest.raises(CheckpointError, match="is not yolov5s of v6.2.*Delete it"):
        YOLOv5.from_pretrained("yolov5s", release="v6.2")


@pytest.mark.parametrize(("name", "release"), [("yolov5q", "v7.0"), ("yolov5n", "v5.0"), ("yolov5s", "v6.1")])
def test_what_there_is_not_is_answered_by_what_there_is(name, release):
    with pytest.raises(CheckpointError, match="v5.0: yolov5s, yolov5m, yolov5l, yolov5x; v6.2: yolov5n"):
        YOLOv5.from_pretrained(name, release=release)


def test_offline_the_error_says_where_to_put_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(pretrained, "ADDRESS", "https://no.where.invalid/{release}/{name}.pt")
    with pytest.raises(CheckpointError, match=r"put the file here and run again: .*yolov5s\.pt"):
        load_checkpoint("yolov5s.pt")


def test_names_and_addresses():
    assert [official_name(text) for text in ("yolov5s", "yolov5x.pt", "yolov5s6", "a/yolov5s.pt", "best.pt")] == [
        "yolov5s", "yolov5x", None, None, None,
    ]  # fmt: skip
    remote = remote_file("yolov5m.pt", "v7.0")
    assert remote.url == "https://github.com/ultralytics/yolov5/releases/download/v7.0/yolov5m.pt"
    assert len(remote.sha256) == 64 and remote_file("yolov5m", "v6.2").sha256 is None
