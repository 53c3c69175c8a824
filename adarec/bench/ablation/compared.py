"""The part `scenes`: teacher, found student, controls and counts, and the pooled comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence, ops_of
from adarec.bench.experiments.rows import (
    FOUND,
    Json,
    head,
    mean_model,
    minutes,
    result_of,
    runs_of,
)
from adarec.bench.pooling import CUT_OFF, gain_over_scenes
from adarec.bench.spread import spread_of_models
from adarec.genotype import Genotype
from adarec.nets.plain_stacks import plain_stacks
from adarec.ranking import ndcg_per_user
from adarec.runs.records import RunRecord

RANDOM = tuple(f"control-random-{i}" for i in (1, 2, 3))
HAND_MADE = tuple(f"control-{name}" for name in ("cnn", "gru", "sasrec"))
# What the found student is compared with, by the words of the tables.
RIVALS: dict[str, tuple[str, ...]] = {
    "random cells": RANDOM,
    "CNN": ("control-cnn",),
    "GRU": ("control-gru",),
    "SASRec": ("control-sasrec",),
    "random and hand-made": RANDOM + HAND_MADE,
    "all-skip": ("control-all-skip",),
    "no distillation": ("control-no-distillation",),
    "teacher": ("teacher",),
}
# What is to cost as much as the found student, and the time that this is about: cells score alike.
EQUAL_COST: dict[str, tuple[tuple[str, ...], str]] = {
    "random cells": (RANDOM, "latency_body_ms"),
    "CNN": (("control-cnn",), "latency_body_ms"),
    "GRU": (("control-gru",), "latency_ms"),
    "SASRec": (("control-sasrec",), "latency_ms"),
}
# Cells of the search space at one cost: what a search can choose from.
CELLS = (FOUND, *RANDOM, "control-cnn")
ROLES = ("teacher", FOUND, *RANDOM, *HAND_MADE, "control-all-skip", "control-no-distillation")


def compared_row(evidence: Evidence, row: Sequence[Cell]) -> Json:
    """One scene and teacher; without runs only its head."""
    runs = runs_of(evidence, row)
    found = head(row, runs)
    if not runs:
        return found
    results = [result_of(run) for run in runs]
    models = [_by_role(result) for result in results]
    counts = {
        name: float(np.mean([result["baselines"][name]["ndcg@10"] for result in results]))
        for name in results[0]["baselines"]
    }
    return found | {
        "models": {role: mean_model([each[role] for each in models]) for role in ROLES},
        "baselines": counts,
        "gains": {
            words: asdict(evidence.gain(runs, FOUND, roles)) for words, roles in RIVALS.items()
        },
        "spread": _spread(evidence, runs),
        "beside": _cost_beside(models),
        "found_cells": [ops_of(run) for run in runs],
        "is_stack": [_is_stack(result) for result in results],
        "is_cnn": [_ops(each["control-cnn"]) == _ops(each[FOUND]) for each in models],
        "collapsed": [result["student"]["collapsed"] for result in results],
        "minutes": minutes(results),
    }


def pooled_rows(evidence: Evidence, rows: Sequence[Json], cells: Sequence[Cell]) -> list[Json]:
    """The found student against each rival over scenes and seeds: for every teacher that has
    several scenes, and for these teachers together.
    """
    known = {run.run: run for run in runs_of(evidence, cells)}
    teachers: dict[str, list[Json]] = {}
    for row in rows:
        if row["runs"]:
            teachers.setdefault(row["variant"], []).append(row)
    groups = {name: group for name, group in teachers.items() if len(group) > 1}
    if len(groups) > 1:
        groups[" and ".join(groups)] = [row for group in groups.values() for row in group]
    found = []
    for teacher, group in groups.items():
        scenes: dict[str, list[Any]] = {}
        for row in group:
            ranks = [evidence.ranks(known[run]) for run in row["runs"]]
            scenes.setdefault(row["scene"], []).extend(ranks)
        runs = sum(len(ranks) for ranks in scenes.values())
        for words, roles in RIVALS.items():
            gain = asdict(gain_over_scenes(scenes, FOUND, roles))
            found.append({"teacher": teacher, "rivals": words, "runs": runs} | gain)
    return found


def _spread(evidence: Evidence, runs: Sequence[RunRecord]) -> Json:
    """Of the NDCG@10 of cells of one cost, in shares of their mean."""
    scores = [
        np.array([ndcg_per_user(evidence.ranks(run)[role], CUT_OFF) for role in _distinct(run)])
        for run in runs
    ]
    mean = float(np.mean([each.mean() for each in scores])) or 1.0
    found = asdict(spread_of_models(scores))
    return {"models": found.pop("models")} | {name: size / mean for name, size in found.items()}


def _distinct(run: RunRecord) -> list[str]:
    """The roles of `CELLS`, one of each cell: two of the same genotype would differ in nothing."""
    models = _by_role(result_of(run))
    return list({_ops(models[role]): role for role in reversed(CELLS)}.values())


def _ops(model: Json) -> tuple[str, ...]:
    return tuple(edge["op"] for edge in model["genotype"]["edges"])


def _is_stack(result: Json) -> bool:
    """The found cell is a plain stack of convolutions."""
    found = Genotype.from_json(result["student"]["genotype"])
    return found in plain_stacks(found.num_nodes)


def _cost_beside(models: Sequence[Mapping[str, Json]]) -> Json:
    """What rivals of equal cost took more than the found student, in shares of its time, by the
    words of the tables: mean, lowest and highest over cells and runs.
    """
    found = {}
    for words, (roles, key) in EQUAL_COST.items():
        more = [
            each[role][key]["p50"] / each[FOUND][key]["p50"] - 1.0
            for each in models
            for role in roles
        ]
        found[words] = {"mean": float(np.mean(more)), "low": min(more), "high": max(more)}
    return found


def _by_role(result: Json) -> dict[str, Json]:
    """The found student with the times that it took in turn with the controls: in turn with the
    teacher alone it takes others.
    """
    controls = {f"control-{control['name']}": control for control in result["controls"]}
    student = result["student"] | result["student_beside_controls"]
    return {"teacher": result["teacher"], FOUND: student, **controls}
