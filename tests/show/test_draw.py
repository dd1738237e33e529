"""Boxes in a picture's own pixels."""

import numpy as np

from yolo_course.show.draw import draw_boxes

GREY = np.full((100, 160, 3), 127, np.uint8)
BOX = np.array([[40.0, 50, 130, 80]], np.float32)


def test_the_picture_is_copied_and_the_box_is_where_it_belongs():
    drawn = draw_boxes(GREY, BOX, np.array([0]), np.array([0.5]), ["thing"])
    assert (GREY == 127).all() and drawn.shape == GREY.shape and drawn.dtype == np.uint8
    changed = (drawn != GREY).any(2)
    assert changed[50:81, 40].all() and changed[80, 40:131].all() and changed[50:81, 130].all()
    assert not changed[55:75, 45:125].any()  # the object itself is not painted over
    assert not changed[82:].any() and not changed[:, 133:].any() and not changed[:36].any()  # only a label above


def test_a_class_keeps_its_colour_and_others_have_their_own():
    first, again, other = (draw_boxes(GREY, BOX, np.array([c]))[80, 60] for c in (1, 8, 2))
    assert (first == again).all() and (first != other).any()


def test_names_and_scores_are_written():
    one, other, bare = (
        draw_boxes(GREY, BOX, np.array([0]), scores, names)
        for scores, names in (([0.5], ["Straße"]), ([0.6], ["Straße"]), (None, None))
    )
    assert (one != other).any() and (one != bare).any()


def test_any_box_can_be_drawn():
    boxes = np.array([[0, 0, 160, 100], [-9, -9, 3, 3], [150, 0, 160, 5], [5, 5, 5, 5], [9, 9, 2, 2]], np.float32)
    assert (draw_boxes(GREY, boxes, np.arange(5), np.ones(5), list("abcde")) != GREY).any()
    assert (draw_boxes(GREY, np.zeros((0, 4)), np.zeros(0, int)) == GREY).all()
    tiny = np.zeros((1, 1, 3), np.uint8)
    assert draw_boxes(tiny, np.array([[0, 0, 1, 1.0]]), np.array([0]), [1.0], ["x"]).shape == (1, 1, 3)
