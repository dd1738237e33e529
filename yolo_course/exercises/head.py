"""Exercises of notebook 04: a centre's reach, the way back, a row's answer, suppression, AP of several pictures."""

from __future__ import annotations

from yolo_course.exercises import head_judges as judges
from yolo_course.exercises.exercise import Exercise

reach = Exercise(
    "reach",
    "How far can a centre go?",
    """
    The dotted square, as a formula: between which edges lies the centre of *every* box that a cell can propose,
    whatever its raw numbers are? Write it for any cell `(y, x)` and any stride.
    """,
    '''
    def reach(cell, stride):
        """The edges left, top, right, bottom, in pixels, that a centre can approach."""
        ### BEGIN SOLUTION
        y, x = cell
        return (x - 0.5) * stride, (y - 0.5) * stride, (x + 1.5) * stride, (y + 1.5) * stride
        ### END SOLUTION
    ''',
    judges.reach,
    hints=(
        "The centre is (2s - 0.5 + x) * stride. Between which two numbers does a sigmoid s lie?",
        "With s = 0 the left edge is (x - 0.5) * stride. Put s = 1 for the right one, and y for top and bottom.",
    ),
    grading="The idea is that 2s - 0.5 runs from -0.5 to 1.5; one exchanged pair is a slip.",
)


encode = Exercise(
    "encode",
    "The way back",
    """
    Decoding goes from raw numbers to a box. Which raw numbers must a cell say to propose a *given* box? All boxes
    here are within the cell's reach, and smaller than four anchors.
    """,
    '''
    def encode(box, cell, anchor, stride):
        """A box (x, y, w, h in pixels) to the raw numbers tx, ty, tw, th of the cell (y, x)."""
        ### BEGIN SOLUTION
        x, y, w, h = box
        sx, sy = (x / stride - cell[1] + 0.5) / 2, (y / stride - cell[0] + 0.5) / 2
        sw, sh = math.sqrt(w / anchor[0]) / 2, math.sqrt(h / anchor[1]) / 2
        return [math.log(s / (1 - s)) for s in (sx, sy, sw, sh)]
        ### END SOLUTION
    ''',
    judges.encode,
    hints=(
        "Two steps back: first from the box to the four s, then from s to t.",
        "x = (2s - 0.5 + column) * stride, solved for s: s = (x / stride - column + 0.5) / 2. And w = (2s)^2 * anchor?",
        "s = sqrt(w / anchor) / 2. The sigmoid undone is t = log(s / (1 - s)): `math.log`.",
    ),
    grading="Half for the four s, half for the logit. A box out of reach has no answer; nothing is asked of it.",
    points=2,
)


best_answer = Exercise(
    "best_answer",
    "What does this row say?",
    """
    One row as it leaves the convolution: 5 + nc *raw* numbers. How sure is it, and of which class? Return the score
    of its best class, and that class's number, counted from 0.
    """,
    '''
    def best_answer(raw):
        """Raw numbers (5 + nc,) of one cell and anchor, a tensor, to (score, class)."""
        ### BEGIN SOLUTION
        objectness, classes = raw[4].sigmoid(), raw[5:].sigmoid()
        label = int(classes.argmax())
        return float(objectness * classes[label]), label
        ### END SOLUTION
    ''',
    judges.best_answer,
    hints=(
        "The first four are the box, the fifth (`raw[4]`) is the objectness, and the classes are `raw[5:]`.",
        "`.sigmoid()` first, then `.argmax()` of the classes, then the product.",
    ),
    grading="The sigmoid never changes which class is best, so the argmax may come before it.",
)


suppress = Exercise(
    "suppress",
    "Suppression, looking back",
    """
    Above, a kept box looked *forward* and removed its rivals. Tell it the other way: take the boxes from the surest
    down; each looks *back* at the boxes kept so far, and stays unless one **of its class** overlaps it by **more**
    than the threshold. No trick with far-off boxes, and the table of overlaps is given.
    """,
    '''
    def suppress(overlap, scores, classes, iou):
        """Overlaps (n, n), scores (n,), classes (n,), all tensors: a list of the places that stay, surest first."""
        ### BEGIN SOLUTION
        kept = []
        for i in scores.argsort(descending=True).tolist():
            rivals = [j for j in kept if classes[j] == classes[i] and overlap[i, j] > iou]
            if not rivals:
                kept.append(i)
        return kept
        ### END SOLUTION
    ''',
    judges.suppress,
    hints=(
        "`scores.argsort(descending=True).tolist()` is the order to go in. Nothing is kept at first.",
        "For box i collect the kept j with `classes[j] == classes[i]` and `overlap[i, j] > iou`. None? Then i stays.",
    ),
    grading="Looking back at all better boxes, instead of the kept ones, is the mistake worth talking about.",
    points=2,
)


pooled_ap = Exercise(
    "pooled_ap",
    "One list for all pictures",
    """
    The average precision of a class over *several* pictures, by COCO's rule. A picture is a pair: its detections, each
    already judged as `(score, right)`, in any order; and the number of its objects. Some pictures have no detections,
    some no objects, but somewhere there is an object. Is it one AP a picture, or one list?
    """,
    '''
    def pooled_ap(pictures):
        """Pictures ([(score, right), ...], objects) to the AP over all of them, a number from 0 to 1."""
        ### BEGIN SOLUTION
        total = sum(objects for _, objects in pictures)
        pooled = sorted((row for rows, _ in pictures for row in rows), reverse=True)
        right = np.cumsum([hit for _, hit in pooled])
        recall, precision = right / total, right / np.arange(1, len(pooled) + 1)
        readings = [max(precision[recall >= r], default=0.0) for r in np.linspace(0, 1, 101)]
        return float(np.mean(readings))
        ### END SOLUTION
    ''',
    judges.pooled_ap,
    hints=(
        "First one list of all (score, right), the surest first, and one number: all objects.",
        "Recall after each detection is right so far / all objects, precision right so far / detections so far.",
        "At recall r, read the best precision among the detections with recall >= r, and 0 if there is none.",
    ),
    grading="One point each for pooling and sorting, for the best precision still to come, for the 101 readings.",
    points=3,
)
