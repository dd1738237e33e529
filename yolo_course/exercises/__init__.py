"""Exercises with check, hint and solution: one module a notebook, each named as its notebook is.

In notebook 02: ``from yolo_course.exercises import backbone as ex``, then ``ex.focus.check(focus)``.
"""
