"""Small notebooks made by hand, as files."""

import base64
import struct
import zlib

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ALT = "A red square & nothing else"


def text(source, slide="-", name=None):
    return new_markdown_cell(source, metadata=metadata(slide, name))


def code(source, *outputs, slide="-", name=None, tags=(), count=1):
    about = {**metadata(slide, name), "tags": list(tags)}
    return new_code_cell(source, metadata=about, outputs=list(outputs), execution_count=count)


def metadata(slide, name):
    return {**({"slideshow": {"slide_type": slide}} if slide else {}), **({"name": name} if name else {})}


def stdout(words, name="stdout"):
    return new_output("stream", name=name, text=words)


def shown(data, about=None):
    return new_output("display_data", data, metadata=about or {})


def png(width=4, height=3):
    """A red picture as PNG, in base64."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xd0\0\0" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode("ascii")


def figure(width=900, height=400):
    about = {"image/png": {"alt": ALT, "width": width, "height": height}}
    return shown({"image/png": png(), "text/plain": "[Figure]"}, about)


def notebook(folder, *cells, name="02_backbone.ipynb"):
    """A notebook of these cells, written into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), folder / name)
    return folder / name


def lesson(folder, name="02_backbone.ipynb"):
    """A notebook with everything a deck can hold."""
    return notebook(
        folder,
        text(
            "# 02 Backbone: what it sees\n\nA picture, **ten rows**.\n\n**You will**\n- read $\\frac{a}{b}$;", "slide"
        ),
        text("> **Speaker notes.** Begin with a *question*.", "notes"),
        code("import torch\nimport numpy as np", slide="skip"),
        text("## 1 First\n\nSome words.", "slide", "first"),
        code("print(1)", stdout("1\n"), name="one"),
        text("Then this.", "fragment"),
        code("2 + 2", shown({"text/plain": "4"})),
        text("See [the head](04_head.ipynb) and [the talk](https://example.org/talk).", "subslide"),
        code("display_figure(figure, '...')", figure(), name="square"),
        text("## 2 Table\n\n| a | b |\n|:--|--:|\n| `x` | 1<br>2 |", "slide"),
        name=name,
    )
