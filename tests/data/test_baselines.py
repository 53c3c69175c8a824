"""The three count baselines: by hand, against a plain loop, and against the reference table."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adarec.data import baselines
from adarec.data.baselines import COUNT_BASELINES, baseline_ranks, last_item_transition_counts
from adarec.data.ingest import build_scene
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import read_log_bytes
from adarec.ranking import metrics_from_ranks

# Training prefixes 1 2 1 3 | 1 2 | 4; then validation and test item.
HISTORIES = [[1, 2, 1, 3, 2, 1], [1, 2, 2, 3], [4, 1, 2]]


def test_popularity_by_hand(make_scene) -> None:
    # Counts 1: 3, 2: 2, 3: 1, 4: 1, 5: 0.
    scene = make_scene(HISTORIES, num_items=5)
    assert baseline_ranks(scene, "popularity", split="test").tolist() == [1, 4, 2]
    assert baseline_ranks(scene, "popularity", split="validation").tolist() == [2, 2, 1]


def test_own_frequency_by_hand(make_scene) -> None:
    scene = make_scene(HISTORIES, num_items=5)
    # User 0 before the test item: 1 twice, 2 twice, 3 once; item 1 is more popular than item 2.
    # User 1: 2 twice, 1 once; item 3 has no count, and item 4 is as popular.
    assert baseline_ranks(scene, "own_frequency", split="test").tolist() == [1, 4, 3]


def test_last_item_transitions_by_hand(make_scene) -> None:
    scene = make_scene(HISTORIES, num_items=5)
    counts = last_item_transition_counts(scene).toarray()
    assert counts[1].tolist() == [0, 0, 2, 1, 0, 0]
    assert counts[2].tolist() == [0, 1, 0, 0, 0, 0]
    assert counts.sum() == 4
    # After 2 comes 1. After 2, item 3 has no count: behind 1, 2 by popularity, tied with 4.
    # After 1 comes 2 most often.
    assert baseline_ranks(scene, "last_item_transitions", split="test").tolist() == [1, 4, 1]


def test_masking_moves_what_was_consumed_behind(make_scene) -> None:
    scene = make_scene(HISTORIES, num_items=5)
    # User 0 has had item 1 before: last. User 1 has had 1 and 2: only item 4 ties with 3.
    # User 2 has had 4 and 1: item 2 is first of the rest.
    masked = baseline_ranks(scene, "popularity", split="test", masked=True)
    assert masked.tolist() == [5, 2, 1]


def test_an_unknown_baseline_is_refused(make_scene) -> None:
    with pytest.raises(ValueError, match="popularity"):
        baseline_ranks(make_scene(HISTORIES), "oracle", split="test")


def plain_ranks(scene, name: str, split: str, masked: bool) -> list[int]:
    """The definition, user by user and item by item."""
    prefixes = [scene.training_prefix(u).tolist() for u in range(scene.num_users)]
    popularity = [0] * (scene.num_items + 1)
    followers: dict[tuple[int, int], int] = {}
    for prefix in prefixes:
        for item in prefix:
            popularity[item] += 1
        for pair in zip(prefix[:-1], prefix[1:], strict=True):
            followers[pair] = followers.get(pair, 0) + 1
    ranks = []
    for user in range(scene.num_users):
        history = scene.history(user).tolist()
        known = history[:-1] if split == "test" else history[:-2]
        target = history[len(known)]

        def score(item: int, known: list[int] = known) -> tuple[float, int]:
            if masked and item in known:
                return (-np.inf, 0)
            if name == "own_frequency":
                return (known.count(item), popularity[item])
            if name == "last_item_transitions":
                return (followers.get((known[-1], item), 0), popularity[item])
            return (0, popularity[item])

        others = [item for item in range(1, scene.num_items + 1) if item != target]
        ranks.append(1 + sum(score(item) >= score(target) for item in others))
    return ranks


@given(
    st.lists(st.lists(st.integers(1, 7), min_size=3, max_size=12), min_size=2, max_size=7),
    st.sampled_from(COUNT_BASELINES),
    st.sampled_from(["validation", "test"]),
    st.booleans(),
)
def test_ranks_match_the_definition(make_scene, histories, name, split, masked) -> None:
    scene = make_scene(histories, num_items=8)
    ranks = baseline_ranks(scene, name, split=split, masked=masked)
    assert ranks.tolist() == plain_ranks(scene, name, split, masked)


def test_chunks_do_not_change_the_ranks(make_scene, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    scene = make_scene([rng.integers(1, 9, rng.integers(3, 20)).tolist() for _ in range(30)])
    whole = baseline_ranks(scene, "own_frequency", split="test", masked=True)
    monkeypatch.setattr(baselines, "_CHUNK", 7)
    cut = baseline_ranks(scene, "own_frequency", split="test", masked=True)
    assert cut.tolist() == whole.tolist()


def test_the_test_item_does_not_move_validation_ranks(make_scene) -> None:
    changed = [[*history[:-1], 5] for history in HISTORIES]
    for name in COUNT_BASELINES:
        before = baseline_ranks(make_scene(HISTORIES, num_items=5), name, split="validation")
        after = baseline_ranks(make_scene(changed, num_items=5), name, split="validation")
        assert before.tolist() == after.tolist()


# scene: users with at least three events, (HR@10, NDCG@10) of the three, share of cold test items
REFERENCE = {
    "ml-100k": (943, (0.0498, 0.0220), (0, 0), (0.1092, 0.0552), 0.003),
    "amazon-beauty": (22363, (0.0106, 0.0051), (0.0058, 0.0019), (0.0656, 0.0426), 0.006),
    "foursquare-nyc": (1083, (0.0619, 0.0317), (0.5974, 0.4090), (0.3850, 0.2802), 0.0),
    "retailrocket": (18206, (0.0085, 0.0037), (0.0053, 0.0019), (0.0674, 0.0441), 0.263),
    "lastfm-s3rec": (1090, (0.0376, 0.0168), (0.0110, 0.0034), (0.0422, 0.0232), 0.002),
    "yoochoose-100k": (12057, (0.0722, 0.0335), (0.4362, 0.3343), (0.4890, 0.3516), 0.005),
    "ml-1m-sasrec": (6040, (0.0162, 0.0079), (0, 0), (0.1887, 0.1073), 0.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCE)
def test_real_scenes_give_the_reference_table(shared_data: Path, name: str) -> None:
    path = shared_data / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    users, *expected, cold = REFERENCE[name]
    scene, _ = build_scene(read_log_bytes(path), IngestSettings())
    assert scene.num_users == users
    assert scene.summary["cold_test_share"] == pytest.approx(cold, abs=6e-4)
    for baseline, (hit_rate, ndcg) in zip(COUNT_BASELINES, expected, strict=True):
        metrics = metrics_from_ranks(baseline_ranks(scene, baseline, split="test"))
        assert metrics["hr@10"] == pytest.approx(hit_rate, abs=6e-5), baseline
        assert metrics["ndcg@10"] == pytest.approx(ndcg, abs=6e-5), baseline
