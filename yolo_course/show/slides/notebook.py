"""A notebook as a deck."""

import re
from dataclasses import replace
from pathlib import Path

from yolo_course.show import style

from .deck import Block, Deck, Slide, SlidesError
from .grouping import Group, group
from .outputs import code_blocks
from .text import notes_html, text_blocks, title_html

STAGES = tuple(style.STAGES)  # notebooks 01 to 05 take one of them apart
COURSE = "YOLOv5 from the inside"


def read(path: Path):
    """The notebook in a file; raises SlidesError where there is none."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise SlidesError(f"found no notebook that can be read in {path.name} ({error}): restore the file") from error


def notebook_deck(path: Path) -> Deck:
    """The deck that a notebook's slideshow metadata describe. Raises SlidesError naming the cell at fault."""
    cells = read(path).cells
    title, subtitle = split_title(cells, path)
    number = int(path.stem[:2]) if path.stem[:2].isdigit() else 0
    stages = (STAGES[number - 1],) if 1 <= number <= len(STAGES) else STAGES
    slides = [_slide(each, cells, path) for each in group(cells)]
    return Deck(path.stem, title, _with_headings(_with_cover(slides, title, subtitle)), stages, subtitle)


def split_title(cells, path: Path) -> tuple[str, str]:
    """The title and the subtitle in the notebook's first heading, ``# 02 Backbone: what the network sees``."""
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    found = next(filter(None, (re.match(r"# (.+)", text) for text in texts)), None)
    if not found:
        raise SlidesError(f"found no title in {path.name}, expected a first cell that begins with '# ...'")
    title, _, subtitle = found[1].partition(":")
    return title.strip(), subtitle.strip()


def cell_blocks(cell, cells, path: Path) -> list[Block]:
    """The blocks of one cell; an error names the cell and says what to do."""
    try:
        make = code_blocks if cell.cell_type == "code" else lambda cell, folder: text_blocks(cell.source, folder)
        return make(cell, path.parent)
    except SlidesError as error:
        number = next(n for n, each in enumerate(cells, 1) if each is cell)
        again = f"run `python -m yolo_course notebooks {path.stem[:2]}`"
        advice = f"; {again}" if "was not run" in str(error) else ""
        raise SlidesError(f"{path.name}, cell {number}: {error}{advice}") from error


def _slide(found: Group, cells, path: Path) -> Slide:
    blocks = []
    for number, (cell, step) in enumerate(found.cells, 1):
        blocks += [block.placed(step, number) for block in cell_blocks(cell, cells, path)]
    return Slide(blocks, notes_html([note.source for note in found.notes], path.parent), found.below)


def _with_cover(slides: list[Slide], title: str, subtitle: str) -> list[Slide]:
    """The first slide, cut in two: the title with its first paragraph, and the rest below it."""
    first, *others = slides
    paragraphs = [block for block in first.blocks if block.kind != "title"]
    lede, rest = "", paragraphs
    if paragraphs and (found := re.match(r"(?s)\s*(<p>.*?</p>)(.*)", paragraphs[0].html)):
        lede, left = found[1], found[2].strip()
        rest = [replace(paragraphs[0], html=left)] * bool(left) + paragraphs[1:]
    cover = Slide([cover_block(title, subtitle, lede)], first.notes, cover=True)
    return [cover, *([Slide(rest, below=True)] if rest else []), *others]


def cover_block(title: str, subtitle: str, lede: str, above: str = COURSE) -> Block:
    """The title page."""
    lines = [f'<p class="course">{title_html(above)}</p>' * bool(above), f"<h1>{title_html(title)}</h1>"]
    lines += [f'<p class="subtitle">{title_html(subtitle)}</p>' * bool(subtitle), f'<div class="lede">{lede}</div>']
    return Block("text", "".join(lines))


def _with_headings(slides: list[Slide]) -> list[Slide]:
    """Slides without a heading of their own say in small letters what they go on with."""
    going_on, found = "", []
    for slide in slides:
        slide = _with_bold_heading(slide)
        own = [block for block in slide.blocks if block.kind == "title"]
        if own and not slide.cover:
            going_on = re.sub(r"(?s).*<h\d>(.*?)</h\d>.*", r"\1", own[-1].html)
        elif going_on and not slide.cover:
            running = Block("title", f'<p class="running">{going_on}</p>')
            slide = replace(slide, blocks=[running, *slide.blocks])
        found.append(slide)
    return found


def _with_bold_heading(slide: Slide) -> Slide:
    """A slide that begins with a line in bold has it as its heading."""
    if slide.cover or not slide.blocks or slide.blocks[0].kind != "text":
        return slide
    first, *others = slide.blocks
    found = re.match(r"(?s)<p><strong>([^\n]*?)</strong></p>\s*(.*)", first.html)
    if not found:
        return slide
    left = [replace(first, html=found[2])] * bool(found[2].strip())
    return replace(slide, blocks=[Block("title", f"<h2>{found[1]}</h2>"), *left, *others])
