"""Distil one derived student from the teacher: shared by the found cell and by the controls."""

import torch

from adarec.data.scene import read_scene
from adarec.genotype import Genotype
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import run_epochs
from adarec.nets.folders import read_teacher, read_weights, write_student
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.students.student import build_student, inherit_weights
from adarec.nets.training import Training, TrainingSchedule, distilled_loss
from adarec.runs.files import write_json
from adarec.stages.context import StageContext, training_sequences, validation_of

CLIP_NORM = 5.0


def distill(context: StageContext, genotype: Genotype, *, epochs: int, patience: int) -> None:
    """Trains the genotype's student, from the supernet's weights, on all training prefixes.

    Leaves student.safetensors, student.json, training.json and arrays.npz.
    """
    settings, length = context.settings, context.settings["length"]
    student_settings, losses = settings["student"], settings["losses"]
    scene = read_scene(context.parents["scene"])
    teacher = read_teacher(context.parents["teacher"])
    torch.manual_seed(context.seed)
    sizes = {name: student_settings[name] for name in ("width", "num_cells", "dropout")}
    student = build_student(num_items=scene.num_items, genotype=genotype, **sizes)
    inherit_weights(student, read_weights(context.parents["search"] / "supernet.safetensors"))
    projections = Projections(sizes["width"], teacher.item_table.candidates.shape[1])
    mapping = MAPPINGS[losses["mapping"]](sizes["num_cells"], teacher.num_layers)
    training = Training(
        student,
        sequences=training_sequences(scene, length=length),
        batch_loss=distilled_loss(
            student,
            teacher,
            projections=projections,
            mapping=mapping,
            weights=LossWeights.from_settings(losses),
        ),
        validation=validation_of(scene, length=length, seed=context.seed),
        schedule=TrainingSchedule(
            epochs=epochs,
            patience=patience,
            learning_rate=student_settings["learning_rate"],
            weight_decay=student_settings["weight_decay"],
            batch_positions=student_settings["batch_positions"],
            clip_norm=CLIP_NORM,
            seed=context.seed,
        ),
        extra=projections,
        mapping=mapping,
    )
    checkpoint = Checkpoint(context.folder)
    run_epochs(training, checkpoint, context.watch)
    student.load_state_dict(training.best_state)
    described = {
        "num_items": scene.num_items,
        "genotype": genotype.to_json(),
        "length": length,
        **sizes,
    }
    write_student(context.folder, student, described)
    write_json(
        context.folder / "training.json",
        {
            "best_epoch": training.best_epoch,
            "epochs": training.last_epoch,
            "validation_ndcg@10": training.best_ndcg,
        },
    )
    checkpoint.remove()
