"""One Pascal VOC annotation: an XML file to objects, each with the line it stands on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from .problems import Problems

CORNERS = ("xmin", "ymin", "xmax", "ymax")
LINE = "line"  # the attribute in which parse_xml keeps an element's line


@dataclass(frozen=True)
class VocObject:
    """One object as it is written: the corners are pixels counted from 1."""

    line: int
    name: str
    corners: tuple[float, float, float, float]
    difficult: bool


@dataclass(frozen=True)
class Annotation:
    """What one file says; `size` is the picture's (width, height), 0 where it is not given."""

    file: Path
    size: tuple[int, int] = (0, 0)
    objects: list[VocObject] = field(default_factory=list)
    exists: bool = True


def parse_xml(file: Path) -> ElementTree.Element:
    """The root of an XML file, every element with its line as an attribute. Raises ValueError.

    Document types are refused, and with them all entities: nothing outside the file is read, and a few lines
    cannot unfold into gigabytes.
    """
    parser, builder = expat.ParserCreate(), ElementTree.TreeBuilder()

    def start(tag: str, attributes: dict[str, str]) -> None:
        builder.start(tag, {**attributes, LINE: str(parser.CurrentLineNumber)})

    def refuse(name: str, *_) -> None:
        raise ValueError(f"line {parser.CurrentLineNumber} declares a document type ({name}); delete it")

    parser.StartElementHandler, parser.EndElementHandler = start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, refuse
    try:
        parser.Parse(file.read_bytes(), True)
    except expat.ExpatError as error:
        raise ValueError(f"this is not well-formed XML ({error})") from error
    return builder.close()


def read_annotation(file: Path, problems: Problems) -> Annotation | None:
    """Read one file. Broken XML and malformed objects go to `problems`; None if nothing can be used."""
    try:
        root = parse_xml(file)
    except ValueError as error:
        problems.error("broken annotations", file, None, str(error), "Export the file again, or remove it.")
        return None
    objects = []
    for element in root.findall("object"):
        try:
            objects.append(_object(element))
        except ValueError as error:
            fix = "Expected <name> and <bndbox> with the numbers <xmin> <ymin> <xmax> <ymax>."
            problems.error("malformed objects", file, int(element.get(LINE)), str(error), fix)
    return Annotation(file, _size(root), objects)


def _object(element: ElementTree.Element) -> VocObject:
    name = (element.findtext("name") or "").strip()
    if not name:
        raise ValueError("found an object without a name")
    corners = tuple(_number(element, corner) for corner in CORNERS)
    difficult = (element.findtext("difficult") or "0").strip() == "1"
    return VocObject(int(element.get(LINE)), name, corners, difficult)


def _number(element: ElementTree.Element, corner: str) -> float:
    text = element.findtext(f"bndbox/{corner}")
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"found {text!r} for <{corner}>")
    return value


def _size(root: ElementTree.Element) -> tuple[int, int]:
    try:
        width, height = (int(root.findtext(f"size/{side}")) for side in ("width", "height"))
    except (TypeError, ValueError):
        return 0, 0
    return width, height
