"""Stage 2 to be moved: Focus slice by slice, and every channel that the rows 0 to 9 make of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.cbook
import matplotlib.image
import numpy as np
import torch
from matplotlib import colormaps
from numpy import ndarray

from yolo_course.data import data_dir, load_dataset, render_sample
from yolo_course.learn.start import course_model
from yolo_course.model import YOLOv5
from yolo_course.show import style
from yolo_course.show.explorers import canvas
from yolo_course.show.explorers.explorer import Explorer, View, choice, slider, switch
from yolo_course.show.plots.backbone import GROUPS
from yolo_course.show.plots.pictures import strongest_channels
from yolo_course.show.plots.receptive import COLOURS
from yolo_course.stages.input import letterbox

SIDE, SHOWN = 160, 360  # pixels of a picture: as the network gets it, and as it is shown
QUARTER = 162  # pixels shown of one slice; the picture it comes from has twice as many
CORNERS = {"upper left": (0, 0), "lower left": (1, 0), "upper right": (0, 1), "lower right": (1, 1)}  # row, column
HEAT = np.rint(colormaps[COLOURS](np.arange(256))[:, :3] * 255).astype(np.uint8)
TOP = 16  # channels of a row that can be looked at: row 0 has no more


def heat(values: ndarray, low: float, high: float) -> ndarray:
    """Numbers (H, W) as colours (H, W, 3): dark at ``low``, bright at ``high``."""
    share = (np.asarray(values, dtype=float) - low) / ((high - low) or 1.0)
    return HEAT[np.clip(share * 255, 0, 255).astype(int)]


def headed(picture: ndarray, text: str, lines: int = 1) -> ndarray:
    """The picture below a text that takes the room of ``lines``, so that pictures side by side stand level."""
    head = canvas.blank(23 * lines + 4, picture.shape[1])
    return np.concatenate([canvas.with_words(head, [(text, 0, 2)]), picture])


def square_pictures(image: ndarray | None = None) -> dict[str, ndarray]:
    """Pictures of 160 × 160 by name: three of the course's, or only the reader's own, letterboxed."""
    if image is not None:
        return {"your picture": letterbox(image, SIDE)[0]}
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        portrait = matplotlib.image.imread(file)[:512]
    return {
        "things": render_sample("source", "val", 11, size=SIDE)[0],
        "street": letterbox(load_dataset(data_dir() / "far", "val")[0][0], SIDE)[0],
        "portrait": letterbox(portrait, SIDE)[0],
    }


def focus_view(values: ndarray, step: int, tint: bool, tiles: ndarray | None = None) -> View:
    """Focus takes ``values`` apart: (H, W) numbers, or a uint8 picture (H, W, 3); H and W are the same and even.

    Step 0 shows the patches, steps 1 to 4 take a slice each, step 5 stacks the slices as channels. ``tiles`` are
    the drawn numbers, where they are kept from one call to the next.
    """
    side, channels = len(values), 1 if values.ndim == 2 else 3
    tiles = _tiles(values, 2 * QUARTER // side) if tiles is None else tiles
    title, words = _focus_words(side, channels, step)
    whole = _enlarged(_painted(values, step, tint), tiles)
    if step == 0:
        _rule_patches(whole, 4 * QUARTER // side)
    tinted = _painted(values, 0, tint)
    cards = [_enlarged(tinted[r::2, c::2], tiles[r::2, c::2]) for r, c in CORNERS.values()]
    right = _stacked(cards) if step == 5 else _spread(cards[:step])
    return View(canvas.side_by_side([headed(whole, title), right], gap=60, shape=(382, 724)), words)


def _painted(values: ndarray, step: int, tint: bool) -> ndarray:
    """The pixels (H, W, 3): those of the slice at work tinted, those taken before it faded."""
    is_picture = values.ndim == 3
    painted = values.astype(float) if is_picture else np.full((*values.shape, 3), 255.0)
    for place, (r, c) in enumerate(CORNERS.values(), 1):
        part = painted[r::2, c::2]
        if step in (0, 5, place) and tint:
            part += (np.array(canvas.rgb(GROUPS[place - 1])) - part) * (0.55 if is_picture else 1)
        elif place < step < 5:
            part += (np.array(canvas.rgb(style.LIGHT)) - part) * 0.85
    return np.rint(painted).astype(np.uint8)


def _enlarged(painted: ndarray, tiles: ndarray) -> ndarray:
    """Every pixel as a square, with its number on it where there is one: ``tiles`` (H, W, zoom, zoom) darken it."""
    height, width, zoom, _ = tiles.shape
    large = canvas.enlarged(painted, zoom)
    return np.minimum(large, tiles.swapaxes(1, 2).reshape(height * zoom, width * zoom, 1))


def _rule_patches(large: ndarray, step: int) -> None:
    """Lines around the patches, in place."""
    for edge in range(0, len(large) + 1, step):
        large[max(0, edge - 1) : edge + 1] = large[:, max(0, edge - 1) : edge + 1] = 0


def _tiles(values: ndarray, zoom: int) -> ndarray:
    """For each number (H, W) its letters, black on white, in a square with a rim; for a picture all white."""
    tiles = np.full((*values.shape[:2], zoom, zoom), 255, np.uint8)
    for at in np.ndindex(values.shape) if values.ndim == 2 else ():
        text = f"{values[at]:g}"
        place = [(text, zoom / 2 - 2 - 6.4 * len(text), zoom / 2 - 13)]
        tiles[at] = canvas.with_words(canvas.blank(zoom, zoom), place, size=20)[..., 0]
        tiles[at][[0, -1]] = tiles[at][:, [0, -1]] = 90
    return tiles


def _spread(cards: Sequence[ndarray]) -> ndarray:
    """The slices where their pixels lie in a patch, under their names; those to come are empty."""
    places = list(cards) + [canvas.blank(QUARTER, QUARTER, style.LIGHT)] * (4 - len(cards))
    drawn = [headed(card, f"{i}. {name}") for i, (name, card) in enumerate(zip(CORNERS, places, strict=True), 1)]
    columns = [np.concatenate(pair) for pair in (drawn[:2], drawn[2:])]
    return canvas.side_by_side(columns, gap=16)


def _stacked(cards: Sequence[ndarray]) -> ndarray:
    """The slices behind each other, the first one in front."""
    step = QUARTER // 3
    stack = canvas.blank(QUARTER + 3 * step, QUARTER + 3 * step)
    for place in (3, 2, 1, 0):
        top = (3 - place) * step
        stack[top : top + QUARTER, place * step : place * step + QUARTER] = cards[place]
    return headed(stack, "stacked as channels")


def _focus_words(side: int, channels: int, step: int) -> tuple[str, str]:
    count, half = channels * side * side, side // 2
    shape = f"{channels} × {side} × {side}"
    if step == 0:
        patches = f"{half * half} patches of 2 × 2 pixels, each with the same four corners"
        return f"x: {shape}", f"{shape} is {count:,} values in {patches}."
    if step == 5:
        after = f"{4 * channels} × {half} × {half}"
        told = f"{shape} has become {after}: {count:,} values before, {count:,} after, none is lost."
        return f"x: {shape}", told
    name, (r, c) = list(CORNERS.items())[step - 1]
    taken = f"{channels} × {half} × {half}; {step * count // 4:,} of {count:,} values are taken"
    return f"x[..., {r}::2, {c}::2]", f"Slice {step} takes the {name} pixel of every patch: {taken}."


def explore_focus(image: ndarray | None = None) -> Explorer:
    """Focus step by step: 36 numbers, or a picture (a uint8 RGB array (H, W, 3), the course's or yours)."""
    ground = {"numbers": np.arange(36).reshape(6, 6)}
    for name, picture in list(square_pictures(image).items())[-1:]:
        ground[name] = canvas.fitted(picture, 54)
    last = list(ground)[-1]
    tiles = {name: _tiles(values, 2 * QUARTER // len(values)) for name, values in ground.items()}
    return Explorer(
        "Focus, slice by slice",
        lambda step, what, tint: focus_view(ground[what], step, tint, tiles[what]),
        {
            "step": slider("step", 0, 5, 0),
            "what": choice("take apart", list(ground), "numbers"),
            "tint": switch("colour the four corners", True),
        },
        {
            "the patches": {},
            "the second slice": {"step": 2},
            "stacked": {"step": 5},
            "stacked, from a picture": {"step": 5, "what": last, "tint": False},
        },
    )


def quiet_course_model() -> YOLOv5:
    """The course's model; the reader's own random numbers, which building it would use up, stay as they are."""
    with torch.random.fork_rng(devices=[]):
        return course_model()


class Walked(NamedTuple):
    """A picture (160, 160, 3), and of every row how many channels it has, and the busiest: (number, (h, w) array)."""

    image: ndarray
    counts: list[int]
    rows: list[list[tuple[int, ndarray]]]


def walk_picture(model: YOLOv5, image: ndarray) -> Walked:
    """Send a picture through the backbone once, and keep of every row the channels that vary most."""
    pixels = torch.from_numpy(image).movedim(2, 0)[None] / 255  # (1, 3, H, W)
    with torch.no_grad():
        outputs = model.walk(range(model.first_neck_row), {-1: pixels})
    maps = [outputs[row] for row in range(model.first_neck_row)]  # (1, C, h, w) each
    return Walked(image, [each.shape[1] for each in maps], [strongest_channels(each, TOP) for each in maps])


def maps_view(model: YOLOv5, walked: Walked, row: int, rank: int, over: bool) -> View:
    """One channel of a row, the ``rank``-th by how much it varies (1 first), beside the picture, or laid over it."""
    channel, values = walked.rows[row][rank - 1]
    (height, width), of = values.shape, walked.counts[row]
    name, low, high = model.rows[row].module, values.min(), values.max()
    picture = canvas.fitted(walked.image, SHOWN)
    shown = np.array(canvas.fitted(heat(values, low, high), SHOWN))
    if over:
        shown = np.rint(0.4 * picture + 0.6 * shown).astype(np.uint8)
    y, x = np.unravel_index(values.argmax(), values.shape)
    cell = np.array([x, y, x + 1, y + 1]) * SHOWN / width
    left, right = (canvas.with_boxes(each, [cell], style.VERMILLION, width=3) for each in (picture, shown))
    size = f"{height} × {width} cells"
    captions = f"the picture\n{SIDE} × {SIDE} pixels", f"row {row} ({name}), channel {channel}\n{size}"
    pixels = SIDE // width
    words = (
        f"Row {row} ({name}): {of} channels of {size}, a cell for {pixels} × {pixels} pixels. Channel {channel}: mean "
        f"{values.mean():.2f}, from {low:.2f} to {high:.2f}, {(values < 0).mean():.0%} of it below 0; "
        f"strongest in the framed cell, column {x}, row {y}."
    )
    both = [headed(*pair, lines=2) for pair in zip((left, right), captions, strict=True)]
    return View(canvas.side_by_side(both, gap=24, shape=(412, 2 * SHOWN + 24)), words)


def explore_maps(image: ndarray | None = None, model: YOLOv5 | None = None) -> Explorer:
    """Browse what rows 0 to 9 make of a picture (uint8 RGB (H, W, 3), yours or the course's): a row, a channel."""
    model = model or quiet_course_model()
    walks = {name: walk_picture(model, picture) for name, picture in square_pictures(image).items()}
    first = next(iter(walks))
    return Explorer(
        "what a row makes of the picture",
        lambda row, rank, picture, over: maps_view(model, walks[picture], row, rank, over),
        {
            "row": slider("row", 0, model.first_neck_row - 1, 4),
            "rank": slider("channel, busiest first", 1, TOP, 1),
            "picture": choice("picture", list(walks), first),
            "over": switch("lay it over the picture"),
        },
        {
            "row 0": {"row": 0},
            "row 4: P3": {"row": 4},
            "row 6: P4": {"row": 6},
            "row 9: P5": {"row": 9},
        },
    )
