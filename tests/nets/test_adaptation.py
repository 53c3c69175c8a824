"""Training on labels of one scene and histories of another: what reaches the loss, and what it is
worth where the answer is known.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from adarec.data.transitions import Transitions
from adarec.nets import adaptation as module
from adarec.nets.adaptation import (
    InputBatch,
    PseudoLabelling,
    Unlabelled,
    history_loss,
)
from adarec.nets.batches import joined_sequences
from adarec.nets.counts import BlendWeights, CountBlend
from adarec.nets.losses.distillation import Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.training import Training, freeze
from tests.nets.schedules import OTHER, SOURCE, inputs_of, small_adaptation, trained
from tests.nets.small_models import (
    EVERY_LOSS,
    NUM_ITEMS,
    WIDTH,
    cycle_walks,
    packed,
    small_student,
    small_teacher,
)


def same(first: nn.Module, second: nn.Module) -> bool:
    theirs = second.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in first.state_dict().items())


def test_without_weight_on_the_target_it_is_plain_training_bit_for_bit(tmp_path: Path) -> None:
    work = small_adaptation(target_weight=0.0)
    notes = trained(work, tmp_path / "adapted")
    again = small_adaptation()
    plain = Training(
        again.model,
        sequences=again.sequences,
        batch_loss=again.batch_loss,
        validation=again.validation,
        schedule=again.schedule,
        extra=again.trained["extra"],
        mapping=again.mapping,
    )
    expected = trained(plain, tmp_path / "plain")
    assert same(work.trained, plain.trained)
    assert notes.epochs == expected.epochs
    moved = small_adaptation()
    trained(moved, tmp_path / "moved")
    assert not same(moved.trained, plain.trained), "the comparison can fail"


def test_on_the_same_data_the_targets_distances_are_the_sources(tmp_path: Path) -> None:
    notes = trained(small_adaptation(target=SOURCE, dropout=0.0), tmp_path)
    for epoch in notes.epochs.values():
        for name in ("logit_loss", "embedding_loss", "hidden_loss"):
            assert epoch[f"target_{name}"] == epoch[name]


def test_listening_on_the_target_alone_is_listening_on_the_source_where_they_are_one(
    tmp_path: Path,
) -> None:
    """KL of paradigm `target` against that of paradigm `source`, pseudo-labels aside."""
    call: dict[str, Any] = {"target": SOURCE, "dropout": 0.0, "epochs": 2}
    on_source = trained(small_adaptation(target_weight=0.0, **call), tmp_path / "source")
    on_target = trained(small_adaptation(on_source=False, pseudo=0.0, **call), tmp_path / "target")
    for epoch, expected in on_source.epochs.items():
        found = on_target.epochs[epoch]
        assert "logit_loss" not in found
        assert found["target_logit_loss"] == pytest.approx(expected["logit_loss"], rel=1e-3)
        assert found["task_loss"] == pytest.approx(expected["task_loss"], rel=1e-3)


def test_histories_with_targets_are_refused() -> None:
    with pytest.raises(ValueError, match="must not carry targets"):
        Unlabelled(packed(SOURCE))


def test_a_batch_of_the_target_has_no_targets_by_type(monkeypatch: pytest.MonkeyPatch) -> None:
    work, seen = small_adaptation(), []
    inner = work.history_loss

    def spy(batch: InputBatch):  # type: ignore[no-untyped-def]
        seen.append(batch)
        return inner(batch)

    work.history_loss = spy
    work.step(work.begin_epoch(1)[0], done=0.5)
    assert [type(batch) for batch in seen] == [InputBatch]
    assert set(vars(seen[0])) == {"items", "mask", "rows"}


def test_a_step_of_the_loss_is_the_sum_of_its_parts() -> None:
    work = small_adaptation(target_weight=0.7, pseudo=0.4, dropout=0.0)
    found, _ = work.step(work.begin_epoch(1)[0], done=0.5)
    w = EVERY_LOSS

    def distilled(start: str) -> float:
        return (
            w.logit * found[f"{start}logit_loss"]
            + w.embedding * found[f"{start}embedding_loss"]
            + w.hidden * found[f"{start}hidden_loss"]
        )

    on_target = distilled("target_") + 0.4 * found["pseudo_loss"]
    expected = w.task * found["task_loss"] + distilled("") + 0.7 * on_target
    assert found["loss"] == pytest.approx(expected, rel=1e-5)


def test_only_the_student_and_its_projections_learn() -> None:
    teacher = freeze(small_teacher(num_layers=2))
    work = small_adaptation(teacher=teacher)
    assert not teacher.training
    work.step(work.begin_epoch(1)[0], done=0.5)
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert work.model.item_table.embedding.weight.grad is not None


def test_every_step_has_a_batch_of_each_scene_whatever_their_sizes() -> None:
    for target in (OTHER[:4], OTHER, cycle_walks(200, seed=9)):
        work = small_adaptation(target=target)
        steps = work.begin_epoch(1)
        assert sorted(np.concatenate([rows for rows, _ in steps]).tolist()) == list(range(40))
        assert all(rows is not None and len(rows) for _, rows in steps)
    first, second = (work.begin_epoch(epoch)[0][1] for epoch in (1, 2))
    assert first is not None
    assert second is not None
    assert first.tolist() != second.tolist()


def test_people_who_come_back_are_noticed_in_the_inputs() -> None:
    assert not inputs_of([[1, 2, 3, 4], [4, 3, 2, 1]]).repeat
    assert not inputs_of([[1, 2, 3, 1], [1, 5, 3, 2]]).repeat, "the last item is a label"
    assert inputs_of([[1, 2, 1, 2], [4, 3, 2, 1]]).repeat


def test_consumed_items_are_no_labels_unless_people_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def spy(scores, **call):  # type: ignore[no-untyped-def]
        asked.append(call["consumed"])
        return module_pseudo_labels(scores, **call)

    module_pseudo_labels = module.pseudo_labels
    monkeypatch.setattr(module, "pseudo_labels", spy)
    student, teacher = small_student(["conv3"]), freeze(small_teacher())
    for repeat in (False, True):
        labelling = PseudoLabelling(1.0, 0.5, torch.ones(NUM_ITEMS, dtype=torch.bool), repeat)
        loss = history_loss(
            student,
            teacher,
            projections=Projections(WIDTH, WIDTH),
            mapping=MAPPINGS["uniform"](1, 2),
            weights=EVERY_LOSS,
            labelling=labelling,
        )
        loss(inputs_of([[1, 2, 3], [5, 6, 7, 8]]).pack(np.arange(2)))
    assert asked[0][1].tolist() == [0, 0, 1, 4, 4, 5, 4, 5, 6]
    assert asked[1] is None


def test_histories_that_were_not_counted_leave_nothing_out() -> None:
    """The counts are the source's: a pseudo-label is no pair of theirs. Counts that do not know
    their pairs would raise.
    """
    teacher = freeze(small_teacher())
    weights = BlendWeights(neural=0.5, transitions=0.5, own_frequency=0.0)
    none = np.zeros((NUM_ITEMS + 1, 1))
    teacher.blend = CountBlend(
        Transitions(none.astype(np.int64), none.astype(np.float32)), weights
    )
    loss = history_loss(
        small_student(["conv3"]),
        teacher,
        projections=Projections(WIDTH, WIDTH),
        mapping=MAPPINGS["uniform"](1, 2),
        weights=replace(EVERY_LOSS, leave_one_out=True),
        labelling=PseudoLabelling(1.0, 0.5, torch.ones(NUM_ITEMS, dtype=torch.bool), True),
    )
    total, _ = loss(inputs_of([[1, 2, 3], [5, 6, 7, 8]]).pack(np.arange(2)))
    assert torch.isfinite(total)


def test_a_batch_without_any_allowed_label_still_distils() -> None:
    student, teacher = small_student(["conv3"]), freeze(small_teacher())
    loss = history_loss(
        student,
        teacher,
        projections=Projections(WIDTH, WIDTH),
        mapping=MAPPINGS["uniform"](1, 2),
        weights=EVERY_LOSS,
        labelling=PseudoLabelling(1.0, 0.0, torch.zeros(NUM_ITEMS, dtype=torch.bool), True),
    )
    total, parts = loss(inputs_of(OTHER).pack(np.arange(3)))
    assert torch.isfinite(total)
    assert "pseudo_loss" not in parts


def test_a_stopped_adaptation_goes_on_as_if_undisturbed(tmp_path: Path) -> None:
    plain = small_adaptation()
    expected = trained(plain, tmp_path / "plain")
    stopped = small_adaptation()
    with pytest.raises(Exception, match="asked to stop"):
        trained(stopped, tmp_path / "stopped", stop_at=5)
    resumed = small_adaptation()
    notes = trained(resumed, tmp_path / "stopped")
    assert same(resumed.trained, plain.trained)
    assert notes.epochs[3] == expected.epochs[3]


def test_joined_sequences_are_those_of_both() -> None:
    joined = joined_sequences([packed(SOURCE), packed(OTHER)])
    assert len(joined) == 70
    assert joined.items[joined.offsets[40] : joined.offsets[41]].tolist() == OTHER[0][:-1]
    assert joined.targets is not None
    assert joined.targets[joined.offsets[40] : joined.offsets[41]].tolist() == OTHER[0][1:]
    with pytest.raises(ValueError, match="cannot be joined"):
        joined_sequences([packed(SOURCE), inputs_of(OTHER).sequences])


def test_histories_that_count_must_be_there() -> None:
    with pytest.raises(ValueError, match="no history"):
        small_adaptation(target=[])
    assert len(small_adaptation(target=[], target_weight=0.0).histories) == 0
