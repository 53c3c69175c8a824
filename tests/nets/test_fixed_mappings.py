"""The fixed mappings against assignments written by hand."""

import numpy as np
import pytest

from adarec.nets.losses.fixed_mappings import RandomMapping
from adarec.nets.losses.hidden import MAPPINGS


@pytest.mark.parametrize(
    ("name", "teacher_layers", "expected"),
    [
        ("left", 4, [0, 1]),
        ("right", 4, [2, 3]),
        ("skip-left", 4, [0, 2]),
        ("skip-right", 4, [1, 3]),
        ("left", 8, [0, 1, 2, 3]),
        ("right", 8, [4, 5, 6, 7]),
        ("skip-left", 8, [0, 2, 4, 6]),
        ("skip-right", 8, [1, 3, 5, 7]),
        ("left", 7, [0, 1, 2]),
        ("right", 7, [4, 5, 6]),
        ("skip-left", 7, [0, 2, 4]),
        ("skip-right", 7, [1, 3, 6]),
    ],
)
def test_each_student_layer_learns_from_its_teacher_layer(
    name: str, teacher_layers: int, expected: list[int]
) -> None:
    students = len(expected)
    flow = np.zeros((students, teacher_layers))
    for student, teacher in enumerate(expected):
        flow[student, teacher] = 1 / students
    mapping = MAPPINGS[name](students, teacher_layers)
    distance = np.random.default_rng(0).uniform(size=flow.shape)
    np.testing.assert_array_equal(mapping.flow(distance), flow)
    np.testing.assert_allclose(mapping.teacher_weights, flow.sum(0))


@pytest.mark.parametrize("seed", range(5))
def test_random_gives_each_student_layer_one_teacher_layer(seed: int) -> None:
    mapping, distance = RandomMapping(4, 8, seed=seed), np.ones((4, 8))
    flow = mapping.flow(distance)
    np.testing.assert_array_equal(np.sort(flow, axis=1)[:, -2:], [[0.0, 0.25]] * 4)
    np.testing.assert_array_equal(RandomMapping(4, 8, seed=seed).flow(distance), flow)
    mapping.end_epoch()
    np.testing.assert_array_equal(mapping.flow(distance), flow)


def test_random_reaches_every_pair() -> None:
    flows = [RandomMapping(2, 4, seed=seed).flow(np.ones((2, 4))) for seed in range(200)]
    np.testing.assert_allclose(np.mean(flows, axis=0), 0.125, atol=0.04)


def test_random_goes_on_with_the_stored_draw() -> None:
    first, second = RandomMapping(4, 8, seed=0), RandomMapping(4, 8, seed=1)
    assert (first.assigned != second.assigned).any()
    second.load_state(first.state())
    np.testing.assert_array_equal(second.flow(np.ones((4, 8))), first.flow(np.ones((4, 8))))
    np.testing.assert_array_equal(second.teacher_weights, first.teacher_weights)
