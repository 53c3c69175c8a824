"""Distil a control: a student to compare the found one with.

Cells of equal cost (random ones, a plain stack of convolutions; all score alike), the all-skip
cell and given cells are distilled like the found one, from the supernet's weights and for as many
epochs. What cannot start from those weights may learn for as many passes more as the search took:
a GRU and a SASRec as wide as a request of theirs costs what one of the found student costs,
distilled, and the found student anew, without any distillation.
"""

from typing import Any

import numpy as np
import torch

from adarec.data.scene import read_scene
from adarec.genotype import Genotype
from adarec.nets.batches import search_passes
from adarec.nets.hand_made import (
    ARCHITECTURES,
    build_hand_made,
    hand_made_sizes,
    nearest_widths,
)
from adarec.nets.losses.distillation import Projections
from adarec.nets.selection import all_skip
from adarec.nets.students.warm_start import inherit_item_table
from adarec.nets.training import Duration
from adarec.runs.files import read_epoch_arrays, read_json, write_json
from adarec.stages.adaptation import adapt, adaptation
from adarec.stages.context import StageContext, read_taught, training_sequences
from adarec.stages.distillation import distill, distillation, train_alone, train_student


def run(context: StageContext) -> None:
    """Leaves what `distill` (or `adapt`) leaves, and control.json."""
    name, duration = context.settings["control"], _as_long_as_the_student(context)
    if name in ARCHITECTURES:
        _distill_hand_made(context, name, duration)
    elif name == "no-distillation":
        genotype = _found_cell(context)
        _describe(context, genotype=genotype.to_json())
        train_alone(context, genotype, duration=duration)
    else:
        genotype = _control_genotype(context, name)
        _describe(context, genotype=genotype.to_json())
        # A control of an adaptation is adapted, too: only the student may differ.
        train = adapt if _is_adapted(context) else distill
        train(context, genotype, duration=duration)


def _as_long_as_the_student(context: StageContext) -> Duration:
    """The learning rate falls as the student's did, and the last epoch is the student's: where it
    stopped early, so does a control. What cannot start from the supernet's weights learns longer,
    by as many passes over the data as the search took.
    """
    trained = read_json(context.parents["student"] / "training.json")["epochs"]
    more = 0
    if context.settings.get("search_epochs", 0):
        searched = read_epoch_arrays(context.parents["search"]).epochs  # it may have ended early
        more = len(searched) * _passes(context)
    epochs = context.settings["student"]["epochs"] + more
    return Duration(epochs, patience=epochs, last=trained + more)


def _passes(context: StageContext) -> int:
    """Passes over the data in an epoch of the search, which has several on a small scene."""
    scene = read_scene(context.parents["scene"])
    searched = np.flatnonzero(~scene.architecture_slice)
    return search_passes(training_sequences(scene, context.settings, searched))


def _is_adapted(context: StageContext) -> bool:
    return "target" in context.parents


def _describe(context: StageContext, **facts: Any) -> None:
    write_json(context.folder / "control.json", {"name": context.settings["control"], **facts})


def _found_cell(context: StageContext) -> Genotype:
    """The student's own cell or cells: the search's choice, or a point of its front."""
    return Genotype.from_json(read_json(context.parents["student"] / "student.json")["genotype"])


def _control_genotype(context: StageContext, name: str) -> Genotype:
    found = _found_cell(context)
    if "ops" in context.settings:
        return Genotype(found.num_nodes, tuple(context.settings["ops"]))
    if name == "all-skip":
        return all_skip(found.num_nodes)
    matched = read_json(context.parents["matched"] / "matched.json")["cells"]
    place = 0 if name == "cnn" else int(name.rsplit("-", 1)[1]) - 1
    # Where fewer cells of about this cost exist than are asked for, they come again.
    return Genotype.from_json(matched[place % len(matched)]["genotype"])


def _distill_hand_made(context: StageContext, name: str, duration: Duration) -> None:
    """One block as wide as costs what the found student costs, scoring included; its item table
    starts as the supernet's did, from the teacher's.
    """
    costs = read_json(context.parents["hand_made"] / "costs.json")
    found_cost, table = costs["student"], costs[name]
    width = nearest_widths(table, cost=found_cost)[0]
    _describe(context, genotype=None, width=width, cost=table[str(width)], found_cost=found_cost)
    scene, length = read_scene(context.parents["scene"]), context.settings["length"]
    teacher = read_taught(context, scene)
    dropout = context.settings["student"]["dropout"]
    torch.manual_seed(context.seed)
    student = build_hand_made(
        name, num_items=scene.num_items, length=length, width=width, dropout=dropout
    )
    projections = Projections(width, teacher.hidden_width)
    inherit_item_table(student, teacher, [projections.embedding, projections.hidden])
    prepared = adaptation if _is_adapted(context) else distillation
    training = prepared(context, scene, student, teacher, projections, duration=duration)
    described = {
        "genotype": None,
        "model": ARCHITECTURES[name],
        "sizes": hand_made_sizes(width),
        "dropout": dropout,
    }
    train_student(context, training, described)
