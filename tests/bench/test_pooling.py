"""Seeds of one scene together: hand-computed NDCG, intervals that can be told in advance."""

import numpy as np
import pytest
import scipy.stats

from adarec.bench.pooling import (
    gain_over_scenes,
    gain_over_seeds,
    ndcg_over_seeds,
    random_controls,
    run_ranks,
)
from adarec.errors import RunError
from tests.finished_run import FinishedRun

# 1 / log2(1 + rank): rank 1 is worth 1, rank 3 is worth 1/2, rank 7 is worth 1/3, rank 11 nothing.
FIRST = {"student": np.array([1, 3, 11]), "teacher": np.array([3, 3, 11])}
SECOND = {"student": np.array([3, 7, 1]), "teacher": np.array([7, 7, 11])}


def test_a_user_counts_once_with_the_mean_of_the_seeds() -> None:
    found = ndcg_over_seeds([FIRST, SECOND], "student")
    assert found == pytest.approx([(1 + 1 / 2) / 2, (1 / 2 + 1 / 3) / 2, (0 + 1) / 2])


def test_the_gain_is_the_mean_over_users_of_the_mean_over_seeds() -> None:
    gain = gain_over_seeds([FIRST, SECOND], "student", ["teacher"])
    by_user = [(1 / 2 + 1 / 6) / 2, 0.0, 1 / 2]
    assert gain.mean == pytest.approx(sum(by_user) / 3)
    # Three users can be drawn as one of them three times: the interval reaches both ends.
    assert (gain.low, gain.high) == pytest.approx((0.0, 0.5))


def test_seeds_that_pull_one_user_both_ways_leave_no_spread() -> None:
    up = {"student": np.array([1, 1]), "teacher": np.array([3, 3])}
    down = {"student": np.array([3, 3]), "teacher": np.array([1, 1])}
    gain = gain_over_seeds([up, down], "student", ["teacher"])
    assert (gain.mean, gain.low, gain.high) == (0.0, 0.0, 0.0)


def test_several_rivals_count_by_their_mean() -> None:
    ranks = {"student": np.array([1]), "control-random-1": np.array([3])}
    ranks["control-random-2"] = np.array([11])
    gain = gain_over_seeds([ranks], "student", random_controls([ranks]))
    assert gain.mean == pytest.approx(1 - (1 / 2 + 0) / 2)


def test_only_random_cells_that_all_seeds_have_are_rivals() -> None:
    one = {"control-random-1": FIRST["student"], "control-random-2": FIRST["student"]}
    other = {"control-random-1": FIRST["student"], "control-all-skip": FIRST["student"]}
    assert random_controls([one, other]) == ["control-random-1"]


def test_other_users_are_refused() -> None:
    with pytest.raises(RunError, match=r"found \[1, 3\] users"):
        ndcg_over_seeds([FIRST, {"student": np.array([1])}], "student")


def test_ranks_of_a_finished_run_are_those_of_its_metrics(finished_run: FinishedRun) -> None:
    from adarec.ranking import metrics_from_ranks
    from adarec.runs.workspace import Workspace

    found = run_ranks(Workspace.open(finished_run.home), finished_run.run)
    assert set(found) == {
        "teacher",
        "student",
        "baseline.popularity",
        "baseline.own_frequency",
        "baseline.last_item_transitions",
    }
    for role in ("teacher", "student"):
        assert metrics_from_ranks(found[role]) == finished_run.result[role]["metrics"]


def scaled(gains: list[float]) -> dict[str, np.ndarray]:
    """Ranks of users whose student has NDCG 1 or 0 where the rival always has 1/2."""
    student = np.array([1 if gain > 0 else 99 for gain in gains])
    return {"student": student, "teacher": np.full(len(gains), 3)}


def test_every_scene_counts_the_same_however_many_users_it_has() -> None:
    # The rival has 1/2: a user's gain is +1 or -1 of it.
    small, large = scaled([1, 1]), scaled([1, -1] * 50)
    gain = gain_over_scenes({"small": [small], "large": [large]}, "student", ["teacher"])
    assert gain.by_scene == pytest.approx({"small": 1.0, "large": 0.0})
    assert gain.mean == pytest.approx(0.5)


def test_users_are_drawn_within_their_scene() -> None:
    sure, even = scaled([1] * 40), scaled([1, -1] * 20)
    gain = gain_over_scenes({"sure": [sure], "even": [even]}, "student", ["teacher"])
    # Only the even scene varies: the mean of 40 draws of +-1 has deviation 1 / sqrt(40), and it is
    # half of the pooled mean.
    half_width = 1.96 / np.sqrt(40) / 2
    assert gain.users == pytest.approx((0.5 - half_width, 0.5 + half_width), abs=0.03)


def test_drawing_scenes_reaches_from_the_worst_to_the_best() -> None:
    best, worst = scaled([1, 1]), scaled([-1, -1])
    gain = gain_over_scenes({"best": [best], "worst": [worst]}, "student", ["teacher"])
    # Both draws hit the same scene half of the time; the users of a scene agree.
    assert gain.clusters == pytest.approx((-1.0, 1.0))
    assert gain.users == pytest.approx((0.0, 0.0))


def test_drawing_runs_of_one_scene_reaches_from_the_worst_seed_to_the_best() -> None:
    runs = [scaled([1, 1]), scaled([1, -1])]
    gain = gain_over_scenes({"shop": runs}, "student", ["teacher"])
    assert gain.by_scene["shop"] == pytest.approx(0.5)
    assert gain.clusters == pytest.approx((0.0, 1.0))
    # A user counts with the mean of the seeds: one has +1, the other 0.
    assert gain.users == pytest.approx((0.0, 1.0))


def test_the_users_interval_is_that_of_scipys_bootstrap() -> None:
    rng = np.random.default_rng(5)
    scenes = {
        name: [{"student": rng.integers(1, 15, size), "teacher": rng.integers(1, 15, size)}]
        for name, size in (("one", 150), ("two", 60))
    }
    gain = gain_over_scenes(scenes, "student", ["teacher"], resamples=4000)
    differences = []
    for (ranks,) in scenes.values():
        own, rival = (ndcg_over_seeds([ranks], role) for role in ("student", "teacher"))
        differences.append((own - rival) / rival.mean())
    expected = scipy.stats.bootstrap(
        differences,
        lambda *samples, axis: np.mean([sample.mean(axis=axis) for sample in samples], axis=0),
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(6),
    ).confidence_interval
    assert gain.users == pytest.approx((expected.low, expected.high), abs=0.02)
    assert gain.mean == pytest.approx(np.mean([each.mean() for each in differences]))


def test_pooling_repeats_exactly() -> None:
    scenes = {"one": [scaled([1, -1, 1])], "two": [scaled([-1, 1])]}
    first, second = (gain_over_scenes(scenes, "student", ["teacher"], seed=3) for _ in range(2))
    assert first == second
