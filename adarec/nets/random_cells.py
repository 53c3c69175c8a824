"""Random cells of about a given cost: finalists that no prediction chose, and controls."""

from collections.abc import Iterator

import numpy as np

from adarec import catalog
from adarec.genotype import Genotype, cell_edges
from adarec.nets.costs import CostModel
from adarec.nets.selection import is_connected

TRIES = (
    50_000  # genotypes that are drawn: where a limit is tight, one in 3,000 costs nearly as much
)
NEAR_LIMIT = 0.8  # of the limit; a cell that costs less leaves accuracy unbought


def random_genotypes(
    costs: CostModel,
    *,
    least: float,
    most: float,
    count: int,
    rng: np.random.Generator,
    num_own_cells: int = 1,
) -> list[Genotype]:
    """`count` distinct ones that cost `least` to `most`, all such cells being as probable; fewer
    where few exist. `num_own_cells` cells get ops of their own.
    """
    found: dict[Genotype, None] = {}
    cheapest, dearest = costs.bounds
    if most < cheapest or least > dearest:
        return []  # tens of thousands of draws would find that out, too, but take seconds
    for genotype in _drawn(costs.num_nodes, num_own_cells, rng, tries=TRIES):
        if len(found) >= count:
            break
        if least <= costs.of(genotype) <= most:
            found.setdefault(genotype)
    return list(found)


def _drawn(
    num_nodes: int, num_own_cells: int, rng: np.random.Generator, *, tries: int
) -> Iterator[Genotype]:
    """The connected ones with a convolution among so many genotypes of uniformly drawn ops."""
    num_edges = num_own_cells * len(cell_edges(num_nodes))
    for _ in range(tries):
        drawn = rng.integers(len(catalog.OP_NAMES), size=num_edges)
        genotype = Genotype(num_nodes, tuple(catalog.OP_NAMES[k] for k in drawn))
        if is_connected(genotype) and not genotype.is_collapsed:
            yield genotype
