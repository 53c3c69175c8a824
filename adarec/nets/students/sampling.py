"""Which op runs on each edge of the supernet, and how alphas learn from the one that ran."""

import torch
from torch import Tensor

from adarec import catalog

MIN_TEMPERATURE = 0.1  # below, straight-through gradients vanish or explode
ZERO = catalog.OP_NAMES.index("zero")


def gumbel_noise(shape: torch.Size, generator: torch.Generator | None = None) -> Tensor:
    """Standard Gumbel noise, finite."""
    uniform = torch.rand(shape, generator=generator).clamp(1e-9, 1 - 1e-7)
    return -torch.log(-torch.log(uniform))


def sample_ops(
    alphas: Tensor, *, gumbel_temperature: float, noise: Tensor
) -> tuple[list[str], Tensor]:
    """One op per edge by hard Gumbel sampling, and the gates that carry the gradient to the
    alphas.

    With k the sampled op, p = softmax((log_softmax(alphas) + noise) / temperature) over the seven
    ops that carry
    something, the gate is 1 in value and d gate / d alpha_j = p_k (delta_kj - p_j) / temperature,
    so that
    d loss / d alpha_j = <d loss / d y, op_k(x)> p_k (delta_kj - p_j) / temperature (GDAS, one op
    run). Where zero is
    sampled, no alpha of that edge gets a gradient from the task.

    Args:
        alphas: [E, O], of one cell or of all.
        gumbel_temperature: At least `MIN_TEMPERATURE`.
        noise: [E, O] standard Gumbel noise.

    Returns:
        The op name of each edge, and gates [E], all ones in value.
    """
    temperature = max(gumbel_temperature, MIN_TEMPERATURE)
    perturbed = torch.log_softmax(alphas, dim=-1) + noise
    sampled = perturbed.detach().argmax(dim=-1)  # [E]
    carrying = torch.ones(alphas.shape[1], dtype=torch.bool)
    carrying[ZERO] = False
    relaxed = torch.softmax(perturbed.masked_fill(~carrying, -torch.inf) / temperature, dim=-1)
    picked = relaxed.gather(1, sampled.unsqueeze(1)).squeeze(1)
    gates = torch.where(sampled == ZERO, torch.ones_like(picked), 1.0 - picked.detach() + picked)
    return [catalog.OP_NAMES[k] for k in sampled.tolist()], gates


def expected_cost(alphas: Tensor, op_costs: Tensor, *, fixed: float, repeats: int) -> Tensor:
    """Expected cost of a student drawn from the alphas: fixed + repeats x sum over edges of
    <softmax(alphas), costs>.

    Args:
        alphas: [E, O]; [S x E, O] where each cell has its own.
        op_costs: [O] cost of each op, in the unit of the cost table.
        fixed: Cost of everything else, same unit.
        repeats: How often these edges are repeated: S where all cells share them, else 1.
    """
    return fixed + repeats * (torch.softmax(alphas, dim=-1) @ op_costs).sum()
