"""Slide decks: notebooks and a list of named cells become single HTML files that need no network.

A notebook's slideshow metadata says what goes on which slide (``grouping``). ``text`` and ``outputs`` turn cells
into blocks of HTML, ``notebook`` and ``talk`` put them together to decks, ``page`` writes a deck as one file around
reveal.js (``parts``), and ``deck.js`` fits each slide to its page in the browser. ``build`` does it all.
"""

from .build import build
from .deck import SlidesError

__all__ = ["SlidesError", "build"]
