"""Diagonal Gaussians as points, so that Wasserstein distances are Euclidean ones.

The squared 2-Wasserstein distance between N(mu, diag sig) and N(mu', diag sig') is
|mu - mu'|^2 + |sqrt(sig) - sqrt(sig')|^2. So a Gaussian over D dimensions is kept as the *point*
[mu, sqrt(sig) - 1] of 2D numbers: the 1 cancels in every distance and makes zeros, which stand at
PAD, the standard normal. What a model adds up are *streams* [mean, covariance before ELU + 1],
also 2D numbers, with sig = ELU(covariance) + 1 > 0 (DT4SR, Fan et al., CIKM 2021).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec.nets.blocks import ItemTable

NEARLY_ZERO = 1e-6  # least deviation that can be taken back to a stream


def as_points(streams: Tensor) -> Tensor:
    """Points [..., 2D] of streams [..., 2D].

    sqrt(ELU(x) + 1) is exp(x / 2) below zero; said so, it has a gradient where sig underflows.
    """
    mean, covariance = streams.chunk(2, dim=-1)
    wide = torch.sqrt(1.0 + covariance.clamp(min=0.0)) - 1.0
    return torch.cat([mean, torch.where(covariance > 0, wide, F.elu(covariance / 2))], dim=-1)


def as_streams(points: Tensor) -> Tensor:
    """The streams [..., 2D] whose points these are."""
    mean, spread = points.chunk(2, dim=-1)
    narrow = 2.0 * torch.log1p(spread.clamp(min=NEARLY_ZERO - 1.0))
    return torch.cat([mean, torch.where(spread > 0, spread * (spread + 2.0), narrow)], dim=-1)


def total_variance(points: Tensor) -> Tensor:
    """Sum of sig [...] of points [..., 2D]: how uncertain a state or an item is."""
    return (points.chunk(2, dim=-1)[1] + 1.0).square().sum(-1)


def squared_wasserstein(first: Tensor, second: Tensor) -> Tensor:
    """Squared 2-Wasserstein distances [...] between points [..., 2D], one by one."""
    return (first - second).square().sum(-1)


def as_keys(points: Tensor) -> Tensor:
    """[..., 2D + 1] what `as_queries` are multiplied with: the point, and minus its square."""
    return torch.cat([points, -points.square().sum(-1, keepdim=True)], dim=-1)


def as_queries(points: Tensor) -> Tensor:
    """[..., 2D + 1] twice the point, and 1, so that a query times a key is |query|^2 - distance.

    The square of the query is the same for all keys: softmax and ranks do not see it.
    """
    return torch.cat([2.0 * points, torch.ones_like(points[..., :1])], dim=-1)


class GaussianItemTable(ItemTable):
    """Every item a Gaussian: mean and covariance tables side by side, [V + 1, 2D]."""

    may_round = False  # keys hold squared norms, which are large and nearly cancel

    def __init__(self, num_items: int, width: int) -> None:
        super().__init__(num_items, 2 * width)
        self.scale = math.sqrt(width)

    def streams(self, items: Tensor) -> Tensor:
        """[B, L] item indices -> [B, L, 2D] scaled streams, which enter the first block."""
        return self.embedding(items) * self.scale

    def forward(self, items: Tensor) -> Tensor:
        """[B, L] item indices -> [B, L, 2D] scaled points, which a student is to imitate."""
        return as_points(self.embedding(items)) * self.scale

    @property
    def rows(self) -> Tensor:
        """[V, 2D] the points of all real items."""
        return as_points(super().rows)

    @property
    def candidates(self) -> Tensor:
        """[V, 2D + 1] keys of all real items, computed at every call: keep it where nothing is
        trained.
        """
        return as_keys(self.rows)

    def score(self, hidden: Tensor, items: Tensor | None = None) -> Tensor:
        """Scores [P, V] of all items, or [P, K] of item indices [K], for states [P, 2D + 1]."""
        table = self.candidates if items is None else as_keys(as_points(self.embedding(items)))
        return hidden @ table.T


class WassersteinReadout(nn.Module):
    """From the last layer's point to the state that is scored: -distance / t, but for a constant
    a row.

    The mean is layer-normed, the covariance is not: layer norm before ELU + 1 would give every
    state nearly the same total variance, so that no history could be more uncertain than another.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mean_norm = nn.LayerNorm(width)
        self.log_temperature = nn.Parameter(torch.zeros(1))  # t stays positive

    def forward(self, points: Tensor) -> Tensor:
        """[..., 2D] -> [..., 2D + 1]."""
        mean, spread = points.chunk(2, dim=-1)
        query = as_queries(torch.cat([self.mean_norm(mean), spread], dim=-1))
        return query * torch.exp(-self.log_temperature)
