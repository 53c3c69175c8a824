"""The AdaIN mapping: its pairs, its loss, and when the teacher judges."""

import numpy as np
import pytest
import torch
from torch import nn

from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.adain import (
    AdainMapping,
    Rows,
    judged_loss,
    statistics_distances,
    statistics_of,
)
from adarec.nets.losses.hidden import Phase
from adarec.nets.training import freeze
from tests.nets.hidden_batches import POSITIONS, hidden_batch
from tests.nets.small_models import WIDTH, small_teacher


@pytest.fixture
def teacher() -> SequenceModel:
    return freeze(small_teacher(num_layers=4))  # type: ignore[return-value]


def some_layers() -> torch.Tensor:
    """[S = 2, P, D]."""
    torch.manual_seed(0)
    return torch.randn(2, POSITIONS, WIDTH, requires_grad=True)


@pytest.mark.parametrize(("students", "teachers"), [(2, 4), (2, 5), (3, 7), (4, 8)])
def test_pairs_are_the_last_layers_of_the_groups(students: int, teachers: int) -> None:
    groups = np.array_split(np.arange(teachers), students)
    expected = [group[-1] for group in groups]
    assert AdainMapping(students, teachers).assigned.tolist() == expected


def test_the_loss_is_that_of_the_pairs_and_of_one_judgement(teacher: SequenceModel) -> None:
    batch, mapping = hidden_batch(teacher, some_layers()), AdainMapping(2, 4)
    mapping.set_up({"weight": 0.3}, nn.Linear(1, 1))
    rows = Rows.in_batch(batch)
    student = statistics_of(batch.projected, rows)
    given = statistics_of(batch.teacher_layers, rows)
    distances = statistics_distances(student, given, rows.shares)
    statistics = (distances[0, 1] + distances[1, 3]) / 2
    pairs = [(0, 1), (1, 3)]
    judged = [judged_loss(pair, student, given, rows, batch).item() for pair in pairs]
    found = [mapping.hidden_loss(batch).item() for _ in range(4)]
    expected = sorted(statistics.item() + 0.3 * each for each in judged)
    assert sorted(found[:2]) == pytest.approx(expected)  # each pair once in a round
    assert sorted(found[2:]) == pytest.approx(expected)
    record = mapping.end_epoch()
    np.testing.assert_allclose(record["distance"], distances.detach().numpy(), rtol=1e-6)
    np.testing.assert_array_equal(record["mapping"], [[0, 0.5, 0, 0], [0, 0, 0, 0.5]])


@pytest.mark.parametrize("phase", ["warm-up", "alphas"])
def test_the_teacher_judges_only_where_weights_are_moved(
    phase: Phase, teacher: SequenceModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = hidden_batch(teacher, some_layers(), phase=phase)
    monkeypatch.setattr(teacher, "forward_from", None)  # a call would fail
    mapping = AdainMapping(2, 4)
    assert mapping.hidden_loss(batch).item() > 0
    assert mapping.judged[0] == 0


def test_a_resumed_round_goes_on_with_the_other_pair(teacher: SequenceModel) -> None:
    batch = hidden_batch(teacher, some_layers())
    for seed in range(3):
        first, second = AdainMapping(2, 4, seed=seed), AdainMapping(2, 4, seed=seed)
        first.hidden_loss(batch)
        second.load_state(first.state())
        assert first.hidden_loss(batch).item() == second.hidden_loss(batch).item()
