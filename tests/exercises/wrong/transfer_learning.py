"""Wrong answers to the exercises of notebook 06, and what is said to each."""

NEW = "def new_parameters(num_classes):\n    outputs = 3 * (5 + num_classes)\n    return "
FREEZE = "def freeze_by_prefix(model, prefixes):\n    count = 0\n    for name, p in model.named_parameters():\n"
KEEP = "def keep_statistics(model, prefixes):\n    from torch import nn\n"
NORMS = (
    "    for name, m in model.named_modules():\n"
    "        if isinstance(m, nn.BatchNorm2d) and name.startswith(tuple(prefixes)):\n            m.eval()\n"
)
RATES = "def two_rates(model):\n    named = list(model.named_parameters())\n"
HEAD = "    head = [p for n, p in named if n.startswith('model.24.') and p.requires_grad]\n"
OTHERS = "    others = [p for n, p in named if not n.startswith('model.24.') and p.requires_grad]\n"
SGD = "    return torch.optim.SGD([{'params': head, 'lr': 0.01}, {'params': others, 'lr': 0.001}])\n"

WRONG = {
    "new_parameters": {
        NEW + "outputs * (64 + 128 + 256)": "add the biases",
        NEW + "outputs * (64 + 128 + 256 + 1)": "its own biases",
        NEW + "(5 + num_classes) * (64 + 128 + 256 + 3)": "a cell answers for 3 anchors",
        NEW + "3 * (4 + num_classes) * (64 + 128 + 256 + 3)": "1 for `is there anything`",
        NEW + "3 * num_classes * (64 + 128 + 256 + 3)": "5 numbers stand before them",
        NEW + "12_177": "for 1 classes",
        NEW + "'many'": "one number",
        "def new_parameters(num_classes):\n    3 * num_classes": "the function returns None",
        "new_parameters = 12_177": "a function",
    },
    "all_but_head": {
        "all_but_head = 'backbone+neck'": "a list of prefixes",
        "all_but_head = 24": "a list of prefixes",
        "all_but_head = list(range(24))": "fill the number into a string",
        "all_but_head = ['model.%s' % x for x in range(24)]": "mind the last dot",
        "all_but_head = ['model.']": "mind the last dot",
        "all_but_head = ['model.%s.' % x for x in range(25)]": "Detect is row 24",
        "all_but_head = ['model.%s.' % x for x in range(23)]": "still learning: rows 23",
        "all_but_head = ['model.%s.' % x for x in range(10)]": "still learning: rows 10, 13",
        "all_but_head = ['model.%s.' % x for x in range(24)] + ['modle.']": "leave that prefix out",
        "all_but_head = []": "how many rows is that",
    },
    "freeze_by_prefix": {
        FREEZE + "        p.requires_grad = not any(prefix in name for prefix in prefixes)\n"
        "        count += 0 if p.requires_grad else p.numel()\n    return count": "`in` finds it anywhere",
        FREEZE + "        if name.startswith(tuple(prefixes)):\n            p.requires_grad = False\n"
        "            count += p.numel()\n    return count": "for every parameter, to True or to False",
        FREEZE + "        p.requires_grad = not name.startswith(prefixes)\n    return count": "a tuple of them",
        FREEZE + "        if name.startswith(tuple(prefixes)):\n            p.required_grad = False\n"
        "    return count": "nothing frozen by",
        FREEZE + "        p.requires_grad = not name.startswith(tuple(prefixes))\n"
        "        count += not p.requires_grad\n    return count": "is how many tensors are frozen",
        FREEZE + "        p.requires_grad = not name.startswith(tuple(prefixes))\n"
        "        count += p.numel() * p.requires_grad\n    return count": "that is what still learns",
        FREEZE + "        p.requires_grad = not name.startswith(tuple(prefixes))\n"
        "        count += p.numel() * sum(map(name.startswith, prefixes))\n    return count": "counts once",
        FREEZE + "        dotted = tuple(x.rstrip('.') + '.' for x in prefixes)\n"
        "        p.requires_grad = not name.startswith(dotted)\n"
        "        count += 0 if p.requires_grad else p.numel()\n    return count": "just as it is given",
        FREEZE + "        p.requires_grad = not name.startswith(tuple(prefixes))": "the function returns None",
    },
    "entries_changed": {
        "entries_changed = 6": "what does a normalisation in training mode remember",
        "entries_changed = 171": "the head learns",
        "entries_changed = 178": "Nothing moves them",
        "entries_changed = 120": "the batches it has seen",
        "entries_changed = 228": "of which three drift",
        "entries_changed = 348": "an unfrozen step",
        "entries_changed = 349": "that is everything",
        "entries_changed = 99": "what share of their entries drifts",
        "entries_changed = 'half'": "one number",
    },
    "keep_statistics": {
        "keep_statistics = 10": "a function",
        KEEP + NORMS: "`model.train()` first",
        KEEP + NORMS + "    model.train()": "call it first",
        KEEP + "    model.train()\n" + NORMS.replace("tuple(prefixes)", "prefixes"): "a tuple of them",
        KEEP
        + "    model.train()\n"
        + NORMS.replace("model.named_modules()", "model.model.named_children()"): "call it first",
        KEEP
        + "    model.train()\n"
        + NORMS.replace(" and name.startswith(tuple(prefixes))", ""): "`model.train()` first",
        KEEP
        + "    model.train()\n"
        + NORMS.replace(
            "name.startswith(tuple(prefixes))", "any(p in name for p in prefixes)"
        ): "only names that begin so",
        KEEP + "    model.train()\n" + NORMS.replace("(prefixes)", "(prefixes[:1])"): "still learning for",
        KEEP + "    model.train()\n" + NORMS + "    model.model[1][0].eval()": "begin with `model.train()`",
    },
    "two_rates": {
        "two_rates = 0.01": "a function",
        "def two_rates(model):\n    return [0.01, 0.001]": "a result of type Optimizer",
        RATES + HEAD + OTHERS + "    return torch.optim.SGD(head + others, lr=0.01)": "expected 0.001",
        RATES + HEAD + OTHERS + SGD.replace("head,", "x,").replace("others,", "head,").replace("x,", "others,"): (
            "each group may have its own"
        ),
        RATES + HEAD.replace(" and p.requires_grad", "") + OTHERS.replace(" and p.requires_grad", "") + SGD: (
            "ask each `parameter.requires_grad`"
        ),
        RATES + HEAD + "    return torch.optim.SGD(head, lr=0.01)": "one list for the head, one for more",
        RATES + HEAD + "    others = [p for p in model.parameters() if p.requires_grad]\n" + SGD: "each in one",
    },
}
