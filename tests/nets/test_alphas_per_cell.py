"""Cells with ops of their own: students, gradients, costs and genotypes of one cell after the
other.
"""

from itertools import product

import numpy as np
import pytest
import torch

from adarec import catalog
from adarec.errors import ArtefactError
from adarec.genotype import Genotype
from adarec.nets.costs import SLACK
from adarec.nets.evolution import evolve
from adarec.nets.random_cells import random_genotypes
from adarec.nets.selection import (
    choose_target,
    draw_candidates,
    is_connected,
    lightest_genotype,
)
from adarec.nets.students.sampling import gumbel_noise, sample_ops
from adarec.nets.students.student import build_student, inherit_weights
from tests.nets.schedules import small_search
from tests.nets.small_models import (
    NUM_ITEMS,
    WIDTH,
    left_padded,
    small_costs,
    small_student,
    small_supernet,
)

OPS = catalog.OP_NAMES
FIRST, SECOND = ("conv3", "skip", "maxpool3"), ("dilconv5", "conv5", "skip")
HISTORIES = [[1, 2, 3, 4, 5, 6, 7], [4, 5, 6]]


def test_equal_cells_compute_what_the_repeated_cell_computes() -> None:
    repeated = small_student(FIRST, num_cells=2, num_nodes=2, seed=1)
    apart = small_student(FIRST + FIRST, num_cells=2, num_nodes=2, seed=2)
    apart.load_state_dict(repeated.state_dict())
    assert torch.equal(
        apart(*left_padded(HISTORIES)).output, repeated(*left_padded(HISTORIES)).output
    )


def test_each_place_in_the_stack_runs_its_own_cell() -> None:
    student = small_student(FIRST + SECOND, num_cells=2, num_nodes=2)
    items, mask = left_padded(HISTORIES)
    x, layers = student.dense_layers(items, mask)
    for cell, ops, layer in zip(student.cells, (FIRST, SECOND), layers, strict=True):
        x = cell(x, mask, ops)
        assert torch.equal(layer, x)
    ops = [sorted(edge) for cell in student.cells for edge in cell.ops]
    assert ops == [[op] for op in FIRST + SECOND], "no op is held that does not run"


def test_a_student_inherits_from_a_supernet_whether_its_cells_are_alike_or_not() -> None:
    supernet = small_supernet(alphas_per_cell=True)
    assert supernet.alphas.shape == (6, len(OPS))
    items, mask = left_padded(HISTORIES)
    outputs = []
    for ops in (FIRST + SECOND, SECOND + FIRST, FIRST):
        genotype = Genotype(2, ops)
        student = build_student(
            num_items=NUM_ITEMS, width=WIDTH, num_cells=2, genotype=genotype, dropout=0.0
        ).eval()
        inherit_weights(student, supernet.state_dict())
        outputs.append(student(items, mask).output)
        expected = supernet.student(items, mask, choice=ops).output
        torch.testing.assert_close(outputs[-1], expected)
    assert not torch.allclose(outputs[0], outputs[1])
    with pytest.raises(ArtefactError, match="of 2 cells does not fit a student of 3"):
        build_student(num_items=9, width=8, num_cells=3, genotype=genotype_of_two(), dropout=0.0)


def genotype_of_two() -> Genotype:
    """One cell, then another."""
    return Genotype(2, FIRST + SECOND)


@pytest.mark.parametrize("cell", [0, 1])
def test_only_the_alphas_of_cells_before_a_layer_learn_from_it(cell: int) -> None:
    supernet = small_supernet(alphas_per_cell=True)
    with torch.no_grad():
        supernet.alphas[:, OPS.index("zero")] = -30.0  # every edge carries something
    noise = gumbel_noise(supernet.alphas.shape, torch.Generator().manual_seed(0))
    choice, gates = sample_ops(supernet.alphas, gumbel_temperature=1.0, noise=noise)
    assert len(choice) == 6
    items, mask = left_padded(HISTORIES)
    embedded = supernet.student.item_table(items)
    layers = supernet.student.layers_after(0, embedded, mask, choice=choice, gates=gates)
    layers[cell].square().sum().backward()
    assert supernet.alphas.grad is not None
    learned = supernet.alphas.grad.abs().sum(dim=1) > 0
    assert learned.tolist() == [True] * 3 + [cell == 1] * 3


def test_the_gates_of_an_edge_are_those_of_its_own_cell() -> None:
    student = small_student(FIRST + SECOND, num_cells=2, num_nodes=2)
    embedded = student.item_table(left_padded(HISTORIES)[0])
    gates = torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    first, second = student.layers_after(0, embedded, None, gates=gates)
    assert torch.equal(second, first), "a cell whose edges carry nothing hands its input on"
    plain = student.layers_after(0, embedded, None)
    assert torch.equal(first, plain[0])
    assert not torch.allclose(second, plain[1])


def test_costs_by_hand() -> None:
    costs = small_costs()  # 4, conv3 3, conv5 and dilconv5 5, pool 2, skip 1
    assert costs.of(Genotype(2, FIRST + SECOND)) == 4 + (3 + 1 + 2) + (5 + 5 + 1)
    assert costs.of(Genotype(2, FIRST + FIRST)) == costs.of(Genotype(2, FIRST)) == 4 + 2 * 6


def test_the_expected_cost_is_the_mean_over_every_pair_of_cells() -> None:
    costs = small_costs(num_cells=2, num_nodes=1)
    alphas = torch.randn(2, len(OPS), generator=torch.Generator().manual_seed(0))
    probabilities = torch.softmax(alphas, dim=-1)
    mean = sum(
        float(probabilities[0, a] * probabilities[1, b]) * costs.of(Genotype(1, (OPS[a], OPS[b])))
        for a, b in product(range(len(OPS)), repeat=2)
    )
    assert costs.expected(alphas).item() == pytest.approx(mean, rel=1e-5)


def test_the_lightest_has_one_convolution_in_the_whole_stack() -> None:
    costs = small_costs()  # 4 + (conv3 3 + skip 1) + 2 skips
    chain, second = ("conv3", "zero", "skip"), ("skip", "zero", "skip")
    assert lightest_genotype(costs, limit=10.0, num_own_cells=2).ops == chain + second
    assert lightest_genotype(costs, limit=9.9, num_own_cells=2).ops == ("skip",) * 6
    rng, alphas = np.random.default_rng(0), torch.zeros(6, len(OPS))
    found = draw_candidates(alphas, costs, limit=9.9, count=4, rng=rng)
    assert [genotype.ops for genotype in found] == [("skip",) * 6]


def test_a_limit_that_one_convolution_a_stack_keeps_holds_for_the_request() -> None:
    request, body = small_costs(teacher=60.0), small_costs(teacher=55.0)
    assert SLACK * 60 / 5 == pytest.approx(10.2)  # one convolution costs 10, one a cell 12
    of = [
        choose_target(request, body, speedup=None, default=5.0, num_own_cells=count).of
        for count in (1, 2)
    ]
    assert of == ["body", "request"]


def test_every_cell_has_to_be_connected() -> None:
    gap = ("zero", "skip", "conv3")  # node 1 has no input
    assert is_connected(Genotype(2, FIRST + SECOND))
    assert not is_connected(Genotype(2, FIRST + gap))
    assert not is_connected(Genotype(2, gap + FIRST))


def test_candidates_are_the_alphas_own_choice_and_its_neighbours() -> None:
    alphas = torch.zeros(6, len(OPS))
    for edge, op in enumerate(FIRST + SECOND):
        alphas[edge, OPS.index(op)] = 3.0
    rng = np.random.default_rng(0)
    found = draw_candidates(alphas, small_costs(), limit=100.0, count=12, rng=rng)
    assert found[0].ops == FIRST + SECOND
    assert {genotype.num_own_cells for genotype in found} == {2}
    assert all(map(is_connected, found))
    assert len(found) == len(set(found)) >= 12


def test_random_controls_are_of_the_same_kind_and_cost() -> None:
    rng, costs = np.random.default_rng(0), small_costs()
    found = random_genotypes(costs, least=21.0, most=23.0, count=8, rng=rng, num_own_cells=2)
    assert len(found) == 8
    for genotype in found:
        assert costs.of(genotype) == pytest.approx(22.0, rel=0.05)
        assert is_connected(genotype)
        assert not genotype.is_collapsed
    assert sum(genotype.cells[0] != genotype.cells[1] for genotype in found) >= 7


@pytest.mark.parametrize("seed", range(3))
def test_evolution_finds_cells_that_differ_where_the_best_ones_do(seed: int) -> None:
    """The first cell is worth something with skips alone, the second with dilated convolutions."""
    costs, best = small_costs(), ("skip", "skip", "skip", "dilconv5", "dilconv5", "dilconv5")

    def worth(genotype: Genotype) -> float:
        return sum(op == wanted for op, wanted in zip(genotype.ops, best, strict=True))

    found = evolve(
        [Genotype(2, FIRST + FIRST), Genotype(2, SECOND + SECOND)],
        predict=worth,
        cost_of=costs.of,
        limit=30.0,
        ceiling=40.0,
        evaluations=400,
        rng=np.random.default_rng(seed),
    )
    assert max(found, key=worth).ops == best
    assert all(map(is_connected, found))


def test_a_search_moves_and_records_the_alphas_of_every_cell() -> None:
    search = small_search(alphas_per_cell=True)
    before = search.supernet.alphas.detach().clone()
    for epoch in (1, 2):
        for item in search.begin_epoch(epoch):
            search.step(item, done=0.5)
        outcome = search.end_epoch(epoch, {})
    moved = (search.supernet.alphas.detach() - before).abs().sum(dim=1)
    assert (moved > 0).all()
    assert outcome.arrays["op_weights"].shape == (6, len(OPS))
    assert outcome.arrays["decided_epoch"].shape == (6,)
