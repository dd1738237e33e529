"""Road signs as layers of polygons: faces, borders, arrows, digits and letters. No font is needed."""

from __future__ import annotations

import numpy as np

from .paint import Material
from .shapes import Pose, Silhouette, arc, arrow, ellipse, rectangle, regular, soften, stroke

RED, BLUE, GREEN = (0.76, 0.09, 0.12), (0.08, 0.27, 0.68), (0.06, 0.42, 0.26)
WHITE, BLACK, YELLOW = (0.94, 0.94, 0.92), (0.08, 0.08, 0.09), (0.95, 0.75, 0.1)
BROWN, ORANGE, GREY = (0.42, 0.26, 0.14), (0.93, 0.5, 0.12), (0.5, 0.52, 0.54)

Layer = tuple[Silhouette, Material]
LINE = 0.17  # thickness of letters and digits, for a height of 1


def _line(*points) -> Silhouette:
    return [stroke(np.array(points), LINE)]


def _loop(centre, rx, ry) -> Silhouette:
    return [ellipse(rx, ry, centre), ellipse(rx - LINE, ry - LINE, centre)]


def _bend(*arcs) -> Silhouette:
    return [stroke(np.concatenate(arcs), LINE)]


# Each glyph is a list of silhouettes, 1 high and centred; they may overlap, so each is filled by itself.
GLYPHS: dict[str, list[Silhouette]] = {
    "0": [_loop((0, 0), 0.31, 0.5)],
    "2": [_bend(arc((0, -0.2), (0.22, 0.22), -170, 40), [(-0.2, 0.41)]), _line((-0.28, 0.415), (0.3, 0.415))],
    "3": [_bend(arc((0, -0.22), (0.2, 0.2), -150, 90)), _bend(arc((0, 0.2), (0.23, 0.22), -90, 150))],
    "4": [_line((0.1, -0.5), (-0.25, 0.2), (0.33, 0.2)), _line((0.12, -0.1), (0.12, 0.5))],
    "5": [
        _line((0.26, -0.415), (-0.17, -0.415), (-0.21, 0.02)),
        _bend(arc((0, 0.17), (0.24, 0.24), -145, 150)),
    ],
    "6": [_loop((0, 0.18), 0.31, 0.32), _bend(arc((0.16, 0.12), (0.39, 0.54), 180, 265))],
    "7": [_line((-0.28, -0.415), (0.24, -0.415), (-0.08, 0.5))],
    "8": [_loop((0, -0.24), 0.27, 0.26), _loop((0, 0.2), 0.31, 0.3)],
    "S": [_bend(arc((0, -0.21), (0.21, 0.205), -30, -270), arc((0, 0.2), (0.21, 0.215), -90, 150)[1:])],
    "T": [_line((-0.32, -0.415), (0.32, -0.415)), _line((0, -0.4), (0, 0.5))],
    "O": [_loop((0, 0), 0.33, 0.5)],
    "P": [
        _line((-0.2, -0.5), (-0.2, 0.5)),
        _bend([(-0.2, -0.415)], arc((0.04, -0.18), (0.22, 0.235), -90, 90), [(-0.2, 0.055)]),
    ],
}


def write(text: str, height: float, centre=(0.0, 0.0), advance: float = 0.74) -> list[Silhouette]:
    """The silhouettes of a text of this height around a centre."""
    placed = []
    for position, glyph in enumerate(text):
        x = centre[0] + (position - (len(text) - 1) / 2) * advance * height
        placed += [Pose((x, centre[1]), height).flat(part) for part in GLYPHS[glyph]]
    return placed


def enamel(colour, rng: np.random.Generator) -> Material:
    """Paint on sheet metal, more or less faded by the weather."""
    fresh = np.asarray(colour) * rng.uniform(0.85, 1.05)
    worn = fresh + rng.uniform(0.05, 0.3) * (np.array([0.6, 0.57, 0.52]) - fresh)
    return Material(np.stack([fresh, worn]).clip(0, 1), "marble", rng.uniform(1, 3), relief=0.12, grain=0.008)


def _grow(contour: np.ndarray, factor: float) -> Silhouette:
    return [contour * factor]


def stop(rng) -> list[Layer]:
    face = regular(8, 22.5)
    red, white = enamel(RED, rng), enamel(WHITE, rng)
    letters = write("STOP", 0.6, advance=0.72)
    return [(_grow(face, 1), white), (_grow(face, 0.91), red), *((letter, white) for letter in letters)]


def give_way(rng) -> list[Layer]:
    outer = soften(regular(3, 90), 0.08)
    return [(_grow(outer, 1), enamel(RED, rng)), (_grow(outer, rng.uniform(0.55, 0.62)), enamel(WHITE, rng))]


def speed_limit(rng) -> list[Layer]:
    black, number = enamel(BLACK, rng), rng.choice(["20", "30", "40", "50", "60", "70", "80"])
    rim = [(_grow(ellipse(), 1), enamel(RED, rng)), (_grow(ellipse(), 0.77), enamel(WHITE, rng))]
    return rim + [(digit, black) for digit in write(str(number), 0.78)]


def direction(rng) -> list[Layer]:
    white, turn = enamel(WHITE, rng), rng.choice([0, 45, 90, -45, -90, 135, -135])
    pointer = Pose((0, 0), 0.66, np.radians(turn)).flat([arrow(0.2, 0.62, -0.15)])
    return [(_grow(ellipse(), 1), white), (_grow(ellipse(), 0.94), enamel(BLUE, rng)), (pointer, white)]


def panel(rng) -> list[Layer]:
    """A board with some lines on it, in the colours of the signs: no class of its own."""
    colour = (BLUE, GREEN, BROWN, YELLOW, RED, ORANGE)[rng.integers(6)]
    width, height = (1, rng.uniform(0.35, 0.6)) if rng.uniform() < 0.7 else (rng.uniform(0.5, 0.8), 1)
    ink = enamel(BLACK if colour in (YELLOW, ORANGE) else WHITE, rng)
    lines = [
        ([rectangle(rng.uniform(0.35, 0.7) * width, 0.09 * height, (0, y * height))], ink) for y in (-0.45, 0, 0.45)
    ]
    board = [
        ([rectangle(width, height)], ink),
        ([rectangle(width - 0.05, height - 0.05)], enamel(colour, rng)),
    ]
    return board + lines[: rng.integers(1, 4)]


def diamond(rng) -> list[Layer]:
    face = soften(regular(4), 0.06)
    return [(_grow(face, 1), enamel(WHITE, rng)), (_grow(face, 0.76), enamel(YELLOW, rng))]


def advert(rng) -> list[Layer]:
    """A round shop sign."""
    colour = (GREEN, ORANGE, BROWN, GREY)[rng.integers(4)]
    emblem = ([rectangle(0.55, 0.14)], [regular(4) * 0.5], [ellipse(0.4, 0.4)])[rng.integers(3)]
    return [(_grow(ellipse(), 1), enamel(colour, rng)), (emblem, enamel(WHITE, rng))]


def traffic_light(rng) -> list[Layer]:
    lit = rng.integers(3)
    lamps = []
    for number, colour in enumerate((RED, YELLOW, (0.1, 0.75, 0.4))):
        shown = enamel(colour if number == lit else np.multiply(colour, 0.25), rng)
        lamps.append(([ellipse(0.24, 0.24, (0, 0.6 * (number - 1)))], shown))
    return [([soften(rectangle(0.36, 1))], enamel(BLACK, rng)), *lamps]


CLASSES = {"stop": stop, "yield": give_way, "speed limit": speed_limit, "direction": direction}
OTHERS = (panel, panel, panel, diamond, advert, traffic_light, traffic_light)
