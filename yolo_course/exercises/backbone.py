"""Exercises of notebook 02: a map's side, a slope, Focus for any patch, what a block costs, where a field lies."""

from __future__ import annotations

from yolo_course.exercises import backbone_judges as judges
from yolo_course.exercises.exercise import Exercise

output_side = Exercise(
    "output_side",
    "How large is the map?",
    """
    A line of `size` values gets `padding` zeros at *each* end; a kernel of `kernel` values moves on by `stride`. At how
    many places can it lie? `output_side(6, 3, 1, 1)` is 6, `output_side(6, 3, 2, 1)` is 3, as in the figure above.
    """,
    '''
    def output_side(size, kernel, stride, padding):
        """Cells along one side of the map."""
        ### BEGIN SOLUTION
        return (size + 2 * padding - kernel) // stride + 1
        ### END SOLUTION
    ''',
    judges.judge_side,
    hints=(
        "With both paddings the line has `size + 2 * padding` values. The kernel covers `kernel` of them at its start.",
        "What is left is the way it can move. How many steps of `stride` fit into it? The start is a place, too.",
    ),
    grading="`math.floor` and `int` are as good as `//`; a formula for odd kernels only is not.",
)

silu_slope = Exercise(
    "silu_slope",
    "The slope of SiLU, by hand",
    """
    SiLU is x · σ(x), where σ is the sigmoid. Write its slope with the product rule, for all values of `x` at once.
    Autograd is what checks you.
    """,
    '''
    def silu_slope(x):
        """The slope of SiLU at every value of a tensor x, in its shape."""
        ### BEGIN SOLUTION
        s = torch.sigmoid(x)
        return s + x * s * (1 - s)
        ### END SOLUTION
    ''',
    judges.judge_slope,
    hints=(
        "The product rule: the slope of u · v is u' · v + u · v'. Here u = x, and u' = 1.",
        "The slope of σ is σ(x) · (1 - σ(x)). Name `s = torch.sigmoid(x)`, and put both terms together.",
    ),
    grading="All forms of the same formula count. Who calls autograd inside has not done the exercise.",
)

focus = Exercise(
    "focus",
    "Focus for patches of any size",
    """
    Focus takes patches of 2 × 2 pixels apart. Write it for patches of `block` × `block`. Keep the order, down first,
    then right: with `block = 3` the slices begin in (row, column) = (0, 0), (1, 0), (2, 0), (0, 1), ...
    """,
    '''
    def focus_any(x, block):
        """(B, C, H, W) to (B, block * block * C, H / block, W / block)."""
        ### BEGIN SOLUTION
        starts = [(row, column) for column in range(block) for row in range(block)]
        return torch.cat([x[..., row::block, column::block] for row, column in starts], dim=1)
        ### END SOLUTION
    ''',
    judges.judge_focus,
    hints=(
        "How many slices are there? `x[..., 1::block, 0::block]` is one: second row, first column of each patch.",
        "Two loops, columns outside and rows inside, make a list of slices. `torch.cat(slices, dim=1)` stacks them.",
    ),
    grading="Any order keeps every pixel; the stated one is asked for because trained weights rely on it.",
    points=2,
)

csp_parameters = Exercise(
    "csp_parameters",
    "How many parameters has a BottleneckCSP?",
    """
    Work it out from the wiring in 6.1, for `channels` in and as many out. No convolution has a bias. cv1 to cv4 are
    1 × 1; cv1 and cv4 are each followed by a batch normalisation, and one more normalises the two joined halves. Each
    of the `repeats` bottlenecks has two Convs, 1 × 1 and 3 × 3, with `half` channels all the way.
    """,
    '''
    def csp_parameters(channels, repeats):
        """All weights of BottleneckCSP(channels, channels, repeats), as a number."""
        half = channels // 2
        ### BEGIN SOLUTION
        kernels = 2 * channels * half + half * half + channels * channels  # cv1 and cv2, cv3, cv4
        norms = 2 * (half + channels + channels)  # of cv1, of both halves, of cv4
        bottleneck = half * half + half * half * 3 * 3 + 2 * (half + half)  # 1 x 1, 3 x 3, and their norms
        return kernels + norms + repeats * bottleneck
        ### END SOLUTION
    ''',
    judges.judge_parameters,
    hints=(
        "A convolution without bias has channels in · channels out · kernel · kernel weights.",
        "cv1 and cv2 take `channels` to `half`, cv3 takes `half` to `half`, cv4 takes both halves to `channels`.",
        "A normalisation has two numbers a channel. A bottleneck has kernels of half · half · (1 + 9) weights.",
    ),
    grading="The convolutions are worth more than the normalisations. Counting `parameters()` is no prediction.",
    points=2,
)

field_span = Exercise(
    "field_span",
    "Where does a cell look?",
    """
    Section 10 counts how *wide* a field is. Say *where* it lies, along one side: from which pixel to which one does
    `cell` see? `layers` holds (kernel, stride, padding), the first layer first. Cell i of a layer reads `kernel` values
    from i · stride - padding on. Pixels below 0 lie in the padding. `field_span(5, [(3, 1, 1)])` is `(4, 6)`.
    """,
    '''
    def field_span(cell, layers):
        """The first and the last pixel that the cell sees, both inside its field."""
        first = last = cell
        ### BEGIN SOLUTION
        for kernel, stride, padding in reversed(layers):
            first = first * stride - padding
            last = last * stride - padding + kernel - 1
        ### END SOLUTION
        return first, last
    ''',
    judges.judge_span,
    hints=(
        "You know a cell of the last map, and want pixels of the picture: in which order do you walk the layers?",
        "Backwards: the kernel that makes `last` begins at `last * stride - padding`. At which value does it end?",
    ),
    grading="A list is as good as a tuple. The width alone (last - first + 1) is section 10 again: no points.",
    points=2,
)
