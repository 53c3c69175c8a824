"""What every sequence model returns, teacher and student alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from adarec.nets.blocks import ItemTable, gather_real

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Encoded:
    """Packed outputs of one batch; P counts real positions only.

    Attributes:
        embedded: [P, D] item embeddings as they enter the first layer.
        layers: one [P, D] per hidden layer, from input to output.
        output: [P, D] the states that are scored against the item table; [P, D'] in a model whose
            scores are no plain dot product of states and rows.
    """

    embedded: Tensor
    layers: tuple[Tensor, ...]
    output: Tensor


class SequenceModel(nn.Module):
    """A causal next-item model: subclasses give dense layers, this packs them or takes the newest
    state.

    A subclass says what its first layer is given (`inputs`) and what its layers make of that
    (`layers_after`). One that cannot go on from the middle overrides `dense_layers` instead.

    Attributes:
        item_table: Input and output item embeddings.
        num_layers: Hidden layers that `dense_layers` gives.
        output_norm: Applied to the last layer before scoring.
        receptive_field: How many of the newest items can influence a state; None = all.
        blend: (scores [C, V], left-padded histories [C, L]) -> scores [C, V] that know what
            counting knows too; None = the states alone decide.
        precision: What a frozen teacher's matrix products are computed in; all that it gives is
            float32.
    """

    item_table: ItemTable
    num_layers: int
    output_norm: nn.Module
    receptive_field: int | None = None
    precision: torch.dtype = torch.float32

    def __init__(self) -> None:
        super().__init__()
        self.blend: nn.Module | None = None

    @property
    def hidden_width(self) -> int:
        """D of embeddings and hidden layers, which a student is projected to."""
        return self.item_table.embedding.embedding_dim

    def inputs(self, items: Tensor, mask: Tensor | None, **call: Any) -> tuple[Tensor, Tensor]:
        """Item embeddings and what the first layer is given, each [B, L, D], of left-padded items
        [B, L].
        """
        raise TypeError(f"{type(self).__name__} does not say how it encodes a history")

    def layers_after(self, done: int, x: Tensor, mask: Tensor | None, **call: Any) -> list[Tensor]:
        """The layers after the first `done`, each [B, L, D], zero at PAD, where these gave `x`
        [B, L, D], zero at PAD; with 0 done, `x` is what the first is given.
        """
        raise TypeError(f"{type(self).__name__} cannot go on from a hidden layer")

    def dense_layers(
        self, items: Tensor, mask: Tensor | None, **call: Any
    ) -> tuple[Tensor, list[Tensor]]:
        """Embeddings [B, L, D] and hidden layers, each [B, L, D], zero at PAD, of left-padded
        items [B, L].
        """
        embedded, x = self.inputs(items, mask, **call)
        return embedded, self.layers_after(0, x, mask, **call)

    def forward_from(self, layer: int, hidden: Tensor, mask: Tensor | None, **call: Any) -> Tensor:
        """[P, D] the states that are scored, as if layer `layer` (the first is 0) had given
        `hidden` [B, L, D], zero at PAD.
        """
        layers = [hidden, *self.layers_after(layer + 1, hidden, mask, **call)]
        return self.output_norm(gather_real(layers[-1], mask))

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

    def score(
        self,
        states: Tensor,
        histories: Tensor | None = None,
        candidates: Tensor | None = None,
        left_out: Tensor | None = None,
    ) -> Tensor:
        """[C, V] the final scores of all items.

        Args:
            states: [C, D].
            histories: [C, L] the left-padded items that led to each state; only a blended model
                needs them.
            candidates: [V, D] those of the item table, where they are kept over many calls: some
                tables compute them.
            left_out: [C] see `CountBlend.forward`; nothing to a model without counts.
        """
        table = self.item_table.candidates if candidates is None else candidates
        scores = (states.to(table.dtype) @ table.T).to(states.dtype)
        return scores if self.blend is None else self.blend(scores, histories, left_out)


def encode_frozen(teacher: SequenceModel, items: Tensor, mask: Tensor | None) -> Encoded:
    """What a frozen teacher gives for a batch, without gradients, float32 in whatever precision it
    computes; `items` and `mask` as in `SequenceModel.forward`.
    """
    if teacher.precision == torch.float32:
        with torch.no_grad():
            return teacher(items, mask)
    with torch.no_grad(), torch.autocast(items.device.type, dtype=teacher.precision):
        found = teacher(items, mask)
    layers = tuple(layer.float() for layer in found.layers)
    return Encoded(found.embedded.float(), layers, found.output.float())


def score_chunks(
    model: SequenceModel,
    encoded: Encoded,
    items: Tensor,
    mask: Tensor | None,
    *,
    left_out: Tensor | None = None,
) -> Callable[[slice | Tensor], Tensor]:
    """The final scores [C, V] of a batch's packed positions, by slice (or indices) of them.

    Args:
        model: A frozen teacher.
        encoded: What it gave for the batch.
        items: [B, L] the batch.
        mask: [B, L] see `SequenceModel.forward`.
        left_out: [P] what the pair of each packed position is not counted with, see
            `CountBlend.forward`.
    """
    table = model.item_table.candidates.detach()
    if model.item_table.may_round:
        table = table.to(model.precision)
    if model.blend is None:
        return lambda chunk: model.score(encoded.output[chunk], candidates=table)
    real = torch.ones_like(items, dtype=torch.bool) if mask is None else mask
    rows, places = real.nonzero(as_tuple=True)  # row-major, as positions are packed
    width = items.shape[1]

    def scores(chunk: slice | Tensor) -> Tensor:
        steps = torch.arange(width) - (width - 1 - places[chunk])[:, None]  # newest on the right
        shown = items[rows[chunk]].gather(1, steps.clamp(min=0))
        without = None if left_out is None else left_out[chunk]
        return model.score(encoded.output[chunk], shown * (steps >= 0), table, without)

    return scores
