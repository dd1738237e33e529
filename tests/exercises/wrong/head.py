"""Wrong answers to the exercises of notebook 04, and what is said to each."""

_REACH = "def reach(cell, stride):\n    y, x = cell\n    return "
_BEST = "def best_answer(raw):\n    "
_ENCODE = """
def encode(box, cell, anchor, stride):
    x, y, w, h = box
    sx, sy = (x / stride - cell[{0}] + {1}) / 2, (y / stride - cell[1 - {0}] + {1}) / 2
    sw, sh = {2}(w / anchor[0]) / 2, {2}(h / anchor[1]) / 2
    return [{3} for s in (sx, sy, sw, sh)]
"""
_LOGIT = "math.log(s / (1 - s))"
_SUPPRESS = """
def suppress(overlap, scores, classes, iou):
    kept, better = [], []
    for i in {0}:
        if not any({1} for j in {2}):
            kept.append(i)
        better.append(i)
    return kept
"""
_ORDER, _RIVAL = "scores.argsort(descending=True).tolist()", "classes[i] == classes[j] and overlap[i, j] > iou"
_AP = """
def pooled_ap(pictures):
    total = {total}
    pooled = {sort}([row for rows, _ in pictures for row in rows]{reverse})
    right = np.cumsum([hit for _, hit in pooled])
    recall, precision = right / max(total, 1), right / np.arange(1, len(pooled) + 1)
    return {answer}
"""
_READ = "float(np.mean([max(precision[recall >= r], default=0.0) for r in np.linspace(0, 1, 101)]))"
_FIRST = "float(np.mean([next(iter(precision[recall >= r]), 0.0) for r in np.linspace(0, 1, 101)]))"
_AREA = "sum(max(precision[i:]) * hit / total for i, (_, hit) in enumerate(pooled))"
_MEAN = """
def pooled_ap(pictures):
    return float(np.mean([one([picture]) for picture in pictures]))
"""


def _ap(total="sum(n for _, n in pictures)", sort="sorted", reverse=", reverse=True", answer=_READ):
    return _AP.format(total=total, sort=sort, reverse=reverse, answer=answer)


WRONG = {
    "reach": {
        _REACH + "x * stride, y * stride, (x + 1) * stride, (y + 1) * stride": "the cell itself",
        _REACH + "(y - 0.5) * stride, (x - 0.5) * stride, (y + 1.5) * stride, (x + 1.5) * stride": "`y, x = cell`",
        _REACH + "x - 0.5, y - 0.5, x + 1.5, y + 1.5": "multiply by the stride",
        _REACH + "48, 16, 112, 80": "48, 16, 112, 80",
        _REACH + "x * stride": "4 numbers: left, top, right, bottom",
        "def reach(cell, stride):\n    cell[0] * stride": "the function returns None",
    },
    "encode": {
        _ENCODE.format(1, 0.5, "math.sqrt", "s"): "undo the sigmoid as well",
        _ENCODE.format(1, 0.5, "", _LOGIT)
        .replace("(w / anchor[0]) / 2", "w / anchor[0] / 4")
        .replace("(h / anchor[1]) / 2", "h / anchor[1] / 4"): "undo the square first",
        _ENCODE.format(1, 0, "math.sqrt", _LOGIT): "add the 0.5 back",
        _ENCODE.format(0, 0.5, "math.sqrt", _LOGIT): "row and column exchanged",
        "def encode(box, cell, anchor, stride):\n    return [-0.8, 1.1, 0.3, -0.7]": "see which side differs",
        "def encode(box, cell, anchor, stride):\n    return 'four'": "tx, ty, tw, th",
    },
    "best_answer": {
        _BEST + "k = int(raw[5:].argmax())\n    return raw[4] * raw[5 + k], k": "take the sigmoid of both",
        _BEST + "k = int(raw[5:].argmax())\n    return raw[5 + k].sigmoid(), k": "by the objectness",
        _BEST + "s = raw[4].sigmoid() * raw[5:].softmax(0)\n    return s.max(), int(s.argmax())": "a softmax over",
        _BEST + "s = raw.sigmoid()\n    return s[4] * s[5:].max(), int(raw.argmax())": "within `raw[5:]`",
        _BEST + "s = raw.sigmoid()\n    return int(s[5:].argmax()), s[4] * s[5:].max()": "the score first",
        _BEST + "return raw[4].sigmoid()": "2 numbers: score, class",
    },
    "suppress": {
        _SUPPRESS.format(_ORDER, "overlap[i, j] > iou", "kept"): "boxes of one class",
        _SUPPRESS.format(_ORDER, _RIVAL.replace(">", ">="), "kept"): "use `>`",
        _SUPPRESS.format(_ORDER, _RIVAL, "better"): "that are kept only",
        _SUPPRESS.format("range(len(scores))", _RIVAL, "kept"): "begin with the surest box",
        _SUPPRESS.format(_ORDER, _RIVAL, "kept").replace("return kept", "return sorted(kept)"): "in another order",
        _SUPPRESS.format(_ORDER, _RIVAL.replace("iou", "0.5"), "kept"): "the threshold you are given",
        _SUPPRESS.format(_ORDER, _RIVAL, "kept").replace("return kept", "return scores > iou"): "a list of places",
        "def suppress(overlap, scores, classes, iou):\n    return []": "append the place of each box",
    },
    "pooled_ap": {
        _ap().replace("pooled_ap", "one") + _MEAN: "pool first",
        _ap(sort="list", reverse=""): "sort the pooled list",
        _ap(answer=_FIRST): "the best precision still to come",
        _ap(answer=_AREA): "101 of them",
        _ap(total="sum(hit for rows, _ in pictures for _, hit in rows)"): "the missed ones too",
        "def pooled_ap(pictures):\n    return 0.4324": "check the ends by hand",
        "def pooled_ap(pictures):\n    return [1, 0.5]": "one number",
    },
}
