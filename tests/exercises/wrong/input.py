"""Wrong answers to the exercises of notebook 01, and what is said to each."""

WRONG = {
    "grey_share": {
        "def grey_share(width, height):\n    return min(width, height) / max(width, height)": "the picture's share",
        "def grey_share(width, height):\n    return 1 - height / width": "standing pictures exist too",
        "def grey_share(width, height):\n    return 100 - 100 * min(width, height) / max(width, height)": "from 0 to 1",
        "def grey_share(width, height):\n    return 0.25": "how high is the picture then?",
    },
    "label_line": {
        "def label_line(box, kind, ratio, pad, width, height):\n    return [kind, *box]": "into one string",
        "def label_line(box, kind, ratio, pad, width, height):\n    return f'{kind}, {box}'": "leave out commas",
        "def label_line(box, kind, ratio, pad, width, height):\n    return f'0.1 0.1 0.1 0.1 {kind}'": "begin the line",
        "def label_line(box, kind, ratio, pad, width, height):\n"
        "    l, t, r, b = yc.boxes.unletterbox(box, ratio, pad, (height, width))\n"
        "    return f'{kind} {l / width} {t / height} {r / width} {b / height}'": "two corners",
        "def label_line(box, kind, ratio, pad, width, height):\n"
        "    l, t, r, b = yc.boxes.unletterbox(box, ratio, pad, (height, width))\n"
        "    return f'{kind} {(l + r) / 2} {(t + b) / 2} {r - l} {b - t}'": "in pixels",
        "def label_line(box, kind, ratio, pad, width, height):\n"
        "    return ' '.join(map(str, (kind, *yc.boxes.normalise(box, width, height))))": "still in its letterbox",
        "def label_line(box, kind, ratio, pad, width, height):\n"
        "    x, y, w, h = yc.boxes.normalise(box / ratio[0] - [*pad, *pad], width, height)\n"
        "    return f'{kind} {x} {y} {w} {h}'": "what is wrong: y.",
        "def label_line(box, kind, ratio, pad, width, height):\n"
        "    box = yc.boxes.unletterbox(box, ratio, pad, (height, width))\n"
        "    x, y, w, h = yc.boxes.normalise(box, width, height)\n"
        "    return f'{kind} {y} {x} {h} {w}'": "rows before columns",
    },
    "turn": {
        "def turn(boxes, width, height):\n    return boxes": "it stayed where it was",
        "def turn(boxes, width, height):\n    l, t, r, b = boxes.T\n"
        "    return np.stack([t, width - l, b, width - r], 1)": "the old right edge becomes the new top edge",
        "def turn(boxes, width, height):\n    l, t, r, b = boxes.T\n"
        "    return np.stack([height - b, l, height - t, r], 1)": "turned clockwise",
        "def turn(boxes, width, height):\n    l, t, r, b = boxes.T\n"
        "    return np.stack([t, height - r, b, height - l], 1)": "measured from the wrong side",
        "def turn(boxes, width, height):\n    l, t, r, b = boxes.T\n"
        "    return np.stack([t, width - r, b, width - l])": "stack along axis 1",
        "def turn(boxes, width, height):\n    return boxes[:0]": "four new edges for each box",
        "def turn(boxes, width, height):\n    return boxes * 0 + 1": "which old edge",
    },
    "seen_share": {
        "def seen_share(box, quarter, x, y, size):\n    return 1": "overlap the box with them",
        "def seen_share(box, quarter, x, y, size):\n"
        "    left, top, right, bottom = box\n"
        "    dx, dy = (x - size if quarter in (0, 2) else x), (y - size if quarter < 2 else y)\n"
        "    wide = min(right + dx, size) - max(left + dx, 0)\n"
        "    high = min(bottom + dy, size) - max(top + dy, 0)\n"
        "    return wide * high / ((right - left) * (bottom - top))": "a negative width means",
        "def seen_share(box, quarter, x, y, size):\n"
        "    left, top, right, bottom = box\n"
        "    dx, dy = (x - size if quarter in (0, 2) else x), (y - size if quarter < 2 else y)\n"
        "    wide = max(0, min(right + dx, size) - max(left + dx, 0))\n"
        "    return wide * max(0, min(bottom + dy, size) - max(top + dy, 0))": "in pixels",
        "def seen_share(box, quarter, x, y, size):\n"
        "    left, top, right, bottom = box\n"
        "    dx, dy = (x - size if quarter in (0, 1) else x), (y - size if quarter in (0, 2) else y)\n"
        "    wide = max(0, min(right + dx, size) - max(left + dx, 0))\n"
        "    high = max(0, min(bottom + dy, size) - max(top + dy, 0))\n"
        "    return wide * high / ((right - left) * (bottom - top))": "below on the left",
        "def seen_share(box, quarter, x, y, size):\n"
        "    left, top, right, bottom = box\n"
        "    wide = max(0, min(right, size - x) - left)\n"
        "    return wide * max(0, min(bottom, size - y) - top) / ((right - left) * (bottom - top))": "keep their last",
        "def seen_share(box, quarter, x, y, size):\n    return 'all'": "one number",
    },
    "batch_shape": {
        "def batch_shape(sizes, size):\n    return size, size": "the square",
        "def batch_shape(sizes, size):\n    return size": "two numbers",
        "def batch_shape(sizes, size):\n"
        "    high, wide = (max(s[i] * size / max(s) for s in sizes) for i in (1, 0))\n"
        "    return high, wide": "no multiples of 32",
        "def batch_shape(sizes, size):\n"
        "    high, wide = (max(s[i] * size / max(s) for s in sizes) for i in (1, 0))\n"
        "    return wide // -32 * -32, high // -32 * -32": "the height first",
        "def batch_shape(sizes, size):\n"
        "    high, wide = (max(s[i] * size / max(s) for s in sizes) for i in (1, 0))\n"
        "    return high // 32 * 32, wide // 32 * 32": "round *up*",
        "def batch_shape(sizes, size):\n"
        "    high, wide = (max(s[i] for s in sizes) for i in (1, 0))\n"
        "    return high // -32 * -32, wide // -32 * -32": "were not scaled",
        "def batch_shape(sizes, size):\n    return 32, 32": "take the largest height",
    },
}
