"""Code cells to blocks of a slide: the source where it is worth reading, and what the cell showed."""

import ast
import re
from html import escape
from pathlib import Path
from urllib.parse import quote

from yolo_course.notebooks import WIDGET

from .deck import Block, SlidesError
from .text import highlighted, text_blocks

PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
RICH = (*PICTURES, "text/markdown", "text/html")  # the best form of an output first
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def code_blocks(cell, folder: Path = Path()) -> list[Block]:
    """The blocks of a code cell that was run. What it wrote to stderr is never shown."""
    if cell.execution_count is None and cell.source.strip():
        raise SlidesError(f"found a cell that was not run ({cell.source.splitlines()[0]!r}), expected its outputs")
    lines = re.sub(r"\n{3,}", "\n\n", cell.source)  # room is dear
    source = [Block("code", highlighted(lines))] if shows_source(cell) else []
    return source + output_blocks(cell, folder)


def shows_source(cell) -> bool:
    """Does the slide show this cell's code? Not where it only imports, or shows a figure or a listing.

    The tags ``hide-input`` and ``show-input`` decide otherwise.
    """
    tags = cell.get("metadata", {}).get("tags", [])
    if "show-input" in tags or "hide-input" in tags:
        return "show-input" in tags
    rich = any(kind in output.get("data", {}) for output in cell.outputs for kind in (*RICH, WIDGET))
    return bool(cell.source.strip()) and not rich and not _only_imports(cell.source)


def output_blocks(cell, folder: Path = Path()) -> list[Block]:
    """What a cell showed, in order; text that was printed in several steps is one block."""
    blocks: list[Block] = []
    printed = ""
    for output in cell.outputs:
        if output.output_type == "stream":
            printed += output.text if output.name == "stdout" else ""
            continue
        blocks += [*_text(printed), *_rich(output, folder)]
        printed = ""
    return blocks + _text(printed)


def _rich(output, folder: Path) -> list[Block]:
    if output.output_type == "error":
        return _text(f"{output.ename}: {output.evalue}")
    data = output.get("data", {})
    if WIDGET in data:  # needs a kernel; the still figure below it does not
        return []
    best = next((kind for kind in RICH if kind in data), None)
    if best in PICTURES:
        return [Block("figure", figure_html(data, output.get("metadata", {}), best))]
    if best == "text/markdown":
        return text_blocks(data[best], folder)
    if best == "text/html":
        return [Block("table" if "<table" in data[best] else "output", f'<div class="html">{_quiet(data[best])}</div>')]
    return _text(data.get("text/plain", ""))


def figure_html(data: dict, metadata: dict, kind: str) -> str:
    """A picture as ``<img>`` with its contents, its alt text, and its size on a notebook's page."""
    about = metadata.get(kind, {})
    if kind == "image/svg+xml":
        source = f"data:{kind};utf8,{quote(data[kind])}"
    else:
        source = f"data:{kind};base64,{data[kind].replace(chr(10), '')}"
    size = "".join(f' data-{side}="{about[side]}"' for side in ("width", "height") if side in about)
    return f'<img class="figure" alt="{escape(about.get("alt", ""))}"{size} src="{source}">'


def _text(text: str) -> list[Block]:
    """Printed text. Lines without columns (no two spaces in a row) may be wrapped."""
    plain = ANSI.sub("", text).strip("\n")
    html, kind = escape(plain), "output"
    if not re.search(r"\S  |\n ", plain):
        html, kind = "".join(f"<span>{line}</span>\n" for line in html.split("\n")), "output prose"
    return [Block("output", f'<pre class="{kind}">{html}</pre>')] if plain.strip() else []


def _quiet(html: str) -> str:
    """HTML without scripts and styles: those of a notebook do not belong on a slide."""
    return re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", "", html)


def _only_imports(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic, perhaps: worth showing
        return False
    return all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in body)
