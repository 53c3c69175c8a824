"""Random cells of about a given cost."""

import numpy as np
import pytest

from adarec.genotype import Genotype
from adarec.nets.random_cells import random_genotypes
from adarec.nets.selection import is_connected
from tests.nets.small_models import small_costs


@pytest.mark.parametrize("num_own_cells", [1, 2])
def test_random_genotypes_cost_what_they_may(num_own_cells: int) -> None:
    costs, rng = small_costs(num_nodes=3), np.random.default_rng(0)
    found = random_genotypes(
        costs, least=24.0, most=30.0, count=20, rng=rng, num_own_cells=num_own_cells
    )
    assert len(set(found)) == 20
    for genotype in found:
        assert 24.0 <= costs.of(genotype) <= 30.0
        assert genotype.num_own_cells == num_own_cells
        assert is_connected(genotype)
        assert not genotype.is_collapsed


def test_where_few_random_genotypes_fit_there_are_fewer() -> None:
    costs = small_costs(num_nodes=2)

    def drawn(least: float, most: float, count: int, seed: int = 0) -> list[Genotype]:
        rng = np.random.default_rng(seed)
        return random_genotypes(costs, least=least, most=most, count=count, rng=rng)

    one, other = (drawn(27.2, 34.0, 10_000, seed) for seed in (0, 1))
    assert set(one) == set(other), "so many draws find every cell of three edges"
    assert 1 < len(one) < 512
    assert drawn(0.8, 1.0, 3) == []
    assert drawn(27.2, 34.0, 0) == []


def test_below_a_tight_limit_random_genotypes_are_found_too() -> None:
    """Of 8^6 cells few have a convolution and little more on live edges: 4 + 2 x 6."""
    costs = small_costs(num_nodes=3)
    found = random_genotypes(costs, least=12.8, most=16.0, count=4, rng=np.random.default_rng(0))
    assert len(found) == 4
    assert all(14.0 <= costs.of(genotype) <= 16.0 for genotype in found)


def test_no_cell_is_drawn_where_none_can_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = small_costs(num_nodes=2)
    cheapest, dearest = costs.bounds
    every = random_genotypes(
        costs, least=0.0, most=dearest, count=10_000, rng=np.random.default_rng(0)
    )
    assert all(cheapest <= costs.of(genotype) <= dearest for genotype in every)

    def never(*call: object, **named: object) -> None:
        raise AssertionError("a cell was drawn")

    monkeypatch.setattr("adarec.nets.random_cells._drawn", never)
    for least, most in ((0.0, cheapest - 0.01), (dearest + 0.01, 2 * dearest)):
        rng = np.random.default_rng(0)
        assert random_genotypes(costs, least=least, most=most, count=4, rng=rng) == []
