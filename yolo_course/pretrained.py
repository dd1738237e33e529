"""The original's own weights by name, from its releases on GitHub: fetched once, checked, kept in the cache.

They are Ultralytics' work under AGPL-3.0, and nothing of them is part of this course: a reader who asks for them gets
them from their publisher, and is told what the licence asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from yolo_course.data.downloads import DownloadError, RemoteFile, fetch
from yolo_course.data.embedded import cache_dir
from yolo_course.unpickle import CheckpointError

ADDRESS = "https://github.com/ultralytics/yolov5/releases/download/{release}/{name}.pt"
SIZES = {"v5.0": "smlx", "v6.2": "nsmlx", "v7.0": "nsmlx"}
MAX_BYTES = 400_000_000  # yolov5x of v5.0, the largest, is one of 175 MB
LICENCE = (
    "weights of YOLOv5 by Ultralytics, under AGPL-3.0. Using and studying them on your own computer asks nothing of "
    "you. If you pass them on, or something made from them, or let others use it over a network, the licence asks for "
    "your complete source code under AGPL-3.0 too; the README says more."
)
# Of v7.0, as several independent users of these files have published them. Of the older releases none were found:
# those are checked by what is in them.
SHA256 = {
    ("v7.0", "yolov5n"): "4f180cf23ba0717ada0badd6c685026d73d48f184d00fc159c2641284b2ac0a3",
    ("v7.0", "yolov5s"): "8b3b748c1e592ddd8868022e8732fde20025197328490623cc16c6f24d0782ee",
    ("v7.0", "yolov5m"): "61d933360ba5a7733a36764996c800287d973889d875227f5beedd2473a97a56",
    ("v7.0", "yolov5l"): "2f603b7354c25454d1270663a14d8ddc1eea98e5eebc1d84ce0c6e3150fa155f",
    ("v7.0", "yolov5x"): "9f27a794fa0308e2606f90565164571d6f0a0ba18a3ce2e5e5d323b71c157859",
}


def official_name(text: str) -> str | None:
    """ "yolov5s" for "yolov5s" and "yolov5s.pt"; None for a path, and for what is no name of the original's."""
    found = re.fullmatch(r"(yolov5[nsmlx])(\.pt)?", text)
    return found[1] if found else None


def official_file(text: str, release: str = "v7.0", say: Callable[[str], None] = print) -> Path:
    """The file of the original's weights in the cache, fetched where it is not there yet.

    Raises CheckpointError for a name or release that there is not, and where the file cannot be had.
    """
    remote = remote_file(text, release)
    try:
        return fetch(remote, _folder(release), say)
    except DownloadError as error:
        raise CheckpointError(str(error)) from error


def cached_file(text: str, release: str = "v7.0") -> Path | None:
    """The file of :func:`official_file` if it was fetched before; nothing is downloaded."""
    file = _folder(release) / remote_file(text, release).name
    return file if file.is_file() else None


def check_fetched(weights: str | Path) -> None:
    """Raise CheckpointError for a name of the original's whose file is not here yet; nothing is downloaded."""
    name = official_name(str(weights))
    if name and not Path(weights).exists() and cached_file(name) is None:
        raise CheckpointError(
            f"the weights {name} were not fetched yet, and nothing is downloaded here. "
            f'`yc.YOLOv5.from_pretrained("{name}")` fetches them once; then run again'
        )


def _folder(release: str) -> Path:
    return cache_dir() / "weights" / release


def remote_file(text: str, release: str) -> RemoteFile:
    """Where the weights are published, and what is known of them. Raises CheckpointError as :func:`official_file`."""
    name = official_name(text)
    if release not in SIZES or name is None or name[-1] not in SIZES[release]:
        there = "; ".join(f"{known}: {', '.join(f'yolov5{size}' for size in sizes)}" for known, sizes in SIZES.items())
        raise CheckpointError(f"found the weights {text!r} of release {release!r}, expected one of {there}")
    address = ADDRESS.format(release=release, name=name)
    return RemoteFile(address, MAX_BYTES, LICENCE, SHA256.get((release, name)))
