"""Drawing primitives: a canvas is a float32 (h, w, 3) RGB array in 0..1 that these functions change in place.

Edges are smooth because silhouettes are filled on a grid four times finer and averaged. Depth comes from
three cheap tricks: a relief (the gradient of the blurred mask against the light), a soft cast shadow, and
light that falls off over the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .shapes import Pose, Silhouette, bounds

FINER = 4  # sub-pixels a side when a silhouette is filled

Window = tuple[int, int, int, int]


@dataclass(frozen=True)
class Material:
    """How a surface looks: two colours mixed by a pattern, a raised rim, a grain."""

    colours: np.ndarray  # (2, 3) RGB in 0..1
    pattern: str = "plain"
    frequency: float = 2.0  # periods over the object's radius
    turn: float = 0.0  # direction of the pattern in radians
    shift: float = 0.0  # of the pattern, in half periods
    relief: float = 0.5  # strength of the lit rim
    grain: float = 0.03
    gloss: float = 0.0


def window_of(silhouette: Silhouette, shape, margin: float = 2) -> Window | None:
    """The part x0, y0, x1, y1 of the canvas that the silhouette touches, or None."""
    x0, y0, x1, y1 = bounds(silhouette)
    x0, y0 = max(int(x0 - margin), 0), max(int(y0 - margin), 0)
    x1, y1 = min(int(x1 + margin) + 1, shape[1]), min(int(y1 + margin) + 1, shape[0])
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def coverage(silhouette: Silhouette, window: Window) -> np.ndarray:
    """How much of each pixel of the window the silhouette covers: float32 (h, w) in 0..1."""
    x0, y0, x1, y1 = window
    fine = np.zeros(((y1 - y0) * FINER, (x1 - x0) * FINER), np.uint8)
    contours = [np.rint((c - (x0, y0)) * FINER - 0.5).astype(np.int32) for c in silhouette]
    cv2.fillPoly(fine, contours, 255)
    return cv2.resize(fine, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), float(sigma), borderType=cv2.BORDER_REFLECT_101)


def blend(canvas: np.ndarray, colour, alpha: np.ndarray, window: Window | None = None) -> None:
    """Lay `colour` (3,) or (h, w, 3) over the window of the canvas."""
    x0, y0, x1, y1 = window or (0, 0, canvas.shape[1], canvas.shape[0])
    part = canvas[y0:y1, x0:x1]
    part += (np.asarray(colour, np.float32) - part) * alpha[..., None]


def fill(canvas: np.ndarray, silhouette: Silhouette, colour, opacity: float = 1.0) -> None:
    """A flat colour inside the silhouette."""
    window = window_of(silhouette, canvas.shape)
    if window:
        blend(canvas, colour, coverage(silhouette, window) * np.float32(opacity), window)


def cast_shadow(canvas: np.ndarray, silhouette: Silhouette, offset, softness: float, strength: float) -> None:
    """Darken where the silhouette, moved by `offset` pixels, keeps the light away."""
    moved = [contour + offset for contour in silhouette]
    window = window_of(moved, canvas.shape, margin=3 * softness + 1)
    if window:
        alpha = blur(coverage(moved, window), softness) * np.float32(strength)
        blend(canvas, (0.02, 0.02, 0.05), alpha, window)


def value_noise(rng: np.random.Generator, height: int, width: int, cells: float, octaves: int = 3) -> np.ndarray:
    """Soft random hills in about -1..1: small random grids enlarged, each octave finer and weaker."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        count = cells * 2**octave
        rows, columns = max(int(count * height / width) + 2, 2), int(count) + 2
        grid = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(0.6 * 0.5**octave)
    return total


def grain(rng: np.random.Generator, height: int, width: int, channels: int) -> np.ndarray:
    """Standard normal noise (height, width, channels); above 160 px its specks grow with the picture."""
    speck = max(round(np.sqrt(height * width) / 160), 1)
    shape = (-(-height // speck), -(-width // speck), channels)
    noise = rng.standard_normal(shape, dtype=np.float32)
    return noise if speck == 1 else cv2.resize(noise, (width, height)).reshape(height, width, channels)


def _edge(wave: np.ndarray) -> np.ndarray:
    """A wave around 0 made into a band pattern with slightly soft edges."""
    return np.clip(0.5 + 4 * wave, 0, 1)


PATTERNS = {
    "plain": lambda u, v: np.zeros_like(u),
    "stripes": lambda u, v: _edge(np.sin(np.pi * u)),
    "checks": lambda u, v: _edge(2 * np.sin(np.pi * u) * np.sin(np.pi * v)),
    "dots": lambda u, v: _edge(0.55 - np.hypot(u - 2 * np.rint(u / 2), v - 2 * np.rint(v / 2))),
    "rings": lambda u, v: _edge(np.sin(np.pi * np.hypot(u, v))),
    "zigzag": lambda u, v: _edge(np.sin(np.pi * (u + np.abs(v - 2 * np.rint(v / 2))))),
    "gradient": lambda u, v: 1 / (1 + np.exp(-u)),
}


def surface(material: Material, pose: Pose, window: Window, rng: np.random.Generator) -> np.ndarray:
    """The unlit colours (h, w, 3) of a material over a window; the pattern follows the object's pose."""
    x0, y0, x1, y1 = window
    xs, ys = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
    u, v = pose.local(xs, ys)
    cos, sin = np.cos(material.turn) * material.frequency, np.sin(material.turn) * material.frequency
    if material.pattern == "marble":
        mix = _edge(0.7 * value_noise(rng, y1 - y0, x1 - x0, material.frequency + 1))
    else:
        mix = PATTERNS[material.pattern](u * cos + v * sin + material.shift, v * cos - u * sin + material.shift)
    first, second = material.colours.astype(np.float32)
    colour = first + (second - first) * mix[..., None].astype(np.float32)
    speckle = rng.standard_normal((y1 - y0, x1 - x0), dtype=np.float32) * np.float32(material.grain)
    return colour * (1 + speckle[..., None])


def shade(alpha: np.ndarray, light: float, width: float) -> np.ndarray:
    """Relief of a raised shape: > 0 where its rim faces the light's angle (radians), < 0 on the far side."""
    height = blur(alpha, max(width, 0.6))
    slope_x, slope_y = (cv2.Sobel(height, cv2.CV_32F, dx, 1 - dx, ksize=1, scale=0.5) for dx in (1, 0))
    strength = 2.5 * max(width, 0.6)
    return slope_x * np.float32(-strength * np.cos(light)) + slope_y * np.float32(-strength * np.sin(light))


def place(canvas, silhouette, pose: Pose, material: Material, light: float, rng) -> None:
    """Paint one solid object: pattern, relief, a sheen on glossy ones, smooth edges."""
    window = window_of(silhouette, canvas.shape)
    if not window:
        return
    alpha = coverage(silhouette, window)
    colour = surface(material, pose, window, rng)
    lit = shade(alpha, light, 0.1 * pose.scale)
    dome = shade(alpha, light, 0.35 * pose.scale)
    colour = colour * (1 + material.relief * (0.9 * lit + 0.6 * dome))[..., None]
    if material.gloss:
        colour += (material.gloss * np.clip(1.6 * lit + dome - 0.55, 0, 1))[..., None]
    blend(canvas, np.clip(colour, 0, 1), alpha, window)
