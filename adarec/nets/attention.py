"""Pre-norm self-attention on left-padded histories: the body that SASRec and BERT4Rec share."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from adarec.nets.blocks import (
    ItemTable,
    SelfAttention,
    layers_through,
    positions_from_newest,
    zero_pads,
)
from adarec.nets.encoding import SequenceModel


class AttentionBlock(nn.Module):
    """Pre-norm attention and a position-wise feed-forward net, each with a residual."""

    def __init__(self, width: int, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = SelfAttention(width, num_heads, dropout)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None, is_causal: bool = True) -> Tensor:
        """[B, L, D] -> [B, L, D], zero at PAD."""
        x = x + self.dropout(self.attention(self.attention_norm(x), mask, is_causal))
        x = x + self.dropout(self.narrow(F.gelu(self.widen(self.feed_norm(x)))))
        return zero_pads(x, mask)


class AttentionModel(SequenceModel):
    """Learned positions count back from the newest item, so more PAD changes nothing."""

    def __init__(
        self,
        *,
        num_items: int,
        length: int,
        num_blocks: int,
        width: int,
        num_layers: int,
        num_heads: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.num_layers = num_layers
        self.item_table = ItemTable(num_items, width)
        self.positions = nn.Embedding(length, width)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.input_dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            AttentionBlock(width, num_heads, dropout) for _ in range(num_blocks)
        )
        self.output_norm = nn.LayerNorm(width)

    def inputs(self, items: Tensor, mask: Tensor | None, **call: Any) -> tuple[Tensor, Tensor]:
        """See `SequenceModel`."""
        embedded = self.item_table(items)
        return embedded, self.placed(embedded, mask)

    def placed(self, embedded: Tensor, mask: Tensor | None) -> Tensor:
        """Embedded items [B, L, D] with their positions, zero at PAD."""
        positions = positions_from_newest(self.positions, embedded.shape[1])
        return zero_pads(self.input_dropout(embedded + positions * self.item_table.scale), mask)

    def layers_after(
        self, done: int, x: Tensor, mask: Tensor | None, *, is_causal: bool = True, **call: Any
    ) -> list[Tensor]:
        """See `SequenceModel`."""
        return layers_through(
            self.blocks, x, mask, is_causal, num_layers=self.num_layers, done=done
        )
