"""Statistics of hidden layers, restyling by them, and the teacher's judgement."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from adarec.nets.blocks import ItemTable
from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.adain import (
    AdainMapping,
    Rows,
    Statistics,
    judged_loss,
    restyled,
    scores_divergence,
    statistics_distances,
    statistics_of,
)
from adarec.nets.losses.hidden import HiddenBatch, layer_distances
from adarec.nets.training import freeze
from tests.nets.hidden_batches import POSITIONS, hidden_batch
from tests.nets.small_models import TEACHER_NAMES, WIDTH, small_teacher


@pytest.fixture
def teacher() -> SequenceModel:
    return freeze(small_teacher(num_layers=4))  # type: ignore[return-value]


def some_layers(width: int = WIDTH) -> Tensor:
    """[S = 2, P, D]."""
    torch.manual_seed(0)
    return torch.randn(2, POSITIONS, width, requires_grad=True)


def rows_of(*lengths: int) -> Rows:
    counts = torch.tensor(lengths)
    return Rows(torch.repeat_interleave(counts), counts)


# ---- statistics by hand -------------------------------------------------------------------------


def test_statistics_by_hand() -> None:
    """One channel: (1, 3) has mean 2 and variance 1, (5) mean 5 and none."""
    found = statistics_of(torch.tensor([[[1.0], [3.0], [5.0]]]), rows_of(2, 1))
    assert found.mean.flatten().tolist() == [2.0, 5.0]
    expected = [math.sqrt(1 + 1e-5), math.sqrt(1e-5)]
    assert found.deviation.flatten().tolist() == pytest.approx(expected)


def test_rows_count_by_their_positions_and_short_ones_not_at_all() -> None:
    assert rows_of(6, 3, 1).shares.tolist() == pytest.approx([6 / 9, 3 / 9, 0.0])
    assert rows_of(1, 1).shares.tolist() == [0.0, 0.0]


def test_positions_belong_to_their_histories(teacher: SequenceModel) -> None:
    batch = hidden_batch(teacher, some_layers(), pads=2)
    rows = Rows.in_batch(batch)
    assert rows.lengths.tolist() == [6, 3, 1]
    assert rows.of.tolist() == [0] * 6 + [1] * 3 + [2]
    equal = replace(batch, items=batch.items[:2, -3:], mask=None, targets=batch.targets[:6])
    assert Rows.in_batch(equal).lengths.tolist() == [3, 3]
    targets = torch.tensor([0, 0, 1, 1, 1, 1, 0, 0, 0, 1])  # pseudo-prior items have none
    some = Rows.in_batch(replace(batch, targets=targets))
    assert some.lengths.tolist() == [4, 0, 1]
    assert some.of.tolist() == [0] * 4 + [2]


def test_the_distance_by_hand() -> None:
    """Two rows of 6 and 3 positions, one channel; the teacher's mean square is
    2/3 (4 + 1) + 1/3 (1 + 0) = 11/3, the differences 2/3 (1 + 1) + 1/3 (0 + 4) = 8/3.
    """
    student = Statistics(torch.tensor([[[1.0], [1.0]]]), torch.tensor([[[2.0], [2.0]]]))
    teacher = Statistics(torch.tensor([[[2.0], [1.0]]]), torch.tensor([[[1.0], [0.0]]]))
    found = statistics_distances(student, teacher, rows_of(6, 3).shares)
    assert found.shape == (1, 1)
    assert found.item() == pytest.approx(8 / 11, rel=1e-5)


def test_distances_are_those_of_a_plain_loop() -> None:
    torch.manual_seed(0)
    rows = rows_of(4, 3, 1)
    student = statistics_of(torch.randn(2, 8, 5), rows)
    teacher = statistics_of(3 * torch.randn(3, 8, 5) + 1, rows)
    found = statistics_distances(student, teacher, rows.shares)
    for i in range(2):
        for j in range(3):
            wrong = (student.mean[i] - teacher.mean[j]) ** 2
            wrong = wrong + (student.deviation[i] - teacher.deviation[j]) ** 2
            size = teacher.mean[j] ** 2 + teacher.deviation[j] ** 2
            of_rows = torch.tensor([4 / 7, 3 / 7, 0.0])
            expected = (of_rows @ wrong).sum() / (of_rows @ size).sum()
            assert found[i, j].item() == pytest.approx(expected.item(), rel=1e-4)


def test_restyling_by_hand() -> None:
    """(1, 3) has mean 2 and deviation 1; with mean 10 and deviation 5 it is (5, 15). A row of one
    position stays as it is.
    """
    layer, rows = torch.tensor([[1.0], [3.0], [7.0]]), rows_of(2, 1)
    wanted = Statistics(torch.tensor([[10.0], [0.0]]), torch.tensor([[5.0], [1.0]]))
    found = restyled(layer, statistics_of(layer, rows), wanted, rows)
    torch.testing.assert_close(found, torch.tensor([[5.0], [15.0], [7.0]]), atol=1e-3, rtol=0)
    again = statistics_of(found, rows)
    torch.testing.assert_close(again.mean[0], wanted.mean[0])
    torch.testing.assert_close(again.deviation[0], wanted.deviation[0], atol=1e-3, rtol=0)


def test_the_judgement_by_hand() -> None:
    """A teacher whose rest doubles and shifts: outputs 2 F' + 1 against 2 F + 1. It knows one item
    only, so that its scores say nothing.
    """

    class Doubles(SequenceModel):
        def __init__(self) -> None:
            super().__init__()
            self.item_table = ItemTable(1, 1)

        def forward_from(self, layer: int, hidden: Tensor, mask: object, **call: object) -> Tensor:
            assert layer == 0
            return 2 * hidden.flatten(0, 1) + 1

    layer, rows = torch.tensor([[1.0], [3.0]]), rows_of(2)
    own = statistics_of(layer.unsqueeze(0), rows)
    wanted = Statistics(own.mean + 1, own.deviation)  # F' = (2, 4)
    batch = HiddenBatch(
        student_layers=layer.unsqueeze(0),
        projection=nn.Identity(),
        teacher_layers=layer.unsqueeze(0),
        teacher_output=2 * layer + 1,  # (3, 7); F' gives (5, 9)
        items=torch.ones(1, 2, dtype=torch.int64),
        mask=None,
        targets=torch.ones(2, dtype=torch.int64),
        distance=layer_distances,
        teacher=Doubles(),
    )
    found = judged_loss((0, 0), wanted, own, rows, batch)
    assert found.item() == pytest.approx((4 + 4) / (9 + 49), rel=1e-5)


def test_the_divergence_of_scores_by_hand(teacher: SequenceModel) -> None:
    """Two items with rows 1 and -1: state 0 gives halves, state a e^a to e^-a, KL = log cosh a."""
    teacher.item_table = ItemTable(2, 1)
    with torch.no_grad():
        teacher.item_table.embedding.weight.copy_(torch.tensor([[0.0], [1.0], [-1.0]]))
    states = torch.tensor([[1.0], [-2.0]], requires_grad=True)
    found = scores_divergence(states, torch.zeros(2, 1), teacher)
    expected = (math.log(math.cosh(1.0)) + math.log(math.cosh(2.0))) / 2
    assert found.item() == pytest.approx(expected, rel=1e-5)
    found.backward()
    assert states.grad is not None
    expected_gradient = [math.tanh(1.0) / 2, math.tanh(-2.0) / 2]
    assert states.grad.flatten().tolist() == pytest.approx(expected_gradient, rel=1e-5)
    assert teacher.item_table.embedding.weight.grad is None
    assert scores_divergence(torch.zeros(0, 1), torch.zeros(0, 1), teacher).item() == 0.0


# ---- what must hold -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEACHER_NAMES)
@pytest.mark.parametrize("layer", range(4))
def test_with_the_teachers_statistics_nothing_is_judged_wrong(name: str, layer: int) -> None:
    teacher = freeze(small_teacher(name, num_layers=4))
    layers = some_layers(teacher.hidden_width)  # type: ignore[arg-type]
    batch = hidden_batch(teacher, layers)  # type: ignore[arg-type]
    rows = Rows.in_batch(batch)
    given = statistics_of(batch.teacher_layers, rows)
    same = Statistics(given.mean[[layer]], given.deviation[[layer]])
    own = statistics_of(batch.projected, rows)
    assert judged_loss((0, layer), same, given, rows, batch).item() < 1e-5
    assert judged_loss((0, layer), own, given, rows, batch).item() > 0.01


@pytest.mark.parametrize("name", TEACHER_NAMES)
def test_the_gradient_reaches_the_student_by_its_statistics_alone(name: str) -> None:
    """Two students of the same statistics get the same gradient of the statistics; the frozen
    teacher gets none, although the way leads through it.
    """
    teacher = freeze(small_teacher(name, num_layers=4))
    layers = some_layers(teacher.hidden_width)  # type: ignore[arg-type]
    batch = hidden_batch(teacher, layers)  # type: ignore[arg-type]
    rows = Rows.in_batch(batch)
    student = statistics_of(batch.projected, rows)
    for tensor in (student.mean, student.deviation):
        tensor.retain_grad()
    given = statistics_of(batch.teacher_layers, rows)
    judged_loss((1, 1), student, given, rows, batch).backward()
    assert student.mean.grad is not None
    assert student.deviation.grad is not None
    assert layers.grad is not None
    assert (layers.grad[1, :9].abs().sum(1) > 0).all()
    assert (layers.grad[0] == 0).all()
    assert (layers.grad[1, 9] == 0).all()  # the history of one item
    # d mean / d x = 1 / n, d deviation / d x = (x - mean) / (n deviation): nothing else arrives.
    centred = layers.detach()[1] - student.mean.detach()[1][rows.of]
    by_deviation = (student.deviation.grad / student.deviation.detach())[1][rows.of] * centred
    expected = (student.mean.grad[1][rows.of] + by_deviation) / rows.lengths[rows.of].unsqueeze(1)
    torch.testing.assert_close(layers.grad[1], expected, atol=1e-6, rtol=1e-3)
    assert all(parameter.grad is None for parameter in teacher.parameters())


@pytest.mark.parametrize("pads", [1, 4])
def test_pads_change_nothing(teacher: SequenceModel, pads: int) -> None:
    layers = some_layers()
    found = [
        AdainMapping(2, 4).hidden_loss(hidden_batch(teacher, layers, pads=width))
        for width in (0, pads)
    ]
    torch.testing.assert_close(found[0], found[1])


def test_the_embedding_of_pad_changes_nothing() -> None:
    teacher, layers = freeze(small_teacher("sasrec", num_layers=4)), some_layers()
    losses = []
    for value in (0.0, 7.0):
        with torch.no_grad():
            teacher.item_table.embedding.weight[0] = value
        losses.append(AdainMapping(2, 4).hidden_loss(hidden_batch(teacher, layers, pads=3)))
    torch.testing.assert_close(losses[0], losses[1])


def test_the_order_of_positions_makes_no_difference_to_the_statistics(
    teacher: SequenceModel,
) -> None:
    layers = some_layers()
    order = torch.tensor([4, 2, 0, 5, 1, 3, 8, 6, 7, 9])  # within each history
    losses = [
        AdainMapping(2, 4).hidden_loss(hidden_batch(teacher, each, phase="alphas"))
        for each in (layers, layers[:, order])
    ]
    torch.testing.assert_close(losses[0], losses[1])
    across = AdainMapping(2, 4).hidden_loss(hidden_batch(teacher, layers.flip(1), phase="alphas"))
    assert abs(across.item() - losses[0].item()) > 1e-3


def test_histories_of_one_item_teach_nothing(teacher: SequenceModel) -> None:
    items = torch.tensor([[3], [5]])
    taught = teacher(items, None)
    layers = torch.randn(2, 2, WIDTH, requires_grad=True)
    batch = HiddenBatch(
        student_layers=layers,
        projection=nn.Identity(),
        teacher_layers=torch.stack(taught.layers),
        teacher_output=taught.output,
        items=items,
        mask=None,
        targets=torch.ones(2, dtype=torch.int64),
        distance=layer_distances,
        teacher=teacher,
    )
    loss = AdainMapping(2, 4).hidden_loss(batch)
    loss.backward()
    assert loss.item() == 0.0
    assert layers.grad is not None
    assert (layers.grad == 0).all()
