"""Draw the README's picture from the recorded runs: python benchmarks/readme_figure.py

The last epoch on the test split, for the far target with 80 pictures and the near one with 8, three seeds each.
"""

from __future__ import annotations

from statistics import mean

from yolo_course.data import data_dir
from yolo_course.learn.record import load_recorded
from yolo_course.show.style import mixed, mode_style, new_figure, png, tidy

PANELS = {"far80": "far target (road signs), 80 pictures", "near8": "near target (other shapes), 8 pictures"}


def main() -> None:
    figure, (panels,) = new_figure(9.0, 3.2, 1, 2, sharey=True)
    for axes, (name, title) in zip(panels, PANELS.items(), strict=True):
        tidy(axes, title, "mAP50 on the test split, a dot a seed", "", grid="x")
        draw(axes, load_recorded(name))
    (data_dir() / "runs" / "frozen_vs_unfrozen.png").write_bytes(png(figure))


def draw(axes, comparison) -> None:
    modes = [row["mode"] for row in comparison.summary]
    for row, mode in enumerate(modes):
        found, look = [run["map50"] for run in comparison.runs if run["mode"] == mode], mode_style(mode, row)
        axes.barh(row, mean(found), 0.62, color=mixed(look.colour, 0.55))
        axes.plot(found, [row] * len(found), "o", color=look.colour, markeredgecolor="black")
        axes.text(1.02, row, f"{mean(found):.3f}", va="center", fontweight="bold")
    axes.set_yticks(range(len(modes)), [mode_style(mode, i).label for i, mode in enumerate(modes)], fontsize=11.5)
    axes.set_xlim(0, 1.18)
    axes.set_ylim(len(modes) - 0.5, -0.5)


if __name__ == "__main__":
    main()
