"""What notebook 07's exercises say to an answer."""

from __future__ import annotations

import math
from statistics import mean, pstdev, stdev

from yolo_course.exercises.answers import called, describe, not_yet, number, same

TABLES = (  # rows of (epoch, mAP50 on val, mAP50 on test)
    ((5, 0.31, 0.29), (10, 0.52, 0.47), (15, 0.61, 0.62), (20, 0.66, 0.60), (25, 0.64, 0.57), (30, 0.65, 0.58)),
    ((8, 0.45, 0.41), (12, 0.44, 0.38), (4, 0.30, 0.33)),
    ((10, 0.82, 0.80),),
)


def judge_report(figure_to_report) -> str:
    for rows in TABLES:
        found = number(called(figure_to_report, list(rows)))
        expected = max(rows)[2]
        if not same(found, expected):
            not_yet(f"{found:g}{_which(found, rows)}", f"{expected:g} from {list(rows)}", _protocol(found, rows))
    return "the last epoch on the test split: a figure that nothing was chosen by."


def _which(found: float, rows: tuple) -> str:
    names = {
        ", the best figure on val": max(row[1] for row in rows),
        ", the best of all figures on test": max(row[2] for row in rows),
        ", val of the last epoch": max(rows)[1],
        ", test of the epoch that is best on val": max(rows, key=lambda row: row[1])[2],
        ", test of the last row": rows[-1][2],
    }
    return next((name for name, value in names.items() if same(found, value)), "")


def _protocol(found: float, rows: tuple) -> str:
    which = _which(found, rows)
    if "best figure on val" in which or "val of the last" in which:
        return "val is looked at while one works; the third column is the test split."
    if "best of all" in which:
        return "who takes the best figure on test has chosen by it: the number of epochs was fixed before."
    if "best on val" in which:
        return "that is honest if every mode does it, but this course agreed beforehand on the last epoch."
    return "the last epoch is the row with the largest epoch; the rows may come in any order."


def judge_spread(mean_and_spread) -> str:
    for values in ([0.86, 0.80, 0.79], [0.343, 0.174, 0.228, 0.3], [0.5, 0.5]):
        found, spread = _two(called(mean_and_spread, list(values)), "mean and spread")
        if not same(found, mean(values)):
            not_yet(f"the mean {found:.4g} of {values}", f"{mean(values):.4g}", "`sum(values) / len(values)`.")
        if not same(spread, stdev(values)):
            not_yet(f"the spread {spread:.4g} of {values}", f"{stdev(values):.4g}", _which_spread(spread, values))
    alone = _alone(mean_and_spread)
    if not (isinstance(alone, list | tuple) and len(alone) == 2 and _is_nothing(alone[1])):
        attempt = "one throw says nothing about the next: return None as the spread of a single value."
        not_yet(f"{alone if isinstance(alone, str) else describe(alone)} for the single 0.7", "(0.7, None)", attempt)
    return "and a single seed has no spread: None, not 0."


def _alone(mean_and_spread) -> object:
    """The answer for one value; where there is none, which error."""
    try:
        return mean_and_spread([0.7])
    except Exception as error:  # the very mistake that is looked for
        return type(error).__name__


def _which_spread(spread: float, values: list[float]) -> str:
    if same(spread, pstdev(values)):
        return "divide by n - 1: the mean was made of the same few values, so they lie too close to it."
    if same(spread, stdev(values) ** 2):
        return "that is the variance; take its square root to come back to mAP50."
    if same(spread, max(values) - min(values)):
        return "that is the range from lowest to highest, which grows with the number of seeds. Square the distances."
    if same(spread, stdev(values) / math.sqrt(len(values))):
        return "that is the error of the mean; the spread of the seeds is not divided by the root of n."
    return "the distances to the mean, squared; their sum over n - 1; the root of it."


def _is_nothing(value) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


PAIRS = (  # mAP50 by seed: of a mode, of unfrozen
    ({0: 0.3661, 1: 0.2689, 2: 0.2823}, {0: 0.3429, 1: 0.1739, 2: 0.2276}),
    ({2: 0.2823, 0: 0.3661, 1: 0.2689}, {0: 0.3429, 1: 0.1739, 2: 0.2276}),
    ({0: 0.46, 1: 0.49, 2: 0.57, 7: 0.10}, {2: 0.42, 1: 0.68, 0: 0.64}),
)


def judge_paired(paired_difference) -> str:
    for mode, base in PAIRS:
        found, spread = _two(called(paired_difference, dict(mode), dict(base)), "mean and spread")
        both = [mode[seed] - base[seed] for seed in mode if seed in base]
        if not (same(found, mean(both)) and same(spread, stdev(both))):
            say = f"{mean(both):+.3f} ± {stdev(both):.3f} for {mode} against {base}"
            not_yet(f"{found:+.3f} ± {spread:.3f}", say, _why_not_paired(found, spread, mode, base, both))
    return "paired, near8 says +0.058 ± 0.036; the same runs, unpaired, would say ± 0.101."


def _why_not_paired(found: float, spread: float, mode: dict, base: dict, both: list[float]) -> str:
    a, b = stdev(mode.values()), stdev(base.values())
    in_order = [x - y for x, y in zip(mode.values(), base.values(), strict=False)]
    if same(found, -mean(both)):
        return "mode minus base, so that a plus means: the mode is better."
    if any(same(spread, each) for each in (math.hypot(a, b), a + b, abs(a - b))):
        return "the two spreads were combined, unpaired. First one difference for each seed, then *their* spread."
    if same(found, mean(in_order)) and same(spread, stdev(in_order)):
        return "values were paired by their place; pair them by the seed: `mode[seed] - base[seed]`."
    if same(spread, pstdev(both)):
        return "divide by n - 1, as in the exercise before."
    return "only seeds that both have count; one difference for each of them, then mean and spread."


FINDINGS = {
    (0.01, 0.30, 0.02): "better",
    (-0.16, -0.11, -0.12): "worse",
    (-0.18, -0.19, 0.15): "undecided",
    (0.40, 0.35, -0.01): "undecided",
    (0.2,): "undecided",
    (0.1, 0.0, 0.2): "undecided",
    (0.05, 0.02, 0.01, 0.06, 0.03): "better",
}


def judge_finding(finding) -> str:
    found = {values: called(finding, list(values)) for values in FINDINGS}
    for values, expected in FINDINGS.items():
        answer = found[values]
        if not isinstance(answer, str) or answer not in FINDINGS.values():
            not_yet(describe(answer), '"better", "worse" or "undecided"', "return one of the three words.")
        if answer != expected:
            not_yet(f"{answer!r} for {list(values)}", repr(expected), _why_not_decided(values, found))
    return "it is decided only where every seed says the same, and there are at least two."


def _why_not_decided(values: tuple, found: dict) -> str:
    if {found[values], FINDINGS[values]} == {"better", "worse"}:
        return "the differences are mode minus unfrozen: above 0 the mode is better, below it is worse."
    if all(found[each] == ("better" if sum(each) > 0 else "worse") for each in FINDINGS):
        return "this goes by the sign of the mean, and one seed can carry the mean. Look at each difference."
    if len(values) == 1:
        return "one seed alone never decides: ask for at least two."
    if 0 in values:
        return "a difference of 0 takes no side, so that seed does not agree."
    if values == (0.01, 0.30, 0.02):
        return "all three are above 0; how large they are does not count here, only that they agree."
    return "`all(each > 0 for each in differences)`, and the same below 0; else it is undecided."


def _run(seconds: list[float], map50: list[float | None]) -> list[dict]:
    rows = zip(seconds, map50, strict=True)
    return [{"epoch": n, "seconds": time, "map50": value} for n, (time, value) in enumerate(rows, 1)]


_SLOW = _run([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [None, 0.3, None, 0.6, None, 0.8])
_QUICK = _run([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [None, 0.2, None, 0.4, None, 0.6])
RACES = (
    (_QUICK, _SLOW, 0.25, 0.0),
    (_QUICK, _SLOW, 0.15, 50.0),
    (_QUICK, _SLOW, 0.5, 25.0),
    (_SLOW, _QUICK, 0.6, -100 / 3),
)


def judge_saved(time_saved) -> str:
    for frozen, unfrozen, goal, expected in RACES:
        found = _saved(time_saved, frozen, unfrozen, goal)
        if found is None:
            not_yet(f"None for a goal of {goal}", f"{expected:.4g}", "both runs reach it: at least the goal is `>=`.")
        if not same(number(found), expected, 1e-4):
            not_yet(f"{found:.4g} for a goal of {goal}", f"{expected:.4g}", _why_not_saved(found, expected))
    for pair in ((_QUICK, _SLOW), (_SLOW, _QUICK)):
        found = _saved(time_saved, *pair, 0.7)
        if found is not None:
            attempt = "return None where one of the two runs never reaches the goal: there is nothing to compare."
            not_yet(f"{describe(found)} where one run never gets to 0.7", "None", attempt)
    return "in seed 0 of far80 the frozen run ends 38 % earlier, needs 13 % longer to 0.7, and never reaches 0.75."


def _saved(time_saved, *arguments) -> object:
    try:
        return time_saved(*arguments)
    except TypeError as error:
        if "NoneType" not in str(error):
            raise
        attempt = 'ask `row["map50"] is not None` first: not every epoch was measured.'
        not_yet(f"a TypeError ({error})", "a number, or None", attempt)


def _why_not_saved(found: float, expected: float) -> str:
    if same(found, expected / 100, 1e-4):
        return "that is a share; times 100 it is percent."
    if same(found, 100 - expected, 1e-4) or same(found, 1 - expected / 100, 1e-4):
        return "that is the time that remains; saved is what is missing to 100."
    if same(found, 50.0, 1e-4) or same(found, -100.0, 1e-4):
        return "compare the time until the goal: the sum of all epochs up to it, not one epoch and not the whole run."
    if same(found, 100 * (1 / (1 - expected / 100) - 1), 1e-4):
        return "measure by the unfrozen run: 100 · (unfrozen - frozen) / unfrozen."
    return "add up `seconds` until `map50` is there and at least the goal; then 100 · (1 - frozen / unfrozen)."


def _two(answer, what: str) -> list[float]:
    """The answer as two numbers; NotYet for anything else."""
    if isinstance(answer, dict | str) or not hasattr(answer, "__len__") or len(answer) != 2:
        not_yet(describe(answer), f"two numbers: {what}", "end the function with `return ..., ...`.")
    return [number(each) for each in answer]
