"""The derived student: how far it sees, what it inherits, PAD and causality of whole models."""

import pytest
import torch

from adarec.genotype import Genotype
from adarec.nets.students.student import build_student, inherit_weights
from tests.nets.small_models import (
    NUM_ITEMS,
    WIDTH,
    left_padded,
    shaken,
    small_student,
    small_supernet,
)

CELLS = [
    ("conv3", "skip", "conv5"),
    ("conv3", "dilconv5", "zero"),
    ("zero", "skip", "dilconv5"),
    ("maxpool3", "zero", "dilconv3"),
    ("avgpool3", "skip", "conv3"),
    ("skip", "skip", "skip"),
]
PAIRS = [  # the first cell of a stack, then the second
    ("conv3", "skip", "conv5", "zero", "skip", "skip"),
    ("skip", "maxpool3", "zero", "dilconv5", "zero", "conv3"),
]
every_cell = pytest.mark.parametrize("ops", CELLS + PAIRS, ids="-".join)
in_stacks = pytest.mark.parametrize(
    ("ops", "num_cells"),
    [(ops, num_cells) for ops in CELLS for num_cells in (1, 2)] + [(ops, 2) for ops in PAIRS],
)


@in_stacks
def test_the_receptive_field_is_what_gradients_reach(ops, num_cells: int) -> None:
    length = 36
    student = small_student(ops, num_cells=num_cells, num_nodes=2).double()
    reached: set[int] = set()
    for seed in range(5):  # a ReLU or a maximum may hide an item of one history
        torch.manual_seed(seed)
        embedded = 3 * torch.randn(1, length, WIDTH, dtype=torch.double)
        embedded.requires_grad_()
        x = student.layers_after(0, embedded, None)[-1]
        (gradient,) = torch.autograd.grad(x[:, -1].sum(), embedded)
        far = gradient.abs().sum(-1)[0].nonzero().flatten()
        reached |= {length - int(position) for position in far}
    assert max(reached) == student.receptive_field
    assert student.receptive_field == Genotype(2, tuple(ops)).receptive_field(num_cells)


@every_cell
def test_items_outside_the_receptive_field_change_nothing(ops) -> None:
    student = small_student(ops, num_cells=2, num_nodes=2)
    items = torch.randint(1, NUM_ITEMS + 1, (1, 40), generator=torch.Generator().manual_seed(0))
    whole = student.newest_state(items, None)
    assert student.receptive_field is not None
    cropped = items[:, -student.receptive_field :]
    torch.testing.assert_close(student.newest_state(cropped, None), whole)


@every_cell
def test_no_position_sees_its_own_future(ops) -> None:
    student = small_student(ops, num_cells=2, num_nodes=2)
    items, mask = left_padded([[1, 2, 3, 4, 5, 6, 7, 8], [4, 5, 6]])
    column = mask.nonzero(as_tuple=True)[1]
    before = student(items, mask)
    for t in range(1, items.shape[1]):
        changed = items.clone()
        changed[:, t:] = torch.where(mask[:, t:], items[:, t:] % NUM_ITEMS + 1, 0)
        after = student(changed, mask)
        assert torch.equal(before.output[column < t], after.output[column < t]), t
        assert not torch.equal(before.output[column >= t], after.output[column >= t])


@every_cell
@pytest.mark.parametrize("pads", [1, 9])
def test_more_pad_changes_nothing(ops, pads: int) -> None:
    student = small_student(ops, num_cells=2, num_nodes=2)
    histories = [[1, 2, 3, 4, 5, 6], [7, 8, 9], [3]]
    narrow, wide = (student(*left_padded(histories, pads=p)) for p in (0, pads))
    for old, new in zip((*narrow.layers, narrow.output), (*wide.layers, wide.output), strict=True):
        torch.testing.assert_close(new, old)


@every_cell
def test_pad_stays_zero_through_the_cells(ops) -> None:
    student = small_student(ops, num_cells=2, num_nodes=2)
    items, mask = left_padded([[1, 2, 3, 4], [5]], pads=2)
    embedded, layers = student.dense_layers(items, mask)
    for x in (embedded, *layers):
        assert (x[~mask] == 0).all()
        assert (x[mask] != 0).any(dim=-1).all()


@every_cell
def test_it_goes_on_from_each_of_its_cells(ops) -> None:
    student = small_student(ops, num_cells=3 if len(ops) == 3 else 2, num_nodes=2)
    items, mask = left_padded([[1, 2, 3, 4], [5]], pads=2)
    _, layers = student.dense_layers(items, mask)
    expected = student(items, mask).output
    for cell, hidden in enumerate(layers):
        assert torch.equal(student.forward_from(cell, hidden, mask), expected)
    changed = student.forward_from(len(layers) - 1, layers[-1].roll(1, dims=-1), mask)
    assert not torch.allclose(changed, expected, atol=1e-2)


@every_cell
def test_a_student_inherits_the_supernets_weights_for_its_ops(ops) -> None:
    supernet = small_supernet(num_cells=2, num_nodes=2)
    student = build_student(
        num_items=NUM_ITEMS,
        width=WIDTH,
        num_cells=2,
        genotype=Genotype(2, tuple(ops)),
        dropout=0.0,
    )
    shaken(student)
    inherit_weights(student, supernet.state_dict())
    items, mask = left_padded([[1, 2, 3, 4, 5, 6], [7, 8, 9]])
    expected = supernet.student(items, mask, choice=ops)
    found = student(items, mask)
    torch.testing.assert_close(found.output, expected.output)
    with torch.no_grad():  # a copy, not a view
        student.item_table.embedding.weight.add_(1.0)
    torch.testing.assert_close(supernet.student(items, mask, choice=ops).output, expected.output)


def test_the_first_op_runs_where_no_choice_is_given() -> None:
    student = small_student(("conv3", "zero", "skip"))
    items, mask = left_padded([[1, 2, 3]])
    named = student(items, mask, choice=("conv3", "zero", "skip"))
    assert torch.equal(student(items, mask).output, named.output)


def test_a_derived_student_holds_only_its_own_ops() -> None:
    small = sum(p.numel() for p in small_student(("skip", "skip", "skip")).parameters())
    larger = sum(p.numel() for p in small_student(("conv3", "skip", "skip")).parameters())
    assert larger - small == 3 * WIDTH * WIDTH
