"""What the commands share: reading what people type, telling what is odd."""

import io
import warnings
from pathlib import Path

import pytest

from yolo_course import terminal
from yolo_course.data import DataWarning, Problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3", 3), ("-3", -3), ("0.5", 0.5), ("3e-3", 0.003), ("True", True), ("false", False), ("none", None)],
)
def test_words_that_are_values(text, expected):
    found = terminal.value(text)
    assert found == expected and type(found) is type(expected)


def test_other_words_stay_words():
    assert terminal.value("AdamW") == "AdamW"


def test_named_values():
    assert terminal.named_values(["box=0.05", " lr = 1 ", "note=a=b"], "--hyp") == {
        "box": 0.05,
        "lr": 1,
        "note": "a=b",
    }


@pytest.mark.parametrize("word", ["box", "=1", ""])
def test_named_values_without_a_name_or_a_value(word):
    with pytest.raises(ValueError, match="expected NAME=VALUE"):
        terminal.named_values([word], "--hyp")


def test_whole_numbers():
    assert terminal.whole_numbers("0, 1,2", "--seeds") == (0, 1, 2)
    for text in ("", "0,", "a", "1.5"):
        with pytest.raises(ValueError, match="found --seeds"):
            terminal.whole_numbers(text, "--seeds")


def test_listed_takes_commas_and_repeated_options():
    assert terminal.listed(["a, b", "c"]) == ["a", "b", "c"] and terminal.listed(None) == []


def test_shell_word():
    assert terminal.shell_word(Path("a b") / "c").startswith('"') and terminal.shell_word("ab") == "ab"


def test_warnings_about_data_are_told_plainly_and_others_as_usual():
    console = terminal.make_console()
    console.file = io.StringIO()
    with pytest.warns(UserWarning, match="another") as others:
        with terminal.plain_warnings(console):
            warnings.warn(DataWarning("odd [boxes]", [Problem("odd", Path("a.txt"), 3)]), stacklevel=2)
        warnings.warn("another", stacklevel=2)
    assert "Note: odd [boxes]: 1" in console.file.getvalue() and "a.txt, line 3" in console.file.getvalue()
    assert len(others) == 1
