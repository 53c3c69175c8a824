"""Training in two phases: items masked and guessed from both sides first, then the causal next
item (BERT4Rec, Sun et al., CIKM 2019, with the fine-tuning that makes it a next-item model).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from adarec.nets.batches import Batch
from adarec.nets.checkpoint import prefixed, unprefixed
from adarec.nets.encoding import SequenceModel
from adarec.nets.epochs import EpochOutcome
from adarec.nets.losses.sampled_softmax import next_item_cross_entropy
from adarec.nets.training import BatchLoss, Training


class MaskedTraining(Training):
    """All its epochs are run: a model that looks both ways has no rank of a next item to validate,
    so none is the best.
    """

    def end_epoch(self, epoch: int, means: dict[str, float]) -> EpochOutcome:
        """The losses alone."""
        self.last_epoch = epoch
        return EpochOutcome(means)


class InTurn:
    """Trainings of one model, one after the other, as a single `EpochWork`.

    Epochs are counted on from one training to the next, learning-rate schedules begin anew. Only
    the last training may stop early.
    """

    def __init__(self, trainings: Sequence[Training]) -> None:
        self.trainings = trainings
        self.seed = trainings[0].seed
        self.ends = np.cumsum([training.epochs for training in trainings]).tolist()
        self.epochs: int = self.ends[-1]
        self.phase = 0

    @property
    def current(self) -> Training:
        """The training of the epoch that was begun last."""
        return self.trainings[self.phase]

    def begin_epoch(self, epoch: int) -> list[np.ndarray]:
        """Rows of each batch; the first epoch after a training's last belongs to the next one."""
        self.phase = next(phase for phase, end in enumerate(self.ends) if epoch <= end)
        return self.current.begin_epoch(epoch)

    def step(self, item: np.ndarray, done: float) -> tuple[dict[str, float], int]:
        """One step of the current training."""
        begun = self.ends[self.phase] - self.current.epochs
        share = (done * self.epochs - begun) / self.current.epochs
        return self.current.step(item, min(1.0, max(0.0, share)))

    def end_epoch(self, epoch: int, means: dict[str, float]) -> EpochOutcome:
        """The current training's outcome."""
        return self.current.end_epoch(epoch, means)

    def tensors(self) -> dict[str, Tensor]:
        """Those of the current training: earlier ones are in the model, later ones are fresh."""
        return prefixed(self.current.tensors(), str(self.phase))

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Restores `tensors`."""
        self.phase = int(next(iter(tensors)).partition(".")[0])
        self.current.load_tensors(unprefixed(tensors, str(self.phase)))

    def progress(self) -> dict[str, Any]:
        """Phase, and the current training's progress."""
        return {"phase": self.phase, "training": self.current.progress()}

    def load_progress(self, progress: dict[str, Any]) -> None:
        """Restores `progress`."""
        self.phase = progress["phase"]
        self.current.load_progress(progress["training"])


def masked_epochs(epochs: int, masked_share: float) -> int:
    """How many of the epochs train on masked items; at least one is left for the next item."""
    return min(epochs - 1, round(epochs * masked_share))


def masked_item_loss(
    model: SequenceModel, *, mask_probability: float, sampled_items: int = 0
) -> BatchLoss:
    """Cross-entropy of hidden items, given all others on both sides (the cloze task of BERT4Rec,
    equation 8): over the full catalogue, or over the hidden items and so many drawn ones.
    """

    def loss(batch: Batch) -> tuple[Tensor, dict[str, float]]:
        items = with_last_target(batch)
        mask = items != 0
        masked = random_positions(own_items(batch, mask), probability=mask_probability)
        encoded = model(items, mask, masked=masked)
        # Only hidden items are scored: a visible one would be copied from its own position.
        guessed, wanted = encoded.output[masked[mask]], items[masked]
        scored = next_item_cross_entropy(
            guessed, model.item_table.candidates, wanted, sampled_items=sampled_items
        )
        return scored.total, {"masked_loss": scored.task}

    return loss


def with_last_target(batch: Batch) -> Tensor:
    """[B, L + 1] the batch's items and what follows the newest: all that a window may teach."""
    lengths = torch.full((len(batch.items),), batch.items.shape[1])
    if batch.mask is not None:
        lengths = batch.mask.sum(1)
    last = batch.targets[lengths.cumsum(0) - 1]
    return torch.cat([batch.items, last.unsqueeze(1)], dim=1)


def own_items(batch: Batch, mask: Tensor) -> Tensor:
    """`mask` [B, L + 1] without the batch's pseudo-prior items: nobody learns to guess those."""
    return mask if batch.pseudo is None else mask & ~F.pad(batch.pseudo, (0, 1))


def random_positions(mask: Tensor, *, probability: float) -> Tensor:
    """[B, L] True at real positions drawn with this probability; a row without any gives its
    newest.
    """
    drawn = (torch.rand(mask.shape) < probability) & mask
    newest = F.one_hot(torch.tensor(mask.shape[1] - 1), mask.shape[1]).bool()
    return drawn | (~drawn.any(dim=1, keepdim=True) & newest)
