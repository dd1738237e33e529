"""The findings as a table: what, where, what to do, and pictures; no folder of this computer in it."""

import re

from tests.data.files import truncate, write_picture, yolo_set
from yolo_course.data.check import CheckReport, check_dataset
from yolo_course.show.doctor import findings_html, findings_text, show_findings


def report(tmp_path):
    labels = {str(n): "0 0.5 0.5 0 0\n" for n in range(5)} | {"bad": "x <b>\n"}
    file = yolo_set(tmp_path / "set", labels)
    truncate(tmp_path / "set/images/train/bad.jpg")
    return check_dataset(file)


def test_the_table_says_what_where_and_what_to_do(tmp_path):
    found = report(tmp_path)
    html, text = findings_html(found), findings_text(found)
    for finding in found.findings:
        assert finding.what in html and finding.what in text and finding.advice in text
    assert str(tmp_path) not in html and str(tmp_path) not in text and "0.txt" in html
    assert "white-space: nowrap'><b title='wrong'>!!</b>" in html  # a mark of two letters stays in one line
    assert "and 2 more" in html and html.count("<tr>") == 1 + len(found.findings)


def test_pictures_are_in_it_and_one_that_cannot_be_read_is_left_out(tmp_path):
    html = findings_html(report(tmp_path))
    assert len(re.findall(r"<img alt='\d.jpg' src='data:image/jpeg;base64,", html)) >= 3
    assert "<img alt='bad.jpg'" not in html


def test_names_cannot_upset_the_page(tmp_path):
    file = yolo_set(tmp_path, {"a": "0 0.5 0.5 0.2 0.2\n"})
    write_picture(tmp_path / "images/train/<i>.png", (20, 10))
    assert "<i>" not in findings_html(check_dataset(file)).replace("<b title", "")


def test_nothing_found(capsys):
    show_findings(CheckReport({}, []))
    assert "can be trained on" in capsys.readouterr().out
