"""What a frozen teacher would answer on histories whose next item nobody tells: pseudo-labels."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from adarec.nets.losses.scores import CHUNK_FLOATS, MIN_ROWS, ScoreChunk

NO_LABEL = -1.0  # the confidence where no item is allowed


@dataclass(frozen=True)
class PseudoLabels:
    """The teacher's best item at each position.

    Attributes:
        items: [P] item indices, 1..V.
        confidence: [P] the teacher's probability of that item; `NO_LABEL` where none is allowed.
    """

    items: Tensor
    confidence: Tensor


def pseudo_labels(
    teacher_scores: ScoreChunk,
    *,
    positions: int,
    allowed: Tensor,
    consumed: tuple[Tensor, Tensor] | None = None,
) -> PseudoLabels:
    """argmax of the teacher over the allowed items (DA-KD, the pseudo-label of the output space).

    Probabilities are of all items, so that a teacher that prefers a forbidden item is less
    confident in the others.

    Args:
        teacher_scores: Gives the teacher's scores [C, V] for a slice of positions.
        positions: P.
        allowed: [V] True for items that may be a label.
        consumed: (position, column) of items that may not be one there, positions ascending.
    """
    items = torch.zeros(positions, dtype=torch.int64)
    confidence = torch.zeros(positions)
    rows = max(MIN_ROWS, CHUNK_FLOATS // len(allowed))
    with torch.no_grad():
        for start in range(0, positions, rows):
            end = min(start + rows, positions)
            probabilities = torch.softmax(teacher_scores(slice(start, end)), dim=1)  # [C, V]
            probabilities.masked_fill_(~allowed, NO_LABEL)
            if consumed is not None:
                first, last = torch.searchsorted(consumed[0], torch.tensor([start, end])).tolist()
                cells = (consumed[0][first:last] - start, consumed[1][first:last])
                probabilities[cells] = NO_LABEL
            confidence[start:end], columns = probabilities.max(dim=1)
            items[start:end] = columns + 1
    return PseudoLabels(items, confidence)


def most_confident(confidence: Tensor, *, quantile: float) -> Tensor:
    """Positions, ascending, of all but the least confident share `quantile` of a batch.

    Of equal ones the earlier is kept; a position without a label is never kept. 0 keeps all.

    Args:
        confidence: [P], as in `PseudoLabels`.
        quantile: Share to drop, 0..1.
    """
    kept = len(confidence) - math.floor(quantile * len(confidence))
    best_first = torch.argsort(confidence, descending=True, stable=True)[:kept]
    return best_first[confidence[best_first] >= 0].sort().values


def consumed_cells(items: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """(position, column) of every item that a history holds up to each of its positions.

    Args:
        items: [B, L] left-padded item indices, 0 = PAD.
        mask: [B, L] True at real positions; None where all are.

    Returns:
        Packed positions [N], ascending, and columns [N] of the score table (item index - 1).
    """
    real = torch.ones_like(items, dtype=torch.bool) if mask is None else mask
    lengths = real.sum(1)
    packed = items[real]  # [P]
    starts = (lengths.cumsum(0) - lengths).repeat_interleave(lengths)  # [P] of the row's first
    counts = torch.arange(len(packed)) - starts + 1
    positions = torch.arange(len(packed)).repeat_interleave(counts)
    within = torch.arange(len(positions)) - (counts.cumsum(0) - counts).repeat_interleave(counts)
    return positions, packed[starts.repeat_interleave(counts) + within] - 1
