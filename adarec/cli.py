"""The commands. Each reads its options, calls one thing below, and prints."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from adarec import catalog
from adarec.bench.command import bench
from adarec.cli_results import AsJson, Home, distill, export, recommend
from adarec.config import parse_overrides, preset_settings, read_as
from adarec.data.example import EXAMPLE_FOLDER
from adarec.data.ingest import ingest_log
from adarec.data.samples import register_samples
from adarec.data.settings import IngestSettings
from adarec.errors import AdarecError, RunError
from adarec.runs.files import read_json
from adarec.runs.workspace import Workspace
from adarec.terminal import (
    Terminal,
    print_report,
    print_result,
    print_runs,
    print_scenes,
)

app = typer.Typer(
    name="adarec",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Find a small, fast sequential recommender for your scene.",
)

# A mistyped command or option. Typer moved this class when it left Click; its base stayed.
_UsageMistake: Any = typer.BadParameter.__base__
FORMATS = "auto|csv|tsv|jsonl|parquet|movielens|recbole|retailrocket"


@app.command()
def ingest(
    log: Annotated[Path, typer.Argument(help="The interaction log; plain, .gz or .zip.")],
    name: Annotated[str, typer.Option(help="The scene's name.")],
    format: Annotated[str, typer.Option(help=FORMATS)] = "auto",
    user: Annotated[str | None, typer.Option(help="Column of the user id.")] = None,
    item: Annotated[str | None, typer.Option(help="Column of the item id.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of the time stamp.")] = None,
    rating: Annotated[str | None, typer.Option(help="Column of the rating.")] = None,
    min_rating: Annotated[float | None, typer.Option(help="Drop events rated lower.")] = None,
    min_user_interactions: Annotated[
        int | None, typer.Option(help="k-core filter of users.")
    ] = None,
    min_item_interactions: Annotated[
        int | None, typer.Option(help="k-core filter of items.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Drop events before this time.")] = None,
    until: Annotated[str | None, typer.Option(help="Drop events after this time.")] = None,
    min_length: Annotated[int | None, typer.Option(help="Drop users with fewer events.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Drop users with more events.")] = None,
    items: Annotated[Path | None, typer.Option(help="File with item ids and titles.")] = None,
    home: Home = None,
) -> None:
    """Read, clean and split a log into a scene."""
    given = {
        "format": format,
        "user": user,
        "item": item,
        "time": time,
        "rating": rating,
        "min_rating": min_rating,
        "min_user_interactions": min_user_interactions,
        "min_item_interactions": min_item_interactions,
        "since": since,
        "until": until,
        "min_length": min_length,
        "max_length": max_length,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    settings = read_as(IngestSettings, chosen)
    workspace = Workspace.open(home)
    with Terminal(quiet=False) as terminal:
        record = ingest_log(
            workspace,
            log,
            name=name,
            settings=settings,
            items_path=items,
            on_progress=terminal.step,
        )
    report = workspace.artefacts.path(record.key) / "report.json"
    print_report(read_json(report))
    print_scenes([record])


@app.command()
def scenes(as_json: AsJson = False, home: Home = None) -> None:
    """List the scenes of the workspace."""
    workspace = _workspace(home)
    print_scenes(workspace.store.scenes(), as_json=as_json)


@app.command()
def runs(as_json: AsJson = False, home: Home = None) -> None:
    """List the runs of the workspace, newest first; the example that comes with it is left out."""
    found = Workspace.open(home).store.run_summaries()
    print_runs([run for run in found if not run.is_example], as_json=as_json)


@app.command()
def show(run: str, as_json: AsJson = False, home: Home = None) -> None:
    """Show a run and its result."""
    record = Workspace.open(home).store.run(run)
    if record.result is None:
        raise RunError(
            f"{run} is {record.state} and has no result yet. "
            "Watch it in the app, or run its search command again to finish it."
        )
    print_result(record.result, as_json=as_json)


@app.command()
def search(
    scene_or_log: Annotated[
        str, typer.Argument(help="A scene's name, or a log, which is ingested first.")
    ],
    preset: Annotated[str, typer.Option(help="quick|standard|paper")] = "quick",
    teacher: Annotated[
        str | None, typer.Option(help="|".join(t.name for t in catalog.TEACHERS))
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="|".join(m.name for m in catalog.MAPPINGS))
    ] = None,
    augment: Annotated[
        str | None, typer.Option(help="|".join(a.name for a in catalog.AUGMENTATIONS))
    ] = None,
    cost: Annotated[str | None, typer.Option(help="latency|flops|params")] = None,
    blend: Annotated[
        str | None, typer.Option(help="|".join(b.name for b in catalog.BLENDS))
    ] = None,
    speedup: Annotated[
        float | None, typer.Option(help="How many times faster than the teacher.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same result.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of training.")] = None,
    controls: Annotated[
        int | None, typer.Option(help="Random cells of equal cost to compare with.")
    ] = None,
    hand_made: Annotated[
        bool, typer.Option("--hand-made", help="Compare with hand-made students, too.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute every stage again.")] = False,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, any setting.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Train a teacher, search a cell, distil and measure; resumes what is unfinished."""
    named: dict[str, Any] = {
        "losses.mapping": mapping,
        "augment.name": augment,
        "cost": cost,
        "blend": blend,
        "speedup": speedup,
        "seed": seed,
        "threads": threads,
        "controls": controls,
        "hand_made": hand_made or None,
    }
    from adarec.search_command import SearchRequest, run_search  # torch loads only for a search

    overrides = {key: value for key, value in named.items() if value is not None}
    settings = preset_settings(
        preset, teacher=teacher, overrides=overrides | parse_overrides(set_ or [])
    )
    request = SearchRequest(scene_or_log=scene_or_log, settings=settings, fresh=fresh)
    result = run_search(_workspace(home), request, Terminal(quiet=as_json))
    print_result(result, as_json=as_json)


app.command()(distill)
app.command()(export)
app.command()(recommend)


@app.command()
def example(
    to: Annotated[Path, typer.Option(help="Where it is written.")] = EXAMPLE_FOLDER,
) -> None:
    """Compute the example run of the app anew, in a workspace of its own, and write it as data."""
    from adarec.example_command import compute_example  # torch loads only for a search

    for path in compute_example(to, Terminal(quiet=False)):
        typer.echo(path)


@app.command()
def worker(
    processes: Annotated[int, typer.Option(min=1, max=64, help="Runs computed at once.")] = 1,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the workspace's worker.")] = False,
    home: Home = None,
) -> None:
    """Execute queued runs in the background until stopped."""
    from adarec.worker import run_worker, stop_worker  # DBOS loads only where it is needed

    workspace = Workspace.open(home)
    if stop:
        typer.echo("Stopped." if stop_worker(workspace) else "No worker is running.")
    else:
        run_worker(workspace, processes=processes)


app.command()(bench)


def _workspace(home: Path | None) -> Workspace:
    workspace = Workspace.open(home)
    register_samples(workspace)
    return workspace


def main() -> None:
    """Runs the command line; a user's mistake is one line and exit code 2."""
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except _UsageMistake as error:
        asked = "python -m adarec" if error.ctx is None else error.ctx.command_path
        message = error.format_message()
        _fail(f"{message}{'' if message.endswith(('.', '?')) else '.'} See: {asked} --help")
    except AdarecError as error:
        _fail(str(error))
    except typer.Abort:
        sys.exit(130)


def _fail(message: str) -> None:
    typer.echo(f"adarec: {' '.join(message.split())}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
