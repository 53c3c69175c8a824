"""Search the cell: train the supernet, move the alphas, choose the best cell within the limit."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from adarec.data.scene import Scene, read_scene
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.costs import cost_model
from adarec.nets.epochs import run_epochs
from adarec.nets.folders import read_teacher, write_weights
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.search import Search, SearchSchedule
from adarec.nets.selection import (
    Candidate,
    Target,
    choose_target,
    draw_candidates,
    rank_candidates,
)
from adarec.nets.students.student import Supernet
from adarec.nets.students.warm_start import inherit_item_table
from adarec.nets.training import Validation
from adarec.runs.files import read_json, write_json
from adarec.stages.context import CLIP_NORM, StageContext, training_sequences, validation_of


def run(context: StageContext) -> None:
    """Leaves the genotype, its rivals, the weights of supernet and projections, and arrays.npz.

    Raises:
        TargetError: The speed-up asked for is out of reach.
    """
    settings = context.settings
    scene = read_scene(context.parents["scene"])
    target = target_of(settings, context.parents)
    slice_users = np.flatnonzero(scene.architecture_slice)
    validation = validation_of(
        scene, length=settings["length"], seed=context.seed, users=slice_users
    )
    search = _prepare(context, scene, target, validation)
    checkpoint = Checkpoint(context.folder)
    run_epochs(search, checkpoint, context.watch)
    context.say("Comparing candidate cells", 0.99)
    ranked = _ranked(
        search.supernet, validation, target, settings["search"]["candidates"], context.seed
    )
    best = ranked[0]
    write_json(context.folder / "genotype.json", best.genotype.to_json())
    write_json(
        context.folder / "candidates.json", [_candidate_json(candidate) for candidate in ranked]
    )
    write_json(
        context.folder / "search.json",
        {
            "target": target.to_json(),
            "cost": best.cost,
            "teacher_cost": target.costs.teacher,
            "predicted_ndcg@10": best.predicted_ndcg,
            "slice_users": len(slice_users),
        },
    )
    write_weights(context.folder / "supernet.safetensors", search.supernet.state_dict())
    write_weights(context.folder / "projections.safetensors", search.projections.state_dict())
    checkpoint.remove()


def target_of(settings: dict[str, Any], parents: dict[str, Path]) -> Target:
    """The cost limit of a search, from its settings and its cost table alone.

    A run asks for it as soon as the table is there, before hours go into a teacher.

    Raises:
        TargetError: The speed-up asked for is out of reach.
    """
    table = read_json(parents["costs"] / "costs.json")
    return choose_target(
        cost_model(table, of_body=False),
        cost_model(table, of_body=True),
        speedup=settings["speedup"],
        default=settings["default_speedup"],
    )


def _prepare(
    context: StageContext, scene: Scene, target: Target, validation: Validation
) -> Search:
    settings = context.settings
    student, losses, schedule = settings["student"], settings["losses"], dict(settings["search"])
    schedule.pop("candidates")
    teacher = read_teacher(context.parents["teacher"], context.parents.get("blend"))
    torch.manual_seed(context.seed)
    supernet = Supernet(
        num_items=scene.num_items,
        width=student["width"],
        num_cells=student["num_cells"],
        num_nodes=student["num_nodes"],
        dropout=student["dropout"],
    )
    projections = Projections(student["width"], teacher.hidden_width)
    inherit_item_table(supernet.student, teacher, [projections.embedding, projections.hidden])
    outside = np.flatnonzero(~scene.architecture_slice)
    inside = np.flatnonzero(scene.architecture_slice)
    return Search(
        supernet,
        teacher,
        weight_sequences=training_sequences(scene, settings, outside),
        alpha_sequences=training_sequences(scene, settings, inside),
        validation=validation,
        projections=projections,
        mapping=MAPPINGS[losses["mapping"]](
            student["num_cells"], teacher.num_layers, seed=context.seed
        ),
        weights=LossWeights.from_settings(losses),
        costs=target.costs,
        limit=target.limit,
        schedule=SearchSchedule(**schedule, clip_norm=CLIP_NORM, seed=context.seed),
    )


def _ranked(
    supernet: Supernet, validation: Validation, target: Target, count: int, seed: int
) -> list[Candidate]:
    rng = np.random.default_rng([seed, 1])
    drawn = draw_candidates(
        supernet.alphas, target.costs, limit=target.limit, count=count, rng=rng
    )
    return rank_candidates(supernet, drawn, validation, target.costs, limit=target.limit)


def _candidate_json(candidate: Candidate) -> dict[str, object]:
    return {
        "genotype": candidate.genotype.to_json(),
        "cost": candidate.cost,
        "predicted_ndcg@10": candidate.predicted_ndcg,
        "within_limit": candidate.within_limit,
    }
