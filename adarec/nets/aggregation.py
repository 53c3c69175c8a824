"""The search for DFA's aggregation: weights and connectors learn on most users, the layers'
weights on the architecture slice, one student layer a step.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from adarec.nets.batches import Batch, Sequences, alternating_order, pack_batch
from adarec.nets.checkpoint import load_optimizer, optimizer_tensors, prefixed, unprefixed
from adarec.nets.encoding import Encoded, SequenceModel
from adarec.nets.epochs import EpochOutcome, epoch_seed, warm_cosine
from adarec.nets.losses.dfa import (
    BridgeConnectors,
    aggregated,
    student_to_teacher_loss,
    teacher_to_student_loss,
)
from adarec.nets.losses.hidden import HiddenDistance
from adarec.nets.losses.scores import score_losses
from adarec.nets.training import adamw, set_learning_rate


@dataclass(frozen=True)
class AggregationSchedule:
    """How the aggregation is searched.

    Attributes:
        epochs: Passes over all training prefixes (each through a weight or a layer step).
        warmup_epochs: The layers' weights rest during these; at least one epoch is left to them.
        learning_rate: Peak rate of student and connectors.
        layer_learning_rate: Rate of the layers' weights (Adam, betas .5 and .999).
        weight_decay: AdamW's on matrices; the layers' weights get 1e-3.
        batch_positions: Real positions a step at most.
        clip_norm: Largest gradient norm.
        student_to_teacher: g_ST, factor of what the student can match.
        teacher_to_student: g_TS, factor of what helps to predict.
        seed: Batches, student layers, dropout.
    """

    epochs: int
    warmup_epochs: int
    learning_rate: float
    layer_learning_rate: float
    weight_decay: float
    batch_positions: int
    clip_norm: float
    student_to_teacher: float
    teacher_to_student: float
    seed: int


class AggregationSearch:
    """The `EpochWork` of DFA's first stage: first-order bi-level, as the search of the cell.

    Args:
        student: Trained in place.
        teacher: Frozen.
        weight_sequences: Training windows of the users outside the architecture slice.
        slice_sequences: Training windows of the slice.
        connectors: Trained with the student.
        inside: [S, T] True where a teacher layer may enter; see `aggregation_window`.
        distance: Of hidden layers.
        schedule: Length and speed.
    """

    def __init__(
        self,
        student: SequenceModel,
        teacher: SequenceModel,
        *,
        weight_sequences: Sequences,
        slice_sequences: Sequences,
        connectors: BridgeConnectors,
        inside: np.ndarray,
        distance: HiddenDistance,
        schedule: AggregationSchedule,
    ) -> None:
        self.student, self.teacher, self.connectors = student, teacher, connectors
        self.weight_sequences, self.slice_sequences = weight_sequences, slice_sequences
        self.inside, self.distance, self.schedule = inside, distance, schedule
        self.epochs, self.seed, self.epoch = schedule.epochs, schedule.seed, 0
        self.trained = nn.ModuleDict({"student": student, "connectors": connectors})
        self.weight_optimizer = adamw(
            self.trained, learning_rate=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        # One parameter a student layer: Adam then leaves those alone that have no gradient.
        self.layer_logits = nn.ParameterList(
            nn.Parameter(torch.zeros(int(row.sum()))) for row in inside
        )
        self.layer_optimizer = torch.optim.Adam(
            self.layer_logits,
            lr=schedule.layer_learning_rate,
            betas=(0.5, 0.999),
            weight_decay=1e-3,
        )
        # Squared gradient norms on the layers' weights in the warm-up: [S, (L_ST, L_TS)].
        self.squared_norms = np.zeros((len(inside), 2))
        self._reset()

    def _reset(self) -> None:
        self.distance_sum = np.zeros(self.inside.shape)
        self.num_batches = np.zeros(len(self.inside), dtype=np.int64)

    @property
    def is_warming_up(self) -> bool:
        """True while the layers' weights rest."""
        return self.epoch <= min(self.schedule.warmup_epochs, self.epochs - 1)

    @property
    def aggregation(self) -> np.ndarray:
        """[S, T] the weights as they are; a row sums to 1."""
        found = np.zeros(self.inside.shape)
        for row, inside, logits in zip(found, self.inside, self.layer_logits, strict=True):
            row[inside] = torch.softmax(logits.detach().double(), dim=0).numpy()
        return found

    @property
    def expressivity_scales(self) -> np.ndarray:
        """[S] the factor that makes the gradient of L_TS as long as that of L_ST was in the
        warm-up; 1 where nothing was measured.

        The two losses have different units: a distance, and nats.
        """
        learnability, expressivity = self.squared_norms.T
        scales = np.ones(len(self.squared_norms))
        measured = (learnability > 0) & (expressivity > 0)
        scales[measured] = np.sqrt(learnability[measured] / expressivity[measured])
        return scales

    def begin_epoch(self, epoch: int) -> list[tuple[str, np.ndarray, int]]:
        """(kind, rows, student layer) of each step: in each round of S steps of a kind every
        student layer has its turn, in random order.
        """
        self.epoch = epoch
        rng = np.random.default_rng(epoch_seed(self.seed, epoch))
        steps = alternating_order(
            self.weight_sequences,
            self.slice_sequences,
            positions=self.schedule.batch_positions,
            rng=rng,
        )
        num_layers, items = len(self.inside), []
        turns: dict[str, list[int]] = {"weight": [], "alpha": []}
        for kind, rows in steps:
            if not turns[kind]:
                turns[kind] = rng.permutation(num_layers).tolist()
            items.append((kind, rows, turns[kind].pop()))
        return items

    def step(self, item: tuple[str, np.ndarray, int], done: float) -> tuple[dict[str, float], int]:
        """One step of the weights, or one of the layers' weights of one student layer."""
        kind, rows, cell = item
        if kind == "weight":
            return self._weight_step(pack_batch(self.weight_sequences, rows), cell, done)
        return self._layer_step(pack_batch(self.slice_sequences, rows), cell)

    def _weight_step(self, batch: Batch, cell: int, done: float) -> tuple[dict[str, float], int]:
        schedule = self.schedule
        rate = schedule.learning_rate * warm_cosine(done, floor=0.2)
        set_learning_rate(self.weight_optimizer, rate)
        self.trained.train()
        encoded = self.student(batch.items, batch.mask)
        taught = self._taught(batch)
        task = score_losses(encoded.output, self.student.item_table.candidates, batch.targets)
        logits = self.layer_logits[cell].detach()
        learnability, expressivity = self._bridge(batch, cell, logits, encoded, taught)
        loss = task.total + schedule.student_to_teacher * learnability
        loss = loss + schedule.teacher_to_student * expressivity
        self._record_distances(batch, cell, encoded, taught)
        self.weight_optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.trained.parameters(), schedule.clip_norm)
        self.weight_optimizer.step()
        return {
            "task_loss": task.task,
            "learnability_loss": learnability.item(),
            "expressivity_loss": expressivity.item(),
            "loss": loss.item(),
        }, batch.num_targets

    def _layer_step(self, batch: Batch, cell: int) -> tuple[dict[str, float], int]:
        """Moves the layers' weights of student layer `cell`; in the warm-up only the lengths of
        their two gradients are measured.
        """
        self.trained.eval().requires_grad_(False)
        encoded, taught = self.student(batch.items, batch.mask), self._taught(batch)
        logits = self.layer_logits[cell]
        learnability, expressivity = self._bridge(batch, cell, logits, encoded, taught)
        to_match = self._gradient(learnability, logits)
        to_predict = self._gradient(expressivity, logits)
        self.trained.requires_grad_(True)
        if self.is_warming_up:
            self.squared_norms[cell] += [
                float(to_match.square().sum()),
                float(to_predict.square().sum()),
            ]
            return {}, batch.num_targets
        scale = float(self.expressivity_scales[cell])
        to_teacher = self.schedule.student_to_teacher
        to_student = self.schedule.teacher_to_student * scale
        logits.grad = to_teacher * to_match + to_student * to_predict
        self.layer_optimizer.step()
        logits.grad = None
        total = to_teacher * learnability.item() + to_student * expressivity.item()
        agreement = float(torch.cosine_similarity(to_match, to_predict, dim=0))
        return {"alpha_loss": total, "gradient_agreement": agreement}, batch.num_targets

    def _taught(self, batch: Batch) -> Tensor:
        """[T, P, D_t]."""
        with torch.no_grad():
            return torch.stack(self.teacher(batch.items, batch.mask).layers)

    def _bridge(
        self, batch: Batch, cell: int, logits: Tensor, encoded: Encoded, taught: Tensor
    ) -> tuple[Tensor, Tensor]:
        """L_ST and L_TS of one student layer, for these logits of its teacher layers."""
        weights = torch.softmax(logits, dim=0)
        mixed = aggregated(weights, taught[torch.from_numpy(self.inside[cell])])  # [P, D_t]
        connected = self.connectors.to_teacher.one(cell, encoded.layers[cell])
        counted = _counted(batch)
        learnability = student_to_teacher_loss(connected[counted], mixed[counted], self.distance)
        if self.schedule.teacher_to_student == 0.0:
            return learnability, learnability.new_zeros(())
        replaced = self.connectors.to_student.one(cell, mixed)
        return learnability, teacher_to_student_loss(cell, replaced, self.student, batch)

    @staticmethod
    def _gradient(loss: Tensor, logits: Tensor) -> Tensor:
        if not loss.requires_grad:
            return torch.zeros_like(logits)
        (gradient,) = torch.autograd.grad(loss, logits, retain_graph=True)
        return gradient

    def _record_distances(self, batch: Batch, cell: int, encoded: Encoded, taught: Tensor) -> None:
        counted = _counted(batch)
        with torch.no_grad():
            connected = self.connectors.to_teacher.one(cell, encoded.layers[cell][counted])
            found = self.distance(connected.unsqueeze(0), taught[:, counted])
        self.distance_sum[cell] += found[0].double().numpy()
        self.num_batches[cell] += 1

    def end_epoch(self, epoch: int, means: dict[str, float]) -> EpochOutcome:
        """What the pages draw, in the form of a layer mapping."""
        found = self.aggregation
        flow = found / len(found)
        arrays = {
            "mapping": flow,
            "distance": self.distance_sum / np.maximum(1, self.num_batches)[:, None],
            "student_layer_weights": flow.sum(1),
            "teacher_layer_weights": flow.sum(0),
        }
        self._reset()
        entropy = float(-(found * np.log(np.where(found > 0, found, 1.0))).sum(1).mean())
        return EpochOutcome(means | {"layer_entropy": entropy}, arrays)

    def tensors(self) -> dict[str, Tensor]:
        """Student, connectors, layers' weights, optimisers, the epoch's distances."""
        found = prefixed(self.trained.state_dict(), "trained")
        found |= prefixed(self.layer_logits.state_dict(), "layer_logits")
        found |= optimizer_tensors(self.weight_optimizer, "weight_optimizer")
        found |= optimizer_tensors(self.layer_optimizer, "layer_optimizer")
        found["squared_norms"] = torch.from_numpy(self.squared_norms.copy())
        found["distance_sum"] = torch.from_numpy(self.distance_sum.copy())
        return found | {"num_batches": torch.from_numpy(self.num_batches.copy())}

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Restores `tensors`."""
        self.trained.load_state_dict(unprefixed(tensors, "trained"))
        self.layer_logits.load_state_dict(unprefixed(tensors, "layer_logits"))
        load_optimizer(self.weight_optimizer, tensors, "weight_optimizer")
        load_optimizer(self.layer_optimizer, tensors, "layer_optimizer")
        for name in ("squared_norms", "distance_sum", "num_batches"):
            setattr(self, name, tensors[name].numpy().copy())

    def progress(self) -> dict[str, Any]:
        """Nothing but the tensors."""
        return {}

    def load_progress(self, progress: dict[str, Any]) -> None:
        """Nothing but the tensors."""


def _counted(batch: Batch) -> Tensor | slice:
    """The positions [P] that losses read: pseudo-priors are in none."""
    return slice(None) if batch.pseudo is None else batch.targets.nonzero().squeeze(1)
