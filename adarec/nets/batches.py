"""Batches of histories of about equal length, so that almost no work goes into padding."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MIN_STEPS = 64  # optimiser steps an epoch, where the scene is large enough for any batch size
MIN_POSITIONS = 256
# Alpha steps are smaller, so there are more: their noise is the sampled ops', not the data's.
ALPHA_SPLIT = 4
SEARCH_POSITIONS = 40_000  # of a search's epoch, at least about half of it
SORT_POOL = 64  # batches that are sorted by length together; more = less padding, less mixing


@dataclass(frozen=True)
class Batch:
    """Left-padded histories and, for training, the item that follows each real position.

    Attributes:
        items: [B, L] item indices, 0 = PAD, newest on the right.
        mask: [B, L] True at real positions; None where every position is real.
        targets: [P] the next item of each real position in row-major order, 0 where nothing is to
            be learned; empty for requests.
        rows: [B] which sequence of the source each row is.
        pseudo: [B, L] True at pseudo-prior items; None where there is none.
    """

    items: Tensor
    mask: Tensor | None
    targets: Tensor
    rows: np.ndarray
    pseudo: Tensor | None = None

    @property
    def num_targets(self) -> int:
        """How many positions a loss is a mean over."""
        return len(self.targets) if self.pseudo is None else int(self.targets.count_nonzero())

    @property
    def counted_targets(self) -> Tensor:
        """[P] the targets whose pair stands in the log: 0 where a pseudo-prior leads to one."""
        if self.pseudo is None:
            return self.targets
        is_pseudo = self.pseudo.flatten() if self.mask is None else self.pseudo[self.mask]
        return self.targets.masked_fill(is_pseudo, 0)

    @property
    def num_positions(self) -> int:
        """P, the number of real positions."""
        return self.items.numel() if self.mask is None else int(self.mask.sum())


@dataclass(frozen=True)
class Sequences:
    """Many histories in one flat array: sequence i is items[offsets[i]:offsets[i + 1]].

    `targets` is 0 where an item has none; `pseudo` marks pseudo-prior items.
    """

    items: np.ndarray
    offsets: np.ndarray
    targets: np.ndarray | None = None
    pseudo: np.ndarray | None = None

    @property
    def lengths(self) -> np.ndarray:
        """[N] number of items of each sequence."""
        return np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1


def joined_sequences(parts: list[Sequences]) -> Sequences:
    """All sequences of several sources, one source after the other; all with targets or none."""
    starts = np.cumsum([0] + [len(part.items) for part in parts])
    offsets = [part.offsets[1:] + start for part, start in zip(parts, starts, strict=False)]
    targets = [part.targets for part in parts if part.targets is not None]
    if len(targets) not in (0, len(parts)):
        raise ValueError("sequences with and without targets cannot be joined")
    return Sequences(
        items=np.concatenate([part.items for part in parts]),
        offsets=np.concatenate([np.zeros(1, np.int64), *offsets]),
        targets=np.concatenate(targets) if targets else None,
    )


def pack_batch(sequences: Sequences, rows: np.ndarray) -> Batch:
    """The chosen sequences as one left-padded batch, as wide as its longest."""
    starts, lengths = sequences.offsets[rows], sequences.lengths[rows]
    width = int(lengths.max())
    column = (
        np.arange(width)[None, :] - (width - lengths)[:, None]
    )  # position in the sequence, < 0 = PAD
    real = column >= 0
    flat = (starts[:, None] + column)[real]
    items = np.zeros((len(rows), width), dtype=np.int64)
    items[real] = sequences.items[flat]
    wanted = np.empty(0, dtype=np.int64)
    if sequences.targets is not None:
        wanted = sequences.targets[flat].astype(np.int64)
    pseudo = None
    if sequences.pseudo is not None:
        marked = np.zeros(items.shape, dtype=bool)
        marked[real] = sequences.pseudo[flat]
        pseudo = torch.from_numpy(marked)
    return Batch(
        items=torch.from_numpy(items),
        mask=None if real.all() else torch.from_numpy(real),
        targets=torch.from_numpy(wanted),
        rows=rows,
        pseudo=pseudo,
    )


def positions_a_step(sequences: Sequences, *, most: int) -> int:
    """Real positions of one step: `most`, or fewer on a small scene so that an epoch has steps.

    A scene of 10,000 positions would otherwise be learned in six steps an epoch.
    """
    return min(most, max(MIN_POSITIONS, len(sequences.items) // MIN_STEPS))


def training_order(
    sequences: Sequences, *, positions: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Rows of each batch of one epoch: shuffled, sorted by length within pools, cut at about
    `positions`.

    Every sequence appears exactly once. The order of the batches is shuffled again, so that
    lengths mix.
    """
    if len(sequences) == 0:  # the slice of a tiny scene may have no pair to learn from
        return []
    shuffled = rng.permutation(len(sequences))
    lengths = sequences.lengths
    mean_length = max(1.0, float(lengths.mean()))
    pool = max(1, int(SORT_POOL * positions / mean_length))
    batches: list[np.ndarray] = []
    for start in range(0, len(shuffled), pool):
        rows = shuffled[start : start + pool]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        batches.extend(_cut_by_positions(rows, lengths[rows], positions))
    return [batches[i] for i in rng.permutation(len(batches))]


def alternating_order(
    weights: Sequences, alphas: Sequences, *, positions: int, rng: np.random.Generator
) -> list[tuple[str, np.ndarray]]:
    """("weight" or "alpha", rows) of each batch of one epoch of a search, alpha steps spread
    evenly; every sequence once a pass, with `search_passes` of them.

    Args:
        weights: What weight steps learn from.
        alphas: What alpha steps learn from.
        positions: Real positions of a weight step at most.
        rng: Shuffles.
    """
    many = positions_a_step(weights, most=positions)
    few = max(MIN_POSITIONS, many // ALPHA_SPLIT)
    items = []
    for _ in range(search_passes(weights)):
        weight_rows = training_order(weights, positions=many, rng=rng)
        alpha_rows = training_order(alphas, positions=few, rng=rng)
        steps = [(i / len(weight_rows), "weight", rows) for i, rows in enumerate(weight_rows)]
        steps += [((i + 0.5) / len(alpha_rows), "alpha", r) for i, r in enumerate(alpha_rows)]
        items += [(kind, rows) for _, kind, rows in sorted(steps, key=lambda step: step[0])]
    return items


def search_passes(weights: Sequences) -> int:
    """Passes over the data in an epoch of a search: up to eight on a small scene, whose supernet
    would otherwise be compared before it has learned anything.
    """
    return max(1, min(8, SEARCH_POSITIONS // len(weights.items)))


def request_batches(sequences: Sequences, *, positions: int) -> Iterator[Batch]:
    """All sequences once, longest together, for evaluation (order irrelevant: `Batch.rows` says
    which).
    """
    rows = np.argsort(sequences.lengths, kind="stable")
    for chosen in _cut_by_positions(rows, sequences.lengths[rows], positions):
        yield pack_batch(sequences, chosen)


def _cut_by_positions(rows: np.ndarray, lengths: np.ndarray, positions: int) -> list[np.ndarray]:
    """Cuts rows sorted by length into runs of about `positions` real positions; the last row of a
    run may go over.
    """
    block = (np.cumsum(lengths) - lengths) // positions
    return np.split(rows, np.flatnonzero(np.diff(block)) + 1)
