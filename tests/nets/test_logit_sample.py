"""Logit distillation on the teacher's best items and a sample: against hand-computed values, and
against the whole catalogue.
"""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from adarec.config import LossSettings
from adarec.nets.batches import pack_batch
from adarec.nets.losses import scores
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.losses.logit_sample import LogitSample, log_weights, sampled_divergence
from adarec.nets.losses.scores import score_losses
from adarec.nets.training import distilled_loss, freeze
from tests.nets.small_models import (
    EVERY_LOSS,
    WIDTH,
    cycle_walks,
    packed,
    small_student,
    small_teacher,
)
from tests.nets.test_scores import D, P, V, dot_scores, parts


def logs(*values: float) -> Tensor:
    """[1, V] scores whose exponentials are known."""
    return torch.tensor([values], dtype=torch.float64).log()


def test_a_drawn_item_counts_for_those_that_it_stands_for() -> None:
    """V = 4, k = 1, N = 1: the best item counts once, the drawn one four times."""
    student, teacher = logs(1, 2, 3, 4), logs(4, 3, 2, 1)
    sample = LogitSample(1, torch.tensor([2]))
    found, columns, gradient = sampled_divergence(student, teacher, sample, temperature=1.0)
    # teacher: 4 and 4 * 2, so 1/3 and 2/3; student: 1 and 4 * 3, so 1/13 and 12/13
    expected = math.log((1 / 3) / (1 / 13)) / 3 + 2 * math.log((2 / 3) / (12 / 13)) / 3
    assert found.item() == pytest.approx(expected)
    assert columns.tolist() == [[0, 2]]
    assert gradient[0].tolist() == pytest.approx([1 / 13 - 1 / 3, 12 / 13 - 2 / 3])


def test_a_best_item_that_is_drawn_too_counts_once() -> None:
    student, teacher = logs(1, 2, 3, 4), logs(4, 3, 2, 1)
    both = LogitSample(2, torch.tensor([0, 3]))  # 0 is among the best
    found, _, gradient = sampled_divergence(student, teacher, both, temperature=1.0)
    # weights 1, 1, none, 2: teacher 4, 3, 2 of 9; student 1, 2, 8 of 11
    taught, learned = [4 / 9, 3 / 9, 0.0, 2 / 9], [1 / 11, 2 / 11, 0.0, 8 / 11]
    expected = sum(t * math.log(t / s) for t, s in zip(taught, learned, strict=True) if t)
    assert found.item() == pytest.approx(expected)
    differences = [s - t for t, s in zip(taught, learned, strict=True)]
    assert gradient[0].tolist() == pytest.approx(differences)


def test_normalisers_are_right_on_average_over_all_draws() -> None:
    values = torch.randn(3, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    best = values.topk(2, dim=1).indices
    sums = []
    for drawn in itertools.combinations(range(7), 3):
        weights = log_weights(values, best, torch.tensor(drawn))
        columns = torch.cat([best, torch.tensor(drawn).expand(3, -1)], dim=1)
        sums.append((values.gather(1, columns) + weights).exp().sum(1))
    torch.testing.assert_close(torch.stack(sums).mean(0), values.exp().sum(1))


def losses_with(sample: LogitSample | None, temperature: float) -> tuple[Tensor, Tensor, float]:
    """Gradients of states and table, and the logit loss."""
    found = parts()
    found["hidden"].requires_grad_()
    found["table"].requires_grad_()
    scored = score_losses(
        found["hidden"],
        found["table"],
        found["targets"],
        teacher_scores=dot_scores(found["teacher_hidden"], found["teacher_table"]),
        task_weight=0.7,
        logit_weight=1.3,
        distill_temperature=temperature,
        logit_sample=sample,
    )
    scored.total.backward()
    assert found["hidden"].grad is not None
    assert found["table"].grad is not None
    expected = 0.7 * scored.task + 1.3 * scored.logit
    assert scored.total.item() == pytest.approx(expected)
    return found["hidden"].grad, found["table"].grad, scored.logit


@pytest.mark.parametrize("temperature", [1.0, 2.0])
@pytest.mark.parametrize(("top", "drawn"), [(V, 0), (V, 4), (V + 9, 0), (1, V), (5, V + 9)])
def test_a_sample_that_covers_the_catalogue_is_the_whole_loss(
    top: int, drawn: int, temperature: float
) -> None:
    sample = LogitSample.drawn(V, top_items=top, sampled_items=drawn)
    ours, full = losses_with(sample, temperature), losses_with(None, temperature)
    assert ours[2] == pytest.approx(full[2])
    torch.testing.assert_close(ours[:2], full[:2])


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_the_gradient_is_that_of_the_value(
    monkeypatch: pytest.MonkeyPatch, temperature: float
) -> None:
    """By small steps, and whatever the size of a chunk."""
    found, sample = parts(), LogitSample(3, torch.tensor([1, 8, 20, 4]))

    def value(hidden: Tensor) -> Tensor:
        return score_losses(
            hidden,
            found["table"],
            found["targets"],
            teacher_scores=dot_scores(found["teacher_hidden"], found["teacher_table"]),
            logit_weight=1.3,
            distill_temperature=temperature,
            logit_sample=sample,
        ).total

    hidden = found["hidden"].clone().requires_grad_()
    value(hidden).backward()
    assert hidden.grad is not None
    step = 1e-6 * torch.randn(P, D, generator=torch.Generator().manual_seed(2)).double()
    moved = (value(found["hidden"] + step) - value(found["hidden"] - step)) / 2
    assert moved.item() == pytest.approx((hidden.grad * step).sum().item(), rel=1e-6)
    whole = value(found["hidden"]).item()
    monkeypatch.setattr(scores, "CHUNK_FLOATS", 1)
    assert value(found["hidden"]).item() == pytest.approx(whole)


def test_a_student_that_scores_like_the_teacher_has_nothing_to_learn() -> None:
    found = parts()
    taught = found["hidden"] @ found["table"].T
    sample = LogitSample.drawn(V, top_items=3, sampled_items=5)
    shifted = taught + torch.arange(P)[:, None]  # softmax does not see it
    divergence, _, gradient = sampled_divergence(taught, shifted, sample, temperature=2.0)
    assert divergence.item() == pytest.approx(0.0, abs=1e-10)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient))


def test_every_batch_draws_anew_and_none_where_all_items_are_distilled() -> None:
    teacher, student = freeze(small_teacher()), small_student(["conv3", "skip", "maxpool3"])
    batch = pack_batch(packed(cycle_walks(3)), np.arange(3))

    def losses_of(weights: object, times: int) -> tuple[list[float], bool]:
        """Logit losses of one batch, and whether anything was drawn for them."""
        loss = distilled_loss(
            student,
            teacher,
            projections=Projections(WIDTH, WIDTH),
            mapping=MAPPINGS["none"](1, 2),
            weights=weights,  # type: ignore[arg-type]
        )
        torch.manual_seed(0)
        before = torch.get_rng_state()
        found = [loss(batch)[1]["logit_loss"] for _ in range(times)]
        return found, not torch.equal(before, torch.get_rng_state())

    drawn = replace(EVERY_LOSS, logits="sampled", top_items=2, sampled_items=3)
    several, has_drawn = losses_of(drawn, 4)
    assert has_drawn
    assert len(set(several)) > 1
    assert losses_of(drawn, 4) == (several, True)
    assert losses_of(EVERY_LOSS, 2)[1] is False


def test_a_run_distils_the_items_that_its_settings_ask_for() -> None:
    default, asked = LossSettings(), LossSettings(logits="sampled", top_items=4, sampled_items=6)
    for settings in (default.model_dump(), default.model_dump(exclude=default.unread)):
        assert LossWeights.from_settings(settings).drawn_items(20) is None
    sample = LossWeights.from_settings(asked.model_dump(exclude=asked.unread)).drawn_items(20)
    assert sample is not None
    assert (sample.top_items, len(sample.columns)) == (4, 6)
    small = LossWeights.from_settings(asked.model_dump()).drawn_items(3)
    assert small is not None
    assert (small.top_items, sorted(small.columns.tolist())) == (3, [0, 1, 2])
