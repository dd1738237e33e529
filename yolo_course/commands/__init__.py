"""The groups of commands, one module each: a typer application named `app`, without heavy imports at its top.

A command's docstring is its help, and closes with examples. `yolo_course.cli` takes in every module here.
"""
