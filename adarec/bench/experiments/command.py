"""`python -m adarec bench MODE` for an experiment: what it is asked, and what it prints."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from adarec.bench.data import bench_log
from adarec.bench.experiments.experiment import HOME, RESULTS, Choice, Design, Experiment
from adarec.data.ingest import scene_name
from adarec.errors import LogError, SettingsError
from adarec.runs.workspace import Workspace
from adarec.terminal import print_json


@dataclass(frozen=True)
class ExperimentRequest:
    """What the user asked for.

    Attributes:
        log: A log to run on instead of the real scenes.
        choice: Which cells to run.
        is_list: Only say what is left.
        home: The workspace; `.adarec-results` here by default.
        to: The folder of the tables, whosever are there now; by default `docs/results` here, if
            this workspace's or nobody's are there.
        on_top: Settings by dotted key that every run gets.
        as_json: Standard output is one JSON object.
    """

    log: Path | None = None
    choice: Choice = field(default_factory=Choice)
    is_list: bool = False
    home: Path | None = None
    to: Path | None = None
    on_top: dict[str, Any] = field(default_factory=dict)
    as_json: bool = False


def experiment_command(design: Design, request: ExperimentRequest) -> None:
    """Runs what is left, or lists it.

    Raises:
        AdarecError: A user's mistake.
        typer.Abort: It was asked to stop.
        typer.Exit: A chosen run failed; the code is 1.
    """
    experiment = _experiment(design, request)
    experiment.bring_scenes()
    if request.is_list:
        _print_left(experiment, request)
        return
    if not experiment.run(request.choice, say=_say):
        raise typer.Abort
    report = experiment.write()
    if request.as_json:
        print_json(report)
    else:
        done = sum(cell["run"] is not None for cell in report["cells"])
        typer.echo(f"{done} of {len(report['cells'])} runs are there. Tables: {experiment.folder}")
    failed = experiment.failed(request.choice)
    if failed:
        _say(f"{len(failed)} failed, such as {failed[0].cell.name}: {failed[0].problem}")
        raise typer.Exit(1)


def _experiment(design: Design, request: ExperimentRequest) -> Experiment:
    cells, logs = design.all_cells(), {}
    if request.log is not None:
        if not design.takes_log:
            raise SettingsError(
                f"bench {design.name} runs on parts of known logs; found the log {request.log}. "
                f"Leave it out: the logs are looked for by their names."
            )
        if not request.log.is_file():
            raise LogError(f"{request.log} is not there. Name a log, or none for the known ones.")
        name = scene_name(request.log)
        cells, logs = design.cells([name]), {name: request.log}
    experiment = Experiment(
        design,
        Workspace.open(request.home or HOME),
        request.to or RESULTS,
        log_of=lambda name: logs.get(name) or bench_log(name),
        cells=cells,
        on_top=request.on_top,
        overwrites=request.to is not None,
    )
    chosen = experiment.chosen(request.choice)  # what does not exist is told first
    if not request.is_list:
        # A missing log is told before hours of work.
        for name in dict.fromkeys(log for cell in chosen for log in cell.logs):
            experiment.log_of(name)
    return experiment


def _print_left(experiment: Experiment, request: ExperimentRequest) -> None:
    left, total = experiment.left(request.choice), experiment.minutes_left(request.choice)
    if request.as_json:
        print_json({"left": left, **total})
        return
    for each in left:
        more = "+" if each["or_more"] else " "
        typer.echo(f"{each['minutes']:8.1f}{more} min  {each['cell']} ({each['state']})")
    more = " or more: no finished run tells of every stage" if total["or_more"] else ""
    typer.echo(f"{len(left)} runs left, about {total['minutes']:.0f} minutes{more}.")


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
