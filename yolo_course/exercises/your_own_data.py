"""Exercises of notebook 08: a VOC box as a row, bad rows, a split by scene, the confusion matrix, why mAP is 0."""

from __future__ import annotations

from yolo_course.exercises.exercise import Exercise
from yolo_course.exercises.own_data_judges import judge_cause, judge_confusion, judge_rows, judge_split, judge_voc

voc_to_row = Exercise(
    "voc_to_row",
    "From a VOC box to a YOLO row",
    """
    A VOC file says xmin, ymin, xmax, ymax: the first and the last pixel that belong to the box, counted from 1. Write
    the row of the YOLO label file: `class x y w h`, as text, with at least six digits behind the point.
    """,
    '''
    def voc_to_row(label, xmin, ymin, xmax, ymax, width, height):
        """A class and VOC's corners in a picture of width x height pixels to a row "class x y w h"."""
        ### BEGIN SOLUTION
        left, top, right, bottom = xmin - 1, ymin - 1, xmax, ymax  # pixels to edges
        x, y = (left + right) / 2 / width, (top + bottom) / 2 / height
        return f"{label} {x:.6f} {y:.6f} {(right - left) / width:.6f} {(bottom - top) / height:.6f}"
        ### END SOLUTION
    ''',
    judge_voc,
    hints=(
        "A box that fills a picture of 640 × 480 is 1 1 640 480 in VOC. Its row must be `class 0.5 0.5 1 1`.",
        "Edges first: left = xmin - 1, right = xmax. What about top and bottom?",
    ),
    grading="YOLOv5's own converter takes 1 off all four corners; discuss which of the two loses a pixel.",
)

split_by_scene = Exercise(
    "split_by_scene",
    "Split by scene",
    """
    `scenes` names the film, the day or the field of each picture, such as `["a", "a", "b", "c", "b"]`. Return the
    indices of the training pictures and those of the test pictures, so that no scene is in both. Test shall have
    about `share` of the *pictures* (to within one scene), and `seed` decides which scenes these are.
    """,
    '''
    def split_by_scene(scenes, share, seed):
        """The scene of each picture to two lists of indices, train and test."""
        ### BEGIN SOLUTION
        train, test = [], []
        for scene in np.random.default_rng(seed).permutation(sorted(set(scenes))):
            pictures = [i for i, each in enumerate(scenes) if each == scene]
            part = test if len(test) < share * len(scenes) else train
            part.extend(pictures)
        return train, test
        ### END SOLUTION
    ''',
    judge_split,
    hints=(
        "What is shuffled: pictures or scenes? `sorted(set(scenes))` has every scene once, in a fixed order.",
        "Walk through the shuffled scenes; give all pictures of one to test while test is too small, else to train.",
    ),
    grading="`sorted` matters: a set of strings has another order in every run, and the seed is then worth nothing.",
    points=2,
)

bad_rows = Exercise(
    "bad_rows",
    "Be the doctor",
    """
    Which rows of a label file are broken? A good row has five numbers: a whole class from 0 to `classes` - 1, then x,
    y, w and h, all from 0 to 1, with w and h above 0. (Whether a box reaches over the edge is not asked.) Return the
    places of all other rows, counted from 0.
    """,
    '''
    def bad_rows(rows, classes):
        """Rows of text and the number of classes to a list with the places of bad rows."""
        ### BEGIN SOLUTION
        bad = []
        for i, row in enumerate(rows):
            try:
                label, x, y, w, h = (float(word) for word in row.split())
                good = label in range(classes) and all(0 <= each <= 1 for each in (x, y, w, h)) and w > 0 and h > 0
            except ValueError:  # no number, or not five of them
                good = False
            if not good:
                bad.append(i)
        return bad
        ### END SOLUTION
    ''',
    judge_rows,
    hints=(
        "Say what a *good* row is, and accuse all others: then nothing strange slips through.",
        "`float(word)` and unpacking five values raise ValueError for what is no number, or not five: catch it.",
        "`label in range(classes)` is true for whole numbers only, also for 2.0.",
    ),
    grading="nan is the row that those miss who write what is bad instead of what is good.",
    points=2,
)

precision_and_recall = Exercise(
    "precision_and_recall",
    "Read the confusion matrix",
    """
    `matrix` is as in 7.3: a row for what was said, a column for what is there, “nothing” last in both. Return precision
    and recall of the class `label`. Where nothing was said, precision is 0; where nothing is there, recall is 0.
    """,
    '''
    def precision_and_recall(matrix, label):
        """Counts (nc + 1, nc + 1) and a class to two numbers between 0 and 1."""
        ### BEGIN SOLUTION
        right, said, there = matrix[label, label], matrix[label].sum(), matrix[:, label].sum()
        return right / max(said, 1), right / max(there, 1)
        ### END SOLUTION
    ''',
    judge_confusion,
    hints=(
        "Precision: of all that was said to be this class, how much is right? All that was said is one row.",
        "Recall: of all that is there. The missed ones stand in the last row, so the column holds all of them.",
    ),
    grading="Rows and columns are the other way round in some libraries: an answer that says so deserves a nod.",
)

why_zero = Exercise(
    "why_zero",
    "Which of the causes is it?",
    """
    mAP says 0, and not why. Write the test that tells: match *without* the class. An object has its place if some
    detection overlaps it by an IoU of at least 0.5; of these, the one with the largest IoU gives it its name.

    - no detection in any picture: `"nothing found"`
    - fewer than half of the objects have their place: `"places"`
    - they have, but fewer than half of those the right name: `"classes"`
    - otherwise: `"fine"`
    """,
    '''
    def why_zero(truths, found):
        """For each picture (boxes (n, 4), classes (n,)), and detections (m, 6): x1, y1, x2, y2, score, class."""
        from yolo_course.boxes import iou_matrix  # tensors (n, 4) and (m, 4) to (n, m)

        ### BEGIN SOLUTION
        objects = said = placed = named = 0
        for (boxes, classes), rows in zip(truths, found, strict=True):
            objects, said = objects + len(boxes), said + len(rows)
            if len(boxes) and len(rows):
                best, which = iou_matrix(boxes, rows[:, :4]).max(1)  # (n,) each
                placed += (best >= 0.5).sum()
                named += ((best >= 0.5) & (rows[which, 5] == classes)).sum()
        if said == 0:
            return "nothing found"
        if placed < objects / 2:
            return "places"
        return "fine" if named >= placed / 2 else "classes"
        ### END SOLUTION
    ''',
    judge_cause,
    hints=(
        "`iou_matrix(boxes, rows[:, :4])` is (n, m); `.max(1)` gives each object its best IoU, and whose it is.",
        "A picture without objects or without detections has nothing to take a maximum of: pass over it.",
        "`rows[which, 5] == classes` compares names; count it only where the place is right.",
    ),
    grading="One point each for nothing, places, classes. A loop over objects is as good as tensors.",
    points=3,
)
