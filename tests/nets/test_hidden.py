"""The EMD mapping against other solvers, its moving layer weights, and the layer distances."""

import numpy as np
import pyemd
import pytest
import torch
from scipy.optimize import linprog
from torch.nn import functional as F

from adarec.nets.losses.hidden import (
    LAYER_WEIGHT_STEP,
    LAYER_WEIGHT_TEMPERATURE,
    EmdMapping,
    kl_layer_distances,
    layer_distances,
)


def problem(seed: int, students: int, teachers: int) -> tuple[EmdMapping, np.ndarray]:
    """A mapping with uneven layer weights, and distances."""
    rng = np.random.default_rng(seed)
    mapping = EmdMapping(students, teachers)
    mapping.student_weights = rng.dirichlet(np.ones(students))
    mapping.teacher_weights = rng.dirichlet(np.ones(teachers))
    return mapping, rng.uniform(0.05, 2.0, size=(students, teachers))


def cheapest_by_linear_programme(mapping: EmdMapping, distance: np.ndarray) -> float:
    """Cost of the best flow, by brute force: all flows that keep the marginals."""
    students, teachers = distance.shape
    rows = np.kron(np.eye(students), np.ones(teachers))
    columns = np.kron(np.ones(students), np.eye(teachers))
    masses = np.concatenate([mapping.student_weights, mapping.teacher_weights])
    found = linprog(distance.ravel(), A_eq=np.vstack([rows, columns]), b_eq=masses)
    assert found.success
    return float(found.fun)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", [(1, 2), (2, 4), (4, 8), (3, 7)])
def test_the_flow_is_the_cheapest(seed: int, shape: tuple[int, int]) -> None:
    mapping, distance = problem(seed, *shape)
    cost = float((mapping.flow(distance) * distance).sum())
    assert cost == pytest.approx(cheapest_by_linear_programme(mapping, distance), abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_cost_is_pyemds(seed: int) -> None:
    mapping, distance = problem(seed, 2, 4)
    # pyemd wants one square ground distance over the bins of both sides.
    ground = np.zeros((6, 6))
    ground[:2, 2:], ground[2:, :2] = distance, distance.T
    first = np.concatenate([mapping.student_weights, np.zeros(4)])
    second = np.concatenate([np.zeros(2), mapping.teacher_weights])
    expected = pyemd.emd(first, second, ground)
    assert float((mapping.flow(distance) * distance).sum()) == pytest.approx(expected, abs=1e-5)


def test_a_near_layer_is_preferred() -> None:
    """Student layer 0 is near teacher layers 0 and 1, layer 1 near 2 and 3: the flow says so."""
    distance = np.array([[0.1, 0.1, 1.0, 1.0], [1.0, 1.0, 0.1, 0.1]])
    expected = [[0.25, 0.25, 0.0, 0.0], [0.0, 0.0, 0.25, 0.25]]
    np.testing.assert_allclose(EmdMapping(2, 4).flow(distance), expected, atol=1e-12)


def test_layer_weights_move_by_the_rule() -> None:
    """w <- 0.9 w + 0.1 softmax(-unit cost / T), once an epoch."""
    mapping, distance = problem(3, 2, 4)
    before = mapping.student_weights.copy(), mapping.teacher_weights.copy()
    transported = mapping.flow(distance) * distance
    mapping.loss(torch.from_numpy(distance))
    mapping.end_epoch()
    for weights, old, axis in (
        (mapping.student_weights, before[0], 1),
        (mapping.teacher_weights, before[1], 0),
    ):
        preference = np.exp(-transported.sum(axis=axis) / old / LAYER_WEIGHT_TEMPERATURE)
        expected = (1 - LAYER_WEIGHT_STEP) * old + LAYER_WEIGHT_STEP * preference / sum(preference)
        np.testing.assert_allclose(weights, expected)


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_layer_weights_settle(seed: int) -> None:
    """The published rule jumps between two states for ever; this one comes to rest."""
    mapping, distance = problem(seed, 2, 4)
    moves = []
    for _ in range(150):
        before = mapping.teacher_weights
        mapping.loss(torch.from_numpy(distance))
        mapping.end_epoch()
        moves.append(np.abs(mapping.teacher_weights - before).max())
    assert moves[0] > 0.01
    assert moves[-1] < 1e-5


def test_an_epoch_without_batches_moves_nothing() -> None:
    mapping, _ = problem(1, 2, 4)
    before = mapping.student_weights.copy()
    mapping.end_epoch()
    np.testing.assert_array_equal(mapping.student_weights, before)


def test_distances_are_those_of_a_plain_loop() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(2, 9, 5) * 3 + 1, torch.randn(3, 9, 5)
    found = layer_distances(student, teacher)
    for i in range(2):
        for j in range(3):
            expected = F.mse_loss(F.layer_norm(student[i], (5,)), F.layer_norm(teacher[j], (5,)))
            assert found[i, j].item() == pytest.approx(expected.item(), rel=1e-5)


def test_distances_ignore_scale_and_offset() -> None:
    torch.manual_seed(0)
    layer = torch.randn(1, 9, 5)
    assert layer_distances(layer * 7 + 3, layer).item() == pytest.approx(0.0, abs=1e-4)
    assert layer_distances(-layer, layer).item() == pytest.approx(4.0, abs=1e-3)


def test_kl_distances_are_those_of_a_plain_double_loop() -> None:
    torch.manual_seed(0)
    student, teacher = torch.randn(2, 9, 5) * 2 + 1, torch.randn(3, 9, 5) * 2
    found = kl_layer_distances(student, teacher)
    for i in range(2):
        for j in range(3):
            expected = F.kl_div(
                F.log_softmax(student[i], dim=-1),
                F.softmax(teacher[j], dim=-1),
                reduction="batchmean",  # of [P, D]: the mean over positions
            )
            assert found[i, j].item() == pytest.approx(expected.item(), rel=1e-5)


def test_kl_by_hand() -> None:
    """Teacher (3/4, 1/4) and (1/2, 1/2), student (1/2, 1/2): the first position's KL, halved."""
    student = torch.zeros(1, 2, 2)
    teacher = torch.tensor([[[0.75, 0.25], [0.5, 0.5]]]).log()
    expected = (0.75 * np.log(1.5) + 0.25 * np.log(0.5)) / 2
    assert kl_layer_distances(student, teacher).item() == pytest.approx(expected, rel=1e-5)
