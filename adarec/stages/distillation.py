"""Distil one student from the teacher: shared by the found cell, by the finalists of a search and
by the controls.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from adarec.data.scene import Scene, read_scene
from adarec.genotype import Genotype
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import run_epochs
from adarec.nets.folders import read_teacher, read_weights, write_student
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.students.student import build_student, inherit_weights
from adarec.nets.training import Training, distilled_loss
from adarec.runs.files import write_json
from adarec.stages.context import StageContext, schedule_of, training_sequences, validation_of


@dataclass(frozen=True)
class SearchedWeights:
    """State dicts that a search ends with: students of its cells start from them."""

    supernet: dict[str, Tensor]
    projections: dict[str, Tensor]


def distill(
    context: StageContext,
    genotype: Genotype,
    *,
    epochs: int,
    patience: int,
    described: dict[str, Any] | None = None,
) -> None:
    """Trains the genotype's student, from the supernet's weights, on all training prefixes.

    Leaves what `train_student` leaves; student.json with what else is `described`.
    """
    searched, scene = context.parents["search"], read_scene(context.parents["scene"])
    teacher = read_teacher(context.parents["teacher"], context.parents.get("blend"))
    start = SearchedWeights(
        read_weights(searched / "supernet.safetensors"),
        read_weights(searched / "projections.safetensors"),
    )
    training = derived_training(
        context, scene, genotype, teacher, start, epochs=epochs, patience=patience
    )
    facts = {"genotype": genotype.to_json(), **_sizes(context)} | (described or {})
    train_student(context, training, facts)


def derived_training(
    context: StageContext,
    scene: Scene,
    genotype: Genotype,
    teacher: SequenceModel,
    start: SearchedWeights,
    *,
    epochs: int,
    patience: int,
) -> Training:
    """The distillation of the genotype's student from a search's weights, ready for its first
    epoch.
    """
    sizes = _sizes(context)
    torch.manual_seed(context.seed)
    student = build_student(num_items=scene.num_items, genotype=genotype, **sizes)
    inherit_weights(student, start.supernet)
    projections = Projections(sizes["width"], teacher.hidden_width)
    projections.load_state_dict(start.projections)
    return distillation(
        context, scene, student, teacher, projections, epochs=epochs, patience=patience
    )


def distillation(
    context: StageContext,
    scene: Scene,
    student: SequenceModel,
    teacher: SequenceModel,
    projections: Projections,
    *,
    epochs: int,
    patience: int,
) -> Training:
    """The training of any student by the losses of the run, ready for its first epoch."""
    length, losses = context.settings["length"], context.settings["losses"]
    mapping = MAPPINGS[losses["mapping"]](
        student.num_layers, teacher.num_layers, seed=context.seed
    )
    batch_loss = distilled_loss(
        student,
        teacher,
        projections=projections,
        mapping=mapping,
        weights=LossWeights.from_settings(losses),
    )
    return Training(
        student,
        sequences=training_sequences(scene, context.settings),
        batch_loss=batch_loss,
        validation=validation_of(scene, length=length, seed=context.seed),
        schedule=schedule_of(
            context, context.settings["student"], epochs=epochs, patience=patience
        ),
        extra=projections,
        mapping=mapping,
    )


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


def _sizes(context: StageContext) -> dict[str, Any]:
    return {name: context.settings["student"][name] for name in ("width", "num_cells", "dropout")}
