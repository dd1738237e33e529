"""Data sets by name: from an archive as the publishers pack it, to one that can be read."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from tests.data.serving import Site, served
from yolo_course.data import DataError, load_dataset, remote
from yolo_course.data.images import write_image
from yolo_course.data.named import locate
from yolo_course.data.remote import COCO_NAMES, REMOTE_SETS, download, folder_of

VOC = """<annotation><size><width>40</width><height>30</height></size><object><name>RBC</name><bndbox>
<xmin>5</xmin><ymin>6</ymin><xmax>20</xmax><ymax>20</ymax></bndbox></object></annotation>"""


def picture(folder):
    write_image(folder / "x.jpg", np.full((30, 40, 3), 90, np.uint8))
    return (folder / "x.jpg").read_bytes()


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def publishers(tmp_path, monkeypatch):
    """Both archives, small, as they are packed, at addresses on this computer."""
    jpeg, top = picture(tmp_path), "BCCD_Dataset-abc/BCCD"
    bccd = {f"{top}/JPEGImages/{n}.jpg": jpeg for n in range(4)} | {f"{top}/Annotations/{n}.xml": VOC for n in range(4)}
    bccd |= {f"{top}/ImageSets/Main/{s}.txt": t for s, t in (("train", "0\n1\n"), ("val", "2\n"), ("test", "3\n"))}
    coco = {f"coco128/images/train2017/{n:03}.jpg": jpeg for n in range(8)}
    coco |= {f"coco128/labels/train2017/{n:03}.txt": f"{n} 0.5 0.5 0.2 0.2\n" for n in range(8)}
    site = Site({"/bccd.zip": packed(bccd | {"BCCD_Dataset-abc/README.md": "r"}), "/coco128.zip": packed(coco)})
    with served(site) as address:
        for name, count in (("bccd", 4), ("coco128", 8)):
            known = REMOTE_SETS[name]
            file = replace(known.file, url=f"{address}/{name}.zip")
            monkeypatch.setitem(REMOTE_SETS, name, replace(known, file=file, pictures=count))
        yield site


def test_bccd_is_unpacked_and_read_with_its_own_splits(publishers, tmp_path):
    said = []
    folder = download("bccd", tmp_path / "sets", said.append)
    assert [len(load_dataset(folder, split)) for split in ("train", "val", "test")] == [2, 1, 1]
    assert "MIT licence" in said[0] and said[-1].startswith("bccd: 4 pictures")
    assert download("bccd", tmp_path / "sets", said.append) == folder and len(publishers.asked) == 1


def test_coco128_gets_names_and_splits_that_share_nothing(publishers, tmp_path):
    folder = download("coco128", tmp_path / "sets", lambda _: None)
    train, val = (load_dataset(folder, split) for split in ("train", "val"))
    assert (len(train), len(val)) == (6, 2) and not {*train.ids} & {*val.ids}
    assert tuple(train.names) == COCO_NAMES and train.counts()["bicycle"] == 1 and val.counts()["person"] == 1


def test_a_name_is_known_once_it_is_downloaded(publishers, tmp_path, monkeypatch):
    monkeypatch.setenv("YOLO_COURSE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError, match="`yolo-course download bccd`"):
        locate("bccd")
    assert download("bccd", say=lambda _: None) == locate("bccd") == folder_of("bccd")


def test_an_archive_of_another_content_leaves_nothing_behind(publishers, tmp_path, monkeypatch):
    monkeypatch.setitem(REMOTE_SETS, "bccd", replace(REMOTE_SETS["bccd"], pictures=364))
    with pytest.raises(DataError, match="found 4 pictures in .*bccd.zip, expected 364"):
        download("bccd", tmp_path, lambda _: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bccd.zip", "x.jpg"]


def test_unknown_names():
    for ask in (download, folder_of):
        with pytest.raises(DataError, match="'coco' to download, expected one of bccd, coco128"):
            ask("coco")


def test_the_real_addresses():
    assert all(known.file.url.startswith("https://github.com/") for known in REMOTE_SETS.values())
    assert remote.BCCD_COMMIT in REMOTE_SETS["bccd"].file.url and len(COCO_NAMES) == len(set(COCO_NAMES)) == 80
    assert (COCO_NAMES[0], COCO_NAMES[2], COCO_NAMES[79]) == ("person", "car", "toothbrush")
