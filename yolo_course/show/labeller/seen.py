"""Which picture of a folder was seen last: where the labelling tool goes on when all of them have labels.

The picture's name lies in the user's cache, in a small file for each folder that was labelled: not beside the labels,
where it would be copied along with the data set. Where it is lost, or cannot be written, the tool begins with the
first picture.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from yolo_course.data.embedded import cache_dir
from yolo_course.data.images import write_atomic
from yolo_course.show.labeller.places import Places

NO_CACHE = (OSError, RuntimeError)  # RuntimeError: Path.home() for a user who has none


def remember(places: Places, name: str) -> None:
    """Keep the name of the picture that is seen now, for the next time this folder is opened by this user."""
    with suppress(*NO_CACHE):
        write_atomic(_file(places), os.fsencode(name))


def last_seen(places: Places) -> str | None:
    """The name that was kept last; the picture may have gone since. None where nothing is known."""
    with suppress(*NO_CACHE):
        return os.fsdecode(_file(places).read_bytes())
    return None


def _file(places: Places) -> Path:
    folders = os.fsencode(f"{places.photos}\n{places.labels or ''}")
    return cache_dir() / "labeller" / f"{hashlib.sha256(folders).hexdigest()[:16]}.txt"
