"""Seeds of one scene together: hand-computed NDCG, intervals that can be told in advance."""

import numpy as np
import pytest

from adarec.bench.pooling import gain_over_seeds, ndcg_over_seeds, random_controls, run_ranks
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
