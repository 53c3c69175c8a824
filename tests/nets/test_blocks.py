"""Packing real positions, and putting them back."""

import torch

from adarec.nets.blocks import gather_real, scatter_real
from tests.nets.small_models import left_padded


def test_scattered_positions_are_where_they_were_and_pads_are_zero() -> None:
    items, mask = left_padded([[1, 2, 3], [4]], pads=1)
    packed = torch.arange(24.0).view(2, 4, 3) + 1  # two layers, four positions, width three
    dense = scatter_real(packed, items, mask)
    assert dense.shape == (2, 2, 4, 3)
    assert (dense[:, ~mask] == 0).all()
    assert torch.equal(dense[:, 1, 3], packed[:, 3])
    for layer in range(2):
        assert torch.equal(gather_real(dense[layer], mask), packed[layer])


def test_without_pads_scattering_only_folds_the_rows() -> None:
    packed = torch.arange(12.0).view(4, 3)
    items = torch.ones(2, 2, dtype=torch.int64)
    assert torch.equal(scatter_real(packed, items, None), packed.view(2, 2, 3))
    mask = torch.ones(2, 2, dtype=torch.bool)
    assert torch.equal(scatter_real(packed, items, mask), packed.view(2, 2, 3))


def test_the_gradient_of_a_position_goes_back_to_it() -> None:
    items, mask = left_padded([[1, 2, 3], [4]])
    packed = torch.zeros(4, 1, requires_grad=True)
    weights = torch.tensor([[1.0, 2.0, 3.0], [7.0, 7.0, 4.0]]).unsqueeze(-1)
    (scatter_real(packed, items, mask) * weights).sum().backward()
    assert packed.grad is not None
    assert packed.grad.flatten().tolist() == [1.0, 2.0, 3.0, 4.0]
