"""The search: weights on most users, alphas on the architecture slice, one sampled op per edge and
step.

Two orders. *Alternate* is first-order bi-level (DARTS, Liu et al., ICLR 2019): a step moves the
weights on the others' training prefixes, or the alphas on the slice's, which the weights never
learn, so that an op is chosen for what it does for users it was not fitted to. *Joint* is one
level, as published for AdaRec: a step on the slice moves alphas and weights by one gradient.
Alphas still learn from the slice's training prefixes alone, and nothing from a held-out item; but
the weights have learned the same prefixes, so an op that is good at fitting them looks good too.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from adarec import catalog
from adarec.nets.batches import Batch, Sequences, alternating_order, pack_batch
from adarec.nets.checkpoint import load_optimizer, optimizer_tensors, prefixed, unprefixed
from adarec.nets.costs import CostModel
from adarec.nets.decisions import Decisions, op_shares
from adarec.nets.encoding import SequenceModel, encode_frozen
from adarec.nets.epochs import EpochOutcome, epoch_seed, warm_cosine
from adarec.nets.losses.distillation import LossWeights, Projections, distillation_losses
from adarec.nets.losses.hidden import Mapping, Phase
from adarec.nets.search_schedule import SearchSchedule
from adarec.nets.students.sampling import MIN_TEMPERATURE, gumbel_noise, sample_ops
from adarec.nets.students.student import Supernet
from adarec.nets.training import Validation, adamw, set_learning_rate

PARTS = ("teacher", "student", "losses", "backward", "optimizer")  # of a step, for benchmarks


class Search:
    """The `EpochWork` of one search.

    Args:
        supernet: Trained in place.
        teacher: Frozen.
        weight_sequences: Training windows of the users outside the architecture slice.
        alpha_sequences: Training windows of the slice.
        validation: Validation items of the slice's users; never enters a gradient.
        projections: Student width -> teacher width.
        mapping: Layer mapping of the hidden loss.
        weights: Factors of the losses.
        costs: The cost table.
        limit: What the student may cost; cheaper than this is not rewarded.
        schedule: Length and speed.
    """

    def __init__(
        self,
        supernet: Supernet,
        teacher: SequenceModel,
        *,
        weight_sequences: Sequences,
        alpha_sequences: Sequences,
        validation: Validation,
        projections: Projections,
        mapping: Mapping,
        weights: LossWeights,
        costs: CostModel,
        limit: float,
        schedule: SearchSchedule,
    ) -> None:
        self.supernet, self.teacher, self.mapping = supernet, teacher, mapping
        self.weight_sequences, self.alpha_sequences = weight_sequences, alpha_sequences
        self.validation = validation
        self.loss_weights, self.costs, self.schedule = weights, costs, schedule
        self.limit = limit
        self.epochs, self.seed = schedule.epochs, schedule.seed
        self.projections = projections
        self.trained = nn.ModuleDict({"student": supernet.student, "projections": projections})
        if mapping.connectors is not None:
            self.trained["connectors"] = mapping.connectors
        self.weight_optimizer = adamw(
            self.trained, learning_rate=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        self.alpha_optimizer = torch.optim.Adam(
            [supernet.alphas],
            lr=schedule.alpha_learning_rate,
            betas=(0.5, 0.999),
            weight_decay=1e-3,
        )
        # Set from the first alpha step, so that scenes and units are alike.
        self.efficiency_weight = 0.0
        self.decisions = Decisions(len(supernet.alphas))
        self.best_ndcg, self.best_epoch = -1.0, schedule.alphas_rest
        self.epoch = 0
        self.part: Callable[[str], AbstractContextManager[None]] = lambda name: nullcontext()

    def begin_epoch(self, epoch: int) -> list[tuple[str, np.ndarray]]:
        """Weight and alpha steps of the epoch, alpha steps spread evenly; every window once a
        pass.
        """
        self.epoch = epoch
        return alternating_order(
            self.weight_sequences,
            self.alpha_sequences,
            positions=self.schedule.batch_positions,
            rng=np.random.default_rng(epoch_seed(self.seed, epoch)),
        )

    def step(self, item: tuple[str, np.ndarray], done: float) -> tuple[dict[str, float], int]:
        """One weight step, or one alpha step (which does nothing in the warm-up); in the joint
        order the latter moves the weights too, in the warm-up them alone.
        """
        kind, rows = item
        if kind == "weight":
            return self._weight_step(pack_batch(self.weight_sequences, rows), done)
        batch = pack_batch(self.alpha_sequences, rows)
        if self.schedule.order == "alternate":
            return self._alpha_step(batch)
        return (self._weight_step if self.is_warming_up else self._joint_step)(batch, done)

    @property
    def gumbel_temperature(self) -> float:
        """Falls geometrically over the epochs after the warm-up."""
        resting = self.schedule.alphas_rest
        span = max(1, self.schedule.epochs - resting - 1)
        share = min(1.0, max(0.0, (self.epoch - 1 - resting) / span))
        start, end = self.schedule.start_temperature, self.schedule.end_temperature
        return max(MIN_TEMPERATURE, start * (end / start) ** share)

    @property
    def is_warming_up(self) -> bool:
        """True while alphas rest and ops are drawn uniformly; never in the last epoch."""
        return self.epoch <= self.schedule.alphas_rest

    def _weight_step(self, batch: Batch, done: float) -> tuple[dict[str, float], int]:
        self.trained.train()
        alphas = self.supernet.alphas.detach()
        choice, _ = self._sampled(torch.zeros_like(alphas) if self.is_warming_up else alphas)
        phase: Phase = "warm-up" if self.is_warming_up else "weights"
        loss, parts = self._loss(batch, choice, None, phase)
        self._move_weights(loss, done)
        return parts | {"loss": loss.item()}, batch.num_targets

    def _alpha_step(self, batch: Batch) -> tuple[dict[str, float], int]:
        if self.is_warming_up:
            return {}, batch.num_positions
        self.trained.eval()
        choice, gates = self._sampled(self.supernet.alphas)
        self.trained.requires_grad_(False)
        loss, _ = self._loss(batch, choice, gates, "alphas")
        total, parts = self._with_cost(loss)
        self.alpha_optimizer.zero_grad(set_to_none=True)
        with self.part("backward"):
            total.backward()  # type: ignore[no-untyped-call]
        self.trained.requires_grad_(True)
        self.alpha_optimizer.step()
        return parts, batch.num_targets

    def _joint_step(self, batch: Batch, done: float) -> tuple[dict[str, float], int]:
        self.trained.train()
        choice, gates = self._sampled(self.supernet.alphas)
        loss, parts = self._loss(batch, choice, gates, "weights")
        total, of_alphas = self._with_cost(loss)
        self.alpha_optimizer.zero_grad(set_to_none=True)
        self._move_weights(total, done)
        self.alpha_optimizer.step()
        return parts | {"loss": loss.item()} | of_alphas, batch.num_targets

    def _sampled(self, logits: Tensor) -> tuple[list[str], Tensor]:
        return sample_ops(
            logits, gumbel_temperature=self.gumbel_temperature, noise=gumbel_noise(logits.shape)
        )

    def _move_weights(self, loss: Tensor, done: float) -> None:
        rate = self.schedule.learning_rate * warm_cosine(done, floor=0.2)
        set_learning_rate(self.weight_optimizer, rate)
        self.weight_optimizer.zero_grad(set_to_none=True)
        with self.part("backward"):
            loss.backward()  # type: ignore[no-untyped-call]
        with self.part("optimizer"):
            nn.utils.clip_grad_norm_(self.trained.parameters(), self.schedule.clip_norm)
            self.weight_optimizer.step()

    def _with_cost(self, loss: Tensor) -> tuple[Tensor, dict[str, float]]:
        efficiency = self._efficiency(loss.item())
        total = loss + efficiency
        return total, {"alpha_loss": total.item(), "efficiency_loss": efficiency.item()}

    def _efficiency(self, loss: float) -> Tensor:
        """The cost term: the expected cost of the alphas' student, in units of the first loss.

        It presses only while the expectation is over the limit, so that cells do not collapse to
        cheap ops further than was asked for.
        """
        cost = self.costs.expected(self.supernet.alphas)
        if self.efficiency_weight == 0.0:
            self.efficiency_weight = self.schedule.efficiency_share * abs(loss) / cost.item()
        return self.efficiency_weight * cost.clamp(min=self.limit)

    def _loss(
        self, batch: Batch, choice: list[str], gates: Tensor | None, phase: Phase
    ) -> tuple[Tensor, dict[str, float]]:
        with self.part("teacher"):
            taught = encode_frozen(self.teacher, batch.items, batch.mask)
        with self.part("student"):
            encoded = self.supernet.student(batch.items, batch.mask, choice=choice, gates=gates)
        with self.part("losses"):
            return distillation_losses(
                encoded,
                taught,
                batch,
                student_table=self.supernet.student.item_table.candidates,
                teacher_model=self.teacher,
                projections=self.projections,
                mapping=self.mapping,
                weights=self.loss_weights,
                phase=phase,
            )

    def end_epoch(self, epoch: int, means: dict[str, float]) -> EpochOutcome:
        """Validates the strongest op of each edge and records all that the pages draw."""
        alphas = self.supernet.alphas.detach()
        op_weights = torch.softmax(alphas, dim=-1)
        strongest = [catalog.OP_NAMES[k] for k in alphas.argmax(dim=-1).tolist()]
        found = self.validation.metrics(self.supernet.student, choice=strongest)
        expected = float(self.costs.expected(alphas))
        entropy = float(-(op_weights * torch.log_softmax(alphas, dim=-1)).sum(-1).mean())
        metrics = means | {
            "validation_ndcg@10": found["ndcg@10"],
            "gumbel_temperature": self.gumbel_temperature,
            "expected_cost": expected,
            "expected_speedup": self.costs.teacher / expected,
            "alpha_entropy": entropy,
        }
        if not self.is_warming_up:
            self.decisions.note(epoch, alphas)
            if found["ndcg@10"] > self.best_ndcg:
                self.best_ndcg, self.best_epoch = found["ndcg@10"], epoch
        patience = self.schedule.patience
        finished = patience is not None and epoch - self.best_epoch >= patience
        arrays = {
            "alphas": alphas.numpy().copy(),
            "op_weights": op_weights.numpy(),
            "op_shares": op_shares(alphas),
            "decided_epoch": self.decisions.decided_epoch,
        } | self.mapping.end_epoch()
        return EpochOutcome(metrics, arrays, finished=finished)

    def tensors(self) -> dict[str, Tensor]:
        """Supernet, projections, optimisers, mapping."""
        found = prefixed(self.trained.state_dict(), "trained") | {"alphas": self.supernet.alphas}
        found |= optimizer_tensors(self.weight_optimizer, "weight_optimizer")
        found |= optimizer_tensors(self.alpha_optimizer, "alpha_optimizer")
        return found | prefixed(self.mapping.state(), "mapping")

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Restores `tensors`."""
        self.trained.load_state_dict(unprefixed(tensors, "trained"))
        self.supernet.alphas.data.copy_(tensors["alphas"])
        load_optimizer(self.weight_optimizer, tensors, "weight_optimizer")
        load_optimizer(self.alpha_optimizer, tensors, "alpha_optimizer")
        self.mapping.load_state(unprefixed(tensors, "mapping"))

    def progress(self) -> dict[str, Any]:
        """The scale of the cost term, the best epoch, and since when each edge is decided."""
        return {
            "efficiency_weight": self.efficiency_weight,
            "best": [self.best_ndcg, self.best_epoch],
            "decisions": self.decisions.progress(),
        }

    def load_progress(self, progress: dict[str, Any]) -> None:
        """Restores `progress`."""
        self.efficiency_weight = progress["efficiency_weight"]
        # A checkpoint from before a search could end early has none.
        self.best_ndcg, self.best_epoch = progress.get("best", (self.best_ndcg, self.best_epoch))
        self.decisions.load_progress(progress["decisions"])
