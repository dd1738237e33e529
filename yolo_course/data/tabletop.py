"""The tabletop: textured pieces on wood, cloth or stone. The source domain and the near target live here."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from . import paint
from .paint import Material
from .scene import Look, Scene, Thing
from .shapes import Pose, Silhouette, blob, stroke

PATTERNS = ["plain", "stripes", "checks", "dots", "rings", "zigzag", "gradient", "marble"]
PATTERN_SHARES = [0.2, 0.15, 0.1, 0.12, 0.08, 0.1, 0.13, 0.12]
CLUTTER = {"ribbon": 0.5, "pebble": 0.3, "scrap": 0.2}
TABLES = ["wood", "cloth", "stone", "tiles", "paper"]


def hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """RGB in 0..1 of hue, saturation and value, each 0..1."""
    turns = (np.array([0, 2 / 3, 1 / 3]) + hue) % 1 * 6
    return value * (1 - saturation * np.clip(2 - np.abs(turns - 3), 0, 1))


def random_material(rng: np.random.Generator, ground: np.ndarray) -> Material:
    """A material whose main colour stands out from the colour of the ground, at least a little."""
    for _ in range(20):
        first = hsv(rng.uniform(), rng.uniform(0.15, 0.9), rng.uniform(0.3, 1.0))
        if np.abs(first - ground).max() > 0.25:
            break
    second = hsv(rng.uniform(), rng.uniform(0.1, 0.8), rng.uniform(0.25, 1.0))
    mix = rng.uniform(0.45, 1.0)
    return Material(
        colours=np.stack([first, first + mix * (second - first)]),
        pattern=str(rng.choice(PATTERNS, p=PATTERN_SHARES)),
        frequency=rng.uniform(1.5, 4.5),
        turn=rng.uniform(0, np.pi),
        shift=rng.uniform(-1, 1),
        relief=rng.uniform(0.25, 0.9),
        grain=rng.uniform(0.01, 0.08),
        gloss=rng.uniform(0.2, 0.6) if rng.uniform() < 0.35 else 0.0,
    )


def random_look(rng: np.random.Generator) -> Look:
    warmth = rng.uniform(-0.1, 0.1)
    return Look(
        light=rng.uniform(-np.pi, np.pi),
        falloff=rng.uniform(0.1, 0.5),
        shadow=rng.uniform(0.3, 0.75),
        shadow_length=rng.uniform(0.6, 2.2),
        cast=(1 + warmth, 1.0, 1 - warmth),
        exposure=rng.uniform(0.85, 1.3),
        blur=rng.uniform(2, 7) if rng.uniform() < 0.3 else 0.0,
        motion=rng.uniform(10, 35) if rng.uniform() < 0.12 else 0.0,
        motion_angle=rng.uniform(0, np.pi),
        noise=rng.choice([0.01, 0.03, 0.06], p=[0.5, 0.35, 0.15]),
        jpeg=int(rng.integers(35, 90)) if rng.uniform() < 0.3 else 0,
    )


def plan(rng, width: int, height: int, silhouettes: list[Silhouette], clutter=CLUTTER) -> Scene:
    """1 to 5 pieces among clutter (now and then none); class i is drawn as silhouettes[i]."""
    ground = hsv(rng.uniform(), rng.uniform(0.05, 0.45), rng.uniform(0.3, 0.92))
    table = partial(
        paint_table,
        kind=str(rng.choice(TABLES)),
        ground=ground,
        turn=rng.uniform(-0.6, 0.6),
        scale=rng.uniform(0.7, 1.5),
    )
    scene = Scene(width, height, table, random_look(rng))
    for _ in range(rng.integers(2, 8)):
        scene.try_add(random_clutter(rng, scene, ground, clutter))
    wanted = 0 if rng.uniform() < 0.025 else int(rng.choice([1, 2, 3, 4, 5], p=[0.2, 0.25, 0.25, 0.18, 0.12]))
    for _ in range(wanted):
        add_piece(rng, scene, silhouettes, ground)
    for _ in range(rng.integers(0, 4)):
        scene.try_add(random_clutter(rng, scene, ground, clutter))
    return scene


def add_piece(rng, scene: Scene, silhouettes: list[Silhouette], ground: np.ndarray) -> None:
    """One labelled piece, in the first of a few random places where nothing gets hidden too much."""
    label = int(rng.integers(len(silhouettes)))
    material = random_material(rng, ground)
    layers = [(silhouettes[label], material)]
    share = 0.12 + 0.48 * rng.uniform() ** 1.4
    for _ in range(12):
        centre = rng.uniform(0.02, 0.98, 2) * (scene.width, scene.height)
        turn, (yaw, pitch) = rng.uniform(-np.pi, np.pi), rng.uniform(-0.6, 0.6, 2)
        pose = Pose.fit(silhouettes[label], centre, share * scene.side, turn, yaw, pitch)
        if scene.try_add(Thing(layers, pose, label, height=rng.uniform(0.05, 0.12)), rng.uniform(0.55, 0.95)):
            return
        share = max(0.12, share * 0.9)


def random_clutter(rng, scene: Scene, ground: np.ndarray, clutter: dict[str, float]) -> Thing:
    """An unlabelled thing: a bent ribbon, a pebble or a scrap of paper."""
    centre = rng.uniform(0, 1, 2) * (scene.width, scene.height)
    kind = rng.choice(list(clutter), p=list(clutter.values()))
    if kind == "ribbon":
        bend, t = rng.uniform(-1.2, 1.2), np.linspace(-1, 1, 12)
        path = np.stack([t, bend * (t**2 - 0.5) + 0.2 * np.sin(3 * t)], 1)
        silhouette = [stroke(path, rng.uniform(0.06, 0.2))]
        share = rng.uniform(0.1, 0.45)
    else:
        pebble, scrap = blob(rng) * (1, rng.uniform(0.5, 0.75)), blob(rng)[::8] * (1, rng.uniform(0.12, 0.35))
        silhouette = [pebble if kind == "pebble" else scrap]
        share = rng.uniform(0.02, 0.08) if kind == "pebble" else rng.uniform(0.06, 0.2)
    pose = Pose(tuple(centre), share * scene.side, rng.uniform(-np.pi, np.pi))
    return Thing([(silhouette, random_material(rng, ground))], pose, height=rng.uniform(0.02, 0.06))


def paint_table(canvas, look: Look, rng, *, kind: str, ground: np.ndarray, turn: float, scale: float) -> None:
    """The ground of the picture: one of TABLES in the colour `ground`."""
    height, width = canvas.shape[:2]
    side = np.sqrt(height * width)
    pose = Pose((width / 2, height / 2), side / 2, turn)
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    u, v = (4 * scale * axis for axis in pose.local(xs, ys))
    hills = paint.value_noise(rng, height, width, 4 * scale)
    tone = TONES[kind](u, v, hills, rng)
    canvas[:] = ground.astype(np.float32) * (1 + tone)[..., None]
    canvas *= 1 + 0.03 * paint.grain(rng, height, width, 1)


def _wood(u, v, hills, rng):
    plank = np.floor(v * 0.75)
    shift = np.sin(plank * 12.9898) * 43.7
    fibre = np.sin(16 * v + 1.2 * hills + np.sin(0.7 * u + shift) + shift)
    gap = np.clip(1 - 22 * np.abs(v * 0.75 - np.rint(v * 0.75)), 0, 1)
    return 0.06 * fibre + 0.14 * np.sin(shift) + 0.07 * hills - 0.55 * gap


def _cloth(u, v, hills, rng):
    return 0.07 * (np.sin(26 * u) + np.sin(26 * v)) + 0.16 * hills


def _stone(u, v, hills, rng):
    fine = cv2.GaussianBlur(paint.grain(rng, *u.shape, 1)[..., 0], (0, 0), 1.0)
    return 0.35 * hills + 0.18 * fine


def _tiles(u, v, hills, rng):
    x, y = u * 0.6, v * 0.6
    joint = np.maximum(1 - 14 * np.abs(x - np.rint(x)), 1 - 14 * np.abs(y - np.rint(y)))
    own = np.sin(np.floor(x) * 12.9898 + np.floor(y) * 78.233) * 43.7
    return 0.12 * np.sin(own) + 0.08 * hills - 0.35 * np.clip(joint, 0, 1)


def _paper(u, v, hills, rng):
    return 0.06 * hills + 0.12 * np.clip(1 - 30 * np.abs(v - np.rint(v)), 0, 1) * np.sign(np.sin(u.mean() + 1))


TONES = {"wood": _wood, "cloth": _cloth, "stone": _stone, "tiles": _tiles, "paper": _paper}
