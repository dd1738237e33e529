"""A deck is one file: nothing in it is fetched, and reveal.js keeps its licence."""

import re

import pytest

from tests.show.slides.made import lesson
from yolo_course.show import style
from yolo_course.show.slides import page, parts
from yolo_course.show.slides.deck import Block, Deck, Slide, SlidesError
from yolo_course.show.slides.notebook import notebook_deck


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return page.deck_html(notebook_deck(lesson(tmp_path_factory.mktemp("notebooks"))))


def one(*blocks, **options):
    return page.deck_html(Deck("x", "A < B", [Slide(list(blocks), **options)], ("neck",)))


def test_slides_and_the_subslides_below_them_are_stacks(html):
    stacks = re.findall(r"(?s)<section>\n(.*?)\n</section>", html)
    assert [re.findall(r'id="(slide-\d)"', stack) for stack in stacks] == [
        ["slide-1", "slide-2"],
        ["slide-3", "slide-4"],
        ["slide-5"],
    ]


def test_steps_are_fragments_and_notes_are_asides(html):
    assert html.count('fragment" data-cell="3" data-fragment-index="0"') == 1
    assert '<aside class="notes"><p>Begin with a <em>question</em>.</p>' in html
    assert html.count("<aside") == html.count('<div class="page">') == 5


def test_the_licence_stays_in_the_file(html):
    comment = re.search(r"(?s)<!--(.*?)-->", html)[1]
    assert "Permission is hereby granted, free of charge" in comment and "Hakim El Hattab" in comment
    assert "marked" in comment and html.index("MIT licensed") > 0


def test_colours_are_the_courses(html):
    for name, colour in style.STAGES.items():
        assert f"--stage-{name}: {colour};" in html and f".strip .{name} {{ background: {colour}; }}" in html
    assert f"--frozen: {style.FROZEN};" in html
    assert 'class="neck lit"' in one() and 'class="head"' in one()


def test_the_title_and_the_foot_are_escaped():
    assert "<title>A &lt; B</title>" in one() and "<span>A &lt; B</span>" in one()
    assert '<span>A &lt; B · from <a href="02.html">02</a></span>' in one(source='<a href="02.html">02</a>')


def test_nothing_is_fetched(html):
    assert page.outside(html) == []


@pytest.mark.parametrize(
    ("piece", "found"),
    [
        ('<img src="https://example.org/x.png">', "img src=https://example.org/x.png"),
        ('<img src="x.png">', "img src=x.png"),
        ('<script src="//example.org/x.js"></script>', "script src=//example.org/x.js"),
        ('<link rel="stylesheet" href="x.css">', "link href=x.css"),
        ('<svg><use xlink:href="x.svg"/></svg>', "use xlink:href=x.svg"),
        ("<style>@import 'x.css';</style>", "@import 'x.css'"),
        ("<style>a { background: url( 'x.png') }</style>", "url(x.png'"),
        ('<p style="background: url(x.png)">', "url(x.png"),
        ('<iframe src="x.html"></iframe>', "iframe src=x.html"),
    ],
)
def test_what_would_be_fetched_is_found_and_refused(piece, found):
    assert page.outside(piece) == [found]
    with pytest.raises(SlidesError, match="expected everything inside the file"):
        one(Block("text", piece))


@pytest.mark.parametrize(
    "piece",
    [
        '<a href="https://example.org">x</a>',
        '<img src="data:image/png;base64,AA">',
        "<style>/* url(x) */ a { background: url(data:,) }</style>",
        '<use href="#a">',
    ],
)
def test_what_is_not_fetched(piece):
    assert page.outside(piece) == []


def test_scripts_may_stand_inside_html():
    text = parts.inline_script("a = '</script>'; b = '<!--';\n//# sourceMappingURL=x.map\n")
    assert "</script" not in text and "<!--" not in text and "sourceMapping" not in text


@pytest.mark.parametrize("spec", [None, "empty"])
def test_a_missing_package_is_said_clearly(monkeypatch, tmp_path, spec):
    class Spec:
        submodule_search_locations = [str(tmp_path)]

    monkeypatch.setattr(parts, "find_spec", lambda name: Spec if spec else None)
    with pytest.raises(SlidesError, match="sphinx.revealjs.*expected.*pip install"):
        parts.reveal_parts.__wrapped__()
