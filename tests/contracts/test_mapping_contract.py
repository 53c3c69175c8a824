"""The contract of a layer mapping and of a hidden distance, held by all of the catalogue."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from adarec import catalog
from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.hidden import (
    HIDDEN_DISTANCES,
    MAPPINGS,
    Mapping,
    Phase,
    layer_distances,
)
from adarec.nets.training import freeze
from tests.nets.hidden_batches import POSITIONS, hidden_batch
from tests.nets.schedules import OWN_SETTINGS
from tests.nets.small_models import WIDTH, small_teacher

S, T = 2, 4
MAPPING_NAMES = [entry.name for entry in catalog.MAPPINGS]
DISTANCE_NAMES = [entry.name for entry in catalog.HIDDEN_DISTANCES]
# One that has no flow by design.
WITHOUT_FLOW = {"none"}
# Ones whose layer weights change within an epoch: its record holds their mean.
MOVING_EACH_BATCH = {"emd-paper"}

every_mapping = pytest.mark.parametrize("name", MAPPING_NAMES)
every_distance = pytest.mark.parametrize("name", DISTANCE_NAMES)


def distances(seed: int = 0) -> torch.Tensor:
    """[S, T] as a batch gives them, with gradient."""
    values = np.random.default_rng(seed).uniform(0.1, 3.0, size=(S, T))
    return torch.tensor(values, requires_grad=True)


def test_the_registry_holds_the_catalogue() -> None:
    assert sorted(MAPPINGS.builders) == sorted(MAPPING_NAMES)
    assert sorted(HIDDEN_DISTANCES.builders) == sorted(DISTANCE_NAMES)


@every_mapping
def test_the_flow_is_a_plan_between_the_layer_weights(name: str) -> None:
    mapping = MAPPINGS[name](S, T)
    for epoch in range(4):
        for batch in range(3):
            mapping.loss(distances(10 * epoch + batch))
        student_weights, teacher_weights = mapping.student_weights, mapping.teacher_weights
        record = mapping.end_epoch()
        flow = record["mapping"]
        assert flow.shape == record["distance"].shape == (S, T)
        assert (flow >= 0).all()
        if name in WITHOUT_FLOW:
            assert (flow == 0).all()
            continue
        assert flow.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(flow.sum(1), record["student_layer_weights"], atol=1e-12)
        np.testing.assert_allclose(flow.sum(0), record["teacher_layer_weights"], atol=1e-12)
        if name in MOVING_EACH_BATCH:
            continue
        np.testing.assert_array_equal(record["student_layer_weights"], student_weights)
        np.testing.assert_array_equal(record["teacher_layer_weights"], teacher_weights)


@every_mapping
def test_an_epoch_records_the_mean_of_its_batches(name: str) -> None:
    mapping = MAPPINGS[name](S, T)
    batches = [distances(seed) for seed in range(3)]
    flows = []
    for batch in batches:
        flows.append(mapping.flow(batch.detach().numpy()))
        mapping.loss(batch)
    record = mapping.end_epoch()
    np.testing.assert_allclose(record["mapping"], np.mean(flows, axis=0))
    expected = np.mean([batch.detach().numpy() for batch in batches], axis=0)
    np.testing.assert_allclose(record["distance"], expected)
    assert (mapping.end_epoch()["mapping"] == 0).all()  # a new epoch begins with nothing


@every_mapping
def test_the_loss_is_the_flow_times_the_distance_and_the_flow_is_constant(name: str) -> None:
    mapping, distance = MAPPINGS[name](S, T), distances()
    flow = mapping.flow(distance.detach().numpy())
    loss = mapping.loss(distance)
    loss.backward()
    assert loss.item() == pytest.approx(float((flow * distance.detach().numpy()).sum()))
    assert distance.grad is not None
    np.testing.assert_allclose(distance.grad.numpy(), flow)


@every_mapping
def test_the_gradient_reaches_every_student_layer_and_no_teacher_layer(name: str) -> None:
    torch.manual_seed(0)
    student = torch.randn(S, 7, 6, requires_grad=True)
    teacher = torch.randn(T, 7, 6)
    MAPPINGS[name](S, T).loss(layer_distances(student, teacher)).backward()
    assert teacher.grad is None
    assert student.grad is not None
    assert (student.grad.abs().sum(dim=(1, 2)) > 0).all() == (name not in WITHOUT_FLOW)


@every_mapping
def test_the_loss_is_smallest_where_the_student_equals_the_teacher(name: str) -> None:
    torch.manual_seed(0)
    layer = torch.randn(1, 9, 6)
    mapping = MAPPINGS[name](S, T)
    same = layer_distances(layer.expand(S, -1, -1), layer.expand(T, -1, -1))
    other = layer_distances(torch.randn(S, 9, 6), layer.expand(T, -1, -1))
    assert mapping.loss(same).item() == pytest.approx(0.0, abs=1e-6)
    assert mapping.loss(other).item() >= mapping.loss(same).item()


@every_mapping
def test_a_restored_mapping_goes_on_as_the_first_would(name: str) -> None:
    first, second = MAPPINGS[name](S, T, seed=1), MAPPINGS[name](S, T, seed=2)
    first.loss(distances(1))
    first.end_epoch()
    first.loss(distances(2))
    stored = {key: value.clone() for key, value in first.state().items()}
    first_state = first.state()
    second.load_state(first_state)
    for mapping in (first, second):
        mapping.loss(distances(3))
    for key, value in first_state.items():
        assert torch.equal(value, stored[key]), "a state is a copy, not a view"
    one, two = first.end_epoch(), second.end_epoch()
    for key, value in one.items():
        np.testing.assert_array_equal(value, two[key])
    np.testing.assert_array_equal(first.student_weights, second.student_weights)
    np.testing.assert_array_equal(first.teacher_weights, second.teacher_weights)


@every_mapping
def test_layer_weights_stay_a_distribution(name: str) -> None:
    """Also when one layer is always out of reach, for many epochs; none that had weight loses all
    of it."""
    mapping = MAPPINGS[name](S, T)
    used = mapping.student_weights > 0, mapping.teacher_weights > 0
    for epoch in range(60):
        distance = distances(epoch).detach()
        distance[1] += 40.0
        mapping.loss(distance)
        mapping.end_epoch()
        for weights, had in zip(
            (mapping.student_weights, mapping.teacher_weights), used, strict=True
        ):
            assert weights.sum() == pytest.approx(1.0, abs=1e-12)
            assert (weights >= 0).all()
            np.testing.assert_array_equal(weights > 0, had)


# ---- of a whole batch ---------------------------------------------------------------------------


@pytest.fixture
def teacher() -> SequenceModel:
    return freeze(small_teacher(num_layers=T))  # type: ignore[return-value]


def set_up(name: str, seed: int = 0) -> Mapping:
    """The mapping as a run would use it, with connectors where it has some."""
    torch.manual_seed(0)
    mapping = MAPPINGS[name](S, T, seed=seed)
    mapping.set_up(OWN_SETTINGS.get(name, {}), nn.Linear(WIDTH, WIDTH))
    return mapping


def student_layers(seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(S, POSITIONS, WIDTH, requires_grad=True)


@every_mapping
@pytest.mark.parametrize("phase", ["warm-up", "weights", "alphas"])
def test_every_student_layer_learns_from_a_batch_and_the_teacher_does_not(
    name: str, phase: Phase, teacher: SequenceModel
) -> None:
    layers = student_layers()
    batch = hidden_batch(teacher, layers, phase=phase)
    loss = set_up(name).hidden_loss(batch)
    assert loss.dim() == 0
    loss.backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert batch.teacher_layers.grad is None
    assert layers.grad is not None
    assert (layers.grad.abs().sum(dim=(1, 2)) > 0).all() == (name not in WITHOUT_FLOW)


@every_mapping
def test_a_batch_leaves_its_record(name: str, teacher: SequenceModel) -> None:
    mapping = set_up(name)
    for seed in range(3):
        mapping.hidden_loss(hidden_batch(teacher, student_layers(seed)))
    record = mapping.end_epoch()
    assert record["mapping"].shape == record["distance"].shape == (S, T)
    assert (record["distance"] > 0).all()
    assert record["mapping"].sum() == pytest.approx(0.0 if name in WITHOUT_FLOW else 1.0)
    for axis, side in enumerate(("student", "teacher")):
        weights = record[f"{side}_layer_weights"]
        assert weights.sum() == pytest.approx(1.0)
        if name not in WITHOUT_FLOW:
            np.testing.assert_allclose(record["mapping"].sum(1 - axis), weights, atol=1e-12)


@every_mapping
def test_a_batchs_loss_is_least_where_the_student_has_the_teachers_layers(name: str) -> None:
    """Of a teacher whose blocks do nothing: then all of its layers are one."""
    teacher = freeze(small_teacher(num_layers=T))
    with torch.no_grad():
        for block in teacher.blocks:  # type: ignore[operator, union-attr]
            block.scale.zero_()  # type: ignore[operator, union-attr]
    same = hidden_batch(teacher, torch.zeros(S, POSITIONS, WIDTH)).teacher_layers[:S]
    mapping = MAPPINGS[name](S, T)  # without connectors, which would change the layers
    least = mapping.hidden_loss(hidden_batch(teacher, same)).item()
    assert least == pytest.approx(0.0, abs=1e-5)
    other = mapping.hidden_loss(hidden_batch(teacher, student_layers())).item()
    assert other >= least + (0.1 if name not in WITHOUT_FLOW else 0.0)


@every_mapping
def test_more_pad_changes_no_loss(name: str, teacher: SequenceModel) -> None:
    layers = student_layers()
    losses = [
        set_up(name).hidden_loss(hidden_batch(teacher, layers, pads=pads)) for pads in (0, 5)
    ]
    torch.testing.assert_close(losses[0], losses[1])


@every_mapping
def test_positions_without_a_target_are_in_no_loss(name: str, teacher: SequenceModel) -> None:
    layers, targets = student_layers(), torch.tensor([0, 0, 1, 1, 1, 1, 0, 0, 1, 1])
    batch = replace(hidden_batch(teacher, layers), targets=targets)
    loss = set_up(name).hidden_loss(batch)
    loss.backward()
    assert layers.grad is not None
    assert (layers.grad[:, targets == 0] == 0).all()
    if name not in WITHOUT_FLOW:
        assert (layers.grad[:, 2:6] != 0).any(dim=-1).all()


@every_mapping
def test_a_restored_mapping_goes_on_with_the_next_batch(name: str, teacher: SequenceModel) -> None:
    first, second = set_up(name), set_up(name)
    for seed in (1, 2, 3):
        first.hidden_loss(hidden_batch(teacher, student_layers(seed)))
    second.load_state(first.state())
    losses = [
        mapping.hidden_loss(hidden_batch(teacher, student_layers(4)))
        for mapping in (first, second)
    ]
    assert torch.equal(losses[0], losses[1])
    one, two = first.end_epoch(), second.end_epoch()
    for key, value in one.items():
        np.testing.assert_array_equal(value, two[key])


@every_distance
def test_a_distance_is_zero_between_equal_layers_and_positive_between_others(name: str) -> None:
    torch.manual_seed(0)
    layers = torch.randn(3, 9, 6)
    found = HIDDEN_DISTANCES[name](layers, layers)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found.diagonal().numpy(), 0.0, atol=1e-6)
    assert (found[~torch.eye(3, dtype=torch.bool)] > 0.1).all()


@every_distance
def test_a_distance_is_a_mean_over_positions(name: str) -> None:
    """The same positions twice change nothing: its size doesn't depend on the history's length."""
    torch.manual_seed(0)
    student, teacher = torch.randn(S, 7, 6), torch.randn(T, 7, 6)
    once = HIDDEN_DISTANCES[name](student, teacher)
    twice = HIDDEN_DISTANCES[name](student.repeat(1, 2, 1), teacher.repeat(1, 2, 1))
    assert once.shape == (S, T)
    np.testing.assert_allclose(twice.numpy(), once.numpy(), rtol=1e-5)


@every_distance
def test_the_gradient_of_each_distance_reaches_its_student_layer(name: str) -> None:
    torch.manual_seed(0)
    student = torch.randn(S, 7, 6, requires_grad=True)
    HIDDEN_DISTANCES[name](student, torch.randn(T, 7, 6))[1, 2].backward()
    assert student.grad is not None
    assert (student.grad[1].abs().sum(dim=1) > 0).all()
    assert (student.grad[0] == 0).all()
