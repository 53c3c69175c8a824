"""Random cells of a given cost: finalists that no prediction chose, and controls of equal cost."""

from collections.abc import Iterator

import numpy as np

from adarec import catalog
from adarec.errors import TargetError
from adarec.genotype import Genotype, cell_edges
from adarec.nets.costs import CostModel
from adarec.nets.selection import is_connected

TRIES = 4000  # genotypes that are drawn for one of a given cost, before the nearest is taken
# The same for those below a limit: where it is tight, one in 3,000 costs nearly as much.
TRIES_BELOW = 50_000
NEAR_LIMIT = 0.8  # of the limit; a cell that costs less leaves accuracy unbought


def random_genotypes(
    costs: CostModel,
    *,
    limit: float,
    count: int,
    rng: np.random.Generator,
    num_own_cells: int = 1,
) -> list[Genotype]:
    """`count` distinct ones that cost `NEAR_LIMIT` of the limit at least and the limit at most,
    all such cells being as probable; fewer where few exist. `num_own_cells` cells get ops of their
    own.
    """
    found: dict[Genotype, None] = {}
    for genotype in _drawn(costs.num_nodes, num_own_cells, rng, tries=TRIES_BELOW):
        if len(found) >= count:
            break
        if NEAR_LIMIT * limit <= costs.of(genotype) <= limit:
            found.setdefault(genotype)
    return list(found)


def random_genotype(
    costs: CostModel,
    *,
    cost: float,
    tolerance: float,
    rng: np.random.Generator,
    num_own_cells: int = 1,
) -> Genotype:
    """One whose cost is within `tolerance` of `cost`; the nearest of many if none is.
    `num_own_cells` cells get ops of their own.

    Raises:
        TargetError: No cell with a convolution was found at all.
    """
    nearest, gap = None, np.inf
    for genotype in _drawn(costs.num_nodes, num_own_cells, rng, tries=TRIES):
        distance = abs(costs.of(genotype) - cost) / cost
        if distance <= tolerance:
            return genotype
        if distance < gap:
            nearest, gap = genotype, distance
    if nearest is None:
        raise TargetError(
            "No random cell with a convolution exists at this cost. Run without --controls."
        )
    return nearest


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
