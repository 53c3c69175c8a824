"""Logit distillation on a part of the catalogue: each position's best items of the teacher, and a
sample that stands for all others.

What it changes is which of the teacher's judgements count, not how long a step takes: the task
loss scores all items of the student, and the best cannot be found without all of the teacher's.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LogitSample:
    """Which items of a batch are distilled.

    Attributes:
        top_items: k, the best items of the teacher at each position.
        columns: [N] distinct columns of the catalogue, drawn uniformly, for all positions.
    """

    top_items: int
    columns: Tensor

    @classmethod
    def drawn(cls, num_items: int, *, top_items: int, sampled_items: int) -> "LogitSample":
        """A fresh draw from torch's generator; of a small catalogue all that it has."""
        columns = torch.randperm(num_items)[:sampled_items]
        return cls(min(top_items, num_items), columns)


def sampled_divergence(
    scores: Tensor, taught: Tensor, sample: LogitSample, *, temperature: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Summed T^2 KL(teacher || student) of a chunk over the items of a sample, renormalised.

    An item beyond the k best is in the sample with probability N / V, so those drawn count V / N
    times on both sides. That makes the normaliser of either side an unbiased estimate of its sum
    over the catalogue, and with N = V the divergence is that of the whole catalogue. With N = 0
    it is that between the two sides' distributions over the k best alone.

    Args:
        scores: [C, V] of the student.
        taught: [C, V] of the teacher.
        sample: The items.
        temperature: T, softens both sides.

    Returns:
        The divergence; the columns [C, k + N] it is made of, where one of the k best that was
        drawn too comes twice, the second time without weight; its gradient [C, k + N] by the
        student's scores there.
    """
    best = taught.topk(sample.top_items, dim=1).indices  # [C, k]
    columns = torch.cat([best, sample.columns.expand(len(best), -1)], dim=1)  # [C, k + N]
    weights = log_weights(taught, best, sample.columns)
    student = torch.log_softmax(scores.gather(1, columns) / temperature + weights, dim=1)
    teacher = torch.log_softmax(taught.gather(1, columns) / temperature + weights, dim=1)
    probabilities = teacher.exp()
    gap = (teacher - student).masked_fill_(weights == -torch.inf, 0.0)
    divergence = temperature**2 * torch.dot(probabilities.view(-1), gap.view(-1))
    return divergence, columns, temperature * (student.exp() - probabilities)


def log_weights(taught: Tensor, best: Tensor, drawn: Tensor) -> Tensor:
    """[C, k + N] log of how often each item counts: the best once, the drawn V / N times; one that
    is among the best already, never.

    Args:
        taught: [C, V] scores of the teacher.
        best: [C, k] columns of its best items.
        drawn: [N] columns drawn for all positions.
    """
    is_best = torch.zeros_like(taught, dtype=torch.bool).scatter_(1, best, True)
    found = taught.new_zeros(len(best), best.shape[1] + len(drawn))
    of_drawn = found[:, best.shape[1] :]
    if len(drawn):
        of_drawn.fill_(math.log(taught.shape[1] / len(drawn)))
    of_drawn.masked_fill_(is_best[:, drawn], -torch.inf)
    return found
