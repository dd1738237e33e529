"""The street behind the road signs: sky, hills, houses, trees, cars and the road in perspective.

Everything stands in a small three-dimensional world in metres (X right, Y up, Z ahead) seen by a pinhole
camera at eye height; it is painted from far to near.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from . import paint
from .scene import Look
from .shapes import blob, ellipse, soften

EYE = 1.5  # metres above the road
ROAD = 3.4  # half the width of the road in metres
FAR = 70.0

WALLS = [
    (0.80, 0.70, 0.55),
    (0.72, 0.45, 0.36),
    (0.85, 0.82, 0.74),
    (0.60, 0.63, 0.66),
    (0.78, 0.62, 0.42),
    (0.55, 0.40, 0.34),
]
ROOFS = [(0.45, 0.22, 0.17), (0.30, 0.27, 0.28), (0.38, 0.30, 0.24)]
CARS = [
    (0.70, 0.12, 0.12),
    (0.15, 0.25, 0.50),
    (0.85, 0.85, 0.86),
    (0.12, 0.12, 0.14),
    (0.75, 0.60, 0.15),
    (0.35, 0.42, 0.38),
]
LEAVES = [(0.24, 0.42, 0.16), (0.34, 0.47, 0.18), (0.18, 0.34, 0.20), (0.62, 0.43, 0.14)]


@dataclass(frozen=True)
class Hour:
    """A time of day: colours of the sky at its zenith and horizon, of the light; are windows lit?"""

    zenith: tuple[float, float, float]
    horizon: tuple[float, float, float]
    light: tuple[float, float, float]
    lamps: bool = False


HOURS = {
    "noon": Hour((0.28, 0.52, 0.86), (0.74, 0.86, 0.95), (1.0, 1.0, 0.98)),
    "overcast": Hour((0.62, 0.66, 0.70), (0.82, 0.84, 0.86), (0.85, 0.87, 0.90)),
    "evening": Hour((0.33, 0.40, 0.66), (0.98, 0.72, 0.45), (0.95, 0.76, 0.60)),
    "dusk": Hour((0.10, 0.13, 0.30), (0.52, 0.36, 0.46), (0.46, 0.46, 0.62), lamps=True),
}


@dataclass(frozen=True)
class Street:
    """What the backdrop needs to know; `layout` seeds where houses, trees and cars stand."""

    hour: Hour
    horizon: float  # share of the height
    vanishing: float  # share of the width
    haze: float  # share of the light lost over 40 m
    layout: int

    def __call__(self, canvas: np.ndarray, look: Look, rng: np.random.Generator) -> None:
        _Painter(self, canvas, rng).paint()


def _upright(start, end, low: float, high: float) -> list[tuple[float, float, float]]:
    """A vertical rectangle over the line between two places (X, Z) on the ground."""
    return [
        (start[0], low, start[1]),
        (end[0], low, end[1]),
        (end[0], high, end[1]),
        (start[0], high, start[1]),
    ]


class _Painter:
    """Paints one street, from far to near."""

    def __init__(self, street: Street, canvas: np.ndarray, grain: np.random.Generator):
        self.street, self.canvas, self.grain = street, canvas, grain
        self.rng = np.random.default_rng(street.layout)
        self.height, self.width = canvas.shape[:2]
        self.focal = 0.9 * np.sqrt(self.height * self.width)

    def paint(self) -> None:
        self.sky()
        self.hills()
        self.ground()
        for z in np.arange(FAR, 3, -1.0):
            for side in (-1, 1):
                self.roadside(side, z)

    def project(self, *corners) -> np.ndarray:
        """World points (X, Y, Z) in metres to pixels (n, 2)."""
        x, y, z = np.array(corners, float).T
        z = np.maximum(z, 0.3)
        across = self.street.vanishing * self.width + self.focal * x / z
        down = self.street.horizon * self.height - self.focal * (y - EYE) / z
        return np.stack([across, down], 1)

    def lit(self, colour, z: float, brightness: float = 1.0) -> np.ndarray:
        """A colour in the light of the hour, lost in the haze with distance."""
        hour = self.street.hour
        lost = 1 - (1 - self.street.haze) ** (z / 40)
        seen = np.multiply(colour, hour.light) * brightness
        return seen + (np.asarray(hour.horizon) - seen) * lost

    def quad(self, corners, colour, brightness: float = 1.0) -> None:
        z = min(corner[2] for corner in corners)
        paint.fill(self.canvas, [self.project(*corners)], self.lit(colour, z, brightness))

    def sky(self) -> None:
        hour, rows = self.street.hour, int(self.street.horizon * self.height) + 2
        down = np.linspace(0, 1, rows)[:, None, None] ** 1.3
        sky = np.asarray(hour.zenith) * (1 - down) + np.asarray(hour.horizon) * down
        self.canvas[:rows] = sky
        clouds = paint.value_noise(self.rng, rows, self.width, self.rng.uniform(1.5, 4), 4)
        alpha = np.clip(clouds * 1.6 + self.rng.uniform(-0.5, 0.3), 0, 0.85).astype(np.float32)
        paint.blend(self.canvas, np.minimum(np.asarray(hour.horizon) * 1.12, 1), alpha, (0, 0, self.width, rows))
        self.canvas[rows:] = hour.horizon

    def hills(self) -> None:
        base = self.street.horizon * self.height
        x = np.linspace(-1, self.width + 1, 40)
        for distance, rise in ((160, 0.10), (100, 0.05)):
            waves = sum(
                np.sin(x / self.width * k * self.rng.uniform(2, 4) + self.rng.uniform(0, 6)) / k for k in (1, 2, 3)
            )
            ridge = np.stack([x, base - self.height * rise * (0.7 + 0.4 * waves)], 1)
            outline = np.vstack([ridge, [(self.width + 1, base + 2), (-1, base + 2)]])
            paint.fill(self.canvas, [outline], self.lit((0.27, 0.40, 0.30), distance))

    def ground(self) -> None:
        grass, paving = (0.36, 0.46, 0.22), (0.60, 0.58, 0.55)
        asphalt = np.full(3, self.rng.uniform(0.24, 0.4))
        strips = ((90, grass), (ROAD + 2.2, paving), (ROAD + 0.15, (0.72, 0.71, 0.69)), (ROAD, asphalt))
        bands = ((40, 400), (25, 44), (16, 27), (10, 17), (5, 11), (1, 5.5))  # the haze grows with distance
        for (half, colour), (near, far) in product(strips, bands):
            self.quad([(-half, 0, near), (half, 0, near), (half, 0, far), (-half, 0, far)], colour)
        for z in np.arange(1.5, 40, 4):
            self.quad([(-0.08, 0, z), (0.08, 0, z), (0.08, 0, z + 1.8), (-0.08, 0, z + 1.8)], (0.9, 0.9, 0.87))
        top = int(self.street.horizon * self.height)
        rows = self.height - top
        rough = paint.value_noise(self.grain, rows, self.width, 5, 3) * np.float32(0.2)
        rough += np.float32(0.02) * paint.grain(self.grain, *rough.shape, 1)[..., 0]
        self.canvas[top:] *= 1 + rough[..., None] * np.linspace(0.2, 1, rows, dtype=np.float32)[:, None, None]

    def roadside(self, side: int, z: float) -> None:
        """What stands on one side of the road at this distance, if anything."""
        if z % 9 == 7:
            self.house(side, z, z + self.rng.uniform(6, 9))
        chance = self.rng.uniform()
        if chance < 0.10:
            self.tree(side * (ROAD + self.rng.uniform(1.4, 3.4)), z)
        elif chance < 0.15:
            self.car(side * (ROAD - 1.1), z)

    def house(self, side: int, near: float, far: float) -> None:
        wall = np.array(WALLS[self.rng.integers(len(WALLS))]) * self.rng.uniform(0.85, 1.1)
        roof = ROOFS[self.rng.integers(len(ROOFS))]
        x = side * (ROAD + self.rng.uniform(3.2, 5.0))
        back, storeys = x + side * 8, int(self.rng.integers(1, 4))
        top, ridge = 0.6 + 2.9 * storeys, 0.6 + 2.9 * storeys + self.rng.uniform(1.2, 2.8)
        middle = (x + back) / 2
        self.quad([(x, top, near), (x, top, far), (middle, ridge, far), (middle, ridge, near)], roof)
        self.quad(_upright((x, near), (x, far), 0, top), wall, 0.8)
        self.quad(_upright((x, near), (back, near), 0, top), wall)
        self.quad([(x, top, near), (back, top, near), (middle, ridge, near)], wall)
        for floor in 0.9 + 2.9 * np.arange(storeys):
            for z in np.arange(near + 0.8, far - 1.2, 2.2):
                self.window(_upright((x, z), (x, z + 1.1), floor, floor + 1.5))
            for left in x + side * np.arange(1.0, 6.5, 2.6):
                self.window(_upright((left, near), (left + side * 1.2, near), floor, floor + 1.5))

    def window(self, corners) -> None:
        centre = np.mean(corners, axis=0)
        frame = [tuple(centre + 1.16 * (np.array(corner) - centre)) for corner in corners]
        self.quad(frame, (0.88, 0.86, 0.82))
        if self.street.hour.lamps and self.rng.uniform() < 0.45:
            paint.fill(self.canvas, [self.project(*corners)], (0.98, 0.80, 0.45))
        else:
            self.quad(corners, (0.25, 0.30, 0.36), self.rng.uniform(0.7, 1.5))

    def tree(self, x: float, z: float) -> None:
        tall, crown = self.rng.uniform(2.2, 3.4), self.rng.uniform(1.2, 2.0)
        leaf = np.array(LEAVES[self.rng.integers(len(LEAVES))])
        self.shadow(x, z, crown)
        self.quad([(x - 0.14, 0, z), (x + 0.14, 0, z), (x + 0.09, tall, z), (x - 0.09, tall, z)], (0.32, 0.24, 0.18))
        for layer in range(14):
            spread = self.rng.normal(0, 0.5, 2) * crown
            middle = self.project((x + spread[0], tall + 0.5 * crown + spread[1] * 0.8, z))[0]
            radius = crown * self.rng.uniform(0.35, 0.6) * self.focal / z
            colour = self.lit(leaf, z, 0.62 + 0.045 * layer - 0.12 * spread[1])
            paint.fill(self.canvas, [middle + radius * blob(self.rng, 0.5)], colour, 0.95)

    def car(self, x: float, z: float) -> None:
        """A parked car seen from behind."""
        paintwork = np.array(CARS[self.rng.integers(len(CARS))])
        self.shadow(x, z, 1.0)
        for left in (-0.75, 0.5):
            self.quad(_upright((x + left, z), (x + left + 0.25, z), 0, 0.5), (0.07, 0.07, 0.07))
        body = [(-0.85, 0.3), (0.85, 0.3), (0.88, 0.85), (0.62, 1.42), (-0.62, 1.42), (-0.88, 0.85)]
        glass = [(-0.66, 0.92), (0.66, 0.92), (0.52, 1.34), (-0.52, 1.34)]
        for part, colour in ((body, paintwork), (glass, (0.2, 0.25, 0.3))):
            self.quad([(x + across, up, z) for across, up in soften(np.array(part))], colour)
        for left in (-0.84, 0.58):
            self.quad(_upright((x + left, z), (x + left + 0.26, z), 0.68, 0.84), (0.8, 0.1, 0.1))
        self.quad(_upright((x - 0.26, z), (x + 0.26, z), 0.5, 0.62), (0.9, 0.9, 0.88))

    def shadow(self, x: float, z: float, radius: float) -> None:
        flat = [(x + radius * px, 0, z + radius * 0.8 * pz) for px, pz in ellipse(points=24)]
        paint.fill(self.canvas, [self.project(*flat)], (0.05, 0.05, 0.08), 0.4)
