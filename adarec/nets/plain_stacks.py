"""Plain stacks of causal convolutions: what somebody would build by hand from the ops of a cell.

Every node is fed by the one before it alone, through conv3, conv5 or, where a shorter stack is
wanted, skip; at least one is a convolution. All cells are alike.
"""

import itertools

from adarec.genotype import Genotype, cell_edges
from adarec.nets.costs import CostModel
from adarec.nets.ops import cell_parameters


def plain_stacks(num_nodes: int) -> list[Genotype]:
    """All of them, of one cell."""
    edges = cell_edges(num_nodes)

    def stack(ops: tuple[str, ...]) -> Genotype:
        on_chain = iter(ops)
        return Genotype(
            num_nodes,
            tuple(next(on_chain) if source == target - 1 else "zero" for source, target in edges),
        )

    stacks = map(stack, itertools.product(("conv3", "conv5", "skip"), repeat=num_nodes))
    return [genotype for genotype in stacks if not genotype.is_collapsed]


def largest_stack(
    costs: CostModel, *, limit: float, width: int, num_own_cells: int = 1
) -> Genotype | None:
    """The one with most parameters within the limit, the cheapest of equal ones; None where none
    fits. `num_own_cells` cells get its ops.
    """
    fitting = [
        genotype
        for stack in plain_stacks(costs.num_nodes)
        if costs.of(genotype := Genotype(stack.num_nodes, stack.ops * num_own_cells)) <= limit
    ]
    return min(
        fitting,
        key=lambda genotype: (-cell_parameters(genotype, width), costs.of(genotype)),
        default=None,
    )
