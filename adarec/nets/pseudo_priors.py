"""Items that a model reading histories backwards writes in front of them: greedily, each the best
that the history does not hold yet (ASReP, Liu et al., SIGIR 2021, section 3.2).
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from adarec.nets.batches import Batch, Sequences, pack_batch
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import EpochOutcome
from adarec.nets.evaluation import SCORE_FLOATS


class PseudoPriors:
    """The `EpochWork` of writing them all, in one epoch: a step is one chunk of users.

    `written` is int64, packed: user u owns counts[:u].sum() and on, the first item written first.

    Args:
        model: Trained on reversed histories.
        histories: Reversed histories, one per user.
        counts: int64 [U], how many items to write for each.
    """

    epochs, seed = 1, 0

    def __init__(self, model: SequenceModel, histories: Sequences, counts: np.ndarray) -> None:
        self.model, self.histories, self.counts = model, histories, counts
        self.starts = np.cumsum(counts) - counts
        self.written = torch.zeros(int(counts.sum()), dtype=torch.int64)

    def begin_epoch(self, epoch: int) -> list[np.ndarray]:
        """Users of each chunk; those with most to write stand first in it."""
        del epoch
        users = np.flatnonzero(self.counts)
        users = users[np.argsort(-self.counts[users], kind="stable")]
        size = max(1, SCORE_FLOATS // len(self.model.item_table.candidates))
        return np.split(users, range(size, len(users), size)) if len(users) else []

    def step(self, item: np.ndarray, done: float) -> tuple[dict[str, float], int]:
        """Writes the items of one chunk."""
        del done
        counts = self.counts[item]
        found = greedy_continuation(self.model, pack_batch(self.histories, item), counts)
        is_written = torch.arange(found.shape[1]) < torch.from_numpy(counts)[:, None]
        places = self.starts[item][:, None] + np.arange(found.shape[1])  # [B, K]
        self.written[torch.from_numpy(places)[is_written]] = found[is_written]
        return {}, len(item)

    def end_epoch(self, epoch: int, means: dict[str, float]) -> EpochOutcome:
        """Nothing is recorded of it."""
        del epoch, means
        return EpochOutcome({})

    def tensors(self) -> dict[str, Tensor]:
        """What was written so far."""
        return {"written": self.written}

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Restores `tensors`."""
        self.written = tensors["written"]

    def progress(self) -> dict[str, Any]:
        """Nothing more."""
        return {}

    def load_progress(self, progress: dict[str, Any]) -> None:
        """Restores `progress`."""
        del progress


def greedy_continuation(model: SequenceModel, batch: Batch, counts: np.ndarray) -> Tensor:
    """int64 [B, K] the items that go on each history, first to last; what stands behind a row's
    count is 0.

    An item that a row holds already, PAD included, is never chosen.

    Args:
        model: In evaluation mode.
        batch: Histories [B, L].
        counts: [B], descending; K is the first.
    """
    items, num_items = batch.items, len(model.item_table.candidates)
    mask = items != 0
    written = torch.zeros(len(items), int(counts[0]), dtype=torch.int64)
    with torch.inference_mode():
        taken = torch.zeros(len(items), num_items + 1, dtype=torch.bool)
        taken.scatter_(1, items, True)
        for place in range(int(counts[0])):
            active = int((counts > place).sum())  # the first rows: counts descend
            items, mask, taken = items[:active], mask[:active], taken[:active]
            scores = model.score(model.newest_state(items, mask))  # [B, V]
            chosen = scores.masked_fill_(taken[:, 1:], -torch.inf).argmax(dim=1, keepdim=True) + 1
            written[:active, place] = chosen.squeeze(1)
            taken.scatter_(1, chosen, True)
            items = torch.cat([items, chosen], dim=1)
            mask = torch.cat([mask, torch.ones_like(chosen, dtype=torch.bool)], dim=1)
    return written
