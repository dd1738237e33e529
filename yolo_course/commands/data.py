"""Looking after data: render, download, convert, check."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
PANEL = "Data"
SHOWN = 10  # places of one kind that are listed


class Named(StrEnum):
    """What can be downloaded."""

    bccd = "bccd"
    coco128 = "coco128"


class Sets(StrEnum):
    """What can be rendered."""

    near = "near"
    far = "far"
    source = "source"
    all = "all"


@app.command(rich_help_panel=PANEL)
def render(
    which: Annotated[Sets, typer.Argument(help="The set to render, or all three.")],
    folder: Annotated[Path | None, typer.Option(help="Where to write; with all, a folder for each below it.")] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Training pictures; of val and test the usual number, at most this."),
    ] = None,
) -> None:
    """Render the course's data sets anew, from their seeds.

    Without a folder, near and far go where they came from, and the source into the cache that training reads.
    With one, the set becomes a YOLO data set there. Only folders that this command made are replaced.

    Examples: [bold]yolo-course render source[/]   [bold]yolo-course render far --folder small --count 20[/]
    """
    from yolo_course.data.rendering import render_sets
    from yolo_course.terminal import make_console

    names = ["near", "far", "source"] if which is Sets.all else [which.value]
    console = make_console()
    with console.status("Rendering, some 20 ms a picture ..."):
        for line in render_sets(names, folder, count, each_below=which is Sets.all):
            console.print(line, markup=False)


@app.command(rich_help_panel=PANEL)
def download(
    name: Annotated[Named, typer.Argument(help="The data set.")],
    folder: Annotated[Path | None, typer.Option(help="Where to put it; otherwise the course's cache.")] = None,
) -> None:
    """Download a data set by its name; `check`, `train` and `compare` then know it by the same name.

    What was cut off goes on where it ended. Without a network, the error says where to put the file.

    Examples: [bold]yolo-course download bccd[/]   [bold]yolo-course download coco128 --folder sets[/]
    """
    from yolo_course.data.remote import download

    download(name.value, folder, say=typer.echo)


class Form(StrEnum):
    """What can be written."""

    yolo = "yolo"
    voc = "voc"
    coco = "coco"


@app.command(rich_help_panel=PANEL)
def convert(
    data: Annotated[str, typer.Argument(help="A data set of any form, or (with --names) a folder of photos.")],
    folder: Annotated[Path, typer.Argument(help="The new folder.")],
    to: Annotated[Form, typer.Option(help="The form to write.")] = Form.yolo,
    split: Annotated[
        tuple[float, float, float] | None, typer.Option(help="Shares of train, val and test, drawn anew by scene.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the draw.")] = 0,
    names: Annotated[str | None, typer.Option(help="Classes of a folder of photos, with commas between them.")] = None,
) -> None:
    """Write a data set in another form, or split it anew so that near-duplicates stay together.

    Examples: [bold]yolo-course convert VOC2007 voc_as_yolo[/]
    [bold]yolo-course convert photos my_data --names cat,dog --split 0.7 0.15 0.15[/]
    """
    from yolo_course.data.named import locate
    from yolo_course.data.plain import convert
    from yolo_course.terminal import make_console, plain_warnings

    shares = None if split is None else {n: s for n, s in zip(("train", "val", "test"), split, strict=True) if s}
    classes = None if names is None else [name.strip() for name in names.split(",")]
    with plain_warnings(make_console()):
        written = convert(locate(data), folder, to.value, shares, seed, classes)
    for part, count in written.items():
        typer.echo(f"{part}: {count} pictures")
    typer.echo(f"written in {to.value} form: {folder}")


@app.command(rich_help_panel=PANEL)
def check(
    data: Annotated[str, typer.Argument(help="A data.yaml, a YOLO or VOC folder, a COCO JSON; or near, far.")],
    every: Annotated[bool, typer.Option("--all", help="List every place, not only the first ones.")] = False,
    size: Annotated[
        int | None, typer.Option(min=32, help="The training size in pixels: are boxes too small, do anchors fit?")
    ] = None,
) -> None:
    """Look at a data set: read every split, decode every picture, count the boxes, and say what to mend.

    Exit status 1 if something is wrong (!!); what is only odd (i) is listed, too.

    Examples: [bold]yolo-course check far[/]   [bold]yolo-course check my_data/data.yaml --size 320 --all[/]
    """
    from yolo_course.data.check import check_dataset
    from yolo_course.data.named import locate
    from yolo_course.terminal import make_console

    console = make_console()
    with console.status("Reading every picture ..."):
        report = check_dataset(locate(data), size)
    for table in _tables(report.splits):
        console.print(table)
    for finding in report.findings:
        _print_finding(console, finding, len(finding.places) if every else SHOWN)
    if not report.healthy:
        console.print("\n[bold red]Something is wrong:[/] do what the lines marked !! say.")
        raise typer.Exit(1)
    console.print("\n[green]This data set can be trained on.[/]")


def _tables(splits: dict):
    """Two tables: the splits, and the boxes of each class."""
    from rich.markup import escape

    from yolo_course.data.check import box_sides

    table = _table("split", "pictures", "without a box", "unlabelled", "boxes", "width", "height")
    for name, data in splits.items():
        empty = sum(not len(boxes) for boxes in data.boxes)
        wide, high = (_span(side) for side in data.shapes_wh.T)
        numbers = len(data), empty, len(data.unlabelled), sum(map(len, data.boxes)), wide, high
        table.add_row(name, *map(str, numbers))
    yield table
    counts = {name: data.counts() for name, data in splits.items()}
    table = _table("class", *(f"in {name}" for name in splits), "smallest", "median", "largest")
    sides = box_sides(splits.values())
    for name in dict.fromkeys(name for count in counts.values() for name in count):
        numbers = [str(count.get(name, 0)) for count in counts.values()]
        sizes = [f"{side:.0f} px" for side in sides[name]] if name in sides else ["-"] * 3
        table.add_row(escape(name), *numbers, *sizes)
    table.caption = "sizes: the side of a square as large as the box"
    yield table


def _table(first: str, *columns: str):
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, caption_justify="left")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _span(values) -> str:
    if not len(values):
        return "-"
    return str(values.min()) if values.min() == values.max() else f"{values.min()}-{values.max()}"


def _print_finding(console, finding, shown: int) -> None:
    from rich.markup import escape

    mark = "[bold red]!![/]" if finding.wrong else "[yellow] i[/]"
    console.print(f"{mark}  {escape(finding.what)}: {len(finding.places)}")
    for place in finding.places[:shown]:
        console.print(f"      {escape(place)}")
    if len(finding.places) > shown:
        console.print(f"      ... and {len(finding.places) - shown} more (--all lists them)")
    if finding.advice:
        console.print(f"      [bold]{'fix' if finding.wrong else 'advice'}:[/] {escape(finding.advice)}")
