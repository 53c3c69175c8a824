"""Distillation on a labelled scene and on the histories of another one, whose labels stay unread
(DA-KD, Kothandaraman, Nambiar and Mittal, WACVW 2021, carried over to next items).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from adarec.nets.batches import Batch, Sequences, pack_batch, positions_a_step, training_order
from adarec.nets.encoding import SequenceModel, encode_frozen, score_chunks
from adarec.nets.epochs import epoch_seed
from adarec.nets.losses.distillation import LossWeights, Projections, distillation_losses
from adarec.nets.losses.hidden import Mapping
from adarec.nets.losses.pseudo_labels import consumed_cells, most_confident, pseudo_labels
from adarec.nets.losses.scores import score_losses
from adarec.nets.training import BatchLoss, Training

RARE = 0.01  # a few repeats are noise of a log, not a habit


@dataclass(frozen=True)
class InputBatch:
    """Left-padded histories of a scene without labels: unlike a `Batch`, it has no targets.

    Attributes:
        items: [B, L] item indices, 0 = PAD, newest on the right.
        mask: [B, L] True at real positions; None where every position is real.
        rows: [B] which history of the source each row is.
    """

    items: Tensor
    mask: Tensor | None
    rows: np.ndarray


@dataclass(frozen=True)
class Unlabelled:
    """Histories of which nobody says what follows.

    Raises:
        ValueError: The sequences carry targets.
    """

    sequences: Sequences

    def __post_init__(self) -> None:
        if self.sequences.targets is not None:
            raise ValueError("sequences of a scene without labels must not carry targets")

    def __len__(self) -> int:
        return len(self.sequences)

    def pack(self, rows: np.ndarray) -> InputBatch:
        """The chosen histories as one left-padded batch."""
        batch = pack_batch(self.sequences, rows)
        return InputBatch(batch.items, batch.mask, batch.rows)

    @property
    def repeat(self) -> bool:
        """Whether people come back to items: over `RARE` of the positions hold an item again."""
        items = self.sequences.items.astype(np.int64)
        rows = np.repeat(np.arange(len(self)), self.sequences.lengths)
        distinct = len(np.unique(rows * (items.max(initial=0) + 1) + items))
        return len(items) - distinct > RARE * len(items)


InputLoss = Callable[[InputBatch], tuple[Tensor, dict[str, float]]]
Item = tuple[np.ndarray, np.ndarray | None]


@dataclass(frozen=True)
class PseudoLabelling:
    """Which pseudo-labels are learned, and how much they count.

    Attributes:
        weight: Factor of their cross-entropy.
        quantile: Share of a batch that is dropped, the least confident.
        allowed: [V] True for items that the teacher has learned from labels.
        repeat: Items that the history holds may be labels, too.
    """

    weight: float
    quantile: float
    allowed: Tensor
    repeat: bool


class Adaptation(Training):
    """A `Training` on the labels of the source in which every step also looks at a batch of the
    target's histories.

    The best epoch is chosen on the source's validation items: the target's are labels.

    Args:
        model: Trained in place.
        histories: Of the target.
        history_loss: Loss of a batch of them, with gradient.
        target_weight: Factor d of that loss; with 0 no history is read, and this is `Training`.
        **training: As for `Training`.

    Raises:
        ValueError: Histories count, and there is none.
    """

    def __init__(
        self,
        model: SequenceModel,
        *,
        histories: Unlabelled,
        history_loss: InputLoss,
        target_weight: float,
        **training: Any,
    ) -> None:
        super().__init__(model, **training)
        if target_weight and not len(histories):
            raise ValueError("no history to learn from")
        self.histories, self.history_loss = histories, history_loss
        self.target_weight = target_weight

    def begin_epoch(self, epoch: int) -> list[Item]:  # type: ignore[override]
        """Rows of the source's and of the target's batch of each step.

        An epoch is one pass over the source. A smaller target is passed over several times, of a
        larger one each epoch takes other histories.
        """
        source = super().begin_epoch(epoch)
        if self.target_weight == 0.0:
            return [(rows, None) for rows in source]
        rng = np.random.default_rng(epoch_seed(self.seed, epoch))
        positions = positions_a_step(self.sequences, most=self.schedule.batch_positions)
        target: list[np.ndarray] = []
        while len(target) < len(source):
            target += training_order(self.histories.sequences, positions=positions, rng=rng)
        return list(zip(source, target, strict=False))

    def losses(self, item: Item) -> tuple[Tensor, dict[str, float], int]:  # type: ignore[override]
        """Loss on the source's batch, and d times that on the target's."""
        source, target = item
        loss, parts, positions = super().losses(source)
        if target is None:
            return loss, parts, positions
        on_target, more = self.history_loss(self.histories.pack(target))
        return loss + self.target_weight * on_target, parts | more, positions


def labelled_loss(student: SequenceModel, *, weight: float) -> BatchLoss:
    """The student's next-item cross-entropy alone, for a source on which no teacher is heard."""

    def loss(batch: Any) -> tuple[Tensor, dict[str, float]]:
        encoded = student(batch.items, batch.mask)
        table = student.item_table.candidates
        scored = score_losses(encoded.output, table, batch.targets, task_weight=weight)
        return scored.total, {"task_loss": scored.task}

    return loss


def history_loss(
    student: SequenceModel,
    teacher: SequenceModel,
    *,
    projections: Projections,
    mapping: Mapping,
    weights: LossWeights,
    labelling: PseudoLabelling,
) -> InputLoss:
    """Distillation on histories: the losses of a labelled scene but for the task, and the
    cross-entropy on those of the teacher's answers that it is sure of.
    """
    # The counts are the source's: no pair of these histories is among them.
    without_task = replace(weights, task=0.0, leave_one_out=False)

    def loss(batch: InputBatch) -> tuple[Tensor, dict[str, float]]:
        taught = encode_frozen(teacher, batch.items, batch.mask)
        labels = pseudo_labels(
            score_chunks(teacher, taught, batch.items, batch.mask),
            positions=len(taught.output),
            allowed=labelling.allowed,
            consumed=None if labelling.repeat else consumed_cells(batch.items, batch.mask),
        )
        encoded = student(batch.items, batch.mask)
        table = student.item_table.candidates
        total, parts = distillation_losses(
            encoded,
            taught,
            Batch(batch.items, batch.mask, labels.items, batch.rows),
            student_table=table,
            teacher_model=teacher,
            projections=projections,
            mapping=mapping,
            weights=without_task,
        )
        parts.pop("task_loss")
        found = {f"target_{name}": value for name, value in parts.items()}
        sure = most_confident(labels.confidence, quantile=labelling.quantile)
        if len(sure) == 0:
            return total, found
        scored = score_losses(encoded.output[sure], table, labels.items[sure])
        found["pseudo_loss"] = scored.task
        found["pseudo_confidence"] = labels.confidence[sure].mean().item()
        return total + labelling.weight * scored.total, found

    return loss
