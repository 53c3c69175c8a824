"""Ingest: one folder per content and settings, a registered scene, and no torch."""

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from adarec.data.ingest import architecture_slice, build_scene, ingest_log
from adarec.data.scene import read_scene
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import LogBytes
from adarec.errors import LogError, SceneError
from adarec.plan import stage_key

ITEMS = "item_id,title\ni0,Nought\ni1,One\ni99,Unused\ni1,Again\n"


def test_a_log_becomes_a_registered_scene(workspace, cycle_log: Path) -> None:
    told: list[tuple[float, str]] = []
    record = ingest_log(
        workspace, cycle_log, name="ring", on_progress=lambda *step: told.append(step)
    )
    folder = workspace.artefacts.path(record.key)
    scene = read_scene(folder)
    assert workspace.store.scene("ring").summary == scene.summary
    assert (scene.num_users, scene.num_items) == (40, 12)
    following = [scene.item_ids[i - 1] for i in scene.history(0)]
    assert following == [f"i{step % 12}" for step in range(10)]
    report = json.loads((folder / "report.json").read_text())
    assert report["rows_read"] == report["rows_kept"] == record.summary["interactions"]
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_the_same_log_twice_is_one_folder_under_two_names(workspace, cycle_log, write_log) -> None:
    first = ingest_log(workspace, cycle_log, name="a")
    again = ingest_log(workspace, cycle_log, name="a")
    packed = write_log(gzip.compress(cycle_log.read_bytes()), "other.csv.gz")
    second = ingest_log(workspace, packed, name="b")
    assert first.key == again.key == second.key
    assert [record.name for record in workspace.store.scenes()] == ["a", "b"]


def test_other_settings_or_titles_are_another_folder(workspace, cycle_log, write_log) -> None:
    items = write_log(ITEMS, "items.csv")
    keys = {
        ingest_log(workspace, cycle_log, name="a").key,
        ingest_log(workspace, cycle_log, name="b", settings=IngestSettings(min_length=12)).key,
        ingest_log(workspace, cycle_log, name="c", settings=IngestSettings(seed=1)).key,
        ingest_log(workspace, cycle_log, name="d", items_path=items).key,
    }
    assert len(keys) == 4


def test_a_scene_keeps_the_key_that_it_had_when_broken_rows_were_refused(
    workspace, cycle_log
) -> None:
    """Runs are keyed by their scene: whoever adds a log again finds the runs of before."""
    fields = IngestSettings().model_dump(mode="json")
    content = fields | {
        "invalid_rows": "refuse",
        "log_sha256": hashlib.sha256(cycle_log.read_bytes()).hexdigest(),
    }
    expected = stage_key("ingest", settings=content, parents={}, seed=0, threads=1)
    assert ingest_log(workspace, cycle_log, name="a").key == expected


def test_a_taken_name_is_refused_before_any_work(workspace, cycle_log) -> None:
    ingest_log(workspace, cycle_log, name="a")
    folders = sorted((workspace.home / "artefacts").iterdir())
    with pytest.raises(SceneError, match="taken"):
        ingest_log(workspace, cycle_log, name="a", settings=IngestSettings(min_length=12))
    assert sorted((workspace.home / "artefacts").iterdir()) == folders


def test_an_unusable_name_is_refused(workspace, cycle_log) -> None:
    with pytest.raises(SceneError, match="Choose another name"):
        ingest_log(workspace, cycle_log, name="../up")
    assert workspace.store.scenes() == []


def test_titles_reach_the_items(workspace, cycle_log, write_log) -> None:
    record = ingest_log(workspace, cycle_log, name="a", items_path=write_log(ITEMS, "items.csv"))
    scene = read_scene(workspace.artefacts.path(record.key))
    titles = dict(zip(scene.item_ids, scene.titles, strict=True))
    assert (titles["i0"], titles["i1"], titles["i2"]) == ("Nought", "One", None)


def test_an_items_file_without_titles_leaves_nothing(workspace, cycle_log, write_log) -> None:
    with pytest.raises(LogError, match="column title"):
        ingest_log(
            workspace, cycle_log, name="a", items_path=write_log("item_id,x\n1,2\n", "items.csv")
        )
    assert workspace.store.scenes() == []
    assert list((workspace.home / "artefacts").iterdir()) == []


def test_the_architecture_slice_is_a_fifth_and_belongs_to_the_user() -> None:
    users = [f"u{u}" for u in range(5000)]
    chosen = architecture_slice(users, seed=0)
    assert 0.18 < chosen.mean() < 0.22
    # The same users are chosen whoever else is in the log, and others with another seed.
    np.testing.assert_array_equal(architecture_slice(users[::-1], seed=0), chosen[::-1])
    np.testing.assert_array_equal(architecture_slice(users[:100], seed=0), chosen[:100])
    assert (architecture_slice(users, seed=1) != chosen).any()


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_a_tiny_scene_still_has_both_sides(count: int) -> None:
    for seed in range(40):
        chosen = architecture_slice([f"u{u}" for u in range(count)], seed=seed)
        assert 0 < chosen.sum() < count


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("teacher", [0, 1])
def test_who_has_a_pair_to_learn_from_is_outside_the_slice(count: int, teacher: int) -> None:
    can_teach = np.arange(count) == teacher
    for seed in range(40):
        users = [f"u{u}" for u in range(count)]
        chosen = architecture_slice(users, seed=seed, can_teach=can_teach)
        assert 0 < chosen.sum() < count
        assert not chosen[teacher]


def test_the_time_of_a_split_decides_not_the_file(good_rows) -> None:
    lines = ["user_id,item_id,timestamp"] + [f"{u},{i},{t}" for u, i, _, t in good_rows]
    shuffled = [lines[0], *lines[:0:-1]]
    scenes = [
        build_scene(LogBytes("l.csv", "\n".join(text).encode(), "plain"), IngestSettings())[0]
        for text in (lines, shuffled)
    ]
    histories = [
        {
            scene.user_ids[u]: [scene.item_ids[i - 1] for i in scene.history(u)]
            for u in range(scene.num_users)
        }
        for scene in scenes
    ]
    assert histories[0] == histories[1]


def test_ingest_reaches_no_torch() -> None:
    code = "import sys, adarec.data.ingest, adarec.data.samples; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_a_million_rows_fit_in_a_gigabyte(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([rng.integers(0, 50_000, 10**6), rng.zipf(1.3, 10**6) % 50_000], axis=1)
    path = tmp_path / "big.csv"
    np.savetxt(path, rows, "%d", delimiter=",", header="user_id,item_id", comments="")
    code = (
        "import resource, sys; from adarec.runs.workspace import Workspace;"
        "from adarec.data.ingest import ingest_log;"
        f"ingest_log(Workspace.open({str(tmp_path / 'home')!r}), {str(path)!r}, name='big');"
        "sys.exit(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 2**20)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
