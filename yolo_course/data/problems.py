"""What is wrong with a data set: an error by default, or by option a counted warning."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

SKIP = 'Or pass on_error="warn" to leave such entries out with a counted warning.'
SHOWN = 20  # a warning names so many places; `DataWarning.problems` holds all of them


class DataError(ValueError):
    """A data set, picture or label that cannot be used; the message says where, why and what to do."""


@dataclass(frozen=True)
class Problem:
    """One finding. `kind` groups it; `line` counts from 1 and is None where the whole file is meant."""

    kind: str
    file: Path
    line: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        place = str(self.file) if self.line is None else f"{self.file}, line {self.line}"
        return f"{place}: {self.detail}" if self.detail else place


class DataWarning(UserWarning):
    """All findings of one kind in one warning: how many, and where. `problems` lists every one."""

    def __init__(self, kind: str, problems: list[Problem]):
        listed = [f"\n  {problem}" for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            listed.append(f"\n  ... and {len(problems) - SHOWN} more")
        super().__init__(f"{kind}: {len(problems)}{''.join(listed)}")
        self.kind = kind
        self.problems = problems


class Problems:
    """Collects the findings while a data set is read; `report` tells each kind once, at the end.

    on_error="raise": the first entry that is wrong (`error`) stops the reading with a DataError.
    on_error="warn": wrong entries are left out, and reported in DataWarnings.
    What is merely odd (`note`) never stops the reading.
    """

    def __init__(self, on_error: str = "raise"):
        if on_error not in ("raise", "warn"):
            raise ValueError(f'on_error is {on_error!r}; expected "raise" or "warn"')
        self.on_error = on_error
        self.found: dict[str, list[Problem]] = {}

    def note(self, kind: str, file: Path, line: int | None = None, detail: str = "") -> None:
        """Remember something odd, such as a box without extent."""
        self.found.setdefault(kind, []).append(Problem(kind, file, line, detail))

    def error(self, kind: str, file: Path, line: int | None, detail: str, fix: str) -> None:
        """Raise for something wrong, or remember it; `fix` says what to do about it."""
        if self.on_error == "raise":
            raise DataError(f"{Problem(kind, file, line, detail)}. {fix} {SKIP}")
        self.note(f"{kind} (left out)", file, line, detail)

    def report(self) -> None:
        """Issue one DataWarning for each kind of finding."""
        for kind, problems in self.found.items():
            warnings.warn(DataWarning(kind, problems), stacklevel=_callers_level())


def _callers_level() -> int:
    """How many frames up the code lies that called the package: the line a warning should point to."""
    frame, level, package = sys._getframe(1), 0, __name__.partition(".")[0]
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    return level + 1
