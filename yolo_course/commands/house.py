"""Looking after the course itself: doctor, lab, notebooks, slides, solutions, test."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
PANEL = "The course"
ROOT = Path(__file__).resolve().parents[2]


@app.command(rich_help_panel=PANEL)
def doctor() -> None:
    """Look at this machine: what the course needs, what is there, and for each problem the fix.

    Exit status 1 if something is broken.

    Example: [bold]yolo-course doctor[/]
    """
    from rich.console import Console
    from rich.markup import escape

    from yolo_course.checkup import examine, is_healthy

    console = Console(soft_wrap=True, highlight=False)
    findings = examine()
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark = "[bold red]!![/]" if finding.broken else "[yellow] i[/]" if finding.fix else "[green]ok[/]"
        console.print(f"{mark}  {finding.name:{width}}  {escape(finding.found)}")
        if finding.fix:
            console.print(f"      [bold]{'fix' if finding.broken else 'advice'}:[/] {escape(finding.fix)}")
    if not is_healthy(findings):
        console.print("\n[bold red]Something is broken:[/] do what the lines marked !! say.")
        raise typer.Exit(1)
    console.print("\n[green]The course can run here.[/]")


@app.command(rich_help_panel=PANEL)
def lab(
    port: Annotated[int | None, typer.Option(help="The port; otherwise 8888 or the next free one.")] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser, where there is a screen.")] = True,
) -> None:
    """Open the course in JupyterLab at the first notebook, and print its address.

    Examples: [bold]yolo-course lab[/]   [bold]yolo-course lab --port 9000 --no-browser[/]
    """
    from yolo_course.lab import start_lab

    start_lab(ROOT, port, browser, say=typer.echo)


@app.command(rich_help_panel=PANEL)
def notebooks(
    names: Annotated[list[str] | None, typer.Argument(help="Parts of file names; all if left out.")] = None,
    timeout: Annotated[int, typer.Option(help="Seconds that one cell may take.")] = 1200,
) -> None:
    """Run the notebooks from top to bottom and store their outputs; one that fails is left as it was.

    Examples: [bold]yolo-course notebooks[/]   [bold]yolo-course notebooks 00 07[/]
    """
    from yolo_course.notebooks import find_notebooks, run_all

    if not run_all(find_notebooks(ROOT / "notebooks", names or []), timeout, say=typer.echo):
        raise typer.Exit(1)


@app.command(rich_help_panel=PANEL)
def slides(
    names: Annotated[
        list[str] | None, typer.Argument(help="Parts of file names, or `talk`; all notebooks and the talk if left out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for the decks.")] = Path("build/slides"),
) -> None:
    """Make a slide deck of each notebook, and the weekly talk: single HTML files that need no network.

    Examples: [bold]yolo-course slides[/]   [bold]yolo-course slides 07 talk --out decks[/]
    """
    from yolo_course.show.slides import build

    if not build(ROOT / "notebooks", out, names or [], say=typer.echo):
        raise typer.Exit(1)


@app.command(rich_help_panel=PANEL)
def solutions(
    names: Annotated[list[str] | None, typer.Argument(help="Parts of file names; all if left out.")] = None,
    out: Annotated[Path, typer.Option(help="The folder for the instructor's edition.")] = Path("build/solutions"),
) -> None:
    """Make the instructor's edition: the notebooks with every exercise solved, graded and annotated.

    Examples: [bold]yolo-course solutions[/]   [bold]yolo-course solutions 02 05 --out solved[/]
    """
    from yolo_course.exercises.edition import build
    from yolo_course.notebooks import find_notebooks

    build(find_notebooks(ROOT / "notebooks", names or []), out, say=typer.echo)


@app.command(rich_help_panel=PANEL, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(ctx: typer.Context) -> None:
    """Run every test, the notebooks included, in two processes. What follows goes to pytest.

    Examples: [bold]yolo-course test[/]   [bold]yolo-course test -k letterbox[/]
    """
    from yolo_course.testing import run_tests

    raise typer.Exit(run_tests(ROOT, ctx.args, say=typer.echo))
