"""Task and logit losses in chunks, against plain torch; the embedding loss."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from adarec.nets.losses import scores
from adarec.nets.losses.distillation import embedding_loss
from adarec.nets.losses.scores import score_losses

P, V, D = 150, 23, 6
MANY = {"task_weight": 0.7, "logit_weight": 1.3}


def parts(dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """States, item tables and targets of both sides."""
    generator = torch.Generator().manual_seed(0)
    found = {
        "hidden": torch.randn(P, D, generator=generator, dtype=dtype),
        "table": torch.randn(V, D, generator=generator, dtype=dtype),
        "teacher_hidden": torch.randn(P, 4, generator=generator, dtype=dtype),
        "teacher_table": torch.randn(V, 4, generator=generator, dtype=dtype),
    }
    found["targets"] = torch.randint(1, V + 1, (P,), generator=generator)
    return found


def dot_scores(hidden: Tensor, candidates: Tensor) -> scores.ScoreChunk:
    """Scores of states [P, D] by slice of them."""
    return lambda chunk: hidden[chunk] @ candidates.T


def plain_losses(found: dict[str, Tensor], temperature: float) -> tuple[Tensor, Tensor]:
    """Cross-entropy and T^2 KL(teacher || student), each a mean over positions."""
    student = found["hidden"] @ found["table"].T
    teacher = found["teacher_hidden"] @ found["teacher_table"].T
    task = F.cross_entropy(student, found["targets"] - 1)
    logit = F.kl_div(
        F.log_softmax(student / temperature, dim=1),
        F.softmax(teacher / temperature, dim=1),
        reduction="batchmean",
    )
    return task, temperature**2 * logit


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("chunk_floats", [1, 70 * V, P * V, 10 * P * V])
def test_value_and_gradients_are_plain_torchs(
    monkeypatch: pytest.MonkeyPatch, temperature: float, chunk_floats: int
) -> None:
    monkeypatch.setattr(scores, "CHUNK_FLOATS", chunk_floats)
    ours, plain = parts(), parts()
    for found in (ours, plain):
        found["hidden"].requires_grad_()
        found["table"].requires_grad_()
    scored = score_losses(
        ours["hidden"],
        ours["table"],
        ours["targets"],
        teacher_scores=dot_scores(ours["teacher_hidden"], ours["teacher_table"]),
        distill_temperature=temperature,
        **MANY,
    )
    task, logit = plain_losses(plain, temperature)
    (3.0 * scored.total).backward()
    (3.0 * (0.7 * task + 1.3 * logit)).backward()
    assert (scored.task, scored.logit) == pytest.approx((task.item(), logit.item()))
    assert scored.total.item() == pytest.approx((0.7 * task + 1.3 * logit).item())
    torch.testing.assert_close(ours["hidden"].grad, plain["hidden"].grad)
    torch.testing.assert_close(ours["table"].grad, plain["table"].grad)


@pytest.mark.parametrize("chunk_floats", [1, 10 * P * V])
def test_the_task_alone_is_cross_entropy(
    monkeypatch: pytest.MonkeyPatch, chunk_floats: int
) -> None:
    monkeypatch.setattr(scores, "CHUNK_FLOATS", chunk_floats)
    ours, plain = parts(), parts()
    for found in (ours, plain):
        found["hidden"].requires_grad_()
        found["table"].requires_grad_()
    scored = score_losses(ours["hidden"], ours["table"], ours["targets"], task_weight=0.7)
    scored.total.backward()
    (0.7 * plain_losses(plain, 1.0)[0]).backward()
    assert scored.logit == 0.0
    torch.testing.assert_close(ours["hidden"].grad, plain["hidden"].grad)
    torch.testing.assert_close(ours["table"].grad, plain["table"].grad)


def test_chunks_cover_every_position_once_and_none_holds_more_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scores, "CHUNK_FLOATS", 64 * V)
    found, seen = parts(), []

    def teacher_scores(chunk: slice) -> Tensor:
        seen.extend(range(P)[chunk])
        assert chunk.stop - chunk.start <= 64
        return found["teacher_hidden"][chunk] @ found["teacher_table"].T

    score_losses(
        found["hidden"],
        found["table"],
        found["targets"],
        teacher_scores=teacher_scores,
        logit_weight=1.0,
    )
    assert seen == list(range(P))


def test_the_logit_loss_is_zero_where_the_student_scores_like_the_teacher() -> None:
    found = parts()
    found["hidden"].requires_grad_()
    scored = score_losses(
        found["hidden"],
        found["table"],
        found["targets"],
        teacher_scores=dot_scores(found["hidden"].detach(), found["table"]),
        task_weight=0.0,
        logit_weight=1.0,
        distill_temperature=2.0,
    )
    scored.total.backward()
    assert scored.logit == pytest.approx(0.0, abs=1e-12)
    torch.testing.assert_close(found["hidden"].grad, torch.zeros(P, D, dtype=torch.float64))


def test_a_loss_in_float32_is_close_to_the_one_in_float64() -> None:
    single = parts(torch.float32)
    double = {name: value.double() for name, value in single.items()}
    double["targets"] = single["targets"]
    values = [
        score_losses(found["hidden"], found["table"], found["targets"]).task
        for found in (single, double)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_the_embedding_loss_compares_directions_only() -> None:
    torch.manual_seed(0)
    teacher, other = torch.randn(8, D), torch.randn(8, D, requires_grad=True)
    assert embedding_loss(3 * teacher + 5, teacher).item() == pytest.approx(0.0, abs=1e-4)
    embedding_loss(other, teacher).backward()
    assert other.grad is not None
    assert other.grad.abs().sum() > 0
