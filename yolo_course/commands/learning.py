"""Learning: train, evaluate, compare."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
PANEL = "Learning"
DATA_HELP = "A data.yaml, a YOLO or VOC folder, a COCO JSON; or near, far, source."
WEIGHTS_HELP = "A file of weights (ours, or the original's .pt), or course."
DEVICE_HELP = "auto, cpu, cuda or mps."

# What several settings share: left out, they keep the defaults of `yolo_course.learn.settings`.
Data = Annotated[str, typer.Argument(help=DATA_HELP, show_default=False)]
OnError = Annotated[str, typer.Option(metavar="raise|warn", help="Stop at a wrong entry, or leave it out and say so.")]
Number = int | None
Word = str | None


@app.command(rich_help_panel=PANEL)
def train(
    data: Annotated[str | None, typer.Argument(help=DATA_HELP, show_default=False)] = None,
    weights: Annotated[str | None, typer.Option(help="course (the default), none, or a file of weights.")] = None,
    network: Annotated[Word, typer.Option(help="With no weights: n, s, m, l, x or a YAML file. Default n.")] = None,
    release: Annotated[Word, typer.Option(help="Of that network, v2.0 to v7.0. Default v7.0.")] = None,
    anchor_scale: Annotated[float | None, typer.Option(help="Take so much of the COCO anchors (for 640 px).")] = None,
    freeze: Annotated[
        list[str] | None,
        typer.Option(metavar="N|PART|PREFIX", help="10, backbone, backbone+neck, or model.0.,model.9."),
    ] = None,
    batchnorm: Annotated[Word, typer.Option(help="Statistics in frozen rows: fixed (default) or updating.")] = None,
    epochs: Annotated[Number, typer.Option(help="Default 24.")] = None,
    size: Annotated[Number, typer.Option(help="Side of the pictures in pixels. Default 128.")] = None,
    batch_size: Annotated[Number, typer.Option(help="Over all processes. Default 8.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate. Default 0.003.")] = None,
    seed: Annotated[Number, typer.Option(help="Default 0.")] = None,
    device: Annotated[Word, typer.Option(help=DEVICE_HELP)] = None,
    precision: Annotated[Word, typer.Option(help="auto, fp32, bf16 or fp16.")] = None,
    threads: Annotated[Number, typer.Option(help="Of the CPU.")] = None,
    hyp: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Loss gains, augmentation.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other setting of training.")
    ] = None,
    images: Annotated[Number, typer.Option(min=1, help="Learn from so many pictures only; the seed draws.")] = None,
    on_error: OnError = "raise",
    folder: Annotated[Path | None, typer.Option(help="A new folder. Default runs/train-1, -2 ...")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
    export: Annotated[Path | None, typer.Option(help="Write the best weights to this file, too.")] = None,
    half: Annotated[bool, typer.Option("--half", help="Export in float16: half the size.")] = False,
) -> None:
    """Train a detector, from the course's weights or others, with a part of it frozen or not.

    --hyp takes the original's names: box, obj, cls, mosaic, fliplr ... --set takes those of Settings:
    optimizer, warmup, schedule, ema, workers ... A run that was stopped goes on with --resume alone.
    Several GPUs: start it by torchrun.

    Examples: [bold]yolo-course train far --freeze backbone --epochs 12[/]
    [bold]yolo-course train my_data --size 320 --set optimizer=SGD --hyp mosaic=1[/]
    [bold]yolo-course train --resume runs/train-1[/]
    [bold]torchrun --nproc-per-node 2 -m yolo_course train far[/]
    """
    from yolo_course.learn import parallel, session
    from yolo_course.learn.train import NonFiniteLoss
    from yolo_course.terminal import listed, make_console, named_values, plain_warnings

    console = make_console(quiet=parallel.rank() > 0)
    session.check_export(export)
    numbers = {
        "epochs": epochs,
        "size": size,
        "batch_size": batch_size,
        "lr": lr,
        "seed": seed,
        "device": device,
    }
    numbers |= {"precision": precision, "threads": threads, "hyp": named_values(hyp or (), "--hyp") or None}
    settings = {name: value for name, value in numbers.items() if value is not None}
    settings |= named_values(setting or (), "--set")
    choices = {"weights": weights, "network": network, "release": release, "anchor_scale": anchor_scale}
    choices |= {"freeze": listed(freeze), "batchnorm": batchnorm}
    choices = {name: value for name, value in choices.items() if value not in (None, [])}
    try:
        with plain_warnings(console):
            result = _train(data, resume, folder, settings, choices, (images, on_error), console)
    except NonFiniteLoss as error:
        raise ValueError(str(error)) from error
    if parallel.rank() == 0:
        _tell(result, data, export, half, console)


def _train(data, resume, folder, settings: dict, choices: dict, drawn: tuple, console):
    """Start a run, or go on with one; the options that a run keeps cannot be changed on the way."""
    from yolo_course.learn.session import Pictures, Plan, go_on, start

    def say(text: object) -> None:
        console.print(str(text), markup=False)

    pictures = Pictures(data, *drawn, seed=settings.get("seed", 0)) if data else None
    if resume is None:
        if pictures is None:
            raise ValueError("found no data: name a data.yaml, a folder, near, far or source, or --resume a run")
        return start(Plan(pictures, settings=settings, **choices), folder, say)
    if settings or choices or folder:
        names = ", ".join([*settings, *choices, *(["folder"] if folder else [])])
        raise ValueError(f"found {names} beside --resume, which goes on with the settings of the run: leave them out")
    return go_on(resume, pictures, say)


def _tell(result, data: str | None, export: Path | None, half: bool, console) -> None:
    """What came of it, where it lies, and what can be done with it."""
    from yolo_course.learn import session
    from yolo_course.learn.run import RunFolder
    from yolo_course.terminal import shell_word

    run, last = RunFolder(result.folder), result.rows[-1]
    seconds = sum(row["seconds"] for row in result.rows)
    lines = [f"\n{len(result.rows)} epoch{'s' * (len(result.rows) > 1)} in {seconds:.1f} s of training"]
    if last["map50"] is not None:
        lines[0] += f"; last epoch on val: mAP50 {last['map50']:.3f}, mAP50-95 {last['map50_95']:.3f}"
    lines.append(f"{run.path}: {', '.join(sorted(file.name for file in run.path.iterdir()))}")
    best = run.best
    if export:
        best = session.export(run, export, half)
        lines.append(f"exported to {best}, {best.stat().st_size / 1e6:.1f} MB")
    data, weights = shell_word(data or session.Pictures.of_run(run.path).data), shell_word(best)
    lines.append(f"measure it:   yolo-course evaluate {data} --weights {weights}")
    lines.append(f"use it:       yolo-course detect PICTURES --weights {weights}")
    console.print("\n".join(lines), markup=False)


@app.command(rich_help_panel=PANEL)
def evaluate(
    data: Data,
    weights: Annotated[str, typer.Option(help=WEIGHTS_HELP, show_default=False)],
    split: Annotated[str, typer.Option(help="train, val or test.")] = "val",
    size: Annotated[Number, typer.Option(help="Side of the pictures. Default: what the model was trained at.")] = None,
    batch_size: Annotated[int, typer.Option(min=1)] = 16,
    device: Annotated[str, typer.Option(help=DEVICE_HELP)] = "auto",
    on_error: OnError = "raise",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file, too.")] = None,
) -> None:
    """Measure a detector on a split: precision, recall and COCO's average precision, class by class.

    Examples: [bold]yolo-course evaluate far --weights runs/train-1/best.safetensors --split test[/]
    [bold]yolo-course evaluate source --weights course --json figures.json[/]
    """
    import json

    from yolo_course.data.named import open_split
    from yolo_course.learn.device import choose
    from yolo_course.learn.evaluate import evaluate as measure
    from yolo_course.learn.models import open_weights, trained_size
    from yolo_course.learn.run import write_text
    from yolo_course.terminal import make_console, plain_warnings

    console = make_console()
    model, place = open_weights(weights), choose(device, "fp32").device
    with plain_warnings(console), console.status("Reading the data ..."):
        dataset = open_split(data, split, on_error)
    size = size or trained_size(weights)
    with console.status(f"Looking at {len(dataset)} pictures ..."):
        metrics = measure(model, dataset, size, batch_size, device=place)
    console.print(f"{dataset.name}, {metrics.images} pictures at {size} pixels on {place}\n", markup=False)
    console.print(f"{metrics}\n", markup=False)
    console.print(f"precision and recall at confidence {metrics.threshold:.3f}, where their mean F1 is best")
    if json_file:
        facts = {"data": data, "split": split, "weights": weights, "size": size}
        json_file.parent.mkdir(parents=True, exist_ok=True)
        write_text(json_file, json.dumps({**facts, **metrics.to_dict()}, indent=1, ensure_ascii=False) + "\n")


@app.command(rich_help_panel=PANEL)
def compare(
    experiment: Annotated[
        str, typer.Argument(help="A YAML file, or one of data/experiments: quick, far80 ...")
    ] = "quick",
    folder: Annotated[Path | None, typer.Option(help="Default runs/<experiment>, where it goes on.")] = None,
    target: Annotated[Word, typer.Option(help="A data set to learn, instead of that of the experiment.")] = None,
    weights: Annotated[
        Word, typer.Option(help="To start from, instead of those of the experiment: a file, course, or yolov5s.")
    ] = None,
    seeds: Annotated[Word, typer.Option(metavar="0,1,2", help="Instead of those of the experiment.")] = None,
    epochs: Annotated[Number, typer.Option(min=1, help="Instead of those of the experiment.")] = None,
    jobs: Annotated[Number, typer.Option(min=1, help="Runs side by side. Default: one a core, one on a GPU.")] = None,
    device: Annotated[Word, typer.Option(help=DEVICE_HELP)] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the figures in data/runs/<machine>.")] = False,
) -> None:
    """Frozen against unfrozen: train in every mode with every seed, and compare on the test split.

    Runs that are finished are not run again, and one that was stopped goes on where it was.
    With --weights the name tells them, as in bccd-yolov5s, so that no run or record takes another's place.

    Examples: [bold]yolo-course compare[/]   [bold]yolo-course compare near8 --seeds 0[/]
    [bold]yolo-course compare bccd --device cuda --record[/]   [bold]yolo-course compare bccd --weights yolov5s[/]
    """
    from yolo_course.learn.compare import compare as run_all
    from yolo_course.learn.device import choose
    from yolo_course.learn.folders import experiment_folder
    from yolo_course.learn.record import record as keep
    from yolo_course.learn.record import record_folder
    from yolo_course.learn.run import facts
    from yolo_course.terminal import make_console, plain_warnings

    changes = {name: each for name, each in {"epochs": epochs, "device": device}.items() if each is not None}
    chosen = _experiment(experiment, target, weights, seeds, changes)
    if record:  # a record that lies there already is found out before the minutes of work, not after
        record_folder(facts(str(choose(chosen.settings.get("device", "auto")).device)), chosen.name)
    folder = folder or experiment_folder(chosen)
    typer.echo(f"{chosen.name}: {len(chosen.modes)} modes, seeds {', '.join(map(str, chosen.seeds))}; in {folder}")
    with plain_warnings(make_console()):
        comparison = run_all(chosen, folder, jobs=jobs, progress=typer.echo)
    typer.echo(f"\n{comparison}")
    if record:
        typer.echo(f"recorded in {keep(folder, chosen.name)}")


def _experiment(name: str, target: str | None, weights: str | None, seeds: str | None, settings: dict):
    """The experiment as the options change it. Weights are opened once, before the runs: so a name is fetched once."""
    from dataclasses import replace

    from yolo_course.learn.experiment import load_experiment
    from yolo_course.learn.models import open_weights
    from yolo_course.terminal import whole_numbers

    chosen = load_experiment(name)
    if weights is not None:
        own = weights == "course"
        called = chosen.name if own else f"{chosen.name}-{Path(weights).stem}"
        chosen = replace(chosen, weights=None if own else weights, name=called)
    if chosen.weights:
        open_weights(chosen.weights)
    wanted = whole_numbers(seeds, "--seeds") if seeds is not None else chosen.seeds
    return replace(chosen, seeds=wanted, settings={**chosen.settings, **settings}, target=target or chosen.target)
