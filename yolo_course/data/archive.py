"""Zip archives of strangers, unpacked with care: nothing leaves its folder, and nothing is larger than agreed."""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from .downloads import DownloadError

CHUNK = 1 << 18  # bytes
MAX_FILES = 20_000


def unpack(archive: Path, folder: Path, max_bytes: int, inside: str = "") -> Path:
    """Unpack ``archive``, or what lies below ``inside`` in it, as the new folder ``folder``: whole, or not at all.

    ``inside`` may hold ``*`` for the top folder's name. Raises DownloadError for an archive that is broken, holds
    links or paths that lead out of the folder, more than ``max_bytes`` or MAX_FILES files, or nothing ``inside``.
    """
    if folder.exists():
        raise DownloadError(f"{folder} is there already. Delete it first, if it shall be unpacked again.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as temporary:
        try:
            with zipfile.ZipFile(archive) as opened:
                _unpack_all(opened, Path(temporary), max_bytes)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise DownloadError(f"{archive}: the archive is broken ({error}). Delete it and run again.") from error
        found = next(Path(temporary).glob(inside), None) if inside else Path(temporary)
        if found is None or not any(found.iterdir()):
            raise DownloadError(f"{archive}: found nothing below {inside or 'its top'!r}: it is another archive.")
        shutil.move(found, folder) if inside else shutil.copytree(found, folder)
    return folder


def _unpack_all(opened: zipfile.ZipFile, folder: Path, max_bytes: int) -> None:
    entries = opened.infolist()
    claimed = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_FILES or claimed > max_bytes:
        raise DownloadError(
            f"{opened.filename}: found {len(entries):,} files of {claimed:,} bytes, "
            f"expected {MAX_FILES:,} and {max_bytes:,} at most. Nothing was unpacked."
        )
    places = [(entry, folder / _safe_path(entry, opened.filename)) for entry in entries]
    left = max_bytes
    for entry, place in places:
        if entry.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source, place.open("xb") as target:
            while chunk := source.read(CHUNK):
                left -= len(chunk)
                if left < 0:  # an entry may hold more than it claims
                    raise DownloadError(f"{opened.filename}: more than {max_bytes:,} bytes. Nothing was unpacked.")
                target.write(chunk)


def _safe_path(entry: zipfile.ZipInfo, archive: str) -> PurePosixPath:
    """The entry's path, if it is a plain file or folder that stays below."""
    path = PurePosixPath(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    leads_out = path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename
    if leads_out or "\0" in entry.filename or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DownloadError(
            f"{archive}: the entry {entry.filename!r} is a link, or leads out of the folder. Nothing was unpacked: "
            "do not trust this archive."
        )
    return path
