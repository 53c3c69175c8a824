"""Hidden-layer distillation: which student layer learns how much from which teacher layer.

A distance function gives the distances [S, T] of a batch; a mapping turns them into a flow [S, T]
that sums to 1; the loss is <flow, distance>. A mapping that needs more than distances makes its
own loss of the batch, and may bring modules of its own that are trained with the student.
"""

import os
from collections.abc import Callable
from collections.abc import Mapping as Settings
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec import catalog
from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.scores import with_target
from adarec.nets.registry import Registry

os.environ.setdefault(
    "POT_BACKEND_DISABLE_PYTORCH", "1"
)  # POT's own torch back end costs 2.5 s at import

LAYER_WEIGHT_TEMPERATURE = 0.5  # T of the layer-weight update; unit costs are about 0.3 to 2
LAYER_WEIGHT_STEP = 0.1

MAPPINGS: Registry[type["Mapping"]] = Registry("mapping", (m.name for m in catalog.MAPPINGS))

# (student layers [S, P, D] projected to the teacher's width, teacher layers [T, P, D]) -> [S, T]
HiddenDistance = Callable[[Tensor, Tensor], Tensor]
HIDDEN_DISTANCES: Registry[HiddenDistance] = Registry(
    "hidden distance", (entry.name for entry in catalog.HIDDEN_DISTANCES)
)


@HIDDEN_DISTANCES.register("mse")
def layer_distances(student_layers: Tensor, teacher_layers: Tensor) -> Tensor:
    """Mean squared error between every student and teacher layer after layer norm, [S, T], in
    0..4.

    Layer norm makes a feature's scale and offset irrelevant; all pairs come from one matrix
    product.

    Args:
        student_layers: [S, P, D] projected to the teacher's width.
        teacher_layers: [T, P, D] without gradient.
    """
    width, positions = student_layers.shape[-1], student_layers.shape[1]
    student = F.layer_norm(student_layers, (width,)).flatten(1)
    teacher = F.layer_norm(teacher_layers, (width,)).flatten(1)
    squares = student.square().sum(1)[:, None] + teacher.square().sum(1)[None, :]
    return (squares - 2.0 * student @ teacher.T) / (width * positions)


@HIDDEN_DISTANCES.register("kl")
def kl_layer_distances(student_layers: Tensor, teacher_layers: Tensor) -> Tensor:
    """KL(softmax(teacher) || softmax(student)) over the channels of every pair of layers, [S, T].

    The mean over positions of the distance in AdaRec's code, which divides by sequences only. All
    pairs come from one contraction: KL = <t, log t> - <t, log s>.

    Args:
        student_layers: [S, P, D] projected to the teacher's width.
        teacher_layers: [T, P, D] without gradient.
    """
    student_log = torch.log_softmax(student_layers, dim=-1)
    teacher_log = torch.log_softmax(teacher_layers, dim=-1)
    teacher = teacher_log.exp()
    negative_entropy = (teacher * teacher_log).sum(dim=(1, 2))  # [T]
    cross = torch.einsum("spd,tpd->st", student_log, teacher)
    return (negative_entropy - cross) / student_layers.shape[1]


# What a step moves: the weights while alphas rest, the weights, or the alphas.
Phase = Literal["warm-up", "weights", "alphas"]


@dataclass(frozen=True)
class HiddenBatch:
    """All that a mapping may look at in one batch; P counts real positions only.

    Attributes:
        student_layers: [S, P, D_s] with gradient.
        projection: D_s -> D_t, shared by all layers.
        teacher_layers: [T, P, D_t] without gradient.
        teacher_output: [P, D_t] the states that the teacher scores.
        items: [B, L] left-padded items.
        mask: [B, L] True at the real positions; None where all are.
        targets: [P] the next items; 0 at positions that are in no loss.
        distance: The distance of hidden layers that the run asks for.
        teacher: The frozen model behind `teacher_layers`.
        phase: What the step moves. A dear loss may spare itself all but "weights".
    """

    student_layers: Tensor
    projection: nn.Module
    teacher_layers: Tensor
    teacher_output: Tensor
    items: Tensor
    mask: Tensor | None
    targets: Tensor
    distance: HiddenDistance
    teacher: SequenceModel
    phase: Phase = "weights"

    @cached_property
    def projected(self) -> Tensor:
        """[S, P, D_t] the student's layers in the teacher's width."""
        return self.projection(self.student_layers)

    @cached_property
    def chosen(self) -> Tensor | None:
        """[K] the positions that have a target; None where all have."""
        return with_target(self.targets)

    def counted(self, layers: Tensor) -> Tensor:
        """[…, K, D] the positions of layers […, P, D] that a loss may count."""
        return layers if self.chosen is None else layers[..., self.chosen, :]


class Mapping:
    """Equal flow between all layers; the base of the others.

    Attributes:
        connectors: Modules of its own, trained and checkpointed with the projections and left out
            of the export; None where it has none.
        student_weights: [S] mass of each student layer, sums to 1.
        teacher_weights: [T] mass of each teacher layer, sums to 1.
        stored: Names of the arrays that a checkpoint keeps.
    """

    stored: tuple[str, ...] = ("student_weights", "teacher_weights", "flow_sum", "distance_sum")
    connectors: nn.Module | None = None

    def __init__(self, num_student_layers: int, num_teacher_layers: int, *, seed: int = 0) -> None:
        """Equal layer weights; only a mapping that draws uses the seed."""
        del seed
        self.student_weights = np.full(num_student_layers, 1.0 / num_student_layers)
        self.teacher_weights = np.full(num_teacher_layers, 1.0 / num_teacher_layers)
        self._reset()

    def set_up(self, settings: Settings[str, Any], projection: nn.Linear) -> None:
        """Called once before the first batch. Does nothing here.

        Args:
            settings: What the step's settings hold for this mapping alone.
            projection: Student width -> teacher width, as the student's training begins with it.
        """

    def _reset(self) -> None:
        shape = (len(self.student_weights), len(self.teacher_weights))
        self.flow_sum, self.distance_sum, self.num_batches = np.zeros(shape), np.zeros(shape), 0

    def flow(self, distance: np.ndarray) -> np.ndarray:
        """The flow [S, T] for distances [S, T]."""
        del distance
        return np.outer(self.student_weights, self.teacher_weights)

    def hidden_loss(self, batch: HiddenBatch) -> Tensor:
        """The hidden loss of a batch, and its share in the epoch's record."""
        student, teacher = batch.counted(batch.projected), batch.counted(batch.teacher_layers)
        return self.loss(batch.distance(student, teacher))

    def loss(self, distance: Tensor) -> Tensor:
        """<flow, distance>; the flow is a constant for the gradient."""
        flow = self.record(distance)
        return (torch.from_numpy(flow).to(distance) * distance).sum()

    def record(self, distance: Tensor) -> np.ndarray:
        """The flow for a batch's distances [S, T], both added to the epoch's record."""
        constant = distance.detach().double().cpu().numpy()
        flow = self.flow(constant)
        self.flow_sum += flow
        self.distance_sum += constant
        self.num_batches += 1
        self.end_batch(flow * constant)
        return flow

    def end_batch(self, transported: np.ndarray) -> None:
        """Called after each batch; `transported` [S, T] is flow x distance. Does nothing here."""

    def end_epoch(self) -> dict[str, np.ndarray]:
        """The epoch's mean flow and distance [S, T] and the layer weights used; then updates the
        weights.
        """
        count = max(1, self.num_batches)
        record = {
            "mapping": self.flow_sum / count,
            "distance": self.distance_sum / count,
            "student_layer_weights": self.student_weights.copy(),
            "teacher_layer_weights": self.teacher_weights.copy(),
        }
        if self.num_batches:
            self.update_weights(self.flow_sum * self.distance_sum / count**2)
        self._reset()
        return record

    def update_weights(self, transported: np.ndarray) -> None:
        """Moves the layer weights after an epoch; `transported` [S, T] is flow x distance. Fixed
        here.
        """

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint needs to go on as if undisturbed."""
        state = {name: torch.from_numpy(getattr(self, name).copy()) for name in self.stored}
        return state | {"num_batches": torch.tensor(self.num_batches)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Restores what `state` gave."""
        for name in self.stored:
            setattr(self, name, state[name].numpy().copy())
        self.num_batches = int(state["num_batches"])


class EmdMapping(Mapping):
    """Optimal transport between layers (AdaRec, Earth Mover's Distance), layer weights moving once
    an epoch.
    """

    def flow(self, distance: np.ndarray) -> np.ndarray:
        """The cheapest flow between the layer weights, by POT's network simplex."""
        import ot  # only the worker pays for this import

        return np.asarray(
            ot.emd(self.student_weights, self.teacher_weights, np.ascontiguousarray(distance))
        )

    def update_weights(self, transported: np.ndarray) -> None:
        """w <- 0.9 w + 0.1 softmax(-unit cost / T): layers that are cheap to reach count more.

        The published rule (`emd-paper`) jumps between two states, because it replaces the weights
        at every step; this one settles.
        """
        for name, axis in (("student_weights", 1), ("teacher_weights", 0)):
            weights = getattr(self, name)
            unit_cost = transported.sum(axis=axis) / weights
            preference = np.exp(-(unit_cost - unit_cost.min()) / LAYER_WEIGHT_TEMPERATURE)
            moved = (
                1 - LAYER_WEIGHT_STEP
            ) * weights + LAYER_WEIGHT_STEP * preference / preference.sum()
            setattr(self, name, moved / moved.sum())


class NoMapping(Mapping):
    """No hidden distillation; distances are still recorded, the flow is zero."""

    def flow(self, distance: np.ndarray) -> np.ndarray:
        """Zeros [S, T]."""
        return np.zeros_like(distance)


MAPPINGS.register("emd")(EmdMapping)
MAPPINGS.register("uniform")(Mapping)
MAPPINGS.register("none")(NoMapping)
