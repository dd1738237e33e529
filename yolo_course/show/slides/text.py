"""Markdown to blocks of a slide: tables, code, links between notebooks, formulas as MathML, pictures inlined."""

import re
from base64 import b64encode
from functools import lru_cache
from html import escape
from mimetypes import guess_type
from pathlib import Path

import latex2mathml.converter
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from .deck import Block, SlidesError

NOTEBOOK = re.compile(r"(?:\./)?([\w-]+)\.ipynb(?:#.*)?")
SEPARATE = {"table_open": "table", "fence": "code", "code_block": "code"}  # blocks that may stand in a column alone
CLOSED = re.compile(r"(\w+)_open")


def text_blocks(source: str, folder: Path = Path()) -> list[Block]:
    """Blocks of a Markdown text; the headings it begins with are its title. Pictures are looked for in ``folder``."""
    parser, env = markdown(), {"folder": folder}
    found: list[tuple[str, list]] = []
    for tokens in _pieces(parser.parse(source, env)):
        kind = SEPARATE.get(tokens[0].type, "text")
        if tokens[0].type == "heading_open" and all(before == "title" for before, _ in found):
            kind = "title"
        if found and found[-1][0] == kind and kind in ("text", "title"):
            found[-1][1].extend(tokens)
        else:
            found.append((kind, tokens))
    return [Block(kind, parser.renderer.render(tokens, parser.options, env)) for kind, tokens in found]


def notes_html(sources: list[str], folder: Path = Path()) -> str:
    """Speaker notes as HTML, without the quotation marks (>) and the words "Speaker notes." that announce them."""
    plain = [re.sub(r"(?m)^> ?", "", source) for source in sources]
    plain = [re.sub(r"^\s*(\*\*)?Speaker notes\.?(\*\*)?\.?\s*", "", source) for source in plain]
    return "\n".join(markdown().render(source, {"folder": folder}) for source in plain)


def title_html(text: str) -> str:
    """One line of Markdown (a title) as HTML."""
    return markdown().renderInline(text, {"folder": Path()})


def highlighted(code: str, language: str = "python") -> str:
    """Code as ``<pre>``, coloured by Pygments; an unknown language stays plain."""
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    lines = highlight(code.strip("\n"), lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    return f'<pre class="code"><code>{lines}</code></pre>'


@lru_cache
def markdown() -> MarkdownIt:
    """The parser, with the course's ways to write formulas, links and pictures."""
    options = {"html": True, "highlight": lambda code, language, _: highlighted(code, language)}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True, renderer=_formula)
    for rule in ("math_block", "math_inline_double"):
        parser.add_render_rule(rule, _displayed)
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("link_close", lambda self, tokens, index, options, env: env["closing"])
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("paragraph_open", _paragraph)
    return parser


def _pieces(tokens: list) -> list[list]:
    """The top-level pieces of a parsed text: one paragraph, list, table ... each."""
    pieces, depth = [], 0
    for token in tokens:
        if depth == 0:
            pieces.append([])
        pieces[-1].append(token)
        depth += token.nesting
    return pieces


def _formula(latex: str, options: dict) -> str:
    try:
        return latex2mathml.converter.convert(latex, display="block" if options["display_mode"] else "inline")
    except Exception as error:  # the converter raises what it likes
        raise SlidesError(
            f"found the formula ${latex}$, expected LaTeX that latex2mathml knows ({error!r}): write it another way"
        ) from error


def _displayed(self, tokens, index, options, env) -> str:
    return f'<div class="formula">{_formula(tokens[index].content, {"display_mode": True})}</div>\n'


def _link(self, tokens, index, options, env) -> str:
    """A notebook's link leads to its deck, a web address to a new tab; a link to another file is only text."""
    target = str(tokens[index].attrs.get("href", ""))
    env["closing"] = "</a>"
    if found := NOTEBOOK.fullmatch(target):
        return f'<a href="{found[1]}.html">'
    if target.startswith(("https:", "http:", "mailto:")):
        return f'<a href="{escape(target)}" target="_blank" rel="noopener">'
    env["closing"] = "</span>"
    return '<span class="link">'


def _picture(self, tokens, index, options, env) -> str:
    token = tokens[index]
    source, alt = str(token.attrs["src"]), self.renderInlineAsText(token.children or [], options, env)
    if not source.startswith("data:"):
        path = env["folder"] / source
        if ":" in source or not path.is_file():
            raise SlidesError(f"found the picture {source!r}, expected a file beside the notebook: a deck is one file")
        kind = guess_type(path.name)[0] or "image/png"
        source = f"data:{kind};base64,{b64encode(path.read_bytes()).decode('ascii')}"
    return f'<img class="inline" src="{source}" alt="{escape(alt)}">'


def _paragraph(self, tokens, index, options, env) -> str:
    """A question to the reader (**Predict.** ...) stands out."""
    if tokens[index].hidden:
        return ""
    words = [token for token in tokens[index + 1].children or [] if token.type != "text" or token.content]
    asks = len(words) > 1 and words[0].type == "strong_open" and words[1].content.startswith("Predict")
    return '<p class="predict">' if asks else "<p>"
