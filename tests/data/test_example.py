"""The example run: the shipped files are whole, and a workspace takes them in as promised."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from adarec import catalog
from adarec.data.example import (
    EXAMPLE_FOLDER,
    EXAMPLE_SCENE,
    PREFIX,
    import_example,
    outdated_steps,
    register_example,
    write_example,
)
from adarec.data.samples import register_samples
from adarec.errors import AdarecError, ArtefactError, SceneError
from adarec.plan import stage_key
from adarec.runs.files import read_json, write_json
from adarec.runs.records import EXAMPLE_RUN
from adarec.runs.workspace import Workspace
from tests.finished_run import FinishedRun

MOST_BYTES = 1_500_000


@pytest.fixture
def samples(workspace: Workspace) -> Workspace:
    """A workspace with the sample scenes."""
    register_samples(workspace)
    return workspace


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped example, to be changed by a test."""
    return Path(shutil.copytree(EXAMPLE_FOLDER, tmp_path / "example"))


def changed(folder: Path, change: Any) -> None:
    """Lets `change` work on the manifest in `folder`."""
    manifest = read_json(folder / "example.json")
    change(manifest)
    write_json(folder / "example.json", manifest)


def test_the_shipped_files_are_small_and_only_data() -> None:
    files = [path for path in EXAMPLE_FOLDER.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".npz", ".onnx", ".safetensors"}
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_the_example_reads_as_a_finished_run(samples: Workspace) -> None:
    assert register_example(samples)
    run = samples.store.run(EXAMPLE_RUN)
    assert run.is_example
    assert run.state == "succeeded"
    assert run.result is not None
    assert run.result["run"] == EXAMPLE_RUN
    assert run.scene == EXAMPLE_SCENE
    assert run.scene_key == samples.store.scene(run.scene).key
    assert run.student_ndcg_at_10 == run.result["student"]["metrics"]["ndcg@10"]
    assert all(samples.artefacts.is_complete(step["key"]) for step in run.steps)
    names = {row.name for row in samples.store.metrics(step["key"] for step in run.steps)}
    assert {"task_loss", "validation_ndcg@10", "expected_speedup"} <= names


def test_it_is_taken_in_once_and_stays_deleted(samples: Workspace) -> None:
    assert register_example(samples)
    assert not register_example(samples)
    samples.store.delete_run(EXAMPLE_RUN)
    assert not register_example(samples)
    assert samples.store.run_summaries() == []


def test_taking_it_in_twice_changes_nothing(samples: Workspace) -> None:
    assert import_example(samples) == import_example(samples)


def test_a_workspace_with_runs_needs_no_example(samples: Workspace) -> None:
    scene = samples.store.scene("cycle")
    settings: dict[str, Any] = {}
    samples.store.create_run(
        scene=scene.name, scene_key=scene.key, settings=settings, steps=[], seed=0
    )
    assert not register_example(samples)
    assert [run.scene for run in samples.store.run_summaries()] == ["cycle"]


def test_without_its_sample_scene_there_is_no_example(workspace: Workspace) -> None:
    assert not register_example(workspace)
    with pytest.raises(SceneError):
        import_example(workspace)


def test_its_folders_are_never_those_of_a_search(samples: Workspace) -> None:
    run = import_example(samples)
    for step in run.steps:
        assert step["key"].startswith(PREFIX)
        assert not samples.artefacts.is_complete(step["key"].removeprefix(PREFIX))


def test_an_example_of_older_versions_is_taken_in_and_says_so(
    samples: Workspace, copy: Path
) -> None:
    def age(manifest: dict[str, Any]) -> None:
        step = next(step for step in manifest["steps"] if step["role"] == "search")
        step["version"] = 0
        parts = ("settings", "parents", "seed", "threads", "version")
        step["key"] = stage_key(step["stage"], **{name: step[name] for name in parts})

    changed(copy, age)
    run = import_example(samples, copy)
    assert catalog.find(catalog.STAGES, "search_student").title in outdated_steps(run)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["steps"][0].update(seed=7), "has key"),
        (lambda m: m["steps"][0].update(stage="rm"), "has key"),
        (lambda m: m["steps"][0]["files"].update({"x.pkl": ""}), "no data file"),
        (lambda m: m["steps"][0]["files"].update({"../../x.json": ""}), "no data file"),
        (lambda m: m.update(format=9), "format 9"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    samples: Workspace, copy: Path, change: Any, words: str
) -> None:
    (copy.parent / "x.json").write_text("{}")
    (copy / "costs" / "x.pkl").write_text("")
    changed(copy, change)
    with pytest.raises(AdarecError, match=words):
        import_example(samples, copy)
    assert samples.store.run_summaries() == []


def test_a_changed_file_is_refused(samples: Workspace, copy: Path) -> None:
    path = copy / "search" / "genotype.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=3))
    with pytest.raises(ArtefactError, match="search/genotype.json has changed"):
        import_example(samples, copy)


def test_a_run_written_as_example_reads_as_before(
    finished_run: FinishedRun, samples: Workspace, tmp_path: Path
) -> None:
    source = Workspace.open(finished_run.home)
    write_example(source, finished_run.run, tmp_path / "written")
    run = import_example(samples, tmp_path / "written")
    original = source.store.run(finished_run.run)
    assert run.result == finished_run.result | {"run": EXAMPLE_RUN}
    assert run.settings == original.settings
    for ours, theirs in zip(run.steps, original.steps, strict=True):
        found = {(r.epoch, r.name): r.value for r in samples.store.metrics([ours["key"]])}
        assert found == {(r.epoch, r.name): r.value for r in source.store.metrics([theirs["key"]])}
    source.close()


def test_a_folder_that_is_no_example_is_left_alone(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    source = Workspace.open(finished_run.home)
    with pytest.raises(ArtefactError, match="not an earlier example"):
        write_example(source, finished_run.run, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    source.close()
