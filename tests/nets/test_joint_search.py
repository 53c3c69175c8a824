"""A search in the joint order: one gradient of a slice batch for alphas and weights."""

import pytest
import torch
from torch import Tensor, nn

from adarec.nets.search import Search
from tests.nets.schedules import small_search


def joint(**changed: float) -> Search:
    """A small search in the joint order."""
    return small_search(order="joint", **changed)


def first(search: Search, kind: str, epoch: int) -> tuple:
    """The first step of this kind in an epoch."""
    return next(step for step in search.begin_epoch(epoch) if step[0] == kind)


@pytest.mark.parametrize(
    ("kind", "epoch", "moves_alphas"),
    [("weight", 1, False), ("weight", 2, False), ("alpha", 1, False), ("alpha", 2, True)],
)
def test_every_step_moves_the_weights_and_those_on_the_slice_the_alphas_after_the_warm_up(
    kind: str, epoch: int, moves_alphas: bool
) -> None:
    search = joint()
    item = first(search, kind, epoch)
    alphas, norm = search.supernet.alphas.detach().clone(), search.supernet.student.output_norm
    scale = norm.weight.detach().clone()
    search.step(item, done=0.5)
    assert not torch.equal(norm.weight, scale)
    assert torch.equal(search.supernet.alphas, alphas) != moves_alphas
    assert all(parameter.grad is None for parameter in search.teacher.parameters())


def gradients(search: Search, kind: str, rows: object) -> dict[str, Tensor]:
    """All gradients that one step on these rows leaves, unclipped, without dropout."""
    for module in search.trained.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    search.epoch = 2
    torch.manual_seed(5)  # the same ops are drawn
    search.step((kind, rows), done=0.5)
    found = {"alphas": search.supernet.alphas.grad}
    found |= {name: parameter.grad for name, parameter in search.trained.named_parameters()}
    return {name: grad for name, grad in found.items() if grad is not None}


def test_the_gradient_is_that_of_an_alpha_step_and_of_a_weight_step_at_once() -> None:
    both, alphas, weights = (make(clip_norm=1e9) for make in (joint, small_search, small_search))
    rows = first(both, "alpha", 2)[1]
    weights.weight_sequences = weights.alpha_sequences
    together = gradients(both, "alpha", rows)
    apart = gradients(weights, "weight", rows)
    assert "alphas" not in apart
    apart |= {"alphas": gradients(alphas, "alpha", rows)["alphas"]}
    assert together.keys() == apart.keys()
    for name, grad in apart.items():
        torch.testing.assert_close(together[name], grad, msg=name)
