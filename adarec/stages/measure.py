"""Read the test items once: quality of teacher, student and counts, and latencies in turn."""

from typing import Any

import numpy as np
import torch

from adarec.data.baselines import COUNT_BASELINES, baseline_ranks
from adarec.data.scene import Scene, read_scene
from adarec.data.sequences import evaluation_histories
from adarec.genotype import Genotype
from adarec.nets.batches import Sequences
from adarec.nets.encoding import SequenceModel
from adarec.nets.folders import read_student, read_teacher
from adarec.nets.latency import METHOD, REPEATS, WARM_UP
from adarec.nets.measurement import (
    SAMPLED_SEED,
    Ranks,
    model_size,
    rank_test_items,
    time_models,
    write_uncertainty,
)
from adarec.nets.teachers.dt4sr import DT4SR
from adarec.ranking import metrics_from_ranks, ndcg_per_user, paired_bootstrap
from adarec.runs.files import read_json, write_json
from adarec.stages.context import StageContext, requests
from adarec.verdict import judge, judge_adaptation

# Roles of further students that are measured where they are parents.
RIVALS = ("source_only", "oracle")


def run(context: StageContext) -> None:
    """Leaves measurement.json, ranks.npz, teacher.onnx and student.onnx; of a teacher that knows
    its uncertainty also that.

    Parents named in `RIVALS` are measured as well: an adaptation has them.
    """
    length = context.settings["length"]
    scene = read_scene(context.parents["scene"])
    teacher = read_teacher(context.parents["teacher"], context.parents.get("blend"))
    student, described = read_student(context.parents["student"], context.parents.get("hybrid"))
    genotype = Genotype.from_json(described["genotype"])
    models = {"teacher": teacher, "student": student}
    rivals = _rivals(context)
    context.say("Ranking the test items", 0.05)
    ranks, real = _ranks(scene, models | rivals, length), scene.without_pseudo_items()
    baselines, baseline_ranks_by_name = _baselines(scene)
    context.say("Timing teacher and student in turn", 0.5)
    times = time_models(models, context.folder, length=length, num_items=scene.num_items)
    if isinstance(teacher, DT4SR):
        write_uncertainty(
            teacher,
            context.folder,
            length=length,
            histories=requests(evaluation_histories(scene, length=length, split="test")),
            ranks=ranks["teacher"].unmasked,
        )
    measured = {
        name: {
            "name": name,
            **model_size(model, length=length),
            **times[name],
            **ranks[name].metrics(),
        }
        for name, model in models.items()
    }
    for name, role in (("teacher", "blend"), ("student", "hybrid")):
        if role in context.parents:
            measured[name]["blend"] = read_json(context.parents[role] / "weights.json")
    measured["teacher"]["name"] = read_json(context.parents["teacher"] / "teacher.json")["name"]
    measured["student"] |= {
        "genotype": genotype.to_json(),
        "collapsed": genotype.is_collapsed,
        "receptive_field": genotype.receptive_field(described["num_cells"]),
        "num_cells": described["num_cells"],
    }
    if scene.pseudo_counts is not None:  # what somebody without pseudo-priors would get
        for name, found in _ranks(real, models, length).items():
            measured[name]["metrics_without_pseudo"] = found.metrics()["metrics"]
    _write_ranks(context, ranks, baseline_ranks_by_name)
    search = read_json(context.parents["search"] / "search.json")
    if "cost" in described:  # a point of the front, not the cell that the search chose
        search["cost"] = described["cost"]
    report = _report(real, measured, baselines, ranks, search, length)
    if rivals:
        _add_adaptation(context, report, ranks)
    write_json(context.folder / "measurement.json", report)


def _rivals(context: StageContext) -> dict[str, SequenceModel]:
    """The students that an adapted one is compared with; none in a search."""
    parents = context.parents
    roles = [role for role in RIVALS if role in parents]
    return {role: read_student(parents[role], parents.get(f"hybrid-{role}"))[0] for role in roles}


def _add_adaptation(
    context: StageContext, report: dict[str, Any], ranks: dict[str, Ranks]
) -> None:
    """Adds each rival's M with `difference` (student minus it), what the scenes share, and a
    sentence to the verdict.

    A rival is the student's cell with other weights: its size and its times are the student's.
    """
    report["adaptation"] = read_json(context.parents["scene"] / "overlap.json")
    adapted = ndcg_per_user(ranks["student"].unmasked, 10)
    for role in RIVALS:
        other = ndcg_per_user(ranks[role].unmasked, 10)
        difference = paired_bootstrap(adapted, other, seed=0)
        own = {"name": role, "difference": {"ndcg@10": difference}}
        if f"hybrid-{role}" in context.parents:
            own["blend"] = read_json(context.parents[f"hybrid-{role}"] / "weights.json")
        report[role] = report["student"] | ranks[role].metrics() | own
    report["verdict"] += " " + judge_adaptation(
        source_only_ndcg=report["source_only"]["metrics"]["ndcg@10"],
        oracle_ndcg=report["oracle"]["metrics"]["ndcg@10"],
        difference=report["source_only"]["difference"]["ndcg@10"],
    )


def _ranks(scene: Scene, models: dict[str, Any], length: int) -> dict[str, Ranks]:
    held_out = evaluation_histories(scene, length=length, split="test")
    consumed = Sequences(held_out.consumed_items, held_out.consumed_offsets)
    targets = held_out.targets.astype(np.int64)
    return {
        name: rank_test_items(model, requests(held_out), targets, consumed)
        for name, model in models.items()
    }


def _baselines(scene: Scene) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    metrics, ranks = {}, {}
    for name in COUNT_BASELINES:
        ranks[name] = baseline_ranks(scene, name, split="test")
        masked = baseline_ranks(scene, name, split="test", masked=True)
        metrics[name] = metrics_from_ranks(ranks[name]) | {
            "metrics_masked": metrics_from_ranks(masked)
        }
    return metrics, ranks


def _write_ranks(
    context: StageContext, ranks: dict[str, Ranks], baselines: dict[str, np.ndarray]
) -> None:
    columns = {f"baseline.{name}": column for name, column in baselines.items()}
    for name, found in ranks.items():
        columns |= {
            name: found.unmasked,
            f"{name}.masked": found.masked,
            f"{name}.sampled": found.sampled,
        }
    np.savez(context.folder / "ranks.npz", allow_pickle=False, **columns)


def _report(
    scene: Scene,
    measured: dict[str, Any],
    baselines: dict[str, Any],
    ranks: dict[str, Ranks],
    search: dict[str, Any],
    length: int,
) -> dict[str, Any]:
    teacher, student = measured["teacher"], measured["student"]
    per_user = {name: ndcg_per_user(found.unmasked, 10) for name, found in ranks.items()}
    difference = paired_bootstrap(per_user["student"], per_user["teacher"], seed=0)
    best = max(baselines, key=lambda name: baselines[name]["ndcg@10"])
    latency, unit = _terms(search, teacher, student)
    verdict = judge(
        teacher_ndcg=teacher["metrics"]["ndcg@10"],
        student_ndcg=student["metrics"]["ndcg@10"],
        difference=difference,
        best_count=(best, baselines[best]["ndcg@10"]),
        latency=latency,
        request_speedup=teacher["latency_ms"]["p50"] / student["latency_ms"]["p50"],
        target=search["target"],
        collapsed=student["collapsed"],
    )
    return {
        "scene": _scene_facts(scene, length),
        "teacher": teacher,
        "student": student,
        "baselines": baselines,
        "speedup": {
            "p50": teacher["latency_ms"]["p50"] / student["latency_ms"]["p50"],
            "body_p50": teacher["latency_body_ms"]["p50"] / student["latency_body_ms"]["p50"],
        },
        "difference": {"ndcg@10": difference},
        "target": search["target"]
        | {"predicted_cost": search["cost"], "measured_in": unit}
        | latency,
        "findings": {
            "non_inferior": verdict.non_inferior,
            "met_target": verdict.met_target,
            "teacher_beats_counts": verdict.beats_counts,
            "best_count_baseline": best,
        },
        "verdict": verdict.sentence,
        "protocol": _protocol(),
    }


def _scene_facts(scene: Scene, length: int) -> dict[str, int]:
    return {
        "users": scene.num_users,
        "items": scene.num_items,
        "interactions": len(scene.items),
        "sequence_length": length,
    }


def _protocol() -> dict[str, Any]:
    return {
        "ranking": "test item against the whole catalogue, consumed items not masked",
        "masked": "consumed items at minus infinity",
        "sampled_100": f"against 100 random items, seed {SAMPLED_SEED}",
        "latency": f"{METHOD}, {REPEATS} repeats after {WARM_UP} warm-ups",
        "torch_threads": torch.get_num_threads(),
    }


def _terms(
    search: dict[str, Any], teacher: dict[str, Any], student: dict[str, Any]
) -> tuple[dict[str, float], str]:
    """Teacher's and student's cost on the terms of the target: measured milliseconds, or the
    counted table.
    """
    unit = search["target"]["unit"]
    if unit != "ms":
        return {"teacher": search["teacher_cost"], "student": search["cost"]}, unit
    kind = "latency_ms" if search["target"]["of"] == "request" else "latency_body_ms"
    return {"teacher": teacher[kind]["p50"], "student": student[kind]["p50"]}, unit
