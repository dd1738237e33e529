"""A deck as one HTML file that asks for nothing else."""

import re
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from string import Template

from pygments.formatters import HtmlFormatter

from yolo_course.show import style

from .deck import Block, Deck, Slide, SlidesError
from .parts import inline_script, reveal_parts

HERE = Path(__file__).parent
CODE_STYLE = "vs"
RESOURCES = {"src", "srcset", "data", "poster", "action", "background", "manifest"}


def deck_html(deck: Deck) -> str:
    """The file's text. Raises SlidesError if something in it would have to be fetched."""
    parts = reveal_parts()
    html = Template(_file("deck.html")).substitute(
        title=escape(_plain(deck.title)),
        licence=parts.licence.replace("--", "- -"),
        reveal_css=parts.css,
        colours=_colours(),
        code_css=HtmlFormatter(style=CODE_STYLE).get_style_defs(".code"),
        css=_file("deck.css"),
        enough=deck.enough,
        slides="\n".join(_stacks(deck)),
        reveal=parts.script,
        notes=parts.notes,
        script=inline_script(_file("deck.js")),
    )
    if found := outside(html):
        raise SlidesError(f"found {found[0]!r} in {deck.name}, expected everything inside the file: inline it")
    return html


def outside(html: str) -> list[str]:
    """What a browser would fetch for this page: scripts, styles, fonts and pictures that are not inside it."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._styles = False

    def handle_starttag(self, tag, attrs):
        self._styles = tag == "style"
        for name, value in attrs:
            fetched = name in RESOURCES or (name in ("href", "xlink:href") and tag not in ("a", "area"))
            if fetched and value and not value.startswith(("data:", "#")):
                self.found.append(f"{tag} {name}={value[:80]}")
            if name == "style":
                self.handle_css(value or "")

    def handle_endtag(self, tag):
        self._styles = False

    def handle_data(self, data):
        if self._styles:
            self.handle_css(data)

    def handle_css(self, css):
        css = re.sub(r"(?s)/\*.*?\*/", "", css)
        self.found += re.findall(r"@import[^;]{0,80}", css)
        self.found += [f"url({each}" for each in re.findall(r"url\(\s*['\"]?((?!data:|#)[^)]{0,80})", css)]


def _stacks(deck: Deck) -> list[str]:
    """Sections in sections: a slide and the subslides below it are one stack."""
    found: list[list[str]] = []
    for number, slide in enumerate(deck.slides, 1):
        if not slide.below or not found:
            found.append([])
        found[-1].append(_section(slide, number, deck))
    return ["<section>\n{}\n</section>".format("\n".join(stack)) for stack in found]


def _section(slide: Slide, number: int, deck: Deck) -> str:
    title = "".join(block.html for block in slide.blocks if block.kind == "title")
    body = "\n".join(_block(block) for block in slide.blocks if block.kind != "title")
    return (
        f'<section class="slide{" cover" if slide.cover else ""}" id="slide-{number}"><div class="page">'
        f'<div class="strip" aria-hidden="true">{_strip(deck)}</div>'
        f'<header>{title}</header><div class="body"><div class="column">{body}</div></div>'
        f'<footer><span>{_foot(slide, deck)}</span><span class="number"></span></footer></div>'
        f'<aside class="notes">{slide.notes}</aside></section>'
    )


def _block(block: Block) -> str:
    appears = "" if block.step is None else f' data-fragment-index="{block.step}"'
    names = f"block {block.kind}{' fragment' if appears else ''}"
    return f'<div class="{names}" data-cell="{block.cell or 0}"{appears}>{block.html}</div>'


def _foot(slide: Slide, deck: Deck) -> str:
    return f"{escape(deck.title)} · from {slide.source}" if slide.source else escape(deck.title)


def _strip(deck: Deck) -> str:
    return "".join(f'<i class="{name}{" lit" if name in deck.stages else ""}"></i>' for name in style.STAGES)


def _colours() -> str:
    """The course's colours as variables of the style sheet."""
    stages = {f"stage-{name}": colour for name, colour in style.STAGES.items()}
    named = {"frozen": style.FROZEN, "unfrozen": style.UNFROZEN, "grey": style.GREY, "light": style.LIGHT}
    lines = [f"  --{name}: {colour};" for name, colour in {**stages, **named}.items()]
    lines += [f".strip .{name} {{ background: {colour}; }}" for name, colour in style.STAGES.items()]
    return ":root {\n" + "\n".join(lines[: -len(stages)]) + "\n}\n" + "\n".join(lines[-len(stages) :])


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
