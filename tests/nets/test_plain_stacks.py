"""Plain stacks of convolutions: the largest within a limit."""

import pytest

from adarec.genotype import Genotype
from adarec.nets.plain_stacks import largest_stack, plain_stacks
from adarec.nets.selection import is_connected
from tests.nets.small_models import WIDTH, small_costs


def chain(genotype: Genotype) -> tuple[str, ...]:
    """The ops from one node to the next; all others are zero."""
    assert all(op == "zero" for source, target, op in genotype.edges if source != target - 1)
    assert is_connected(genotype)
    return tuple(op for source, target, op in genotype.edges if source == target - 1)


@pytest.mark.parametrize(
    ("limit", "stack"),
    [
        (13.9, None),
        (14.0, ("conv3", "skip", "skip")),
        # 4 + 2 x (3 + 3 + 1) = 18 for six taps; one conv5 with two skips costs as much for five.
        (18.0, ("conv3", "conv3", "skip")),
        (99.0, ("conv5", "conv5", "conv5")),
    ],
)
def test_the_largest_stack_within_the_limit(limit: float, stack: tuple[str, ...] | None) -> None:
    costs = small_costs(num_nodes=3)
    found = largest_stack(costs, limit=limit, width=WIDTH)
    assert (None if found is None else sorted(chain(found))) == (stack and sorted(stack))


def test_cells_with_ops_of_their_own_are_all_stacks() -> None:
    found = largest_stack(small_costs(), limit=99.0, width=WIDTH, num_own_cells=2)
    assert found is not None
    assert [chain(cell) for cell in found.cells] == [("conv5", "conv5")] * 2


def test_there_is_no_stack_without_a_convolution() -> None:
    assert len(plain_stacks(2)) == 3**2 - 1
    assert not any(stack.is_collapsed for stack in plain_stacks(3))
