"""The student: item table, cells in series, tied output table. A supernet when its edges hold
every op.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from adarec import catalog
from adarec.genotype import Genotype, cell_edges
from adarec.nets.blocks import ItemTable
from adarec.nets.encoding import SequenceModel
from adarec.nets.students.cell import Cell

_Edges = TypeVar("_Edges", Sequence[Any], Tensor)


class Student(SequenceModel):
    """Cells over item embeddings. No positions: an op knows how far back it looks.

    What names an op for each edge has E entries, for the edges of every cell alike, or S x E, for
    those of one cell after the other.
    """

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
            Cell(width=width, num_nodes=num_nodes, edge_ops=own) for own in self._by_cell(edge_ops)
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
            gates: [E] or [S x E], see `Cell.forward`.
        """
        chosen = self._by_cell(self.choice if choice is None else choice)
        gated = [None] * self.num_layers if gates is None else self._by_cell(gates)
        layers = []
        for place in range(done, self.num_layers):
            x = self.dropout(self.cells[place](x, mask, chosen[place], gated[place]))
            layers.append(x)
        return layers

    def _by_cell(self, of_edges: _Edges) -> list[_Edges]:
        """What belongs to the edges of each cell, S entries of E."""
        size = len(cell_edges(self.num_nodes))
        if len(of_edges) == size:
            return [of_edges] * self.num_layers
        return [of_edges[k * size : (k + 1) * size] for k in range(self.num_layers)]


def build_student(
    *, num_items: int, width: int, num_cells: int, genotype: Genotype, dropout: float
) -> Student:
    """The untrained student with the genotype's cell, or cells.

    Raises:
        ArtefactError: The genotype has another number of cells.
    """
    receptive_field = genotype.receptive_field(num_cells)
    edge_ops = [(op,) for op in genotype.ops]
    student = Student(
        num_items=num_items,
        width=width,
        num_cells=num_cells,
        num_nodes=genotype.num_nodes,
        edge_ops=edge_ops,
        dropout=dropout,
    )
    student.receptive_field = receptive_field
    return student


class Supernet(nn.Module):
    """A student in which every edge holds every op, and the alphas: [E, O], shared by all cells,
    or [S x E, O], a set for each cell.
    """

    def __init__(
        self,
        *,
        num_items: int,
        width: int,
        num_cells: int,
        num_nodes: int,
        dropout: float,
        num_own_cells: int = 1,
    ) -> None:
        super().__init__()
        num_edges = len(cell_edges(num_nodes)) * num_own_cells
        self.student = Student(
            num_items=num_items,
            width=width,
            num_cells=num_cells,
            num_nodes=num_nodes,
            edge_ops=[catalog.OP_NAMES] * len(cell_edges(num_nodes)),
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
