"""Silhouettes: every drawn object is a set of polygons, so its box is exact and needs no mask.

A silhouette is a list of closed contours, each an (n, 2) float array of x, y with y pointing down. The
even-odd rule holds: a contour inside another one is a hole. Unit silhouettes lie around the origin with a
radius of about 1; a `Pose` puts them into a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Silhouette = list[np.ndarray]


def arc(centre, radii, start, stop, points=24) -> np.ndarray:
    """Points on an ellipse from angle `start` to `stop` in degrees, 0 = right, 90 = down."""
    angle = np.radians(np.linspace(start, stop, points))
    return np.stack([centre[0] + radii[0] * np.cos(angle), centre[1] + radii[1] * np.sin(angle)], 1)


def ellipse(rx=1.0, ry=1.0, centre=(0.0, 0.0), points=48) -> np.ndarray:
    return arc(centre, (rx, ry), 0, 360, points + 1)[:-1]


def regular(corners: int, turn: float = -90.0) -> np.ndarray:
    """A regular polygon whose first corner points to the angle `turn` in degrees."""
    return arc((0, 0), (1, 1), turn, turn + 360, corners + 1)[:-1]


def rectangle(half_width: float, half_height: float, centre=(0.0, 0.0)) -> np.ndarray:
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
    return corners * (half_width, half_height) + centre


def star(points: int = 5, inner: float = 0.45) -> np.ndarray:
    radius = np.where(np.arange(2 * points) % 2 == 0, 1.0, inner)
    return regular(2 * points) * radius[:, None]


def cross(arm: float = 0.36) -> np.ndarray:
    a = arm
    quarter = np.array([[a, -1], [a, -a], [1, -a]])
    turns = [np.array([[1, 0], [0, 1]]), np.array([[0, 1], [-1, 0]]), -np.eye(2), np.array([[0, -1], [1, 0]])]
    return np.concatenate([quarter @ turn for turn in turns])


def crescent(bite: float = 0.82, offset: float = 0.45) -> np.ndarray:
    """A disc of radius 1 less a disc of radius `bite` moved to the right by `offset`."""
    x = (1 - bite**2 + offset**2) / (2 * offset)
    y = np.sqrt(1 - x**2)
    outer, inner = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(y, x - offset))
    back = arc((0, 0), (1, 1), outer, 360 - outer, 40)
    front = arc((offset, 0), (bite, bite), 360 - inner, inner, 32)[1:-1]
    return np.concatenate([back, front])


def heart() -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 49)[:-1]
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y], 1) / 16


def arrow(shaft: float = 0.3, head: float = 0.85, neck: float = -0.1) -> np.ndarray:
    """An arrow that points up."""
    right = np.array([[0, -1], [head, neck], [shaft, neck], [shaft, 1]])
    return np.concatenate([right, right[:0:-1] * (-1, 1)])


def drop() -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 49)[:-1]
    return np.stack([0.8 * np.sin(t) * np.sin(t / 2) ** 1.3, -np.cos(t)], 1)


def soften(contour: np.ndarray, cut: float = 0.12, rounds: int = 2) -> np.ndarray:
    """Round the corners by cutting each side at both ends (Chaikin's corner cutting)."""
    for _ in range(rounds):
        following = np.roll(contour, -1, axis=0)
        contour = np.stack([contour + cut * (following - contour), following - cut * (following - contour)], 1).reshape(
            -1, 2
        )
        cut = 0.25
    return contour


def stroke(path: np.ndarray, width: float) -> np.ndarray:
    """The outline of a line of `width` along `path` (n, 2), with mitred corners."""
    path = np.asarray(path, float)
    along = np.diff(path, axis=0)
    normal = np.stack([-along[:, 1], along[:, 0]], 1) / np.linalg.norm(along, axis=1, keepdims=True)
    before, after = np.vstack([normal[:1], normal]), np.vstack([normal, normal[-1:]])
    sharpness = np.maximum(1 + (before * after).sum(1, keepdims=True), 0.3)
    side = (before + after) / sharpness * width / 2
    return np.concatenate([path + side, (path - side)[::-1]])


def blob(rng: np.random.Generator, roughness: float = 0.35) -> np.ndarray:
    """An irregular closed curve: a circle with a few random harmonics."""
    angle = np.linspace(0, 2 * np.pi, 41)[:-1]
    radius = np.ones_like(angle)
    for wave in (2, 3, 4):
        radius += rng.normal(0, roughness / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    radius = np.maximum(radius, 0.3)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


@dataclass(frozen=True)
class Pose:
    """Where a unit silhouette stands: centre and scale in pixels, turned in the plane, then tilted away.

    `yaw` and `pitch` (radians) turn it about the vertical and the horizontal axis; a camera four radii away
    sees it, so the far side shrinks.
    """

    centre: tuple[float, float]
    scale: float
    angle: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0

    @classmethod
    def fit(cls, silhouette: Silhouette, centre, long_side: float, angle=0.0, yaw=0.0, pitch=0.0) -> Pose:
        """The pose in which the box of `silhouette` has a longer side of `long_side` pixels."""
        box = bounds(cls((0, 0), 1, angle, yaw, pitch).apply(silhouette))
        extent = max(box[2] - box[0], box[3] - box[1])
        return cls(tuple(centre), long_side / extent, angle, yaw, pitch)

    def apply(self, silhouette: Silhouette) -> Silhouette:
        return [self._project(contour) for contour in silhouette]

    def flat(self, silhouette: Silhouette) -> Silhouette:
        """Without the perspective: for parts of a shape, which are tilted later together with it."""
        cos, sin = np.cos(self.angle) * self.scale, np.sin(self.angle) * self.scale
        return [c @ np.array([[cos, sin], [-sin, cos]]) + self.centre for c in silhouette]

    def _project(self, contour: np.ndarray) -> np.ndarray:
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        x, y = contour[:, 0] * cos - contour[:, 1] * sin, contour[:, 0] * sin + contour[:, 1] * cos
        depth = x * np.sin(self.yaw) + y * np.sin(self.pitch)
        away = self.scale / (1 + depth / 4)
        return np.stack([x * np.cos(self.yaw) * away, y * np.cos(self.pitch) * away], 1) + self.centre

    def local(self, xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixel coordinates seen from the object (without the tilt's perspective): textures turn with it."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        dx = (xs - self.centre[0]) / (self.scale * np.cos(self.yaw))
        dy = (ys - self.centre[1]) / (self.scale * np.cos(self.pitch))
        return dx * cos + dy * sin, dy * cos - dx * sin


def bounds(silhouette: Silhouette) -> np.ndarray:
    """The box xyxy around all contours."""
    points = np.concatenate(silhouette)
    return np.concatenate([points.min(0), points.max(0)])


def contains(silhouette: Silhouette, points: np.ndarray) -> np.ndarray:
    """Which of `points` (n, 2) lie inside, by the even-odd rule: count the edges crossed on the way right.

    Written in numpy, not drawn by OpenCV: labels depend on it and must be the same for every version.
    """
    inside = np.zeros(len(points), bool)
    x, y = points[:, :1], points[:, 1:]
    for contour in silhouette:
        x1, y1 = contour.T
        x2, y2 = np.roll(contour, -1, axis=0).T
        spans = (y1 <= y) != (y2 <= y)
        slope = (x2 - x1) / np.where(y1 == y2, 1, y2 - y1)
        inside ^= (spans & (x < x1 + (y - y1) * slope)).sum(1) % 2 == 1
    return inside
