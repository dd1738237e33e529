"""A scene is planned first and painted second.

The plan fixes every object, so labels come from it alone and no pixel can change them; painting then draws
its own random numbers (grain, noise, clouds). A picture rendered at another size shows the same scene.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from . import paint
from .paint import Material
from .shapes import Pose, Silhouette, bounds, contains

MIN_VISIBLE = 0.45  # share of an object that stays in view
MIN_SIDE = 6.0  # pixels; a smaller box is no training signal


@dataclass
class Thing:
    """One object of a scene: layers of (unit silhouette, material) in one pose, the first the outline."""

    layers: list[tuple[Silhouette, Material]]
    pose: Pose
    label: int | None = None  # None = clutter
    height: float = 0.0  # above the ground, in its own radii: length of the shadow; 0 = none
    cover: Silhouette | None = None  # what it hides, if more than its outline (leaves around a twig)
    behind: list = field(default_factory=list)  # what carries it (a pole); no part of the label

    @cached_property
    def outline(self) -> Silhouette:
        return self.pose.apply(self.layers[0][0])

    @cached_property
    def box(self) -> np.ndarray:
        return bounds(self.outline)

    @cached_property
    def hiding(self) -> Silhouette:
        return self.pose.apply(self.cover) if self.cover else self.outline

    @cached_property
    def samples(self) -> np.ndarray:
        """Points (n, 2) spread evenly over the silhouette, to measure what hides it."""
        x0, y0, x1, y1 = self.box
        steps = (np.arange(14) + 0.5) / 14
        grid = np.stack(np.meshgrid(x0 + steps * (x1 - x0), y0 + steps * (y1 - y0)), -1).reshape(-1, 2)
        return grid[contains(self.outline, grid)]

    def paint(self, canvas: np.ndarray, look: Look, rng: np.random.Generator) -> None:
        if self.height:
            away = -np.array([np.cos(look.light), np.sin(look.light)])
            offset = away * self.pose.scale * 2 * self.height * look.shadow_length
            paint.cast_shadow(canvas, self.outline, offset, max(self.pose.scale * 0.1, 0.6), look.shadow)
        for piece in self.behind:
            piece.paint(canvas, look, rng)
        for silhouette, material in self.layers:
            paint.place(canvas, self.pose.apply(silhouette), self.pose, material, look.light, rng)


@dataclass
class Look:
    """Light and camera of a scene. Lengths are in thousandths of the picture's side."""

    light: float = -2.0  # angle towards the light in radians
    falloff: float = 0.3  # how much darker the far corner is
    shadow: float = 0.5
    shadow_length: float = 1.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    exposure: float = 1.0
    blur: float = 0.0
    motion: float = 0.0
    motion_angle: float = 0.0
    noise: float = 0.0
    jpeg: int = 0  # quality; 0 = not degraded


@dataclass
class Scene:
    width: int
    height: int
    backdrop: Callable[[np.ndarray, Look, np.random.Generator], None]
    look: Look
    things: list[Thing] = field(default_factory=list)
    weather: Callable[[np.ndarray, np.random.Generator], None] | None = None

    @property
    def side(self) -> float:
        return float(np.sqrt(self.width * self.height))

    def visible(self, index: int, things: list[Thing]) -> float:
        """The share of things[index] that is inside the picture and not hidden by later things."""
        points = things[index].samples
        if not len(points):
            return 0.0
        seen = ((points >= 0) & (points < (self.width, self.height))).all(1)
        for above in things[index + 1 :]:
            x0, y0, x1, y1 = bounds(above.hiding)
            if (points > (x0, y0)).all(1).any() and (points < (x1, y1)).all(1).any():
                seen &= ~contains(above.hiding, points)
        return float(seen.mean())

    def clipped(self, thing: Thing) -> np.ndarray:
        return np.clip(thing.box, 0, [self.width, self.height, self.width, self.height])

    def try_add(self, thing: Thing, min_visible: float = MIN_VISIBLE) -> bool:
        """Add the thing on top, unless it is too small or hides a labelled one too much."""
        box = self.clipped(thing)
        if thing.label is not None and (box[2:] - box[:2]).min() < MIN_SIDE:
            return False
        things = [*self.things, thing]
        for index, other in enumerate(things):
            if other.label is not None and self.visible(index, things) < min_visible:
                return False
        self.things = things
        return True

    def labels(self) -> tuple[np.ndarray, np.ndarray]:
        """Boxes float32 (n, 4) xyxy in pixels, clipped to the picture, and classes int64 (n,)."""
        labelled = [thing for thing in self.things if thing.label is not None]
        boxes = np.array([self.clipped(thing) for thing in labelled], np.float32).reshape(-1, 4)
        return boxes, np.array([thing.label for thing in labelled], np.int64)

    def paint(self, rng: np.random.Generator) -> np.ndarray:
        """The picture: uint8 (height, width, 3) RGB."""
        canvas = np.zeros((self.height, self.width, 3), np.float32)
        self.backdrop(canvas, self.look, rng)
        for thing in self.things:
            thing.paint(canvas, self.look, rng)
        if self.weather:
            self.weather(canvas, rng)
        return photograph(canvas, self.look, rng)


def photograph(canvas: np.ndarray, look: Look, rng: np.random.Generator) -> np.ndarray:
    """What a camera makes of the scene: falling light, colour cast, blur, noise, JPEG."""
    height, width = canvas.shape[:2]
    side = np.sqrt(height * width)
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    towards = (xs * np.cos(look.light) + ys * np.sin(look.light)) / np.float32(1.42)
    canvas = canvas * (look.exposure * (1 + look.falloff * towards))[..., None].astype(np.float32)
    canvas *= np.float32(look.cast)
    if look.motion:
        canvas = cv2.filter2D(canvas, -1, motion_kernel(look.motion * side / 1000, look.motion_angle))
    if look.blur:
        canvas = paint.blur(canvas, look.blur * side / 1000)
    noise = paint.grain(rng, *canvas.shape)
    canvas += noise * np.float32(look.noise) * np.sqrt(np.clip(canvas, 0.05, 1))
    image = np.rint(np.clip(canvas, 0, 1) * 255).astype(np.uint8)
    return degrade(image, look.jpeg) if look.jpeg else image


def motion_kernel(length: float, angle: float) -> np.ndarray:
    """A line of `length` pixels that sums to 1."""
    size = max(int(np.ceil(length)) | 1, 3)
    steps = np.linspace(-0.5, 0.5, 4 * size) * length
    rows, columns = steps * np.sin(angle) + size // 2, steps * np.cos(angle) + size // 2
    kernel = np.zeros((size, size), np.float32)
    np.add.at(kernel, (np.rint(rows).astype(int), np.rint(columns).astype(int)), 1)
    return kernel / kernel.sum()


def degrade(image: np.ndarray, quality: int) -> np.ndarray:
    """The blocks and ringing of a JPEG file of this quality."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)
