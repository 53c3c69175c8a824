"""Masked epochs before causal ones: what is hidden, what is scored, what the phases hand on."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from adarec.nets import masked as masked_module
from adarec.nets.batches import pack_batch
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import run_epochs
from adarec.nets.evaluation import history_ranks
from adarec.nets.masked import (
    InTurn,
    MaskedTraining,
    masked_epochs,
    masked_item_loss,
    random_positions,
    with_last_target,
)
from adarec.nets.training import Training, next_item_loss
from tests.nets.schedules import schedule, small_in_turn, validation_of
from tests.nets.small_models import (
    LENGTH,
    NUM_ITEMS,
    Notes,
    cycle_walks,
    left_padded,
    packed,
    small_teacher,
)

WALKS = [[1, 2, 3, 4, 5, 6], [7, 8, 9], [3, 4]]


def hidden_at(items: Tensor, *places: tuple[int, int]) -> Tensor:
    """[B, L] True at the given (row, column)."""
    masked = torch.zeros(items.shape, dtype=torch.bool)
    for row, column in places:
        masked[row, column] = True
    return masked


@pytest.mark.parametrize(
    ("epochs", "share", "expected"),
    [(20, 0.5, 10), (20, 0.0, 0), (1, 0.5, 0), (1, 0.99, 0), (2, 0.99, 1), (80, 0.25, 20)],
)
def test_one_epoch_is_always_left_for_the_next_item(
    epochs: int, share: float, expected: int
) -> None:
    assert masked_epochs(epochs, share) == expected


def test_a_hidden_item_changes_nothing_and_is_guessed_from_both_sides() -> None:
    model = small_teacher("bert4rec")
    items, mask = left_padded([[1, 2, 3, 4, 5], [6, 7, 8]])
    masked = hidden_at(items, (0, 2), (1, 3))
    before = model(items, mask, masked=masked)
    hidden_changed, seen_changed = items.clone(), items.clone()
    hidden_changed[0, 2] = hidden_changed[1, 3] = 11
    after = model(hidden_changed, mask, masked=masked)
    assert torch.equal(before.output, after.output)
    for column in (0, 1, 3, 4):
        seen_changed = items.clone()
        seen_changed[0, column] = 11
        after = model(seen_changed, mask, masked=masked)
        assert not torch.equal(before.output[2], after.output[2]), column
        assert torch.equal(before.output[5:], after.output[5:]), "another row"


@pytest.mark.parametrize("pads", [1, 3, LENGTH + 5])
def test_more_pad_changes_nothing_where_items_are_hidden(pads: int) -> None:
    model = small_teacher("bert4rec")
    items, mask = left_padded(WALKS)
    wide, wide_mask = left_padded(WALKS, pads=pads)
    masked = hidden_at(items, (0, 1), (1, 5), (2, 4))
    wide_masked = F.pad(masked, (pads, 0))
    torch.testing.assert_close(
        model(wide, wide_mask, masked=wide_masked).output, model(items, mask, masked=masked).output
    )


def test_a_window_teaches_its_last_target_too() -> None:
    batch = pack_batch(packed(WALKS), np.arange(3))
    expected, _ = left_padded(WALKS)
    assert torch.equal(with_last_target(batch), expected)
    one = pack_batch(packed(WALKS), np.array([1]))
    assert one.mask is None
    assert with_last_target(one).tolist() == [[7, 8, 9]]


def test_masks_are_drawn_among_real_items_and_every_history_has_one() -> None:
    torch.manual_seed(0)
    _, mask = left_padded([[1] * 50, [1]] * 200)
    drawn = random_positions(mask, probability=0.3)
    assert not (drawn & ~mask).any()
    assert drawn.any(dim=1).all()
    assert drawn[0::2].float().mean().item() == pytest.approx(0.3, abs=0.01)
    never = random_positions(mask, probability=0.0)
    assert never.sum(1).tolist() == [1] * 400
    assert never[:, -1].all()


def test_only_hidden_items_are_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_teacher("bert4rec")
    batch = pack_batch(packed(WALKS), np.arange(3))
    items, mask = left_padded(WALKS)
    masked = hidden_at(items, (0, 0), (0, 5), (2, 4))
    monkeypatch.setattr(masked_module, "random_positions", lambda mask, probability: masked)
    total, parts = masked_item_loss(model, mask_probability=0.5)(batch)
    states = model(items, mask, masked=masked).output[[0, 5, 9]]
    expected = F.cross_entropy(model.item_table.score(states), torch.tensor([1, 6, 3]) - 1)
    torch.testing.assert_close(total, expected)
    assert parts == {"masked_loss": pytest.approx(expected.item(), rel=1e-5)}


def test_the_phases_follow_each_other(tmp_path: Path) -> None:
    work, notes = small_in_turn(), Notes()
    masked, causal = work.trainings
    run_epochs(work, Checkpoint(tmp_path), notes)
    assert work.epochs == 3
    assert set(notes.epochs[1]) == {"masked_loss", "loss"}
    for epoch in (2, 3):
        assert "task_loss" in notes.epochs[epoch]
        assert "validation_ndcg@10" in notes.epochs[epoch]
    assert (masked.last_epoch, causal.last_epoch) == (1, 3)
    assert causal.best_epoch in (2, 3)
    assert masked.best_state == {}
    assert causal.model is masked.model


def test_each_phase_has_a_learning_rate_schedule_of_its_own() -> None:
    work, seen = small_in_turn(), []
    for training in work.trainings:
        training.step = lambda item, done: (seen.append(done), ({}, 1))[1]  # type: ignore
    for epoch in (1, 2, 3):
        rows = work.begin_epoch(epoch)
        for half in (0.0, 0.5):
            work.step(rows[0], (epoch - 1 + half) / 3)
    assert seen == pytest.approx([0.0, 0.5, 0.0, 0.25, 0.5, 0.75])


def test_patience_counts_causal_epochs_only(tmp_path: Path) -> None:
    work = small_in_turn(masked=4, causal=4, patience=1, learning_rate=1e-9)
    notes = Notes()
    run_epochs(work, Checkpoint(tmp_path), notes)
    assert sorted(notes.epochs) == [1, 2, 3, 4, 5, 6]
    assert work.trainings[1].best_epoch == 5


def in_turn(walks: list[list[int]], *, num_items: int, epochs: int) -> InTurn:
    """bert4rec on these walks, as many masked epochs as causal ones."""
    model = small_teacher("bert4rec", num_items=num_items, dropout=0.1)
    given = {"sequences": packed(walks), "validation": validation_of(walks[:20])}
    plan = schedule(epochs=epochs, patience=epochs, learning_rate=1e-2)
    loss = masked_item_loss(model, mask_probability=0.4)
    masked = MaskedTraining(model, batch_loss=loss, schedule=plan, **given)
    causal = Training(model, batch_loss=next_item_loss(model), schedule=plan, **given)
    return InTurn([masked, causal])


def test_both_phases_together_learn_the_cycle(tmp_path: Path) -> None:
    work = in_turn(cycle_walks(200), num_items=NUM_ITEMS, epochs=15)
    notes = Notes()
    run_epochs(work, Checkpoint(tmp_path), notes)
    assert notes.epochs[15]["masked_loss"] < math.log(NUM_ITEMS) - 0.4
    model = work.current.model
    model.load_state_dict(work.current.best_state)
    unseen = cycle_walks(50, seed=2)
    histories = packed([walk[:-1] for walk in unseen], with_targets=False)
    ranks = history_ranks(model, histories, np.array([walk[-1] for walk in unseen]))
    assert (ranks == 1).all()


def test_both_phases_together_predict_no_noise(tmp_path: Path) -> None:
    """The flaw of the reference code: fine-tuned with two-sided attention, the model copies the
    next item, which is its label (cross-entropy .01 at positions with a future, 5.95 without)."""
    num_items, rng = 20, np.random.default_rng(0)
    noise = rng.integers(1, num_items + 1, size=(1256, LENGTH + 1)).tolist()
    work = in_turn(noise[:256], num_items=num_items, epochs=3)
    run_epochs(work, Checkpoint(tmp_path), Notes())
    batch = pack_batch(packed(noise[256:]), np.arange(1000))
    model = work.current.model.eval()
    with torch.inference_mode():
        scores = model.item_table.score(model(batch.items, batch.mask).output)
    losses = F.cross_entropy(scores, batch.targets - 1, reduction="none").view(1000, LENGTH)
    assert (losses.mean(0) >= math.log(num_items) - 0.1).all(), losses.mean(0)
