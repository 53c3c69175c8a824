"""Differentiable feature aggregation (DFA; Guan et al., ECCV 2020): a student layer learns from a
weighted sum of teacher layers.

Student layer i has its group of teacher layers, and the weights of the aggregation
A_i = sum_j softmax(logits_i)_j LN(T_j) are searched by two losses that pull at them from two
sides, the bridge: one asks what the student can match, the other what helps it to predict. The
student is then distilled from the aggregation found.
"""

from collections.abc import Mapping as Settings
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec.nets.batches import Batch
from adarec.nets.blocks import scatter_real
from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.hidden import MAPPINGS, HiddenBatch, HiddenDistance, Mapping
from adarec.nets.losses.scores import score_losses


def aggregation_window(students: int, teachers: int, *, window: str) -> np.ndarray:
    """[S, T] True where a teacher layer may enter the aggregation of a student layer.

    Args:
        students: S.
        teachers: T, at least S.
        window: `group` cuts the teacher's layers into S groups of neighbours, `all` gives all of
            them to every student layer.
    """
    if window == "all":
        return np.ones((students, teachers), dtype=bool)
    sizes = [len(group) for group in np.array_split(np.arange(teachers), students)]
    group_of = np.repeat(np.arange(students), sizes)  # [T]
    return group_of[None, :] == np.arange(students)[:, None]


def uniform_aggregation(inside: np.ndarray) -> np.ndarray:
    """[S, T] equal weights in each row, of the layers that are `inside`."""
    return inside / inside.sum(axis=1, keepdims=True)


def aggregated(weights: Tensor, teacher_layers: Tensor) -> Tensor:
    """A [..., P, D]: sums of layer-normed teacher layers [T, P, D] by weights [..., T].

    Without the norm the layer with the largest features would win, whatever its weight.
    """
    normed = F.layer_norm(teacher_layers, teacher_layers.shape[-1:])
    mixed = weights @ normed.flatten(1)  # [..., T] x [T, P * D]
    return mixed.unflatten(-1, normed.shape[1:])


class LayerLinears(nn.Module):
    """A linear map for each of S layers, applied to all of them in one product."""

    def __init__(self, num_layers: int, width_in: int, width_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_layers, width_in, width_out))
        # One axis, because that is how weight decay knows a bias.
        self.bias = nn.Parameter(torch.zeros(num_layers * width_out))
        nn.init.uniform_(self.weight, -(width_in**-0.5), width_in**-0.5)

    @classmethod
    def like(cls, linear: nn.Linear, num_layers: int) -> "LayerLinears":
        """S copies of `linear`, to part from there."""
        made = cls(num_layers, linear.in_features, linear.out_features)
        with torch.no_grad():
            made.weight.copy_(linear.weight.T)
            made.biases.copy_(linear.bias)
        return made

    @property
    def biases(self) -> Tensor:
        """[S, D_out]."""
        return self.bias.view(len(self.weight), -1)

    def forward(self, layers: Tensor) -> Tensor:
        """[S, P, D_in] -> [S, P, D_out]."""
        return torch.baddbmm(self.biases.unsqueeze(1), layers, self.weight)

    def one(self, index: int, layer: Tensor) -> Tensor:
        """Layer `index` alone: [P, D_in] -> [P, D_out]."""
        return torch.addmm(self.biases[index], layer, self.weight[index])


class BridgeConnectors(nn.Module):
    """F_s (student width -> teacher width) and F_t (back) of every student layer."""

    def __init__(self, projection: nn.Linear, num_layers: int) -> None:
        super().__init__()
        self.to_teacher = LayerLinears.like(projection, num_layers)
        self.to_student = LayerLinears(num_layers, projection.out_features, projection.in_features)


def student_to_teacher_loss(
    connected: Tensor, aggregation: Tensor, distance: HiddenDistance
) -> Tensor:
    """L_ST = ||F_s(S_i) - A_i||^2 by the run's distance: what the student can match.

    Alone it drifts to the layers that the student matches already.

    Args:
        connected: [P, D_t] the student's layer in the teacher's width.
        aggregation: [P, D_t].
        distance: Of stacks of layers.
    """
    return distance(connected.unsqueeze(0), aggregation.unsqueeze(0)).squeeze()


def teacher_to_student_loss(
    cell: int, replaced: Tensor, student: SequenceModel, batch: Batch
) -> Tensor:
    """L_TS, the next-item loss of the student's cells after `cell` and its head where A_i takes
    the place of S_i: what helps to predict.

    Cells up to `cell` and the item table, from which their input comes, get no gradient.

    Args:
        cell: i, the first is 0.
        replaced: [P, D_s] the aggregation in the student's width, F_t(A_i).
        student: Goes on from there.
        batch: Its items' shape, mask and targets.
    """
    hidden = scatter_real(replaced, batch.items, batch.mask)
    output = student.forward_from(cell, hidden, batch.mask)
    candidates = student.item_table.candidates.detach()
    return score_losses(output, candidates, batch.targets).total


class DfaMapping(Mapping):
    """Each student layer learns from its aggregation, which was found before and rests.

    Attributes:
        aggregation: [S, T] weights; a row sums to 1.
    """

    stored = (*Mapping.stored, "aggregation")

    def __init__(self, num_student_layers: int, num_teacher_layers: int, *, seed: int = 0) -> None:
        """Equal weights within each student layer's group, until a search has found others."""
        super().__init__(num_student_layers, num_teacher_layers, seed=seed)
        inside = aggregation_window(num_student_layers, num_teacher_layers, window="group")
        self._take(uniform_aggregation(inside))

    def set_up(self, settings: Settings[str, Any], projection: nn.Linear) -> None:
        """Takes the `aggregation` found, [S', T]; the connectors start as copies of the
        projection.

        A student of fewer layers than the aggregation was found for, a control of another kind,
        takes the mean of the rows that each of its layers stands for.
        """
        num_layers = len(self.student_weights)
        self.connectors = LayerLinears.like(projection, num_layers)
        rows = np.array_split(np.asarray(settings["aggregation"], dtype=np.float64), num_layers)
        self._take(np.stack([each.mean(axis=0) for each in rows]))

    def _take(self, aggregation: np.ndarray) -> None:
        self.aggregation = aggregation
        self.teacher_weights = aggregation.T @ self.student_weights

    def flow(self, distance: np.ndarray) -> np.ndarray:
        """A student layer's share of its aggregation."""
        del distance
        return self.student_weights[:, None] * self.aggregation

    def hidden_loss(self, batch: HiddenBatch) -> Tensor:
        """The mean over student layers of ||F_s(S_i) - A_i||^2 (stage 2 of DFA), by the run's
        distance, which norms both sides; with a one-hot aggregation that is plain distillation
        from a layer.
        """
        if self.connectors is None:
            connected = batch.counted(batch.projected)
        else:
            connected = self.connectors(batch.counted(batch.student_layers))
        teacher_layers = batch.counted(batch.teacher_layers)
        self.record(batch.distance(connected.detach(), teacher_layers))
        weights = torch.from_numpy(self.aggregation).to(connected)
        own = batch.distance(connected, aggregated(weights, teacher_layers)).diagonal()
        return (torch.from_numpy(self.student_weights).to(own) * own).sum()


MAPPINGS.register("dfa")(DfaMapping)
