"""Files from the network: resumed where they were cut off, checked, and put in place only when they are whole.

Nothing here is called unless a reader asks for a download. Without a network the error says where to put the file.
"""

from __future__ import annotations

import hashlib
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlparse

CHUNK = 1 << 18  # bytes
TRIES = 3
PATIENCE = 30.0  # seconds without an answer
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class DownloadError(ValueError):
    """A file that could not be fetched, or is not the one that was expected; the message says what to do."""


class _CutOff(OSError):
    """The connection ended before the file did."""


@dataclass(frozen=True)
class RemoteFile:
    """A file at a public address. ``sha256`` is None where its publisher does not promise the bytes to stay.

    ``max_bytes`` bounds what is taken from the network; ``licence`` is shown before anything is.
    """

    url: str
    max_bytes: int
    licence: str
    sha256: str | None = None

    @property
    def name(self) -> str:
        return Path(urlparse(self.url).path).name


def fetch(remote: RemoteFile, folder: Path, say: Callable[[str], None] = print) -> Path:
    """The file in ``folder``: as it lies there, or fetched. What was fetched before a stop is not fetched again.

    Raises DownloadError without a network, for a file that is larger than expected, and for one whose SHA-256 is
    another (which is moved aside).
    """
    target, part = folder / remote.name, folder / f"{remote.name}.part"
    if target.exists():
        return _checked(target, remote)
    folder.mkdir(parents=True, exist_ok=True)
    say(f"{remote.name}: {remote.licence}")
    say(f"from {remote.url}")
    for attempt in range(1, TRIES + 1):
        try:
            _receive(remote, part)
            break
        except (OSError, HTTPException) as error:
            if attempt == TRIES or _is_final(error):
                raise DownloadError(_advice(remote, target, part, error)) from error
            time.sleep(0.2 * attempt)
    _checked(part, remote)
    part.replace(target)
    _tag(part).unlink(missing_ok=True)
    return target


def _is_final(error: Exception) -> bool:
    """Would another attempt end the same way? Names that are not known, and files that are not there."""
    if isinstance(error, urllib.error.HTTPError):
        return 400 <= error.code < 500
    return isinstance(error, urllib.error.URLError)


def _advice(remote: RemoteFile, target: Path, part: Path, error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    kept = f" {part.stat().st_size:,} bytes are kept: the next run goes on from there." if part.exists() else ""
    return (
        f"could not fetch {remote.name} ({reason}).{kept} Without a network: get {remote.url} on another computer, "
        f"put the file here and run again: {target}"
    )


def _receive(remote: RemoteFile, part: Path) -> None:
    """Append to ``part`` what it lacks of the file."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(_safe(remote.url), headers={"User-Agent": "yolo-course"})
    if have and (tag := _tag(part)).exists():  # without the tag, nobody knows whether the file is still the same
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", tag.read_text(encoding="utf-8"))
    with _OPENER.open(request, timeout=PATIENCE) as answer:
        goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if answer.status == 206 and not goes_on:
            part.unlink()
            raise _CutOff("the server sent another part of the file than was asked for")
        have = have if goes_on else 0
        length = answer.headers.get("Content-Length")
        whole = None if length is None else have + int(length)
        _bound(remote, whole or 0)
        _remember(answer.headers.get("ETag"), part)
        with part.open("ab" if goes_on else "wb") as file:
            while chunk := answer.read(CHUNK):
                have += len(chunk)
                _bound(remote, have)
                file.write(chunk)
    if whole is not None and have < whole:
        raise _CutOff(f"the connection ended after {have:,} of {whole:,} bytes")


def _bound(remote: RemoteFile, size: int) -> None:
    if size > remote.max_bytes:
        raise DownloadError(
            f"found {remote.name} to be of {size:,} bytes or more, expected {remote.max_bytes:,} at most: "
            f"it is not the file that was meant. Look at {remote.url}"
        )


def _tag(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _remember(etag: str | None, part: Path) -> None:
    """What the server calls this version of the file: a download goes on only with the same."""
    if etag and not etag.startswith("W/"):
        _tag(part).write_text(etag, encoding="utf-8")
    else:
        _tag(part).unlink(missing_ok=True)


def _safe(url: str) -> str:
    """The address, if what comes from it cannot have been changed on the way."""
    parts = urlparse(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise DownloadError(f"found the address {url}, expected one that begins with https://")
    return url


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):  # noqa: D102 (the parent's)
        return super().redirect_request(req, fp, code, msg, headers, _safe(newurl))


_OPENER = urllib.request.build_opener(_SafeRedirects)


def _checked(file: Path, remote: RemoteFile) -> Path:
    """The file itself, if it is the one that was expected; another one is moved aside."""
    if remote.sha256 is None:
        return file
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != remote.sha256:
        place = shutil.move(file, file.with_name(f"{remote.name}.refused"))
        raise DownloadError(
            f"found {remote.name} with the SHA-256 {found}, expected {remote.sha256}: it was altered or damaged. It is "
            f"not used, and was moved to {place}. Run again; if it comes back the same, do not trust its source"
        )
    return file
