"""Search DFA's aggregation: how much of each teacher layer a student layer should learn from."""

import numpy as np

from adarec.data.scene import Scene, read_scene
from adarec.nets.aggregation import AggregationSchedule, AggregationSearch
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import run_epochs
from adarec.nets.folders import read_teacher
from adarec.nets.losses.dfa import BridgeConnectors, aggregation_window
from adarec.nets.losses.hidden import HIDDEN_DISTANCES
from adarec.runs.files import write_json
from adarec.stages.context import CLIP_NORM, StageContext, training_sequences
from adarec.stages.distillation import chosen_cell, derived_student, searched_weights


def run(context: StageContext) -> None:
    """Leaves aggregation.json, [S, T] with rows that sum to 1, and arrays.npz. The student that
    learned beside it is left behind: students are distilled from where the search ended.
    """
    scene = read_scene(context.parents["scene"])
    search = _prepare(context, scene)
    checkpoint = Checkpoint(context.folder)
    run_epochs(search, checkpoint, context.watch)
    found = {
        "aggregation": search.aggregation,
        "window": context.settings["dfa"]["window"],
        "expressivity_scales": search.expressivity_scales,
    }
    write_json(context.folder / "aggregation.json", found)
    checkpoint.remove()


def _prepare(context: StageContext, scene: Scene) -> AggregationSearch:
    settings = context.settings
    schedule = settings["search"] | settings["dfa"]
    window, num_cells = schedule.pop("window"), settings["student"]["num_cells"]
    teacher = read_teacher(context.parents["teacher"])
    genotype, _ = chosen_cell(context)
    student, projections = derived_student(
        context, genotype, teacher, searched_weights(context), num_items=scene.num_items
    )
    outside = np.flatnonzero(~scene.architecture_slice)
    inside = np.flatnonzero(scene.architecture_slice)
    return AggregationSearch(
        student,
        teacher,
        weight_sequences=training_sequences(scene, settings, users=outside),
        slice_sequences=training_sequences(scene, settings, users=inside),
        connectors=BridgeConnectors(projections.hidden, num_cells),
        inside=aggregation_window(num_cells, teacher.num_layers, window=window),
        distance=HIDDEN_DISTANCES[settings["hidden_distance"]],
        schedule=AggregationSchedule(**schedule, clip_norm=CLIP_NORM, seed=context.seed),
    )
