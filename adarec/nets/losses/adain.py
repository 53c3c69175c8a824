"""Distillation of statistics, judged by the teacher (AdaIN-KD; Yang, Martinez, Bulat and
Tzimiropoulos, arXiv 2003.04289).

The statistics of a layer are mean and standard deviation of each channel over a history. A
student layer should have those of its teacher layer; and the teacher's own layer, restyled to the
student's statistics by adaptive instance normalisation, should lead the rest of the teacher to
the states that it gives anyway. Statistics mix positions, but in the training loss alone: the
student stays causal.
"""

from collections.abc import Mapping as Settings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from adarec.nets.blocks import scatter_real
from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.fixed_mappings import FixedMapping
from adarec.nets.losses.hidden import MAPPINGS, HiddenBatch
from adarec.nets.losses.scores import score_losses

EPSILON = 1e-5  # under the root of the deviation
LEAST_POSITIONS = 2  # a shorter history has no deviation


@dataclass(frozen=True)
class Rows:
    """Which history each position that counts belongs to: a real one that has a target.

    Attributes:
        of: [K] the row of each position.
        lengths: [B] how many positions of each row count.
    """

    of: Tensor
    lengths: Tensor

    @classmethod
    def in_batch(cls, batch: HiddenBatch) -> "Rows":
        """Of the batch's left-padded items."""
        if batch.mask is None:
            lengths = batch.items.new_full((len(batch.items),), batch.items.shape[1])
        else:
            lengths = batch.mask.sum(1)
        of = torch.repeat_interleave(lengths)
        if batch.chosen is None:
            return cls(of, lengths)
        of = of[batch.chosen]
        return cls(of, torch.bincount(of, minlength=len(lengths)))

    @property
    def shares(self) -> Tensor:
        """[B] each row's share of the positions of those rows that are long enough; sums to 1, or
        to 0 where none is.
        """
        counted = self.lengths * (self.lengths >= LEAST_POSITIONS)
        return counted / counted.sum().clamp(min=1)


@dataclass(frozen=True)
class Statistics:
    """mean and deviation [..., B, D] of every channel over the positions of each row."""

    mean: Tensor
    deviation: Tensor


def statistics_of(layers: Tensor, rows: Rows) -> Statistics:
    """Statistics [..., B, D] of layers [..., K, D]; deviation = sqrt(variance + 1e-5)."""
    shape = (*layers.shape[:-2], len(rows.lengths), layers.shape[-1])
    counts = rows.lengths.clamp(min=1).unsqueeze(1)  # [B, 1]
    zeros = layers.new_zeros(shape)
    mean = zeros.index_add(-2, rows.of, layers) / counts
    centred = layers - mean.index_select(-2, rows.of)
    variance = zeros.index_add(-2, rows.of, centred.square()) / counts
    return Statistics(mean, (variance + EPSILON).sqrt())


def statistics_distances(student: Statistics, teacher: Statistics, shares: Tensor) -> Tensor:
    """[S, T] the mean over rows of |mean_t - mean_s|^2 + |deviation_t - deviation_s|^2, relative
    to the teacher layer's mean square |mean_t|^2 + |deviation_t|^2.

    L_stat, but for the unit: teachers differ in the size of their features, and so do their
    layers. All pairs come from one matrix product.

    Args:
        student: Of [S, B, D], with gradient.
        teacher: Of [T, B, D].
        shares: [B] weights of the rows.
    """
    root = shares.sqrt().unsqueeze(1)  # [B, 1]
    ours, theirs = (
        torch.cat([root * each.mean, root * each.deviation], dim=-1).flatten(1)
        for each in (student, teacher)
    )  # [S, 2 B D], [T, 2 B D]
    size = theirs.square().sum(1).clamp(min=EPSILON)  # [T]
    squares = ours.square().sum(1)[:, None] + theirs.square().sum(1)[None, :]
    return (squares - 2.0 * ours @ theirs.T) / size


def restyled(layer: Tensor, own: Statistics, wanted: Statistics, rows: Rows) -> Tensor:
    """AdaIN: `layer` [K, D] with its `own` statistics replaced by those `wanted`, both [B, D];
    rows that are too short stay as they are.

    F' = deviation_s (F - mean_t) / deviation_t + mean_s.
    """
    scale = (wanted.deviation / own.deviation)[rows.of]
    changed = scale * (layer - own.mean[rows.of]) + wanted.mean[rows.of]
    is_long = (rows.lengths >= LEAST_POSITIONS)[rows.of].unsqueeze(1)
    return torch.where(is_long, changed, layer)


def judged_loss(
    pair: tuple[int, int],
    student: Statistics,
    teacher: Statistics,
    rows: Rows,
    batch: HiddenBatch,
) -> Tensor:
    """L_adain: what the rest R of the teacher makes of its layer F restyled to the student's
    statistics, F', compared with what it makes of F.

    ||R(F') - R(F)||^2 / ||R(F)||^2 over the positions of rows that are long enough, and at the
    newest position of each of them KL(scores of R(F) || scores of R(F')): at all positions that
    would be the largest matrix of the step once more.

    Args:
        pair: Student layer and teacher layer.
        student: Statistics [S, B, D].
        teacher: Statistics [T, B, D].
        rows: Of the batch.
        batch: Its frozen teacher goes on from the layer.
    """
    learner, layer = pair
    wanted = Statistics(student.mean[learner], student.deviation[learner])
    given = Statistics(teacher.mean[layer], teacher.deviation[layer])
    features = batch.teacher_layers[layer]
    changed = restyled(batch.counted(features), given, wanted, rows)
    if batch.chosen is not None:
        changed = features.index_copy(0, batch.chosen, changed)
    hidden = scatter_real(changed, batch.items, batch.mask)
    found = batch.counted(batch.teacher.forward_from(layer, hidden, batch.mask))
    own = batch.counted(batch.teacher_output)
    is_long = rows.lengths >= LEAST_POSITIONS
    judged = is_long[rows.of].unsqueeze(1)  # [K, 1]
    squares = ((found - own).square() * judged).sum()
    states = squares / (own.square() * judged).sum().clamp(min=EPSILON)
    newest = (rows.lengths.cumsum(0) - 1)[is_long]
    return states + scores_divergence(found[newest], own[newest], batch.teacher)


def scores_divergence(states: Tensor, own: Tensor, teacher: SequenceModel) -> Tensor:
    """KL of the teacher's scores for its `own` states [K, D] from those for `states` [K, D], mean
    over them; 0 where there is none. Gradient reaches `states` alone.
    """
    if len(states) == 0:
        return states.new_zeros(())
    table = teacher.item_table.candidates.detach()  # [V, D]
    nothing_wanted = torch.ones(len(states), dtype=torch.int64)
    return score_losses(
        states,
        table,
        nothing_wanted,
        teacher_scores=lambda chunk: own[chunk] @ table.T,
        task_weight=0.0,
        logit_weight=1.0,
    ).total


class AdainMapping(FixedMapping):
    """Each student layer takes the statistics of the last teacher layer of its group.

    The recorded distances are those of statistics. The teacher judges one pair a step, in rounds
    of random order: all of them would run most of the teacher once more.
    """

    stored = (*FixedMapping.stored, "judged")

    def __init__(self, num_student_layers: int, num_teacher_layers: int, *, seed: int = 0) -> None:
        """The judge counts as much as the statistics, until `set_up` says otherwise."""
        super().__init__(num_student_layers, num_teacher_layers, seed=seed)
        self.seed, self.weight = seed, 1.0
        self.judged = np.zeros(1, dtype=np.int64)  # pairs judged so far

    def set_up(self, settings: Settings[str, Any], projection: nn.Linear) -> None:
        """Takes the `weight` of the judge."""
        self.weight = settings["weight"]

    def assign(self, students: int, teachers: int, rng: np.random.Generator) -> np.ndarray:
        """The last of each of S groups of neighbours."""
        sizes = [len(group) for group in np.array_split(np.arange(teachers), students)]
        return np.cumsum(sizes) - 1

    def hidden_loss(self, batch: HiddenBatch) -> Tensor:
        """L_stat + weight * L_adain; the teacher judges only where weights are moved after the
        warm-up.
        """
        rows = Rows.in_batch(batch)
        student = statistics_of(batch.counted(batch.projected), rows)
        teacher = statistics_of(batch.counted(batch.teacher_layers), rows)
        loss = self.loss(statistics_distances(student, teacher, rows.shares))
        if batch.phase != "weights" or self.weight == 0.0:
            return loss
        return loss + self.weight * judged_loss(self._next_pair(), student, teacher, rows, batch)

    def _next_pair(self) -> tuple[int, int]:
        """The student layer whose turn it is, and its teacher layer."""
        num_students = len(self.assigned)
        turn, place = divmod(int(self.judged[0]), num_students)
        self.judged += 1
        own = int(np.random.default_rng([self.seed, 5, turn]).permutation(num_students)[place])
        return own, int(self.assigned[own])


MAPPINGS.register("adain")(AdainMapping)
