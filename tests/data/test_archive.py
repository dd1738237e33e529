"""Archives of strangers: hostile, broken, too large; and good ones."""

import io
import stat
import zipfile

import pytest

from yolo_course.data.archive import unpack
from yolo_course.data.downloads import DownloadError


def packed(path, files, **infos):
    """A zip file; ``files`` are contents by name, a name that ends with "@" is a link to its content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name.rstrip("@"))
            if name.endswith("@"):
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


GOOD = {"top-1/data/a.txt": "a", "top-1/data/sub/b.txt": "b", "top-1/README": "r"}


def test_a_good_archive_whole_or_a_part_of_it(tmp_path):
    archive = packed(tmp_path / "a.zip", GOOD)
    assert (unpack(archive, tmp_path / "all", 100) / "top-1/README").read_text() == "r"
    part = unpack(archive, tmp_path / "deep/part", 100, "*/data")
    assert sorted(path.relative_to(part).as_posix() for path in part.rglob("*.txt")) == ["a.txt", "sub/b.txt"]
    with pytest.raises(DownloadError, match="there already"):
        unpack(archive, tmp_path / "all", 100)
    with pytest.raises(DownloadError, match="another archive"):
        unpack(archive, tmp_path / "none", 100, "*/nothing")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "all", "deep"]


HOSTILE = ["../out.txt", "/etc/out.txt", "a/../../out.txt", "..\\out.txt", "C:out.txt", "C:\\out.txt", "link@"]


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_leaves_its_folder(tmp_path, name):
    (tmp_path / "inner").mkdir()
    archive = packed(tmp_path / "a.zip", {"good.txt": "g", name: "/etc"})
    with pytest.raises(DownloadError, match="leads out of the folder. Nothing was unpacked"):
        unpack(archive, tmp_path / "inner/set", 100)
    assert list((tmp_path / "inner").iterdir()) == [] and not (tmp_path / "out.txt").exists()


def test_sizes_are_bounded_whatever_an_entry_claims(tmp_path, monkeypatch):
    bomb = packed(tmp_path / "bomb.zip", {"zeros": bytes(5_000_000)})
    assert bomb.stat().st_size < 10_000
    with pytest.raises(DownloadError, match="5,000,000 bytes"):
        unpack(bomb, tmp_path / "set", 1_000_000)
    monkeypatch.setattr("yolo_course.data.archive.MAX_FILES", 2)
    with pytest.raises(DownloadError, match="3 files"):
        unpack(packed(tmp_path / "many.zip", GOOD), tmp_path / "set", 100)
    assert not (tmp_path / "set").exists()


def test_an_entry_that_holds_more_than_it_claims(tmp_path):
    archive = packed(tmp_path / "a.zip", {"zeros": bytes(100_000)})
    data = archive.read_bytes().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    archive.write_bytes(data)
    with pytest.raises(DownloadError):
        unpack(archive, tmp_path / "set", 1000)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("cut", [10, 200, -30])
def test_broken_archives(tmp_path, cut):
    buffer = io.BytesIO()
    packed(buffer, GOOD)
    (tmp_path / "a.zip").write_bytes(buffer.getvalue()[:cut])
    with pytest.raises(DownloadError, match="the archive is broken"):
        unpack(tmp_path / "a.zip", tmp_path / "set", 1000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_encrypted_or_doubled_entry_is_no_reason_to_stop_with_a_traceback(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("a.txt", "1")
        opened.writestr("a.txt", "2")
    with pytest.raises(DownloadError, match="broken"):
        unpack(archive, tmp_path / "set", 1000)
