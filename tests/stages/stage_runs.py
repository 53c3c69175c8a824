"""Stages run one after the other without a workspace, on scenes whose users share no item."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adarec.data.scene import HELD_OUT, Scene, write_scene
from adarec.data.sequences import offsets_of
from adarec.plan import ScenePart, plan_run
from adarec.stages import STAGES
from adarec.stages.context import StageContext
from tests.finished_run import small_settings
from tests.nets.small_models import Notes

NUM_USERS, OWN_ITEMS, LENGTH = 15, 4, 9
BEFORE_MEASURE = ("costs", "teacher", "search", "student")


@dataclass(frozen=True)
class StageRun:
    """Folders and records of a chain of stages, by role."""

    folders: dict[str, Path]
    notes: dict[str, Notes]


def own_items_scene(
    *, test_shift: int = 0, validation_shift: int = 0, shortest: int = LENGTH
) -> Scene:
    """15 users, each with four items of their own in turn; the held-out two are items that the
    user never had before, so that one seen anywhere else has leaked.

    User u trains on 6u + 1 … 6u + 4, is validated on 6u + 5 and tested on 6u + 6. A shift takes
    that many users further for the held-out item.
    """
    block, num_items = OWN_ITEMS + HELD_OUT, NUM_USERS * (OWN_ITEMS + HELD_OUT)
    histories = []
    for user in range(NUM_USERS):
        prefix = [block * user + 1 + step % OWN_ITEMS for step in range(shortest + user % 3)]
        validation = block * ((user + validation_shift) % NUM_USERS) + OWN_ITEMS + 1
        test = block * ((user + test_shift) % NUM_USERS) + OWN_ITEMS + 2
        histories.append([*prefix, validation, test])
    return scene_of(histories, num_items=num_items)


def scene_of(histories: list[list[int]], *, num_items: int, length: int = LENGTH) -> Scene:
    """The scene of these histories; every fifth user is in the architecture slice."""
    items = np.concatenate(histories).astype(np.int32)
    return Scene(
        items=items,
        offsets=offsets_of(np.array([len(history) for history in histories])),
        times=np.arange(len(items), dtype=float),
        architecture_slice=np.arange(len(histories)) % 5 == 2,
        item_ids=[f"i{i}" for i in range(1, num_items + 1)],
        titles=[None] * num_items,
        user_ids=[f"u{u}" for u in range(len(histories))],
        summary={"training_length_p90": length},
    )


def run_stages(
    scene: Scene, folder: Path, *, roles: tuple[str, ...] = BEFORE_MEASURE, **changed: object
) -> StageRun:
    """Runs the stages of these roles on `scene`, each in a folder of its own."""
    settings = small_settings(
        **{
            "teacher__epochs": 2,
            "teacher__width": 16,
            "student__epochs": 2,
            "search__epochs": 2,
            "search__batch_positions": 64,
            "teacher__batch_positions": 64,
            "student__batch_positions": 64,
            "speedup": 2,
        }
        | changed
    )
    part = ScenePart("scene", scene.num_items, scene.summary["training_length_p90"])
    folders, notes = {"scene": folder / "scene"}, {}
    by_key = {part.key: folders["scene"]}
    folders["scene"].mkdir(parents=True)
    write_scene(scene, folders["scene"])
    for step in plan_run(settings, part, machine="test"):
        if step.role not in roles:
            continue
        folders[step.role], notes[step.role] = folder / step.role, Notes()
        by_key[step.key] = folders[step.role]
        folders[step.role].mkdir()
        STAGES[step.stage](
            StageContext(
                folder=folders[step.role],
                parents={role: by_key[key] for role, key in step.parents.items()},
                settings=step.to_json()["settings"],
                seed=step.seed,
                watch=notes[step.role],
                say=lambda message, fraction: None,
            )
        )
    return StageRun(folders, notes)
