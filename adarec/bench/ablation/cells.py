"""Which runs the ablation is made of, and in which order they are worth running."""

from collections.abc import Collection, Iterator
from typing import Any

from adarec import catalog
from adarec.bench.experiments.cell import SCENES, SEEDS, Cell
from adarec.config import RunSettings

QUICKEST_FIRST = (
    "ml-100k",
    "yoochoose-100k",
    "lastfm-s3rec",
    "foursquare-nyc",
    "retailrocket",
    "amazon-beauty",
)
# Three seeds: the two scenes with too few users for an answer from one, and the one of many short
# histories, where a run takes minutes.
SEEDED_SCENES = ("ml-100k", "lastfm-s3rec", "yoochoose-100k")
TEACHERS = ("nextitnet", "sasrec")
OTHER_TEACHERS_SCENE = "ml-100k"
ABLATED_SCENES = ("ml-100k", "amazon-beauty")
# As unlike as the scenes are: ratings without repeats, sparse purchases, check-ins, sessions.
TRANSFER_SCENES = ("ml-100k", "amazon-beauty", "foursquare-nyc", "yoochoose-100k")
PAPER_EPOCHS = 10
FRONT_POINTS = 10

PARTS = {
    "scenes": "teachers, students and controls on six scenes",
    "losses": "one thing left out or exchanged at a time",
    "transfer": "the cell of one scene distilled on another",
    "front": "cells of a front distilled: does the predicted order hold?",
    "teachers": "teachers at `standard`, blended with counts, against counting alone",
    "paper": f"the sizes of the paper, at most {PAPER_EPOCHS} epochs a stage",
}
CONTROLS: dict[str, Any] = {"controls": 3, "hand_made": True}
UNCHANGED = "as it is"
# Only the teacher is meant: what follows it is as short as it can be.
TEACHER_ALONE: dict[str, Any] = {
    "blend": "counts",
    "losses.leave_one_out": False,
    "search.epochs": 1,
    "search.warmup_epochs": 0,
    "search.candidates": 1,
    "search.evolved": 0,
    "search.plain_stack": False,
    "search.finalists": 1,
    "student.epochs": 1,
}


def loss_variants() -> dict[str, dict[str, Any]]:
    """What is left out or exchanged, by the row's name; each run searches and distils anew."""
    found: dict[str, dict[str, Any]] = {UNCHANGED: {}}
    for part in ("embedding", "hidden", "logit"):
        found[f"without {part} distillation"] = {f"losses.{part}": 0}
    found["without task loss"] = {"losses.task": 0}
    # A speed-up of next to nothing lets every cell in.
    found["without cost"] = {"search.efficiency_share": 0, "speedup": 1.01}
    found["teacher in bfloat16"] = {"losses.teacher_precision": "bfloat16"}
    usual = RunSettings().losses.mapping
    for mapping in catalog.MAPPINGS:
        if mapping.name != usual:
            found[f"mapping {mapping.name}"] = {"losses.mapping": mapping.name}
    for blend in catalog.BLENDS:
        if blend.name != RunSettings().blend:
            found[f"blend {blend.name}"] = {"blend": blend.name}
    return found


def all_cells(scenes: Collection[str] = SCENES) -> list[Cell]:
    """Every cell, in an order in which useful tables are complete first.

    Args:
        scenes: What is there to run on. One that is not among the usual ones, such as a log of
            the user's own, gets every row but the transfer.
    """
    own = tuple(scene for scene in scenes if scene not in SCENES)
    known = own + tuple(scene for scene in QUICKEST_FIRST if scene in set(scenes))

    def among(chosen: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(scene for scene in known if scene in chosen or scene in own)

    first, *further = SEEDS
    seeded, ablated = among(SEEDED_SCENES), among(ABLATED_SCENES)
    cells = [_compared(scene, TEACHERS[0], first) for scene in known]
    cells += _ablated(ablated[:1], first)
    cells += [_compared(scene, TEACHERS[0], seed) for seed in further for scene in seeded]
    cells += _transferred(tuple(scene for scene in TRANSFER_SCENES if scene in known), first)
    cells += [_front(scene, first) for scene in known if scene in TRANSFER_SCENES or scene in own]
    cells += [_teacher_alone(scene, name, first) for name in TEACHERS for scene in known]
    cells += [_compared(scene, name, first) for name in TEACHERS[1:] for scene in known]
    cells += [
        _compared(scene, teacher.name, first)
        for scene in among((OTHER_TEACHERS_SCENE,))
        for teacher in catalog.TEACHERS
        if teacher.name not in TEACHERS
    ]
    cells += _ablated(ablated[1:], first)
    cells += [_at_paper_size(scene, first) for scene in ablated]
    cells += [
        _compared(scene, name, seed)
        for name in TEACHERS[1:]
        for seed in further
        for scene in seeded
    ]
    for seed in further:
        cells += _ablated(ablated[:1], seed)
    return cells


def _compared(scene: str, teacher: str, seed: int) -> Cell:
    return Cell("scenes", scene, teacher, seed, teacher=teacher, overrides=CONTROLS)


def _front(scene: str, seed: int) -> Cell:
    return Cell("front", scene, f"{FRONT_POINTS} cells", seed, front_points=FRONT_POINTS)


def _teacher_alone(scene: str, teacher: str, seed: int) -> Cell:
    return Cell(
        "teachers",
        scene,
        teacher,
        seed,
        teacher=teacher,
        preset="standard",
        overrides=TEACHER_ALONE,
    )


def _ablated(scenes: tuple[str, ...], seed: int) -> Iterator[Cell]:
    for scene in scenes:
        for variant, overrides in loss_variants().items():
            yield Cell("losses", scene, variant, seed, overrides=overrides)


def _transferred(scenes: tuple[str, ...], seed: int) -> Iterator[Cell]:
    if len(scenes) < 2:
        return
    for scene in scenes:
        others = tuple(other for other in scenes if other != scene)
        yield Cell("transfer", scene, "cells of other scenes", seed, foreign=others)


def _at_paper_size(scene: str, seed: int) -> Cell:
    stages = ("teacher", "search", "student")
    epochs: dict[str, Any] = {f"{stage}.epochs": PAPER_EPOCHS for stage in stages}
    warm_up = {"search.warmup_epochs": PAPER_EPOCHS // 5}
    return Cell("paper", scene, "nextitnet", seed, preset="paper", overrides=epochs | warm_up)
