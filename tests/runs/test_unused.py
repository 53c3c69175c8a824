"""What `clean` deletes, and what it leaves alone."""

import os
import time
from pathlib import Path

import pytest

from adarec.runs.records import SceneRecord
from adarec.runs.unused import Unused, delete_unused, find_unused
from adarec.runs.workspace import Workspace

OLD = time.time() - 7200.0


def leave(workspace: Workspace, name: str, *, at: float = OLD) -> Path:
    folder = workspace.artefacts.root / name
    folder.mkdir()
    (folder / "weights").write_bytes(b"x" * 1000)
    os.utime(folder, (at, at))
    return folder


@pytest.fixture
def full(workspace: Workspace) -> Workspace:
    """A workspace with folders that are needed, and others."""
    workspace.store.add_scene(SceneRecord("shop", "ingest-1"))
    step = {"key": "search_student-1", "parents": {"scene": "join_vocabulary-1"}}
    run = workspace.store.create_run(
        scene="shop", scene_key="ingest-1", settings={}, steps=[step], seed=0, state="succeeded"
    )
    workspace.store.update_run(run.run, archived=True)
    for name in ("ingest-1", "search_student-1", "join_vocabulary-1"):
        leave(workspace, name)
    leave(workspace, "measure-now", at=time.time())
    for name in ("ingest-2", "train_teacher-2.partial", "train_teacher-2", "join_vocabulary-2"):
        leave(workspace, name)
    return workspace


def test_what_nothing_needs_is_found(full: Workspace) -> None:
    found = find_unused(full)
    assert found == Unused(["ingest-2", "join_vocabulary-2", "train_teacher-2"], 4000)
    assert find_unused(full, stages=("join_vocabulary",)).keys == ["join_vocabulary-2"]
    assert "measure-now" in find_unused(full, young_s=-1).keys


def test_what_is_found_goes_with_its_numbers(full: Workspace) -> None:
    for key in ("search_student-1", "train_teacher-2"):
        full.store.record_metrics(key, 1, {"loss": 2.0})
    assert delete_unused(full, find_unused(full)).num_bytes == 4000
    left = {path.name for path in full.artefacts.root.iterdir() if path.is_dir()}
    assert left == {"ingest-1", "search_student-1", "join_vocabulary-1", "measure-now"}
    keys = ["search_student-1", "train_teacher-2"]
    assert [row.stage_key for row in full.store.metrics(keys)] == ["search_student-1"]
    assert find_unused(full).keys == []


def test_what_somebody_works_on_stays(full: Workspace) -> None:
    found = find_unused(full)
    with full.artefacts.claim("train_teacher-2", fresh=True):
        assert delete_unused(full, found).keys == ["ingest-2", "join_vocabulary-2"]
