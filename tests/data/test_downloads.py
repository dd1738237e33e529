"""Downloads from a server on this computer: cut off, altered, redirected, too large, or not there at all."""

import hashlib
import socket
from dataclasses import replace

import pytest

from tests.data.serving import Site, served
from yolo_course.data import downloads
from yolo_course.data.downloads import DownloadError, RemoteFile, fetch

DATA = bytes(range(256)) * 4000  # 1 MB
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(downloads.time, "sleep", lambda _: None)


def remote(address, path="/set.zip", sha256=SHA, max_bytes=2_000_000):
    return RemoteFile(address + path, max_bytes, "MIT licence", sha256)


def test_a_whole_file_arrives_once_and_its_licence_is_shown(tmp_path):
    said, site = [], Site({"/set.zip": DATA})
    with served(site) as address:
        for _ in range(2):
            assert fetch(remote(address), tmp_path / "new", said.append).read_bytes() == DATA
    assert len(site.asked) == 1 and said[0] == "set.zip: MIT licence" and said[1].endswith("/set.zip")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["set.zip"]


def test_what_was_cut_off_goes_on_where_it_ended(tmp_path):
    site = Site({"/set.zip": DATA}, cut=[300_000, 200_000])
    with served(site) as address:
        assert fetch(remote(address), tmp_path, print).read_bytes() == DATA
    assert [wanted for _, wanted in site.asked] == [None, "bytes=300000-", "bytes=500000-"]


def test_a_later_run_goes_on_and_nothing_of_it_was_in_place_before(tmp_path):
    site = Site({"/set.zip": DATA}, cut=[100_000] * 3)
    with served(site) as address:
        with pytest.raises(DownloadError, match=r"300,000 bytes are kept.*put the file here.*set\.zip"):
            fetch(remote(address), tmp_path)
        assert not (tmp_path / "set.zip").exists()
        assert fetch(remote(address), tmp_path).read_bytes() == DATA
    assert site.asked[-1][1] == "bytes=300000-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path):
    old, new = Site({"/set.zip": b"x" * len(DATA)}, cut=[1000] * 3), Site({"/set.zip": DATA}, etag='"two"')
    with served(old) as address, pytest.raises(DownloadError):
        fetch(remote(address), tmp_path)
    with served(new) as address:
        assert fetch(remote(address), tmp_path).read_bytes() == DATA


@pytest.mark.parametrize("options", [{"etag": None}, {"etag": 'W/"weak"'}, {"ranges": False}])
def test_servers_that_cannot_go_on_send_all_of_it_again(tmp_path, options):
    site = Site({"/set.zip": DATA}, cut=[1000], **options)
    with served(site) as address:
        assert fetch(remote(address), tmp_path).read_bytes() == DATA


def test_an_altered_file_is_refused_and_kept_apart(tmp_path):
    with served(Site({"/set.zip": DATA[:-1] + b"!"})) as address:
        with pytest.raises(DownloadError, match=f"expected {SHA}: it was altered"):
            fetch(remote(address), tmp_path)
    assert not (tmp_path / "set.zip").exists() and not (tmp_path / "set.zip.part").exists()


def test_a_file_put_there_by_hand_is_used_without_a_network_and_checked(tmp_path):
    (tmp_path / "set.zip").write_bytes(DATA)
    assert fetch(remote("https://no.where.invalid"), tmp_path).read_bytes() == DATA
    (tmp_path / "set.zip").write_bytes(DATA[1:])
    with pytest.raises(DownloadError, match="altered or damaged"):
        fetch(remote("https://no.where.invalid"), tmp_path)


def test_a_file_larger_than_agreed_is_refused(tmp_path):
    with served(Site({"/set.zip": DATA})) as address:
        with pytest.raises(DownloadError, match="expected 1,000 at most"):
            fetch(replace(remote(address), max_bytes=1000), tmp_path)
    assert not (tmp_path / "set.zip").exists()


def test_without_a_network_the_error_says_where_to_put_the_file(tmp_path, monkeypatch):
    def offline(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(DownloadError, match=r"Name or service not known.*put the file here and run again: .*set\.zip"):
        fetch(remote("https://example.org"), tmp_path)


@pytest.mark.parametrize("status", [404, 500])
def test_what_the_server_refuses_is_said(tmp_path, status):
    site = Site({"/set.zip": DATA}, status=status)
    with served(site) as address, pytest.raises(DownloadError, match="could not fetch set.zip"):
        fetch(remote(address), tmp_path)
    assert len(site.asked) == (1 if status == 404 else downloads.TRIES)


def test_plain_http_is_refused_also_behind_a_redirect(tmp_path):
    with pytest.raises(DownloadError, match="begins with https"):
        fetch(remote("http://example.org"), tmp_path)
    with served(Site({}, redirect="http://example.org/set.zip")) as address:
        with pytest.raises(DownloadError, match="begins with https"):
            fetch(remote(address), tmp_path)
