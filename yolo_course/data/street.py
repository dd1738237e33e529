"""The far target's world: road signs on poles in a street, in any weather, seen from the side."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from . import paint, signs
from .paint import Material
from .scene import Look, Scene, Thing, motion_kernel
from .shapes import Pose, arc, blob, ellipse, rectangle
from .streetscape import HOURS, LEAVES, Street

WEATHERS = ["clear", "fog", "rain"]
LEAF = np.concatenate([arc((0, 0.6), (1, 1), 217, 323, 8), arc((0, -0.6), (1, 1), 37, 143, 8)])


def plan(rng: np.random.Generator, width: int, height: int, faces: list) -> Scene:
    """1 to 4 signs among other boards and leaves (now and then none); faces[i](rng) draws class i."""
    hour = HOURS[str(rng.choice(list(HOURS), p=[0.4, 0.25, 0.2, 0.15]))]
    weather = str(rng.choice(WEATHERS, p=[0.66, 0.16, 0.18]))
    street = Street(
        hour,
        horizon=rng.uniform(0.5, 0.68),
        vanishing=rng.uniform(0.25, 0.75),
        haze=rng.uniform(0.75, 0.95) if weather == "fog" else rng.uniform(0.1, 0.4),
        layout=int(rng.integers(2**31)),
    )
    scene = Scene(width, height, street, random_look(rng), weather=weather_of(rng, weather, hour))
    for _ in range(rng.integers(0, 3)):
        add_post(rng, scene, [None])
    wanted = 0 if rng.uniform() < 0.025 else int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2]))
    for _ in range(wanted):
        labels = [int(rng.integers(len(faces))) for _ in range(1 + (rng.uniform() < 0.25))]
        add_post(rng, scene, labels, faces)
    for _ in range(rng.integers(0, 3)):
        scene.try_add(random_branch(rng, scene, hour), 0.6)
    return scene


def random_look(rng: np.random.Generator) -> Look:
    return Look(
        light=rng.uniform(-2.6, -0.5),
        falloff=rng.uniform(0.0, 0.15),
        exposure=rng.uniform(0.85, 1.15),
        blur=rng.uniform(1, 5) if rng.uniform() < 0.3 else 0.0,
        motion=rng.uniform(8, 30) if rng.uniform() < 0.2 else 0.0,
        motion_angle=rng.normal(0, 0.3),
        noise=rng.choice([0.003, 0.008, 0.02], p=[0.5, 0.35, 0.15]),
        jpeg=int(rng.integers(40, 90)) if rng.uniform() < 0.2 else 0,
    )


def add_post(rng, scene: Scene, labels: list[int | None], faces=()) -> None:
    """A post with a sign for each label, one below the other; None is a board of no class."""
    share = 0.12 + (0.33 if labels[0] is not None else 0.2) * rng.uniform() ** 1.5
    turn, yaw, pitch = rng.normal(0, 0.06), rng.uniform(-0.95, 0.95), rng.normal(0, 0.1)
    boards = [signs.OTHERS[rng.integers(len(signs.OTHERS))] if i is None else faces[i] for i in labels]
    stack = [draw(rng) for draw in boards]
    for _ in range(12):
        centre = rng.uniform((0.06, 0.1), (0.94, 0.66)) * (scene.width, scene.height)
        side, before = share * scene.side, scene.things
        for number, (label, layers) in enumerate(zip(labels, stack, strict=True)):
            middle = centre + np.array([-np.sin(turn), np.cos(turn)]) * number * 1.04 * side
            pose = Pose.fit(layers[0][0], middle, side, turn, yaw, pitch)
            post = [pole(scene, middle, side, turn)] if number == 0 else []
            if not scene.try_add(Thing(light_up(layers, scene), pose, label, behind=post), 0.6):
                scene.things = before
                break
        else:
            return
        share = max(0.12, share * 0.9)


def light_up(layers, scene: Scene):
    """Signs reflect: they keep more of their colour in the dark than the street does."""
    light = 0.35 + 0.65 * np.asarray(scene.backdrop.hour.light)
    return [(shape, replace(material, colours=material.colours * light)) for shape, material in layers]


def pole(scene: Scene, top: np.ndarray, side: float, turn: float) -> Thing:
    """The post under a sign of `side` pixels: down to the ground, as high as real ones are."""
    ground = max(top[1] + 3.0 * side, scene.backdrop.horizon * scene.height + 0.3 * side)
    half = (ground - top[1]) / 2
    middle = (top[0] - np.sin(turn) * half, top[1] + np.cos(turn) * half)
    thickness = 0.045 * side / half
    light = np.asarray(scene.backdrop.hour.light)
    colours = np.array([(0.78,) * 3, (0.3,) * 3]) * light
    steel = Material(colours, "gradient", 3 / thickness, relief=0, grain=0.01)
    return Thing([([rectangle(thickness, 1)], steel)], Pose(middle, half, turn))


def random_branch(rng: np.random.Generator, scene: Scene, hour) -> Thing:
    """A bunch of leaves that reach into the picture, before whatever is there."""
    edge = (0.0, rng.uniform()) if rng.uniform() < 0.4 else (rng.uniform(), 0.0)
    mirrored = np.array([1.0, 0.0]) if rng.uniform() < 0.5 else np.zeros(2)
    centre = np.abs(np.array(edge) - mirrored) * (scene.width, scene.height)
    leaf = np.array(LEAVES[rng.integers(len(LEAVES))]) * hour.light
    layers = [([0.5 * blob(rng)], foliage(leaf * 0.5, rng))]
    for _ in range(55):
        spot = Pose(tuple(rng.normal(0, 0.42, 2)), rng.uniform(0.16, 0.3), rng.uniform(-3, 3))
        layers.append((spot.flat([LEAF]), foliage(leaf * rng.uniform(0.6, 1.25), rng)))
    pose = Pose(tuple(centre), rng.uniform(0.12, 0.28) * scene.side)
    return Thing(layers, pose, cover=[ellipse(0.85, 0.85)])


def foliage(colour: np.ndarray, rng: np.random.Generator) -> Material:
    return Material(np.stack([colour, colour * 1.2]).clip(0, 1), relief=0.3, grain=0.02)


def weather_of(rng: np.random.Generator, kind: str, hour):
    if kind == "fog":
        return partial(fog, colour=hour.horizon, density=rng.uniform(0.15, 0.45))
    if kind == "rain":
        return partial(rain, angle=np.pi / 2 + rng.normal(0, 0.15), strength=rng.uniform(0.5, 1.0))
    return None


def fog(canvas: np.ndarray, rng: np.random.Generator, *, colour, density: float) -> None:
    height, width = canvas.shape[:2]
    veil = density * (1 + 0.4 * paint.value_noise(rng, height, width, 2, 2))
    paint.blend(canvas, colour, np.clip(veil, 0, 0.8))


def rain(canvas: np.ndarray, rng: np.random.Generator, *, angle: float, strength: float) -> None:
    """Bright streaks, and everything a little darker and greyer."""
    height, width = canvas.shape[:2]
    canvas *= 0.85
    drops = (rng.uniform(size=(height, width)) < 0.006).astype(np.float32)
    streaks = cv2.filter2D(drops, -1, motion_kernel(0.07 * np.sqrt(height * width), angle))
    paint.blend(canvas, (0.85, 0.88, 0.92), np.clip(streaks * 7 * strength, 0, 0.45))
