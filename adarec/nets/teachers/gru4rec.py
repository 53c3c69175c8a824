"""GRU4Rec (Hidasi et al., ICLR 2016): gated recurrence over the history, here with full cross-
entropy, residual layers and one table for input and output.
"""

from typing import Any

import torch
from torch import Tensor, nn

from adarec.nets.blocks import ItemTable, layers_through, zero_pads
from adarec.nets.encoding import SequenceModel


class RecurrentBlock(nn.Module):
    """x + GRU(norm(x)), so that a stack of eight trains as readily as one."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D], from left to right."""
        hidden, _ = self.gru(self.norm(x))
        return x + self.dropout(hidden)


class GRU4Rec(SequenceModel):
    """Histories are turned so that they begin in the first column: the state then meets a PAD only
    after the last item, where nobody reads it.
    """

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
        del length, num_heads  # recurrence needs neither; the signature is that of every teacher
        self.num_layers = num_layers
        self.item_table = ItemTable(num_items, width)
        self.input_dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(RecurrentBlock(width, dropout) for _ in range(num_blocks))
        self.output_norm = nn.LayerNorm(width)

    def inputs(self, items: Tensor, mask: Tensor | None, **call: Any) -> tuple[Tensor, Tensor]:
        """See `SequenceModel`."""
        embedded = self.item_table(items)
        return embedded, self.input_dropout(embedded)

    def layers_after(self, done: int, x: Tensor, mask: Tensor | None, **call: Any) -> list[Tensor]:
        """See `SequenceModel`."""
        if mask is None:
            return layers_through(self.blocks, x, num_layers=self.num_layers, done=done)
        pads = (~mask).sum(1, keepdim=True)  # [B, 1]
        x = turned(x, pads)
        layers = layers_through(self.blocks, x, num_layers=self.num_layers, done=done)
        return [zero_pads(turned(layer, -pads), mask) for layer in layers]


def turned(x: Tensor, steps: Tensor) -> Tensor:
    """`x` [B, L, D] with row b moved `steps[b]` [B, 1] positions to the left, around the end."""
    columns = torch.arange(x.shape[1], device=x.device) + steps  # [B, L]
    columns = (columns + x.shape[1]) % x.shape[1]
    return x.gather(1, columns.unsqueeze(-1).expand(-1, -1, x.shape[2]))
