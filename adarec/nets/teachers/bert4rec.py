"""BERT4Rec (Sun et al., CIKM 2019): attention that first learns to fill masked items in from both
sides, and then, causally, to name the next item.
"""

from typing import Any

import torch
from torch import Tensor, nn

from adarec.nets.attention import AttentionModel


class BERT4Rec(AttentionModel):
    """Causal unless it is told which items are masked, so nobody can distil, measure or export the
    two-sided model: under a next-item loss that one reads its own labels.
    """

    def __init__(self, *, width: int, **sizes: Any) -> None:
        super().__init__(width=width, **sizes)
        self.mask_token = nn.Parameter(0.02 * torch.randn(width))

    def dense_layers(
        self, items: Tensor, mask: Tensor | None, *, masked: Tensor | None = None, **call: Any
    ) -> tuple[Tensor, list[Tensor]]:
        """See `SequenceModel`; items where `masked` [B, L] is True are hidden, and every position
        then looks both ways.
        """
        if masked is None:
            return super().dense_layers(items, mask, **call)
        token = self.mask_token * self.item_table.scale
        embedded = torch.where(masked.unsqueeze(-1), token, self.item_table(items))
        x = self.placed(embedded, mask)
        return embedded, self.layers_after(0, x, mask, is_causal=False)
