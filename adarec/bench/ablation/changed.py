"""The parts `losses` (one thing changed at a time), `teachers` (against counting) and `paper` (the
sizes of the paper).
"""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from adarec.bench.ablation.cells import UNCHANGED
from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.contrasts import OWN, RIVAL, contrast, paired_ranks
from adarec.bench.experiments.evidence import Evidence, machine_of, ops_of
from adarec.bench.experiments.rows import (
    FOUND,
    Json,
    head,
    mean_model,
    minutes,
    result_of,
    runs_of,
)
from adarec.runs.records import RunRecord


def changed_row(evidence: Evidence, row: Sequence[Cell], cells: Sequence[Cell]) -> Json:
    """One change on one scene; without runs only its head."""
    runs = runs_of(evidence, row)
    found = head(row, runs)
    if not runs:
        return found
    unchanged = [
        cell
        for cell in cells
        if (cell.part, cell.scene, cell.variant) == (row[0].part, row[0].scene, UNCHANGED)
    ]
    rivals = _rivals(evidence, runs, unchanged)
    results = [result_of(run) for run in runs]
    return found | {
        "model": mean_model([result["student"] for result in results]),
        "change": contrast(evidence, (runs, FOUND), (rivals, FOUND)),
        "other_machine": [run.seed for run in runs if _is_elsewhere(run, rivals)],
        "same_as": _same_as(evidence, row, cells),
        "found_cells": [ops_of(run) for run in runs],
        "collapsed": [result["student"]["collapsed"] for result in results],
    }


def _rivals(
    evidence: Evidence, runs: Sequence[RunRecord], unchanged: Sequence[Cell]
) -> list[RunRecord]:
    """The unchanged run of each run's seed, of the same machine where there is one: there both
    learned from one teacher.
    """
    machines = {run.seed: machine_of(run) for run in runs}
    states = [evidence.state(cell, machine=machines.get(cell.seed)) for cell in unchanged]
    return [state.run for state in states if state.run is not None]


def _is_elsewhere(run: RunRecord, rivals: Sequence[RunRecord]) -> bool:
    return any(r.seed == run.seed and machine_of(r) != machine_of(run) for r in rivals)


def _same_as(evidence: Evidence, row: Sequence[Cell], cells: Sequence[Cell]) -> str | None:
    """The first earlier change of the scene that gave every user the same rank in each seed that
    both have: two names of one thing, such as a random mapping that drew another one's layers.
    """
    own = (runs_of(evidence, row), FOUND)
    earlier: dict[str, list[Cell]] = {}
    for cell in cells:
        if (cell.part, cell.scene) == (row[0].part, row[0].scene):
            earlier.setdefault(cell.variant, []).append(cell)
    for variant, others in earlier.items():
        if variant == row[0].variant:
            return None
        seeds, ranks = paired_ranks(evidence, own, (runs_of(evidence, others), FOUND))
        if seeds and all(np.array_equal(pair[OWN], pair[RIVAL]) for pair in ranks):
            return variant
    return None


def teacher_row(evidence: Evidence, row: Sequence[Cell]) -> Json:
    """One scene and blended teacher at `standard`; without runs only its head."""
    runs = runs_of(evidence, row)
    found = head(row, runs)
    if not runs:
        return found
    results = [result_of(run) for run in runs]
    best = results[0]["findings"]["best_count_baseline"]
    return found | {
        "teacher": mean_model([result["teacher"] for result in results]),
        "blends": [result["teacher"]["blend"] for result in results],
        "best_count": [best, results[0]["baselines"][best]["ndcg@10"]],
        "gain": asdict(evidence.gain(runs, "teacher", [f"baseline.{best}"])),
        "minutes": sum(result["seconds"]["train_teacher"] for result in results)
        / (60 * len(results)),
    }


def paper_row(evidence: Evidence, row: Sequence[Cell]) -> Json:
    """One scene at the sizes of the paper; without runs only its head."""
    runs = runs_of(evidence, row)
    found = head(row, runs)
    if not runs:
        return found
    results = [result_of(run) for run in runs]
    best = results[0]["findings"]["best_count_baseline"]
    return found | {
        "teacher": mean_model([result["teacher"] for result in results]),
        "student": mean_model([result["student"] for result in results]),
        "gain": asdict(evidence.gain(runs, FOUND, ["teacher"])),
        "best_count": [best, results[0]["baselines"][best]["ndcg@10"]],
        "found_cells": [ops_of(run) for run in runs],
        "verdicts": [result["verdict"] for result in results],
        "minutes": minutes(results),
    }
