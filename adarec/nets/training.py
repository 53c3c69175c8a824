"""Training of a teacher, or of a derived student from its teacher, with early stopping on the
validation item.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from adarec.nets.batches import Batch, Sequences, pack_batch, positions_a_step, training_order
from adarec.nets.checkpoint import load_optimizer, optimizer_tensors, prefixed, unprefixed
from adarec.nets.encoding import SequenceModel, encode_frozen
from adarec.nets.epochs import EpochOutcome, epoch_seed, warm_cosine
from adarec.nets.evaluation import history_ranks
from adarec.nets.losses.distillation import LossWeights, Projections, distillation_losses
from adarec.nets.losses.hidden import Mapping
from adarec.nets.losses.sampled_softmax import next_item_cross_entropy
from adarec.ranking import metrics_from_ranks

BatchLoss = Callable[[Batch], tuple[Tensor, dict[str, float]]]


@dataclass(frozen=True)
class Duration:
    """How long to train.

    Attributes:
        epochs: At most this many; the learning rate falls over all of them.
        patience: Stop after so many epochs without a better validation NDCG@10.
        last: Stop after this epoch at the latest, wherever the learning rate is then.
    """

    epochs: int
    patience: int
    last: int | None = None

    def is_over(self, epoch: int, *, best_epoch: int) -> bool:
        """Whether `epoch` is the last one."""
        return epoch == self.last or epoch - best_epoch >= self.patience


@dataclass(frozen=True)
class TrainingSchedule:
    """How long and how fast to train.

    Attributes:
        duration: In epochs.
        learning_rate: Peak, after warm-up.
        weight_decay: AdamW's, on matrices only.
        batch_positions: Real positions a step at most.
        clip_norm: Largest gradient norm.
        seed: Order of batches and dropout.
    """

    duration: Duration
    learning_rate: float
    weight_decay: float
    batch_positions: int
    clip_norm: float
    seed: int


@dataclass(frozen=True)
class Validation:
    """Histories [N] and the validation item of each, ranked after every epoch to choose the best
    one.
    """

    histories: Sequences
    targets: np.ndarray

    def ranks(self, model: SequenceModel, **call: Any) -> np.ndarray:
        """int64 [N] rank of each validation item, full catalogue, unmasked."""
        return history_ranks(model, self.histories, self.targets, **call)

    def metrics(self, model: SequenceModel, **call: Any) -> dict[str, float]:
        """All ranking metrics of `ranks`."""
        return metrics_from_ranks(self.ranks(model, **call))


def adamw(module: nn.Module, *, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW with weight decay on matrices but not on biases, norms and item tables."""
    tables = {id(m.weight) for m in module.modules() if isinstance(m, nn.Embedding)}
    decayed = [p for p in module.parameters() if p.dim() > 1 and id(p) not in tables]
    kept = [p for p in module.parameters() if p.dim() <= 1 or id(p) in tables]
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": kept, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [g for g in groups if g["params"]], lr=learning_rate, betas=(0.9, 0.98), fused=True
    )


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Sets the rate of every parameter group."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


class Training:
    """The `EpochWork` of one model; `best_state` holds the weights of its best epoch.

    Args:
        model: Trained in place.
        sequences: Training windows with targets.
        batch_loss: Loss with gradient, and its parts for the records.
        validation: Chooses the best epoch.
        schedule: Length and speed.
        extra: Further modules that are trained with the model (projections).
        mapping: A layer mapping whose state belongs to the checkpoint; its connectors are trained
            too.
    """

    def __init__(
        self,
        model: SequenceModel,
        *,
        sequences: Sequences,
        batch_loss: BatchLoss,
        validation: Validation,
        schedule: TrainingSchedule,
        extra: nn.Module | None = None,
        mapping: Mapping | None = None,
    ) -> None:
        self.model, self.mapping = model, mapping
        connectors = None if mapping is None else mapping.connectors
        parts = {"model": model, "extra": extra, "connectors": connectors}
        self.trained = nn.ModuleDict({k: part for k, part in parts.items() if part is not None})
        self.sequences, self.batch_loss, self.validation, self.schedule = (
            sequences,
            batch_loss,
            validation,
            schedule,
        )
        self.epochs, self.seed = schedule.duration.epochs, schedule.seed
        self.optimizer = adamw(
            self.trained, learning_rate=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.best_ndcg, self.best_epoch, self.last_epoch = -1.0, 0, 0
        self.best_state: dict[str, Tensor] = {}

    def begin_epoch(self, epoch: int) -> list[np.ndarray]:
        """Rows of each batch."""
        rng = np.random.default_rng(epoch_seed(self.seed, epoch))
        positions = positions_a_step(self.sequences, most=self.schedule.batch_positions)
        return training_order(self.sequences, positions=positions, rng=rng)

    def step(self, item: np.ndarray, done: float) -> tuple[dict[str, float], int]:
        """One optimiser step on one batch."""
        self.trained.train()
        set_learning_rate(self.optimizer, self.schedule.learning_rate * warm_cosine(done))
        self.optimizer.zero_grad(set_to_none=True)
        loss, parts, positions = self.losses(item)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.trained.parameters(), self.schedule.clip_norm)
        self.optimizer.step()
        return parts | {"loss": loss.item()}, positions

    def losses(self, item: np.ndarray) -> tuple[Tensor, dict[str, float], int]:
        """Loss of one item with gradient, its parts, and the positions that they cover."""
        batch = pack_batch(self.sequences, item)
        loss, parts = self.batch_loss(batch)
        return loss, parts, batch.num_targets

    def end_epoch(self, epoch: int, means: dict[str, float]) -> EpochOutcome:
        """Validates and keeps the best weights."""
        self.last_epoch = epoch
        found = self.validation.metrics(self.model)
        if found["ndcg@10"] > self.best_ndcg:
            self.best_ndcg, self.best_epoch = found["ndcg@10"], epoch
            self.best_state = {
                name: value.clone() for name, value in self.model.state_dict().items()
            }
        metrics = means | {f"validation_{name}": found[name] for name in ("ndcg@10", "hr@10")}
        arrays = {} if self.mapping is None else self.mapping.end_epoch()
        finished = self.schedule.duration.is_over(epoch, best_epoch=self.best_epoch)
        return EpochOutcome(metrics, arrays, finished=finished)

    def tensors(self) -> dict[str, Tensor]:
        """Model, best weights, optimiser, mapping."""
        found = prefixed(self.trained.state_dict(), "trained") | prefixed(self.best_state, "best")
        found |= optimizer_tensors(self.optimizer, "optimizer")
        return found if self.mapping is None else found | prefixed(self.mapping.state(), "mapping")

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Restores `tensors`."""
        self.trained.load_state_dict(unprefixed(tensors, "trained"))
        self.best_state = unprefixed(tensors, "best")
        load_optimizer(self.optimizer, tensors, "optimizer")
        if self.mapping is not None:
            self.mapping.load_state(unprefixed(tensors, "mapping"))

    def progress(self) -> dict[str, Any]:
        """Best and last epoch so far."""
        return {
            "best_ndcg": self.best_ndcg,
            "best_epoch": self.best_epoch,
            "last_epoch": self.last_epoch,
        }

    def load_progress(self, progress: dict[str, Any]) -> None:
        """Restores `progress`."""
        self.best_ndcg, self.best_epoch = progress["best_ndcg"], progress["best_epoch"]
        self.last_epoch = progress["last_epoch"]


def next_item_loss(model: SequenceModel, *, sampled_items: int = 0) -> BatchLoss:
    """Cross-entropy of a teacher on its own: over the full catalogue, or over the batch's targets
    and so many drawn items.
    """

    def loss(batch: Batch) -> tuple[Tensor, dict[str, float]]:
        encoded = model(batch.items, batch.mask)
        scored = next_item_cross_entropy(
            encoded.output,
            model.item_table.candidates,
            batch.targets,
            sampled_items=sampled_items,
        )
        return scored.total, {"task_loss": scored.task}

    return loss


def distilled_loss(
    student: SequenceModel,
    teacher: SequenceModel,
    *,
    projections: Projections,
    mapping: Mapping,
    weights: LossWeights,
) -> BatchLoss:
    """Task loss and distillation of a derived student; the teacher is frozen and runs once a
    batch.
    """

    def loss(batch: Batch) -> tuple[Tensor, dict[str, float]]:
        taught = encode_frozen(teacher, batch.items, batch.mask)
        encoded = student(batch.items, batch.mask)
        return distillation_losses(
            encoded,
            taught,
            batch,
            student_table=student.item_table.candidates,
            teacher_model=teacher,
            projections=projections,
            mapping=mapping,
            weights=weights,
        )

    return loss


def freeze(teacher: nn.Module) -> nn.Module:
    """The teacher in evaluation mode, without gradients."""
    return teacher.eval().requires_grad_(False)
