"""What a data set's pictures and boxes say, once they could be read: leaks, lists, copies, balance, sizes, anchors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy import ndarray

from ..boxes import iou_matrix
from .anchors import ANCHOR_T, ENOUGH, best_possible_recall, box_ratios, kmeans_anchors, scaled_sizes
from .dataset import Dataset
from .duplicates import near_pairs
from .findings import Finding
from .images import is_turned, list_images

TINY = 3  # pixels at the training size: less than half a cell of the finest map
RARE = 0.05  # boxes of a class, compared with the most frequent one
MANY = 0.5  # share of the pictures without a box that is worth a word
FEW_TINY = 0.05  # share of the boxes that may be tiny
TWICE = 0.8  # IoU of two boxes of one class that are taken for one object


def same_folder(splits: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Two splits that are one: to measure on what was trained on says nothing."""
    for one, other in combinations(splits, 2):
        if set(splits[one].images) == set(splits[other].images) and len(splits[one]):
            advice = "Put other pictures into one of them: `split_dataset` draws them by scene."
            yield Finding(f"{one} and {other} are the same pictures", (f"{len(splits[one])} pictures",), advice, True)


def near_copies(splits: Mapping[str, Dataset], prints: Mapping[Path, ndarray]) -> Iterator[Finding]:
    """The same scene in two splits, though the files differ: fingerprints (2, 512) by picture. Likely, not certain."""
    for one, other in combinations(splits, 2):
        mine, theirs = ([image for image in splits[name].images if image in prints] for name in (one, other))
        if not mine or not theirs or set(mine) & set(theirs):
            continue  # what is in both is told as such
        pairs = near_pairs(*(np.array([prints[image] for image in images]) for images in (mine, theirs)))
        found = [pair for pair in pairs if pair[2] > 0]  # exact copies are told as such, too
        places = tuple(f"{mine[i]} ~ {theirs[j]} ({share:.0%} of the bits differ)" for i, j, share in found)
        if places:
            advice = "Look at them. Pictures of one scene belong into one split: `split_dataset` keeps them together."
            files = tuple(path for i, j, _ in found for path in (mine[i], theirs[j]))
            yield Finding(f"the same scene in {one} and in {other}", places, advice, False, files)


def unlisted(splits: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Pictures that lie beside those of the data set, and belong to no split."""
    listed = {image.resolve() for data in splits.values() for image in data.images}
    folders = {image.parent for image in listed}
    lost = sorted(image for folder in folders for image in list_images(folder) if image.resolve() not in listed)
    if lost and listed:
        advice = "Add them to a list, or move them away: nobody trains on them or measures them."
        yield Finding("pictures that no split lists", tuple(dict.fromkeys(map(str, lost))), advice, False, tuple(lost))


def counted_from_one(splits: Mapping[str, Dataset], undeclared: int) -> Iterator[Finding]:
    """Labels whose classes begin at 1: the first name is never used, and the last number has no name."""
    counts = [data.counts() for data in splits.values() if data.names]
    if undeclared and counts and not any(next(iter(count.values())) for count in counts):
        advice = "Subtract 1 from every class in the label files: the first name is number 0."
        places = (f"no box of class 0, {undeclared} boxes of a class behind the last name",)
        yield Finding("classes that seem to be counted from 1", places, advice, True)


def turned_by_camera(splits: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Pictures with an EXIF orientation: boxes drawn by a tool that ignores it lie elsewhere."""
    turned = [image for data in splits.values() for image in data.images if is_turned(image)]
    if turned:
        advice = (
            "They are shown and trained on upright. Look at one with its boxes: if they lie beside the objects, the "
            "labelling tool ignored the turn. Save the pictures upright, and label them again."
        )
        yield Finding("pictures that the camera turned (EXIF)", tuple(map(str, turned)), advice, False, tuple(turned))


def drawn_twice(splits: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Boxes of one class that nearly cover each other: an object labelled twice, as by a pasted copy."""
    places = {}
    for data in splits.values():
        for image, boxes, classes in zip(data.images, data.boxes, data.classes, strict=True):
            overlap = np.triu(iou_matrix(*[torch.from_numpy(boxes)] * 2).numpy(), 1) * (classes[:, None] == classes)
            for i, j in np.argwhere(overlap >= TWICE):
                one, other = (" ".join(f"{number:.0f}" for number in box) for box in boxes[[i, j]])
                places[f"{image}: {data.names[classes[i]]} {one} and {other} (IoU {overlap[i, j]:.2f})"] = image
    if places:
        files = tuple(dict.fromkeys(places.values()))
        advice = "Look at them: an object has one box. Where it is one, delete the worse of the two."
        yield Finding("objects that seem to be labelled twice", tuple(places), advice, False, files)


def balance(splits: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Classes that are hardly ever seen, and splits that are mostly background."""
    for name, data in splits.items():
        counts = {kind: count for kind, count in data.counts().items() if count}
        most = max(counts.values(), default=0)
        rare = tuple(f"{kind}: {count} of {most}" for kind, count in counts.items() if count < RARE * most)
        if rare:
            advice = f"Under {RARE:.0%} of the most frequent class. Collect more, or expect it to be found badly."
            yield Finding(f"rare classes in {name}", rare, advice, False)
        empty = sum(not len(boxes) for boxes in data.boxes)
        if empty > MANY * len(data):
            advice = "Background teaches what is nothing, but a tenth is enough. Or were they not labelled yet?"
            yield Finding(f"mostly pictures without a box in {name}", (f"{empty} of {len(data)}",), advice, False)


def too_small(splits: Mapping[str, Dataset], size: int) -> Iterator[Finding]:
    """Boxes of which little is left at the training size of ``size`` pixels."""
    sizes = scaled_sizes(splits.values(), size)
    tiny = float((sizes.min(1, initial=np.inf) < TINY).mean()) if len(sizes) else 0.0
    if tiny > FEW_TINY:
        small = np.quantile(sizes.min(1), FEW_TINY)
        better = int(np.ceil(size * TINY / small / 32) * 32)
        places = (f"{tiny:.0%} of the boxes are under {TINY} px at {size}",)
        yield Finding("boxes too small to be seen", places, f"Raise the size: to {better} or more.", False)


def anchor_fit(splits: Mapping[str, Dataset], size: int, anchors: ndarray) -> Iterator[Finding]:
    """Boxes that no anchor (levels, A, 2) reaches at the training size; k-means anchors as the remedy."""
    sizes = scaled_sizes(splits.values(), size)
    if not len(sizes):
        return
    recall, _ = best_possible_recall(sizes, anchors)
    if recall >= ENOUGH:
        return
    beyond = int((box_ratios(sizes, anchors).min(1) >= ANCHOR_T).sum())
    advice = "Use another size, or anchors of your own."
    if len(np.unique(sizes, axis=0)) >= 9:
        made = kmeans_anchors(sizes)
        new, _ = best_possible_recall(sizes, made)
        text = "; ".join(", ".join(f"{w:.0f}x{h:.0f}" for w, h in level) for level in made)
        advice = f"Take anchors of your own: {text}. With them it is {new:.3f} (model.detect.set_anchors(...))."
    places = (f"best possible recall {recall:.3f} at {size}: {beyond} of {len(sizes)} boxes can never be learned",)
    yield Finding("anchors that do not fit", places, advice, False)
