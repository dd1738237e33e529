"""Exercises of notebook 05: IoU in plain numbers, anchors and slots by hand, whose objectness stays, one SGD step.

How their answers are judged is in :mod:`yolo_course.exercises.loss_judges`.
"""

from __future__ import annotations

from yolo_course.exercises.exercise import Exercise
from yolo_course.exercises.loss_judges import judge_best, judge_descend, judge_iou, judge_misfit, judge_slots

iou_xywh = Exercise(
    "iou_xywh",
    "IoU in plain numbers",
    """
    Label files give a centre and a size, so write the IoU for them: two boxes, each four plain numbers. No tensors.
    Mind boxes that do not touch, and two boxes without any area (0, not an error).
    """,
    '''
    def iou_xywh(a, b):
        """a, b: (centre x, centre y, width, height). Returns a number from 0 to 1."""
        ### BEGIN SOLUTION
        shared = 1
        for i in (0, 1):  # x, then y
            low = max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2)
            high = min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2)
            shared *= max(0, high - low)
        union = a[2] * a[3] + b[2] * b[3] - shared
        return shared / union if union else 0
        ### END SOLUTION
    ''',
    judge_iou,
    hints=(
        "Left is x - width / 2, right is x + width / 2. The shared part begins at the larger of the two lefts.",
        "Its width is min(rights) - max(lefts), but never below 0. The height goes the same way.",
        "The union is area + area - shared. Where it is 0 there is nothing to divide by.",
    ),
    grading="`max(0, ...)` on each side is the point; one point without the case of no area.",
    points=2,
)

misfit = Exercise(
    "misfit",
    "How far off is the best anchor?",
    """
    Before you train on your own pictures you want to know whether an object has an anchor at all. By what factor is
    the anchor that fits best off, on its worse side? (33 × 30 by the anchor 30 × 60: 1.1 in width, 2 in height, so 2.)
    """,
    '''
    def misfit(width, height, anchors):
        """anchors: [(width, height), ...]. Returns the factor, 1 where an anchor fits exactly."""
        ### BEGIN SOLUTION
        return min(max(width / w, w / width, height / h, h / height) for w, h in anchors)
        ### END SOLUTION
    ''',
    judge_misfit,
    hints=(
        "One anchor first. Too large by 3 and too small by 3 are the same: take the ratio, and 1 / ratio.",
        "An anchor is as good as its worse side: `max`. An object needs only one anchor: `min`.",
    ),
    grading="A loop is as good as one line. The overlap plays no part: an IoU is the mistake to look for.",
)

count_slots = Exercise(
    "count_slots",
    "How many slots learn from one object?",
    """
    A *slot* is one anchor in one cell on one level. On each level: how many anchors are within a factor of 4, times
    how many cells answer (the centre's, the left or right neighbour, the upper or lower one, if they are on the map).
    Add the levels up. The picture is a square of `size` pixels.
    """,
    '''
    def count_slots(box, anchors, size):
        """box: centre x, y, width, height; anchors: {stride: [(width, height), ...]}, all in pixels."""
        ### BEGIN SOLUTION
        x, y, width, height = box
        count = 0
        for stride, sizes in anchors.items():
            near = sum(max(width / w, w / width, height / h, h / height) < 4 for w, h in sizes)
            cells, last = 1, size // stride - 1
            for place in (x / stride, y / stride):  # in cells
                towards_start, towards_end = place % 1 < 0.5, place % 1 > 0.5
                cells += (towards_start and place >= 1) or (towards_end and place < last)
            count += near * cells
        return count
        ### END SOLUTION
    ''',
    judge_slots,
    hints=(
        "Go level by level: `for stride, sizes in anchors.items()`. In cells the centre is at x / stride, y / stride.",
        "`x / stride % 1` is the place in the cell: below 0.5 the left neighbour answers, above 0.5 the right one.",
        "The first cell has no left neighbour, and the last one, `size // stride - 1`, has no right one.",
    ),
    grading="Anchors, neighbours and the map's edge: one point each.",
    points=3,
)

best_stays = Exercise(
    "best_stays",
    "The better box stays",
    """
    That the order of writing decides is an accident. Write the wanted objectness so that of several claims to one slot
    the *best* stays. As before it is a CIoU, 0 where that is negative, and 0 where nobody claims the slot.
    """,
    '''
    def best_stays(slots, quality, count):
        """slots (n,), each from 0 to count - 1; quality (n,), the CIoU of each claim. Returns (count,)."""
        ### BEGIN SOLUTION
        kept = torch.zeros(count)
        for slot, value in zip(slots.tolist(), quality.tolist()):
            kept[slot] = max(kept[slot].item(), value)
        return kept
        ### END SOLUTION
    ''',
    judge_best,
    hints=(
        "Begin with `torch.zeros(count)`: that is what a slot wants that nobody claims.",
        "Go through the claims one by one. What is in the slot already, and is the new value larger?",
        "As zeros stand there first, `max` of old and new also keeps negative values out.",
    ),
    grading="Sorting the claims by quality before one write is right as well, on the CPU.",
    points=2,
)

descend = Exercise(
    "descend",
    "One step for several weights",
    """
    A cell of a 1 × 1 convolution: u = weights · inputs + bias, s = σ(u), and the loss is the cross-entropy of s with
    the target. Take *one* step of gradient descent for the weights *and* the bias, without autograd.
    """,
    '''
    def descend(weights, bias, inputs, target, lr):
        """weights, inputs (n,); bias (); target from 0 to 1; lr the rate. Returns the new weights and the new bias."""
        ### BEGIN SOLUTION
        wrong = torch.sigmoid(weights @ inputs + bias) - target
        return weights - lr * wrong * inputs, bias - lr * wrong
        ### END SOLUTION
    ''',
    judge_descend,
    hints=(
        "The gradient of a weight is how wrong (s - target), times what came in.",
        "What comes in at a weight is its input. The bias is a weight whose input is always 1.",
        "New = old - lr × gradient, for all weights at once: `weights - lr * wrong * inputs`.",
    ),
    grading="Autograd around a stable cross-entropy gives the same numbers; ask for the rule by hand all the same.",
    points=2,
)
