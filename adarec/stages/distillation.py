"""Distil one derived student from the teacher: shared by the found cell and by the controls."""

from typing import Any

import torch

from adarec.data.scene import Scene, read_scene
from adarec.genotype import Genotype
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import run_epochs
from adarec.nets.folders import read_teacher, read_weights, write_student
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.students.student import build_student, inherit_weights
from adarec.nets.training import Training, distilled_loss
from adarec.runs.files import write_json
from adarec.stages.context import StageContext, schedule_of, training_sequences, validation_of


def distill(context: StageContext, genotype: Genotype, *, epochs: int, patience: int) -> None:
    """Trains the genotype's student, from the supernet's weights, on all training prefixes.

    Leaves student.safetensors, student.json, training.json and arrays.npz.
    """
    scene = read_scene(context.parents["scene"])
    training = _prepare(context, scene, genotype, epochs=epochs, patience=patience)
    checkpoint = Checkpoint(context.folder)
    run_epochs(training, checkpoint, context.watch)
    training.model.load_state_dict(training.best_state)
    described = {
        "num_items": scene.num_items,
        "genotype": genotype.to_json(),
        "length": context.settings["length"],
        **_sizes(context),
    }
    write_student(context.folder, training.model, described)
    found = {
        "best_epoch": training.best_epoch,
        "epochs": training.last_epoch,
        "validation_ndcg@10": training.best_ndcg,
    }
    write_json(context.folder / "training.json", found)
    checkpoint.remove()


def _sizes(context: StageContext) -> dict[str, Any]:
    return {name: context.settings["student"][name] for name in ("width", "num_cells", "dropout")}


def _prepare(
    context: StageContext, scene: Scene, genotype: Genotype, *, epochs: int, patience: int
) -> Training:
    length, losses = context.settings["length"], context.settings["losses"]
    settings, sizes = context.settings["student"], _sizes(context)
    teacher = read_teacher(context.parents["teacher"], context.parents.get("blend"))
    torch.manual_seed(context.seed)
    student = build_student(num_items=scene.num_items, genotype=genotype, **sizes)
    inherit_weights(student, read_weights(context.parents["search"] / "supernet.safetensors"))
    projections = Projections(sizes["width"], teacher.item_table.candidates.shape[1])
    projections.load_state_dict(
        read_weights(context.parents["search"] / "projections.safetensors")
    )
    mapping = MAPPINGS[losses["mapping"]](
        sizes["num_cells"], teacher.num_layers, seed=context.seed
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
        sequences=training_sequences(scene, length=length),
        batch_loss=batch_loss,
        validation=validation_of(scene, length=length, seed=context.seed),
        schedule=schedule_of(context, settings, epochs=epochs, patience=patience),
        extra=projections,
        mapping=mapping,
    )
