"""What goes in and out of a model that writes pseudo-prior items in front of short histories
(ASReP, Liu et al., SIGIR 2021): reversed training prefixes, how many items each user gets, and
the augmented scene. Nothing here looks at a held-out item.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adarec.data.scene import HELD_OUT, Scene
from adarec.data.sequences import (
    Windows,
    cut_from_the_end,
    offsets_of,
    packed_positions,
    reversed_pieces,
)


@dataclass(frozen=True)
class ReversedPrefixes:
    """Training prefixes with their newest item first; user u owns offsets[u]:offsets[u + 1].

    Attributes:
        items: int32 [sum of lengths].
        offsets: int64 [U + 1].
    """

    items: np.ndarray
    offsets: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """int64 [U]."""
        return np.diff(self.offsets)

    def without_last(self, users: np.ndarray) -> "ReversedPrefixes":
        """The same, where these users have lost their last item, the oldest of their history."""
        kept = np.ones(len(self.items), dtype=bool)
        kept[self.offsets[users + 1] - 1] = False
        lengths = self.lengths
        lengths[users] -= 1
        return ReversedPrefixes(self.items[kept], offsets_of(lengths))

    def last(self, users: np.ndarray) -> np.ndarray:
        """int32 [K], the oldest item of each of these users."""
        return self.items[self.offsets[users + 1] - 1]

    def ends(self, users: np.ndarray, *, length: int) -> "ReversedPrefixes":
        """The last `length` items of each of these users: what stands nearest to the start of
        their histories.
        """
        lengths = np.minimum(self.lengths[users], length)
        places = packed_positions(self.offsets[users + 1] - lengths, lengths)
        return ReversedPrefixes(self.items[places], offsets_of(lengths))

    def windows(self, *, length: int) -> Windows:
        """Every (item, item before it) pair exactly once, in windows cut from the end."""
        num_pairs = np.maximum(self.lengths - 1, 0)
        inputs = packed_positions(self.offsets[:-1], num_pairs)
        offsets, num_windows = cut_from_the_end(num_pairs, length=length)
        users = np.repeat(np.arange(len(num_pairs)), num_windows)
        return Windows(self.items[inputs], self.items[inputs + 1], offsets, users)


def reversed_prefixes(scene: Scene) -> ReversedPrefixes:
    """All users' training prefixes, reversed by place: events of one moment are reversed too."""
    lengths = scene.lengths - HELD_OUT
    offsets = offsets_of(lengths)
    prefixes = scene.items[packed_positions(scene.offsets[:-1], lengths)]
    return ReversedPrefixes(reversed_pieces(prefixes, offsets), offsets)


def pseudo_counts(scene: Scene, *, longest: int, most: int, length: int) -> np.ndarray:
    """int64 [U], how many pseudo-priors each user gets: min(most, longest - n, length - n) for a
    training prefix of n items, and never more than there are items left that it does not hold.
    """
    prefix = scene.lengths - HELD_OUT
    room = np.minimum(longest - prefix, length - prefix)
    counts = np.minimum(np.minimum(room, most), scene.num_items - prefix)
    return np.maximum(counts, 0)


def with_pseudo_priors(scene: Scene, written: np.ndarray, counts: np.ndarray) -> Scene:
    """The scene with pseudo-priors in front of its histories.

    Args:
        scene: A scene of real items.
        written: int32 [sum of counts], each user's pseudo-priors in the order in which they were
            written: the one next to the history first.
        counts: int64 [U].
    """
    starts = offsets_of(scene.lengths + counts)
    users = np.arange(scene.num_users)
    is_new = np.zeros(starts[-1], dtype=bool)
    is_new[packed_positions(starts[:-1], counts)] = True
    items = np.empty(len(is_new), dtype=np.int32)
    items[is_new] = reversed_pieces(written, offsets_of(counts))
    items[~is_new] = scene.items
    times = np.empty(len(is_new), dtype=np.float64)
    times[is_new] = np.repeat(scene.times[scene.offsets[users]], counts)  # they have none
    times[~is_new] = scene.times
    return replace(
        scene,
        items=items,
        offsets=starts,
        times=times,
        pseudo_counts=counts.astype(np.int64),
    )


def write_pseudo_priors(scene: Scene, folder: Path) -> None:
    """Writes pseudo_priors.parquet: `user_id` and `item_ids` (farthest first) of every user that
    has some. A request for such a user begins with them.
    """
    counts = np.zeros(scene.num_users, np.int64)
    if scene.pseudo_counts is not None:
        counts = scene.pseudo_counts
    users = np.flatnonzero(counts)
    items = scene.items[packed_positions(scene.offsets[users], counts[users])]
    ids = pa.array([scene.item_ids[item - 1] for item in items], type=pa.string())
    offsets = pa.array(offsets_of(counts[users]).astype(np.int32))
    table = pa.table(
        {
            "user_id": pa.array([scene.user_ids[user] for user in users], type=pa.string()),
            "item_ids": pa.ListArray.from_arrays(offsets, ids),
        }
    )
    pq.write_table(table, folder / "pseudo_priors.parquet")


def read_pseudo_priors(folder: Path) -> dict[str, list[str]]:
    """User id -> item ids, farthest first; empty where the model's histories were all real."""
    path = folder / "pseudo_priors.parquet"
    if not path.is_file():
        return {}
    table = pq.read_table(path)
    return dict(zip(table["user_id"].to_pylist(), table["item_ids"].to_pylist(), strict=True))
