"""From alphas to a genotype: candidates within the cost limit, ranked by the supernet's validation
accuracy.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from adarec import catalog
from adarec.errors import TargetError
from adarec.genotype import Genotype, cell_edges
from adarec.nets.costs import SLACK, CostModel
from adarec.nets.prediction import Predictor

BODY_SHARE = 0.8
SHORTLIST = 16  # cells that are validated on users outside the slice, too
PARAMETRIC = tuple(op.name for op in catalog.OPS if op.parametric)


@dataclass(frozen=True)
class Candidate:
    """A genotype with its cost by the table.

    Attributes:
        genotype: The cell.
        cost: By the table.
        predicted_ndcg: Predicted accuracy: validation NDCG@10 of the architecture slice's users
            with the supernet's weights.
        within_limit: It may be chosen.
        confirmed_ndcg: The same of users of the whole scene (a sample of a large one), of cells
            that the slice could not tell apart.
    """

    genotype: Genotype
    cost: float
    predicted_ndcg: float
    within_limit: bool
    confirmed_ndcg: float | None = None

    def to_json(self) -> dict[str, object]:
        """Plain data for candidates.json and front.json."""
        return {
            "genotype": self.genotype.to_json(),
            "cost": self.cost,
            "predicted_ndcg@10": self.predicted_ndcg,
            "confirmed_ndcg@10": self.confirmed_ndcg,
            "within_limit": self.within_limit,
            "collapsed": self.genotype.is_collapsed,
        }


def is_connected(genotype: Genotype) -> bool:
    """True when every node of every cell keeps at least one edge that is not zero."""
    fed = ({target for _, target, op in cell.edges if op != "zero"} for cell in genotype.cells)
    return all(len(nodes) == genotype.num_nodes for nodes in fed)


def all_skip(num_nodes: int) -> Genotype:
    """The lightest cell whose every edge carries something."""
    return Genotype(num_nodes, ("skip",) * len(cell_edges(num_nodes)))


@dataclass(frozen=True)
class Target:
    """What the student may cost.

    Attributes:
        costs: The cost model on the terms of the limit.
        of: "request" (scoring and top 10 included) or "body".
        speedup: How many times cheaper than the teacher it has to be.
        limit: The most it may cost by the table, `SLACK` times teacher / speed-up.
        instead_of: The speed-up of a request that no cell reaches, so that the target is one of
            the body; None where the target is what was asked for.
    """

    costs: CostModel
    of: str
    speedup: float
    limit: float
    instead_of: float | None = None

    def to_json(self) -> dict[str, object]:
        """Plain data for search.json and the result."""
        return {
            "of": self.of,
            "speedup": self.speedup,
            "limit": self.limit,
            "unit": self.costs.unit,
            "instead_of": self.instead_of,
        }


def choose_target(
    request: CostModel,
    body: CostModel,
    *,
    speedup: float | None,
    default: float,
    num_own_cells: int = 1,
) -> Target:
    """The cost limit of a search.

    A speed-up that was asked for holds for the whole request and is refused when even the all-skip
    cell breaks it.
    Without one, `default` holds for the request if a cell with a convolution fits; on scenes with
    short histories, where scoring uses up most of the limit, `BODY_SHARE` x `default` holds for
    the body; beside a light teacher, whose body leaves no room for a convolution even so, the
    highest half of a speed-up above 1 that leaves it. `num_own_cells` is how many cells the search
    gives ops of their own.

    Raises:
        TargetError: With the speed-up that is within reach.
    """
    if speedup is not None:
        limit = request.teacher / speedup
        lightest = request.of(all_skip(request.num_nodes))
        if lightest > limit:
            raise TargetError(
                f"Even the all-skip cell costs {lightest:.3g} {request.unit}, over the limit of "
                f"{limit:.3g} {request.unit} that a speed-up of {speedup:g} sets. Up to "
                f"{request.teacher / lightest:.1f} is within reach: start again with a lower "
                "speed-up (--speedup), or choose a heavier preset."
            )
        return Target(request, "request", speedup, SLACK * limit)
    target = Target(request, "request", default, SLACK * request.teacher / default)
    lightest_cell = lightest_genotype(request, limit=target.limit, num_own_cells=num_own_cells)
    if not lightest_cell.is_collapsed:
        return target
    wanted = min(BODY_SHARE * default, _with_room(body, num_own_cells) or math.inf)
    return Target(body, "body", wanted, SLACK * body.teacher / wanted, instead_of=default)


def _with_room(costs: CostModel, num_own_cells: int) -> float | None:
    """The highest multiple of 1/2 above 1 at which a cell with a convolution fits; None where
    there is none.
    """
    lightest = lightest_genotype(costs, limit=math.inf, num_own_cells=num_own_cells)
    found = math.floor(2 * SLACK * costs.teacher / costs.of(lightest)) / 2
    return found if found > 1 else None


def draw_candidates(
    alphas: Tensor, costs: CostModel, *, limit: float, count: int, rng: np.random.Generator
) -> list[Genotype]:
    """Distinct connected genotypes within the limit: the choice of the alphas [E, O] or [S x E, O]
    first, then samples from the alphas.

    The alphas' choice is the one of highest total weight within the limit, found by trading ops
    against cost. A
    cell without a parametric op is not offered while one with such an op fits.
    """
    log_weights = torch.log_softmax(alphas.detach(), dim=-1).double().numpy()
    op_costs = costs.op_costs.double().numpy()
    num_nodes = costs.num_nodes
    found: dict[tuple[str, ...], Genotype] = {}

    def offer(indices: np.ndarray) -> None:
        genotype = Genotype(num_nodes, tuple(catalog.OP_NAMES[k] for k in indices))
        if is_connected(genotype) and not genotype.is_collapsed and costs.of(genotype) <= limit:
            found.setdefault(genotype.ops, genotype)

    scale = np.ptp(log_weights) / max(np.ptp(op_costs), 1e-12)
    for price in np.concatenate([[0.0], np.geomspace(0.01, 100.0, 25)]):
        offer((log_weights - price * scale * op_costs).argmax(axis=1))
    tries = 0
    while len(found) < count and tries < 200 * count:
        tries += 1
        softness = rng.uniform(
            1.0, 4.0
        )  # flatter than the alphas, for candidates beyond their favourites
        price = scale * rng.choice([0.0, 0.3, 1.0, 3.0])
        gumbel = rng.gumbel(size=log_weights.shape)
        offer((log_weights / softness - price * op_costs + gumbel).argmax(axis=1))
    num_own_cells = len(log_weights) // len(cell_edges(num_nodes))
    return list(found.values()) or [
        lightest_genotype(costs, limit=limit, num_own_cells=num_own_cells)
    ]


def lightest_genotype(costs: CostModel, *, limit: float, num_own_cells: int = 1) -> Genotype:
    """A chain with one parametric op if that fits the limit, else the all-skip cell; of several
    cells with ops of their own the first alone has that op.
    """
    edges = cell_edges(costs.num_nodes)
    by_cost = sorted(
        PARAMETRIC, key=lambda name: float(costs.op_costs[catalog.OP_NAMES.index(name)])
    )
    chain = tuple("skip" if source == target - 1 else "zero" for source, target in edges)
    for op in by_cost:
        ops = (op, *chain[1:], *chain * (num_own_cells - 1))  # the first edge is 0 > 1
        genotype = Genotype(costs.num_nodes, ops)
        if costs.of(genotype) <= limit:
            return genotype
    return Genotype(costs.num_nodes, all_skip(costs.num_nodes).ops * num_own_cells)


def rank_candidates(
    candidates: Sequence[Candidate],
    predictor: Predictor,
    everyone: Predictor,
    told: Callable[[int, int], None] = lambda done, of: None,
    *,
    capacity: Callable[[Genotype], int] = lambda genotype: 0,
) -> list[Candidate]:
    """Candidates by predicted accuracy, best first, the cheaper one where two are equal.

    Those within one standard error of the best (of the mean difference over the slice's users) are
    as good as it for all that the slice can tell. So many of them as are a shortlist come first,
    those of the highest capacity before all others, and of equal ones in the order of the NDCG@10
    of all users, with the same weights.

    Args:
        candidates: At least one.
        predictor: Of the architecture slice's users.
        everyone: Of all users.
        told: Called before each cell of the shortlist with the number of those done and of all.
        capacity: What a cell can learn when it is distilled for long, which the supernet's few
            epochs do not show; by default all cells are alike.
    """
    ranked = sorted(candidates, key=lambda c: (-c.predicted_ndcg, c.cost, c.genotype.ops))
    near = [c for c in ranked if _is_near(predictor, ranked[0], c)]
    if len(near) == 1:
        return ranked
    near = sorted(near, key=lambda c: -capacity(c.genotype))[:SHORTLIST]
    confirmed = []
    for done, candidate in enumerate(near):
        told(done, len(near))
        ndcg = everyone.ndcg(candidate.genotype.ops)
        confirmed.append((ndcg, replace(candidate, confirmed_ndcg=ndcg)))
    confirmed.sort(key=lambda pair: (-pair[0], pair[1].cost, pair[1].genotype.ops))
    confirmed.sort(key=lambda pair: -capacity(pair[1].genotype))
    return [candidate for _, candidate in confirmed] + [c for c in ranked if c not in near]


def _is_near(predictor: Predictor, best: Candidate, other: Candidate) -> bool:
    """Whether the mean gain of `best` over `other` is at most one standard error."""
    gains = predictor.ndcg_per_user(best.genotype.ops)
    gains = gains - predictor.ndcg_per_user(other.genotype.ops)
    return float(gains.mean()) <= float(gains.std()) / len(gains) ** 0.5
