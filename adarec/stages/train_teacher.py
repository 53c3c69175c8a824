"""Train the heavy model on all training prefixes; the validation item chooses the epoch."""

import torch

from adarec.data.scene import read_scene
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import run_epochs
from adarec.nets.folders import write_teacher
from adarec.nets.teachers import build_teacher
from adarec.nets.training import Training, next_item_loss
from adarec.runs.files import write_json
from adarec.stages.context import StageContext, schedule_of, training_sequences, validation_of


def run(context: StageContext) -> None:
    """Leaves teacher.safetensors, teacher.json and training.json."""
    settings, length = context.settings["teacher"], context.settings["length"]
    scene = read_scene(context.parents["scene"])
    sizes = {name: settings[name] for name in ("num_blocks", "width", "num_heads", "num_layers")}
    torch.manual_seed(context.seed)
    teacher = build_teacher(
        settings["name"],
        num_items=scene.num_items,
        length=length,
        sizes=sizes,
        dropout=settings["dropout"],
    )
    training = Training(
        teacher,
        sequences=training_sequences(scene, length=length),
        batch_loss=next_item_loss(teacher),
        validation=validation_of(scene, length=length, seed=context.seed),
        schedule=schedule_of(
            context, settings, epochs=settings["epochs"], patience=settings["patience"]
        ),
    )
    checkpoint = Checkpoint(context.folder)
    run_epochs(training, checkpoint, context.watch)
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
