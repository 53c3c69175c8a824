"""Next-item cross-entropy and logit distillation over the full catalogue, made together in chunks
of positions.

Nothing of size positions x catalogue outlives a chunk: the gradient of a chunk's scores is folded
    into the gradients
of the states and of the item table at once, in the forward pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

CHUNK_FLOATS = (
    1 << 20
)  # scores held at a time; fits in the processor's cache with the teacher's beside it

ScoreChunk = Callable[[slice], Tensor]


@dataclass(frozen=True)
class ScoreLosses:
    """`total` carries the gradient; the parts are plain numbers for the records."""

    total: Tensor
    task: float
    logit: float


def dot_scores(hidden: Tensor, candidates: Tensor) -> ScoreChunk:
    """Scores of a model whose item table is `candidates` [V, D], by chunk of its states [P, D]."""
    return lambda chunk: hidden[chunk] @ candidates.T


def score_losses(
    hidden: Tensor,
    candidates: Tensor,
    targets: Tensor,
    *,
    teacher_scores: ScoreChunk | None = None,
    task_weight: float = 1.0,
    logit_weight: float = 0.0,
    distill_temperature: float = 1.0,
) -> ScoreLosses:
    """task_weight * CE(student, target) + logit_weight * T^2 KL(teacher || student), means over
    positions.

    Args:
        hidden: [P, D] student states.
        candidates: [V, D] student item table without PAD.
        targets: [P] item indices, 1..V.
        teacher_scores: Gives the teacher's scores [C, V] for a slice of positions; None = no
            distillation.
        task_weight: Factor of the cross-entropy.
        logit_weight: Factor of the distillation term (AdaRec, equation for L_logit).
        distill_temperature: T, softens both sides.
    """
    setup = (teacher_scores, task_weight, logit_weight, distill_temperature)
    total, parts = _ScoreLosses.apply(hidden, candidates, targets, setup)
    task, logit = parts.tolist()
    return ScoreLosses(total=total, task=task, logit=logit)


class _ScoreLosses(torch.autograd.Function):
    """Forward computes both the loss and its gradients; backward scales them."""

    @staticmethod
    def forward(ctx, hidden, candidates, targets, setup):  # type: ignore[no-untyped-def]
        teacher_scores, task_weight, logit_weight, temperature = setup
        hidden, candidates = hidden.detach(), candidates.detach()
        positions, columns = len(hidden), targets - 1
        hidden_grad, table_grad = torch.empty_like(hidden), torch.zeros_like(candidates)
        task: Tensor | float
        logit: Tensor | float
        sums = torch.zeros(2, dtype=torch.float64)
        rows = max(64, CHUNK_FLOATS // len(candidates))
        for start in range(0, positions, rows):
            chunk = slice(start, min(start + rows, positions))
            scores = hidden[chunk] @ candidates.T  # [C, V]
            wanted = columns[chunk].unsqueeze(1)
            if teacher_scores is None or logit_weight == 0.0:
                task, logit, grad = _task_only(scores, wanted, task_weight)
            else:
                taught = teacher_scores(chunk)
                task, logit, grad = _task_and_logit(
                    scores, taught, wanted, task_weight, logit_weight, temperature
                )
            sums[0] += task
            sums[1] += logit
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


def _task_only(scores: Tensor, wanted: Tensor, task_weight: float) -> tuple[Tensor, float, Tensor]:
    """Summed cross-entropy of a chunk and the gradient of its scores [C, V] (in the scores'
    memory).
    """
    normaliser = torch.logsumexp(scores, dim=1, keepdim=True)
    task = (normaliser - scores.gather(1, wanted)).sum()
    grad = scores.sub_(normaliser).exp_().mul_(task_weight)
    grad.scatter_add_(1, wanted, grad.new_full(wanted.shape, -task_weight))
    return task, 0.0, grad


def _task_and_logit(
    scores: Tensor,
    taught: Tensor,
    wanted: Tensor,
    task_weight: float,
    logit_weight: float,
    temperature: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Summed cross-entropy and T^2 KL(teacher || student) of a chunk, and the gradient of its
    scores [C, V].
    """
    student_log = torch.log_softmax(scores, dim=1)
    task = -student_log.gather(1, wanted).sum()
    grad = student_log.exp().mul_(task_weight)
    grad.scatter_add_(1, wanted, grad.new_full(wanted.shape, -task_weight))
    if temperature != 1.0:
        student_log, taught = torch.log_softmax(scores / temperature, dim=1), taught / temperature
    teacher_log = torch.log_softmax(taught, dim=1)
    teacher = teacher_log.exp()
    logit = temperature**2 * torch.dot(teacher.flatten(), (teacher_log - student_log).flatten())
    grad.add_(student_log.exp_().sub_(teacher), alpha=logit_weight * temperature)
    return task, logit, grad
