"""Cells of equal cost: which are compared, and which of those come first."""

import numpy as np
import pytest

from adarec.genotype import Genotype
from adarec.nets.equal_cost import (
    BY_CLOCK,
    BY_TABLE,
    RANDOM_CELLS,
    Priced,
    nearest_first,
    priced_by_clock,
    priced_by_table,
    random_candidates,
    stack_candidates,
)
from adarec.nets.plain_stacks import plain_stacks
from adarec.nets.selection import is_connected
from tests.nets.small_models import WIDTH, small_costs

COSTS = small_costs(num_nodes=3)
FOUND = Genotype(
    3, ("conv3", "skip", "conv3", "zero", "zero", "conv3")
)  # 4 + 2 x (3 x 3 + 1) = 24


def candidates(seed: int, found: Genotype = FOUND) -> list[Genotype]:
    rng = np.random.default_rng(seed)
    return random_candidates(found, COSTS, windows=BY_CLOCK, rng=rng)


def test_random_candidates_are_distinct_cells_of_about_the_cost() -> None:
    assert COSTS.of(FOUND) == 24.0
    cells = candidates(0)
    assert len(set(cells)) == len(cells) == RANDOM_CELLS
    for cell in cells:
        assert 0.75 * 24.0 <= COSTS.of(cell) <= 1.35 * 24.0
        assert is_connected(cell)
        assert not cell.is_collapsed
    assert cells == candidates(0)
    assert cells != candidates(1)


def test_the_found_cell_is_no_random_one() -> None:
    for found in candidates(3):
        assert found not in candidates(3, found)


def test_where_no_cell_is_near_the_next_window_serves() -> None:
    costs = small_costs(num_nodes=1)
    # One edge: 4 + 2 x 3 = 10 with conv3 or dilconv3, 14 with conv5 or dilconv5.
    found = Genotype(1, ("conv3",))
    rng = np.random.default_rng(0)
    near = random_candidates(found, costs, windows=((0.9, 1.1),), rng=rng)
    assert [cell.ops for cell in near] == [("dilconv3",)]
    assert random_candidates(found, costs, windows=((1.1, 1.2),), rng=rng) == []
    far = random_candidates(found, costs, windows=((1.1, 1.2), (1.2, 1.5)), rng=rng)
    assert {cell.ops for cell in far} == {("conv5",), ("dilconv5",)}


def test_what_the_table_counts_exactly_is_compared_within_its_tolerance() -> None:
    rng = np.random.default_rng(0)
    cells = random_candidates(FOUND, COSTS, windows=BY_TABLE, rng=rng)
    assert all(0.95 * 24.0 <= COSTS.of(cell) <= 1.05 * 24.0 for cell in cells)
    priced = priced_by_table(FOUND, cells, COSTS)
    assert [each.genotype for each in priced] == [FOUND, *cells]
    assert [each.cost for each in priced] == [COSTS.of(each.genotype) for each in priced]


def test_stacks_are_those_of_about_the_cost_and_the_found_one_may_be_one() -> None:
    stack = next(each for each in plain_stacks(3) if COSTS.of(each) == 22.0)
    near = stack_candidates(stack, COSTS, windows=BY_CLOCK)
    assert stack in near
    assert {COSTS.of(each) for each in near} == {18.0, 22.0, 26.0}
    assert len(near) < len(plain_stacks(3))
    assert stack_candidates(stack, COSTS, windows=()) == plain_stacks(3)


@pytest.mark.parametrize(
    ("costs", "order"),
    [
        ([1.04, 0.97, 1.0], [0, 1, 2]),  # all equal: as they were drawn
        ([1.3, 0.96, 1.2, 1.04], [1, 3, 2, 0]),
        ([0.5, 1.2, 1.3], [1, 2, 0]),  # none equal: the nearest first
    ],
)
def test_equal_ones_stay_as_drawn_and_others_follow(costs: list[float], order: list[int]) -> None:
    priced = [Priced(cell, cost) for cell, cost in zip(candidates(0), costs, strict=False)]
    found = nearest_first(Priced(FOUND, 1.0), priced)
    assert found == [priced[place] for place in order]


def test_cells_are_timed_beside_the_found_one() -> None:
    every_edge = Genotype(3, ("conv5",) * 6)
    sizes = {"num_items": 30, "width": WIDTH, "num_cells": 2, "length": 12}
    found, other = priced_by_clock(FOUND, [every_edge], **sizes)
    assert (found.genotype, other.genotype) == (FOUND, every_edge)
    assert 0 < found.cost
    assert 0 < other.cost
