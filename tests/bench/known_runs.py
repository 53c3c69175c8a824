"""Finished runs with ranks of one's own choice: what a table must say of them is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence
from adarec.data.example import EXAMPLE_FOLDER
from adarec.data.ingest import ingest_log
from adarec.data.settings import IngestSettings
from adarec.ranking import metrics_from_ranks
from adarec.runs.files import read_json, write_json
from adarec.runs.workspace import Workspace
from adarec.submission import planned_steps

HELD_OUT, ITEMS = 2, 12
EPOCHS, STUDENT_SECONDS = 4, 12.0
START = 1_600_000_000


def write_log(path: Path, training_lengths: Sequence[int], *, start: int = START) -> Path:
    """Walks around a ring of items, a second a step, with training prefixes of these lengths."""
    rows = [
        f"u{user:02},i{(user + step) % ITEMS},{start + step}"
        for user, length in enumerate(training_lengths)
        for step in range(length + HELD_OUT)
    ]
    path.write_text("user_id,item_id,timestamp\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def add_scene(workspace: Workspace, name: str, training_lengths: Sequence[int]) -> None:
    start = START + sum(name.encode())  # another log for another name, of the same items
    log = write_log(workspace.home / f"{name}.csv", training_lengths, start=start)
    ingest_log(workspace, log, name=name, settings=IngestSettings())


def example_result() -> dict[str, Any]:
    """The result of a real run: the example that comes with the studio."""
    return dict(read_json(EXAMPLE_FOLDER / "example.json")["run"]["result"])


def add_known_run(
    evidence: Evidence,
    cell: Cell,
    ranks: Mapping[str, Sequence[int]],
) -> str:
    """The cell's finished run, by its own keys; its result is the example's but for the metrics.

    Args:
        evidence: Of the workspace; refreshed.
        cell: What was run.
        ranks: Of each user's test item, by role.
    """
    workspace, settings = evidence.workspace, evidence.settings(cell)
    assert settings is not None
    steps, scene_key = planned_steps(workspace, cell.scene, settings)
    record = workspace.store.create_run(
        scene=cell.scene,
        scene_key=scene_key,
        settings=settings.model_dump(),
        steps=steps,
        seed=cell.seed,
        state="running",
    )
    like = example_result()
    columns = {role: np.asarray(each) for role, each in ranks.items()}
    keys = {step["role"]: str(step["key"]) for step in steps}
    with workspace.artefacts.claim(keys["measure"]) as folder:
        assert folder is not None
        np.savez(folder / "ranks.npz", allow_pickle=False, **columns)
    for role, name, content in (
        ("search", "search.json", {"target": {"of": "request", "limit": 1.0}}),
        ("costs", "costs.json", {}),
    ):
        with workspace.artefacts.claim(keys[role]) as folder:
            if folder is not None:  # another run of the same step wrote it
                write_json(folder / name, content)
    stage = next(step["stage"] for step in steps if step["role"] == "student")
    seconds = {"train_teacher": 48.0, str(stage): STUDENT_SECONDS}
    models = {
        role: like.get(role, like["student"]) | {"metrics": metrics_from_ranks(each)}
        for role, each in columns.items()
    }
    for epoch in range(1, EPOCHS + 1):
        workspace.store.record_metrics(keys["student"], epoch, {"loss": 1.0})
    result = like | models | {"run": record.run, "seed": cell.seed, "seconds": seconds}
    workspace.store.update_run(record.run, state="succeeded", result=result, seconds=seconds)
    evidence.refresh()
    return record.run
