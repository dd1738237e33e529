"""reveal.js as it is installed in the package sphinx-revealjs, read at build time: none of it is kept here."""

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from .deck import SlidesError

PACKAGE = "sphinx_revealjs"
FILES = ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")
MARKED = "The notes plugin holds marked, Copyright (c) 2011-2023, Christopher Jeffrey, under the same licence (MIT)."


class Parts(NamedTuple):
    """What a deck takes from reveal.js: two scripts, a style sheet, and the licence that goes with them."""

    css: str
    script: str
    notes: str
    licence: str


@lru_cache
def reveal_parts() -> Parts:
    """Raises SlidesError where the package is missing, or holds other files than expected."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise SlidesError(
            f"found no package {PACKAGE}, expected it for its copy of reveal.js: in the checkout, run "
            'python -m pip install -c constraints.txt -e ".[test]"'
        )
    folder = Path(found.submodule_search_locations[0]) / "_static/revealjs"
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise SlidesError(
            f"found no {', '.join(missing)} in {PACKAGE}, expected reveal.js 5: "
            "run python -m pip install -c constraints.txt sphinx-revealjs"
        )
    css, script, notes, licence = ((folder / name).read_text(encoding="utf-8") for name in FILES)
    return Parts(css, inline_script(script), inline_script(notes), f"{licence.strip()}\n\n{MARKED}")


def inline_script(text: str) -> str:
    """A script as it may stand inside HTML: nothing in it closes the element, no map is asked for."""
    text = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", text)
    return re.sub(r"(?i)</(script)", r"<\\/\1", text).replace("<!--", r"<\!--")
