"""Candidates for the cell: evolved on the supernet's weights, and ranked by its predictions."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from adarec.genotype import Genotype, cell_edges
from adarec.nets.epochs import PartWatch
from adarec.nets.evolution import affordable_evaluations, evolve
from adarec.nets.ops import cell_parameters
from adarec.nets.prediction import Predictor
from adarec.nets.search import Search
from adarec.nets.selection import (
    Candidate,
    Target,
    draw_candidates,
    lightest_genotype,
    rank_candidates,
)

_EVOLVED_SHARE = 0.7  # of the work here, before the best are validated on more users


def evolved_candidates(
    search: Search,
    predictor: Predictor,
    target: Target,
    settings: Mapping[str, Any],
    *,
    given: Sequence[Genotype],
    seed: int,
    watch: PartWatch,
) -> list[Candidate]:
    """Every genotype that was validated, in order of birth: those that are given, the alphas' own
    choice within the limit, draws from the alphas, and their descendants up to the teacher's cost.
    """
    costs, limit, ceiling = target.costs, target.limit, target.costs.teacher
    rng, alphas = np.random.default_rng([seed, 1]), search.supernet.alphas
    count = settings["candidates"]
    start = draw_candidates(alphas, costs, limit=limit, count=count, rng=rng)
    start += draw_candidates(alphas, costs, limit=ceiling, count=-(-count // 2), rng=rng)
    num_own_cells = len(alphas) // len(cell_edges(costs.num_nodes))
    start.append(lightest_genotype(costs, limit=limit, num_own_cells=num_own_cells))
    start = [*given, *start]  # first: on a large scene the last ones are not validated
    most = len(set(start)) + settings["evolved"]
    evaluations = affordable_evaluations(search, most=most)

    def told(done: int) -> None:
        message = f"Validated {done} of {evaluations} cells"
        fraction = _EVOLVED_SHARE * done / evaluations
        watch.tick(epoch=0, epochs=0, fraction=fraction, message=message)

    found = evolve(
        start,
        predict=lambda genotype: predictor.ndcg(genotype.ops),
        cost_of=costs.of,
        limit=limit,
        ceiling=ceiling,
        evaluations=evaluations,
        rng=rng,
        told=told,
    )
    planes = [(costs.of(genotype), predictor.ndcg(genotype.ops)) for genotype in found]
    return [
        Candidate(genotype, cost, ndcg, within_limit=cost <= limit)
        for genotype, (cost, ndcg) in zip(found, planes, strict=True)
    ]


def ranked_candidates(
    evolved: Sequence[Candidate],
    predictor: Predictor,
    everyone: Predictor,
    settings: Mapping[str, Any],
    *,
    watch: PartWatch,
) -> list[Candidate]:
    """Those that may be chosen, best first; where nothing with a convolution fits, the alphas' own
    choice.
    """

    def told(done: int, of: int) -> None:
        message = f"Validated {done} of {of} best cells on users of the whole scene"
        fraction = _EVOLVED_SHARE + (1 - _EVOLVED_SHARE) * done / of
        watch.tick(epoch=0, epochs=0, fraction=fraction, message=message)

    eligible = [c for c in evolved if c.within_limit and not c.genotype.is_collapsed]
    return rank_candidates(
        eligible or evolved[:1], predictor, everyone, told, capacity=_capacity(settings)
    )


def _capacity(settings: Mapping[str, Any]) -> Callable[[Genotype], int]:
    """What decides ties: a cell's parameters, or nothing."""
    if settings["search"].get("ties") != "capacity":
        return lambda genotype: 0
    return partial(cell_parameters, width=settings["student"]["width"])
