"""Pseudo-priors are greedy, new to their history, and the same however they were computed; where
they stand, nothing is learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from adarec.errors import StopRequested
from adarec.nets import pseudo_priors
from adarec.nets.batches import Batch, Sequences, pack_batch
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import run_epochs
from adarec.nets.losses.distillation import Projections, distillation_losses, embedding_loss
from adarec.nets.losses.hidden import MAPPINGS, layer_distances
from adarec.nets.losses.scores import score_losses
from adarec.nets.masked import masked_item_loss
from adarec.nets.pseudo_priors import PseudoPriors, greedy_continuation
from tests.nets.small_models import (
    EVERY_LOSS,
    NUM_ITEMS,
    WIDTH,
    Notes,
    packed,
    small_student,
    small_teacher,
)

HISTORIES = [[3, 1], [5, 5, 2, 7], [9], [12, 4, 8, 6, 10]]
COUNTS = np.array([4, 2, 7, 0])


def written_for(histories: list[list[int]], counts: np.ndarray) -> list[list[int]]:
    """What is written for each history, in the order of writing."""
    work = PseudoPriors(small_teacher("sasrec"), packed(histories, with_targets=False), counts)
    for rows in work.begin_epoch(1):
        work.step(rows, 0.0)
    ends = np.cumsum(counts)
    pieces = zip(ends - counts, ends, strict=True)
    return [work.written[start:end].tolist() for start, end in pieces]


def one_by_one(history: list[int], count: int) -> list[int]:
    """The same by definition: the best item that is not there yet, again and again."""
    model, whole = small_teacher("sasrec"), list(history)
    for _ in range(count):
        with torch.no_grad():
            state = model(torch.tensor([whole]), None).output[-1]
        scores = model.item_table.score(state[None])[0]
        order = (scores.argsort(descending=True) + 1).tolist()
        whole.append(next(item for item in order if item not in whole))
    return whole[len(history) :]


def test_items_are_written_greedily_for_each_history_alone() -> None:
    found = written_for(HISTORIES, COUNTS)
    assert found == [one_by_one(h, c) for h, c in zip(HISTORIES, COUNTS, strict=True)]
    assert found[2] != one_by_one([10], 7)  # it does depend on the history


def test_nothing_is_written_twice_and_never_pad() -> None:
    counts = np.array([NUM_ITEMS - len(set(history)) for history in HISTORIES])
    for history, items in zip(HISTORIES, written_for(HISTORIES, counts), strict=True):
        # Every item of the catalogue that the history lacked, each once.
        assert sorted(items) == sorted(set(range(1, NUM_ITEMS + 1)) - set(history))


def test_chunks_do_not_change_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    together = written_for(HISTORIES, COUNTS)
    monkeypatch.setattr(pseudo_priors, "SCORE_FLOATS", NUM_ITEMS)
    assert written_for(HISTORIES, COUNTS) == together


def test_nobody_to_write_for_is_no_work() -> None:
    assert written_for(HISTORIES, np.zeros(4, np.int64)) == [[], [], [], []]


def test_a_stopped_writing_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pseudo_priors, "SCORE_FLOATS", NUM_ITEMS)
    histories = packed(HISTORIES, with_targets=False)

    def work() -> PseudoPriors:
        return PseudoPriors(small_teacher("sasrec"), histories, COUNTS)

    with pytest.raises(StopRequested):
        run_epochs(work(), Checkpoint(tmp_path), Notes(stop_at=2))
    resumed, notes = work(), Notes()
    run_epochs(resumed, Checkpoint(tmp_path), notes)
    assert len(notes.fractions) == 1  # two of three chunks were done
    assert resumed.written.tolist() == sum(written_for(HISTORIES, COUNTS), [])


def test_rows_end_at_their_count() -> None:
    batch = pack_batch(packed([[3, 1], [9]], with_targets=False), np.array([0, 1]))
    found = greedy_continuation(small_teacher("sasrec"), batch, np.array([3, 1]))
    assert (found > 0).tolist() == [[True, True, True], [True, False, False]]


def some_untargeted() -> tuple[Sequences, Sequences]:
    """Two histories whose first items are pseudo-priors, with targets there and without."""
    full = packed([[4, 7, 1, 2, 3], [8, 9, 5, 6]])
    assert full.targets is not None
    pseudo = np.array([True, True, False, False, True, True, False])
    targets = np.where(np.array([True, False, False, False, True, False, False]), 0, full.targets)
    return full, Sequences(full.items, full.offsets, targets, pseudo)


def test_a_pair_that_begins_with_a_pseudo_prior_was_not_counted() -> None:
    """The last pseudo-prior leads to a real target, but that pair stands in no log."""
    plain, cut = some_untargeted()
    batch = pack_batch(cut, np.array([1, 0]))
    assert batch.counted_targets.tolist() == [0, 0, 6, 0, 0, 2, 3]
    whole = pack_batch(plain, np.array([1, 0]))
    assert torch.equal(whole.counted_targets, whole.targets)


def test_a_batch_knows_its_pseudo_items_and_its_targets() -> None:
    plain, cut = some_untargeted()
    batch = pack_batch(cut, np.array([1, 0]))
    assert batch.pseudo is not None
    assert batch.pseudo.tolist() == [[False, True, True, False], [True, True, False, False]]
    assert batch.targets.tolist() == [0, 5, 6, 0, 1, 2, 3]
    assert batch.num_targets == 5
    whole = pack_batch(plain, np.array([1, 0]))
    assert whole.pseudo is None
    assert whole.num_targets == whole.num_positions == 7


def test_score_losses_leave_out_what_has_no_target() -> None:
    torch.manual_seed(0)
    hidden, taught = torch.randn(7, 5), torch.randn(7, 4)
    table, teacher_table = torch.randn(NUM_ITEMS, 5), torch.randn(NUM_ITEMS, 4)
    targets = torch.tensor([0, 5, 6, 0, 1, 2, 3])

    def losses(rows: Tensor) -> tuple[float, float, Tensor]:
        inputs = hidden.clone().requires_grad_()
        scored = score_losses(
            inputs[rows],
            table,
            targets[rows],
            teacher_scores=lambda chunk: taught[rows][chunk] @ teacher_table.T,
            logit_weight=0.5,
        )
        scored.total.backward()
        assert inputs.grad is not None
        return scored.task, scored.logit, inputs.grad

    found, expected = losses(torch.arange(7)), losses(targets.nonzero().squeeze(1))
    assert found[:2] == pytest.approx(expected[:2])
    torch.testing.assert_close(found[2], expected[2])
    assert (found[2][[0, 3]] == 0).all()


def test_no_part_of_the_distillation_sees_a_position_without_target() -> None:
    teacher, student = small_teacher(), small_student(["conv3", "skip", "maxpool3"])
    torch.manual_seed(0)
    projections, mapping = Projections(WIDTH, WIDTH), MAPPINGS["uniform"](1, 2)
    batch = pack_batch(some_untargeted()[1], np.array([0, 1]))

    def losses(batch: Batch) -> dict[str, float]:
        return distillation_losses(
            student(batch.items, batch.mask),
            teacher(batch.items, batch.mask),
            batch,
            student_table=student.item_table.candidates,
            teacher_model=teacher,
            projections=projections,
            mapping=mapping,
            weights=EVERY_LOSS,
        )[1]

    with torch.no_grad():
        found, everywhere = losses(batch), losses(replace(batch, targets=batch.targets.clamp(1)))
        learned, taught = student(batch.items, batch.mask), teacher(batch.items, batch.mask)
        keep = batch.targets.nonzero().squeeze(1)
        scores, wanted = student.score(learned.output[keep]), batch.targets[keep] - 1
        heat = EVERY_LOSS.distill_temperature
        distances = layer_distances(
            projections.hidden(torch.stack(learned.layers)[:, keep]),
            torch.stack(taught.layers)[:, keep],
        )
        expected = {
            "task_loss": F.cross_entropy(scores, wanted),
            "logit_loss": heat**2
            * F.kl_div(
                torch.log_softmax(scores / heat, 1),
                torch.softmax(teacher.score(taught.output[keep]) / heat, 1),
                reduction="batchmean",
            ),
            "embedding_loss": embedding_loss(
                projections.embedding(learned.embedded[keep]), taught.embedded[keep]
            ),
            "hidden_loss": distances.mean(),
        }
    assert len(keep) == 5
    for name, value in expected.items():
        assert found[name] == pytest.approx(value.item(), rel=1e-4), name
        assert abs(everywhere[name] - found[name]) > 1e-3, name


def test_masked_training_never_hides_a_pseudo_item(monkeypatch: pytest.MonkeyPatch) -> None:
    from adarec.nets import masked

    asked: list[Tensor] = []

    def spy(mask: Tensor, *, probability: float) -> Tensor:
        asked.append(mask)
        return random_positions(mask, probability=probability)

    random_positions = masked.random_positions
    monkeypatch.setattr(masked, "random_positions", spy)
    _, cut = some_untargeted()
    loss = masked_item_loss(small_teacher("bert4rec"), mask_probability=0.5)
    loss(pack_batch(cut, np.array([0, 1])))
    assert asked[0].tolist() == [
        [False, False, True, True, True],
        [False, False, False, True, True],
    ]
