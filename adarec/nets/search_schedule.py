"""How long and how fast the supernet of a search is trained."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchSchedule:
    """How the supernet is trained.

    Attributes:
        epochs: Passes over all training prefixes (each through a weight or an alpha step).
        warmup_epochs: Alphas rest during these, but never in the last epoch; ops are drawn
            uniformly.
        learning_rate: Peak rate of the weights.
        alpha_learning_rate: Rate of the alphas (Adam, betas .5 and .999).
        weight_decay: AdamW's on matrices; alphas get 1e-3.
        batch_positions: Real positions a step at most.
        clip_norm: Largest gradient norm.
        start_temperature, end_temperature: Gumbel temperature, falling geometrically.
        efficiency_share: Size of the cost term at the start, as a share of the rest of the loss.
        seed: Batches, sampled ops, dropout.
        order: "alternate" or "joint", see `Search`.
        patience: Epochs after the warm-up without a better validation NDCG@10 of the strongest ops
            that end the search; None = all epochs.
    """

    epochs: int
    warmup_epochs: int
    learning_rate: float
    alpha_learning_rate: float
    weight_decay: float
    batch_positions: int
    clip_norm: float
    start_temperature: float
    end_temperature: float
    efficiency_share: float
    seed: int
    order: str = "alternate"
    patience: int | None = None

    @property
    def alphas_rest(self) -> int:
        """So many epochs; a search without one in which the alphas move would find nothing."""
        return min(self.warmup_epochs, self.epochs - 1)
