"""The experiment on a system as one JSON object: what its page prints."""

from collections.abc import Sequence

import numpy as np

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.contrasts import OWN, RIVAL, Side, contrast, paired_ranks
from adarec.bench.experiments.evidence import Evidence, ops_of
from adarec.bench.experiments.markdown import verdict
from adarec.bench.experiments.rows import (
    Json,
    head,
    mean_model,
    minutes,
    result_of,
    rows_of,
    runs_of,
    stated,
)
from adarec.bench.pooling import gain_over_scenes
from adarec.bench.systems.system import Difference, System
from adarec.data.by_length import training_lengths
from adarec.runs.records import RunRecord

# Real items of a user's training history: fewest, most (None = any more).
LENGTHS: tuple[tuple[int, int | None], ...] = ((1, 5), (6, 10), (11, None))


def system_report(system: System, evidence: Evidence, cells: Sequence[Cell]) -> Json:
    """Rows, differences with their verdicts, and these pooled over scenes; what was not run has no
    runs, and nothing but its head.
    """
    rows = rows_of(cells, system.name)
    scenes = list(dict.fromkeys(row[0].scene for row in rows))
    found = [
        _difference(evidence, _rows_on(scene, rows), difference)
        for scene in scenes
        for difference in system.differences
    ]
    asked = {
        "experiment": system.name,
        "question": system.question,
        "method": system.method,
        "command": f"python -m adarec bench {system.name}",
    }
    report = (
        asked
        | stated(evidence, cells)
        | {
            "rows": [_row(system, evidence, row) for row in rows],
            "differences": found,
            "pooled": [
                pooled
                for difference in system.differences
                if (pooled := _pooled(evidence, scenes, rows, difference)) is not None
            ],
        }
    )
    if system.by_length:
        report["by_length"] = [
            entry
            for scene in scenes
            for difference in system.differences
            for entry in _by_length(evidence, _rows_on(scene, rows), difference)
        ]
    return report


def _row(system: System, evidence: Evidence, row: Sequence[Cell]) -> Json:
    runs = runs_of(evidence, row)
    found = head(row, runs)
    if not runs:
        return found
    results = [result_of(run) for run in runs]
    models = {role: mean_model([result[role] for result in results]) for role in system.roles}
    counts = {
        name: float(np.mean([result["baselines"][name]["ndcg@10"] for result in results]))
        for name in results[0]["baselines"]
    }
    best = max(counts, key=lambda name: counts[name])
    found |= {
        "models": models,
        "best_count": [best, counts[best]],
        "minutes": minutes(results),
        "epoch_seconds": _epoch_seconds(evidence, runs),
        "found_cells": [ops_of(run) for run in runs],
        "targets": [result["target"] for result in results],
        "cpus": [result["environment"]["cpu"] for result in results],
        "collapsed": [result["student"]["collapsed"] for result in results],
    }
    return found | ({"way": _way(models)} if "oracle" in models else {})


def _way(models: dict[str, dict[str, float]]) -> float | None:
    """How much of the way from the source's student to the oracle; None where it goes down."""
    start, reached, end = (
        models[role]["ndcg@10"] for role in ("source_only", "student", "oracle")
    )
    return (reached - start) / (end - start) if end > start else None


def _epoch_seconds(evidence: Evidence, runs: Sequence[RunRecord]) -> float | None:
    """Seconds of one epoch of the student's distillation, its validation included, the median of
    the seeds; None where no run recorded its epochs.
    """
    found = []
    for run in runs:
        epochs = evidence.facts(run).student_epochs
        if epochs:
            stage = next(step["stage"] for step in run.steps if step["role"] == "student")
            found.append(run.seconds[stage] / epochs)
    return float(np.median(found)) if found else None


def _rows_on(scene: str, rows: Sequence[Sequence[Cell]]) -> dict[str, Sequence[Cell]]:
    return {row[0].variant: row for row in rows if row[0].scene == scene}


def _sides(
    evidence: Evidence, rows: dict[str, Sequence[Cell]], difference: Difference
) -> tuple[Side, Side]:
    own, rival = (
        (runs_of(evidence, rows[variant]), role)
        for variant, role in (difference.own, difference.rival)
    )
    return own, rival


def _difference(
    evidence: Evidence, rows: dict[str, Sequence[Cell]], difference: Difference
) -> Json:
    cells = rows[difference.own[0]]
    found = contrast(evidence, *_sides(evidence, rows, difference))
    return {
        "scene": cells[0].scene,
        "words": difference.words,
        "asked_seeds": sorted(cell.seed for cell in cells),
        "seeds": [],
        "verdict": "not run",
    } | ({} if found is None else found | {"verdict": _judged(found)})


def _judged(found: Json) -> str:
    return verdict((found["low"], found["high"]))


def _pooled(
    evidence: Evidence,
    scenes: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    difference: Difference,
) -> Json | None:
    """The difference over all scenes that have it, each counting the same; None with fewer than
    two of them.
    """
    ranks = {
        scene: paired_ranks(evidence, *_sides(evidence, _rows_on(scene, rows), difference))[1]
        for scene in scenes
    }
    ranks = {scene: pairs for scene, pairs in ranks.items() if pairs}
    if len(ranks) < 2:
        return None
    gain = gain_over_scenes(ranks, OWN, [RIVAL])
    return {
        "words": difference.words,
        "scenes": list(ranks),
        "runs": sum(len(pairs) for pairs in ranks.values()),
        "mean": gain.mean,
        "users": list(gain.users),
        "clusters": list(gain.clusters),
        "verdict": verdict(gain.users),
    }


def _by_length(
    evidence: Evidence, rows: dict[str, Sequence[Cell]], difference: Difference
) -> list[Json]:
    """The difference for users of each length of history; empty where it was not run."""
    own, rival = _sides(evidence, rows, difference)
    if not own[0]:
        return []
    run = own[0][0]
    lengths = training_lengths(evidence.workspace.artefacts.path(run.scene_key))
    found = []
    for low, high in LENGTHS:
        among = (lengths >= low) & (lengths <= (high or lengths.max()))
        inside = contrast(evidence, own, rival, among=among)
        if inside is not None:
            entry = {"scene": run.scene, "words": difference.words, "from": low, "to": high}
            found.append(entry | inside | {"verdict": _judged(inside)})
    return found
