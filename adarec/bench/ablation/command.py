"""`python -m adarec bench ablation`: what it is asked, and what it prints."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from adarec.bench.ablation import HOME, RESULTS, Ablation
from adarec.bench.ablation.cells import SCENES, all_cells
from adarec.bench.data import bench_log
from adarec.data.ingest import scene_name
from adarec.runs.workspace import Workspace
from adarec.terminal import print_json


@dataclass(frozen=True)
class AblationRequest:
    """What the user asked for.

    Attributes:
        log: A log to run on instead of the real scenes.
        only: One part.
        is_list: Only say what is left.
        home: The workspace; `.adarec-results` here by default.
        to: The folder of the tables, whosever are there now; by default `docs/results` here, if
            this workspace's or nobody's are there.
        on_top: Settings by dotted key that every run gets.
        as_json: Standard output is one JSON object.
    """

    log: Path | None = None
    only: str | None = None
    is_list: bool = False
    home: Path | None = None
    to: Path | None = None
    on_top: dict[str, Any] = field(default_factory=dict)
    as_json: bool = False


def ablation_command(request: AblationRequest) -> None:
    """Runs what is left, or lists it.

    Raises:
        AdarecError: A user's mistake.
        typer.Abort: It was asked to stop.
    """
    ablation = _ablation(request)
    if request.is_list:
        _print_left(ablation, request)
        return
    if not ablation.run(request.only, say=_say):
        raise typer.Abort
    report = ablation.write()
    if request.as_json:
        print_json(report)
    else:
        done = sum(cell["run"] is not None for cell in report["cells"])
        typer.echo(f"{done} of {len(report['cells'])} runs are there. Tables: {ablation.folder}")


def _ablation(request: AblationRequest) -> Ablation:
    scenes, logs = list(SCENES), {}
    if request.log is not None:
        name = scene_name(request.log)
        scenes, logs = [name], {name: request.log}
    ablation = Ablation(
        Workspace.open(request.home or HOME),
        request.to or RESULTS,
        log_of=lambda scene: logs.get(scene) or bench_log(scene),
        cells=all_cells(scenes),
        on_top=request.on_top,
        overwrites=request.to is not None,
    )
    ablation.part(request.only)  # one that does not exist is told first
    if not request.is_list:
        for scene in scenes:  # a missing log is told before hours of work
            ablation.log_of(scene)
    return ablation


def _print_left(ablation: Ablation, request: AblationRequest) -> None:
    left, total = ablation.left(request.only), ablation.minutes_left(request.only)
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
