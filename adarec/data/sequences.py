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
        targets: int32 [M]; targets[i] is the item that follows items[i], or 0 where nothing is to
            be learned from it.
        offsets: int64 [W + 1]; window w owns [offsets[w], offsets[w + 1]).
        users: int64 [W], the user that each window comes from.
        pseudo: bool [M], which inputs are pseudo-priors; None where all are real.
    """

    items: np.ndarray
    targets: np.ndarray
    offsets: np.ndarray
    users: np.ndarray
    pseudo: np.ndarray | None = None

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
        consumed_items: int32, distinct real items before the target, ascending, not cut to a
            length.
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


def reversed_pieces(items: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Packed pieces, each with its last element first: by place, whatever the times say."""
    lengths = np.diff(offsets)
    last = np.repeat(offsets[:-1] + offsets[1:] - 1, lengths)
    return items[last - np.arange(len(items))]


def training_windows(
    scene: Scene,
    *,
    length: int,
    users: np.ndarray | None = None,
    train_on_pseudo: bool = False,
) -> Windows:
    """Every (item, next item) pair of the training prefixes exactly once, in windows.

    A prefix of n items has n - 1 pairs. The newest window holds the newest `length` of them, the
    next one the `length` before, the oldest what remains. Prefixes of one item give no window.
    A pseudo-prior is an input, but no target: the pair that leads to one has the target 0.

    Args:
        scene: The scene.
        length: Most input items of a window.
        users: int [K] users to take, in this order; None means all.
        train_on_pseudo: Pseudo-priors are targets like all other items.
    """
    chosen = _chosen(scene, users)
    num_pairs = np.maximum(scene.lengths[chosen] - HELD_OUT - 1, 0)
    inputs = packed_positions(scene.offsets[chosen], num_pairs)
    offsets, num_windows = cut_from_the_end(num_pairs, length=length)
    targets, pseudo = scene.items[inputs + 1], None
    if scene.pseudo_counts is not None and not train_on_pseudo:
        pseudo = scene.is_pseudo[inputs]
        targets = np.where(scene.is_pseudo[inputs + 1], 0, targets).astype(np.int32)
    return Windows(
        items=scene.items[inputs],
        targets=targets,
        offsets=offsets,
        users=np.repeat(chosen, num_windows),
        pseudo=pseudo,
    )


def cut_from_the_end(lengths: np.ndarray, *, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Offsets [W + 1] that cut packed pieces into windows of at most `length`, and how many
    windows each piece has; only the first window of a piece may be shorter.
    """
    num_windows = -(-lengths // length)
    window_lengths = np.full(int(num_windows.sum()), length, dtype=np.int64)
    is_cut = num_windows > 0
    oldest = offsets_of(num_windows)[:-1][is_cut]  # first window of each piece
    window_lengths[oldest] = (lengths - (num_windows - 1) * length)[is_cut]
    return offsets_of(window_lengths), num_windows


def evaluation_histories(
    scene: Scene, *, length: int, split: Split, users: np.ndarray | None = None
) -> Histories:
    """The newest `length` items before the held-out item, and that item, for each user.

    Pseudo-priors stand in front of a history as far as `length` has room for them.

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
    """Distinct real items per row among its first `known` items: packed items and offsets."""
    starts = scene.offsets[users]
    if scene.pseudo_counts is not None:
        starts, known = starts + scene.pseudo_counts[users], known - scene.pseudo_counts[users]
    rows = np.repeat(np.arange(len(users)), known)
    items = scene.items[packed_positions(starts, known)]
    size = np.int64(scene.vocabulary_size)
    keys = np.sort(rows * size + items)  # np.unique hashes, which takes ten times as long here
    keys = keys[np.diff(keys, prepend=-1) > 0]
    counts = np.bincount(keys // size, minlength=len(users))
    return (keys % size).astype(np.int32), offsets_of(counts)
