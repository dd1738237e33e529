"""The labelling tool in JupyterLab, in a real browser: by mouse, keys and finger, and what is in the files after it.

Screenshots are kept in ``build/browser/labeller_*.png``: look at them.
"""

import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from tests.browser import jupyter
from yolo_course.data import DataWarning, load_dataset, render_sample, write_image

SHOTS = Path(__file__).resolve().parents[2] / "build" / "browser"
OLD = "1 0.1234567890123 0.25 0.1 0.2\n"
BAD = "0 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.2 0.2\n"
CELL = 'from yolo_course.show.labeller import label_images\n\nlabel_images("photos", ["stop", "yield", "speed limit"])'
STAGE, BOX, STATUS = ".yolo-labeller .stage", ".yolo-labeller .box", ".yolo-labeller .status"
IS_SHOWN = "() => document.querySelector('.yolo-labeller img')?.naturalWidth > 0"
IS_HIGH = (
    "() => { const {naturalWidth: w, naturalHeight: h} = document.querySelector('.yolo-labeller img'); return w < h; }"
)
CELL_COUNT = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory):
    """JupyterLab in a page, and its folder."""
    folder = tmp_path_factory.mktemp("lab")
    with jupyter.lab(chromium, folder, tmp_path_factory.mktemp("jupyter") / "log") as page:
        yield page, folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Photos, drawn once: usual, large, turned by its EXIF data, small, and one with a bad label."""
    photos = tmp_path_factory.mktemp("drawn")
    for number, (name, size) in enumerate({"a_street.jpg": 1280, "b_large.jpg": 2400, "d_small.png": 96}.items()):
        write_image(photos / name, render_sample("far", "train", number + 1, size)[0])
    exif = Image.Exif()
    exif[0x0112] = 6  # the file lies on its side
    pixels = render_sample("far", "train", 0, 1200)[0]  # higher than wide
    Image.fromarray(pixels).transpose(Image.Transpose.ROTATE_90).save(photos / "c_phone.jpg", exif=exif)
    write_image(photos / "e_broken.jpg", render_sample("far", "train", 4, 640)[0])
    (photos / "b_large.txt").write_text(OLD)
    (photos / "e_broken.txt").write_text(BAD)
    return photos


@pytest.fixture
def folder(lab, drawn, request):
    """A notebook of one cell, and the photos beside it."""
    home = lab[1] / request.node.originalname
    photos = shutil.copytree(drawn, home / "photos")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, home / "label.ipynb")
    SHOTS.mkdir(parents=True, exist_ok=True)
    return photos


@pytest.fixture
def tool(lab, folder):
    page = lab[0]
    page.set_viewport_size({"width": 1100, "height": 800})
    with jupyter.opened(page, f"{folder.parent.name}/label.ipynb"):
        run(page)
        yield page


def run(page):
    page.evaluate(jupyter.RUN_TO, 0)
    assert page.evaluate(jupyter.WRONG, 0) == []
    page.locator(STAGE).wait_for()
    page.wait_for_function(IS_SHOWN)


def at(page, x, y):
    """The place on the screen of a share of the picture."""
    box = page.locator(STAGE).bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page, start, end):
    page.locator(STAGE).scroll_into_view_if_needed()
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *np.mean([start, end], 0)))
    page.mouse.move(*at(page, *end))
    page.mouse.up()


def finger(page, *places):
    """One finger that goes from place to place, in shares of the picture."""
    page.locator(STAGE).scroll_into_view_if_needed()
    touch(page, *[[at(page, *place)] for place in places])


def touch(page, *moments):
    """Touches as the browser gets them from a screen: not a mouse, and free to scroll unless the page forbids it.

    Each moment is a list of where the fingers are then, in pixels of the screen; after the last they are lifted.
    """
    session, before = page.context.new_cdp_session(page), 0
    for places in [*moments, []]:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        kind = "touchStart" if len(points) > before else "touchMove" if len(points) == before else "touchEnd"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        before = len(points)


def said(page, text):
    page.wait_for_function(
        "([where, text]) => document.querySelector(where).textContent.includes(text)", arg=[STATUS, text]
    )


def rows(file):
    return [[float(word) for word in line.split()] for line in file.read_text().splitlines()]


def near(row, label, left, top, right, bottom):
    assert row == pytest.approx([label, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top], abs=0.004)


def shot(page, name):
    page.set_viewport_size({"width": 1280, "height": 1400})
    page.wait_for_timeout(300)
    page.locator(".yolo-labeller").screenshot(path=SHOTS / f"labeller_{name}.png")


def test_mouse_and_keys(tool, folder):
    file, cells = folder / "a_street.txt", tool.evaluate(CELL_COUNT)
    tool.locator(STAGE).focus()
    tool.keyboard.press("3")
    drag(tool, (0.135, 0.1), (0.29, 0.35))
    said(tool, "Box 1, speed limit, drawn. Saved.")
    tool.keyboard.press("Escape")
    tool.keyboard.press("2")
    drag(tool, (0.3, 0.63), (0.135, 0.385))  # from below right
    said(tool, "Box 2, yield, drawn. Saved.")
    near(rows(file)[0], 2, 0.135, 0.1, 0.29, 0.35)
    near(rows(file)[1], 1, 0.135, 0.385, 0.3, 0.63)
    first = file.read_text().splitlines()[0]
    shot(tool, "light")
    tool.keyboard.press("1")
    said(tool, "Box 2 is now stop. Saved.")
    drag(tool, (0.2, 0.5), (0.9, 0.9))  # inside the chosen box: it moves, and stays in the picture
    said(tool, "Box 2, stop, moved. Saved.")
    near(rows(file)[1], 0, 0.835, 0.755, 1, 1)
    drag(tool, (1, 1), (0.9, 0.9))  # its lower right handle
    said(tool, "Box 2, stop, resized. Saved.")
    near(rows(file)[1], 0, 0.835, 0.755, 0.9, 0.9)
    assert file.read_text().splitlines()[0] == first  # nobody touched it
    tool.keyboard.press("Shift+Tab")
    tool.keyboard.press("Delete")
    said(tool, "Box 1, speed limit, deleted. Saved.")
    assert len(rows(file)) == 1
    tool.keyboard.press("Control+z")
    said(tool, "Undone. Saved.")
    assert file.read_text().splitlines()[0] == first and tool.evaluate(CELL_COUNT) == cells


def test_undo_and_redo(tool, folder):
    file, cells = folder / "a_street.txt", tool.evaluate(CELL_COUNT)
    tool.locator(STAGE).focus()
    tool.keyboard.press("0")
    said(tool, "noted. Saved.")
    tool.keyboard.press("a")
    tool.keyboard.press("2")
    said(tool, "Box 1 is now yield. Saved.")
    states = [file.read_text()]
    for _ in range(3):
        tool.keyboard.press("Control+z")
        said(tool, "Undone. Saved.")
        states.append(file.read_text() if file.exists() else None)
        tool.keyboard.press("Control+s")  # another sentence, before the same one comes again
    assert [state and state[0] for state in states] == ["1", "0", "", None]
    tool.keyboard.press("Control+z")
    said(tool, "nothing to undo")
    for does, state in zip(["Control+Shift+Z", "Control+y", "button"], states[2::-1], strict=True):
        tool.locator("[data-does=redo]").click() if does == "button" else tool.keyboard.press(does)
        said(tool, "Redone. Saved.")
        assert file.read_text() == state
        tool.locator(STAGE).focus()
        tool.keyboard.press("Control+s")
    tool.locator("[data-does=undo]").click()
    said(tool, "Undone. Saved.")
    tool.keyboard.press("3")  # what was undone is given up for this
    said(tool, "Box 1 is now speed limit. Saved.")
    tool.keyboard.press("Control+y")
    said(tool, "nothing to redo")
    assert tool.locator("[data-does=redo]").get_attribute("aria-disabled") == "true"
    tool.keyboard.press("a")
    tool.keyboard.press("Control+z")  # takes the box away that has the focus
    said(tool, "Undone. Saved.")
    for key in "bdd":  # none of them may reach JupyterLab
        tool.keyboard.press(key)
    tool.keyboard.press("a")
    said(tool, "Box 2, speed limit, drawn. Saved.")
    assert len(rows(file)) == 2 and tool.evaluate(CELL_COUNT) == cells


def test_keys_alone(tool, folder):
    file, cells = folder / "a_street.txt", tool.evaluate(CELL_COUNT)
    tool.locator(STAGE).focus()
    tool.keyboard.press("2")
    tool.keyboard.press("a")
    said(tool, "Box 1, yield, drawn. Saved.")
    near(rows(file)[0], 1, 0.375, 0.375, 0.625, 0.625)
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        tool.keyboard.press(key)
    said(tool, "resized. Saved.")
    near(rows(file)[0], 1, 0.375 - 3 / 1280, 0.375 - 3 / 800, 0.625, 0.625)
    tool.keyboard.press("Enter")
    said(tool, "Box 2, yield, drawn. Saved.")
    tool.keyboard.press("Shift+Tab")
    tool.keyboard.press("Backspace")
    said(tool, "Box 1, yield, deleted. Saved.")
    tool.keyboard.press("Delete")
    said(tool, "not labelled any more")
    said(tool, "Saved.")
    assert not file.exists()
    tool.keyboard.press("0")
    said(tool, "Nothing on this picture: noted. Saved.")
    assert file.read_bytes() == b""
    shot(tool, "nothing")
    for key in "bdxyvczlo":  # some of JupyterLab's shortcuts: none may reach it
        tool.keyboard.press(key)
        tool.keyboard.press(key)
    tool.keyboard.press("Control+s")
    said(tool, "Every change is saved already.")
    assert tool.evaluate(CELL_COUNT) == cells and file.read_bytes() == b""


def test_pictures_and_reload(tool, folder):
    tool.locator(STAGE).focus()
    tool.keyboard.press("n")
    said(tool, "Picture 2 of 5, b_large.jpg: 1 box.")
    tool.wait_for_function(IS_SHOWN)
    assert tool.locator(".yolo-labeller img").evaluate("(image) => image.naturalWidth") <= 1600
    assert (folder / "b_large.txt").read_text() == OLD
    tool.keyboard.press("a")
    said(tool, "Box 2, stop, drawn. Saved.")
    lines = (folder / "b_large.txt").read_text()
    assert lines.startswith(OLD)
    tool.keyboard.press("PageUp")
    said(tool, "Picture 1 of 5, a_street.jpg: not labelled.")
    drag(tool, (0.5, 0.5), (0.7, 0.8))
    said(tool, "Box 1, stop, drawn. Saved.")
    tool.reload()
    tool.wait_for_function(jupyter.IS_READY, timeout=90_000)
    run(tool)
    said(tool, "Picture 3 of 5, c_phone.jpg: not labelled.")  # the first without a label file
    for _ in range(2):
        tool.locator("[data-does=previous]").click()
    said(tool, "Picture 1 of 5, a_street.jpg: 1 box.")
    near(rows(folder / "a_street.txt")[0], 0, 0.5, 0.5, 0.7, 0.8)
    assert tool.locator(BOX).count() == 1 and (folder / "b_large.txt").read_text() == lines
    for _ in range(4):
        tool.locator("[data-does=next]").click()
    said(tool, "Line 2: found class 7")
    drag(tool, (0.5, 0.5), (0.7, 0.8))
    shot(tool, "refused")
    assert (folder / "e_broken.txt").read_text() == BAD


def test_goes_on_in_a_new_kernel(tool, folder):
    for name in ("a_street", "c_phone", "d_small"):
        (folder / f"{name}.txt").touch()
    run(tool)
    said(tool, "Picture 1 of 5, a_street.jpg: nothing on it.")
    for number in (2, 3):
        tool.locator("[data-does=next]").click()
        said(tool, f"Picture {number} of 5")
    tool.evaluate(jupyter.SHUT_DOWN)
    tool.reload()
    tool.wait_for_function(jupyter.IS_READY, timeout=90_000)
    run(tool)
    said(tool, "Picture 3 of 5, c_phone.jpg: nothing on it.")
    assert not [each for each in folder.iterdir() if each.suffix not in (".jpg", ".png", ".txt", ".yaml")]


def test_pinch(tool, folder):
    file = folder / "a_street.txt"
    tool.locator(STAGE).scroll_into_view_if_needed()
    x, y = at(tool, 0.25, 0.6)
    both = [[(x - each, y + shift), (x + each, y + shift)] for each, shift in ((40, 0), (70, 5), (100, 10))]
    touch(tool, [(x - 90, y)], [(x - 40, y)], *both, both[-1][:1], [(x + 50, y)])  # it draws until the second one comes
    said(tool, "Zoom 250 %.")
    assert at(tool, 0.25, 0.6) == pytest.approx((x, y + 10), abs=2)
    shot(tool, "pinched")
    tool.set_viewport_size({"width": 1100, "height": 800})
    x, y = at(tool, 0.25, 0.6)
    touch(tool, *[[(x - 40 - by, y - by), (x + 40 - by, y - by)] for by in (0, 20, 60)])
    assert at(tool, 0.25, 0.6) == pytest.approx((x - 60, y - 60), abs=2)
    assert tool.locator(BOX).count() == 0 and not file.exists()
    x, y = at(tool, 0.3, 0.65)
    touch(tool, [(x, y)], [(x + 50, y + 30)], [(x + 90, y + 60)])
    said(tool, "Box 1, stop, drawn. Saved.")
    assert rows(file)[0][1] - rows(file)[0][3] / 2 == pytest.approx(0.3, abs=0.004)
    tool.mouse.move(x, y)
    tool.keyboard.down("Control")
    tool.mouse.wheel(0, 100)
    said(tool, "Zoom 177 %.")
    assert at(tool, 0.3, 0.65) == pytest.approx((x, y), abs=2)
    tool.mouse.wheel(0, 1000)
    tool.mouse.wheel(0, 1000)
    said(tool, "Zoom 100 %.")
    tool.keyboard.up("Control")


def test_finger_and_dark_theme(tool, folder):
    tool.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    tool.locator("[data-does=next]").click()
    said(tool, "b_large.jpg: 1 box.")
    tool.wait_for_function(IS_SHOWN)
    finger(tool, (0.1, 0.3), (0.3, 0.4), (0.4, 0.7))
    said(tool, "Box 2, stop, drawn. Saved.")
    near(rows(folder / "b_large.txt")[1], 0, 0.1, 0.3, 0.4, 0.7)
    shot(tool, "dark")
    tool.locator("[data-does=todo]").click()
    said(tool, "c_phone.jpg")
    tool.wait_for_function(IS_HIGH)  # turned upright
    width, height = tool.locator(".yolo-labeller img").evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
    finger(tool, (0.2, 0.1), (0.3, 0.2), (0.6, 0.3))
    said(tool, "Box 1, stop, drawn. Saved.")
    tool.locator("summary").click()
    shot(tool, "turned")
    for _ in range(2):
        tool.keyboard.press("+")
    said(tool, "Zoom 225 %.")
    drag(tool, (0.45, 0.45), (0.6, 0.55))
    said(tool, "Box 2, stop, drawn. Saved.")
    near(rows(folder / "c_phone.txt")[1], 0, 0.45, 0.45, 0.6, 0.55)
    shot(tool, "zoomed")
    (folder / "e_broken.txt").unlink()
    with pytest.warns(DataWarning, match="without a label file"):
        data = load_dataset(folder)
    assert data.boxes[2][0].tolist() == pytest.approx([0.2 * width, 0.1 * height, 0.6 * width, 0.3 * height], abs=4)
    tool.evaluate(jupyter.SHUT_DOWN)
    tool.keyboard.press("a")
    said(tool, "Not saved yet. The kernel does not answer")
