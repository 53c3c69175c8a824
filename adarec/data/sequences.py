"""Histories cut for training and for evaluation: packed, no padding, no loops over users."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from adarec.data.scene import HELD_OUT, Scene

Split = Literal["validation", "test"]


@dataclass(frozen=True)
class Windows:
    """Training windows, packed; M pairs in W windows.

    Attributes:
        items: int32 [M] input items.
        targets: int32 [M]; targets[i] is the item that follows items[i].
        offsets: int64 [W + 1]; window w owns [offsets[w], offsets[w + 1]).
        users: int64 [W], the user that each window comes from.
    """

    items: np.ndarray
    targets: np.ndarray
    offsets: np.ndarray
    users: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True)
class Histories:
    """What a request would hold for each of U users, and the item it should find.

    Attributes:
        items: int32 [sum of lengths], the newest items before the target, oldest first.
        offsets: int64 [U + 1].
        targets: int32 [U].
        users: int64 [U].
        consumed_items: int32, distinct items before the target, ascending, not cut to a length.
        consumed_offsets: int64 [U + 1].
    """

    items: np.ndarray
    offsets: np.ndarray
    targets: np.ndarray
    users: np.ndarray
    consumed_items: np.ndarray
    consumed_offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1


def offsets_of(lengths: np.ndarray) -> np.ndarray:
    """int64 [K + 1] offsets of K packed pieces with these lengths."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def packed_positions(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """int64 positions of the pieces [start, start + length), one piece after the other."""
    offsets = offsets_of(lengths)
    return np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])


def training_windows(scene: Scene, *, length: int, users: np.ndarray | None = None) -> Windows:
    """Every (item, next item) pair of the training prefixes exactly once, in windows.

    A prefix of n items has n - 1 pairs. The newest window holds the newest `length` of them, the
    next one the `length` before, the oldest what remains. Prefixes of one item give no window.

    Args:
        scene: The scene.
        length: Most input items of a window.
        users: int [K] users to take, in this order; None means all.
    """
    chosen = _chosen(scene, users)
    num_pairs = np.maximum(scene.lengths[chosen] - HELD_OUT - 1, 0)
    inputs = packed_positions(scene.offsets[chosen], num_pairs)
    num_windows = -(-num_pairs // length)
    total = int(num_windows.sum())
    window_lengths = np.full(total, length, dtype=np.int64)
    has_pairs = num_windows > 0
    oldest = offsets_of(num_windows)[:-1][has_pairs]  # first window of each user with pairs
    window_lengths[oldest] = (num_pairs - (num_windows - 1) * length)[has_pairs]
    return Windows(
        items=scene.items[inputs],
        targets=scene.items[inputs + 1],
        offsets=offsets_of(window_lengths),
        users=np.repeat(chosen, num_windows),
    )


def evaluation_histories(
    scene: Scene, *, length: int, split: Split, users: np.ndarray | None = None
) -> Histories:
    """The newest `length` items before the held-out item, and that item, for each user.

    Args:
        scene: The scene.
        length: Most items of a history.
        split: "validation" holds out the last item but one and shows the training prefix; "test"
            holds out the last item and shows all others.
        users: int [K] users to take, in this order; None means all.
    """
    chosen = _chosen(scene, users)
    target_positions = scene.offsets[chosen + 1] - (1 if split == "test" else HELD_OUT)
    known = target_positions - scene.offsets[chosen]
    shown = np.minimum(known, length)
    consumed_items, consumed_offsets = _distinct(scene, chosen, known)
    return Histories(
        items=scene.items[packed_positions(target_positions - shown, shown)],
        offsets=offsets_of(shown),
        targets=scene.items[target_positions],
        users=chosen,
        consumed_items=consumed_items,
        consumed_offsets=consumed_offsets,
    )


def _chosen(scene: Scene, users: np.ndarray | None) -> np.ndarray:
    if users is None:
        return np.arange(scene.num_users, dtype=np.int64)
    return np.asarray(users, dtype=np.int64)


def _distinct(scene: Scene, users: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct items per row among its first `known` events: packed items and offsets."""
    rows = np.repeat(np.arange(len(users)), known)
    items = scene.items[packed_positions(scene.offsets[users], known)]
    size = np.int64(scene.vocabulary_size)
    keys = np.sort(rows * size + items)  # np.unique hashes, which takes ten times as long here
    keys = keys[np.diff(keys, prepend=-1) > 0]
    counts = np.bincount(keys // size, minlength=len(users))
    return (keys % size).astype(np.int32), offsets_of(counts)
