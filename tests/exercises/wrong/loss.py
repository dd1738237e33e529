"""Wrong answers to the exercises of notebook 05, and what is said to each."""

IOU = """
def iou_xywh(a, b):
    low = [max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2) for i in (0, 1)]
    sides = [min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2) - low[i] for i in (0, 1)]
    shared = {shared}
    return {result}
"""
CLAMPED = "max(0, sides[0]) * max(0, sides[1])"
UNION = "(a[2] * a[3] + b[2] * b[3] - shared)"

MISFIT = "def misfit(width, height, anchors):\n    return "

SLOTS = """
def count_slots(box, anchors, size):
    count = 0
    for stride, sizes in anchors.items():
        near = sum(max(box[2] / w, w / box[2], box[3] / h, h / box[3]) < 4 for w, h in sizes)
        places, last = [box[0] / stride, box[1] / stride], size // stride - 1
        count += near * {cells}
    return count
"""

BEST = "def best_stays(slots, quality, count):\n    kept = torch.zeros(count)\n"

STEP = """
def descend(weights, bias, inputs, target, lr):
    u = weights @ inputs + bias
    wrong = u.sigmoid() - target
    return {weights}, {bias}
"""
NAIVE = """
def descend(weights, bias, inputs, target, lr):
    weights.requires_grad_(), bias.requires_grad_()
    s = torch.sigmoid(weights @ inputs + bias)
    loss = -(target * s.log() + (1 - target) * (1 - s).log())
    grads = torch.autograd.grad(loss, (weights, bias))
    return weights - lr * grads[0], bias - lr * grads[1]
"""

WRONG = {
    "iou_xywh": {
        IOU.format(shared="sides[0] * sides[1]", result=f"shared / {UNION}"): "`max(0, ...)`",
        IOU.format(shared=CLAMPED, result="shared / (a[2] * a[3] + b[2] * b[3])"): "counted twice",
        IOU.format(shared=CLAMPED, result="shared / min(a[2] * a[3], b[2] * b[3])"): "a share of the smaller box",
        IOU.format(shared=CLAMPED, result="shared"): "the shared area itself",
        IOU.format(shared=CLAMPED, result=f"shared / {UNION}"): "a division by 0",
        IOU.format(shared=CLAMPED, result=f"shared / {UNION} if {UNION} else 1"): "return 0 where the union is 0",
        "def iou_xywh(a, b):\n"
        "    return yc.boxes.iou(*torch.tensor([a, b], dtype=torch.float), kind='iou')": "left = x - width / 2",
        "def iou_xywh(a, b):\n    return 0.5": "the squares",
        "def iou_xywh(a, b):\n    pass": "the function returns None",
    },
    "misfit": {
        MISFIT + "min(max(width / w, height / h) for w, h in anchors)": "take 1 / ratio, too",
        MISFIT + "max(max(width / w, w / width, height / h, h / height) for w, h in anchors)": "one is enough",
        MISFIT + "min(max(width * height / w / h, w * h / width / height) for w, h in anchors)": "a ratio of areas",
        MISFIT + "min((max(width / w, w / width) + max(height / h, h / height)) / 2 for w, h in anchors)": "a mean",
        MISFIT + "max(min(width, w) * min(height, h) / max(width * height, w * h) for w, h in anchors)": "not overlaps",
        MISFIT + "2": "the largest of them",
    },
    "count_slots": {
        SLOTS.format(cells="1"): "the cell of the centre alone",
        SLOTS.format(cells="3"): "only if it is on the map",
        SLOTS.format(cells="4"): "not both at once",
        SLOTS.format(cells="(1 + sum((place >= 1) + (place < last) for place in places))"): "left *or* right",
        "def count_slots(box, anchors, size):\n    return 9": "print for each level",
    },
    "best_stays": {
        BEST + "    kept[slots] = quality.clamp(0)\n    return kept": "the last value written",
        BEST + "    return kept.index_add(0, slots, quality.clamp(0))": "the sum of all claims",
        "def best_stays(slots, quality, count):\n"
        "    return torch.zeros(count).scatter_reduce(0, slots, quality, 'amax', include_self=False)": "never go below",
        BEST + "    return kept.scatter_reduce(0, slots, quality.clamp(0), 'mean', include_self=False)": "their mean",
        "def best_stays(slots, quality, count):\n    return quality.clamp(0)": "`torch.zeros(count)`",
        BEST + "    return kept": "claim by claim",
    },
    "descend": {
        STEP.format(weights="weights + lr * wrong * inputs", bias="bias + lr * wrong"): "a step up the hill",
        STEP.format(weights="weights - wrong * inputs", bias="bias - wrong"): "multiply the gradient by `lr`",
        STEP.format(weights="weights - lr * (u - target) * inputs", bias="bias - lr * (u - target)"): "`torch.sigmoid`",
        STEP.format(weights="weights - lr * wrong * inputs", bias="bias"): "the old bias",
        STEP.format(weights="weights - lr * wrong", bias="bias - lr * wrong"): "times what came in",
        STEP.format(weights="weights", bias="bias"): "first s = ",
        STEP.format(
            weights="weights - lr * wrong * inputs", bias="bias - lr * wrong * inputs"
        ): "one number for the bias",
        "def descend(weights, bias, inputs, target, lr):\n    return weights": "a pair",
        NAIVE: "nan for u = 200",
    },
}
