"""Feature aggregation: what is summed, the two pulls at its weights, and what each may touch."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec.nets.batches import Batch, pack_batch
from adarec.nets.losses.dfa import (
    BridgeConnectors,
    DfaMapping,
    LayerLinears,
    aggregated,
    aggregation_window,
    student_to_teacher_loss,
    teacher_to_student_loss,
    uniform_aggregation,
)
from adarec.nets.losses.fixed_mappings import RightMapping
from adarec.nets.losses.hidden import HIDDEN_DISTANCES, HiddenBatch, layer_distances
from adarec.nets.losses.scores import score_losses
from adarec.nets.students.student import Student
from adarec.nets.training import freeze
from tests.nets.hidden_batches import HISTORIES, hidden_batch
from tests.nets.small_models import (
    NUM_ITEMS,
    WIDTH,
    cycle_walks,
    left_padded,
    packed,
    small_student,
    small_teacher,
)

OPS = ["conv3", "skip", "maxpool3"]


def small_batch(count: int = 6) -> Batch:
    return pack_batch(packed(cycle_walks(count)), np.arange(count))


def two_cells(projection: nn.Linear, distance: str = "mse") -> HiddenBatch:
    """A student of two cells and a teacher of four layers on one batch."""
    student, teacher = small_student(OPS, num_cells=2), freeze(small_teacher(num_layers=4))
    layers = torch.stack(student(*left_padded(HISTORIES)).layers)
    return hidden_batch(teacher, layers, projection=projection, distance=distance)


def linear(seed: int = 0) -> nn.Linear:
    torch.manual_seed(seed)
    return nn.Linear(WIDTH, WIDTH)


# ---- which layers, and their sum ----------------------------------------------------------------


@pytest.mark.parametrize("teachers", [4, 5, 7, 8])
@pytest.mark.parametrize("students", [1, 2, 3, 4])
def test_groups_are_those_of_array_split(students: int, teachers: int) -> None:
    inside = aggregation_window(students, teachers, window="group")
    groups = [group.tolist() for group in np.array_split(np.arange(teachers), students)]
    assert [np.flatnonzero(row).tolist() for row in inside] == groups
    assert aggregation_window(students, teachers, window="all").all()


def test_equal_weights_are_of_the_window_only() -> None:
    found = uniform_aggregation(aggregation_window(2, 5, window="group"))
    np.testing.assert_allclose(found, [[1 / 3, 1 / 3, 1 / 3, 0, 0], [0, 0, 0, 0.5, 0.5]])


def test_an_aggregation_by_hand() -> None:
    """Layer norm of (0, 2) is (-1, 1), of (40, 0) (1, -1): size makes no difference."""
    layers = torch.tensor([[[0.0, 2.0]], [[40.0, 0.0]]])  # [T = 2, P = 1, D = 2]
    mixed = aggregated(torch.tensor([[0.75, 0.25], [0.0, 1.0]]), layers)
    expected = torch.tensor([[[-0.5, 0.5]], [[1.0, -1.0]]])
    torch.testing.assert_close(mixed, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(aggregated(torch.tensor([0.75, 0.25]), layers), mixed[0])


def test_connectors_are_one_linear_map_a_layer() -> None:
    torch.manual_seed(0)
    linears, layers = LayerLinears(3, 4, 5), torch.randn(3, 7, 4)
    nn.init.normal_(linears.bias)
    together = linears(layers)
    for index in range(3):
        alone = F.linear(layers[index], linears.weight[index].T, linears.biases[index])
        torch.testing.assert_close(together[index], alone)
        torch.testing.assert_close(linears.one(index, layers[index]), alone)
    first = linear()
    like = LayerLinears.like(first, 2)
    x = torch.randn(6, WIDTH)
    torch.testing.assert_close(like(x.expand(2, -1, -1))[1], first(x))


# ---- the distillation from a found aggregation --------------------------------------------------


@pytest.mark.parametrize("distance", sorted(HIDDEN_DISTANCES.builders))
def test_a_one_hot_aggregation_is_plain_distillation_from_that_layer(distance: str) -> None:
    projection = linear()
    batch = two_cells(projection, distance)
    mapping, plain = DfaMapping(2, 4), RightMapping(2, 4)
    mapping.set_up({"aggregation": [[0, 0, 1, 0], [0, 0, 0, 1]]}, projection)
    # Layers are normed before they are mixed, which softmaxes (KL) notice.
    normed = F.layer_norm(batch.teacher_layers, (WIDTH,))
    expected = plain.loss(batch.distance(batch.projected, normed))
    torch.testing.assert_close(mapping.hidden_loss(batch), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(mapping.end_epoch()["mapping"], plain.flow(np.zeros((2, 4))))


def test_a_student_of_fewer_layers_takes_the_mean_of_what_they_stand_for() -> None:
    mapping, found = DfaMapping(2, 3), [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    mapping.set_up({"aggregation": found}, linear())
    np.testing.assert_allclose(mapping.aggregation, [[0.5, 0.5, 0], [0, 0, 1]])
    np.testing.assert_allclose(mapping.teacher_weights, [0.25, 0.25, 0.5])
    mapping.set_up({"aggregation": found[:2]}, linear())
    np.testing.assert_allclose(mapping.aggregation, found[:2])


def test_the_loss_by_hand() -> None:
    """Student layers (-1, 1) and (1, -1) against aggregations (-1, 1): distances 0 and 4."""
    mapping = DfaMapping(2, 2)
    mapping.aggregation = np.array([[0.75, 0.25], [1.0, 0.0]])
    batch = HiddenBatch(
        student_layers=torch.tensor([[[-1.0, 1.0]], [[1.0, -1.0]]]),
        projection=nn.Identity(),
        teacher_layers=torch.tensor([[[0.0, 2.0]], [[40.0, 0.0]]]),
        teacher_output=torch.zeros(1, 2),
        items=torch.ones(1, 1, dtype=torch.int64),
        mask=None,
        targets=torch.ones(1, dtype=torch.int64),
        distance=layer_distances,
        teacher=small_teacher(),
    )
    assert mapping.hidden_loss(batch).item() == pytest.approx((0.0 + 4.0) / 2, abs=1e-3)
    record = mapping.end_epoch()
    np.testing.assert_allclose(record["mapping"], [[0.375, 0.125], [0.5, 0.0]])
    np.testing.assert_allclose(record["distance"], [[0.0, 4.0], [4.0, 0.0]], atol=1e-3)


def test_the_connectors_are_what_is_trained() -> None:
    projection = linear()
    batch, mapping = two_cells(projection), DfaMapping(2, 4)
    mapping.set_up({"aggregation": uniform_aggregation(np.ones((2, 4)))}, projection)
    mapping.hidden_loss(batch).backward()
    assert mapping.connectors is not None
    gradient = mapping.connectors.weight.grad
    assert gradient is not None
    assert (gradient.abs().sum(dim=(1, 2)) > 0).all()
    assert projection.weight.grad is None


# ---- the bridge ---------------------------------------------------------------------------------


class Bridge:
    """The two losses of one student layer on one batch, with weights that may learn."""

    def __init__(self, cell: int) -> None:
        self.student, self.teacher = small_student(OPS, num_cells=3), freeze(small_teacher())
        torch.manual_seed(1)
        self.connectors, self.cell = BridgeConnectors(linear(), 3), cell
        self.batch, self.logits = small_batch(), torch.zeros(3, requires_grad=True)
        # Three layers of a group: two weights would leave one direction only.
        self.layers = torch.randn(3, len(self.batch.targets), WIDTH)

    def losses(self) -> tuple[Tensor, Tensor]:
        """L_ST, L_TS."""
        mixed = aggregated(torch.softmax(self.logits, dim=0), self.layers)
        own = self.student(self.batch.items, self.batch.mask).layers[self.cell]
        connected = self.connectors.to_teacher.one(self.cell, own)
        replaced = self.connectors.to_student.one(self.cell, mixed)
        return (
            student_to_teacher_loss(connected, mixed, layer_distances),
            teacher_to_student_loss(self.cell, replaced, self.student, self.batch),
        )


def test_what_can_be_matched_by_hand() -> None:
    """The normed layers (1, 1, -1, -1) and (1, -1, 1, -1) mixed three to one are (1, .5, -.5, -1);
    normed by their .7906 again, 2 - 2 x 3 / sqrt(10) away from the first."""
    layers = torch.tensor([[[2.0, 2.0, -2.0, -2.0]], [[3.0, -3.0, 3.0, -3.0]]])
    mixed = aggregated(torch.tensor([0.75, 0.25]), layers)
    torch.testing.assert_close(mixed[0], torch.tensor([1.0, 0.5, -0.5, -1.0]), rtol=0, atol=1e-4)
    found = student_to_teacher_loss(torch.tensor([[5.0, 5.0, -5.0, -5.0]]), mixed, layer_distances)
    assert found.item() == pytest.approx(2 - 2 * 3 / 10**0.5, abs=1e-4)


def test_what_helps_to_predict_by_hand() -> None:
    """Two items with unit vectors, nothing after the replaced layer: the right item has a share of
    3 / 4 at the first position and of 7 / 8 at the second."""
    rest = SimpleNamespace(
        item_table=SimpleNamespace(candidates=torch.eye(2)),
        forward_from=lambda cell, hidden, mask: hidden.flatten(0, 1),
    )
    batch = Batch(torch.tensor([[1, 2]]), None, torch.tensor([1, 2]), np.array([0]))
    replaced = torch.tensor([[3.0, 1.0], [1.0, 7.0]]).log()
    found = teacher_to_student_loss(0, replaced, cast(Student, rest), batch)
    assert found.item() == pytest.approx((np.log(4 / 3) + np.log(8 / 7)) / 2)


def touched(student: Student) -> list[bool]:
    """Per cell, whether any of its parameters has a gradient."""
    return [
        any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in cell.parameters())
        for cell in student.cells
    ]


def test_both_losses_pull_at_the_weights_in_different_directions() -> None:
    bridge = Bridge(cell=1)
    pulls = [
        torch.autograd.grad(loss, bridge.logits, retain_graph=True)[0] for loss in bridge.losses()
    ]
    assert all(pull.norm() > 1e-4 for pull in pulls)
    assert torch.cosine_similarity(*pulls, dim=0).abs() < 0.99
    for pull in pulls:  # a softmax does not feel a common shift
        assert pull.sum().item() == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("cell", [0, 1, 2])
def test_what_helps_to_predict_touches_no_cell_before_it(cell: int) -> None:
    bridge = Bridge(cell)
    bridge.losses()[1].backward()
    assert touched(bridge.student) == [index > cell for index in range(3)]
    assert bridge.student.item_table.embedding.weight.grad is None
    assert all(p.grad is not None for p in bridge.student.output_norm.parameters())
    gradient = bridge.connectors.to_student.weight.grad
    assert gradient is not None
    assert (gradient.abs().sum(dim=(1, 2)) > 0).tolist() == [i == cell for i in range(3)]
    assert bridge.connectors.to_teacher.weight.grad is None


@pytest.mark.parametrize("cell", [0, 1, 2])
def test_what_can_be_matched_touches_no_cell_after_it(cell: int) -> None:
    bridge = Bridge(cell)
    bridge.losses()[0].backward()
    assert touched(bridge.student) == [index <= cell for index in range(3)]
    assert bridge.connectors.to_student.weight.grad is None


def test_the_students_own_layer_in_its_place_gives_the_students_own_loss() -> None:
    """With F_t(A_i) = S_i the way from the middle is the whole way."""
    bridge = Bridge(cell=1)
    encoded = bridge.student(bridge.batch.items, bridge.batch.mask)
    found = teacher_to_student_loss(1, encoded.layers[1], bridge.student, bridge.batch)
    candidates = bridge.student.item_table.candidates
    expected = score_losses(encoded.output, candidates, bridge.batch.targets).total
    torch.testing.assert_close(found, expected)
    assert len(candidates) == NUM_ITEMS
