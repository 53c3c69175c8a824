"""Search the cell: train the supernet, move the alphas, evolve genotypes on its weights, and
choose among the best within the limit by a short distillation.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from adarec.data.scene import Scene, read_scene
from adarec.genotype import Genotype
from adarec.nets.batches import search_passes
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.costs import cost_model
from adarec.nets.epochs import PartWatch, run_epochs
from adarec.nets.evolution import on_front
from adarec.nets.finalists import Contender, Finalist, choose_finalists, distil_finalists
from adarec.nets.folders import write_weights
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.plain_stacks import largest_stack
from adarec.nets.prediction import Predictor, discretisation_gap
from adarec.nets.random_cells import NEAR_LIMIT, random_genotypes
from adarec.nets.search import Search
from adarec.nets.search_schedule import SearchSchedule
from adarec.nets.selection import Candidate, Target, choose_target
from adarec.nets.students.student import Supernet
from adarec.nets.students.warm_start import inherit_item_table
from adarec.nets.training import Duration, Training, Validation
from adarec.runs.files import read_json, write_json
from adarec.stages.candidate_cells import evolved_candidates, ranked_candidates
from adarec.stages.context import (
    CLIP_NORM,
    StageContext,
    read_taught,
    training_sequences,
    validation_of,
)
from adarec.stages.distillation import SearchedWeights, derived_training

# Settings of the search that `SearchSchedule` does not know.
NOT_OF_EPOCHS = (
    *("alphas", "candidates", "evolved", "finalists", "finalist_epochs", "ties"),
    *("plain_stack", "drawn_finalists"),
)
PREDICTIONS = "predictions"  # holds the checkpoint of the predictions until the stage ends
EVOLUTION_SHARE = 0.2  # of the supernet's epochs, for the fraction that is done


def run(context: StageContext) -> None:
    """Leaves the genotype, its rivals, the front, the weights of supernet and projections, and
    arrays.npz.

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
    after_epochs, after_evolution = _fractions(settings["search"], search)
    checkpoint = Checkpoint(context.folder)
    run_epochs(search, checkpoint, PartWatch(context.watch, 0.0, after_epochs))
    predictor = _predictor(context, search.supernet, validation, "slice")
    watch = PartWatch(context.watch, after_epochs, after_evolution)
    stack, drawn = _plain_stack(settings, target), _drawn(settings, target, context.seed)
    given = [*([] if stack is None else [stack]), *drawn]
    evolved = evolved_candidates(
        search, predictor, target, settings["search"], given=given, seed=context.seed, watch=watch
    )
    everyone = validation_of(scene, length=settings["length"], seed=context.seed)
    confirming = _predictor(context, search.supernet, everyone, "everyone")
    ranked = ranked_candidates(evolved, predictor, confirming, settings, watch=watch)
    watch = PartWatch(context.watch, after_evolution, 1.0)
    count = settings["search"]["finalists"]
    chosen = choose_finalists(ranked, count, stack=stack, drawn=drawn)
    finalists = _distilled(context, scene, search, chosen, watch)
    ranked = _with_first(ranked, finalists)
    known = {c.genotype: c for c in [*evolved, *ranked]}
    by_cost = sorted(known.values(), key=lambda c: (c.cost, -c.predicted_ndcg, c.genotype.ops))
    _write_cells(context.folder, ranked, finalists, by_cost)
    gap = discretisation_gap(
        confirming, ranked[0].genotype.ops, rng=np.random.default_rng([context.seed, 3])
    )
    facts = {"slice_users": len(slice_users), "validated_cells": len(evolved)}
    choice = _choice(target, ranked[0], by_cost)
    write_json(context.folder / "search.json", choice | facts | {"discretisation_gap": gap})
    write_weights(context.folder / "supernet.safetensors", search.supernet.state_dict())
    write_weights(context.folder / "projections.safetensors", search.projections.state_dict())
    _remove_checkpoints(context.folder, checkpoint)


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
        num_own_cells=_num_own_cells(settings),
    )


def _num_own_cells(settings: dict[str, Any]) -> int:
    """How many cells get alphas, and so ops, of their own; 1 where all share theirs."""
    is_per_cell = settings["search"].get("alphas", "shared") == "per-cell"
    return settings["student"]["num_cells"] if is_per_cell else 1


def _prepare(
    context: StageContext, scene: Scene, target: Target, validation: Validation
) -> Search:
    settings = context.settings
    student, losses = settings["student"], settings["losses"]
    schedule = {k: v for k, v in settings["search"].items() if k not in NOT_OF_EPOCHS}
    teacher = read_taught(context, scene)
    torch.manual_seed(context.seed)
    supernet = Supernet(
        num_items=scene.num_items,
        width=student["width"],
        num_cells=student["num_cells"],
        num_nodes=student["num_nodes"],
        dropout=student["dropout"],
        num_own_cells=_num_own_cells(settings),
    )
    projections = Projections(student["width"], teacher.hidden_width)
    inherit_item_table(supernet.student, teacher, [projections.embedding, projections.hidden])
    mapping = MAPPINGS[losses["mapping"]](
        student["num_cells"], teacher.num_layers, seed=context.seed
    )
    mapping.set_up(settings.get(losses["mapping"], {}), projections.hidden)
    outside = np.flatnonzero(~scene.architecture_slice)
    inside = np.flatnonzero(scene.architecture_slice)
    return Search(
        supernet,
        teacher,
        weight_sequences=training_sequences(scene, settings, outside),
        alpha_sequences=training_sequences(scene, settings, inside),
        validation=validation,
        projections=projections,
        mapping=mapping,
        weights=LossWeights.from_settings(losses),
        costs=target.costs,
        limit=target.limit,
        schedule=SearchSchedule(**schedule, clip_norm=CLIP_NORM, seed=context.seed),
    )


def _fractions(settings: dict[str, Any], search: Search) -> tuple[float, float]:
    """How much of the stage is done after the supernet's epochs, and after the evolution, by the
    passes over the data that each part costs.
    """
    passes = search.epochs * search_passes(search.weight_sequences)
    evolution = EVOLUTION_SHARE * passes
    finalists = settings["finalists"] + settings.get("drawn_finalists", 0)
    total = passes + evolution + finalists * settings.get("finalist_epochs", 0)
    return passes / total, (passes + evolution) / total


def _plain_stack(settings: dict[str, Any], target: Target) -> Genotype | None:
    """What a finalist has to beat: the supernet's few epochs do not show what a plain stack of
    convolutions learns in a distillation.
    """
    if not settings["search"].get("plain_stack", False):
        return None
    return largest_stack(
        target.costs,
        limit=target.limit,
        width=settings["student"]["width"],
        num_own_cells=_num_own_cells(settings),
    )


def _drawn(settings: dict[str, Any], target: Target, seed: int) -> list[Genotype]:
    """Cells that are finalists whatever is predicted of them: among cells of one cost the
    supernet's predictions say little about what a distillation makes of them.
    """
    return random_genotypes(
        target.costs,
        least=NEAR_LIMIT * target.limit,
        most=target.limit,
        count=settings["search"].get("drawn_finalists", 0),
        rng=np.random.default_rng([seed, 4]),
        num_own_cells=_num_own_cells(settings),
    )


def _distilled(
    context: StageContext,
    scene: Scene,
    search: Search,
    chosen: Sequence[Contender],
    watch: PartWatch,
) -> list[Finalist]:
    """The finalists, best first; none where there is only one."""
    if len(chosen) == 1:
        return []
    start = SearchedWeights(search.supernet.state_dict(), search.projections.state_dict())
    epochs = context.settings["search"]["finalist_epochs"]

    def prepare(genotype: Genotype) -> Training:
        return derived_training(
            context,
            scene,
            genotype,
            search.teacher,
            start,
            duration=Duration(epochs, patience=epochs),
        )

    return distil_finalists(chosen, prepare, folder=context.folder, watch=watch)


def _with_first(ranked: Sequence[Candidate], finalists: Sequence[Finalist]) -> list[Candidate]:
    """Finalists by what they proved, then the others by what is predicted."""
    first = [finalist.candidate for finalist in finalists]
    return first + [candidate for candidate in ranked if candidate not in first]


def _write_cells(
    folder: Path,
    ranked: Sequence[Candidate],
    finalists: Sequence[Finalist],
    by_cost: Sequence[Candidate],
) -> None:
    """Writes genotype.json, candidates.json (within the limit, the chosen one first),
    finalists.json, and front.json (everything validated, cheapest first).
    """
    marks = on_front([(c.cost, c.predicted_ndcg) for c in by_cost])
    front = [c.to_json() | {"on_front": mark} for c, mark in zip(by_cost, marks, strict=True)]
    write_json(folder / "genotype.json", ranked[0].genotype.to_json())
    write_json(folder / "candidates.json", [candidate.to_json() for candidate in ranked])
    write_json(folder / "finalists.json", [finalist.to_json() for finalist in finalists])
    write_json(folder / "front.json", front)


def _choice(target: Target, chosen: Candidate, by_cost: Sequence[Candidate]) -> dict[str, Any]:
    """What search.json says of the chosen cell."""
    return {
        "target": target.to_json(),
        "cost": chosen.cost,
        "teacher_cost": target.costs.teacher,
        "predicted_ndcg@10": chosen.predicted_ndcg,
        "point": by_cost.index(chosen),
    }


def _predictor(
    context: StageContext, supernet: Supernet, validation: Validation, users: str
) -> Predictor:
    folder = context.folder / PREDICTIONS / users
    folder.mkdir(parents=True, exist_ok=True)
    return Predictor(supernet, validation, Checkpoint(folder))


def _remove_checkpoints(folder: Path, checkpoint: Checkpoint) -> None:
    shutil.rmtree(folder / PREDICTIONS)
    for own in folder.glob("finalist-*"):
        shutil.rmtree(own)
    checkpoint.remove()
