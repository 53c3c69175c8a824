"""What rows of all parts share: a row's cells (its seeds), their runs, and means over these."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from adarec.bench.experiments.cell import SCENES, Cell
from adarec.bench.experiments.evidence import Evidence
from adarec.runs.records import RunRecord
from adarec.runs.result import seconds_without_controls

FOUND = "student"  # the role of the found student in a run
Json = dict[str, Any]

_MEASURED = {
    "ndcg@10": ("metrics", "ndcg@10"),
    "hr@10": ("metrics", "hr@10"),
    "masked_ndcg@10": ("metrics_masked", "ndcg@10"),
    "latency_ms": ("latency_ms", "p50"),
    "latency_body_ms": ("latency_body_ms", "p50"),
}
_COUNTED = ("macs", "params", "params_without_embeddings")


def rows_of(cells: Iterable[Cell], part: str) -> list[list[Cell]]:
    """The cells of each row of a part; rows by scene, in the order of the tables."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        if cell.part == part:
            found.setdefault((cell.scene, cell.variant), []).append(cell)
    known = dict.fromkeys(scene for scene, _ in found)
    scenes = sorted(known, key=lambda name: SCENES.index(name) if name in SCENES else -1)
    return [row for scene in scenes for key, row in found.items() if key[0] == scene]


def runs_of(evidence: Evidence, cells: Iterable[Cell]) -> list[RunRecord]:
    """The finished runs of the cells, by seed."""
    states = [evidence.state(cell) for cell in cells]
    done = [(state.cell.seed, state.run) for state in states if state.run is not None]
    return [run for _, run in sorted(done, key=lambda pair: pair[0])]


def head(row: Sequence[Cell], runs: Sequence[RunRecord]) -> Json:
    """What a row is called and which of its runs are there."""
    return {
        "scene": row[0].scene,
        "variant": row[0].variant,
        "seeds": [run.seed for run in runs],
        "asked_seeds": sorted(cell.seed for cell in row),
        "runs": [run.run for run in runs],
    }


def result_of(run: RunRecord) -> Json:
    """The result of a finished run."""
    assert run.result is not None  # written when it finished
    return run.result


def mean_model(models: Sequence[Json]) -> dict[str, float]:
    """Accuracy, latencies (p50) and sizes of one role, averaged over the runs."""
    found = {
        name: float(np.mean([model[group][key] for model in models]))
        for name, (group, key) in _MEASURED.items()
    }
    return found | {key: float(np.mean([model[key] for model in models])) for key in _COUNTED}


def minutes(results: Sequence[Json]) -> float:
    """Minutes of a run itself, the median of the seeds, as another program may have slowed one of
    them: re-used stages count, controls do not.
    """
    own = [seconds_without_controls(result["seconds"]) for result in results]
    return float(np.median(own)) / 60


def stated(evidence: Evidence, cells: Sequence[Cell]) -> Json:
    """What every report says first: which cell is which run, and where the runs were computed."""
    runs = runs_of(evidence, cells)
    environments = [result_of(run)["environment"] for run in runs]
    return {
        "settings_on_top": evidence.on_top,
        "machines": sorted({environment["cpu"] for environment in environments}),
        "days": sorted({_day(run.finished_at) for run in runs if run.finished_at}),
        "threads": sorted({environment["threads"] for environment in environments}),
        "cells": [_stated_cell(evidence, cell) for cell in cells],
    }


def _day(moment: float) -> str:
    """The day of a moment in seconds since 1970, UTC."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _stated_cell(evidence: Evidence, cell: Cell) -> Json:
    state = evidence.state(cell)
    run = None if state.run is None else state.run.run
    return {"cell": cell.name, "part": cell.part, "run": run, "problem": state.problem}
