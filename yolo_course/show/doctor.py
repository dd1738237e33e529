"""The data doctor's findings as a table with pictures, for a notebook."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from yolo_course.data.check import CheckReport
from yolo_course.data.findings import Finding
from yolo_course.data.images import read_image
from yolo_course.data.problems import DataError

HEIGHT = 90  # pixels of a picture in the table
SHOWN = 3  # places and pictures of one finding


def show_findings(report: CheckReport) -> None:
    """Display each finding: what it is, where, what to do, and the first pictures concerned."""
    from IPython.display import display

    display({"text/html": findings_html(report), "text/plain": findings_text(report)}, raw=True)


def findings_text(report: CheckReport) -> str:
    """The findings in plain text: file names without their folders."""
    rows = [
        f"{'!!' if finding.wrong else ' i'} {finding.what}: {len(finding.places)}\n   {_short(finding.places[0])}"
        f"\n   {finding.advice}".rstrip()
        for finding in report.findings
    ]
    return "\n".join(rows) or "Nothing was found: this data set can be trained on."


def findings_html(report: CheckReport) -> str:
    """The findings as an HTML table; pictures are part of it."""
    if not report.findings:
        return f"<p>{findings_text(report)}</p>"
    head = "".join(f"<th style='text-align: left'>{name}</th>" for name in ("", "what", "where", "what to do", "look"))
    return f"<table><tr>{head}</tr>{''.join(map(_row, report.findings))}</table>"


def _row(finding: Finding) -> str:
    mark = "<b title='wrong'>!!</b>" if finding.wrong else "<span title='worth a look'>i</span>"
    mark = f"<div style='white-space: nowrap'>{mark}</div>"  # else the narrow column may break it in two
    more = len(finding.places) - SHOWN
    places = [escape(_short(place)) for place in finding.places[:SHOWN]] + ([f"and {more} more"] if more > 0 else [])
    cells = mark, f"{escape(finding.what)}: {len(finding.places)}", "<br>".join(places), escape(finding.advice)
    style = "text-align: left; vertical-align: top; white-space: normal; overflow-wrap: anywhere"
    row = "".join(f"<td style='{style}'>{cell}</td>" for cell in (*cells, _pictures(finding.pictures)))
    return f"<tr>{row}</tr>"


def _short(place: str) -> str:
    """A place without the folders of its files: they are long, and nobody else's business."""
    return " ".join(Path(word).name if "/" in word or "\\" in word else word for word in place.split())


def _pictures(files: Sequence[Path]) -> str:
    shown = [picture for file in files[:SHOWN] if (picture := _picture(file))]
    return f"<div style='white-space: nowrap'>{' '.join(shown)}</div>"


def _picture(file: Path) -> str:
    """An <img> of a picture; nothing for one that cannot be read, which is then what was found."""
    try:
        image = read_image(file)
    except DataError:
        return ""
    width = max(1, round(image.shape[1] * HEIGHT / image.shape[0]))
    small = cv2.resize(image, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 80])
    address = f"data:image/jpeg;base64,{b64encode(data).decode('ascii')}"
    return f"<img alt='{escape(file.name)}' src='{address}' style='display: inline; margin: 1px'>"
