"""Points, distances and tables of diagonal Gaussians against scipy and by hand."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor
from torch.nn import functional as F

from adarec.nets.gaussians import (
    GaussianItemTable,
    as_keys,
    as_points,
    as_queries,
    as_streams,
    squared_wasserstein,
    total_variance,
)

D = 5


def streams(count: int, *, seed: int, scale: float = 1.5) -> Tensor:
    """[count, 2D] float64 means and covariances before ELU + 1."""
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(count, 2 * D, generator=generator, dtype=torch.float64)


def mean_and_variances(given: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The Gaussians of streams [..., 2D] in the paper's words: mu, and sig = ELU + 1."""
    mean, covariance = given.chunk(2, dim=-1)
    return mean.numpy(), (F.elu(covariance) + 1).numpy()


def by_matrix_roots(first: Tensor, second: Tensor) -> float:
    """The distance of any two Gaussians, tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2), by scipy."""
    (mean, variances), (other_mean, other_variances) = map(mean_and_variances, (first, second))
    covariance, other = np.diag(variances), np.diag(other_variances)
    root = sqrtm(covariance)
    crossed = sqrtm(root @ other @ root)
    return float(((mean - other_mean) ** 2).sum() + np.trace(covariance + other - 2 * crossed))


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_scipys(seed: int) -> None:
    first, second = streams(2, seed=seed)
    found = squared_wasserstein(as_points(first), as_points(second)).item()
    assert found == pytest.approx(by_matrix_roots(first, second), abs=1e-6)


def test_the_distance_by_hand() -> None:
    """Means (0, 0) and (3, 4); deviations (1, 2) and (2, 1/2): 25 + 1 + 9/4."""
    first = torch.tensor([0.0, 0.0, 0.0, 3.0])  # ELU(0) + 1 = 1, ELU(3) + 1 = 4
    second = torch.tensor([3.0, 4.0, 3.0, np.log(0.25)])
    found = squared_wasserstein(as_points(first), as_points(second))
    assert found.item() == pytest.approx(28.25, abs=1e-5)
    assert total_variance(as_points(first)).item() == pytest.approx(1 + 4, abs=1e-6)
    assert total_variance(as_points(second)).item() == pytest.approx(4.25, abs=1e-6)


def test_the_distance_is_symmetric_and_zero_only_to_itself() -> None:
    points = as_points(streams(6, seed=1))
    pairs = squared_wasserstein(points[:, None], points[None, :])
    assert torch.equal(pairs, pairs.T)
    assert torch.equal(pairs.diagonal(), torch.zeros(6, dtype=torch.float64))
    assert (pairs + torch.eye(6) > 0).all()


def test_all_pairs_by_one_product_are_the_pairs_one_by_one() -> None:
    first, second = as_points(streams(7, seed=2)), as_points(streams(9, seed=3))
    product = as_queries(first) @ as_keys(second).T
    distances = first.square().sum(-1, keepdim=True) - product
    expected = squared_wasserstein(first[:, None], second[None, :])
    torch.testing.assert_close(distances, expected, rtol=0, atol=1e-10)


def test_the_product_ranks_as_the_distance_does() -> None:
    states, items = as_points(streams(20, seed=4)).float(), as_points(streams(300, seed=5)).float()
    best = (as_queries(states) @ as_keys(items).T).argsort(dim=1, descending=True)
    nearest = squared_wasserstein(states[:, None], items[None, :]).argsort(dim=1)
    assert torch.equal(best, nearest)


def test_points_are_mean_and_deviation_less_one_and_zeros_the_standard_normal() -> None:
    given = streams(8, seed=6)
    mean, variances = mean_and_variances(given)
    expected = np.concatenate([mean, np.sqrt(variances) - 1], axis=-1)
    np.testing.assert_allclose(as_points(given).numpy(), expected, atol=1e-12)
    zeros = torch.zeros(2, 2 * D)
    assert torch.equal(as_points(zeros), zeros)
    assert torch.equal(total_variance(zeros), torch.full((2,), float(D)))


@pytest.mark.parametrize("size", [0.01, 1.0, 20.0])
def test_every_variance_is_positive_and_finite(size: float) -> None:
    covariance = torch.linspace(-size, size, 41)
    points = as_points(torch.cat([torch.zeros(41), covariance]))
    variances = (points[41:] + 1).square()
    assert (variances > 0).all()
    torch.testing.assert_close(variances, F.elu(covariance) + 1, rtol=1e-4, atol=1e-6)
    assert as_points(torch.tensor([0.0, -1e6, 0.0, 1e6])).isfinite().all()


def test_streams_come_back_from_points() -> None:
    given = streams(8, seed=7)
    torch.testing.assert_close(as_streams(as_points(given)), given)
    assert as_streams(torch.full((2 * D,), -3.0)).isfinite().all(), "no deviation is negative"


def test_the_gradient_of_a_distance_is_the_numeric_one_also_at_zero_and_far_out() -> None:
    first, second = streams(2, seed=8)
    first[D:] = torch.tensor([0.7, -0.7, -6.0, 6.0, 2.0])
    given = first.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: squared_wasserstein(as_points(x), as_points(second)), given
    )
    corners = torch.tensor([0.0, 0.0, -300.0, 0.0], requires_grad=True)  # -300: sig is 0 in fp32
    as_points(corners).sum().backward()
    assert corners.grad is not None
    assert corners.grad.tolist() == pytest.approx([1.0, 1.0, 0.0, 0.5])


def test_an_item_table_holds_means_and_covariances_and_nothing_at_pad() -> None:
    torch.manual_seed(0)
    table = GaussianItemTable(30, D)
    items = torch.arange(31).unsqueeze(0)
    assert table.embedding.weight.numel() == 31 * 2 * D
    torch.testing.assert_close(table(items)[0, 1:], table.rows * D**0.5)
    torch.testing.assert_close(as_points(table.streams(items)[0] / D**0.5)[1:], table.rows)
    assert table(items)[0, 0].abs().max() == table.streams(items)[0, 0].abs().max() == 0
    torch.testing.assert_close(table.candidates, as_keys(table.rows))
