"""A workspace in which some of the ablation has run, on two sample scenes at tiny sizes."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adarec import cli
from adarec.bench.ablation import ABLATION
from adarec.bench.ablation.cells import CONTROLS, TEACHER_ALONE, UNCHANGED
from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.experiment import Experiment
from adarec.data.ingest import ingest_log
from adarec.data.samples import SAMPLE_FOLDER
from adarec.execute import execute_run
from adarec.submission import create_run
from tests.finished_run import SMALL, FinishedRun, no_graphs

SCENES = ("cycle", "echo")
TINY = SMALL | {
    f"{part}.{name}": value
    for part in ("teacher", "search", "student")
    for name, value in {"epochs": 2, "batch_positions": 2048}.items()
}
TINY |= {"search.evolved": 4, "search.finalists": 1}
NOT_RUN = Cell("losses", "cycle", "without task loss", 0, overrides={"losses.task": 0})
CELLS = (
    *(Cell("scenes", scene, "nextitnet", 0, overrides=CONTROLS) for scene in SCENES),
    Cell("scenes", "cycle", "nextitnet", 1, overrides=CONTROLS),
    Cell("losses", "cycle", UNCHANGED, 0),
    Cell("losses", "cycle", "without hidden distillation", 0, overrides={"losses.hidden": 0}),
    NOT_RUN,
    Cell("transfer", "cycle", "cells of other scenes", 0, foreign=("echo",)),
    Cell("transfer", "echo", "cells of other scenes", 0, foreign=("cycle",)),
    Cell("front", "cycle", "3 cells", 0, front_points=3),
    Cell("teachers", "cycle", "nextitnet", 0, overrides=TEACHER_ALONE),
    # At the sizes of `quick`: the row is what is tested.
    Cell("paper", "cycle", "nextitnet", 0),
)
LEFT_OUT = (NOT_RUN, CELLS[2])  # so that a row and a seed are missing


@dataclass(frozen=True)
class Tables:
    """The ablation, what it left to run, and the JSON and pages that it wrote."""

    ablation: Experiment
    report: dict[str, Any]
    folder: Path

    def page(self, name: str) -> str:
        return (self.folder / f"ablation-{name}.md").read_text(encoding="utf-8")

    def row(self, name: str, *starts: str) -> list[str]:
        """The cells of the first row of the page that begins with these words."""
        start = "| " + " | ".join(starts) + " |"
        line = next(line for line in self.page(name).splitlines() if line.startswith(start))
        return [cell.strip() for cell in line.strip("| ").split(" | ")]


@pytest.fixture(scope="session")
def tables(
    finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tables]:
    """All cells but two have run, here; latencies are of no interest. Leave it as it is."""
    workspace = finished_run.copy_to(tmp_path_factory.mktemp("ablation") / "home")
    ingest_log(workspace, SAMPLE_FOLDER / "echo.csv", name="echo", is_sample=True)
    folder = tmp_path_factory.mktemp("results")
    ablation = Experiment(ABLATION, workspace, folder, log_of=sample_log, cells=CELLS, on_top=TINY)
    with pytest.MonkeyPatch.context() as patch:
        for stage in ("measure", "measure_controls"):
            patch.setattr(f"adarec.stages.{stage}.time_models", no_graphs)
        for cell in CELLS:
            settings = ablation.evidence.settings(cell)
            if cell not in LEFT_OUT and settings is not None:
                execute_run(workspace, create_run(workspace, cell.scene, settings).run)
                ablation.evidence.refresh()
    yield Tables(ablation, ablation.write(), folder)
    workspace.close()


def sample_log(scene: str) -> Path:
    return SAMPLE_FOLDER / f"{scene}.csv"


def bench(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of the command, in this process."""
    monkeypatch.setattr(sys, "argv", ["adarec", "bench", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)
