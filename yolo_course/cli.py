"""The command line: `yolo-course COMMAND`, the same as `python -m yolo_course COMMAND`.

Each group of commands is a module of `yolo_course/commands/` with a typer application named `app`; every
module there is taken in. Heavy imports (torch, OpenCV, Jupyter) stay inside the commands: `--help` is quick.
"""

import importlib
import pkgutil
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from yolo_course import commands


class CourseGroup(TyperGroup):
    """Commands whose errors are read by people: the message, no traceback, exit status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command. The course's errors derive from ValueError and say what to do."""
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            if ctx.params.get("traceback"):
                raise
            console = Console(stderr=True, soft_wrap=True)
            console.print(f"[bold red]Error:[/] {escape(str(error))}")
            console.print("(yolo-course --traceback COMMAND ... shows where)", style="dim")
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=CourseGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def main(
    traceback: Annotated[bool, typer.Option("--traceback", help="Show the traceback of an error.")] = False,
) -> None:
    """YOLOv5 from the inside: look after the course, look at its data, train, compare, detect."""


for _module in pkgutil.iter_modules(commands.__path__, prefix=f"{commands.__name__}."):
    app.add_typer(importlib.import_module(_module.name).app)
