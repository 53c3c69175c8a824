"""What a student costs by the table: measured milliseconds, multiply-adds or parameters.

A cost is a line in the number of positions that an architecture computes, base + per_position x
positions, because a student computes only as many positions as its receptive field.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from adarec import catalog
from adarec.genotype import Genotype, cell_edges
from adarec.nets.students.sampling import expected_cost

SLACK = 0.85  # share of the limit that the table may fill; the rest is for the table's error


@dataclass(frozen=True)
class CostModel:
    """A cost table as the search uses it.

    Attributes:
        base, per_position: [O] line of each op, in `unit`.
        fixed_base, fixed_per_position: Line of the rest of the student, without scoring.
        scoring: Cost of scoring and top 10 where the limit is on the whole request, else 0.
        teacher: The teacher's cost on the same terms (request or body).
        unit: ms, M multiply-adds, or k parameters.
        num_cells, num_nodes: Of the student.
        length: L.
    """

    base: Tensor
    per_position: Tensor
    fixed_base: float
    fixed_per_position: float
    scoring: float
    teacher: float
    unit: str
    num_cells: int
    num_nodes: int
    length: int

    def of(self, genotype: Genotype) -> float:
        """Cost of the student with this cell, or these cells."""
        positions = min(self.length, genotype.receptive_field(self.num_cells))
        indices = [catalog.OP_NAMES.index(op) for op in genotype.ops]
        own = float((self.base + positions * self.per_position)[indices].sum())
        return self.fixed(positions) + self.num_cells // genotype.num_own_cells * own

    @property
    def bounds(self) -> tuple[float, float]:
        """What no cell with a convolution costs less, and none at all more, than."""
        convolutions = [k for k, op in enumerate(catalog.OPS) if op.parametric]
        least = self.fixed(1) + float((self.base + self.per_position)[convolutions].min())
        edges = self.num_cells * len(cell_edges(self.num_nodes))
        dearest = float((self.base + self.length * self.per_position).max())
        return least, self.fixed(self.length) + edges * dearest

    def fixed(self, positions: int) -> float:
        """Cost of all but the edges, at so many positions."""
        return self.scoring + self.fixed_base + positions * self.fixed_per_position

    @property
    def nominal_positions(self) -> int:
        """Positions that a cell of three-wide ops computes: where the table for the alphas is
        read.
        """
        return min(self.length, 1 + 2 * self.num_nodes * self.num_cells)

    @property
    def op_costs(self) -> Tensor:
        """[O] the table for the alphas."""
        return self.base + self.nominal_positions * self.per_position

    def expected(self, alphas: Tensor) -> Tensor:
        """Expected cost of a student drawn from the alphas ([E, O] or [S x E, O]), by the table
        at the nominal number of positions.
        """
        in_stack = self.num_cells * len(cell_edges(self.num_nodes))
        return expected_cost(
            alphas,
            self.op_costs,
            fixed=self.fixed(self.nominal_positions),
            repeats=in_stack // len(alphas),
        )


def cost_model(table: dict[str, Any], *, of_body: bool) -> CostModel:
    """The cost model of a table written by `measured_costs` or `counted_costs`.

    Args:
        table: The content of costs.json.
        of_body: Leave scoring and top 10 out, on both sides.
    """
    lines = [table["op_lines"][op] for op in catalog.OP_NAMES]
    return CostModel(
        base=torch.tensor([line["base"] for line in lines]),
        per_position=torch.tensor([line["per_position"] for line in lines]),
        fixed_base=table["fixed_line"]["base"],
        fixed_per_position=table["fixed_line"]["per_position"],
        scoring=0.0 if of_body else table["scoring"],
        teacher=table["teacher_body"] if of_body else table["teacher"],
        unit=table["unit"],
        num_cells=table["num_cells"],
        num_nodes=table["num_nodes"],
        length=table["length"],
    )
