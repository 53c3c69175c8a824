"""Causal building blocks on left-padded [B, L, D]: convolution, attention, item table.

PAD is nothing here: every block maps zeros at PAD to zeros at PAD, by having no bias or by
    `zero_pads` after it, so that
a window reaching over the start of a history sees zeros, as if nothing stood there.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def zero_pads(x: Tensor, mask: Tensor | None) -> Tensor:
    """`x` [B, L, D] with PAD positions set to zero; unchanged where there is no PAD."""
    return x if mask is None else x * mask.unsqueeze(-1)


def shift(x: Tensor, steps: int) -> Tensor:
    """`x` [B, L, D] moved `steps` positions to the right; zeros enter on the left."""
    return x if steps == 0 else F.pad(x, (0, 0, steps, 0))[:, : x.shape[1]]


def gather_real(x: Tensor, mask: Tensor | None) -> Tensor:
    """Real positions of `x` [B, L, D], packed as [P, D] in row-major order."""
    return x.reshape(-1, x.shape[-1]) if mask is None else x[mask]


def scatter_real(packed: Tensor, items: Tensor, mask: Tensor | None) -> Tensor:
    """[…, B, L, D], zero at PAD, of packed positions […, P, D]: the inverse of `gather_real`, for
    any number of leading axes.

    Args:
        packed: […, P, D] in row-major order.
        items: [B, L], for its shape alone.
        mask: [B, L] True at the P real positions; None where all are.
    """
    shape = (*packed.shape[:-2], *items.shape, packed.shape[-1])
    if mask is None:
        return packed.reshape(shape)
    dense = packed.new_zeros(shape)
    dense[..., mask, :] = packed
    return dense


class CausalConv(nn.Module):
    """Convolution over the positions t, t - d, t - 2d, …; taps beyond the history's start cost
    nothing.

    It has no bias and looks back only, so PAD positions, which have nothing but PAD before them,
    stay zero.
    """

    def __init__(self, width: int, kernel_size: int, dilation: int = 1) -> None:
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.weight = nn.Parameter(torch.empty(width, kernel_size * width))  # newest tap first
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D], zero at PAD -> [B, L, D], zero at PAD."""
        length, width = x.shape[1], x.shape[2]
        live = min(
            self.kernel_size, -(-length // self.dilation)
        )  # taps that reach into the history
        if live == 1:
            return F.linear(x, self.weight[:, :width])
        reach = (live - 1) * self.dilation
        padded = F.pad(x, (0, 0, reach, 0))
        starts = range(reach, -1, -self.dilation)
        taps = torch.cat(
            [padded[:, start : start + length] for start in starts], dim=-1
        )  # [B, L, live * D]
        return F.linear(taps, self.weight[:, : live * width])


class SelfAttention(nn.Module):
    """Multi-head self-attention in which a position sees itself and older real positions only, or,
    where a call says that it is not causal, all real positions.
    """

    def __init__(self, width: int, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.project_in = nn.Linear(width, 3 * width)
        self.project_out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None, is_causal: bool = True) -> Tensor:
        """[B, L, D] -> [B, L, D]. PAD keeps itself to look at, so that no row is empty."""
        batch, length, width = x.shape
        query, key, value = (
            self.project_in(x)
            .view(batch, length, 3, self.num_heads, width // self.num_heads)
            .permute(2, 0, 3, 1, 4)
        )
        dropout = self.dropout if self.training else 0.0
        mixed = attended(query, key, value, mask, dropout=dropout, is_causal=is_causal)
        return self.project_out(mixed.transpose(1, 2).reshape(batch, length, width))


def attended(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    dropout: float,
    is_causal: bool = True,
) -> Tensor:
    """Scaled dot-product attention of [B, H, L, D / H] under `visible_mask`, the same shape."""
    if mask is None:
        return F.scaled_dot_product_attention(
            query, key, value, dropout_p=dropout, is_causal=is_causal
        )
    visible = visible_mask(mask, is_causal=is_causal)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=visible, dropout_p=dropout)


def visible_mask(mask: Tensor, *, is_causal: bool = True) -> Tensor:
    """[B, 1, L, L] True where a query may look: at real positions (older ones if causal) and at
    itself.
    """
    length = mask.shape[1]
    reach = torch.ones(length, length, dtype=torch.bool, device=mask.device)
    if is_causal:
        reach = reach.tril()
    itself = torch.eye(length, dtype=torch.bool, device=mask.device)
    return ((reach & mask[:, None, :]) | itself).unsqueeze(1)


def positions_from_newest(table: nn.Embedding, length: int) -> Tensor:
    """[L, D] rows of a table of positions that counts back from the newest item.

    Items beyond the table share its oldest position, so that padding of any width is accepted.
    """
    back = torch.arange(length - 1, -1, -1, device=table.weight.device)
    return table(back.clamp(max=table.num_embeddings - 1))


def layers_through(
    blocks: nn.ModuleList, x: Tensor, *rest: Any, num_layers: int, done: int = 0
) -> list[Tensor]:
    """What `x` becomes in the blocks, seen `num_layers` times after an equal share of them.

    Args:
        blocks: A stack.
        x: [B, L, D] its input, or the output of its layer number `done`.
        rest: Goes to every block.
        num_layers: Layers of the whole stack.
        done: Layers that `x` has behind it; the list holds the others.
    """
    every = len(blocks) // num_layers
    layers = []
    for index, block in enumerate(list(blocks)[done * every :], start=1):
        x = block(x, *rest)
        if index % every == 0:
            layers.append(x)
    return layers


class ItemTable(nn.Module):
    """Item embeddings used for input and output alike; row 0 is PAD and stays zero.

    Attributes:
        may_round: Scores are plain products of learned numbers, which lower precision blurs alike.
    """

    may_round = True

    def __init__(self, num_items: int, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_items + 1, width, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.02)
        with torch.no_grad():
            self.embedding.weight[0].zero_()
        self.scale = math.sqrt(width)

    def forward(self, items: Tensor) -> Tensor:
        """[B, L] item indices -> [B, L, D], scaled by sqrt(D) so that inputs are of the size of
        positions.
        """
        return self.embedding(items) * self.scale

    @property
    def rows(self) -> Tensor:
        """[V, D] what all real items look like on entry, before `scale`; row i belongs to item
        index i + 1.
        """
        return self.embedding.weight[1:]

    @property
    def candidates(self) -> Tensor:
        """[V, D] what states are multiplied with to score all real items; in `rows`' order."""
        return self.rows

    def score(self, hidden: Tensor, items: Tensor | None = None) -> Tensor:
        """Scores [P, V] of all items, or [P, K] of item indices [K], for states [P, D]."""
        table = self.candidates if items is None else self.embedding(items)
        return hidden @ table.T
