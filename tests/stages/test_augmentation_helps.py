"""A scene on which pseudo-priors must help: what came before a short history decides what comes
next, and can be told from what is left of it."""

from pathlib import Path

import numpy as np
import pytest

from adarec.data.scene import Scene, read_scene
from adarec.data.sequences import evaluation_histories
from adarec.nets.evaluation import history_ranks
from adarec.nets.folders import read_teacher
from adarec.stages.context import requests
from tests.stages.stage_runs import run_stages, scene_of

SIDES, MIDS = 5, 4


def missing_cause_scene(seed: int) -> tuple[Scene, np.ndarray]:
    """Which item closes an episode follows from its first item, the cause, which short histories
    have lost; what is left of them tells the cause, but nobody is ever trained to go from there to
    the end.

    An episode is cause (i, j), left i, right j, perhaps one that says nothing, and the end
    (i + j) mod 5. The cause follows from left and right one side each, which is easily learned
    backwards; the end from the cause by heart, which is easily learned forwards. From left and
    right to the end it is an addition modulo five.
    """
    rng = np.random.default_rng(seed)
    left = 1 + SIDES * SIDES
    right, end = left + SIDES, left + 2 * SIDES
    filler = end + SIDES

    def episode() -> list[int]:
        i, j = (int(k) for k in rng.integers(SIDES, size=2))
        return [1 + SIDES * i + j, left + i, right + j, end + (i + j) % SIDES]

    def between() -> int:
        return filler + int(rng.integers(MIDS))

    def after() -> int:
        return filler + MIDS + int(rng.integers(MIDS))

    histories = [[*episode(), after()] for _ in range(200)]  # they train up to `right`
    for user in range(400):
        *first, last = episode()
        histories.append([*first, *([between()] if user % 2 else []), last, after(), after()])
    short = range(len(histories), len(histories) + 100)
    for _ in short:
        _, *middle, last = episode()
        histories.append([*middle, between(), last])  # they train on left and right alone
    return scene_of(histories, num_items=filler + 2 * MIDS - 1, length=5), np.array(short)


@pytest.mark.slow
@pytest.mark.parametrize("warm_start", [True, False])
def test_short_histories_gain_where_what_came_before_decides(
    tmp_path: Path, warm_start: bool
) -> None:
    scene, short = missing_cause_scene(seed=0)
    changed = {
        "teacher__name": "sasrec",
        "teacher__num_blocks": 2,
        "teacher__num_layers": 2,
        "teacher__width": 32,
        "teacher__dropout": 0.0,
        "teacher__learning_rate": 5e-3,
        "teacher__epochs": 25,
        "teacher__patience": 40,
        "student__num_cells": 1,
        "augment__items": 1,
        "augment__epochs": 12,
        "augment__warm_start": warm_start,
    }

    def first_places(name: str) -> float:
        """Share of the short histories whose test item the teacher ranks first."""
        run = run_stages(
            scene,
            tmp_path / name,
            roles=("augment", "teacher"),
            **changed | {"augment__name": name},
        )
        read = run.folders["augment" if name == "asrep" else "scene"]
        held_out = evaluation_histories(read_scene(read), length=5, split="test", users=short)
        teacher = read_teacher(run.folders["teacher"])
        targets = held_out.targets.astype(np.int64)
        return float(np.mean(history_ranks(teacher, requests(held_out), targets) == 1))

    assert first_places("none") < 0.45  # one in five is chance
    assert first_places("asrep") > 0.9
