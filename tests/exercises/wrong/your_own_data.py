"""Wrong answers to the exercises of notebook 08, and what is said to each."""

from yolo_course.exercises import your_own_data as ex

SPLIT = "def split_by_scene(scenes, share, seed):\n    n, k = len(scenes), round(share * len(scenes))\n"


def changed(exercise, *changes: tuple[str, str]) -> str:
    """The solution with some places changed."""
    code = exercise.solved
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return code


def voc(*changes):
    return changed(ex.voc_to_row, *changes)


def rows(*changes):
    return changed(ex.bad_rows, *changes)


def why(*changes):
    return changed(ex.why_zero, *changes)


def confusion(result):
    """An answer that counts right, and returns something else."""
    return changed(ex.precision_and_recall, ("right / max(said, 1), right / max(there, 1)", result))


EDGES = "xmin - 1, ymin - 1, xmax, ymax"
IN_ORDER = ("rows[which, 5] == classes", "rows[: len(boxes), 5] == classes[: len(rows)]")

WRONG = {
    "voc_to_row": {
        voc((EDGES, "xmin, ymin, xmax, ymax")): "VOC counts pixels from 1",
        voc((EDGES, "xmin - 1, ymin - 1, xmax - 1, ymax - 1")): "take 1 off xmin and ymin only",
        voc(("(left + right) / 2", "left"), ("(top + bottom) / 2", "top")): "the centre, not the corner",
        voc((" / width", ""), (" / height", "")): "divide x and w by",
        voc((" / width", " / h_"), (" / height", " / width"), (" / h_", " / height")): "the other way round",
        "def voc_to_row(*corners):\n    return '0 0.5 0.5 1 1'": "first the edges",
        "def voc_to_row(*corners):\n    return '0.5 0.5 1 1'": "five numbers",
    },
    "split_by_scene": {
        SPLIT + "    order = np.random.default_rng(seed).permutation(n)\n"
        "    return order[k:], order[:k]": "choose among the *scenes*",
        changed(
            ex.split_by_scene, ("np.random.default_rng(seed).permutation(sorted(set(scenes)))", "sorted(set(scenes))")
        ): "the first ones may all be of one day",
        changed(ex.split_by_scene, ("default_rng(seed)", "default_rng()")): "another split with the same seed",
        changed(ex.split_by_scene, ("share * len(scenes)", "share")): "until it has its share",
        SPLIT + "    return list(range(n)), []": "until it has its share",
        changed(ex.split_by_scene, ("return train, test", "return train, train")): "each picture once",
        SPLIT + "    return sorted(set(scenes)), []": "two lists of indices",
    },
    "bad_rows": {
        rows(("label in range(classes)", "label <= classes")): "somebody counted from 1",
        rows(("label in range(classes)", "0 <= label < classes")): "a whole number",
        rows(
            ("all(0 <= each <= 1 for each in (x, y, w, h))", "not any(each < 0 or each > 1 for each in (x, y, w, h))")
        ): "nan is neither",
        rows(("all(0 <= each <= 1 for each in (x, y, w, h))", "True")): "pixels, not shares",
        rows((" and w > 0 and h > 0", "")): "a click, not a box",
        rows(("0 <= each <= 1", "0 < each < 1")): "1 itself is allowed",
        rows(("and w > 0", "and x + w / 2 <= 1 and w > 0")): "reaches over the edge",
        rows(("bad.append(i)", "bad.append(row)")): "the places of bad rows",
        rows(("range(classes)", "range(3)")): "the last one is classes - 1",
    },
    "precision_and_recall": {
        confusion("right / there, right / max(said, 1)"): "all that was *said* (the row)",
        confusion("right / max(matrix[label, :-1].sum(), 1), right / there"): "the last column counts too",
        confusion("right / max(said, 1), right / max(matrix[:-1, label].sum(), 1)"): "the last row counts too",
        confusion("right / said, right / max(there, 1)"): "0 / 0",
        confusion("right"): "two numbers: precision and recall",
        confusion("0.8, 0.8"): "right ones stand on the diagonal",
    },
    "why_zero": {
        why(("(best >= 0.5).sum()", "((best >= 0.5) & (rows[which, 5] == classes)).sum()")): "whatever their class",
        why(IN_ORDER, ("(best >= 0.5) & ", "")): "in any order",
        why(("if said == 0", "if any(not len(rows) for rows in found)")): "one picture without any",
        why(("placed < objects / 2", "placed < said / 2")): "do not count against it",
        why(("if len(boxes) and len(rows):", "if True:")): "expected code that runs",
        why(('return "places"', "return False")): "one of the four words",
        "def why_zero(truths, found):\n    return 'fine'": "count the detections",
    },
}
