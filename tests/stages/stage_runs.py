"""Stages run one after the other without a workspace, on scenes whose users share no item."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adarec.config import adapt_settings
from adarec.data.scene import HELD_OUT, Scene, write_scene
from adarec.data.sequences import offsets_of
from adarec.plan import ScenePart, Step, plan_adaptation, plan_run
from adarec.runs.files import write_json
from adarec.stages import STAGES
from adarec.stages.context import StageContext
from tests.finished_run import SMALL, small_settings
from tests.nets.small_models import Notes

NUM_USERS, OWN_ITEMS, LENGTH = 15, 4, 9
SCENE_KEY = "scene"
BEFORE_MEASURE = ("costs", "teacher", "search", "student")
TINY: dict[str, object] = {
    "teacher__epochs": 2,
    "teacher__width": 16,
    "student__epochs": 2,
    "search__epochs": 2,
    "search__batch_positions": 64,
    "teacher__batch_positions": 64,
    "student__batch_positions": 64,
    "speedup": 2,
}


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


def steps_of(scene: Scene, **changed: object) -> list[Step]:
    """The plan of a run of `scene` at sizes that take seconds, with changes by dotted key."""
    settings = small_settings(**TINY | changed)
    part = ScenePart(SCENE_KEY, scene.num_items, scene.summary["training_length_p90"])
    return plan_run(settings, part, machine="test")


def run_stage(step: Step, folder: Path, parents: dict[str, Path], watch: Notes) -> None:
    """Runs one stage in `folder`, or goes on with it."""
    folder.mkdir(exist_ok=True)
    STAGES[step.stage](
        StageContext(
            folder=folder,
            parents={role: parents[role] for role in step.parents},
            settings=step.to_json()["settings"],
            seed=step.seed,
            watch=watch,
            say=lambda message, fraction: None,
        )
    )


def run_stages(
    scene: Scene, folder: Path, *, roles: tuple[str, ...] = BEFORE_MEASURE, **changed: object
) -> StageRun:
    """Runs the stages of these roles on `scene`, each in a folder of its own."""
    folders = {SCENE_KEY: written(scene, folder / SCENE_KEY)}
    return _run(steps_of(scene, **changed), folders, folder, roles)


def run_adaptation(
    source: Scene,
    target: Scene,
    folder: Path,
    *,
    roles: tuple[str, ...],
    found: StageRun | None = None,
    **changed: object,
) -> StageRun:
    """Runs the stages of these roles of an adaptation between scenes on one vocabulary.

    Args:
        source: The labelled scene.
        target: The other one.
        folder: Where the stages' folders go.
        roles: Which stages.
        found: An earlier run whose folders serve as parents.
        **changed: Settings, those of `adaptation` too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = {key.replace("__", "."): value for key, value in (SMALL | TINY | changed).items()}
    settings = adapt_settings(adaptation={"source": "s", "target": "t"}, overrides=asked)
    parts = [ScenePart(side, source.num_items, LENGTH) for side in ("source", "target")]
    folders = dict(found.folders) if found else {"source": written(source, folder / "source")}
    folders["target"] = written(target, folder / "target")
    write_json(folders["target"] / "overlap.json", {"shared_items": 1})
    steps = plan_adaptation(settings, *parts, machine="test")
    return _run(steps, folders, folder, roles)


def written(scene: Scene, folder: Path) -> Path:
    """The folder, with the scene in it."""
    folder.mkdir(parents=True)
    write_scene(scene, folder)
    return folder


def _run(
    steps: list[Step], folders: dict[str, Path], folder: Path, roles: tuple[str, ...]
) -> StageRun:
    notes = {}
    role_of = {step.key: step.role for step in steps}
    for step in steps:
        if step.role in roles:
            # A scene's key is the name of its folder here.
            parents = {role: folders[role_of.get(key, key)] for role, key in step.parents.items()}
            folders[step.role], notes[step.role] = folder / step.role, Notes()
            run_stage(step, folders[step.role], parents, notes[step.role])
    return StageRun(folders, notes)
