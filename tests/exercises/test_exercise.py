"""An exercise: one source for cell and solution, and verdicts that never stop a lesson."""

import pytest

from yolo_course.exercises.answers import not_yet, number
from yolo_course.exercises.exercise import Exercise

CODE = '''
    def twice(x):
        """Twice x."""
        y = 2
        ### BEGIN SOLUTION
        return y * x
        ### END SOLUTION
'''
VALUE = """
    ### BEGIN SOLUTION
    half = 3
    answer = 2 * half
    ### END SOLUTION
"""


def judge(answer):
    found = number(answer(3) if callable(answer) else answer)
    if found != 6:
        not_yet(found, 6, "double it.")
    return "six it is."


def made(code=CODE, hints=("first", "last"), **options):
    return Exercise("twice", "Twice", "  Do it.  ", code, judge, hints, "Be kind.", **options)


def answer(code, name="twice"):
    names = {}
    exec(code, names)
    return names[name]


def test_stub_and_solution_of_a_function():
    exercise = made()
    assert exercise.stub == 'def twice(x):\n    """Twice x."""\n    y = 2\n    ...  # your code\n'
    assert exercise.solved == 'def twice(x):\n    """Twice x."""\n    y = 2\n    return y * x\n'
    assert exercise.answers == ("twice",) and exercise.task == "Do it."


def test_stub_and_solution_of_a_value():
    exercise = made(VALUE)
    assert exercise.stub == "answer = ...  # your answer\n"
    assert exercise.solved == "half = 3\nanswer = 2 * half\n" and exercise.answers == ("answer",)


def test_the_marked_cell_keeps_the_name_that_is_asked_for():
    assert made().marked == made().code
    assert made(VALUE).marked == "answer = ...  # your answer\n" + made(VALUE).code


def test_an_untouched_cell_is_told_from_one_that_was_tried():
    exercise = made()
    assert exercise.judge(answer(exercise.stub)).state == "not attempted"
    assert exercise.judge(...).state == "not attempted"
    assert exercise.judge(answer("\n\n# mine\n" + exercise.stub)).state == "not attempted"  # wherever it stands
    assert exercise.judge(answer("def twice(x):\n    return 2 * x")).state == "correct"
    assert exercise.judge(None).state == "not yet"
    assert made(VALUE).judge(6).state == "correct" and made(VALUE).judge(5).state == "not yet"


def test_messages_say_found_expected_and_try():
    assert str(made(VALUE).judge(5)) == "✘ not yet: found 5, expected 6. Try: double it."
    assert str(made(VALUE).judge(6)) == "✔ correct: six it is."
    assert "`ex.twice.hint()`" in str(made().judge(...))


@pytest.mark.parametrize("body", ["return unknown", "raise KeyboardError", "return 1 / 0", "return twice(x)"])
def test_whatever_an_answer_raises_is_a_verdict(body):
    verdict = made().judge(answer(f"def twice(x):\n    {body}"))
    assert verdict.state == "not yet" and verdict.message.startswith("found ") and "Try: " in verdict.message


def test_another_number_of_answers():
    assert "expected twice" in made().judge(1, 2).message


def test_check_prints_and_only_strict_raises(capsys):
    made(VALUE).check(5)
    made(VALUE).check(...)
    made(VALUE).check(6, strict=True)
    assert [line[:10] for line in capsys.readouterr().out.splitlines()] == ["✘ not yet:", "○ not atte", "✔ correct:"]
    for wrong in (5, ...):
        with pytest.raises(AssertionError):
            made(VALUE).check(wrong, strict=True)


def test_hints_lead_on_and_the_last_one_stays(capsys):
    exercise = made()
    for _ in range(3):
        exercise.hint()
    assert capsys.readouterr().out.splitlines() == ["Hint 1 of 2: first", "Hint 2 of 2: last", "Hint 2 of 2: last"]
    made().hint()  # another exercise begins with its own first one
    assert capsys.readouterr().out == "Hint 1 of 2: first\n"


def test_the_solution_is_shown(capsys):
    made().solution()
    assert "return y * x" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [{"code": "x = 1"}, {"hints": ()}])
def test_an_exercise_without_a_marked_solution_or_a_hint_is_refused(wrong):
    with pytest.raises(ValueError, match="expected at least one of each"):
        made(**wrong)
