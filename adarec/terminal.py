"""What the command line prints: progress, lists and results."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

from adarec.catalog import baseline_title
from adarec.data.quality import Finding
from adarec.runs.records import RunSummary, SceneRecord

RUN_ID_WIDTH = 9  # a cut id could not be copied into the next command


class Terminal:
    """Progress on standard error; silent with `quiet`, and where nobody can watch it move."""

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.fields[role]:<16}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self.tasks: dict[str, Any] = {}

    def __enter__(self) -> "Terminal":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def step(self, fraction: float, message: str) -> None:
        """Progress of something that has only one step."""
        self.report("ingest", fraction, message)

    def report(self, role: str, fraction: float, message: str) -> None:
        """Progress of one step of a run."""
        if role not in self.tasks:
            self.tasks[role] = self.progress.add_task(message, total=1.0, role=role)
        self.progress.update(self.tasks[role], completed=fraction, description=message)


def print_json(data: Any) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n")


def print_facts(facts: dict[str, Any]) -> None:
    """Named values, one a line."""
    table = Table("what", "value")
    for name, value in facts.items():
        table.add_row(name, str(value))
    Console().print(table)


def print_scenes(scenes: Sequence[SceneRecord], *, as_json: bool = False) -> None:
    """The scenes with their sizes."""
    if as_json:
        print_json([{"name": scene.name, "key": scene.key, **scene.summary} for scene in scenes])
        return
    table = Table("scene", "users", "items", "interactions", "median length", "repeat share")
    for scene in scenes:
        found = scene.summary
        table.add_row(
            scene.name + (" (sample)" if scene.is_sample else ""),
            f"{found['users']:,}",
            f"{found['items']:,}",
            f"{found['interactions']:,}",
            f"{found['median_length']:g}",
            f"{found['repeat_share']:.1%}",
        )
    Console().print(table)


def print_report(report: dict[str, Any], findings: Sequence[Finding] = ()) -> None:
    """How a log was read: columns, rows kept, what was dropped and why, warnings, doubts."""
    columns = [f"{role} = {name}" for role, name in report["columns"].items() if name]
    lines = [
        f"Read {report['file']} as {report['format']}: {', '.join(columns)}.",
        f"Kept {report['rows_kept']:,} of {report['rows_read']:,} rows and "
        f"{report['users_kept']:,} of {report['users_read']:,} users.",
    ]
    lines += [f"Dropped {cause['rows']:,} rows: {cause['reason']}." for cause in report["dropped"]]
    if report.get("titles_found") is not None:
        lines.append(f"Found the titles of {report['titles_found']:,} items.")
    lines += report["warnings"]
    lines += [f"Note: {finding.sentence}" for finding in findings]
    for line in lines:
        Console().print(line, highlight=False, markup=False)


def print_runs(runs: Sequence[RunSummary], *, as_json: bool = False) -> None:
    """The runs, newest first."""
    if as_json:
        print_json([asdict(run) for run in runs])
        return
    table = Table(
        Column("run", no_wrap=True, min_width=RUN_ID_WIDTH),
        "scene",
        "teacher",
        "preset",
        "state",
        "teacher NDCG@10",
        "student NDCG@10",
        "speed-up",
    )
    for run in runs:
        table.add_row(
            run.run,
            " · ".join(part for part in (_scene_words(run), run.name) if part),
            run.taught_by or None,
            run.preset,
            run.state,
            _number(run.teacher_ndcg_at_10, ".4f"),
            _number(run.student_ndcg_at_10, ".4f"),
            _number(run.speedup_p50, ".1f"),
        )
    Console().print(table)


def _scene_words(run: RunSummary) -> str:
    return f"{run.scene}, adapted from {run.adapted_from}" if run.adapted_from else run.scene


def print_result(result: dict[str, Any], *, as_json: bool) -> None:
    """A run's result: one JSON object, or a small table with the verdict."""
    if as_json:
        print_json(result)
        return
    table = Table(
        "model",
        "NDCG@10",
        "HR@10",
        "masked NDCG@10",
        "latency p50, ms",
        "body p50, ms",
        "parameters",
        title=f"{result['scene']['name']} · {result['run']}",
    )
    for role in ("teacher", "student"):
        table.add_row(
            f"{role} ({result[role]['name']})" if role == "teacher" else role,
            *_model_row(result[role]),
        )
    for role in ("source_only", "oracle"):
        if role in result:
            table.add_row(role.replace("_", " "), *_model_row(result[role]))
    for control in result["controls"]:
        table.add_row(f"control {control['name']}", *_model_row(control))
    for name, found in result["baselines"].items():
        masked = found["metrics_masked"]["ndcg@10"]
        table.add_row(
            baseline_title(name),
            f"{found['ndcg@10']:.4f}",
            f"{found['hr@10']:.4f}",
            f"{masked:.4f}",
            "",
            "",
            "",
        )
    console = Console()
    console.print(table)
    console.print(result["verdict"])
    if "augmentation" in result:
        console.print(result["augmentation"]["note"])


def _model_row(model: dict[str, Any]) -> list[str]:
    return [
        f"{model['metrics']['ndcg@10']:.4f}",
        f"{model['metrics']['hr@10']:.4f}",
        f"{model['metrics_masked']['ndcg@10']:.4f}",
        f"{model['latency_ms']['p50']:.3f}",
        f"{model['latency_body_ms']['p50']:.3f}",
        f"{model['params']:,}",
    ]


def _number(value: float | None, spec: str) -> str:
    return "" if value is None else format(value, spec)
