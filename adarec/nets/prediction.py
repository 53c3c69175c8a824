"""What a supernet's weights say of a genotype, computed once for each."""

from collections.abc import Sequence

import numpy as np
import torch

from adarec import catalog
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.students.student import Supernet
from adarec.nets.training import Validation
from adarec.ranking import ndcg_per_user

SAMPLES = 8  # cells drawn from the alphas for the discretisation gap


class Predictor:
    """Ranks of the validation items when the supernet runs the ops of a genotype.

    Args:
        supernet: Trained; its weights must not change while this is used.
        validation: The validation items of some users: those of the architecture slice for
            predicted accuracy, all of them to confirm it.
        checkpoint: Keeps what was computed over an interruption.
    """

    def __init__(
        self, supernet: Supernet, validation: Validation, checkpoint: Checkpoint | None = None
    ) -> None:
        self.supernet, self.validation, self.checkpoint = supernet, validation, checkpoint
        self._ranks: dict[tuple[str, ...], np.ndarray] = {}
        stored = None if checkpoint is None else checkpoint.read()
        if stored is not None:
            tensors, _ = stored
            for chosen, ranks in zip(tensors["ops"].tolist(), tensors["ranks"], strict=True):
                self._ranks[tuple(catalog.OP_NAMES[k] for k in chosen)] = ranks.numpy()

    def __len__(self) -> int:
        return len(self._ranks)

    def ranks(self, ops: Sequence[str]) -> np.ndarray:
        """int64 [U] rank of each user's validation item among the whole catalogue.

        Raises:
            RunError: A score is not finite.
        """
        key = tuple(ops)
        if key not in self._ranks:
            self._ranks[key] = self.validation.ranks(self.supernet.student, choice=key)
            if self.checkpoint is not None and self.checkpoint.is_due:
                self._save(self.checkpoint)
        return self._ranks[key]

    def ndcg_per_user(self, ops: Sequence[str]) -> np.ndarray:
        """float64 [U] NDCG@10 of each user."""
        return ndcg_per_user(self.ranks(ops), 10)

    def ndcg(self, ops: Sequence[str]) -> float:
        """The mean NDCG@10."""
        return float(self.ndcg_per_user(ops).mean())

    def _save(self, checkpoint: Checkpoint) -> None:
        ops = [[catalog.OP_NAMES.index(op) for op in key] for key in self._ranks]
        ranks = np.stack(list(self._ranks.values()))
        checkpoint.write({"ops": torch.tensor(ops), "ranks": torch.from_numpy(ranks)}, {})


def discretisation_gap(
    predictor: Predictor, chosen: Sequence[str], *, rng: np.random.Generator
) -> dict[str, float]:
    """The two ends of the discretisation gap that a supernet knows, with its weights and for the
    predictor's users: the mean NDCG@10 of `SAMPLES` cells drawn from the alphas, as the search
    sampled them, and that of the chosen ops. What the derived student reaches once it is distilled
    is the third.
    """
    alphas = predictor.supernet.alphas.detach().numpy()
    drawn = [(alphas + rng.gumbel(size=alphas.shape)).argmax(axis=1) for _ in range(SAMPLES)]
    sampled = [predictor.ndcg([catalog.OP_NAMES[k] for k in indices]) for indices in drawn]
    return {
        "users": len(predictor.validation.targets),
        "samples": SAMPLES,
        "sampled_ndcg@10": float(np.mean(sampled)),
        "chosen_ndcg@10": predictor.ndcg(chosen),
    }
