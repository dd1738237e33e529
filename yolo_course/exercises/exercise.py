"""An exercise: what to do, the cell to fill in, how an answer is judged, hints, and the solution.

Cell and solution have one source: the solution, with marks around what the reader shall write. The marks are those
of nbgrader, so that the instructor's edition can be handed out and graded with it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import dedent, indent
from types import CodeType, FunctionType
from typing import Any

from yolo_course.exercises.answers import NotYet

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_BLOCK = re.compile(rf"(?ms)^(?P<space> *){BEGIN}\n(?P<code>.*?)^ *{END}\n?")
ATTEMPTED, UNTOUCHED, SOLVED = "not yet", "not attempted", "correct"
MARKS = {ATTEMPTED: "✘", UNTOUCHED: "○", SOLVED: "✔"}


@dataclass(frozen=True)
class Verdict:
    """How an answer was judged: ``state`` is "correct", "not yet" or "not attempted", ``message`` says why."""

    state: str
    message: str

    def __str__(self) -> str:
        return f"{MARKS[self.state]} {self.state}: {self.message}"


@dataclass
class Exercise:
    """``.check(answer)`` judges, ``.hint()`` helps a little more with each call, ``.solution()`` shows one way.

    ``task`` is Markdown; ``code`` the solved cell, with marks around what the reader writes; ``answers`` are the names
    that the cell binds and ``judge_answers`` receives, in order (by default the last one). ``judge_answers`` raises
    :class:`~yolo_course.exercises.answers.NotYet` for a wrong answer and returns a sentence for a right one.
    ``grading`` is a note for whoever grades. Raises ValueError without a hint or a marked solution.
    """

    name: str
    title: str
    task: str
    code: str
    judge_answers: Callable[..., str]
    hints: tuple[str, ...]
    grading: str
    points: int = 1
    answers: tuple[str, ...] = ()
    hints_given: int = field(default=0, init=False, repr=False)

    def __post_init__(self):
        self.task, self.code = dedent(self.task).strip(), dedent(self.code).strip("\n") + "\n"
        if not _BLOCK.search(self.code) or not self.hints:
            raise ValueError(
                f"found {len(self.hints)} hints and {len(_BLOCK.findall(self.code))} marked solutions in the exercise "
                f"{self.name!r}, expected at least one of each: write {BEGIN} and {END} around the solution"
            )
        self.answers = self.answers or (_last_name(self.code),)

    @property
    def stub(self) -> str:
        """The cell as the reader finds it: every marked block is one line with ``...``."""
        return _BLOCK.sub(lambda block: indent(_placeholder(dedent(block["code"])), block["space"]), self.code)

    @property
    def solved(self) -> str:
        """The cell with the solution, without the marks."""
        return _BLOCK.sub(lambda block: block["code"], self.code)

    @property
    def marked(self) -> str:
        """The solved cell with its marks. A name that is asked for stands before them too, for whoever clears it."""

        def kept(block: re.Match) -> str:
            line = _placeholder(dedent(block["code"]))
            return block[0] if line.startswith("...") else indent(line, block["space"]) + block[0]

        return _BLOCK.sub(kept, self.code)

    def judge(self, *answers: Any) -> Verdict:
        """Judge without showing anything; what the answer's own code raises is a verdict too, never an error."""
        if len(answers) != len(self.answers):
            return Verdict(ATTEMPTED, f"found {len(answers)} answers, expected {', '.join(self.answers)}.")
        if all(self._is_untouched(answer) for answer in answers):
            return Verdict(UNTOUCHED, f"put your own code where the `...` stands. `ex.{self.name}.hint()` helps.")
        try:
            return Verdict(SOLVED, self.judge_answers(*answers))
        except NotYet as reason:
            return Verdict(ATTEMPTED, str(reason))
        except Exception as error:  # a reader's code may raise anything, and the lesson goes on
            found = f"found {type(error).__name__}: {error}"
            return Verdict(ATTEMPTED, f"{found}, expected code that runs. Try: call it by yourself in a new cell.")

    def check(self, *answers: Any, strict: bool = False) -> None:
        """Print the verdict. ``strict`` raises AssertionError unless it is "correct": for automatic grading."""
        verdict = self.judge(*answers)
        print(verdict)
        if strict and verdict.state != SOLVED:
            raise AssertionError(str(verdict))

    def hint(self) -> None:
        """Print the next hint; after the last one, the last one again."""
        self.hints_given = min(self.hints_given + 1, len(self.hints))
        print(f"Hint {self.hints_given} of {len(self.hints)}: {self.hints[self.hints_given - 1]}")

    def solution(self) -> None:
        """Show one solution: compare it with yours before you copy it."""
        from IPython.display import display

        code = self.solved.rstrip()
        display({"text/plain": code, "text/markdown": f"```python\n{code}\n```"}, raw=True)

    def _is_untouched(self, answer: Any) -> bool:
        if not isinstance(answer, FunctionType):
            return answer is ...
        cell = compile(self.stub, "<stub>", "exec")
        return any(isinstance(code, CodeType) and _alike(code, answer.__code__) for code in cell.co_consts)


def _placeholder(code: str) -> str:
    """``name = ...`` for a block whose last line gives a name a value (that is the answer), else ``...``."""
    last = ast.parse(code).body[-1]
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        return f"{last.targets[0].id} = ...  # your answer\n"
    return "...  # your code\n"


def _last_name(code: str) -> str:
    """The name that the cell's last statement defines."""
    last = ast.parse(code).body[-1]
    return last.name if isinstance(last, ast.FunctionDef) else last.targets[0].id


def _alike(a: CodeType, b: CodeType) -> bool:
    """The same function, wherever it was written: its name, its steps and its constants."""
    return all(getattr(a, part) == getattr(b, part) for part in ("co_name", "co_code", "co_names", "co_consts"))
