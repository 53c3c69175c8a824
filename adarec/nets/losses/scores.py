"""Next-item cross-entropy and logit distillation over the full catalogue, made together in chunks
of positions.

Nothing of size positions x catalogue outlives a chunk: the gradient of a chunk's scores is folded
into the gradients of the states and of the item table at once, in the forward pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from adarec.nets.losses.logit_sample import LogitSample, sampled_divergence

MIN_ROWS = 64  # fewer make the matrix products slow
CHUNK_FLOATS = 1 << 20  # scores held at a time: in cache, with the teacher's beside them

ScoreChunk = Callable[[slice | Tensor], Tensor]


@dataclass(frozen=True)
class ScoreLosses:
    """`total` carries the gradient; the parts are plain numbers for the records."""

    total: Tensor
    task: float
    logit: float


def score_losses(
    hidden: Tensor,
    candidates: Tensor,
    targets: Tensor,
    *,
    teacher_scores: ScoreChunk | None = None,
    task_weight: float = 1.0,
    logit_weight: float = 0.0,
    distill_temperature: float = 1.0,
    logit_sample: LogitSample | None = None,
) -> ScoreLosses:
    """task_weight * CE(student, target) + logit_weight * T^2 KL(teacher || student), means over
    positions that have a target.

    Args:
        hidden: [P, D] student states.
        candidates: [V, D] student item table without PAD.
        targets: [P] item indices, 1..V; 0 at positions that no loss counts.
        teacher_scores: Gives the teacher's scores [C, V] for a slice of positions; None = no
            distillation.
        task_weight: Factor of the cross-entropy.
        logit_weight: Factor of the distillation term (AdaRec, equation for L_logit).
        distill_temperature: T, softens both sides.
        logit_sample: The items that are distilled; None = all.
    """
    chosen = with_target(targets)
    if chosen is not None:
        hidden, targets = hidden[chosen], targets[chosen]
        if teacher_scores is not None:
            of_all = teacher_scores
            teacher_scores = lambda chunk: of_all(chosen[chunk])  # noqa: E731
    setup = (teacher_scores, task_weight, logit_weight, distill_temperature, logit_sample)
    total, parts = _ScoreLosses.apply(hidden, candidates, targets, setup)
    task, logit = parts.tolist()
    return ScoreLosses(total=total, task=task, logit=logit)


def with_target(targets: Tensor) -> Tensor | None:
    """[K] the positions whose target [P] is an item; None where all are."""
    return None if bool(targets.all()) else targets.nonzero().squeeze(1)


class _ScoreLosses(torch.autograd.Function):
    """Forward computes both the loss and its gradients; backward scales them."""

    @staticmethod
    def forward(ctx, hidden, candidates, targets, setup):  # type: ignore[no-untyped-def]
        teacher_scores, task_weight, logit_weight, temperature, sample = setup
        hidden, candidates = hidden.detach(), candidates.detach()
        positions, columns = len(hidden), targets - 1
        hidden_grad, table_grad = torch.empty_like(hidden), torch.zeros_like(candidates)
        sums = torch.zeros(2, dtype=torch.float64)
        rows = max(MIN_ROWS, CHUNK_FLOATS // len(candidates))
        is_distilled = teacher_scores is not None and logit_weight > 0.0
        for start in range(0, positions, rows):
            chunk = slice(start, min(start + rows, positions))
            scores = hidden[chunk] @ candidates.T  # [C, V]
            wanted = columns[chunk].unsqueeze(1)
            if not is_distilled:
                task, grad = _task_only(scores, wanted, task_weight)
            else:
                task, logit, grad = _distilled(
                    scores,
                    teacher_scores(chunk),
                    wanted,
                    (task_weight, logit_weight),
                    temperature=temperature,
                    sample=sample,
                )
                sums[1] += logit
            sums[0] += task
            torch.mm(grad, candidates, out=hidden_grad[chunk])
            if ctx.needs_input_grad[1]:  # not in a step that moves only the alphas
                table_grad.addmm_(grad.T, hidden[chunk])
        parts = sums / positions
        ctx.save_for_backward(hidden_grad.div_(positions), table_grad.div_(positions))
        ctx.mark_non_differentiable(parts)
        return (task_weight * parts[0] + logit_weight * parts[1]).to(hidden.dtype), parts

    @staticmethod
    def backward(ctx, grad_total, _grad_parts):  # type: ignore[no-untyped-def]
        hidden_grad, table_grad = ctx.saved_tensors
        return grad_total * hidden_grad, grad_total * table_grad, None, None


def _probabilities(scores: Tensor) -> tuple[Tensor, Tensor]:
    """softmax of scores [C, V] and its log-normalisers [C].

    torch's softmax reads a row once while it is in cache and takes less time than an exponential
    of the same size; the normaliser follows from the largest entry before and after.
    """
    probabilities = torch.softmax(scores, dim=1)
    return probabilities, scores.amax(dim=1) - probabilities.amax(dim=1).log()


def _task_only(scores: Tensor, wanted: Tensor, task_weight: float) -> tuple[Tensor, Tensor]:
    """Summed cross-entropy of a chunk and the gradient of its scores [C, V]."""
    grad, normaliser = _probabilities(scores)
    task = normaliser.sum() - scores.gather(1, wanted).sum()
    grad.scatter_add_(1, wanted, grad.new_full(wanted.shape, -1.0))
    return task, grad if task_weight == 1.0 else grad.mul_(task_weight)


def _distilled(
    scores: Tensor,
    taught: Tensor,
    wanted: Tensor,
    weights: tuple[float, float],
    *,
    temperature: float,
    sample: LogitSample | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Summed task and logit loss of a chunk, and the gradient of its scores [C, V]; `weights` are
    those of the task and of the logits.
    """
    if sample is not None:
        return _sampled(scores, taught, wanted, *weights, temperature, sample)
    if temperature == 1.0:
        return _task_and_logit(scores, taught, wanted, *weights)
    return _softened(scores, taught, wanted, *weights, temperature)


def _task_and_logit(
    scores: Tensor, taught: Tensor, wanted: Tensor, task_weight: float, logit_weight: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Summed cross-entropy and KL(teacher || student) of a chunk, and the gradient of its scores.

    Both losses share the student's probabilities: d / d scores = (task + logit) student
    - task onehot - logit teacher. Each pass over [C, V] counts, so there are as few as possible.
    """
    grad, student_normaliser = _probabilities(scores)
    teacher, teacher_normaliser = _probabilities(taught)
    task = student_normaliser.sum() - scores.gather(1, wanted).sum()
    logit = torch.dot(teacher.view(-1), taught.view(-1))
    logit = logit - torch.dot(teacher.view(-1), scores.view(-1))
    logit = logit + student_normaliser.sum() - teacher_normaliser.sum()
    grad.mul_(task_weight + logit_weight).sub_(teacher, alpha=logit_weight)
    grad.scatter_add_(1, wanted, grad.new_full(wanted.shape, -task_weight))
    return task, logit, grad


def _softened(
    scores: Tensor,
    taught: Tensor,
    wanted: Tensor,
    task_weight: float,
    logit_weight: float,
    temperature: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """As `_task_and_logit`, with T^2 KL between softened probabilities."""
    task, grad = _task_only(scores, wanted, task_weight)
    student_log = torch.log_softmax(scores / temperature, dim=1)
    teacher_log = torch.log_softmax(taught / temperature, dim=1)
    teacher = teacher_log.exp()
    kl = torch.dot(teacher.view(-1), (teacher_log - student_log).view(-1))
    grad.add_(student_log.exp_().sub_(teacher), alpha=logit_weight * temperature)
    return task, temperature**2 * kl, grad


def _sampled(
    scores: Tensor,
    taught: Tensor,
    wanted: Tensor,
    task_weight: float,
    logit_weight: float,
    temperature: float,
    sample: LogitSample,
) -> tuple[Tensor, Tensor, Tensor]:
    """As `_softened`, with the divergence over the items of a sample."""
    task, grad = _task_only(scores, wanted, task_weight)
    kl, columns, kl_grad = sampled_divergence(scores, taught, sample, temperature=temperature)
    return task, kl, grad.scatter_add_(1, columns, kl_grad.mul_(logit_weight))
