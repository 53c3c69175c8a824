"""The commands. Each reads its options, calls one thing below, and prints."""

import errno
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from adarec.bench.command import bench
from adarec.cli_results import AsJson, Home, distill, export, recommend
from adarec.config import read_as
from adarec.data.example import EXAMPLE_FOLDER
from adarec.data.ingest import ingest_log
from adarec.data.quality import quality_findings
from adarec.data.settings import IngestSettings
from adarec.errors import AdarecError, RunError
from adarec.run_commands import adapt, opened_workspace, search
from adarec.runs.files import read_json
from adarec.runs.unused import delete_unused, find_unused
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
# Where nothing can be written: a full disk or quota, a read-only file system.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
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
    until: Annotated[str | None, typer.Option(help="Drop events at or after this time.")] = None,
    min_length: Annotated[int | None, typer.Option(help="Drop users with fewer events.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Drop users with more events.")] = None,
    deduplicate: Annotated[
        str | None, typer.Option(help="Drop repeats: none|exact|consecutive.")
    ] = None,
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
        "deduplicate": deduplicate,
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
    folder = workspace.artefacts.path(record.key)
    report, statistics = (read_json(folder / f"{name}.json") for name in ("report", "statistics"))
    print_report(report, quality_findings(record.summary, report, statistics))
    print_scenes([record])


@app.command()
def scenes(as_json: AsJson = False, home: Home = None) -> None:
    """List the scenes of the workspace."""
    workspace = opened_workspace(home)
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


app.command()(search)
app.command()(adapt)


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
    processes: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Runs computed at once. Where machines share the records, the worker that "
            "started last decides it for all.",
        ),
    ] = 1,
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


@app.command()
def clean(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    home: Home = None,
) -> None:
    """Delete what deleted runs and scenes have left in the workspace."""
    workspace = Workspace.open(home)
    found = find_unused(workspace)
    if not dry_run:
        found = delete_unused(workspace, found)
    verb = "would be" if dry_run else "are"
    typer.echo(
        f"{len(found.keys):,} folders that no run and no scene needs {verb} deleted: "
        f"{found.num_bytes / 1e6:,.1f} MB."
    )


app.command()(bench)


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
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _fail(f"Nothing more can be written ({error.strerror}). Free some space, then go on.")
    except typer.Abort:
        sys.exit(130)


def _fail(message: str) -> None:
    typer.echo(f"adarec: {' '.join(message.split())}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
