"""The scene page's numbers, by hand on small scenes."""

import json

import numpy as np
import pytest

from adarec.data.statistics import repeats, scene_statistics
from adarec.ranking import METRIC_NAMES


def test_summary_by_hand(make_scene) -> None:
    # Training prefixes 1 2 2 and 3; the test items are 4 (never trained on) and 2.
    scene = make_scene([[1, 2, 2, 2, 4], [3, 1, 2]], num_items=4)
    summary = scene.summary
    assert (summary["users"], summary["items"], summary["interactions"]) == (2, 4, 8)
    assert (summary["mean_length"], summary["median_length"]) == (4.0, 4.0)
    assert summary["repeat_share"] == 2 / 8
    assert summary["cold_test_share"] == 0.5
    assert summary["training_length_p90"] == 3
    assert not summary["has_times"]
    assert summary["last_two_tie_share"] is None


def test_ties_of_the_last_two_are_counted(make_scene) -> None:
    scene = make_scene([[1, 2, 3], [1, 2, 3]], times=[1, 2, 2, 1, 2, 3], time_kind="relative")
    assert scene.summary["last_two_tie_share"] == 0.5
    assert scene.summary["has_times"]


def test_repeats_are_seen_within_a_user_only(make_scene) -> None:
    scene = make_scene([[1, 1, 2], [1, 2, 2]])
    assert repeats(scene).tolist() == [False, True, False, False, False, True]


def test_every_picture_is_prepared_and_adds_up(make_scene) -> None:
    rng = np.random.default_rng(1)
    histories = [rng.integers(1, 30, rng.integers(3, 60)).tolist() for _ in range(80)]
    total = sum(len(history) for history in histories)
    scene = make_scene(histories, times=np.arange(total) * 10.0, time_kind="relative")
    pictures = scene_statistics(scene)
    json.dumps(pictures, allow_nan=False)
    lengths = pictures["sequence_lengths"]
    assert sum(lengths["users"]) == 80
    assert len(lengths["edges"]) == len(lengths["users"]) + 1
    assert pictures["popularity"]["cumulative_share"][-1] == pytest.approx(1)
    assert pictures["popularity"]["rank"][-1] == scene.num_items
    assert sum(pictures["interactions_over_time"]["interactions"]) == total
    assert sum(pictures["gaps"]["events"]) == total - 80
    assert pictures["repeat_by_position"]["events"][0] == 80
    assert pictures["repeat_by_position"]["share"][0] == 0
    assert pictures["drift"]["similarity_to_first"][0] == pytest.approx(1)
    for metrics in pictures["baselines_validation"].values():
        assert set(metrics) == set(METRIC_NAMES)


def test_a_lag_shows_in_its_picture(make_scene) -> None:
    scene = make_scene([[1, 2, 3] * 5, [4, 5, 6] * 4])
    lags = scene_statistics(scene)["same_item_by_lag"]
    shares = dict(zip(lags["lag"], lags["share"], strict=True))
    assert shares[3] == shares[6] == 1.0
    assert shares[1] == shares[2] == shares[4] == 0.0


def test_without_times_no_picture_pretends(make_scene) -> None:
    pictures = scene_statistics(make_scene([[1, 2, 3], [2, 3, 1]]))
    assert pictures["interactions_over_time"] is pictures["gaps"] is pictures["drift"] is None


def test_equal_lengths_and_times_make_pictures_too(make_scene) -> None:
    scene = make_scene([[1, 2, 3]] * 3, times=[5.0] * 9, time_kind="relative")
    pictures = scene_statistics(scene)
    assert pictures["sequence_lengths"] == {"edges": [3, 4], "users": [3]}
    assert pictures["gaps"]["same_time_share"] == 1.0
    json.dumps(pictures, allow_nan=False)
