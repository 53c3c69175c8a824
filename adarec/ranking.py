"""From scores to ranks, from ranks to metrics, and what a difference between two models is worth.

One convention everywhere: rank = 1 + number of greater scores + number of equal others. A model
that scores all items alike therefore ranks last, not first.
"""

from collections.abc import Sequence

import numpy as np

CUTOFFS = (5, 10, 20)
METRIC_NAMES = (*(f"hr@{k}" for k in CUTOFFS), *(f"ndcg@{k}" for k in CUTOFFS), "mrr@10")


def ranks_from_scores(
    scores: np.ndarray,
    target_columns: np.ndarray,
    *,
    masked: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """int64 [C], the rank of each row's target among all columns.

    Args:
        scores: float [C, V], one row per request, one column per item (no PAD column).
        target_columns: int [C], the column of each row's target.
        masked: (rows, columns) of scores that count as minus infinity: consumed items. A target
            that is itself masked ranks last, V.

    Raises:
        ValueError: A score is NaN or infinite; such a model has no ranking.
    """
    finite = np.isfinite(scores)
    if not finite.all():
        bad = int((~finite).any(axis=1).sum())
        raise ValueError(
            f"{bad:,} of {len(scores):,} requests have scores that are not finite; "
            "a ranking needs finite scores. Lower the learning rate or train in float32."
        )
    if masked is not None:
        scores = scores.astype(np.float64 if scores.dtype == np.float64 else np.float32)
        scores[masked] = -np.inf
    target_scores = scores[np.arange(len(scores)), target_columns]
    # At least as good, the target itself included: that is 1 + greater + equal others.
    return np.count_nonzero(scores >= target_scores[:, None], axis=1).astype(np.int64)


def sampled_ranks(
    scores: np.ndarray, target_columns: np.ndarray, *, seed: int, negatives: int = 100
) -> np.ndarray:
    """int64 [C], the rank of each target among itself and `negatives` other items.

    The negatives are drawn uniformly with replacement from all items but the target. This
    protocol flatters a model and can turn an order round; it is only for comparison with papers.
    In a catalogue with fewer others than `negatives` they repeat, and the rank is worse on average
    than the one among all items.

    Args:
        scores: float [C, V], without a PAD column.
        target_columns: int [C].
        seed: Of the draw; use the same for models that are compared.
        negatives: How many other items.
    """
    rows, columns = scores.shape
    drawn = np.random.default_rng(seed).integers(0, columns - 1, size=(rows, negatives))
    drawn += drawn >= np.asarray(target_columns)[:, None]  # skip the target
    positions = np.arange(rows)
    rivals = scores[positions[:, None], drawn]  # [C, negatives]
    target_scores = scores[positions, target_columns]
    return 1 + np.count_nonzero(rivals >= target_scores[:, None], axis=1).astype(np.int64)


def hits_per_user(ranks: np.ndarray, k: int) -> np.ndarray:
    """float64 [U]: 1 where the target is among the first k."""
    return (np.asarray(ranks) <= k).astype(np.float64)


def ndcg_per_user(ranks: np.ndarray, k: int) -> np.ndarray:
    """float64 [U]: 1 / log2(1 + rank) where the target is among the first k, else 0.

    There is one relevant item a user, so the ideal value is 1.
    """
    ranks = np.asarray(ranks)
    return np.where(ranks <= k, 1.0 / np.log2(1.0 + ranks), 0.0)


def metrics_from_ranks(ranks: np.ndarray | Sequence[int]) -> dict[str, float]:
    """Hit rate and NDCG at 5, 10 and 20, and MRR at 10, averaged over users.

    Args:
        ranks: int [U] from 1; U at least 1.

    Raises:
        ValueError: There is no rank, or one below 1.
    """
    ranks = np.asarray(ranks)
    if len(ranks) == 0 or ranks.min() < 1:
        raise ValueError("metrics need at least one rank, and ranks count from 1")
    metrics = {f"hr@{k}": float(hits_per_user(ranks, k).mean()) for k in CUTOFFS}
    metrics |= {f"ndcg@{k}": float(ndcg_per_user(ranks, k).mean()) for k in CUTOFFS}
    metrics["mrr@10"] = float(np.where(ranks <= 10, 1.0 / ranks, 0.0).mean())
    return metrics


def paired_bootstrap(
    first: np.ndarray, second: np.ndarray, *, seed: int, resamples: int = 2000
) -> dict[str, float]:
    """Mean of first minus second over users, with its 95 % percentile bootstrap interval.

    Users are drawn with replacement, both models' values of a user together: that is what makes
    the interval of two models on the same users narrow.

    Args:
        first: float [U], one value per user, such as `ndcg_per_user`.
        second: float [U], the same users in the same order.
        seed: Of the resampling.
        resamples: How many times the users are drawn.

    Raises:
        ValueError: The two do not have the same, non-zero length.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape or first.ndim != 1 or len(first) == 0:
        raise ValueError(f"paired values are needed; found shapes {first.shape}, {second.shape}")
    differences = first - second
    means = bootstrap_means(differences, rng=np.random.default_rng(seed), resamples=resamples)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"mean": float(differences.mean()), "low": float(low), "high": float(high)}


def bootstrap_means(
    values: np.ndarray, *, rng: np.random.Generator, resamples: int = 2000
) -> np.ndarray:
    """float64 [resamples], the mean of as many users as there are, drawn with replacement.

    Args:
        values: float [U], one a user.
        rng: Of the draws.
        resamples: How many times the users are drawn.
    """
    # Only sums matter, so users with equal values are drawn together, as one multinomial: ranks
    # have few distinct values, and 2,000 draws of 10^6 users would take minutes.
    distinct, counts = np.unique(values, return_counts=True)
    draws = rng.multinomial(len(values), counts / len(values), size=resamples)
    return draws @ distinct / len(values)
