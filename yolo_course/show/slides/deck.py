"""What a deck is made of, before it becomes HTML."""

from dataclasses import dataclass, replace


class SlidesError(ValueError):
    """A deck that cannot be made; the message says what was found, what was expected and what to do."""


@dataclass(frozen=True)
class Block:
    """A piece of a slide that stays in one piece.

    ``kind`` is title, text, table, code, output or figure. A block with a ``step`` appears at that step, together
    with the others of the same number; without one it is there from the start.
    """

    kind: str
    html: str
    step: int | None = None
    cell: int | None = None

    def placed(self, step: int | None, cell: int | None) -> "Block":
        """The same block, as part of a cell (counted from 1) that appears at a step."""
        return replace(self, step=step, cell=cell)


@dataclass(frozen=True)
class Slide:
    """One page. ``below`` puts it under the slide before it (a subslide); ``source`` stands in its footer."""

    blocks: list[Block]
    notes: str = ""
    below: bool = False
    cover: bool = False
    source: str = ""


@dataclass(frozen=True)
class Deck:
    """A talk: its file is called ``name``; ``stages`` are the stages of the pipeline that are lit on its pages.

    A slide on which the letters would be smaller than ``enough`` (1 is full size) is cut in two.
    """

    name: str
    title: str
    slides: list[Slide]
    stages: tuple[str, ...]
    subtitle: str = ""
    enough: float = 0.8
