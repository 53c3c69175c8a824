"""Renaming and deleting scenes: what goes along, what is refused, what stays on the disk."""

import os

import pytest

from adarec.data.ingest import ingest_log
from adarec.data.samples import register_samples
from adarec.data.scene_keeping import delete_scene, rename_scene, runs_on_scene
from adarec.errors import SceneError
from adarec.runs.workspace import Workspace


def add_run(
    workspace: Workspace, scene: str, *, source: str | None = None, **fields: object
) -> str:
    settings = {"preset": "quick"} | ({"adaptation": {"source": source}} if source else {})
    options = {"settings": settings, "steps": [], "seed": 0, "state": "succeeded"}
    return workspace.store.create_run(scene=scene, scene_key="k", **options | fields).run


@pytest.fixture
def shop(workspace: Workspace, cycle_log) -> Workspace:
    """A workspace with the scene `shop`."""
    ingest_log(workspace, cycle_log, name="shop")
    return workspace


def test_a_deleted_scene_takes_its_folder_along_and_can_come_back(shop, cycle_log) -> None:
    key = shop.store.scene("shop").key
    delete_scene(shop, "shop")
    assert shop.store.scenes() == []
    assert not shop.artefacts.is_complete(key)
    assert ingest_log(shop, cycle_log, name="shop").key == key
    assert shop.artefacts.is_complete(key)


def test_a_folder_that_another_scene_shares_stays(shop, cycle_log) -> None:
    other = ingest_log(shop, cycle_log, name="twin")
    delete_scene(shop, "shop")
    assert shop.artefacts.is_complete(other.key)
    delete_scene(shop, "twin")
    assert not shop.artefacts.is_complete(other.key)


def test_a_deleted_scene_leaves_no_copy_behind(shop: Workspace, cycle_log) -> None:
    joined = shop.artefacts.root / "join_vocabulary-1"
    joined.mkdir()
    os.utime(joined, (0, 0))
    step = {"key": "train_teacher-1", "parents": {"scene": joined.name}}
    run = add_run(shop, "fair", source="market", steps=[step])
    ingest_log(shop, cycle_log, name="twin")
    delete_scene(shop, "twin")
    assert joined.is_dir(), "a run needs it"
    shop.store.delete_run(run)
    delete_scene(shop, "shop")
    assert not joined.exists()


def test_a_scene_with_runs_names_them_and_stays(shop) -> None:
    runs = [add_run(shop, "shop"), add_run(shop, "fair", source="shop")]
    shop.store.update_run(runs[0], archived=True)
    add_run(shop, "fair", source="market")
    assert [run.run for run in runs_on_scene(shop, "shop")] == runs
    for run in runs:
        with pytest.raises(SceneError, match=run):
            delete_scene(shop, "shop")
        assert shop.artefacts.is_complete(shop.store.scene("shop").key)
        shop.store.delete_run(run)
    delete_scene(shop, "shop")
    assert shop.store.scenes() == []


def test_a_renamed_scene_takes_runs_and_results_along(shop) -> None:
    run = add_run(shop, "shop")
    shop.store.update_run(run, result={"scene": {"name": "shop", "users": 40}, "verdict": "fine"})
    rename_scene(shop, "shop", "market")
    found = shop.store.run(run)
    assert (found.scene, found.result["scene"]) == ("market", {"name": "market", "users": 40})
    assert found.verdict == "fine"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scene": "shop", "state": "running"}, "not over"),
        ({"scene": "shop", "source": "fair"}, "hold its name"),
        ({"scene": "fair", "source": "shop"}, "hold its name"),
    ],
)
def test_a_name_that_is_written_down_elsewhere_stays(shop, fields, words: str) -> None:
    run = add_run(shop, **fields)
    with pytest.raises(SceneError, match=f"{run}.*{words}|{words}.*{run}"):
        rename_scene(shop, "shop", "market")
    assert shop.store.scene("shop")


@pytest.mark.parametrize("name", ["", "../up", "a" * 65])
def test_a_new_name_is_as_good_as_a_first_one(shop, name: str) -> None:
    with pytest.raises(SceneError, match="Choose another name"):
        rename_scene(shop, "shop", name)


def test_samples_keep_their_names_and_places(workspace) -> None:
    register_samples(workspace)
    with pytest.raises(SceneError, match="sample scene, which cannot be deleted"):
        delete_scene(workspace, "cycle")
    with pytest.raises(SceneError, match="sample scene, which cannot be renamed"):
        rename_scene(workspace, "cycle", "ring")
    assert workspace.store.scene("cycle")
