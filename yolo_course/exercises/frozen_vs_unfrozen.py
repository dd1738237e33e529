"""Exercises of notebook 07: which figure is reported, its spread, differences seed by seed, a finding, time saved."""

from __future__ import annotations

from yolo_course.exercises.exercise import Exercise
from yolo_course.exercises.frozen_judges import judge_finding, judge_paired, judge_report, judge_saved, judge_spread

figure_to_report = Exercise(
    "figure_to_report",
    "Which figure goes into the report?",
    """
    A colleague has measured both splits after every few epochs: `rows` of (epoch, mAP50 on val, mAP50 on test), in
    any order. Return the one figure that this course reports.
    """,
    '''
    def figure_to_report(rows):
        """Rows of (epoch, mAP50 on val, mAP50 on test) to one mAP50."""
        ### BEGIN SOLUTION
        epoch, on_val, on_test = max(rows)
        return on_test
        ### END SOLUTION
    ''',
    judge_report,
    hints=(
        "Which split was nothing chosen by? And was the epoch chosen by a figure, or fixed before?",
        "Tuples are compared by their first entry, so `max(rows)` is the row of the last epoch.",
    ),
    grading="Ask why the best epoch on test would be worse than the best on val: it uses up the test split.",
)

mean_and_spread = Exercise(
    "mean_and_spread",
    "Three seeds, two numbers",
    """
    Write what stands behind a “0.817 ± 0.042” of `print(far80)`: the mean, and the standard deviation with n - 1
    below. A single seed has no spread: return `None` for it, not 0.
    """,
    '''
    def mean_and_spread(values):
        """mAP50 of a few seeds to (mean, standard deviation); None as the deviation of a single one."""
        ### BEGIN SOLUTION
        middle = sum(values) / len(values)
        if len(values) == 1:
            return middle, None
        return middle, math.sqrt(sum((value - middle) ** 2 for value in values) / (len(values) - 1))
        ### END SOLUTION
    ''',
    judge_spread,
    hints=(
        "Distances to the mean, squared, summed; divided by n - 1; then the root.",
        "With NumPy: `np.std(values, ddof=1)`. Deal with a single value before.",
    ),
    grading="`statistics.stdev`, NumPy and a loop count the same; nan for a single seed is accepted.",
)

paired_difference = Exercise(
    "paired_difference",
    "Seed by seed",
    """
    Unfrozen spreads by 0.086 over its three seeds here, and the frozen backbone by 0.053: their bands overlap. But
    both were given the *same* pictures by a seed, and a hard draw is hard for both. Take the difference of each seed
    first, then the mean and the spread of these differences. A seed that only one of the two has is left out.
    """,
    '''
    def paired_difference(mode, base):
        """Two dicts, seed to mAP50; returns mean and standard deviation of mode minus base, seed by seed."""
        ### BEGIN SOLUTION
        differences = [mode[seed] - base[seed] for seed in mode if seed in base]
        return np.mean(differences), np.std(differences, ddof=1)
        ### END SOLUTION
    ''',
    judge_paired,
    hints=(
        "`mode[seed] - base[seed]` for every seed in both; the order of the dicts must not matter.",
        "Then `np.mean` and `np.std(..., ddof=1)` of the list of differences.",
    ),
    grading="The point is the order: difference first, spread second. Ask when pairing would not help (far16).",
    points=2,
)

finding = Exercise(
    "finding",
    "Is the claim decided?",
    """
    Write the rule of this notebook: `"better"` where every seed's difference is above 0, `"worse"` where every one is
    below, otherwise `"undecided"`. One seed alone never decides, and a difference of 0 agrees with nobody.
    """,
    '''
    def finding(differences):
        """Differences to unfrozen, one a seed, to "better", "worse" or "undecided"."""
        ### BEGIN SOLUTION
        if len(differences) > 1 and all(each > 0 for each in differences):
            return "better"
        if len(differences) > 1 and all(each < 0 for each in differences):
            return "worse"
        return "undecided"
        ### END SOLUTION
    ''',
    judge_finding,
    hints=(
        "`all(...)` asks every element. What does it say to an empty or a short list?",
        "Test `len(differences) > 1` together with `all(each > 0 for each in differences)`.",
    ),
    grading=(
        "Worth a discussion: by chance alone three seeds agree in one of four cases (2 · 1/2 · 1/2 · 1/2), so this "
        "rule guards against haste, not against luck."
    ),
    points=2,
)

time_saved = Exercise(
    "time_saved",
    "Saved, but until when?",
    """
    An epoch with a frozen backbone is shorter. Is the run therefore sooner as good? Rows are as in `far80.curves`: one
    an epoch, `row["seconds"]` of training for *this* epoch, and `row["map50"]`, which is `None` where nothing was
    measured. Return by how many percent the frozen run is earlier at `goal` (below 0: later), or `None` where one of
    the two never gets there. Then try `far80.curves["backbone", 0]` against `far80.curves["unfrozen", 0]` at 0.4, at
    0.7 and at 0.75.
    """,
    '''
    def time_saved(frozen, unfrozen, goal):
        """Rows of two runs, and a mAP50; returns percent of the unfrozen run's time until the goal, or None."""
        ### BEGIN SOLUTION
        times = []
        for rows in (frozen, unfrozen):
            passed = 0.0
            for row in rows:
                passed += row["seconds"]
                if row["map50"] is not None and row["map50"] >= goal:
                    times.append(passed)
                    break
        return 100 * (1 - times[0] / times[1]) if len(times) == 2 else None
        ### END SOLUTION
    ''',
    judge_saved,
    hints=(
        "Write the time until the goal first, for one run: add up seconds, row by row, and stop when it is reached.",
        '`row["map50"] is not None and row["map50"] >= goal`: compare only what was measured.',
        "Percent saved: 100 · (1 - frozen / unfrozen). None if one of the times was never found.",
    ),
    grading="Sum up to the goal, None for what was not measured, the right base: a third of the points each.",
    points=3,
)
