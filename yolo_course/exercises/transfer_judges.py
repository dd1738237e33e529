"""How answers to the exercises of notebook 06 are judged: what each typical mistake is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn

from yolo_course.exercises.answers import called, describe, not_yet, number
from yolo_course.learn.transfer import freeze
from yolo_course.model import YOLOv5

HEAD = "model.24."


def _small() -> YOLOv5:
    """A network that is built in an instant."""
    return YOLOv5("n", num_classes=2)


def _row(name: str) -> int:
    return int(name.split(".")[1])


def judge_new(new_parameters: Callable) -> str:
    for classes in (4, 1, 20):
        found = number(called(new_parameters, classes))
        expected = sum(p.numel() for p in YOLOv5("n", num_classes=classes).detect.parameters())
        outputs, channels = 3 * (5 + classes), 64 + 128 + 256
        slips = {
            outputs * channels: "add the biases: one for each output, at each of the three levels.",
            outputs * channels + outputs: "every level has a convolution of its own, and its own biases.",
            expected / 3: "a cell answers for 3 anchors, so each convolution has three times as many outputs.",
            3 * (4 + classes) * (channels + 3): "4 numbers for a box, 1 for `is there anything`, then the classes.",
            3 * classes * (channels + 3): "an anchor says more than its classes: 5 numbers stand before them.",
        }
        if found != expected:
            attempt = slips.get(found, "one level first: inputs times outputs, plus a bias for each output.")
            not_yet(f"{found} for {classes} classes", f"{expected:,}", attempt)
    return "for 4 classes less than one parameter in a hundred. All the others are transferred."


def judge_list(all_but_head: Iterable) -> str:
    if isinstance(all_but_head, str) or not isinstance(all_but_head, Iterable):
        not_yet(describe(all_but_head), "a list of prefixes", "build it with `[... for x in range(...)]`.")
    prefixes = list(all_but_head)
    if not all(isinstance(prefix, str) for prefix in prefixes):
        not_yet(f"a list with {describe(prefixes[0])}", "names such as 'model.0.'", "fill the number into a string.")
    model = _small()
    frozen = {_row(name) for name, _ in model.named_parameters() if name.startswith(tuple(prefixes))}
    learning = {_row(name) for name, _ in model.named_parameters() if not name.startswith(tuple(prefixes))}
    if 24 in frozen and any(HEAD.startswith(prefix) and prefix != HEAD for prefix in prefixes):
        attempt = "mind the last dot: 'model.2' also begins 'model.24.weight', and the head would not learn either."
        not_yet("row 24 frozen, too", "prefixes that end with a dot", attempt)
    if 24 in frozen:
        not_yet("row 24 frozen: all 25 rows", "24 rows, 0 to 23", "`range(n)` ends at n - 1. Detect is row 24.")
    if learning != {24}:
        rows = ", ".join(str(row) for row in sorted(learning - {24}))
        not_yet(f"still learning: rows {rows}", "only row 24 learns", "the neck ends at row 23: how many rows is that?")
    try:
        freeze(model, prefixes)  # refuses a prefix that matches nothing
    except ValueError as error:
        not_yet(str(error).split(";")[0], "rows 0 to 23 and nothing else", "leave that prefix out.")
    return "row 24, Detect, learns, and nothing else."


class _Toy(nn.Module):
    """Twelve rows with names like a YOLOv5's; in row 2 something is called `model` again."""

    def __init__(self):
        super().__init__()
        inner = nn.Module()
        inner.model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))
        rows = [nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 5), nn.BatchNorm1d(5)), inner]
        self.model = nn.Sequential(*rows, *(nn.Linear(1, 1) for _ in range(9)))


def judge_freeze(freeze_by_prefix: Callable) -> str:
    toy, real = _Toy(), _small()
    talk = [f"model.{row}." for row in range(10)]
    for prefixes in (["model.1."], ["model.0.", "model.2."], ["model.1"], ["model.1.", "model.1.1."], []):
        _judge_one_freeze(freeze_by_prefix, toy, prefixes)
    for prefixes in (talk, ["model.1."]):
        _judge_one_freeze(freeze_by_prefix, real, prefixes)
    return "it freezes what you name, sets the rest free, and counts. That is the heart of `yc.freeze`."


def _judge_one_freeze(function: Callable, model: nn.Module, prefixes: list[str]) -> None:
    try:
        count = number(called(function, model, prefixes))
    except TypeError as error:
        _explain_startswith(error)
    parameters = dict(model.named_parameters())
    wanted = {name for name in parameters if name.startswith(tuple(prefixes))}
    found = {name for name, parameter in parameters.items() if not parameter.requires_grad}
    if found != wanted:
        _say_what_is_frozen(prefixes, wanted, found)
    _judge_count(count, [p for p in parameters.values() if not p.requires_grad], parameters.values(), prefixes)


def _explain_startswith(error: TypeError) -> None:
    """What a list after ``startswith`` raises is told; anything else is raised again."""
    if "startswith" not in str(error):
        raise error
    attempt = "`name.startswith(tuple(prefixes))`, or `any(...)` over the prefixes."
    not_yet(f"TypeError: {error}", "one string, or a tuple of them", attempt)


def _say_what_is_frozen(prefixes: list[str], wanted: set[str], found: set[str]) -> None:
    more, less = sorted(found - wanted), sorted(wanted - found)
    if more and all(any(prefix in name for prefix in prefixes) for name in more):
        attempt = "`in` finds it anywhere in the name. `name.startswith(...)` asks for the beginning."
        not_yet(f"{more[0]} frozen by {prefixes}", "only names that begin so", attempt)
    if more:
        attempt = "set `requires_grad` for every parameter, to True or to False."
        not_yet(f"{more[0]} frozen by {prefixes}", "it set free, whatever was frozen before", attempt)
    if not found:
        attempt = "`parameter.requires_grad = False`, for the parameter and not for the model or the name."
        not_yet(f"nothing frozen by {prefixes}", f"{less[0]} frozen", attempt)
    not_yet(f"{less[0]} not frozen by {prefixes}", "all names that begin so", "take each prefix just as it is given.")


def _judge_count(count: float, frozen: list, every: Iterable, prefixes: list[str]) -> None:
    expected = sum(parameter.numel() for parameter in frozen)
    if count == expected:
        return
    attempt = "add `parameter.numel()` of each frozen parameter, once."
    if count == len(frozen):
        attempt = f"{count} is how many tensors are frozen; a tensor has `numel()` numbers."
    elif count == sum(parameter.numel() for parameter in every) - expected:
        attempt = "that is what still learns: count the others."
    elif count > expected:
        attempt = "a name that begins with two of the prefixes counts once."
    not_yet(f"{count} counted for {prefixes}", f"{expected}", attempt)


def judge_entries(entries_changed: object) -> str:
    found, report = number(entries_changed), freeze(_small(), "backbone+neck", "updating")
    drift, head, every = len(report.drifting_entries), 6, 349
    slips = {
        head: "the weights stand still, but what does a normalisation in training mode remember?",
        drift: "the head learns: add what it changes.",
        drift + 7: "anchors are stored, but they are no parameters and no statistics. Nothing moves them.",
        (every - 7) * 2 // 3: "two of three? Count what one normalisation stores: five entries, of which three drift.",
        every - 1: "that is an unfrozen step. Here no weight of rows 0 to 23 changes.",
        every: "that is everything, the frozen weights and the anchors, too.",
    }
    slips[head + drift // 3 * 2] = "running mean and variance, yes; and the batches it has seen are counted, too."
    if found != drift + head:
        attempt = slips.get(found, "rows 0 to 23 first: what share of their entries drifts? Then the head.")
        not_yet(found, "what drifts in rows 0 to 23, plus what learns in row 24", attempt)
    return f"{drift} statistics drift and {head} tensors of the head learn. Half of a `frozen` network moves."


class _Rows(nn.Module):
    """Rows with normalisations at several depths; in row 2 something is called `model` again."""

    def __init__(self):
        super().__init__()
        deep = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Sequential(nn.BatchNorm2d(2), nn.Dropout(0.5)))
        inner = nn.Module()
        inner.model = nn.Sequential(nn.Conv2d(2, 2, 1), nn.Sequential(nn.BatchNorm2d(2)))
        flat = [nn.Sequential(nn.BatchNorm2d(2)) for _ in range(9)]
        self.model = nn.Sequential(nn.Sequential(nn.BatchNorm2d(1)), deep, inner, *flat)


def judge_statistics(keep_statistics: Callable) -> str:
    if not callable(keep_statistics):
        not_yet(describe(keep_statistics), "a function", "keep the line that begins with `def`.")
    toy, real = _Rows().eval(), _small()
    for prefixes in (["model.1.", "model.0."], ["model.1."], ["model.2."], ["model.1"], []):
        _judge_modes(keep_statistics, toy, prefixes)
    for rows in (range(10), range(10, 24)):
        _judge_modes(keep_statistics, real, [f"model.{row}." for row in rows])
    return "what is frozen keeps what it remembers, and everything else goes on learning."


def _judge_modes(function: Callable, model: nn.Module, prefixes: list[str]) -> None:
    try:
        function(model, prefixes)
    except TypeError as error:
        _explain_startswith(error)
    norms = {name: module for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    wanted = {name for name in norms if name.startswith(tuple(prefixes))}
    still = {name for name, module in norms.items() if not module.training}
    if still == set(norms) != wanted:
        attempt = "`model.train()` first; then `.eval()` for the norms of these prefixes only."
        not_yet("every normalisation in evaluation mode", f"those of {prefixes}", attempt)
    if wanted and not still:
        attempt = "`model.train()` switches all of them on again: call it first, then `.eval()`, at every depth."
        not_yet("no normalisation in evaluation mode", f"those of {prefixes}", attempt)
    if more := sorted(still - wanted):
        attempt = "`name.startswith(tuple(prefixes))` of each normalisation, after `model.train()`."
        not_yet(f"{more[0]} in evaluation mode for {prefixes}", "only names that begin so", attempt)
    if less := sorted(wanted - still):
        attempt = "norms lie inside blocks: `model.named_modules()` finds them at every depth."
        not_yet(f"{less[0]} still learning for {prefixes}", "evaluation mode", attempt)
    outside = [m for name, m in model.named_modules() if name.count(".") and not name.startswith(tuple(prefixes))]
    if not all(module.training for module in outside if not any(module.children())):
        not_yet("other modules in evaluation mode", "all but the named norms training", "begin with `model.train()`.")


def judge_rates(two_rates: Callable) -> str:
    for what in ("backbone", 0, [HEAD], "backbone+neck"):
        model = _small()
        freeze(model, what)
        try:
            optimizer = called(two_rates, model, kind=torch.optim.Optimizer)
        except ValueError as error:
            if "more than one parameter group" not in str(error):
                raise
            attempt = "leave the head's parameters out of the other group."
            not_yet("a parameter in two groups", "each in one", attempt)
        _judge_groups(model, {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}, what)
    return "big steps for what is new, small ones for what was learned, none for what is frozen."


def _judge_groups(model: nn.Module, rates: dict[int, float], what: object) -> None:
    now = f"with freeze(model, {what!r})"
    for name, parameter in model.named_parameters():
        rate, expected = rates.get(id(parameter)), 0.01 if name.startswith(HEAD) else 0.001
        if not parameter.requires_grad and rate is not None:
            not_yet(f"{name} in a group {now}", "no frozen parameter there", "ask each `parameter.requires_grad`.")
        if parameter.requires_grad and rate is None:
            not_yet(f"{name} in no group {now}", "every parameter that learns", "one list for the head, one for more.")
        if parameter.requires_grad and abs(rate - expected) > 1e-9:
            attempt = "each group may have its own: `{'params': [...], 'lr': 0.01}`. The head begins with `model.24.`"
            not_yet(f"a rate of {rate:g} for {name} {now}", f"{expected:g}", attempt)
