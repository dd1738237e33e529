"""What judges say about answers of the wrong kind."""

import numpy as np
import pytest
import torch

from yolo_course.exercises.answers import NotYet, called, describe, number, same


@pytest.mark.parametrize("answer", [3, 3.0, np.float32(3), np.array(3), torch.tensor(3)])
def test_numbers(answer):
    assert number(answer) == 3 and isinstance(number(answer), int | float)


@pytest.mark.parametrize("answer", ["3", None, True, [3], torch.zeros(2)])
def test_what_is_no_number(answer):
    with pytest.raises(NotYet, match=r"found .*, expected one number. Try: "):
        number(answer)


def test_called():
    assert called(lambda x: x + 1, 1) == 2
    assert called(lambda x, by: x + by, 1, by=2) == 3
    for function, words in ((5, "a function"), (lambda x: None, "returns None"), (lambda x: ..., "returns None")):
        with pytest.raises(NotYet, match=words):
            called(function, 1)
    with pytest.raises(NotYet, match="found '1', expected a result of type int or Tensor"):
        called(str, 1, kind=(int, torch.Tensor))


def test_same():
    assert same([1, 2], torch.tensor([1.0, 2.0])) and same(np.float32(0.1), 0.1, 1e-6)
    assert not same([1, 2], [1, 2, 3]) and not same([[1, 2]], [1, 2]) and not same(1.0, 1.001)
    assert same(float("nan"), float("nan"))


def test_describe():
    assert describe(torch.zeros(2, 3)) == "Tensor of shape (2, 3)" and describe(np.array(2)) == "2"
    assert describe("x") == "'x'" and describe(list(range(99))).startswith("list [0, 1")
    assert describe([torch.zeros(2), 1]) == "list of 2: Tensor of shape (2,), 1"
