"""DT4SR (Fan et al., CIKM 2021): items and histories as Gaussians, near ones recommended; with
STOSA's attention (Fan et al., WWW 2022) as an alternative.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec import catalog
from adarec.nets.blocks import (
    attended,
    layers_through,
    positions_from_newest,
    visible_mask,
    zero_pads,
)
from adarec.nets.encoding import SequenceModel
from adarec.nets.gaussians import (
    GaussianItemTable,
    WassersteinReadout,
    as_keys,
    as_points,
    as_queries,
    as_streams,
    total_variance,
)
from adarec.nets.registry import Registry


class PerStream(nn.Module):
    """Two modules of one kind: the first for the mean stream, the second for the covariance's."""

    def __init__(self, mean: nn.Module, covariance: nn.Module) -> None:
        super().__init__()
        self.mean, self.covariance = mean, covariance

    def forward(self, x: Tensor) -> Tensor:
        """[..., 2 D_in] -> [..., 2 D_out]."""
        mean, covariance = x.chunk(2, dim=-1)
        return torch.cat([self.mean(mean), self.covariance(covariance)], dim=-1)


class DotAttention(nn.Module):
    """DT4SR's: each stream attends on its own, by scaled dot products of ELU features."""

    def __init__(self, width: int, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.project_in = PerStream(nn.Linear(width, 3 * width), nn.Linear(width, 3 * width))
        self.project_out = PerStream(nn.Linear(width, width), nn.Linear(width, width))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """[B, L, 2D] -> [B, L, 2D], causal. PAD keeps itself to look at."""
        batch, length, width = x.shape
        query, key, value = (
            self.project_in(x)
            .view(batch, length, 2, 3, self.num_heads, -1)
            .permute(3, 0, 2, 4, 1, 5)
        )  # [B, 2, H, L, D / H] each
        mixed = self.mixed(query, key, value, mask)
        return self.project_out(mixed.permute(0, 3, 1, 2, 4).reshape(batch, length, width))

    def mixed(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Queries, keys and values of both streams, [B, 2, H, L, D / H] each -> the same shape."""
        queries, keys, values = (F.elu(each).flatten(1, 2) for each in (query, key, value))
        dropout = self.dropout if self.training else 0.0
        return attended(queries, keys, values, mask, dropout=dropout).view_as(value)


class WassersteinAttention(DotAttention):
    """STOSA's: one attention for both streams, near Gaussians attend to each other.

    Weights A = softmax(-distance / sqrt(D / H)); the mean becomes A V_mean, and the covariance of
    that sum of independent Gaussians is A^2 V_covariance.
    """

    def mixed(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """See `DotAttention`."""
        queries, keys = (
            as_points(torch.cat([each[:, 0], each[:, 1]], dim=-1)) for each in (query, key)
        )
        nearness = as_queries(queries) @ as_keys(keys).mT / math.sqrt(query.shape[-1])
        if mask is None:
            mask = torch.ones(1, query.shape[-2], dtype=torch.bool, device=query.device)
        weights = torch.softmax(nearness.masked_fill(~visible_mask(mask), -torch.inf), dim=-1)
        kept = F.dropout(weights, self.dropout, self.training)
        # kept x weights rather than kept^2: its mean over dropout is A^2.
        covariance = (kept * weights) @ (F.elu(value[:, 1]) + 1.0)
        return torch.stack([kept @ value[:, 0], covariance], dim=1)


ATTENTIONS: Registry[type[DotAttention]] = Registry(
    "attention", (entry.name for entry in catalog.ATTENTIONS)
)
ATTENTIONS.register("dot")(DotAttention)
ATTENTIONS.register("wasserstein")(WassersteinAttention)


class GaussianBlock(nn.Module):
    """Attention and a feed-forward net (ELU, not widened) in each stream, each with a residual.

    Pre-norm, unlike the authors' blocks, which end in layer norm: a covariance stream that leaves
    through layer norm has nearly the same total variance everywhere.
    """

    def __init__(self, width: int, num_heads: int, dropout: float, attention: str) -> None:
        super().__init__()
        self.attention_norm = PerStream(nn.LayerNorm(width), nn.LayerNorm(width))
        self.feed_norm = PerStream(nn.LayerNorm(width), nn.LayerNorm(width))
        self.attention = ATTENTIONS[attention](width, num_heads, dropout)
        self.feed = PerStream(feed_forward(width), feed_forward(width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Streams [B, L, 2D] -> [B, L, 2D], zero at PAD."""
        x = x + self.dropout(self.attention(self.attention_norm(x), mask))
        x = x + self.dropout(self.feed(self.feed_norm(x)))
        return zero_pads(x, mask)


def feed_forward(width: int) -> nn.Module:
    """[..., D] -> [..., D], ELU after both layers."""
    return nn.Sequential(nn.Linear(width, width), nn.ELU(), nn.Linear(width, width), nn.ELU())


class DT4SR(SequenceModel):
    """Embeddings and hidden layers are points [mean, deviation - 1] of 2D numbers each.

    So the mean squared error between a projected student layer and a teacher layer is, per number,
    what the squared Wasserstein distance of two Gaussians is, and every layer mapping works as it
    is. Nothing keeps a projected deviation positive: a student's point need not be a Gaussian, but
    its distance to the teacher's is 0 only at the teacher's. The distances layer-norm both sides
    first: that takes one offset and one scale from mean and deviation
    together, so the two keep their sizes relative to each other, and only the unit of the
    space is lost.
    """

    item_table: GaussianItemTable

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
        attention: str = "dot",
    ) -> None:
        super().__init__()
        self.num_layers = num_layers
        self.item_table = GaussianItemTable(num_items, width)
        self.positions = nn.Embedding(length, 2 * width)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.input_dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            GaussianBlock(width, num_heads, dropout, attention) for _ in range(num_blocks)
        )
        self.output_norm = WassersteinReadout(width)

    def inputs(self, items: Tensor, mask: Tensor | None, **call: Any) -> tuple[Tensor, Tensor]:
        """See `SequenceModel`; the first block is given streams."""
        positions = positions_from_newest(self.positions, items.shape[1])
        entered = self.item_table.streams(items) + positions * self.item_table.scale
        return self.item_table(items), zero_pads(self.input_dropout(entered), mask)

    def layers_after(self, done: int, x: Tensor, mask: Tensor | None, **call: Any) -> list[Tensor]:
        """See `SequenceModel`; a layer is the points of the streams that a block gives."""
        streams = as_streams(x) if done else x
        layers = layers_through(self.blocks, streams, mask, num_layers=self.num_layers, done=done)
        return [as_points(layer) for layer in layers]

    def uncertainty(self, items: Tensor, mask: Tensor | None) -> Tensor:
        """[B] total variance of the state at the newest item."""
        _, layers = self.dense_layers(items, mask)
        return total_variance(layers[-1][:, -1])
