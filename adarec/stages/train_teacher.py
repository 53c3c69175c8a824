"""Train the heavy model on all training prefixes; the validation item chooses the epoch."""

from typing import Any

import torch

from adarec.data.scene import Scene, read_scene
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import EpochWork, run_epochs
from adarec.nets.folders import REVERSE_WEIGHTS, read_weights, write_teacher
from adarec.nets.masked import InTurn, MaskedTraining, masked_epochs, masked_item_loss
from adarec.nets.teachers import SHAPE, build_teacher
from adarec.nets.training import Duration, Training, next_item_loss
from adarec.runs.files import write_json
from adarec.stages.context import StageContext, schedule_of, training_sequences, validation_of


def run(context: StageContext) -> None:
    """Leaves teacher.safetensors, teacher.json and training.json."""
    settings, length = context.settings["teacher"], context.settings["length"]
    scene = read_scene(context.parents["scene"])
    sizes = {name: settings[name] for name in SHAPE if name in settings}
    torch.manual_seed(context.seed)
    teacher = build_teacher(
        settings["name"],
        num_items=scene.num_items,
        length=length,
        sizes=sizes,
        dropout=settings["dropout"],
    )
    if context.settings.get("start") == "reverse":
        teacher.load_state_dict(read_weights(context.parents["scene"] / REVERSE_WEIGHTS))
    work, training = _work(context, scene, teacher)
    checkpoint = Checkpoint(context.folder)
    run_epochs(work, checkpoint, context.watch)
    teacher.load_state_dict(training.best_state)
    described = {
        "name": settings["name"],
        "num_items": scene.num_items,
        "length": length,
        "sizes": sizes,
        "dropout": settings["dropout"],
    }
    write_teacher(context.folder, teacher, described)
    write_json(
        context.folder / "training.json",
        {"best_epoch": training.best_epoch, "validation_ndcg@10": training.best_ndcg},
    )
    checkpoint.remove()


def _work(
    context: StageContext, scene: Scene, teacher: SequenceModel
) -> tuple[EpochWork, Training]:
    """All epochs, and the training among them that has the best epoch: that on the next item.

    A plan holds the settings of masked training for those teachers only that have it, and those of
    a softmax that is not the whole one only where it is used.
    """
    settings, length = context.settings["teacher"], context.settings["length"]
    given: dict[str, Any] = {
        "sequences": training_sequences(scene, context.settings),
        "validation": validation_of(scene, length=length, seed=context.seed),
    }
    drawn = settings.get("sampled_items", 0)
    masked = masked_epochs(settings["epochs"], settings.get("masked_share", 0.0))
    next_item = Training(
        teacher,
        batch_loss=next_item_loss(teacher, sampled_items=drawn),
        schedule=schedule_of(
            context, settings, Duration(settings["epochs"] - masked, settings["patience"])
        ),
        **given,
    )
    if not masked:
        return next_item, next_item
    on_masked_items = MaskedTraining(
        teacher,
        batch_loss=masked_item_loss(
            teacher, mask_probability=settings["mask_probability"], sampled_items=drawn
        ),
        schedule=schedule_of(context, settings, Duration(masked, patience=masked)),
        **given,
    )
    return InTurn([on_masked_items, next_item]), next_item
