"""Explorers, a module a stage: each ``explore_...()`` gives controls over a pure function that draws.

A cell that ends with ``explore_letterbox()`` shows the controls, the picture, and below it stills.
"""
