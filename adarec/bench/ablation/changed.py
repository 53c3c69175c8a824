"""The parts `losses` (one thing changed at a time) and `paper` (the sizes of the paper)."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from adarec.bench.ablation.cells import UNCHANGED, Cell
from adarec.bench.ablation.evidence import Evidence, ops_of
from adarec.bench.ablation.rows import FOUND, Json, head, mean_model, minutes, result_of, runs_of
from adarec.bench.pooling import gain_over_seeds
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
    results = [result_of(run) for run in runs]
    return found | {
        "model": mean_model([result["student"] for result in results]),
        "change": _change(evidence, runs, runs_of(evidence, unchanged)),
        "found_cells": [ops_of(run) for run in runs],
        "collapsed": [result["student"]["collapsed"] for result in results],
    }


def _change(
    evidence: Evidence, runs: Sequence[RunRecord], unchanged: Sequence[RunRecord]
) -> Json | None:
    """The student minus that of the unchanged run, over the seeds that both have."""
    reference = {run.seed: run for run in unchanged}
    pairs = [(run, reference[run.seed]) for run in runs if run.seed in reference]
    if not pairs:
        return None
    ranks = [
        {"changed": evidence.ranks(run)[FOUND], "unchanged": evidence.ranks(other)[FOUND]}
        for run, other in pairs
    ]
    base = np.mean([result_of(other)["student"]["metrics"]["ndcg@10"] for _, other in pairs])
    gain = asdict(gain_over_seeds(ranks, "changed", ["unchanged"]))
    return gain | {"of": float(base), "seeds": [run.seed for run, _ in pairs]}


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
