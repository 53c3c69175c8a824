"""NextItNet (Yuan et al., WSDM 2019): residual blocks of dilated causal convolutions."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec.nets.blocks import CausalConv, ItemTable, layers_through, zero_pads
from adarec.nets.encoding import SequenceModel

DILATIONS = (1, 4)  # block by block, in turn


class ResidualBlock(nn.Module):
    """x + scale * two causal convolutions of dilation d and 2d, each with layer norm and ReLU.

    `scale` starts small (ReZero), so that a deep stack begins as the identity and trains without
    warm-up.
    """

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.first = CausalConv(width, 3, dilation)
        self.second = CausalConv(width, 3, 2 * dilation)
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.scale = nn.Parameter(torch.full((1,), 0.1))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """[B, L, D] -> [B, L, D], zero at PAD."""
        hidden = zero_pads(F.relu(self.first_norm(self.first(x))), mask)
        hidden = F.relu(self.second_norm(self.second(hidden)))
        return x + zero_pads(self.scale * self.dropout(hidden), mask)


class NextItNet(SequenceModel):
    """The default teacher; offers `num_layers` hidden layers, each after an equal share of the
    blocks.
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
        del length, num_heads  # convolutions need neither; the signature is that of every teacher
        self.num_layers = num_layers
        self.item_table = ItemTable(num_items, width)
        self.input_dropout = nn.Dropout(dropout)
        dilations = [DILATIONS[i % len(DILATIONS)] for i in range(num_blocks)]
        self.blocks = nn.ModuleList(
            ResidualBlock(width, dilation, dropout) for dilation in dilations
        )
        self.output_norm = nn.LayerNorm(width)

    def inputs(self, items: Tensor, mask: Tensor | None, **call: Any) -> tuple[Tensor, Tensor]:
        """See `SequenceModel`."""
        embedded = self.item_table(items)
        return embedded, self.input_dropout(embedded)

    def layers_after(self, done: int, x: Tensor, mask: Tensor | None, **call: Any) -> list[Tensor]:
        """See `SequenceModel`."""
        return layers_through(self.blocks, x, mask, num_layers=self.num_layers, done=done)
