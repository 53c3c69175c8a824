"""The published layer-weight rule: one step by hand, and its two states against `emd` at rest."""

import numpy as np
import pytest
import torch

from adarec.nets.losses.emd_paper import EmdPaperMapping, published_weights
from adarec.nets.losses.hidden import EmdMapping, Mapping

S, T = 4, 8


def fixed_distances(seed: int) -> np.ndarray:
    """[S, T] of about 5, as in the study of the authors' rule."""
    return np.abs(np.random.default_rng(seed).normal(5.0, 2.0, size=(S, T)))


def weights_of(mapping: Mapping) -> np.ndarray:
    return np.concatenate([mapping.student_weights, mapping.teacher_weights])


def test_one_step_by_hand() -> None:
    """The diagonal carries 1/2 each; unit costs 1 and 3, so ratios 4 and 4/3, a tenth of them."""
    mapping = EmdPaperMapping(2, 2)
    mapping.loss(torch.tensor([[1.0, 9.0], [9.0, 3.0]]))
    preference = np.exp([0.4, 0.4 / 3])
    np.testing.assert_allclose(mapping.student_weights, preference / preference.sum())
    np.testing.assert_allclose(mapping.teacher_weights, preference / preference.sum())
    record = mapping.end_epoch()  # the step itself still used equal weights
    np.testing.assert_allclose(record["student_layer_weights"], [0.5, 0.5])
    np.testing.assert_allclose(record["teacher_layer_weights"], [0.5, 0.5])
    np.testing.assert_allclose(mapping.student_weights, preference / preference.sum())


@pytest.mark.parametrize("seed", range(4))
def test_the_published_weights_jump_between_two_states(seed: int) -> None:
    mapping, distance = EmdPaperMapping(S, T), torch.from_numpy(fixed_distances(seed))
    visited = []
    for _ in range(60):
        mapping.loss(distance)
        visited.append(weights_of(mapping))
    first, second = visited[-2], visited[-1]
    assert np.abs(first - second).max() > 0.25
    for earlier in range(2, 20, 2):
        np.testing.assert_allclose(visited[-2 - earlier], first, atol=1e-9)
        np.testing.assert_allclose(visited[-1 - earlier], second, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_emd_comes_to_rest_on_the_same_distances(seed: int) -> None:
    mapping, distance = EmdMapping(S, T), torch.from_numpy(fixed_distances(seed))
    for _ in range(200):
        before = weights_of(mapping)
        mapping.loss(distance)
        mapping.end_epoch()
    assert np.abs(weights_of(mapping) - before).max() < 1e-5


def test_no_layer_loses_all_weight() -> None:
    """The authors' code divides by 0 here: one layer costs nothing, one almost nothing."""
    weights = published_weights(np.array([0.0, 1e-9, 3.0]))
    assert weights.sum() == pytest.approx(1.0)
    assert weights.argmax() == 1
    assert (weights > 1e-7).all()
    np.testing.assert_allclose(published_weights(np.zeros(4)), 0.25)
