"""Cross-entropy over a batch's targets and drawn items: against hand-computed values, against the
whole catalogue, and over all draws.
"""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from adarec.nets.batches import pack_batch
from adarec.nets.losses.sampled_softmax import (
    draw_others,
    next_item_cross_entropy,
    sampled_cross_entropy,
)
from adarec.nets.masked import masked_item_loss
from adarec.nets.training import Training, next_item_loss
from tests.nets.schedules import schedule, trained, validation_of
from tests.nets.small_models import cycle_walks, packed, small_teacher

P, V, D = 6, 9, 3


def exponentials(*values: float) -> tuple[Tensor, Tensor]:
    """A state and an item table whose scores have these exponentials."""
    state = torch.ones(1, 1, dtype=torch.float64)
    return state, torch.tensor(values, dtype=torch.float64).log().unsqueeze(1)


def test_a_drawn_item_counts_for_all_that_are_no_target() -> None:
    state, table = exponentials(1, 2, 3, 4, 5)
    found = sampled_cross_entropy(state, table, torch.tensor([2]), torch.tensor([4]))
    # 2 for the target, 5 for each of four others
    assert found.task == pytest.approx(math.log((2 + 4 * 5) / 2))


def test_every_position_is_compared_with_all_targets() -> None:
    state, table = exponentials(1, 2, 3, 4, 5)
    targets = torch.tensor([3, 2, 3, 0])  # the last position is in no loss
    drawn = torch.tensor([4, 0])
    found = sampled_cross_entropy(state.expand(4, 1), table, targets, drawn)
    total = 2 + 3 + 3 / 2 * (5 + 1)  # two of three others are drawn
    expected = (2 * math.log(total / 3) + math.log(total / 2)) / 3
    assert found.task == pytest.approx(expected)


def drawn_batch() -> tuple[Tensor, Tensor, Tensor]:
    """States and table with gradient, and targets, some of them twice and one position without."""
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(P, D, generator=generator, dtype=torch.float64)
    table = torch.randn(V, D, generator=generator, dtype=torch.float64)
    return hidden.requires_grad_(), table.requires_grad_(), torch.tensor([4, 7, 0, 4, 1, 9])


@pytest.mark.parametrize("count", [V - 4, V, 10 * V])  # five of them are others
def test_with_all_items_drawn_it_is_the_whole_loss(count: int) -> None:
    hidden, table, targets = drawn_batch()
    found = next_item_cross_entropy(hidden, table, targets, sampled_items=count)
    found.total.backward()
    plain_hidden, plain_table, _ = drawn_batch()
    known = targets > 0
    plain = F.cross_entropy((plain_hidden @ plain_table.T)[known], targets[known] - 1)
    plain.backward()
    assert found.total.item() == pytest.approx(plain.item())
    assert found.task == pytest.approx(plain.item())
    torch.testing.assert_close(hidden.grad, plain_hidden.grad)
    torch.testing.assert_close(table.grad, plain_table.grad)


def losses_of_all_draws(count: int) -> Tensor:
    """The loss of one position for each set of so many of the eight other items."""
    hidden, table, _ = drawn_batch()
    targets, others = torch.tensor([3]), [column for column in range(V) if column != 2]
    return torch.tensor(
        [
            sampled_cross_entropy(hidden[:1], table, targets, torch.tensor(drawn)).task
            for drawn in itertools.combinations(others, count)
        ],
        dtype=torch.float64,
    )


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_the_normaliser_is_right_on_average_over_all_draws(count: int) -> None:
    hidden, table, _ = drawn_batch()
    scores = (hidden[:1] @ table.T)[0].detach()
    normalisers = (losses_of_all_draws(count) + scores[2]).exp()
    assert normalisers.mean().item() == pytest.approx(scores.exp().sum().item())


def test_the_loss_is_too_small_on_average_and_less_so_the_more_are_drawn() -> None:
    means = [losses_of_all_draws(count).mean().item() for count in range(1, V)]
    hidden, table, _ = drawn_batch()
    whole = F.cross_entropy(hidden[:1] @ table.T, torch.tensor([2])).item()
    assert means == sorted(means)
    assert means[-1] == pytest.approx(whole)
    assert means[0] < whole - 0.01


def test_only_items_that_are_no_target_are_drawn_and_all_of_them_equally_often() -> None:
    torch.manual_seed(0)
    targets, times = torch.tensor([4, 7, 0, 4]), torch.zeros(V)
    for _ in range(2000):
        drawn = draw_others(targets, num_items=V, count=3)
        assert len(set(drawn.tolist())) == 3
        times[drawn] += 1
    assert times[[3, 6]].tolist() == [0, 0]
    rest = times[[0, 1, 2, 4, 5, 7, 8]] / 2000
    assert rest.numpy() == pytest.approx(np.full(7, 3 / 7), abs=0.06)
    assert len(draw_others(targets, num_items=V, count=100)) == 7


def test_a_batch_of_all_items_has_none_to_draw() -> None:
    state, table = exponentials(1, 2)
    found = next_item_cross_entropy(
        state.expand(2, 1), table, torch.tensor([1, 2]), sampled_items=5
    )
    assert found.task == pytest.approx((math.log(3) + math.log(3 / 2)) / 2)


@pytest.mark.parametrize("name", ["nextitnet", "bert4rec", "dt4sr"])
def test_a_teachers_losses_are_the_whole_ones_where_all_items_are_drawn(name: str) -> None:
    """A Gaussian teacher's table has more columns than its items have numbers."""
    model = small_teacher(name, num_items=40)
    batch = pack_batch(packed(cycle_walks(5)), np.arange(5))
    makers = [next_item_loss]
    if name == "bert4rec":
        makers.append(lambda model, **own: masked_item_loss(model, mask_probability=0.4, **own))
    for maker in makers:
        values = []
        for count in (0, 1000, 3):
            torch.manual_seed(3)  # the same items are masked
            values.append(maker(model, sampled_items=count)(batch)[0].item())
        assert values[1] == pytest.approx(values[0], rel=1e-5)
        assert values[2] != pytest.approx(values[0], rel=1e-3)


def test_a_resumed_training_draws_as_an_undisturbed_one(tmp_path: Path) -> None:
    def work() -> Training:
        model = small_teacher(num_items=40, dropout=0.2)
        return Training(
            model,
            sequences=packed(cycle_walks(40)),
            batch_loss=next_item_loss(model, sampled_items=5),
            validation=validation_of(cycle_walks(15, seed=1)),
            schedule=schedule(),
        )

    whole = work()
    notes = trained(whole, tmp_path / "whole")
    with pytest.raises(Exception, match="asked to stop"):
        trained(work(), tmp_path / "stopped", stop_at=7)
    resumed = work()
    torch.manual_seed(99)
    assert trained(resumed, tmp_path / "stopped").epochs[3] == notes.epochs[3]
    for key, value in whole.tensors().items():
        assert torch.equal(value, resumed.tensors()[key]), key
