"""Exercises of notebook 01: the grey of a letterbox, a label line, a quarter turn, a mosaic's cut, a batch's shape.

How their answers are judged is in :mod:`yolo_course.exercises.input_judges`.
"""

from __future__ import annotations

from yolo_course.exercises import input_judges as judges
from yolo_course.exercises.exercise import Exercise

grey_share = Exercise(
    "grey_share",
    "How much of the square is grey?",
    """
    A picture is letterboxed to a square. Which share of the square, from 0 to 1, is grey? The function is told the
    picture's width and height, and not the square's side. (Do not round to whole pixels.) One line is enough.
    """,
    '''
    def grey_share(width, height):
        """Share of grey, 0 to 1, of a picture of this size in a square."""
        ### BEGIN SOLUTION
        return 1 - min(width, height) / max(width, height)
        ### END SOLUTION
    ''',
    judges.grey_share,
    hints=(
        "The longer side fills the square. Which share of the square's other side does the shorter one fill?",
        "288 × 216 fills the whole width and 216 / 288 of the height. What is left?",
        "`min` and `max` find the shorter and the longer side, so that standing pictures need no case of their own.",
    ),
    grading="Full points also for the way through ratio and area. Lying pictures only: half.",
)


label_line = Exercise(
    "label_line",
    "From a found box to a label line",
    """
    A detector has found an object in a *letterboxed* picture. Write the line that belongs into the label file of the
    *photograph*: the class and x, y, w, h, with spaces between them. `ratio` and `pad` are what `yc.letterbox`
    returned, (horizontal, vertical) each; `width` and `height` are the photograph's. So a model helps to label.
    """,
    '''
    def label_line(box, kind, ratio, pad, width, height):
        """The text "class x y w h" for a box (4,), left, top, right, bottom in the letterboxed picture."""
        ### BEGIN SOLUTION
        left, right = ((edge - pad[0]) / ratio[0] / width for edge in (box[0], box[2]))
        top, bottom = ((edge - pad[1]) / ratio[1] / height for edge in (box[1], box[3]))
        return f"{kind} {(left + right) / 2} {(top + bottom) / 2} {right - left} {bottom - top}"
        ### END SOLUTION
    ''',
    judges.label_line,
    hints=(
        "Three steps: out of the letterbox, from pixels to shares, from corners to centre and size.",
        "Out of the letterbox: `(left - pad[0]) / ratio[0]`, and `(top - pad[1]) / ratio[1]`.",
        "Two functions that you have used do all of it: `unletterbox`, then `normalise`. The rest is one f-string.",
    ),
    grading="A point for the way out of the letterbox, a point for centre and shares. Any number of digits from 3 on.",
    points=2,
)


turn = Exercise(
    "turn",
    "Turn the boxes by a quarter",
    """
    `np.rot90(image)` turns a picture anticlockwise by a quarter: what was on the right is now above. Its boxes must
    go along. `width` and `height` are the picture's *before* it is turned. Sketch a picture wider than high, with a box
    in it, and turn your sheet of paper.
    """,
    '''
    def turn(boxes, width, height):
        """Boxes (n, 4), xyxy in pixels, of a picture that is turned anticlockwise by a quarter."""
        left, top, right, bottom = boxes.T  # (n,) each
        ### BEGIN SOLUTION
        return np.stack([top, width - right, bottom, width - left], 1)
        ### END SOLUTION
    ''',
    judges.turn,
    hints=(
        "Which old edge is the new left edge? The one that was above: `top`.",
        "The right edge of the old picture is the top of the new one: an object there has a new top near 0.",
        "The new top is `width - right`, the new bottom `width - left`. Put the four together as in `flip_by_hand`.",
    ),
    grading="A point if two of the four edges are right. A way through all four corners and min, max is as good.",
    points=2,
)


seen_share = Exercise(
    "seen_share",
    "What the mosaic leaves of a box",
    """
    Four pictures of `size` × `size` meet at (x, y), as above: `quarter` 0 is the upper left one, 1 the upper right,
    2 the lower left, 3 the lower right. Which share of a box's area is seen in the mosaic, from 0 to 1?
    The box is given in the pixels of its *own* picture.
    """,
    '''
    def seen_share(box, quarter, x, y, size):
        """Share of the area of a box (left, top, right, bottom) that the mosaic shows, 0 to 1."""
        left, top, right, bottom = box
        ### BEGIN SOLUTION
        dx = x - size if quarter in (0, 2) else x  # the shift into the mosaic
        dy = y - size if quarter in (0, 1) else y
        wide = max(0, min(right + dx, size) - max(left + dx, 0))
        high = max(0, min(bottom + dy, size) - max(top + dy, 0))
        return wide * high / ((right - left) * (bottom - top))
        ### END SOLUTION
    ''',
    judges.seen_share,
    hints=(
        "Section 7.1 says by how much each of the four pictures is shifted. Shift the box first.",
        "Then cut it at the mosaic's edges, 0 and `size`. No need to cut at (x, y): a picture never crosses it.",
        "Width seen: `min(right, size) - max(left, 0)` after the shift, but never below 0. Height alike. Then divide.",
    ),
    grading="A point for the shifts, one for the overlap, one for boxes that are wholly cut off.",
    points=3,
)


batch_shape = Exercise(
    "batch_shape",
    "The shape of one rectangular batch",
    """
    These pictures are in one batch, each scaled so that its longer side is `size`. Which height and width has the
    smallest batch that holds them all, with both sides a multiple of 32? Do it without aspect ratios: scale, and look
    which is the highest and which the widest. (No extra room: `pad` is 0.)
    """,
    '''
    def batch_shape(sizes, size):
        """(height, width) of a batch of pictures, whose sizes are a list of (width, height)."""
        ### BEGIN SOLUTION
        high = max(height * size / max(width, height) for width, height in sizes)
        wide = max(width * size / max(width, height) for width, height in sizes)
        return int(np.ceil(high / 32)) * 32, int(np.ceil(wide / 32)) * 32
        ### END SOLUTION
    ''',
    judges.batch_shape,
    hints=(
        "A picture of 288 × 180 at size 128 becomes 128 × 80.",
        "Take the largest height of all scaled pictures, and, by itself, the largest width.",
        "`np.ceil(high / 32) * 32` is the next multiple of 32. The height comes first.",
    ),
    grading="A point for scaling and the two maxima, a point for rounding up and for the order.",
    points=2,
)
