"""Comparisons made by hand, with numbers that the tests know."""

from yolo_course.learn.compare import Comparison, summarise_mode

LEVEL = {"scratch": 0.3, "unfrozen": 0.85, "backbone": 0.7, "all-but-head": 0.5, "two-stage": 0.8}
RATE = {"all-but-head": 0.01}


def comparison(modes=("scratch", "unfrozen", "backbone", "all-but-head"), seeds=(0, 1, 2), epochs=8, memory=None):
    curves, runs = {}, []
    for mode in modes:
        for seed in seeds:
            curves[mode, seed] = [row(mode, seed, epoch, epochs, memory) for epoch in range(1, epochs + 1)]
            runs.append(run(mode, seed, epochs, memory))
    return Comparison("made by hand", runs, [summarise_mode(mode, runs) for mode in modes], curves, {"cpu": "none"})


def row(mode, seed, epoch, epochs, memory=None):
    """Measured every second epoch, as in training; each epoch takes half a second."""
    level = LEVEL.get(mode, 0.6) * epoch / epochs + 0.02 * (seed - 1)
    measured = epoch % 2 == 0 or epoch == epochs
    figures = {"map50": max(level, 0), "map50_95": max(level, 0) / 2, "precision": 0.5, "recall": 0.5}
    losses = {"box": 0.1 / epoch, "obj": 0.02 / epoch, "cls": 0.05 / epoch}
    times = {"seconds": 0.5, "images_per_second": 160.0, "memory_mb": memory, "lr": 0.003}
    return {"epoch": epoch, **losses, **times, **(figures if measured else dict.fromkeys(figures))}


def run(mode, seed, epochs, memory=None):
    map50 = LEVEL.get(mode, 0.6) + 0.02 * (seed - 1)
    return {
        "mode": mode,
        "seed": seed,
        "lr": RATE.get(mode, 0.003),
        "epochs": epochs,
        "train_images": 80,
        "test_images": 150,
        "map50": map50,
        "map50_95": map50 / 2,
        "precision": 0.5,
        "recall": 0.5,
        "parameters": 1_800_000,
        "trainable": {"all-but-head": 13_500, "backbone": 800_000}.get(mode, 1_800_000),
        "seconds": 0.5 * epochs,
        "images_per_second": 160.0,
        "memory_mb": memory,
    }
