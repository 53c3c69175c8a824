"""The student: item table, cells in series, tied output table. A supernet when its edges hold
every op.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from adarec import catalog
from adarec.genotype import Genotype, cell_edges
from adarec.nets.blocks import ItemTable
from adarec.nets.encoding import SequenceModel
from adarec.nets.students.cell import Cell


class Student(SequenceModel):
    """Cells over item embeddings. No positions: an op knows how far back it looks."""

    def __init__(
        self,
        *,
        num_items: int,
        width: int,
        num_cells: int,
        num_nodes: int,
        edge_ops: Sequence[Sequence[str]],
        dropout: float,
    ) -> None:
        super().__init__()
        self.num_layers, self.num_nodes = num_cells, num_nodes
        self.item_table = ItemTable(num_items, width)
        self.dropout = nn.Dropout(dropout)
        self.cells = nn.ModuleList(
            Cell(width=width, num_nodes=num_nodes, edge_ops=edge_ops) for _ in range(num_cells)
        )
        self.output_norm = nn.LayerNorm(width)
        self.choice = tuple(
            names[0] for names in edge_ops
        )  # what runs when the caller does not say

    def inputs(self, items: Tensor, mask: Tensor | None, **call: Any) -> tuple[Tensor, Tensor]:
        """See `SequenceModel`."""
        embedded = self.item_table(items)
        return embedded, self.dropout(embedded)

    def layers_after(
        self,
        done: int,
        x: Tensor,
        mask: Tensor | None,
        choice: Sequence[str] | None = None,
        gates: Tensor | None = None,
        **call: Any,
    ) -> list[Tensor]:
        """See `SequenceModel.layers_after`.

        Args:
            done: Cells that `x` has behind it.
            x: [B, L, D].
            mask: [B, L] True at real positions, or None where all are.
            choice: The op of each edge; a derived student has only one and needs none.
            gates: [E] see `Cell.forward`; the same for all cells.
        """
        chosen = self.choice if choice is None else choice
        layers = []
        for cell in list(self.cells)[done:]:
            x = self.dropout(cell(x, mask, chosen, gates))
            layers.append(x)
        return layers


def build_student(
    *, num_items: int, width: int, num_cells: int, genotype: Genotype, dropout: float
) -> Student:
    """The untrained student with the genotype's cell."""
    edge_ops = [(op,) for op in genotype.ops]
    student = Student(
        num_items=num_items,
        width=width,
        num_cells=num_cells,
        num_nodes=genotype.num_nodes,
        edge_ops=edge_ops,
        dropout=dropout,
    )
    student.receptive_field = genotype.receptive_field(num_cells)
    return student


class Supernet(nn.Module):
    """A student in which every edge holds every op, and the alphas [E, O]."""

    def __init__(
        self, *, num_items: int, width: int, num_cells: int, num_nodes: int, dropout: float
    ) -> None:
        super().__init__()
        num_edges = len(cell_edges(num_nodes))
        self.student = Student(
            num_items=num_items,
            width=width,
            num_cells=num_cells,
            num_nodes=num_nodes,
            edge_ops=[catalog.OP_NAMES] * num_edges,
            dropout=dropout,
        )
        self.alphas = nn.Parameter(1e-3 * torch.randn(num_edges, len(catalog.OP_NAMES)))


def inherit_weights(student: Student, supernet_state: dict[str, Tensor]) -> None:
    """Copies into `student` the weights that a supernet trained for the same ops.

    Args:
        student: A derived student of the same width, nodes and cells.
        supernet_state: `Supernet.state_dict()`.
    """
    prefix = "student."
    trained = {
        key.removeprefix(prefix): value
        for key, value in supernet_state.items()
        if key.startswith(prefix)
    }
    student.load_state_dict({key: trained[key] for key in student.state_dict()})
