"""The contract of a teacher, held by every teacher of the catalogue."""

import numpy as np
import pytest
import torch

from adarec import catalog
from adarec.nets.batches import pack_batch
from adarec.nets.blocks import scatter_real
from adarec.nets.encoding import SequenceModel, encode_frozen, score_chunks
from adarec.nets.evaluation import history_ranks
from adarec.nets.losses.distillation import Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.teachers import TEACHERS
from adarec.nets.training import Training, distilled_loss, freeze, next_item_loss
from tests.nets.schedules import schedule, validation_of
from tests.nets.small_models import (
    EVERY_LOSS,
    LENGTH,
    NUM_ITEMS,
    TEACHER_FORMS,
    WIDTH,
    cycle_walks,
    left_padded,
    packed,
    small_student,
    small_teacher,
)

HISTORIES = [[1, 2, 3, 4, 5, 6], [7, 8, 9], [3]]
REAL = sum(len(history) for history in HISTORIES)


@pytest.fixture(params=TEACHER_FORMS)
def teacher(request: pytest.FixtureRequest) -> SequenceModel:
    return small_teacher(request.param)


def test_the_registry_holds_the_catalogue() -> None:
    assert list(TEACHERS.builders) == [entry.name for entry in catalog.TEACHERS]


def test_outputs_are_packed_real_positions(teacher: SequenceModel) -> None:
    encoded = teacher(*left_padded(HISTORIES))
    assert len(encoded.layers) == teacher.num_layers == 2
    for tensor in (encoded.embedded, *encoded.layers):
        assert tensor.shape == (REAL, teacher.hidden_width)
    assert encoded.output.shape == (REAL, teacher.item_table.candidates.shape[1])
    scores = teacher.item_table.score(encoded.output)
    assert scores.shape == (REAL, NUM_ITEMS)
    some = teacher.item_table.score(encoded.output, torch.tensor([3, 1]))
    torch.testing.assert_close(some, scores[:, [2, 0]])
    torch.testing.assert_close(teacher.score(encoded.output), scores)


def test_hidden_layers_differ(teacher: SequenceModel) -> None:
    """Each block between two layers does something, and the last layer is what is scored."""
    encoded = teacher(*left_padded(HISTORIES))
    assert not torch.allclose(encoded.layers[0], encoded.layers[1], atol=1e-3)
    torch.testing.assert_close(teacher.output_norm(encoded.layers[-1]), encoded.output)


def test_no_position_sees_its_own_future(teacher: SequenceModel) -> None:
    items, mask = left_padded([[1, 2, 3, 4, 5, 6, 7, 8], [4, 5, 6]])
    row_of, column_of = mask.nonzero(as_tuple=True)
    before = teacher(items, mask)
    for t in range(1, items.shape[1]):
        changed = items.clone()
        changed[:, t:] = torch.where(mask[:, t:], items[:, t:] % NUM_ITEMS + 1, 0)
        after = teacher(changed, mask)
        past = column_of < t
        for old, new in zip(
            (*before.layers, before.output), (*after.layers, after.output), strict=True
        ):
            assert torch.equal(old[past], new[past]), t
            assert not torch.equal(old[~past], new[~past])
    assert len(row_of) == 11


@pytest.mark.parametrize("pads", [1, 3, LENGTH + 5])
def test_more_pad_changes_nothing(teacher: SequenceModel, pads: int) -> None:
    narrow = teacher(*left_padded(HISTORIES))
    wide = teacher(*left_padded(HISTORIES, pads=pads))
    for old, new in zip((*narrow.layers, narrow.output), (*wide.layers, wide.output), strict=True):
        torch.testing.assert_close(new, old)


def test_a_history_is_encoded_alike_alone_and_in_a_batch(teacher: SequenceModel) -> None:
    together = teacher(*left_padded(HISTORIES)).output.split([len(h) for h in HISTORIES])
    for history, expected in zip(HISTORIES, together, strict=True):
        items = torch.tensor([history])
        torch.testing.assert_close(teacher(items, None).output, expected)
        torch.testing.assert_close(teacher(items, items != 0).output, expected)


def test_the_newest_state_is_the_packed_last(teacher: SequenceModel) -> None:
    items, mask = left_padded(HISTORIES, pads=2)
    newest = torch.tensor([len(history) for history in HISTORIES]).cumsum(0) - 1
    torch.testing.assert_close(
        teacher.newest_state(items, mask), teacher(items, mask).output[newest]
    )


def test_only_the_newest_items_of_a_long_batch_need_a_position(teacher: SequenceModel) -> None:
    """A width beyond the teacher's length is accepted, as PAD may make a batch wider."""
    items = torch.arange(LENGTH + 4).unsqueeze(0) % NUM_ITEMS + 1
    assert teacher(items, None).output.isfinite().all()


@pytest.mark.parametrize("pads", [0, 3])
@pytest.mark.parametrize("name", TEACHER_FORMS)
def test_it_goes_on_from_each_of_its_layers(name: str, pads: int) -> None:
    """From its own layer it gives what it gives anyway; from another layer something else."""
    teacher = small_teacher(name, num_layers=4)
    items, mask = left_padded(HISTORIES, pads=pads)
    whole = teacher(items, mask)
    for layer, packed_layer in enumerate(whole.layers):
        hidden = scatter_real(packed_layer, items, mask)
        torch.testing.assert_close(teacher.forward_from(layer, hidden, mask), whole.output)
        changed = teacher.forward_from(layer, hidden.roll(1, dims=-1), mask)
        assert not torch.allclose(changed, whole.output, atol=1e-2)
    alone = teacher(items[:1, pads:], None)
    hidden = alone.layers[1].unsqueeze(0)
    torch.testing.assert_close(teacher.forward_from(1, hidden, None), alone.output)


@pytest.mark.parametrize("name", TEACHER_FORMS)
def test_it_learns_the_cycle(name: str) -> None:
    """Item i is always followed by item i + 1, so the hit rate at 1 has to be 1."""
    teacher = small_teacher(name, dropout=0.1)
    training = Training(
        teacher,
        sequences=packed(cycle_walks(40)),
        batch_loss=next_item_loss(teacher),
        validation=validation_of(cycle_walks(20, seed=1)),
        schedule=schedule(epochs=25, learning_rate=2e-2),
    )
    for epoch in range(1, 26):
        for rows in training.begin_epoch(epoch):
            training.step(rows, done=0.5)
    unseen = cycle_walks(50, seed=2)
    ranks = history_ranks(
        teacher,
        packed([walk[:-1] for walk in unseen], with_targets=False),
        np.array([walk[-1] for walk in unseen]),
    )
    assert (ranks == 1).all()


def test_a_frozen_teacher_gets_no_gradient(teacher: SequenceModel) -> None:
    freeze(teacher)
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    student = small_student(["conv3", "skip", "maxpool3"]).train()
    projections = Projections(WIDTH, teacher.hidden_width)
    loss_of = distilled_loss(
        student,
        teacher,
        projections=projections,
        mapping=MAPPINGS["uniform"](1, 2),
        weights=EVERY_LOSS,
    )
    loss, _ = loss_of(pack_batch(packed(HISTORIES[:2]), np.arange(2)))
    loss.backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    for module in (student, projections):
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())
    for name, value in teacher.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_teacher_of_lower_precision_says_nearly_the_same(teacher: SequenceModel) -> None:
    freeze(teacher)
    items, mask = left_padded(HISTORIES)
    usual = encode_frozen(teacher, items, mask)
    scores = score_chunks(teacher, usual, items, mask)(slice(0, REAL))
    teacher.precision = torch.bfloat16
    rounded = encode_frozen(teacher, items, mask)
    rounded_scores = score_chunks(teacher, rounded, items, mask)(slice(0, REAL))
    pairs = list(zip(usual.layers, rounded.layers, strict=True))
    pairs += [(usual.embedded, rounded.embedded), (usual.output, rounded.output)]
    for exact, found in [*pairs, (scores, rounded_scores)]:
        assert found.dtype == torch.float32
        assert float((found - exact).norm() / exact.norm()) < 0.02
    assert not torch.equal(rounded_scores, scores), "it does round"
    later = items.clone()
    later[0, -1] = NUM_ITEMS
    before = mask.nonzero()[:, 1] < items.shape[1] - 1
    changed = encode_frozen(teacher, later, mask)
    assert torch.equal(changed.output[before], rounded.output[before]), "no look ahead"
