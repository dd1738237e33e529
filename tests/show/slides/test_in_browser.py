"""Every deck of the course in a browser: nothing is fetched, nothing is cut off, nothing is too small to read."""

from pathlib import Path

import pytest

from tests.show.slides.made import lesson
from yolo_course.notebooks import find_notebooks
from yolo_course.show.slides import build
from yolo_course.show.slides.build import MAX_BYTES, TALK
from yolo_course.show.slides.notebook import notebook_deck
from yolo_course.show.slides.page import deck_html

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
DECKS = [path.stem for path in find_notebooks(NOTEBOOKS, [])] + [TALK]
SMALLEST = 0.5  # of full size: 14 points for text

# For each slide: its scales, and what sticks out of the page, out of its body, or out of a box of code.
MEASURE = """() => [...document.querySelectorAll('section.slide')].map((slide) => {
  const place = Reveal.getIndices(slide);
  Reveal.slide(place.h, place.v);
  const page = slide.querySelector('.page'), edge = page.getBoundingClientRect();
  const body = page.querySelector('.body').getBoundingClientRect(), out = [];
  for (const part of page.querySelectorAll('header, header *, .block, .block *, footer, footer *')) {
    const box = part.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const bottom = part.closest('.body') ? body.bottom : edge.bottom;
    if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.bottom > bottom + 1.5)
      out.push(`${part.tagName} ${part.textContent.slice(0, 30)}`);
    if (part.tagName === 'PRE' && part.scrollWidth > part.clientWidth + 1) out.push('PRE too wide');
  }
  const images = [...page.querySelectorAll('img')];
  const lost = images.filter((image) => image.clientWidth < 60 || !image.naturalWidth).length;
  const {fits, text, figure} = page.dataset;
  return {id: slide.id, fits, text: Number(text), figure: Number(figure), lost, out: [...new Set(out)].slice(0, 3)};
})"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """All decks of the course, built once."""
    out = tmp_path_factory.mktemp("slides")
    lines = []
    build(NOTEBOOKS, out, [], lines.append)
    return out, {line.split()[1].rstrip(":"): line for line in lines if line.startswith("FAILED")}


@pytest.fixture
def opened(chromium):
    """Open a deck as a reader does, from the disk; the page and what went wrong: requests, errors on the console."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    wrong = []

    def open_deck(path, query=""):
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith(("data:", "file:")) else wrong.append(r.url))
        page.on("request", lambda r: wrong.append(r.url) if "file:" in r.url and path.name not in r.url else None)
        page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path.as_uri() + query)
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        return page, wrong

    yield open_deck
    context.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    path = folder / "deck.html"
    path.write_text(deck_html(notebook_deck(lesson(folder))), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", DECKS)
def test_decks_are_built_and_small_enough_to_mail(decks, name):
    folder, failed = decks
    assert name not in failed, failed.get(name)
    assert 100_000 < (folder / f"{name}.html").stat().st_size <= MAX_BYTES


def test_the_weekly_talk_has_15_to_20_slides_with_notes(decks):
    html = (decks[0] / f"{TALK}.html").read_text(encoding="utf-8")
    assert 15 <= html.count('<section class="slide') <= 20
    assert '<aside class="notes"></aside>' not in html


@pytest.mark.browser
@pytest.mark.parametrize("name", DECKS)
def test_no_slide_is_cut_off_or_too_small_and_nothing_is_fetched(decks, opened, name):
    if name in decks[1]:
        pytest.skip("not built")
    page, wrong = opened(decks[0] / f"{name}.html")
    page.evaluate("Reveal.configure({fragments: false})")
    slides = page.evaluate(MEASURE)
    assert wrong == []
    assert len(slides) >= 8
    for slide in slides:
        assert slide["fits"] != "false" and not slide["out"] and not slide["lost"], slide
        assert slide["text"] >= SMALLEST and slide["figure"] >= SMALLEST, slide


@pytest.mark.browser
def test_keys_lead_through_steps_and_subslides(opened, small):
    page, wrong = opened(small)
    seen = []
    for _ in range(6):
        shown = page.locator("section.slide.present .fragment.visible").count()
        seen.append((page.evaluate("Reveal.getCurrentSlide().id"), shown))
        page.keyboard.press("ArrowRight")
    expected = [("slide-1", 0), ("slide-2", 0), ("slide-3", 0), ("slide-3", 3), ("slide-4", 0), ("slide-5", 0)]
    assert seen == expected and wrong == []
    assert page.locator("section.slide.present .number").inner_text() == "5 / 5"
    assert page.evaluate("getComputedStyle(document.querySelector('#slide-5 table')).fontSize") == "28.8px"


@pytest.mark.browser
def test_the_speaker_view_opens_from_the_disk_with_notes(opened, small):
    page, wrong = opened(small)
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    notes.get_by_text("Begin with a question.").wait_for()
    assert popup.value.frames[1].evaluate("Reveal.getCurrentSlide().id") == "slide-1"
    page.keyboard.press("ArrowRight")
    popup.value.wait_for_function("document.querySelector('.speaker-controls-notes').className.includes('hidden')")
    assert wrong == []


@pytest.mark.browser
def test_a_deck_prints_one_page_a_slide(opened, small):
    page, wrong = opened(small, "?print-pdf")
    page.wait_for_selector(".pdf-page")
    assert page.locator(".pdf-page").count() == 5
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 5 and wrong == []


@pytest.mark.browser
def test_a_crowded_slide_is_cut_between_cells_and_a_talks_slide_is_not(opened, tmp_path):
    from dataclasses import replace

    from tests.show.slides.made import code, notebook, stdout, text

    cells = [text("# 02 Title", "slide"), text("## 1 Crowded\n\n" + "Many words. " * 60, "slide")]
    cells += [code("\n".join(f"x{n} = {n}" for n in range(20)), stdout("line\n" * 12)) for _ in range(2)]
    deck = notebook_deck(notebook(tmp_path, *cells, text("More words. " * 40)))
    for enough, expected in ((deck.enough, {"slide-1", "slide-2", "slide-2-part-2"}), (0, {"slide-1", "slide-2"})):
        (tmp_path / "deck.html").write_text(deck_html(replace(deck, enough=enough)), encoding="utf-8")
        page, wrong = opened(tmp_path / "deck.html")
        slides = page.evaluate(MEASURE)
        assert expected <= {slide["id"] for slide in slides} and (enough or len(slides) == 2)
        assert not any(slide["out"] for slide in slides) and wrong == []
        assert not enough or "1 Crowded" in page.locator("#slide-2-part-2 .running").inner_text()
