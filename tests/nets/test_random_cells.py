"""Random cells: of a given cost, and below a limit."""

import numpy as np
import pytest

from adarec.nets.random_cells import NEAR_LIMIT, random_genotype, random_genotypes
from adarec.nets.selection import is_connected
from tests.nets.small_models import small_costs


@pytest.mark.parametrize("seed", range(5))
def test_a_random_genotype_costs_about_as_much(seed: int) -> None:
    costs = small_costs(num_nodes=3)
    rng = np.random.default_rng(seed)
    genotype = random_genotype(costs, cost=30.0, tolerance=0.05, rng=rng)
    assert abs(costs.of(genotype) - 30.0) <= 1.5
    assert is_connected(genotype)
    assert not genotype.is_collapsed


def test_random_genotypes_differ_and_the_nearest_is_taken_where_none_fits() -> None:
    costs, rng = small_costs(num_nodes=2), np.random.default_rng(0)
    found = {random_genotype(costs, cost=24.0, tolerance=0.2, rng=rng).ops for _ in range(10)}
    assert len(found) > 4
    # The dearest cell of three edges costs 4 + 2 x 15 = 34.
    dearest = random_genotype(costs, cost=500.0, tolerance=0.05, rng=rng)
    assert costs.of(dearest) == 34.0


@pytest.mark.parametrize("num_own_cells", [1, 2])
def test_random_genotypes_cost_nearly_the_limit(num_own_cells: int) -> None:
    costs, rng = small_costs(num_nodes=3), np.random.default_rng(0)
    found = random_genotypes(costs, limit=30.0, count=20, rng=rng, num_own_cells=num_own_cells)
    assert len(set(found)) == 20
    for genotype in found:
        assert NEAR_LIMIT * 30.0 <= costs.of(genotype) <= 30.0
        assert genotype.num_own_cells == num_own_cells
        assert is_connected(genotype)
        assert not genotype.is_collapsed


def test_where_few_random_genotypes_fit_there_are_fewer() -> None:
    costs = small_costs(num_nodes=2)
    one = random_genotypes(costs, limit=34.0, count=10_000, rng=np.random.default_rng(0))
    other = random_genotypes(costs, limit=34.0, count=10_000, rng=np.random.default_rng(1))
    assert set(one) == set(other), "so many draws find every cell of three edges"
    assert 1 < len(one) < 512
    assert random_genotypes(costs, limit=1.0, count=3, rng=np.random.default_rng(0)) == []
    assert random_genotypes(costs, limit=34.0, count=0, rng=np.random.default_rng(0)) == []


def test_below_a_tight_limit_random_genotypes_are_found_too() -> None:
    """Of 8^6 cells few have a convolution and little more on live edges: 4 + 2 x 6."""
    costs = small_costs(num_nodes=3)
    found = random_genotypes(costs, limit=16.0, count=4, rng=np.random.default_rng(0))
    assert len(found) == 4
    assert all(14.0 <= costs.of(genotype) <= 16.0 for genotype in found)
