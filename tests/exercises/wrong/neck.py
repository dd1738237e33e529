"""Wrong answers to the exercises of notebook 03, and what is said to each."""

LOOP = """
def top_down(features, narrow, mix):
    from yolo_course.stages.neck import upsample

    up, top = upsample(), features[-1]
    for narrower, mixer, fine in zip(narrow, mix, reversed(features[:-1])):
        top = {step}
    return top
"""

WRONG = {
    "enlarge": {
        "def enlarge(x, height, width):\n    return x.repeat(1, 1, height // x.shape[2], width // x.shape[3])": "tiles",
        "def enlarge(x, height, width):\n    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)": "whole number",
        "def enlarge(x, height, width):\n    rows = (torch.arange(height) * x.shape[2] / height).round().long()\n"
        "    columns = (torch.arange(width) * x.shape[3] / width).round().long()\n"
        "    return x[:, :, rows.clamp(max=x.shape[2] - 1)][..., columns.clamp(max=x.shape[3] - 1)]": "rounded down",
        "def enlarge(x, height, width):\n    x.repeat(1, 1, 2, 2)": "the function returns None",
    },
    "joined": {
        "joined = 768": "three numbers",
        "joined = (1, 768, 10, 16)": "without the batch",
        "joined = (384, 10, 16)": "stacks both maps",
        "joined = (512, 10, 16)": "the table is that of size s",
        "joined = (999, 10, 16)": "find both rows",
        "joined = (768, 16, 10)": "turn them round",
        "joined = (768, 20, 20)": "divide the picture's sides",
    },
    "top_down": {
        LOOP.format(step="mixer(torch.cat((fine, up(narrower(top))), 1))"): "the fine map first",
        LOOP.format(step="mixer(up(narrower(top)) + fine)"): "the sum of both maps",
        LOOP.format(step="mixer(torch.cat((up(narrower(top)), fine), 1)) + 1"): "in each step: narrow, upsample",
        "def top_down(features, narrow, mix):\n"
        "    up = torch.nn.Upsample(scale_factor=2)\n"
        "    return mix[0](torch.cat((up(narrow[0](features[-1])), features[-2]), 1))": "go on to the first map",
        "def top_down(features, narrow, mix):\n    return [features[0]]": "a result of type Tensor",
    },
    "which_level": {
        'which_level = ["N5", "N3", "N5", "N3", "N5", "N4", "N3"]': "mind the trap",
        'which_level = ["N3", "N3", "N3", "N5", "N3", "N4", "N5"]': "the talk speaks of maps",
        'which_level = ["N3", "N5", "N3", "N5", "N3", "N3", "N5"]': "look for anchors",
        'which_level = ["N3", "N5"]': "answer every question",
        'which_level = "N3"': "seven of N3",
    },
    "hearing": {
        "def hearing(sources, start):\n    return [row for row in sources if start in sources[row]]": "go on from",
        "def hearing(sources, start):\n    hears = {start}\n    for row in sources:\n"
        "        if hears & set(sources[row]):\n            hears.add(row)\n    return sorted(hears)": "row 4 itself",
        "def hearing(sources, start):\n    first = min((r for r in sources if start in sources[r]), default=99)\n"
        "    return [row for row in sources if row >= first]": "take the rows in order",
        "def hearing(sources, start):\n    return len(sources)": "a result of type list",
    },
}
