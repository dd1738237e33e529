"""The course's style: rules on what a notebook shows and stores; `problems` applies these and the others."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.notebook_rules import RULES, cells, prose, rule

MAX_BYTES = 2_000_000
PAGE_WIDTH = 1000  # pixels


def problems(notebook, path: Path | None = None) -> list[str]:
    """All that is wrong, as sentences; `path` is where the notebook lies (for its size and its links)."""
    found = [problem for check in RULES for problem in check(notebook)]
    if path is not None:
        found += [*_size(path), *_links(notebook, path)]
    return found


def outputs(notebook) -> list[tuple[int, dict]]:
    return [(n, output) for n, cell in cells(notebook, "code") for output in cell.outputs]


@rule
def figures(notebook) -> Iterator[str]:
    pictures = [(n, out, kind) for n, out in outputs(notebook) for kind in out.get("data", {}) if "image/" in kind]
    if not pictures:
        yield "no figure"
    for n, output, kind in pictures:
        about = output.get("metadata", {}).get(kind, {})
        if kind not in ("image/png", "image/svg+xml"):
            yield f"cell {n}: a figure as {kind}, expected PNG or SVG"
        if len(about.get("alt", "").split()) < 4:
            yield f"cell {n}: a figure without alt text"
        if about.get("width", 0) > PAGE_WIDTH:
            yield f"cell {n}: a figure {about['width']} pixels wide, expected {PAGE_WIDTH} at most"


@rule
def clean_output(notebook) -> Iterator[str]:
    """Nothing of the machine, the clock or the terminal in what is stored."""
    host = re.escape(socket.gethostname())
    unwanted = {
        "a local path": r"(?<![\w.:/])/[\w.-]+/[\w.-]|\b[A-Z]:\\\\?\w|site-packages",
        "a time of day": r"\b\d\d:\d\d:\d\d\b|\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d",
        "a progress bar": r"\d+%\s*\||it/s\b|\r",
        "a warning": r"\w*Warning\b",
        "a memory address": r"\b0x[0-9a-f]{6,}",
        "terminal colours": r"\x1b\[",
        "the host's name": rf"(?<!\w){host}(?!\w)" if len(host) > 3 and host != "localhost" else r"(?!)",
    }
    for n, output in outputs(notebook):
        if output.get("name") == "stderr":
            yield f"cell {n} writes to stderr"
        for what, pattern in unwanted.items():
            if match := re.search(pattern, _text(output)):
                yield f"cell {n} shows {what}: {match[0]!r}"


def _text(output) -> str:
    data = output.get("data", {})
    texts = [value for kind, value in data.items() if kind.startswith("text/") or "svg" in kind]
    text = "\n".join(["".join(text) for text in texts] + [output.get("text", "")])
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "base64", text)  # a picture within HTML


@rule
def what_is_compared(notebook) -> Iterator[str]:
    """nbval compares the text of marked cells: no time may stand there."""
    for n, cell in cells(notebook, "code"):
        if "nbval-check-output" in cell.metadata.get("tags", []):
            text = "\n".join(_text(output) for output in cell.outputs)
            if not text.strip():
                yield f"cell {n} is marked nbval-check-output and shows no text"
            if re.search(r"\d\s*(ms|milliseconds|seconds|images/s)\b|\bcuda\b", text):
                yield f"cell {n} is marked nbval-check-output and shows a time or a device"


def _size(path: Path) -> Iterator[str]:
    if path.stat().st_size > MAX_BYTES:
        yield f"{path.stat().st_size:,} bytes, expected {MAX_BYTES:,} at most"


def _links(notebook, path: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)#\s]+)", prose(notebook)):
        if "://" not in target and not (path.parent / target).exists():
            yield f"the link to {target} leads nowhere"
