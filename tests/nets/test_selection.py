"""Cost lines, the limit of a search, and the choice of a genotype within it."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from adarec import catalog
from adarec.errors import TargetError
from adarec.genotype import Genotype, cell_edges
from adarec.nets.costs import SLACK, cost_model
from adarec.nets.ops import cell_parameters
from adarec.nets.prediction import Predictor
from adarec.nets.selection import (
    Candidate,
    all_skip,
    choose_target,
    draw_candidates,
    is_connected,
    lightest_genotype,
    rank_candidates,
)
from adarec.nets.training import Validation
from tests.nets.schedules import validation_of
from tests.nets.small_models import cycle_walks, num_edges, small_costs, small_supernet

OPS = catalog.OP_NAMES


def table(**changed: object) -> dict[str, object]:
    """A cost table as a stage leaves it: op number k costs k + 0.1 k a position."""
    lines = {op: {"base": float(k), "per_position": 0.1 * k} for k, op in enumerate(OPS)}
    found: dict[str, object] = {
        "op_lines": lines,
        "fixed_line": {"base": 2.0, "per_position": 0.5},
        "scoring": 7.0,
        "teacher": 300.0,
        "teacher_body": 280.0,
        "unit": "ms",
        "num_cells": 2,
        "num_nodes": 2,
        "length": 10,
    }
    return found | changed


def test_a_cost_is_a_line_in_the_positions_that_are_computed() -> None:
    costs = cost_model(table(), of_body=False)
    conv3, skip, zero = (OPS.index(name) for name in ("conv3", "skip", "zero"))
    genotype = Genotype(2, ("conv3", "zero", "skip"))
    assert genotype.receptive_field(2) == 5
    ops = sum(k + 5 * 0.1 * k for k in (conv3, skip, zero))
    assert costs.of(genotype) == pytest.approx(7.0 + 2.0 + 5 * 0.5 + 2 * ops)


def test_no_more_positions_than_the_history_has_are_counted() -> None:
    costs = cost_model(table(), of_body=False)
    genotype = Genotype(2, ("dilconv5", "zero", "dilconv5"))  # sees 33 items
    dilconv5, zero = OPS.index("dilconv5"), OPS.index("zero")
    ops = sum(k + 10 * 0.1 * k for k in (dilconv5, zero, dilconv5))
    assert costs.of(genotype) == pytest.approx(7.0 + 2.0 + 10 * 0.5 + 2 * ops)


def test_a_body_has_no_scoring_on_either_side() -> None:
    request, body = (cost_model(table(), of_body=of_body) for of_body in (False, True))
    genotype = all_skip(2)
    assert request.of(genotype) - body.of(genotype) == pytest.approx(7.0)
    assert (request.teacher, body.teacher) == (300.0, 280.0)


def test_the_table_for_the_alphas_is_read_at_nominal_positions() -> None:
    costs = cost_model(table(), of_body=False)
    assert costs.nominal_positions == 9  # 1 + 2 cells x 2 nodes x 2 back
    assert costs.op_costs.tolist() == pytest.approx([k + 0.9 * k for k in range(len(OPS))])
    one_op = torch.full((3, len(OPS)), -50.0)
    one_op[:, 3] = 50.0
    expected = 7.0 + 2.0 + 4.5 + 2 * 3 * (3 + 2.7)
    assert costs.expected(one_op).item() == pytest.approx(expected, rel=1e-5)
    assert cost_model(table(length=4), of_body=False).nominal_positions == 4


def test_a_speedup_out_of_reach_is_refused_with_what_is_within_reach() -> None:
    costs = small_costs(teacher=100.0)  # the all-skip cell costs 4 + 2 x 3 = 10
    with pytest.raises(TargetError, match=r"all-skip cell costs 10 .* Up to 10\.0 is within"):
        choose_target(costs, costs, speedup=10.5, default=5.0)
    target = choose_target(costs, costs, speedup=10.0, default=5.0)
    assert (target.of, target.speedup) == ("request", 10.0)
    assert target.limit == pytest.approx(SLACK * 10.0)


def test_the_default_holds_for_the_request_where_a_convolution_fits() -> None:
    request, body = small_costs(teacher=100.0), small_costs(teacher=90.0)
    target = choose_target(request, body, speedup=None, default=5.0)
    assert (target.of, target.speedup, target.limit) == ("request", 5.0, SLACK * 20.0)
    assert target.to_json()["instead_of"] is None


def test_the_default_falls_back_to_the_body_where_scoring_fills_the_limit() -> None:
    request, body = small_costs(teacher=100.0, scoring=12.0), small_costs(teacher=90.0)
    target = choose_target(request, body, speedup=None, default=5.0)
    assert (target.of, target.speedup) == ("body", 4.0)
    assert target.to_json()["instead_of"] == 5.0
    assert target.limit == pytest.approx(SLACK * 90.0 / 4.0)
    assert target.to_json()["unit"] == "ms"


@pytest.mark.parametrize(
    ("teacher", "expected"),
    [(48.0, 3.0), (28.3, 2.0), (21.2, 1.5), (21.1, 4.0), (10.0, 4.0)],
)
def test_a_light_teacher_lowers_the_default_until_a_convolution_fits(
    teacher: float, expected: float
) -> None:
    """The chain with one convolution costs 12: SLACK x 48 / 12 = 3.4, 28.3 gives 2.005. Where
    none fits above 1 the default stays, and the cell collapses.
    """
    costs = small_costs(teacher=teacher)
    target = choose_target(costs, costs, speedup=None, default=5.0)
    assert (target.of, target.speedup, target.instead_of) == ("body", expected, 5.0)
    assert target.limit == pytest.approx(SLACK * teacher / expected)
    fits = not lightest_genotype(costs, limit=target.limit).is_collapsed
    assert fits == (expected < 4.0)


def test_a_speedup_that_was_asked_for_never_falls_back() -> None:
    request, body = small_costs(teacher=100.0, scoring=12.0), small_costs(teacher=90.0)
    assert choose_target(request, body, speedup=4.0, default=5.0).of == "request"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("limit", [18.0, 25.0, 100.0])
def test_candidates_are_distinct_connected_within_the_limit_and_not_collapsed(
    seed: int, limit: float
) -> None:
    costs = small_costs(num_nodes=3, fixed_base=0.0)
    alphas = torch.randn(6, len(OPS), generator=torch.Generator().manual_seed(seed))
    alphas[:, OPS.index("zero")] += 2.0  # many draws are not connected
    rng = np.random.default_rng(seed)
    found = draw_candidates(alphas, costs, limit=limit, count=12, rng=rng)
    assert 1 <= len(found)
    assert len({genotype.ops for genotype in found}) == len(found)
    for genotype in found:
        assert is_connected(genotype)
        assert not genotype.is_collapsed
        assert costs.of(genotype) <= limit
    again = draw_candidates(alphas, costs, limit=limit, count=12, rng=np.random.default_rng(seed))
    assert [g.ops for g in again] == [g.ops for g in found]


def test_the_alphas_own_choice_is_the_first_candidate() -> None:
    wanted = ("conv3", "skip", "dilconv3", "conv5", "avgpool3", "maxpool3")
    alphas = torch.zeros(6, len(OPS))
    for edge, op in enumerate(wanted):
        alphas[edge, OPS.index(op)] = 3.0
    costs = small_costs(num_nodes=3)
    found = draw_candidates(alphas, costs, limit=1e6, count=5, rng=np.random.default_rng(0))
    assert found[0].ops == wanted
    assert len(found) >= 5


def test_where_nothing_fits_the_lightest_is_offered() -> None:
    costs, alphas = small_costs(num_nodes=2), torch.zeros(3, len(OPS))
    rng = np.random.default_rng(0)
    # 4 + 2 x (conv3 3 + skip 1) = 12 for the chain with one convolution, 10 for all-skip
    assert lightest_genotype(costs, limit=12.0).ops == ("conv3", "zero", "skip")
    assert lightest_genotype(costs, limit=11.9) == all_skip(2)
    assert draw_candidates(alphas, costs, limit=11.9, count=4, rng=rng) == [all_skip(2)]


class ByFirstOp(Validation):
    """Ranks of four users by the first edge's op, as a script says."""

    def __init__(self, script: dict[str, list[int]]) -> None:
        super().__init__(*vars(validation_of(cycle_walks(4))).values())
        object.__setattr__(self, "script", script)

    def ranks(self, model: nn.Module, **call: object) -> np.ndarray:
        return np.array(self.script[call["choice"][0]])  # type: ignore[index,attr-defined]


ON_THE_SLICE = {
    "dilconv3": [1, 1, 1, 5],  # the best
    "conv5": [1, 1, 2, 2],  # within a standard error of it
    "conv3": [1, 2, 1, 3],  # likewise
    "avgpool3": [1, 2, 1, 3],
    "maxpool3": [2, 2, 2, 6],  # surely worse
    "skip": [50, 50, 50, 50],
}
ON_ALL = {"dilconv3": [4] * 4, "conv5": [3] * 4, "conv3": [2] * 4, "avgpool3": [2] * 4}


def predictor_of(script: dict[str, list[int]]) -> Predictor:
    return Predictor(small_supernet(), ByFirstOp(script))


def small_candidates(*first_ops: str) -> list[Candidate]:
    """Cells of two nodes with these ops on the first edge, as the slice predicts them."""
    genotypes = [Genotype(2, (op, "skip", "skip")) for op in first_ops]
    costs, predictor = small_costs(), predictor_of(ON_THE_SLICE)
    return [Candidate(g, costs.of(g), predictor.ndcg(g.ops), True) for g in genotypes]


def test_what_the_slice_cannot_tell_apart_is_ranked_by_all_users() -> None:
    candidates = small_candidates("conv5", "skip", "conv3", "maxpool3", "dilconv3", "avgpool3")
    told = []
    ranked = rank_candidates(
        candidates,
        predictor_of(ON_THE_SLICE),
        predictor_of(ON_ALL),  # knows nothing of the two that are surely worse
        told=lambda done, of: told.append((done, of)),
    )
    # conv3 and avgpool3 are equally good: the pool is cheaper.
    expected = ["avgpool3", "conv3", "conv5", "dilconv3", "maxpool3", "skip"]
    assert [c.genotype.ops[0] for c in ranked] == expected
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]
    confirmed = [1 / np.log2(3), 1 / np.log2(3), 0.5, 1 / np.log2(5), None, None]
    assert [c.confirmed_ndcg for c in ranked] == [
        value if value is None else pytest.approx(value) for value in confirmed
    ]
    assert ranked[3].predicted_ndcg == pytest.approx((3 + 1 / np.log2(6)) / 4)


def test_the_shortlist_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adarec.nets.selection.SHORTLIST", 2)
    candidates = small_candidates("conv3", "dilconv3", "conv5", "maxpool3")
    ranked = rank_candidates(candidates, predictor_of(ON_THE_SLICE), predictor_of(ON_ALL))
    assert [c.genotype.ops[0] for c in ranked] == ["conv5", "dilconv3", "conv3", "maxpool3"]


def test_capacity_decides_between_cells_that_the_slice_cannot_tell_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    candidates = small_candidates("conv5", "skip", "conv3", "maxpool3", "dilconv3", "avgpool3")
    slice_, everyone = predictor_of(ON_THE_SLICE), predictor_of(ON_ALL)

    def ranked() -> list[str]:
        capacity = partial(cell_parameters, width=8)
        found = rank_candidates(candidates, slice_, everyone, capacity=capacity)
        return [c.genotype.ops[0] for c in found]

    # conv5 is the larger one, though all users rate conv3 above it; the surely worse stay last.
    assert ranked() == ["conv5", "conv3", "dilconv3", "avgpool3", "maxpool3", "skip"]
    monkeypatch.setattr("adarec.nets.selection.SHORTLIST", 1)
    assert ranked()[0] == "conv5"


def test_a_clear_winner_needs_no_confirmation() -> None:
    candidates = small_candidates("skip", "maxpool3")
    ranked = rank_candidates(candidates, predictor_of(ON_THE_SLICE), predictor_of({}))
    assert [c.genotype.ops[0] for c in ranked] == ["maxpool3", "skip"]
    assert all(c.confirmed_ndcg is None for c in ranked)


@pytest.mark.parametrize(
    ("ops", "connected"),
    [
        (("conv3", "zero", "zero"), False),  # node 2 has no input
        (("zero", "conv3", "zero"), False),  # node 1 has none
        (("zero", "conv3", "conv3"), False),
        (("skip", "zero", "skip"), True),
        (("skip", "skip", "zero"), True),
    ],
)
def test_connected_means_that_every_node_keeps_an_edge(ops, connected: bool) -> None:
    assert is_connected(Genotype(2, ops)) == connected
    assert len(cell_edges(2)) == num_edges(2) == 3
