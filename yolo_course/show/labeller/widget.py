"""The widget: the kernel's side of the labelling tool. It reads, writes and answers; the JavaScript beside it draws.

What the browser is shown is the trait `page`; it never writes it. It sends messages instead: `go` to a picture,
`save` its boxes, and `picture` for the pixels, which are answered once and kept by neither side for long.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import anywidget
import traitlets
from PIL import Image

from yolo_course.data.images import read_image
from yolo_course.data.problems import DataError
from yolo_course.show.draw import CLASS_COLOURS
from yolo_course.show.labeller.store import REFUSED, Labels, LabelStore
from yolo_course.show.style import ink

LONG_SIDE, QUALITY = 1600, 88  # of the JPEG that goes to the browser
HERE = Path(__file__).parent
SCRIPTS = ("geometry.js", "view.js", "input.js", "tool.js")  # one after the other they are one module
KEYS = {
    "n or Page Down": "next picture",
    "p or Page Up": "previous picture",
    "u": "next picture without labels",
    "drag": "draw a box (with Shift: also on top of the chosen one)",
    "click": "choose a box; once more: the one below it",
    "Tab, Shift+Tab": "next, previous box",
    "1 to 9": "class of the chosen box, and of new ones",
    "a or Enter": "new box in the middle",
    "arrow keys": "move the chosen box",
    "Shift+arrow keys": "move its right and lower edge",
    "Delete or Backspace": "delete it",
    "Escape": "give up a drag, or choose no box",
    "Ctrl+Z": "undo on this picture",
    "Ctrl+Shift+Z or Ctrl+Y": "redo",
    "0": "nothing on this picture; once more: take it back",
    "+ and -, Ctrl+wheel": "zoom",
    "two fingers": "zoom, and move the picture",
}
NO_PICTURE = Labels((0, 0), [], REFUSED)


def label_images(folder: str | Path, names: Sequence[str], labels: str | Path | None = None) -> Labeller:
    """Draw boxes around the objects in a folder of photos; a notebook cell that ends with this shows the tool.

    names: the classes in order; a label file holds their numbers. labels: a folder for the label files. Without it
    they go where the package's reader looks: `folder/images/...` has `folder/labels/...`, photos that lie in `folder`
    itself have theirs beside them (places.py has the whole rule). Then a data.yaml is written with the first label
    file, if there is none, and ``load_dataset(folder)`` reads what was drawn.

    Every change is written at once. Running the cell again goes on with the first picture without a label file; when
    all have one, with the picture that was seen last, also in a new kernel (its name is kept in the user's cache).
    Raises DataError for a folder without photos, two photos that would share a label file, and names that
    do not fit the folder's data.yaml.
    """
    return Labeller(LabelStore(folder, names, labels))


class Labeller(anywidget.AnyWidget):
    """A :class:`LabelStore` in the browser; `label_images` makes one.

    page: what is shown. `visit` is a new number whenever the browser has to take over the boxes; `by` and `serial`
    say which view's last message it answers; `boxes` are (class, left, top, right, bottom) in pixels of the picture.
    """

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _css = HERE / "labeller.css"
    names = traitlets.List().tag(sync=True)
    colours = traitlets.List().tag(sync=True)  # for each class its colour, and black or white to write on it
    help = traitlets.List([list(each) for each in KEYS.items()]).tag(sync=True)
    page = traitlets.Dict().tag(sync=True)

    def __init__(self, store: LabelStore):
        fills = [CLASS_COLOURS[i % len(CLASS_COLOURS)] for i in range(len(store.names))]
        super().__init__(names=store.names, colours=[[fill, ink(fill)] for fill in fills])
        self.store = store
        self.on_msg(self._answer)
        self.go(store.where_to_go_on())

    def __repr__(self) -> str:
        counts = self.store.counts()
        return f"<Labeller: {len(self.store)} pictures, {counts['unlabelled']} of them without a label file>"

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        note = f"Labelling tool for {len(self.store)} pictures. Run this cell to draw boxes in it."
        return {**data, "text/plain": note, "text/markdown": f"*{note}*"}, metadata

    def go(self, index: int, message: str = "", by: str = "", serial: int = 0) -> None:
        """Show a picture with what the disk says about it; a picture that cannot be read is shown as a message."""
        try:
            labels = self.store.read(index)
        except DataError as error:
            if index not in range(len(self.store)):
                raise
            labels, message = NO_PICTURE, str(error)
        self._show(index, labels, message or labels.problem, self.page.get("visit", 0) + 1, by, serial)

    def save(self, content: dict) -> None:
        """Write the boxes of a `save` message and show what was stored; raises DataError for what is refused.

        A message from before the last `visit` is passed over: its boxes are older than what the page shows.
        """
        if content["visit"] != self.page["visit"]:
            return
        index, boxes = self.page["index"], content["boxes"]
        labels = self.store.write(index, boxes, bool(content.get("nothing")))
        visit = self.page["visit"] + (len(labels.boxes) != len(boxes))
        message = "" if visit == self.page["visit"] else "Boxes without area inside the picture are not stored."
        self._show(index, labels, message, visit, content.get("by", ""), content.get("serial", 0))

    def _show(self, index: int, labels: Labels, message: str, visit: int, by: str = "", serial: int = 0) -> None:
        self.page = {
            **{"visit": visit, "by": by, "serial": serial, "index": index, "total": len(self.store)},
            **{"name": self.store.name(index), "width": labels.size[0], "height": labels.size[1]},
            **{"boxes": [list(box) for box in labels.boxes], "state": labels.state, "message": message},
            **{"counts": self.store.counts(), "todo": self.store.first_unlabelled(index)},
        }

    def _answer(self, _widget: object, content: dict, _buffers: list) -> None:
        """A message from the browser. What is refused becomes the page's message, with what the disk holds."""
        try:
            if content["do"] == "go":
                self.go(content["index"], by=content.get("by", ""), serial=content.get("serial", 0))
            elif content["do"] == "save":
                self.save(content)
            elif content["do"] == "picture":
                self._send_picture(content["index"])
        except DataError as error:
            self.go(self.page["index"], str(error))
        if content["do"] != "picture":  # which is asked for by the page itself: opened is not yet seen
            self.store.remember(self.page["index"])

    def _send_picture(self, index: int) -> None:
        """The pixels, or why there are none: perhaps of the next picture only, so the page stays as it is."""
        try:
            self.send({"picture": index}, [shown_jpeg(self.store.pictures[index])])
        except DataError as error:
            self.send({"picture": index, "problem": str(error)})


def shown_jpeg(picture: Path) -> bytes:
    """The upright picture as JPEG, its long side LONG_SIDE pixels at most; raises DataError where it is broken."""
    image = Image.fromarray(read_image(picture))
    image.thumbnail((LONG_SIDE, LONG_SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
