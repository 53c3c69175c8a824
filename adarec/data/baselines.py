"""Three recommenders that only count. A teacher that loses to them is not worth distilling.

Each scores an item by (count, popularity), compared in that order: the count comes from a sparse
table with one row per group of users (the user, or the last item), and popularity decides among
equal counts and orders what was never counted. Ranks come from the stored counts alone, so nothing
is ever as large as users x items. Pseudo-priors that a model wrote are not counted.
"""

from typing import Any

import numpy as np
from scipy import sparse

from adarec.data.scene import HELD_OUT, Scene
from adarec.data.sequences import (
    Histories,
    Split,
    evaluation_histories,
    packed_positions,
    training_windows,
)

COUNT_BASELINES = ("popularity", "own_frequency", "last_item_transitions")
_CHUNK = 1 << 22  # consumed items looked up at once


def baseline_ranks(scene: Scene, name: str, *, split: Split, masked: bool = False) -> np.ndarray:
    """int64 [U], each user's rank of the held-out item under a count baseline.

    Popularity and transitions are counted in training prefixes only, in both splits; a user's own
    frequency in the history that a request would carry. Rank = 1 + greater + equal others, among
    all items.

    Args:
        scene: The scene.
        name: One of COUNT_BASELINES.
        split: Which item is held out.
        masked: Items consumed before the target score minus infinity; a consumed target then
            ranks last.
    """
    scene = scene.without_pseudo_items()
    histories = evaluation_histories(scene, length=1, split=split)
    table, rows = _count_table(scene, name, histories, split)
    return _ranks(_Scores(table, training_counts(scene)), rows, histories, masked=masked)


def last_item_transition_counts(scene: Scene) -> Any:
    """scipy csr_matrix [V + 1, V + 1]: how often column's item followed row's item.

    Rows and columns are item_index, PAD (0) stays empty. Only training prefixes count.
    """
    pairs = training_windows(scene.without_pseudo_items(), length=1)
    return _counts(pairs.items, pairs.targets, scene.vocabulary_size, scene.vocabulary_size)


def training_counts(scene: Scene) -> np.ndarray:
    """int64 [V + 1], how often each item occurs in training prefixes."""
    real = scene.without_pseudo_items()
    items = real.items[packed_positions(real.offsets[:-1], real.lengths - HELD_OUT)]
    return np.bincount(items, minlength=scene.vocabulary_size)


def _count_table(
    scene: Scene, name: str, histories: Histories, split: Split
) -> tuple[Any, np.ndarray]:
    """The table of counts, and the row of it that serves each user."""
    size = scene.vocabulary_size
    if name == "popularity":  # nothing is counted, so popularity alone decides
        return sparse.csr_matrix((1, size), dtype=np.int64), np.zeros(len(histories), np.int64)
    if name == "own_frequency":
        # A request carries the user's whole history, so the item before the target counts too.
        whole = evaluation_histories(scene, length=int(scene.lengths.max()), split=split)
        users = np.repeat(whole.users, np.diff(whole.offsets))
        return _counts(users, whole.items, scene.num_users, size), whole.users
    if name == "last_item_transitions":
        last_items = histories.items.astype(np.int64)  # histories of length 1
        return last_item_transition_counts(scene), last_items
    raise ValueError(f"{name!r} is no count baseline; known: {', '.join(COUNT_BASELINES)}")


def _counts(rows: np.ndarray, columns: np.ndarray, num_rows: int, num_columns: int) -> Any:
    ones = np.ones(len(rows), dtype=np.int64)
    table = sparse.coo_matrix((ones, (rows, columns)), shape=(num_rows, num_columns)).tocsr()
    table.sum_duplicates()
    table.sort_indices()
    return table


class _Scores:
    """Scores count x base + popularity of (row, item), answered from the stored counts.

    `base` exceeds every popularity, so a higher count always wins.
    """

    def __init__(self, table: Any, popularity: np.ndarray) -> None:
        self.popularity = popularity  # int64 [V + 1]
        self.num_columns = np.int64(table.shape[1])
        self.base = np.int64(popularity.max() + 1)
        self.indptr = table.indptr.astype(np.int64)
        rows = np.repeat(np.arange(table.shape[0], dtype=np.int64), np.diff(table.indptr))
        self.keys = rows * self.num_columns + table.indices  # ascending
        self.counts = table.data
        self.scale = self.base * np.int64(table.data.max(initial=0) + 1)
        scores = table.data * self.base + popularity[table.indices]
        self.by_score = np.sort(rows * self.scale + scores)
        self.by_popularity = np.sort(rows * self.base + popularity[table.indices])
        self.all_popularity = np.sort(popularity[1:])

    def of(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """int64 [K], the score of each (row, item)."""
        wanted = rows * self.num_columns + items
        if not len(self.keys):
            return self.popularity[items]
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        counts = np.where(self.keys[places] == wanted, self.counts[places], 0)
        return np.asarray(counts * self.base + self.popularity[items], dtype=np.int64)

    def at_least(self, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """int64 [K], how many of all items score at least this much in each row."""
        ends = self.indptr[rows + 1]
        counted = ends - np.searchsorted(self.by_score, rows * self.scale + scores)
        # Below a count of one, every item without a count competes by its popularity.
        popular = len(self.all_popularity) - np.searchsorted(self.all_popularity, scores)
        popular -= ends - np.searchsorted(self.by_popularity, rows * self.base + scores)
        return np.asarray(np.where(scores < self.base, counted + popular, counted), dtype=np.int64)


def _ranks(scores: _Scores, rows: np.ndarray, histories: Histories, *, masked: bool) -> np.ndarray:
    targets = histories.targets.astype(np.int64)
    target_scores = scores.of(rows, targets)
    ranks = scores.at_least(rows, target_scores)
    if not masked:
        return ranks
    lengths = np.diff(histories.consumed_offsets)
    for start, end in _chunks(histories.consumed_offsets):
        owners = np.repeat(np.arange(start, end), lengths[start:end])
        first, last = histories.consumed_offsets[[start, end]]
        items = histories.consumed_items[first:last].astype(np.int64)
        # Masked items no longer stand before the target; a masked target stands behind all.
        is_target = items == targets[owners]
        ahead = scores.of(rows[owners], items) >= target_scores[owners]
        ranks[start:end] -= np.bincount(owners[ahead] - start, minlength=end - start)
        ranks[owners[is_target]] = scores.num_columns - 1
    return ranks


def _chunks(offsets: np.ndarray) -> list[tuple[int, int]]:
    """Cuts users into runs of at most about _CHUNK consumed items."""
    bounds = np.arange(0, offsets[-1] + _CHUNK, _CHUNK)
    cuts = np.unique(np.minimum(np.searchsorted(offsets, bounds), len(offsets) - 1))
    cuts = np.unique(np.concatenate([[0], cuts, [len(offsets) - 1]]))
    return list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))
