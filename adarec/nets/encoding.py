"""What every sequence model returns, teacher and student alike."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from adarec.nets.blocks import ItemTable, gather_real


@dataclass(frozen=True)
class Encoded:
    """Packed outputs of one batch; P counts real positions only.

    Attributes:
        embedded: [P, D] item embeddings as they enter the first layer.
        layers: one [P, D] per hidden layer, from input to output.
        output: [P, D] the states that are scored against the item table.
    """

    embedded: Tensor
    layers: tuple[Tensor, ...]
    output: Tensor


class SequenceModel(nn.Module):
    """A causal next-item model: subclasses give dense layers, this packs them or takes the newest
    state.

    Attributes:
        item_table: Input and output item embeddings.
        num_layers: Hidden layers that `dense_layers` gives.
        output_norm: Applied to the last layer before scoring.
        receptive_field: How many of the newest items can influence a state; None = all.
    """

    item_table: ItemTable
    num_layers: int
    output_norm: nn.LayerNorm
    receptive_field: int | None = None

    def dense_layers(
        self, items: Tensor, mask: Tensor | None, **call: Any
    ) -> tuple[Tensor, list[Tensor]]:
        """Embeddings [B, L, D] and hidden layers, each [B, L, D], zero at PAD, of left-padded
        items [B, L].
        """
        raise TypeError(f"{type(self).__name__} does not say how it encodes a history")

    def forward(self, items: Tensor, mask: Tensor | None, **call: Any) -> Encoded:
        """Encodes left-padded items [B, L]; `mask` [B, L] is True at real positions, None where
        all are real.
        """
        embedded, layers = self.dense_layers(items, mask, **call)
        packed = tuple(gather_real(layer, mask) for layer in layers)
        return Encoded(gather_real(embedded, mask), packed, self.output_norm(packed[-1]))

    def newest_state(self, items: Tensor, mask: Tensor | None, **call: Any) -> Tensor:
        """[B, D] the state at the newest item, as one request needs it."""
        _, layers = self.dense_layers(items, mask, **call)
        return self.output_norm(layers[-1][:, -1])
