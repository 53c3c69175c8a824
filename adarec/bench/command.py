"""The `bench` command: one mode a measurement of the project."""

from pathlib import Path
from typing import Annotated, Any

import typer

from adarec.bench.data import bench_log
from adarec.bench.experiments.command import ExperimentRequest, experiment_command
from adarec.bench.experiments.experiment import Choice, Design
from adarec.config import parse_overrides
from adarec.errors import SettingsError
from adarec.terminal import print_facts, print_json

EXPERIMENTS = ("ablation", "asrep", "dt4sr", "dfa", "adain", "adapt")
BENCHES = ("search", *EXPERIMENTS, "serve", "ui")


def bench(
    mode: Annotated[str, typer.Argument(help="|".join(BENCHES))],
    log: Annotated[
        Path | None,
        typer.Argument(help="A log, by default a real scene; serve: an exported folder."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of training.")] = 2,
    precision: Annotated[
        str, typer.Option(help="search: what the teacher computes in, float32|bfloat16.")
    ] = "float32",
    only: Annotated[
        str | None, typer.Option(help="ablation: scenes|losses|transfer|front|teachers|paper.")
    ] = None,
    scene: Annotated[
        list[str] | None, typer.Option(help="experiments: run this scene only; may be repeated.")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="experiments: run this seed only; may be repeated.")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="experiments: say what is left to run.")
    ] = False,
    to: Annotated[Path | None, typer.Option(help="experiments: folder of the tables.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="experiments: KEY=VALUE for every run.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="ui: visits of each page.")] = 10,
    with_search: Annotated[bool, typer.Option(help="ui: while a worker searches.")] = True,
    sessions: Annotated[
        int, typer.Option(min=1, help="ui: live sessions against one, if more than one.")
    ] = 1,
    minutes: Annotated[
        float, typer.Option(min=0.1, help="ui: how long the sessions are live.")
    ] = 10.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
    home: Annotated[
        Path | None, typer.Option(help="experiments: workspace folder (default: .adarec-results).")
    ] = None,
) -> None:
    """Measure the project itself; run it alone on the machine.

    ablation, asrep, dt4sr, dfa, adain and adapt write tables and go on where they stopped.
    """
    if mode not in BENCHES:
        raise SettingsError(f"No bench is called {mode!r}. Known: {', '.join(BENCHES)}.")
    if mode in EXPERIMENTS:
        choice = Choice(only, tuple(scene or ()), tuple(seed or ()))
        on_top = parse_overrides(set_ or []) | ({} if threads == 2 else {"threads": threads})
        request = ExperimentRequest(log, choice, list_, home, to, on_top, as_json)
        experiment_command(_design(mode), request)
        return
    if mode == "ui":
        found = _measured_ui(repeats, with_search, sessions, minutes)
    else:
        found = _measured(mode, log, threads, precision)
    if as_json:
        print_json(found)
    else:
        print_facts({key: value for key, value in found.items() if key != "losses"})


def _design(mode: str) -> Design:
    from adarec.bench.ablation import ABLATION
    from adarec.bench.systems import SYSTEMS

    return {"ablation": ABLATION, **SYSTEMS}[mode]


def _measured_ui(repeats: int, with_search: bool, sessions: int, minutes: float) -> dict[str, Any]:
    if sessions > 1:
        from adarec.bench.ui_sessions import bench_sessions

        return bench_sessions(sessions=sessions, minutes=minutes)
    from adarec.bench.ui import bench_ui

    return bench_ui(repeats=repeats, is_searching=with_search)


def _measured(mode: str, log: Path | None, threads: int, precision: str) -> dict[str, Any]:
    # torch loads only where it is needed
    if mode == "serve":
        from adarec.bench.serve import bench_serve

        return bench_serve(log)
    from adarec.bench.search import bench_search
    from adarec.nets.encoding import PRECISIONS

    if precision not in PRECISIONS:
        raise SettingsError(
            f"--precision is {precision!r}. Choose one of {', '.join(PRECISIONS)}."
        )
    return bench_search(
        log or bench_log("amazon-beauty"), threads=threads, precision=PRECISIONS[precision]
    )
