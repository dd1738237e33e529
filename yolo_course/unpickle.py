"""Read a pickle without running anything that is written in it.

A pickle is a program for a small stack machine, and the usual reader lets it import and call whatever it
names: to load a stranger's checkpoint that way is to run a stranger's code. This module is a machine of its
own. It knows the instructions that ``torch.save`` writes and no others, and it imports nothing: a name is
looked up in a table that the caller hands in, and one that is not there is refused. The result is a plain
tree of dict, list, tuple, numbers and strings, with a :class:`Stub` wherever the pickle wants an object of
some class.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

MAX_BYTES = 8 << 20  # YOLOv5x with its optimiser takes about 1 MB; an object costs up to 64 bytes of memory a byte


class CheckpointError(ValueError):
    """A file of weights that is missing or broken, does not fit, or asks for what it must not have."""


class Name(str):
    """A class or function as the pickle names it, with dots. It is never imported."""


@dataclass(eq=False, repr=False)
class Stub:
    """Stands for an object of the class ``name``: what it was made from, and no behaviour."""

    name: str
    arguments: tuple = ()
    state: object = field(default_factory=dict)


class Machine:
    """The stack machine. Every method from ``_push`` on carries out one kind of instruction.

    ``names`` is all that the pickle may name: dotted name -> the function that a call runs, or None (a Stub).
    ``outside`` turns a reference to something beside the pickle (PyTorch: a storage) into a value.
    """

    def __init__(self, names: Mapping[str, Callable | None], outside: Callable[[tuple], object]):
        self.names, self.outside = names, outside
        self.stack: list = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}

    def run(self, stream: BinaryIO) -> object:
        """The tree that the pickle at the stream's position describes; the stream then stands behind it.

        Raises CheckpointError for a damaged pickle, and for an instruction or a name that is not admitted.
        """
        start = stream.tell()
        try:
            for instruction, argument, position in pickletools.genops(stream):
                if position - start > MAX_BYTES:
                    raise CheckpointError(f"its pickle is longer than {MAX_BYTES >> 20} MiB")
                if instruction.name == "STOP":
                    break
                if instruction.name not in STEPS:
                    shown = "" if argument is None else f" {short(argument)}"
                    raise CheckpointError(f"its pickle uses the instruction {instruction.name}{shown}: not admitted")
                STEPS[instruction.name](self, argument)
            return self.stack.pop()
        except CheckpointError:
            raise
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, MemoryError) as error:
            raise CheckpointError(f"its pickle is damaged ({type(error).__name__}: {short(error)})") from error

    def _push(self, value):
        self.stack.append(value)

    def _mark(self, _):
        self.marks.append(len(self.stack))

    def _take(self) -> list:
        """Everything above the last mark, off the stack."""
        mark = self.marks.pop()
        items = self.stack[mark:]
        del self.stack[mark:]
        return items

    def _put(self, index: int | None):
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def _get(self, index: int):
        self.stack.append(self.memo[index])

    def _tuple(self, count: int):
        items = [self.stack.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(items)))

    def _append(self, items: list):
        if type(self.stack[-1]) is not list:
            raise CheckpointError("its pickle appends to something that is no list")
        self.stack[-1].extend(items)

    def _set(self, items: list):
        # Keys are text or whole numbers: to hash a tuple of tuples of tuples ... can take years.
        if type(self.stack[-1]) is not dict or any(type(key) not in (str, int) for key in items[::2]):
            raise CheckpointError("its pickle sets an item of something that is no dictionary with plain keys")
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def _name(self, name: str):
        if name not in self.names:
            raise CheckpointError(
                f"it names {short(name)}, which is not among the classes and functions that a YOLOv5 "
                "checkpoint needs. Nothing was run; load it by other means only if you trust its author"
            )
        self.stack.append(Name(name))

    def _stack_name(self, _):
        module, name = self.stack.pop(-2), self.stack.pop()
        if type(module) is not str or type(name) is not str:
            raise CheckpointError("its pickle names something by a name that is no text")
        self._name(f"{module}.{name}")

    def _call(self, _):
        arguments, name = self.stack.pop(), self.stack.pop()
        if type(name) is not Name or type(arguments) is not tuple:
            raise CheckpointError("its pickle calls something that is no class or function")
        function = self.names[name]
        self.stack.append(function(*arguments) if function else Stub(name, arguments))

    def _build(self, _):
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is Stub:
            target.state = state
        elif type(target) is not dict:  # an OrderedDict may carry attributes; nobody needs them
            raise CheckpointError("its pickle gives a state to something that has none")

    def _outside(self, _):
        self.stack.append(self.outside(self.stack.pop()))


def short(value: object) -> str:
    """The value's text for a message: quoted, control characters escaped, at most 80 characters."""
    return repr(str(value)[:80])


# All that protocol 2 needs, and enough of the later ones to refuse a name by its name.
STEPS: dict[str, Callable[[Machine, object], None]] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda machine, _: None),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), Machine._push),
    **dict.fromkeys(("BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES"), Machine._push),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), Machine._put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), Machine._get),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), Machine._call),
    "NONE": lambda machine, _: machine._push(None),
    "NEWTRUE": lambda machine, _: machine._push(True),
    "NEWFALSE": lambda machine, _: machine._push(False),
    "EMPTY_DICT": lambda machine, _: machine._push({}),
    "EMPTY_LIST": lambda machine, _: machine._push([]),
    "EMPTY_TUPLE": lambda machine, _: machine._push(()),
    "MARK": Machine._mark,
    "TUPLE": lambda machine, _: machine._push(tuple(machine._take())),
    "TUPLE1": lambda machine, _: machine._tuple(1),
    "TUPLE2": lambda machine, _: machine._tuple(2),
    "TUPLE3": lambda machine, _: machine._tuple(3),
    "APPEND": lambda machine, _: machine._append([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine._append(machine._take()),
    "SETITEM": lambda machine, _: machine._set([machine.stack.pop(-2), machine.stack.pop()]),
    "SETITEMS": lambda machine, _: machine._set(machine._take()),
    "GLOBAL": lambda machine, name: machine._name(name.replace(" ", ".", 1)),
    "STACK_GLOBAL": Machine._stack_name,
    "BUILD": Machine._build,
    "BINPERSID": Machine._outside,
}
