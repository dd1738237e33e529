"""Code on the page."""

import pytest

from yolo_course import boxes
from yolo_course.show import source
from yolo_course.show.source import show_source, source_of
from yolo_course.stages.backbone import Focus
from yolo_course.stages.head import Detect


def test_a_class_with_where_it_stands():
    text, where = source_of(Focus)
    assert text.startswith("class Focus(nn.Module):") and text.endswith("return self.conv(torch.cat(corners, 1))")
    assert where.startswith("yolo_course.stages.backbone, lines ")


@pytest.mark.parametrize(
    ("what", "first"),
    [
        (Detect.forward, "def forward(self"),
        (Detect.anchor_pixels, "@property"),
        (boxes, '"""Boxes: the two ways'),
    ],
)
def test_methods_properties_and_modules_without_indentation(what, first):
    text, where = source_of(what)
    assert text.startswith(first) and "/" not in where and "\\" not in where


@pytest.mark.parametrize("what", [len, 3, int])
def test_what_was_not_written_in_python(what):
    with pytest.raises(ValueError, match="found .* without Python code"):
        source_of(what)


def test_plain_in_a_terminal_and_coloured_in_a_notebook(monkeypatch, capsys):
    show_source(source.source_of)
    assert capsys.readouterr().out.startswith("# yolo_course.show.source, lines ")
    shown = []
    monkeypatch.setattr("IPython.get_ipython", lambda: "a kernel")
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    show_source(source.source_of)
    assert set(shown[0]) == {"text/plain", "text/markdown"} and "```python\ndef source_of" in shown[0]["text/markdown"]
