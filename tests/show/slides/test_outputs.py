"""What a slide shows of a code cell: its source where it is worth it, and all that it put out but stderr."""

import pytest

from tests.show.slides.made import ALT, code, figure, png, shown, stdout
from yolo_course.show.slides.deck import SlidesError
from yolo_course.show.slides.outputs import WIDGET, code_blocks, shows_source


def blocks(cell):
    return [(block.kind, block.html) for block in code_blocks(cell)]


def test_source_and_output():
    (kind, source), (other, output) = blocks(code("print(1 < 2)  # so", stdout("True\n")))
    assert (kind, other) == ("code", "output") and "&lt;" in source and "# so" in source and "True" in output


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (code("x = 1"), True),
        (code("print(x)", stdout("1")), True),
        (code("import torch\nfrom os import path"), False),
        (code("import torch\nx = 1"), True),
        (code("show(x)", stdout("1"), figure()), False),
        (code("show_source(x)", shown({"text/markdown": "`x`"})), False),
        (code("table", shown({"text/html": "<table></table>", "text/plain": "t"})), False),
        (code("%matplotlib inline"), True),
        (code("print(x)", tags=["hide-input"]), False),
        (code("show(x)", figure(), tags=["show-input", "hide-input"]), True),
        (code(""), False),
    ],
)
def test_when_the_source_is_shown(cell, expected):
    assert shows_source(cell) is expected


def test_code_loses_double_empty_lines():
    assert "\n\n\n" not in blocks(code("def f():\n    pass\n\n\nf()"))[0][1]


def test_a_figure_is_inlined_with_its_words_and_its_size():
    ((kind, html),) = blocks(code("draw()", figure(900, 300)))
    assert kind == "figure" and f"base64,{png()}" in html and 'alt="A red square &amp; nothing else"' in html
    assert ALT.replace("&", "&amp;") in html and 'data-width="900" data-height="300"' in html


def test_the_best_form_of_an_output_is_shown():
    svg = shown({"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"/>', "text/plain": "s"})
    assert 'src="data:image/svg+xml;utf8,%3Csvg' in blocks(code("x", svg))[0][1]
    assert [kind for kind, _ in blocks(code("x", shown({"text/markdown": "a\n\n```python\nb\n```"})))] == [
        "text",
        "code",
    ]
    ((kind, html),) = blocks(code("x", shown({"text/html": "<table><script>bad()</script></table>"})))
    assert kind == "table" and html == '<div class="html"><table></table></div>'
    assert blocks(code("x", shown({"text/plain": "a  b"})))[1] == ("output", '<pre class="output">a  b</pre>')


def test_widgets_are_left_out():
    assert blocks(code("Explorer()", shown({WIDGET: {}, "text/plain": "Explorer()"}))) == []


def test_printed_text_is_one_block_without_stderr_and_terminal_colours():
    cell = code("x", stdout("a  \x1b[31mred\x1b[0m\n"), stdout("bad", "stderr"), stdout("b"), tags=["hide-input"])
    assert blocks(cell) == [("output", '<pre class="output">a  red\nb</pre>')]
    assert blocks(code("x", stdout("bad", "stderr"), tags=["hide-input"])) == []


def test_order_is_kept():
    cell = code("x", stdout("a\n"), figure(), stdout("b\n"))
    assert [kind for kind, _ in blocks(cell)] == ["output", "figure", "output"]


def test_sentences_may_be_wrapped_and_columns_may_not():
    wrapped = blocks(code("x", stdout("One sentence.\nAnother.")))[1][1]
    assert wrapped.count("<span>") == 2 and "prose" in wrapped
    assert "prose" not in blocks(code("x", stdout("a   1\nb   2")))[1][1]
    assert "prose" not in blocks(code("x", stdout("[[1 2]\n [3 4]]")))[1][1]


def test_a_cell_that_was_not_run():
    with pytest.raises(SlidesError, match="was not run .*'x = 1'.*expected its outputs"):
        code_blocks(code("x = 1\ny = 2", count=None))
