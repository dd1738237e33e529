"""What judges of exercises say: found this, expected that, try so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor


class NotYet(Exception):
    """The answer is not right yet; the message says what was found, what was expected, and what to try."""


def not_yet(found: object, expected: object, attempt: str) -> NoReturn:
    """Raise :class:`NotYet` with a message in the course's manner: found ..., expected ... Try ..."""
    raise NotYet(f"found {found}, expected {expected}. Try: {attempt}")


def called(function: Callable, *arguments: Any, kind: type | tuple[type, ...] | None = None, **options: Any) -> Any:
    """What the reader's ``function`` returns; NotYet if it is none, returns None, or something of another ``kind``."""
    if not callable(function):
        not_yet(describe(function), "a function", "keep the line that begins with `def`.")
    result = function(*arguments, **options)
    if result is None or result is ...:
        not_yet("nothing: the function returns None", "a result", "end the function with `return ...`.")
    if kind is not None and not isinstance(result, kind):
        wanted = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        not_yet(describe(result), f"a result of type {wanted}", "convert it before you return it.")
    return result


def number(answer: Any) -> float:
    """The answer as one number; NotYet for anything else."""
    if isinstance(answer, Tensor | ndarray | np.generic) and answer.ndim == 0:
        answer = answer.item()
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        not_yet(describe(answer), "one number", "work it out, and write it behind the `=`.")
    return answer


def same(found: Any, expected: Any, tolerance: float = 1e-5) -> bool:
    """Equal in shape, and number by number to within ``tolerance`` (absolute and relative)."""
    a, b = (x if isinstance(x, Tensor) else torch.from_numpy(np.array(x, dtype=float)) for x in (found, expected))
    a, b = a.double(), b.double()
    return a.shape == b.shape and torch.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def describe(value: Any) -> str:
    """A value in a few words: its type, and its shape or a short text."""
    if isinstance(value, Tensor | ndarray) and value.ndim:
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    if isinstance(value, list | tuple) and any(isinstance(each, Tensor | ndarray) for each in value):
        return f"{type(value).__name__} of {len(value)}: {', '.join(map(describe, value[:4]))}"
    text = repr(value.item() if isinstance(value, Tensor | ndarray) else value)
    return text if len(text) <= 60 else f"{type(value).__name__} {text[:50]}..."
