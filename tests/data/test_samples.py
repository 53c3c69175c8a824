"""The sample scenes: the files are what the generator writes, and have the structure promised."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from adarec.data.baselines import baseline_ranks
from adarec.data.ingest import build_scene, ingest_log
from adarec.data.samples import (
    SAMPLE_FOLDER,
    SAMPLES,
    register_samples,
    sample_csv,
    write_samples,
)
from adarec.data.scene import Scene
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import LogBytes


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    return {
        name: build_scene(LogBytes(name, sample_csv(name), "plain"), IngestSettings())[0]
        for name in SAMPLES
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_the_files_are_what_the_generator_writes(name: str) -> None:
    content = (SAMPLE_FOLDER / f"{name}.csv").read_bytes()
    assert content == sample_csv(name)
    assert len(content) < 400_000


def test_another_seed_writes_other_logs(tmp_path) -> None:
    paths = write_samples(tmp_path, seed=1)
    assert [path.stem for path in paths] == list(SAMPLES)
    for path in paths:
        assert path.read_bytes() != sample_csv(path.stem)


@pytest.mark.parametrize("name", SAMPLES)
def test_scenes_are_small_and_whole(scenes, name: str) -> None:
    summary = scenes[name].summary
    assert 300 <= summary["users"] <= 600
    assert 60 <= summary["items"] <= 200
    assert 20 <= summary["training_length_p90"] <= 50
    assert summary["cold_test_share"] == 0
    readme = (SAMPLE_FOLDER / "README.md").read_text()
    assert f"`{name}` | {summary['users']} | {summary['items']} | " in readme
    assert f"{summary['interactions']:,}" in readme


def hit_rate_after(scene: Scene, order: int) -> float:
    """Share of test items that most often followed the same last `order` items in training."""
    followers: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for user in range(scene.num_users):
        prefix = scene.training_prefix(user).tolist()
        for t in range(order, len(prefix)):
            followers[tuple(prefix[t - order : t])][prefix[t]] += 1
    hits = 0
    for user in range(scene.num_users):
        *known, target = scene.history(user).tolist()
        best = followers[tuple(known[-order:])].most_common(1)
        hits += bool(best) and best[0][0] == target
    return hits / scene.num_users


def hit_rate_at_lag(scene: Scene, lag: int) -> float:
    """Share of test items that equal the item `lag` events before."""
    return float(
        np.mean(scene.items[scene.offsets[1:] - 1] == scene.items[scene.offsets[1:] - 1 - lag])
    )


def test_cycle_is_known_from_the_last_item(scenes) -> None:
    assert (baseline_ranks(scenes["cycle"], "last_item_transitions", split="test") == 1).all()
    assert (
        baseline_ranks(scenes["cycle"], "last_item_transitions", split="validation") == 1
    ).all()


def test_rhythm_needs_more_than_the_last_item(scenes) -> None:
    assert hit_rate_after(scenes["rhythm"], 2) > 2 * hit_rate_after(scenes["rhythm"], 1)


def test_echo_needs_one_lag(scenes) -> None:
    rates = {lag: hit_rate_at_lag(scenes["echo"], lag) for lag in range(1, 14)}
    assert rates.pop(7) > 0.8
    assert max(rates.values()) < 0.1


def test_drift_needs_many_items(scenes) -> None:
    scene = scenes["drift"]
    genres = np.array([-1] + [int(item_id[1:]) // 12 for item_id in scene.item_ids])

    def hit_rate(window: int) -> float:
        hits = [
            Counter(genres[h[-1 - window : -1]].tolist()).most_common(1)[0][0] == genres[h[-1]]
            for h in (scene.history(user) for user in range(scene.num_users))
        ]
        return float(np.mean(hits))

    assert hit_rate(10) > 1.3 * hit_rate(1)


def test_samples_are_registered_once(workspace) -> None:
    assert register_samples(workspace) == list(SAMPLES)
    assert all(record.is_sample for record in workspace.store.scenes())
    assert register_samples(workspace) == []
    workspace.store.delete_scene("echo")
    assert register_samples(workspace) == []  # deleted by a person: stays deleted
    assert len(workspace.store.scenes()) == len(SAMPLES) - 1


def test_a_name_in_use_is_left_alone(workspace, cycle_log) -> None:
    mine = ingest_log(workspace, cycle_log, name="echo")
    assert "echo" not in register_samples(workspace)
    assert workspace.store.scene("echo").key == mine.key
