"""The experiments on a GPU."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command(rich_help_panel="Learning")
def compare_gpu(
    names: Annotated[list[str] | None, typer.Argument(help="gpu-near, gpu-far, gpu-bccd, gpu-map, gpu-cost.")] = None,
    runs: Annotated[Path, typer.Option(help="Where the runs lie, a folder each.")] = Path("runs"),
    tiny: Annotated[
        bool, typer.Option("--tiny", help="All in miniature on the CPU, in a minute; not recorded.")
    ] = False,
) -> None:
    """Frozen against unfrozen on a GPU: every experiment of the course, recorded in data/runs/<the GPU's name>.

    An experiment that was stopped goes on where it was; one that is recorded is left alone. The blood cells
    come first: yolo-course download bccd.

    Examples: [bold]yolo-course compare-gpu[/]   [bold]yolo-course compare-gpu gpu-far gpu-cost[/]
    [bold]yolo-course compare-gpu --tiny[/]
    """
    from yolo_course.data import DataError
    from yolo_course.learn import gpu
    from yolo_course.learn.record import record, record_folder
    from yolo_course.learn.run import RunError, facts
    from yolo_course.terminal import make_console, plain_warnings

    if not tiny:
        gpu.check_gpu()
    left_out = []
    for name in names or gpu.NAMES:
        try:
            if not tiny:
                record_folder(facts("cuda:0"), name)
            typer.echo(f"\n{name}")
            with plain_warnings(make_console()):
                folder = gpu.run_named(name, runs / (f"{name}-tiny" if tiny else name), tiny, typer.echo)
            typer.echo(f"in {folder}" if tiny else f"recorded in {record(folder, name)}")
        except (DataError, RunError) as error:
            typer.echo(f"{name} is left out: {error}")
            left_out.append(name)
    if left_out:
        raise ValueError(f"{', '.join(left_out)} of {', '.join(names or gpu.NAMES)} left out, for the reasons above")
