"""Write pseudo-prior items in front of short histories (ASReP, Liu et al., SIGIR 2021): a SASRec
learns training prefixes backwards and then goes on with them beyond their start.

Only training prefixes are read. The oldest item of every tenth user chooses the epoch, so that
neither the validation nor the test item has a say.
"""

from typing import Any

import numpy as np
import torch

from adarec.data.pseudo_priors import (
    ReversedPrefixes,
    pseudo_counts,
    reversed_prefixes,
    with_pseudo_priors,
    write_pseudo_priors,
)
from adarec.data.scene import HELD_OUT, Scene, read_scene, write_scene
from adarec.errors import SceneError
from adarec.nets.batches import Sequences
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import PartWatch, run_epochs
from adarec.nets.folders import REVERSE_WEIGHTS, write_weights
from adarec.nets.pseudo_priors import PseudoPriors
from adarec.nets.teachers import build_teacher
from adarec.nets.training import Training, Validation, next_item_loss
from adarec.runs.files import write_json
from adarec.stages.context import (
    VALIDATION_USERS,
    StageContext,
    as_sequences,
    duration_in,
    schedule_of,
)

ONE_IN = 10  # users whose oldest item chooses the epoch
TRAINING_SHARE = 0.8  # of the stage's progress
EXAMPLES = 8  # histories that pages show


def run(context: StageContext) -> None:
    """Leaves the augmented scene (as `read_scene` reads it), pseudo_priors.parquet,
    reverse.safetensors, and augment.json.

    Raises:
        SceneError: No history has two items to learn from.
    """
    settings = context.settings
    scene = read_scene(context.parents["scene"])
    prefixes = reversed_prefixes(scene)
    training = _reverse_training(context, scene, prefixes)
    checkpoint = Checkpoint(context.folder)
    run_epochs(training, checkpoint, PartWatch(context.watch, 0.0, TRAINING_SHARE))
    training.model.load_state_dict(training.best_state)
    counts = pseudo_counts(
        scene, longest=settings["longest"], most=settings["items"], length=settings["length"]
    )
    written = _written(context, training.model, prefixes, counts)
    augmented = with_pseudo_priors(scene, written, counts)
    write_scene(augmented, context.folder)
    write_pseudo_priors(augmented, context.folder)
    write_weights(context.folder / REVERSE_WEIGHTS, training.best_state)
    facts = _facts(settings, scene, counts) | {
        "reverse_epoch": training.best_epoch,
        "reverse_ndcg@10": training.best_ndcg,
        "examples": _examples(augmented, counts, seed=context.seed),
    }
    write_json(context.folder / "augment.json", facts)
    checkpoint.remove()


def _reverse_training(context: StageContext, scene: Scene, prefixes: ReversedPrefixes) -> Training:
    """The training of the reverse model; its validation item is the oldest of some histories."""
    length, settings = context.settings["length"], context.settings["reverse"]
    sizes = {name: settings[name] for name in ("num_blocks", "width", "num_heads", "num_layers")}
    torch.manual_seed(context.seed)
    model = build_teacher(
        "sasrec",
        num_items=scene.num_items,
        length=length,
        sizes=sizes,
        dropout=settings["dropout"],
    )
    chosen = _validation_users(prefixes.lengths, context.seed)
    shown = prefixes.without_last(chosen)
    histories = shown.ends(chosen, length=length)
    return Training(
        model,
        sequences=as_sequences(shown.windows(length=length)),
        batch_loss=next_item_loss(model, sampled_items=settings.get("sampled_items", 0)),
        validation=Validation(
            Sequences(histories.items, histories.offsets), prefixes.last(chosen).astype(np.int64)
        ),
        schedule=schedule_of(context, settings, duration_in(settings)),
    )


def _validation_users(lengths: np.ndarray, seed: int) -> np.ndarray:
    """Every tenth of the users that have something left to be read when their oldest item is
    taken away, drawn by the seed.
    """
    able = np.flatnonzero(lengths >= 2)
    if not len(able):
        raise SceneError(
            "No training history of this scene has two items, so nothing can be learned about "
            "what came before. Choose --augment none."
        )
    count = min(VALIDATION_USERS, -(-len(able) // ONE_IN))
    return np.sort(np.random.default_rng([seed, 3]).choice(able, count, replace=False))


def _written(
    context: StageContext, model: SequenceModel, prefixes: ReversedPrefixes, counts: np.ndarray
) -> np.ndarray:
    """int32, the pseudo-priors of all users, packed; what a stopped try wrote is kept."""
    folder = context.folder / "writing"
    folder.mkdir(exist_ok=True)
    checkpoint = Checkpoint(folder)
    work = PseudoPriors(model.eval(), Sequences(prefixes.items, prefixes.offsets), counts)
    run_epochs(work, checkpoint, PartWatch(context.watch, TRAINING_SHARE, 1.0))
    checkpoint.remove()
    folder.rmdir()
    return work.written.numpy().astype(np.int32)


def _facts(settings: dict[str, Any], scene: Scene, counts: np.ndarray) -> dict[str, Any]:
    """What was written, in numbers."""
    real = scene.lengths - HELD_OUT
    return {
        "longest": settings["longest"],
        "items": settings["items"],
        "users": scene.num_users,
        "augmented_users": int((counts > 0).sum()),
        "pseudo_items": int(counts.sum()),
        "pseudo_share": float(counts.sum() / (counts.sum() + real.sum())),
    }


def _examples(scene: Scene, counts: np.ndarray, *, seed: int) -> list[dict[str, Any]]:
    """A few augmented training histories: item ids, titles, and how many are pseudo-priors."""
    able = np.flatnonzero(counts)
    rng = np.random.default_rng([seed, 4])
    users = np.sort(rng.choice(able, min(EXAMPLES, len(able)), replace=False))
    return [
        {
            "user_id": scene.user_ids[user],
            "pseudo": int(counts[user]),
            "item_ids": [scene.item_ids[item - 1] for item in scene.training_prefix(user)],
            "titles": [scene.titles[item - 1] for item in scene.training_prefix(user)],
        }
        for user in users
    ]
