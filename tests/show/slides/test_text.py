"""Markdown becomes blocks: titles, text, tables, code; formulas, links and pictures need nothing from outside."""

import base64

import pytest

from tests.show.slides.made import png
from yolo_course.show.slides.deck import SlidesError
from yolo_course.show.slides.text import notes_html, text_blocks, title_html


def blocks(source, **options):
    return [(block.kind, block.html.strip()) for block in text_blocks(source, **options)]


def html(source, **options):
    return "".join(block for _, block in blocks(source, **options))


def test_headings_in_front_are_the_title_and_later_ones_are_text():
    found = blocks("## 6 Six\n\n### 6.1 One\n\nWords.\n\n#### More\n\nWords.")
    assert [kind for kind, _ in found] == ["title", "text"]
    assert found[0][1] == "<h2>6 Six</h2>\n<h3>6.1 One</h3>" and "<h4>More</h4>" in found[1][1]


def test_tables_and_code_are_blocks_of_their_own():
    found = blocks("Words.\n\n- a\n- b\n\n| x | y |\n|:--|--:|\n| 1 | 2<br>3 |\n\n```python\nimport os\n```\n\nEnd.")
    assert [kind for kind, _ in found] == ["text", "table", "code", "text"]
    assert "<li>a</li>" in found[0][1] and "2<br>3" in found[1][1] and "text-align:right" in found[1][1]
    assert '<span class="kn">import</span>' in found[2][1]


def test_code_in_an_unknown_language_stays_plain():
    assert "a &lt; b" in html("```klingon\na < b\n```") and "a &lt; b" in html("    a < b")


def test_formulas_become_mathml():
    inline, block = html("So $x^2 < 1$ holds."), html("$$\n\\frac{a}{b}\n$$")
    assert "<math" in inline and "<msup>" in inline and "$" not in inline
    assert "<mfrac>" in block and 'display="block"' in block and block.startswith('<div class="formula">')
    assert 'display="block"' in html("Here $$a = b$$ stands inside.")


@pytest.mark.parametrize("source", ["It costs $5 or $6.", "`$HOME` and `$x$`", "a \\$1 b \\$2"])
def test_dollars_that_are_no_formula(source):
    assert "<math" not in html(source)


def test_a_formula_that_cannot_be_converted_is_named():
    with pytest.raises(SlidesError, match=r"found the formula \$a\^b\^c\$.*another way"):
        html("$a^b^c$")


def test_links_between_notebooks_lead_to_decks():
    assert '<a href="02_backbone.html">' in html("[next](02_backbone.ipynb)")
    assert '<a href="02_backbone.html">' in html("[next](02_backbone.ipynb#3-Rows)")
    assert '<a href="https://example.org" target="_blank"' in html("[web](https://example.org)")
    found = html("[here](../README.md) and [there](01_input.ipynb)")
    assert '<span class="link">here</span>' in found and ">there</a>" in found


def test_pictures_are_inlined_and_missing_ones_named(tmp_path):
    (tmp_path / "red.png").write_bytes(base64.b64decode(png()))
    found = html("![a *red* picture](red.png)", folder=tmp_path)
    assert f'src="data:image/png;base64,{png()}"' in found and 'alt="a red picture"' in found
    for source in ("blue.png", "https://example.org/red.png", "attachment:red.png"):
        with pytest.raises(SlidesError, match=f"found the picture '{source}', expected a file"):
            html(f"![x]({source})", folder=tmp_path)


def test_a_question_stands_out():
    assert '<p class="predict"><strong>Predict.</strong> What now?' in html("Words.\n\n**Predict.** What now?")
    assert "predict" not in html("**Explain.** So. **Predict.** What now?") and "predict" not in html("- **a** b")


def test_notes_lose_their_announcement():
    assert notes_html(["> **Speaker notes.** Say *hello*.\n> Twice."]) == "<p>Say <em>hello</em>.\nTwice.</p>\n"
    assert notes_html(["Speaker notes. One.", "Two."]) == "<p>One.</p>\n\n<p>Two.</p>\n"


def test_titles_are_one_line_of_markdown():
    assert title_html("The `freeze` & $x$").startswith("The <code>freeze</code> &amp; <span")
