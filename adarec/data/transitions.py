"""What most often followed an item, as two rectangular tables that a graph can look up."""

from dataclasses import dataclass

import numpy as np

from adarec.data.baselines import last_item_transition_counts
from adarec.data.scene import Scene

SUCCESSORS = 64  # of an item at most; a graph looks up so many at every request


@dataclass(frozen=True)
class Transitions:
    """The most frequent successors of every item in training prefixes; V items, K successors.

    Attributes:
        successors: int64 [V + 1, K] item indices, most frequent first; 0 where there are fewer.
        probabilities: float32 [V + 1, K], count / all pairs of the row's item; 0 at PAD.
    """

    successors: np.ndarray
    probabilities: np.ndarray


def transition_pairs(scene: Scene) -> np.ndarray:
    """int64 [V + 1], how many pairs of a training prefix begin with each item: what the
    probabilities of its row are shares of.
    """
    return np.asarray(last_item_transition_counts(scene).sum(axis=1)).ravel().astype(np.int64)


def most_frequent_transitions(scene: Scene, *, most: int) -> Transitions:
    """At most `most` successors an item, counted in training prefixes only; ties go to the lower
    item index.
    """
    counts = last_item_transition_counts(scene)
    lengths = np.diff(counts.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((counts.indices, -counts.data, rows))
    place = np.arange(len(rows)) - counts.indptr[rows]
    kept = place < most
    width = max(1, min(most, int(lengths.max(initial=0))))
    shape = (len(lengths), width)
    successors, probabilities = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    cells = (rows[kept], place[kept])
    successors[cells] = counts.indices[order][kept]
    probabilities[cells] = counts.data[order][kept] / transition_pairs(scene)[rows[kept]]
    return Transitions(successors, probabilities)
