"""Ranks and metrics: hand-computed values, and torchmetrics as an independent judge."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adarec import ranking


def test_rank_counts_greater_and_equal_others() -> None:
    scores = np.array([[0.1, 0.9, 0.5], [0.7, 0.7, 0.7], [0.2, 0.3, 0.3]])
    targets = np.array([1, 0, 2])
    assert ranking.ranks_from_scores(scores, targets).tolist() == [1, 3, 2]


def test_constant_scores_rank_last_and_earn_nothing() -> None:
    ranks = ranking.ranks_from_scores(np.zeros((4, 50)), np.arange(4))
    assert ranks.tolist() == [50] * 4
    assert ranking.metrics_from_ranks(ranks)["hr@20"] == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_scores_are_refused(bad: float) -> None:
    scores = np.zeros((3, 4))
    scores[1, 2] = bad
    with pytest.raises(ValueError, match="1 of 3 requests"):
        ranking.ranks_from_scores(scores, np.zeros(3, int))


def test_masked_items_leave_and_a_masked_target_is_last() -> None:
    scores = np.array([[0.9, 0.8, 0.1, 0.5], [0.9, 0.8, 0.1, 0.5]])
    rows, columns = np.array([0, 0, 1]), np.array([0, 1, 3])
    original = scores.copy()
    ranks = ranking.ranks_from_scores(scores, np.array([3, 3]), masked=(rows, columns))
    assert ranks.tolist() == [1, 4]
    np.testing.assert_array_equal(scores, original)


def test_metrics_by_hand() -> None:
    metrics = ranking.metrics_from_ranks([1, 3, 6, 11, 21])
    assert metrics["hr@5"] == pytest.approx(2 / 5)
    assert metrics["hr@10"] == pytest.approx(3 / 5)
    assert metrics["hr@20"] == pytest.approx(4 / 5)
    assert metrics["ndcg@5"] == pytest.approx((1 + 1 / 2) / 5)
    assert metrics["ndcg@10"] == pytest.approx((1 + 1 / 2 + 1 / math.log2(7)) / 5)
    expected = 1 + 1 / 2 + 1 / math.log2(7) + 1 / math.log2(12)
    assert metrics["ndcg@20"] == pytest.approx(expected / 5)
    assert metrics["mrr@10"] == pytest.approx((1 + 1 / 3 + 1 / 6) / 5)
    assert set(metrics) == set(ranking.METRIC_NAMES)


@pytest.mark.parametrize("ranks", [[], [0, 1]])
def test_ranks_that_cannot_be_are_refused(ranks: list[int]) -> None:
    with pytest.raises(ValueError, match="rank"):
        ranking.metrics_from_ranks(ranks)


def test_torchmetrics_agrees_on_tie_free_scores() -> None:
    torch = pytest.importorskip("torch")
    from torchmetrics import retrieval

    rng = np.random.default_rng(3)
    num_users, num_items = 40, 60
    scores = np.stack([rng.permutation(num_items) for _ in range(num_users)]) / num_items
    targets = rng.integers(0, num_items, num_users)
    metrics = ranking.metrics_from_ranks(ranking.ranks_from_scores(scores, targets))
    relevant = np.zeros_like(scores, dtype=bool)
    relevant[np.arange(num_users), targets] = True
    indexes = torch.arange(num_users).repeat_interleave(num_items)
    oracles = {f"hr@{k}": retrieval.RetrievalHitRate(top_k=k) for k in ranking.CUTOFFS}
    oracles |= {f"ndcg@{k}": retrieval.RetrievalNormalizedDCG(top_k=k) for k in ranking.CUTOFFS}
    oracles["mrr@10"] = retrieval.RetrievalMRR(top_k=10)
    for name, oracle in oracles.items():
        value = oracle(
            torch.tensor(scores.ravel()), torch.tensor(relevant.ravel()), indexes=indexes
        )
        assert metrics[name] == pytest.approx(float(value), abs=1e-6), name


@given(st.integers(2, 30), st.integers(0, 10_000))
def test_ranks_match_a_plain_loop(num_items: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, (6, num_items)).astype(float)  # many ties
    targets = rng.integers(0, num_items, 6)
    expected = []
    for row, target in zip(scores, targets, strict=True):
        greater = sum(value > row[target] for value in row)
        equal = sum(v == row[target] for i, v in enumerate(row) if i != target)
        expected.append(1 + greater + equal)
    assert ranking.ranks_from_scores(scores, targets).tolist() == expected


def test_sampled_ranks_repeat_with_their_seed_and_never_draw_the_target() -> None:
    scores = np.zeros((200, 3))
    scores[:, 1] = 1.0
    targets = np.ones(200, int)
    # The target is the single best item: if it were drawn as its own rival it would tie.
    assert ranking.sampled_ranks(scores, targets, seed=1).tolist() == [1] * 200
    noise = np.random.default_rng(0).random((200, 300))
    first = ranking.sampled_ranks(noise, targets, seed=1)
    assert first.tolist() == ranking.sampled_ranks(noise, targets, seed=1).tolist()
    assert first.tolist() != ranking.sampled_ranks(noise, targets, seed=2).tolist()
    assert first.max() <= 101


def test_sampled_draw_reaches_every_other_item() -> None:
    scores = np.zeros((1, 4))
    for rival in (0, 1, 3):
        scores[:] = 0
        scores[0, rival] = 2.0
        scores[0, 2] = 1.0
        assert ranking.sampled_ranks(scores, np.array([2]), seed=0)[0] > 1


def test_bootstrap_covers_the_mean_and_agrees_with_scipy() -> None:
    from scipy import stats

    rng = np.random.default_rng(5)
    first = ranking.ndcg_per_user(rng.integers(1, 40, 400), 10)
    second = ranking.ndcg_per_user(rng.integers(1, 60, 400), 10)
    ours = ranking.paired_bootstrap(first, second, seed=0)
    oracle = stats.bootstrap(
        (first - second,), np.mean, n_resamples=4000, method="percentile", rng=1
    ).confidence_interval
    assert ours["mean"] == pytest.approx((first - second).mean())
    assert ours["low"] < ours["mean"] < ours["high"]
    width = oracle.high - oracle.low
    assert ours["low"] == pytest.approx(oracle.low, abs=0.08 * width)
    assert ours["high"] == pytest.approx(oracle.high, abs=0.08 * width)
    assert ours == ranking.paired_bootstrap(first, second, seed=0)


def test_bootstrap_of_a_model_with_itself_is_zero() -> None:
    values = np.random.default_rng(0).random(50)
    interval = ranking.paired_bootstrap(values, values, seed=0)
    assert interval == {"mean": 0.0, "low": 0.0, "high": 0.0}


@pytest.mark.parametrize(("first", "second"), [([1.0], [1.0, 2.0]), ([], [])])
def test_bootstrap_needs_pairs(first: list[float], second: list[float]) -> None:
    with pytest.raises(ValueError, match="paired"):
        ranking.paired_bootstrap(np.array(first), np.array(second), seed=0)
