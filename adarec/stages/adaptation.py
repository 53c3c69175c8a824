"""Adapt one student to a scene without labels: shared by the found cell and by the controls."""

from typing import Any

import torch
from torch import Tensor

from adarec.data.baselines import training_counts
from adarec.data.scene import Scene, read_scene
from adarec.data.sequences import training_windows
from adarec.genotype import Genotype
from adarec.nets.adaptation import (
    Adaptation,
    PseudoLabelling,
    Unlabelled,
    history_loss,
    labelled_loss,
)
from adarec.nets.batches import Sequences
from adarec.nets.encoding import SequenceModel
from adarec.nets.folders import read_weights
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.training import Duration, Training, distilled_loss
from adarec.stages.context import (
    StageContext,
    read_taught,
    schedule_of,
    training_sequences,
    validation_of,
)
from adarec.stages.distillation import (
    derived_student,
    mapping_of,
    searched_weights,
    student_facts,
    train_student,
)


def adapt(
    context: StageContext,
    genotype: Genotype,
    *,
    duration: Duration,
    described: dict[str, Any] | None = None,
) -> None:
    """Trains the genotype's student on the labels of the parent `scene` and on the histories of
    the parent `target`.

    Leaves what `distill` leaves. With the paradigm `source`, or with `both` and `target_weight` 0,
    that is bit for bit what `distill` leaves of the scene alone.
    """
    source = read_scene(context.parents["scene"])
    teacher = read_taught(context, source)
    start = searched_weights(context)
    student, projections = derived_student(
        context, genotype, teacher, start, num_items=source.num_items
    )
    if context.settings["adaptation"]["paradigm"] == "warm":
        learned = context.parents["undistilled"] / "student.safetensors"
        student.load_state_dict(read_weights(learned))
    training = adaptation(context, source, student, teacher, projections, duration=duration)
    train_student(context, training, student_facts(context, genotype) | (described or {}))


def adaptation(
    context: StageContext,
    scene: Scene,
    student: SequenceModel,
    teacher: SequenceModel,
    projections: Projections,
    *,
    duration: Duration,
) -> Training:
    """The training of any student on the labels of `scene` and on the histories of the parent
    `target`, ready for its first epoch.
    """
    length = context.settings["length"]
    chosen = context.settings["adaptation"]
    histories = histories_of(read_scene(context.parents["target"]), length=length)
    labelling = PseudoLabelling(
        weight=chosen.get("pseudo", 0.0),
        quantile=chosen.get("pseudo_quantile", 0.0),
        allowed=learned_items(scene),
        repeat=histories.repeat,
    )
    mapping = mapping_of(context, student, teacher, projections)
    weights = LossWeights.from_settings(context.settings["losses"])
    heard: dict[str, Any] = {
        "projections": projections,
        "mapping": mapping,
        "weights": weights,
    }
    on_source = distilled_loss(student, teacher, **heard)
    if chosen["paradigm"] == "target":
        on_source = labelled_loss(student, weight=weights.task)
    return Adaptation(
        student,
        sequences=training_sequences(scene, context.settings),
        batch_loss=on_source,
        validation=validation_of(scene, length=length, seed=context.seed),
        schedule=schedule_of(context, context.settings["student"], duration),
        extra=projections,
        mapping=mapping,
        histories=histories,
        history_loss=history_loss(student, teacher, labelling=labelling, **heard),
        target_weight=chosen.get("target_weight", 0.0),
    )


def histories_of(scene: Scene, *, length: int) -> Unlabelled:
    """The inputs of the scene's training windows; what follows them is left out here."""
    windows = training_windows(scene, length=length)
    return Unlabelled(Sequences(windows.items, windows.offsets))


def learned_items(scene: Scene) -> Tensor:
    """[V] True for the items of the scene's training prefixes."""
    return torch.from_numpy(training_counts(scene)[1:] > 0)
