"""The sampled supernet against the one that runs every op, the gradient of the alphas, expected
cost.
"""

from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from adarec import catalog
from adarec.genotype import Genotype, cell_edges
from adarec.nets.students.cell import Cell
from adarec.nets.students.sampling import (
    MIN_TEMPERATURE,
    ZERO,
    expected_cost,
    gumbel_noise,
    sample_ops,
)
from adarec.nets.students.student import Supernet
from tests.nets.small_models import left_padded, num_edges, small_costs, small_supernet

HISTORIES = [[1, 2, 3, 4, 5, 6, 7], [8, 9, 10], [4]]
OPS = catalog.OP_NAMES


def noise_of(seed: int, edges: int) -> Tensor:
    return gumbel_noise(torch.Size((edges, len(OPS))), torch.Generator().manual_seed(seed))


def noise_that_picks(choice: list[str], seed: int = 0) -> Tensor:
    """Noise under which these ops are sampled."""
    noise = noise_of(seed, len(choice))
    for edge, op in enumerate(choice):
        noise[edge, OPS.index(op)] = noise[edge].max() + 6.0
    return noise


def cell_with_every_op(cell: Cell, x: Tensor, mask: Tensor, one_hot: Tensor) -> Tensor:
    """The cell as DARTS runs it: on each edge all ops, weighted by one_hot [E, O]."""
    nodes = [x]
    for target in range(1, cell.num_nodes + 1):
        total = torch.zeros_like(x)
        for edge, (source, into) in enumerate(cell_edges(cell.num_nodes)):
            if into == target:
                fed = F.relu(nodes[source])
                for index, name in enumerate(OPS):
                    total = total + one_hot[edge, index] * cell.ops[edge][name](fed, mask)
        nodes.append(total)
    weights = torch.softmax(cell.node_logits, dim=0)
    mixed = sum(weights[n] * node for n, node in enumerate(nodes[1:]))
    return x + F.relu(cell.norm(mixed))


def last_layer_with_every_op(supernet: Supernet, one_hot: Tensor) -> Tensor:
    items, mask = left_padded(HISTORIES)
    x = supernet.student.item_table(items)
    for cell in supernet.student.cells:
        x = cell_with_every_op(cell, x, mask, one_hot)
    return supernet.student.output_norm(x[mask])


def task_loss(output: Tensor) -> Tensor:
    """Any loss that depends on every output."""
    direction = torch.randn(output.shape, generator=torch.Generator().manual_seed(9)).double()
    return (output * direction).sum() + 0.1 * output.square().sum()


CHOICES = [
    ["conv3", "skip", "dilconv5"],
    ["maxpool3", "avgpool3", "conv5"],
    ["zero", "conv3", "dilconv3"],  # node 1 is empty, and feeds node 2 by a convolution
    ["zero", "zero", "zero"],
    ["skip", "zero", "zero"],
]


@pytest.mark.parametrize("choice", CHOICES, ids="-".join)
@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
def test_one_sampled_op_gives_value_and_gradient_of_the_formula(
    choice: list[str], temperature: float
) -> None:
    supernet = small_supernet(num_cells=2, num_nodes=2).double()
    noise = noise_that_picks(choice).double()
    sampled, gates = sample_ops(supernet.alphas, gumbel_temperature=temperature, noise=noise)
    assert sampled == choice
    items, mask = left_padded(HISTORIES)
    output = supernet.student(items, mask, choice=sampled, gates=gates).output

    picked = torch.tensor([OPS.index(op) for op in choice])
    one_hot = F.one_hot(picked, len(OPS)).double().requires_grad_()
    reference = last_layer_with_every_op(supernet, one_hot)
    torch.testing.assert_close(output, reference)

    # <dL/dy, op_k(x)> is the gradient of the one-hot gate of the sampled op.
    (inner,) = torch.autograd.grad(task_loss(reference), one_hot)
    seven = torch.arange(len(OPS)) != ZERO
    logits = (torch.log_softmax(supernet.alphas.detach(), dim=-1) + noise) / temperature
    expected = torch.zeros_like(supernet.alphas)
    for edge, k in enumerate(picked.tolist()):
        if k == ZERO:
            continue
        p = torch.softmax(logits[edge].masked_fill(~seven, -torch.inf), dim=0)
        delta = F.one_hot(torch.tensor(k), len(OPS)).double()
        expected[edge] = inner[edge, k] * p[k] * (delta - p) / temperature
    loss = task_loss(output)
    found = torch.zeros_like(supernet.alphas)
    if any(op != "zero" for op in choice):
        (found,) = torch.autograd.grad(loss, supernet.alphas)
    torch.testing.assert_close(found, expected)
    assert found[:, ZERO].abs().max() < 1e-12  # rounding of the softmax
    assert (found[picked == ZERO] == 0).all()


def test_only_the_sampled_op_runs() -> None:
    supernet, ran = small_supernet(), []
    for cell in supernet.student.cells:
        for ops in cell.ops:
            for name, op in ops.items():
                op.register_forward_hook(lambda *_, name=name: ran.append(name))
    supernet.student(*left_padded(HISTORIES), choice=["conv3", "skip", "zero"])
    assert ran == ["conv3", "skip"] * 2


@pytest.mark.parametrize("temperature", [0.1, 1.0, 10.0])
def test_ops_are_sampled_by_the_softmax_of_the_alphas(temperature: float) -> None:
    alphas = torch.tensor([1.0, 0.0, -1.0, 0.5, 0.2, -0.3, 2.0, 1.5]).expand(6000, -1)
    noise = noise_of(3, 6000)
    sampled, gates = sample_ops(alphas, gumbel_temperature=temperature, noise=noise)
    shares = torch.tensor([sampled.count(op) / 6000 for op in OPS])
    torch.testing.assert_close(shares, torch.softmax(alphas[0], dim=0), atol=0.02, rtol=0)
    torch.testing.assert_close(gates, torch.ones(6000))


def test_the_temperature_has_a_floor() -> None:
    alphas = torch.randn(3, len(OPS), generator=torch.Generator().manual_seed(0)).requires_grad_()
    noise = noise_that_picks(["conv3", "skip", "conv5"])
    noise[:, 0] = noise.max(dim=1).values - 0.01  # a close race, so that the gradient is not 0
    gradients = []
    for temperature in (1e-4, MIN_TEMPERATURE):
        _, gates = sample_ops(alphas, gumbel_temperature=temperature, noise=noise)
        gradients.append(torch.autograd.grad(gates.sum(), alphas)[0])
    assert torch.equal(*gradients)
    assert gradients[0].abs().sum() > 0


def test_noise_is_finite_and_repeats_by_seed() -> None:
    assert noise_of(1, 10_000).isfinite().all()
    assert torch.equal(noise_of(1, 10), noise_of(1, 10))
    assert not torch.equal(noise_of(1, 10), noise_of(2, 10))


def test_expected_cost_is_the_mean_over_every_genotype() -> None:
    costs = small_costs(num_cells=3, num_nodes=2)
    alphas = torch.randn(3, len(OPS), generator=torch.Generator().manual_seed(0)).double()
    probabilities = torch.softmax(alphas, dim=-1)
    mean = 0.0
    for picked in product(range(len(OPS)), repeat=num_edges(2)):
        chance = float(torch.stack([probabilities[e, k] for e, k in enumerate(picked)]).prod())
        mean += chance * costs.of(Genotype(2, tuple(OPS[k] for k in picked)))
    found = expected_cost(alphas, costs.op_costs.double(), fixed=4.0, repeats=3)
    assert found.item() == pytest.approx(mean)
    assert costs.expected(alphas.float()).item() == pytest.approx(mean, rel=1e-5)


def test_cost_pulls_towards_the_cheap_ops_and_zero_feels_it_too() -> None:
    alphas = torch.zeros(3, len(OPS), requires_grad=True)
    small_costs().expected(alphas).backward()
    assert alphas.grad is not None
    assert (alphas.grad[:, ZERO] < 0).all()  # a step against the gradient makes zero likelier
    assert (alphas.grad[:, OPS.index("conv5")] > 0).all()
    torch.testing.assert_close(alphas.grad.sum(dim=1), torch.zeros(3), atol=1e-6, rtol=0)
