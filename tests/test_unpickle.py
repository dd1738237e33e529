"""The pickle machine: it reads what torch.save writes, and runs nothing."""

from __future__ import annotations

import io
import os
import pickle
import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yolo_course import unpickle
from yolo_course.unpickle import CheckpointError, Machine, Name, Stub

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


def run(data: bytes, names=None, outside=None):
    return Machine(names or {}, outside or (lambda _: None)).run(io.BytesIO(data))


def name(module: str, member: str) -> bytes:
    return b"c" + f"{module}\n{member}\n".encode()


class Calls:
    """Pickles as a call, as every attack does."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(PLAIN, st.integers(3, 5))
def test_plain_trees_come_out_as_pickle_reads_them(tree, protocol):
    assert run(pickle.dumps(tree, protocol)) == tree


def test_shared_objects_stay_shared_and_circles_are_closed():
    inner = [1]
    inner.append(inner)
    first, second = run(pickle.dumps([inner, inner], 2))
    assert first is second and first[1] is first


def test_the_stream_stands_behind_the_pickle():
    stream = io.BytesIO(pickle.dumps(1, 2) + pickle.dumps("two", 2))
    machine = Machine({}, lambda _: None)
    assert (machine.run(stream), machine.run(stream)) == (1, "two")


def test_an_object_becomes_a_stub_with_its_arguments_and_state():
    data = b"\x80\x02" + name("models.common", "Conv") + b"(K\x07t\x81}X\x01\x00\x00\x00aK\x01sb."
    stub = run(data, {"models.common.Conv": None})
    assert type(stub) is Stub
    assert (stub.name, stub.arguments, stub.state) == ("models.common.Conv", (7,), {"a": 1})


def test_a_name_with_a_function_is_called_and_a_bare_name_is_only_text():
    assert run(name("a", "add") + b"(K\x01K\x02tR.", {"a.add": lambda x, y: x + y}) == 3
    bare = run(name("a", "add") + b".", {"a.add": None})
    assert type(bare) is Name and bare == "a.add"


def test_references_to_the_outside_are_handed_over():
    assert run(b"K\x05\x85Q.", outside=lambda reference: ("seen", reference)) == ("seen", (5,))


@pytest.mark.parametrize("protocol", range(6))
def test_a_name_that_is_not_admitted_is_refused_by_name_and_never_called(tmp_path, protocol):
    victim = tmp_path / "victim"
    data = pickle.dumps(Calls(os.mkdir, str(victim)), protocol)
    with pytest.raises(CheckpointError, match=r"it names '(posix|nt)\.mkdir'"):
        run(data)
    assert not victim.exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("function", [eval, exec, __import__, getattr, open, compile])
def test_builtins_are_refused_by_name(function, protocol):
    with pytest.raises(CheckpointError, match=function.__name__):
        run(pickle.dumps(Calls(function, "1"), protocol), {"collections.OrderedDict": dict})


def test_the_name_in_the_message_cannot_upset_a_terminal():
    with pytest.raises(CheckpointError) as caught:
        run(name("os", "sys\x1b[31mtem" + "x" * 500) + b".")
    assert "\x1b" not in str(caught.value) and len(str(caught.value)) < 300


HOSTILE = {
    "calls a result": name("a", "b") + b")R)R.",
    "calls a text that looks like a name": b"X\x03\x00\x00\x00a.b)R.",
    "calls with no tuple": name("a", "b") + b"]R.",
    "builds a name": name("a", "b") + b"}b.",
    "builds a list": b"]}b.",
    "builds a tuple": b")}b.",
    "appends to a stub": name("a", "b") + b")\x81K\x01a.",
    "extends a stub": name("a", "b") + b")\x81(K\x01e.",
    "sets an item of a stub": name("a", "b") + b")\x81K\x01K\x01s.",
    "sets items of a list": b"](K\x01K\x01u.",
    "key that is a tuple": b"}K\x01\x85K\x01s.",
    "key that is a stub": b"}" + name("a", "b") + b")\x81K\x01s.",
    "odd number of items": b"}(K\x01u.",
    "instance by INST": b"(ios\nsystem\n.",
    "instance by OBJ": b"(" + name("a", "b") + b"o.",
    "extension registry": b"\x82\x01.",
    "out-of-band buffer": b"\x97.",
    "name that is no text": b"K\x01K\x01\x93.",
    "set": b"\x8f.",
    "text protocol": b"I1\n.",
    "nothing on the stack": b".",
    "no mark": b"K\x01t.",
    "unknown memo": b"h\x07.",
    "mark below its items": b"(0.",
    "unknown instruction": b"\xff.",
    "no end": b"K\x01",
    "empty": b"",
    "text cut off": b"X\xff\xff\xff\x7fabc",
    "bytes that claim 2**62": b"\x8e" + struct.pack("<Q", 2**62),
    "text that is no UTF-8": b"X\x02\x00\x00\x00\xff\xfe.",
    "name that is no ASCII": b"c\xff\n\xfe\n.",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_abuse_of_an_instruction_is_refused(data):
    with pytest.raises(CheckpointError):
        run(data, {"a.b": None})


def test_a_huge_memo_number_takes_no_memory():
    tracemalloc.start()
    try:
        assert run(b"K\x01r" + struct.pack("<I", 2**31) + b".") == 1
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_tuples_of_tuples_do_not_multiply():
    doubled = b"K\x01\x85q\x00" + b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(60))
    assert len(run(doubled + b".")) == 2  # 2**60 leaves, if anything walked them


def test_a_pickle_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(unpickle, "MAX_BYTES", 1 << 20)
    with pytest.raises(CheckpointError, match="longer than 1 MiB"):
        run(b"N" * (unpickle.MAX_BYTES + 2) + b".")
