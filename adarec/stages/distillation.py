"""Distil one student from the teacher: shared by the found cell, by the finalists of a search, by
the controls and by adaptation.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from adarec.data.scene import Scene, read_scene
from adarec.genotype import Genotype
from adarec.nets.batches import Sequences
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import run_epochs
from adarec.nets.folders import read_weights, write_student
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS, Mapping
from adarec.nets.students.student import Student, build_student, inherit_weights
from adarec.nets.training import Duration, Training, Validation, distilled_loss, next_item_loss
from adarec.runs.files import read_json, write_json
from adarec.runs.front import front_point
from adarec.stages.context import (
    StageContext,
    read_taught,
    schedule_of,
    training_sequences,
    validation_of,
)


@dataclass(frozen=True)
class SearchedWeights:
    """State dicts that a search ends with: students of its cells start from them."""

    supernet: dict[str, Tensor]
    projections: dict[str, Tensor]


# Labelled windows, and the validation items that choose the epoch.
Learned = tuple[Sequences, Validation]


def distill(
    context: StageContext,
    genotype: Genotype,
    *,
    duration: Duration,
    described: dict[str, Any] | None = None,
    learned: Learned | None = None,
) -> None:
    """Trains the genotype's student, from the supernet's weights, on all training prefixes.

    Leaves what `train_student` leaves; student.json with what else is `described`.

    Args:
        context: The stage's; its parent `scene` is read.
        genotype: The student's cell.
        duration: How long.
        described: Further facts of the student.
        learned: What it learns in place of the scene.
    """
    scene = read_scene(context.parents["scene"])
    teacher = read_taught(context, scene)
    training = derived_training(
        context,
        scene,
        genotype,
        teacher,
        searched_weights(context),
        duration=duration,
        learned=learned,
    )
    train_student(context, training, student_facts(context, genotype) | (described or {}))


def chosen_cell(context: StageContext) -> tuple[Genotype, dict[str, Any]]:
    """The cell that the search chose; or that of a point of its front, with what student.json says
    of it: which point, and what it costs.

    Raises:
        RunError: The front has no such point.
    """
    searched = context.parents["search"]
    if "point" not in context.settings:
        return Genotype.from_json(read_json(searched / "genotype.json")), {}
    found = front_point(searched, context.settings["point"])
    return found.genotype, {"point": found.point, "cost": found.cost}


def searched_weights(context: StageContext) -> SearchedWeights:
    """The weights in the folder of the parent `search`."""
    searched = context.parents["search"]
    return SearchedWeights(
        read_weights(searched / "supernet.safetensors"),
        read_weights(searched / "projections.safetensors"),
    )


def train_alone(context: StageContext, genotype: Genotype, *, duration: Duration) -> None:
    """Trains the genotype's student on the task loss only, from fresh weights: nothing comes from
    the teacher. Leaves what `train_student` leaves.
    """
    length = context.settings["length"]
    scene = read_scene(context.parents["scene"])
    torch.manual_seed(context.seed)
    student = build_student(num_items=scene.num_items, genotype=genotype, **student_sizes(context))
    training = Training(
        student,
        sequences=training_sequences(scene, context.settings),
        batch_loss=next_item_loss(student),
        validation=validation_of(scene, length=length, seed=context.seed),
        schedule=schedule_of(context, context.settings["student"], duration),
    )
    train_student(context, training, student_facts(context, genotype))


def derived_training(
    context: StageContext,
    scene: Scene,
    genotype: Genotype,
    teacher: SequenceModel,
    start: SearchedWeights,
    *,
    duration: Duration,
    learned: Learned | None = None,
) -> Training:
    """The distillation of the genotype's student from a search's weights, ready for its first
    epoch.
    """
    student, projections = derived_student(
        context, genotype, teacher, start, num_items=scene.num_items
    )
    return distillation(
        context,
        scene,
        student,
        teacher,
        projections,
        duration=duration,
        learned=learned,
    )


def derived_student(
    context: StageContext,
    genotype: Genotype,
    teacher: SequenceModel,
    start: SearchedWeights,
    *,
    num_items: int,
) -> tuple[Student, Projections]:
    """The genotype's student and the projections, both with a search's weights."""
    sizes = student_sizes(context)
    torch.manual_seed(context.seed)
    student = build_student(num_items=num_items, genotype=genotype, **sizes)
    inherit_weights(student, start.supernet)
    projections = Projections(sizes["width"], teacher.hidden_width)
    projections.load_state_dict(start.projections)
    return student, projections


def distillation(
    context: StageContext,
    scene: Scene,
    student: SequenceModel,
    teacher: SequenceModel,
    projections: Projections,
    *,
    duration: Duration,
    learned: Learned | None = None,
) -> Training:
    """The training of any student by the losses of the run, ready for its first epoch."""
    length = context.settings["length"]
    mapping = mapping_of(context, student, teacher, projections)
    weights = LossWeights.from_settings(context.settings["losses"])
    if learned is not None:  # not only the log that the counts were taken from
        weights = replace(weights, leave_one_out=False)
    batch_loss = distilled_loss(
        student,
        teacher,
        projections=projections,
        mapping=mapping,
        weights=weights,
    )
    sequences, validation = learned or (
        training_sequences(scene, context.settings),
        validation_of(scene, length=length, seed=context.seed),
    )
    return Training(
        student,
        sequences=sequences,
        batch_loss=batch_loss,
        validation=validation,
        schedule=schedule_of(context, context.settings["student"], duration),
        extra=projections,
        mapping=mapping,
    )


def mapping_of(
    context: StageContext,
    student: SequenceModel,
    teacher: SequenceModel,
    projections: Projections,
) -> Mapping:
    """The run's layer mapping, set up with its own settings and what its own stage has found."""
    name = context.settings["losses"]["mapping"]
    mapping = MAPPINGS[name](student.num_layers, teacher.num_layers, seed=context.seed)
    found = dict(context.settings.get(name, {}))
    if "aggregation" in context.parents:
        found |= read_json(context.parents["aggregation"] / "aggregation.json")
    mapping.set_up(found, projections.hidden)
    return mapping


def train_student(context: StageContext, training: Training, described: dict[str, Any]) -> None:
    """Runs or resumes the training and writes the student of its best epoch.

    Leaves student.safetensors, student.json, training.json and arrays.npz.
    """
    checkpoint = Checkpoint(context.folder)
    run_epochs(training, checkpoint, context.watch)
    student = training.model
    student.load_state_dict(training.best_state)
    num_items = len(student.item_table.candidates)
    facts = {"num_items": num_items, "length": context.settings["length"]}
    write_student(context.folder, student, facts | described)
    found = {
        "best_epoch": training.best_epoch,
        "epochs": training.last_epoch,
        "validation_ndcg@10": training.best_ndcg,
    }
    write_json(context.folder / "training.json", found)
    checkpoint.remove()


def student_facts(context: StageContext, genotype: Genotype) -> dict[str, Any]:
    """What student.json says of a student with this cell."""
    return {"genotype": genotype.to_json(), **student_sizes(context)}


def student_sizes(context: StageContext) -> dict[str, Any]:
    """What `build_student` needs beside the genotype and the catalogue."""
    return {name: context.settings["student"][name] for name in ("width", "num_cells", "dropout")}
