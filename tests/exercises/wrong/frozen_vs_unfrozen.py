"""Wrong answers to the exercises of notebook 07, and what is said to each."""

REPORT = "def figure_to_report(rows):\n    return "
SPREAD = "def mean_and_spread(values):\n    middle = sum(values) / len(values)\n"
PAIRED = "def paired_difference(mode, base):\n"
ALL = "    if all(each > 0 for each in differences):\n        return 'better'\n"
FINDING = "def finding(differences):\n"
SAVED = """def time_saved(frozen, unfrozen, goal):
    times = []
    for rows in (frozen, unfrozen):
        passed = 0.0
        for row in rows:
            passed += row["seconds"]
            if row["map50"] is not None and row["map50"] >= goal:
                times.append(passed)
                break
    return """


def saved(old: str, new: str) -> str:
    """The solution with one place changed."""
    code = SAVED + "100 * (1 - times[0] / times[1]) if len(times) == 2 else None"
    assert old in code
    return code.replace(old, new)


WRONG = {
    "figure_to_report": {
        REPORT + "max(row[1] for row in rows)": "val is looked at while one works",
        REPORT + "max(row[2] for row in rows)": "has chosen by it",
        REPORT + "max(rows, key=lambda row: row[1])[2]": "honest if every mode does it",
        REPORT + "max(rows)[1]": "the third column",
        REPORT + "rows[-1][2]": "the largest epoch",
        REPORT + "0.58": "the largest epoch",
    },
    "mean_and_spread": {
        SPREAD + "    return middle, np.std(values)": "divide by n - 1",
        SPREAD + "    return middle, np.var(values, ddof=1)": "the variance",
        SPREAD + "    return middle, max(values) - min(values)": "the range",
        SPREAD + "    return middle, np.std(values, ddof=1) / len(values) ** 0.5": "the error of the mean",
        SPREAD + "    return middle": "two numbers: mean and spread",
        SPREAD + "    from statistics import stdev\n    return middle, stdev(values)": "StatisticsError",
        SPREAD + "    return middle, 0.0 if len(values) == 1 else np.std(values, ddof=1)": "one throw says nothing",
        "def mean_and_spread(values):\n    return sorted(values)[len(values) // 2], 0.0": "`sum(values) / len(values)`",
    },
    "paired_difference": {
        PAIRED + "    a, b = (np.array(list(each.values())) for each in (mode, base))\n"
        "    return a.mean() - b.mean(), np.hypot(a.std(ddof=1), b.std(ddof=1))": "unpaired",
        PAIRED + "    d = [a - b for a, b in zip(mode.values(), base.values())]\n"
        "    return np.mean(d), np.std(d, ddof=1)": "paired by their place",
        PAIRED + "    d = [base[seed] - mode[seed] for seed in mode if seed in base]\n"
        "    return np.mean(d), np.std(d, ddof=1)": "mode minus base",
        PAIRED + "    d = [mode[seed] - base[seed] for seed in mode if seed in base]\n"
        "    return np.mean(d), np.std(d)": "as in the exercise before",
        PAIRED + "    return [mode[seed] - base[seed] for seed in mode]": "two numbers",
        PAIRED + "    return 0.058, 0.036": "only seeds that both have count",
    },
    "finding": {
        FINDING + "    return 'better' if sum(differences) > 0 else 'worse'": "the sign of the mean",
        FINDING
        + ALL
        + "    return 'worse' if all(each < 0 for each in differences) else 'undecided'": "one seed alone",
        FINDING + ALL.replace("0 for", "0.05 for") + "    return 'undecided'": "how large they are does not count",
        FINDING + ALL.replace("better", "worse") + "    return 'better'": "below it is worse",
        FINDING
        + "    if len(differences) < 2:\n        return 'undecided'\n"
        + ALL.replace("> 0", ">= 0")
        + "    return 'worse' if all(each <= 0 for each in differences) else 'undecided'": "takes no side",
        FINDING + "    return True": "one of the three words",
    },
    "time_saved": {
        saved('row["map50"] is not None and ', ""): "not every epoch was measured",
        saved("passed +=", "passed ="): "not one epoch and not the whole run",
        saved("100 * (1 - times[0] / times[1])", "1 - times[0] / times[1]"): "times 100",
        saved("100 * (1 - times[0] / times[1])", "100 * times[0] / times[1]"): "the time that remains",
        saved("/ times[1])", "/ times[1]) / (times[0] / times[1])"): "measure by the unfrozen run",
        saved(">= goal", "> goal"): "at least the goal",
        saved("if len(times) == 2 else None", "if len(times) == 2 else 0"): "nothing to compare",
    },
}
