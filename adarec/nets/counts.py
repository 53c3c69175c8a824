"""The probabilities of two count baselines, mixed into a model's scores inside its graph."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from adarec.data.transitions import Transitions

FLOOR = 1e-12  # probability of what no part knows, so that its logarithm is finite


@dataclass(frozen=True)
class BlendWeights:
    """Shares of the three parts; they sum to 1."""

    neural: float
    transitions: float
    own_frequency: float

    @classmethod
    def of(cls, *, transitions: float, own_frequency: float) -> "BlendWeights":
        """`transitions` of what `own_frequency` leaves, and the rest to the net."""
        left = 1.0 - own_frequency
        return cls(left * (1.0 - transitions), left * transitions, own_frequency)


class CountBlend(nn.Module):
    """log((1 - ...) softmax(scores) + w_t P(item | last item) + w_o P(item | own history)).

    Buffers only: nothing of it is trained, and a checkpoint of the model does not hold it.
    """

    def __init__(self, transitions: Transitions, weights: BlendWeights) -> None:
        super().__init__()
        self.weights = weights
        self.successors: Tensor  # [V + 1, K]
        self.probabilities: Tensor  # [V + 1, K]
        successors = torch.from_numpy(transitions.successors)
        probabilities = torch.from_numpy(transitions.probabilities)
        self.register_buffer("successors", successors, persistent=False)
        self.register_buffer("probabilities", probabilities, persistent=False)
        self.pairs: Tensor | None = None

    @classmethod
    def of_size(cls, num_items: int, num_successors: int) -> "CountBlend":
        """One that takes as long as any: all V items have K successors, and both parts a share."""
        rows = np.arange(num_items + 1)[:, None] + np.arange(num_successors)
        shares = np.full(rows.shape, 1.0 / num_successors, np.float32)
        known = Transitions(rows % num_items + 1, shares)
        return cls(known, BlendWeights.of(transitions=0.5, own_frequency=0.5))

    def knows_pairs(self, pairs: np.ndarray) -> None:
        """Takes [V + 1] how many pairs each item's row was counted from: needed to leave one
        out.
        """
        self.pairs = torch.from_numpy(pairs).to(self.probabilities.dtype)

    def forward(self, scores: Tensor, histories: Tensor, left_out: Tensor | None = None) -> Tensor:
        """Log-probabilities [C, V] for scores [C, V] after left-padded histories [C, L].

        Args:
            scores: The net's.
            histories: What has been seen.
            left_out: [C] items that followed the histories where the counts were taken, 0 for
                none: each is counted once less. What is learned from the counted log has its own
                answer in the counts; for an item that was seen once it is the whole answer.
        """
        counted = self.counted(histories, scores.shape[1], left_out)
        return torch.log(self.weights.neural * torch.softmax(scores, dim=1) + counted + FLOOR)

    def counted(self, histories: Tensor, num_items: int, left_out: Tensor | None = None) -> Tensor:
        """[C, V], what both count baselines give together, times their weights."""
        last = histories[:, -1]
        table = torch.zeros(len(histories), num_items + 1, device=histories.device)
        shares = self.weights.transitions * self._successor_shares(last, left_out)
        table = table.scatter_add(1, self.successors[last], shares)
        if self.weights.own_frequency > 0.0:
            real = (histories != 0).to(table.dtype)
            shares = self.weights.own_frequency * real / real.sum(dim=1, keepdim=True)
            table = table.scatter_add(1, histories, shares)
        return table[:, 1:]

    def _successor_shares(self, last: Tensor, left_out: Tensor | None) -> Tensor:
        """[C, K] probabilities of the successors of `last`."""
        shares = self.probabilities[last]
        if left_out is None:
            return shares
        if self.pairs is None:
            raise TypeError("counts can leave no pair out before they know their pairs")
        pairs, left_out = self.pairs[last][:, None], left_out[:, None]
        is_known = left_out > 0
        found = shares * pairs - (is_known & (self.successors[last] == left_out)).to(shares.dtype)
        return found.clamp(min=0.0) / (pairs - is_known.to(shares.dtype)).clamp(min=1.0)
