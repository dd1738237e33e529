"""The package's own code on the page, so that nobody wonders what is behind a name."""

from __future__ import annotations

import inspect
from textwrap import dedent
from typing import Any


def show_source(what: Any) -> None:
    """Display the code of a function, class or module, coloured in a notebook, plain in a terminal.

    Raises ValueError for something that was not written in Python.
    """
    from IPython import get_ipython
    from IPython.display import display

    text, where = source_of(what)
    plain = f"# {where}\n{text}"
    if get_ipython() is None:
        print(plain)
        return
    display({"text/plain": plain, "text/markdown": f"`{where}`\n\n```python\n{text}\n```"}, raw=True)


def source_of(what: Any) -> tuple[str, str]:
    """The code of an object, and where it stands: module and lines, never a path."""
    what = inspect.unwrap(what.fget if isinstance(what, property) else what)
    try:
        lines, first = inspect.getsourcelines(what)
    except (TypeError, OSError) as error:
        kind = type(what).__name__
        raise ValueError(f"found {kind} without Python code, expected a function, a class or a module") from error
    module = inspect.getmodule(what)
    name = module.__name__ if module else "this notebook"
    where = name if inspect.ismodule(what) else f"{name}, lines {first} to {first + len(lines) - 1}"
    return dedent("".join(lines)).rstrip(), where
