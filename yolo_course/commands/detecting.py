"""Using a detector: detect."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
PANEL = "Using a detector"


@app.command(rich_help_panel=PANEL)
def detect(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE", help="Pictures, videos, folders; a number is a camera."),
    ],
    weights: Annotated[
        str,
        typer.Option(help="A file of weights (ours, or the original's .pt), or course.", show_default=False),
    ],
    size: Annotated[
        int | None, typer.Option(help="Side pictures are scaled to. Default: what the model was trained at.")
    ] = None,
    conf: Annotated[float, typer.Option(help="Least score of a box that is kept.")] = 0.25,
    iou: Annotated[float, typer.Option(help="Boxes of a class that overlap more are one.")] = 0.45,
    classes: Annotated[list[str] | None, typer.Option(help="Only these, by name or number: stop,yield.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="End each video after so many frames.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    folder: Annotated[Path | None, typer.Option(help="A new folder. Default runs/detect-1, -2 ...")] = None,
) -> None:
    """Find objects in pictures, videos and cameras: annotated copies, and all boxes in one detections.json.

    Copies keep their names; videos lose their sound. Ctrl-C ends a camera and keeps what there is.
    What cannot be read is named and counted; the rest goes on, and the exit status is 1.

    Examples: [bold]yolo-course detect holiday/ walk.mp4 --weights yolov5s.pt[/]
    [bold]yolo-course detect data/far/images/test --weights runs/train-1/best.safetensors --classes stop[/]
    [bold]yolo-course detect 0 --weights course --frames 100[/]
    """
    from yolo_course.learn.detect import Detector, class_indices
    from yolo_course.learn.device import choose
    from yolo_course.learn.folders import next_free
    from yolo_course.learn.models import open_weights, trained_size
    from yolo_course.show.annotate import JSON_NAME, annotate, list_media
    from yolo_course.terminal import listed, make_console

    console = make_console()
    media = list_media(sources)
    model = choose(device, "fp32").place(open_weights(weights))
    wanted = class_indices(listed(classes), model.names)
    detector = Detector(model.fuse(), size or trained_size(weights), conf, iou, wanted)
    facts = {"weights": Path(weights).name, "size": detector.size, "conf": conf, "iou": iou}
    target = folder or next_free("runs/detect")
    with console.status(f"Looking at {detector.size} pixels ... (Ctrl-C ends)"):
        made = annotate(media, detector, target, facts=facts, frames=frames, progress=_printer(console))
    objects, looks = sum(len(row["objects"]) for row in made.results), len(made.results)
    pace = f"{1000 * made.seconds / max(1, looks):.0f} ms each"
    console.print(f"\n{objects} objects in {looks} pictures and frames, {pace}", markup=False)
    console.print(f"annotated copies and {JSON_NAME} are in {made.folder}", markup=False)
    if made.unreadable:
        console.print(f"[bold red]{len(made.unreadable)} could not be read:[/] see the lines marked !")
        raise typer.Exit(1)


def _printer(console):
    return lambda text: console.print(text, markup=False)
