"""What a stage is given, and how it reads its scene."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adarec.data.scene import Scene
from adarec.data.sequences import Histories, Windows, evaluation_histories, training_windows
from adarec.data.transitions import transition_pairs
from adarec.nets.batches import Sequences
from adarec.nets.counts import CountBlend
from adarec.nets.encoding import PRECISIONS, SequenceModel
from adarec.nets.epochs import Watch
from adarec.nets.folders import read_teacher
from adarec.nets.training import Duration, TrainingSchedule, Validation

CLIP_NORM = 5.0
VALIDATION_USERS = 4096  # at most so many users choose the epoch; a seeded sample of larger scenes


@dataclass(frozen=True)
class StageContext:
    """Settings and folders of one stage.

    Attributes:
        folder: What the stage fills; checkpoints of an earlier try may be there.
        parents: Role -> complete folder.
        settings: The step's settings.
        seed: The step's seed.
        watch: Hears of batches and epochs, and raises StopRequested.
        say: Tells what happens now, with the fraction done.
    """

    folder: Path
    parents: dict[str, Path]
    settings: dict[str, Any]
    seed: int
    watch: Watch
    say: Callable[[str, float], None]


def read_taught(context: StageContext, scene: Scene) -> SequenceModel:
    """The frozen teacher that a student hears, in the precision of the settings, blended where the
    stage has a blend: its counts are those of `scene`, the stage's own.
    """
    teacher = read_teacher(context.parents["teacher"], context.parents.get("blend"))
    teacher.precision = PRECISIONS[context.settings["losses"].get("teacher_precision", "float32")]
    if isinstance(teacher.blend, CountBlend):
        teacher.blend.knows_pairs(transition_pairs(scene))
    return teacher


def training_sequences(
    scene: Scene, settings: dict[str, Any], users: np.ndarray | None = None
) -> Sequences:
    """Windows of the training prefixes of all (or the given) users, with targets, as a stage's
    settings want them.
    """
    return as_sequences(
        training_windows(
            scene,
            length=settings["length"],
            users=users,
            train_on_pseudo=settings.get("train_on_pseudo", False),
        )
    )


def as_sequences(windows: Windows) -> Sequences:
    """Windows as batches are packed from."""
    return Sequences(windows.items, windows.offsets, windows.targets, windows.pseudo)


def requests(histories: Histories) -> Sequences:
    """What a request would hold for each user."""
    return Sequences(histories.items, histories.offsets)


def validation_of(
    scene: Scene, *, length: int, seed: int, users: np.ndarray | None = None
) -> Validation:
    """The validation item of the given users; of a seeded sample of `VALIDATION_USERS` where there
    are more.
    """
    chosen = np.arange(scene.num_users) if users is None else users
    if len(chosen) > VALIDATION_USERS:
        chosen = np.sort(
            np.random.default_rng(seed).choice(chosen, VALIDATION_USERS, replace=False)
        )
    histories = evaluation_histories(scene, length=length, split="validation", users=chosen)
    return Validation(requests(histories), histories.targets.astype(np.int64))


def duration_in(settings: dict[str, Any]) -> Duration:
    """The epochs and the patience in a teacher's or student's settings."""
    return Duration(settings["epochs"], settings["patience"])


def schedule_of(
    context: StageContext, settings: dict[str, Any], duration: Duration
) -> TrainingSchedule:
    """The training schedule in a teacher's or student's settings."""
    return TrainingSchedule(
        duration=duration,
        learning_rate=settings["learning_rate"],
        weight_decay=settings["weight_decay"],
        batch_positions=settings["batch_positions"],
        clip_norm=CLIP_NORM,
        seed=context.seed,
    )
