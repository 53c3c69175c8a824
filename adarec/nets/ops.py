"""Candidate operations of an edge, registered under the names of the catalogue.

Each is a module called as op(x [B, L, D] that is zero at PAD, mask [B, L] or None) -> [B, L, D]
that sees no later position,
is zero at PAD too, and gives the same at real positions whatever the number of PAD positions on
the left.
"""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec import catalog
from adarec.genotype import Genotype
from adarec.nets.blocks import CausalConv, shift, zero_pads
from adarec.nets.registry import Registry

OPS: Registry[Callable[[int], nn.Module]] = Registry("op", catalog.OP_NAMES)


class ConvOp(nn.Module):
    """Causal convolution."""

    def __init__(self, width: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.conv = CausalConv(width, kernel_size, dilation)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """See the module's docstring."""
        del mask  # a causal convolution without bias keeps PAD at zero
        return self.conv(x)


class MaxPoolOp(nn.Module):
    """Largest of the newest `window` real values, feature by feature."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """See the module's docstring. PAD counts as minus infinity, so it never wins."""
        lowest = torch.finfo(x.dtype).min
        open_x = x if mask is None else x.masked_fill(~mask.unsqueeze(-1), lowest)
        largest = open_x
        for steps in range(1, min(self.window, x.shape[1])):
            older = F.pad(open_x, (0, 0, steps, 0), value=lowest)[:, : x.shape[1]]
            largest = torch.maximum(largest, older)
        return largest if mask is None else largest.masked_fill(~mask.unsqueeze(-1), 0.0)


class AvgPoolOp(nn.Module):
    """Mean of the newest `window` real values, feature by feature."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """See the module's docstring. The divisor counts real positions only."""
        real = x.new_ones(1, x.shape[1], 1) if mask is None else mask.unsqueeze(-1).to(x.dtype)
        total, count = x, real
        for steps in range(1, min(self.window, x.shape[1])):
            total = total + shift(x, steps)
            count = count + shift(real, steps)
        return zero_pads(total / count.clamp(min=1.0), mask)


class SkipOp(nn.Module):
    """Identity."""

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """See the module's docstring."""
        del mask
        return x


class ZeroOp(nn.Module):
    """No connection."""

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """See the module's docstring."""
        del mask
        return torch.zeros_like(x)


@cache
def num_parameters(op: str, width: int) -> int:
    """How many parameters one use of `op` has at this width."""
    with torch.device("meta"):  # no memory, and no random number, for weights that nobody reads
        return sum(p.numel() for p in OPS[op](width).parameters())


def cell_parameters(genotype: Genotype, width: int) -> int:
    """How many parameters the ops have that carry something in the cell, or cells."""
    return sum(num_parameters(op, width) for _, _, op in genotype.live_edges)


OPS.register("conv3")(lambda width: ConvOp(width, 3, 1))
OPS.register("conv5")(lambda width: ConvOp(width, 5, 1))
OPS.register("dilconv3")(lambda width: ConvOp(width, 3, 2))
OPS.register("dilconv5")(lambda width: ConvOp(width, 5, 2))
OPS.register("maxpool3")(lambda width: MaxPoolOp(3))
OPS.register("avgpool3")(lambda width: AvgPoolOp(3))
OPS.register("skip")(lambda width: SkipOp())
OPS.register("zero")(lambda width: ZeroOp())
