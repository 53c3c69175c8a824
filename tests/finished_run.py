"""One finished run on the sample scene whose right answer is known, at sizes that take seconds."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adarec.config import RunSettings, preset_settings
from adarec.data.ingest import ingest_log
from adarec.data.samples import SAMPLE_FOLDER
from adarec.execute import execute_run
from adarec.runs.workspace import Workspace
from adarec.submission import create_run

SCENE = "cycle"
SMALL: dict[str, Any] = {
    "cost": "flops",
    "speedup": 4,
    "threads": 1,
    "length_cap": 8,
    "teacher.num_blocks": 4,
    "teacher.width": 32,
    "teacher.epochs": 4,
    "teacher.learning_rate": 1e-2,
    "teacher.batch_positions": 512,
    "student.width": 16,
    "student.epochs": 6,
    "student.learning_rate": 1e-2,
    "student.batch_positions": 512,
    "search.epochs": 3,
    "search.learning_rate": 1e-2,
    "search.batch_positions": 1024,
    "search.candidates": 6,
    "search.evolved": 10,
    "search.finalists": 2,
    "search.drawn_finalists": 1,
    "search.finalist_epochs": 1,
}
LATENCIES = {
    kind: {"p50": 1.0, "p95": 2.0}
    for kind in ("latency_ms", "latency_body_ms", "latency_eager_ms")
}


def no_graphs(models: dict[str, Any], folder: Path, **_: Any) -> dict[str, Any]:
    """In place of `time_models` where latencies are of no interest: empty files, fixed times."""
    for name in models:
        (folder / f"{name}.onnx").touch()
    return dict.fromkeys(models, LATENCIES)


@dataclass(frozen=True)
class FinishedRun:
    """Where it is, what it was asked, and what it found."""

    home: Path
    run: str
    result: dict[str, Any]

    def copy_to(self, home: Path) -> Workspace:
        """A workspace of its own with the same run, for a test that changes something."""
        shutil.copytree(self.home, home)
        return Workspace.open(home)


def small_settings(**changed: Any) -> RunSettings:
    """Settings of the run, with changes by dotted key (write `search__epochs` for
    `search.epochs`)."""
    overrides = SMALL | {key.replace("__", "."): value for key, value in changed.items()}
    teacher = overrides.pop("teacher.name", None)
    return preset_settings("quick", teacher=teacher, overrides=overrides)


def as_options(settings: dict[str, Any] = SMALL) -> list[str]:
    """The same settings as options of the `search` command."""
    return [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]


def workspace_with_cycle(home: Path) -> Workspace:
    """A workspace that holds the sample scene `cycle`."""
    workspace = Workspace.open(home)
    ingest_log(workspace, SAMPLE_FOLDER / "cycle.csv", name=SCENE, is_sample=True)
    return workspace


def finish_run(home: Path) -> FinishedRun:
    """Computes the run, measured latencies included."""
    workspace = workspace_with_cycle(home)
    run = create_run(workspace, SCENE, small_settings())
    result = execute_run(workspace, run.run)
    workspace.close()
    return FinishedRun(home, run.run, result)
