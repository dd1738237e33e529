"""Exercises of notebook 06: count the new head, freeze by names, keep the statistics, give two learning rates."""

from __future__ import annotations

from yolo_course.exercises.exercise import Exercise
from yolo_course.exercises.transfer_judges import (
    judge_entries,
    judge_freeze,
    judge_list,
    judge_new,
    judge_rates,
    judge_statistics,
)

new_parameters = Exercise(
    "new_parameters",
    "How much is new?",
    """
    The last convolutions begin with random numbers. How many numbers is that? In YOLOv5n they read 64, 128 and 256
    channels. Each is 1 × 1, has a bias, and answers for 3 anchors, as the widths 27 and 39 above show. One line is
    enough.
    """,
    '''
    def new_parameters(num_classes):
        """All weights and biases of the three last convolutions, as one number."""
        ### BEGIN SOLUTION
        return sum(3 * (5 + num_classes) * (channels + 1) for channels in (64, 128, 256))
        ### END SOLUTION
    ''',
    judge_new,
    hints=(
        "A 1 × 1 convolution has a weight for each pair of an input and an output, and a bias for each output.",
        "Outputs: `3 * (5 + num_classes)`. Weights at the first level: 64 times that.",
        "For 4 classes the first level has 27 · 64 weights and 27 biases. Sum this over all three levels.",
    ),
    grading="A formula, not a table of results: it is tried with 1, 4 and 20 classes.",
)

all_but_head = Exercise(
    "all_but_head",
    "A list for all but the head",
    """
    The talk's list freezes the backbone. Write one, in the same manner, that freezes the backbone **and** the neck, and
    nothing of the head: a list of prefixes, not the word that `yc.freeze` knows.
    """,
    """
    ### BEGIN SOLUTION
    all_but_head = ["model.%s." % x for x in range(24)]
    ### END SOLUTION
    """,
    judge_list,
    hints=(
        "The drawing in section 3 shows the rows. Which number has Detect?",
        "`range(10)` gave rows 0 to 9. You need rows 0 to 23.",
    ),
    grading="Judged by what it freezes: rows without parameters (Upsample, Concat) may be in the list or not.",
)

freeze_by_prefix = Exercise(
    "freeze_by_prefix",
    "Write the freeze loop",
    """
    Write the loop of section 4 so that it can be used twice: a parameter is frozen exactly if its name *begins* with
    one of the prefixes, and is **set free** if it does not, whatever was frozen before. Return how many numbers are
    frozen (a kernel of 3 × 3 has nine).
    """,
    '''
    def freeze_by_prefix(model, prefixes):
        """Freeze by names, set all else free; the number of frozen parameters."""
        ### BEGIN SOLUTION
        count = 0
        for name, parameter in model.named_parameters():
            parameter.requires_grad = not name.startswith(tuple(prefixes))
            count += 0 if parameter.requires_grad else parameter.numel()
        return count
        ### END SOLUTION
    ''',
    judge_freeze,
    hints=(
        "Walk through `model.named_parameters()`: it gives pairs of a name and a parameter.",
        "`name.startswith(...)` takes a string or a tuple of strings, not a list.",
        "`parameter.requires_grad = not name.startswith(tuple(prefixes))` does both, freezing and setting free.",
    ),
    grading="One point for the beginning of the name, one for setting free, one for the count (numel, not tensors).",
    points=3,
)

entries_changed = Exercise(
    "entries_changed",
    "How many entries does a step change?",
    """
    Now backbone **and** neck are frozen by `requires_grad = False`, and nothing else is done. Of the network's 349
    entries, how many does one training step change? Row 24 has 7: three weights, three biases, and the anchors, which
    are stored but not trained. Rows 0 to 23 have the other 342, and are built like rows 0 to 9. Work it out first.
    """,
    """
    ### BEGIN SOLUTION
    drifting = 342 // 2  # a convolution's weight, a norm's weight and bias stay; three statistics drift
    entries_changed = drifting + 3 + 3
    ### END SOLUTION
    """,
    judge_entries,
    hints=(
        "In rows 0 to 9, 99 of 198 entries changed. Which share will it be in rows 0 to 23?",
        "A convolution and its normalisation have six entries: three stay, three drift. Then add the head's.",
    ),
    grading="171 + 6. Full marks for the reasoning with a slip in the arithmetic.",
)

keep_statistics = Exercise(
    "keep_statistics",
    "Keep the statistics of any frozen part",
    """
    The remedy above counted rows from the first. Write it for a list of prefixes, so that it also fits a frozen neck:
    the whole `model` into training mode, except the batch normalisations whose names begin with one of the prefixes. A
    loop calls it at the start of every epoch, so it must also work again, with other prefixes.
    """,
    '''
    def keep_statistics(model, prefixes):
        """Training mode for everything but the named norms; changes the model, returns nothing."""
        from torch import nn

        ### BEGIN SOLUTION
        model.train()
        for name, module in model.named_modules():
            if isinstance(module, nn.BatchNorm2d) and name.startswith(tuple(prefixes)):
                module.eval()
        ### END SOLUTION
    ''',
    judge_statistics,
    hints=(
        "Two steps, and their order matters: `.train()` sets the mode of everything inside.",
        "`model.named_modules()` gives a name and a module for everything in the model, at every depth.",
        "After `model.train()`: `.eval()` for each `nn.BatchNorm2d` whose name begins with a prefix.",
    ),
    grading="Whole frozen rows in evaluation mode are right, too: of their modules only norms know the difference.",
    points=2,
)

two_rates = Exercise(
    "two_rates",
    "Two learning rates instead of two stages",
    """
    Another way to spare a trained backbone: smaller steps below. Make an optimiser (of any kind) in which the head,
    row 24, has the learning rate 0.01, everything else that learns 0.001, and what is frozen is not in it at all.
    """,
    '''
    def two_rates(model):
        """A new optimiser with two groups of parameters."""
        ### BEGIN SOLUTION
        learning = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        head = [p for name, p in learning if name.startswith("model.24.")]
        others = [p for name, p in learning if not name.startswith("model.24.")]
        return torch.optim.SGD([{"params": head, "lr": 0.01}, {"params": others, "lr": 0.001}], momentum=0.9)
        ### END SOLUTION
    ''',
    judge_rates,
    hints=(
        "`torch.optim.SGD` also takes a list of dictionaries, a group each: `{'params': [...], 'lr': 0.01}`.",
        "Sort by name: `for name, parameter in model.named_parameters()`. The head's names begin with `model.24.`",
        "Keep only those with `requires_grad`, in both lists.",
    ),
    grading="The rates are what counts; optimiser, momentum and decay are free. See Howard & Ruder (2018).",
    points=2,
)
