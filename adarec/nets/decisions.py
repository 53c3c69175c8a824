"""How far the alphas have made up their mind: the share of each op, and since when each edge's
strongest op leads.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor


def op_shares(alphas: Tensor) -> np.ndarray:
    """[O] the expected share of each op over the edges of a cell drawn from the alphas [E, O]."""
    return torch.softmax(alphas.detach(), dim=-1).mean(dim=0).numpy()


class Decisions:
    """Follows the strongest op of each edge over the epochs in which the alphas move."""

    def __init__(self, num_edges: int) -> None:
        self.strongest: list[int] = []
        self.decided = [0] * num_edges

    def note(self, epoch: int, alphas: Tensor) -> None:
        """Takes in the alphas [E, O] at the end of `epoch`; to be left out while they rest."""
        strongest = alphas.detach().argmax(dim=-1).tolist()
        for edge, op in enumerate(strongest):
            if not self.strongest or self.strongest[edge] != op:
                self.decided[edge] = epoch
        self.strongest = strongest

    @property
    def decided_epoch(self) -> np.ndarray:
        """int64 [E] the epoch in which the strongest op of each edge changed last; 0 before the
        alphas move.
        """
        return np.array(self.decided, dtype=np.int64)

    def progress(self) -> dict[str, Any]:
        """Plain data for a checkpoint."""
        return {"strongest": self.strongest, "decided": self.decided}

    def load_progress(self, progress: dict[str, Any]) -> None:
        """Restores `progress`."""
        self.strongest, self.decided = list(progress["strongest"]), list(progress["decided"])
