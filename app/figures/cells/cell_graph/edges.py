"""The edges of a drawn cell: where they run, what they see, what they cost, and which ops they
did not get."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from adarec import catalog
from adarec.genotype import Genotype

_ARC_POINTS = 40
_RISE = 0.42  # of an arc, for every step between its nodes
_STAGGER = 0.2  # arcs from odd nodes rise higher, so that labels of neighbours miss each other
_LANE = 0.09  # between an edge and the op beside it

Place = tuple[float, float]


@dataclass(frozen=True)
class OtherOp:
    """An op that an edge could have carried, and its curve [points, 2] beside the edge."""

    op: str
    weight: float
    path: np.ndarray


@dataclass(frozen=True)
class GraphEdge:
    """One edge of the cell.

    Attributes:
        source, target, op: What connects what.
        weight: The op's probability; None when no search recorded one.
        is_live: Whether the edge carries anything.
        path: Its curve [points, 2].
        reach: How many items back its op looks.
        longest_reach: How many items back the longest path through it looks, from the cell's
            input to its output; 0 where it carries nothing.
        cost: Of one use of its op, by the cost table; None without one.
        strongest_other: The most probable one of the other ops and its probability; None when no
            search recorded any.
        others: Other ops that are drawn beside it, the most probable one first.
        other_op: What it carries in the cell that it is compared with, where that differs.
    """

    source: int
    target: int
    op: str
    weight: float | None
    is_live: bool
    path: np.ndarray
    reach: int
    longest_reach: int
    cost: float | None = None
    strongest_other: tuple[str, float] | None = None
    others: tuple[OtherOp, ...] = ()
    other_op: str | None = None


def graph_edges(
    genotype: Genotype,
    positions: Mapping[int, Place],
    *,
    op_weights: np.ndarray | None = None,
    op_costs: Mapping[str, float] | None = None,
    with_others: bool = False,
) -> list[GraphEdge]:
    """The edges of a genotype of one cell.

    Args:
        genotype: Of one cell.
        positions: Of its nodes.
        op_weights: [edges, O] op probabilities.
        op_costs: Cost of one use of each op.
        with_others: Whether probable ops that the edges do not carry are drawn, too.
    """
    live = set(genotype.live_edges)
    through = longest_reaches(genotype)
    found = []
    for index, (source, target, op) in enumerate(genotype.edges):
        ends = positions[source], positions[target]
        weights = None if op_weights is None else op_weights[index]
        others = [] if weights is None else _other_ops(op, weights)
        drawn = _probable(others, len(catalog.OPS)) if with_others else []
        height = _height(source, target)
        found.append(
            GraphEdge(
                source,
                target,
                op,
                weight=None if weights is None else float(weights[catalog.OP_NAMES.index(op)]),
                is_live=(source, target, op) in live,
                path=arc(*ends, height=height),
                reach=catalog.find(catalog.OPS, op).reach,
                longest_reach=through.get((source, target), 0),
                cost=None if op_costs is None else op_costs.get(op),
                strongest_other=others[0] if others else None,
                others=tuple(
                    OtherOp(name, weight, arc(*ends, height=height - lane * _LANE))
                    for lane, (name, weight) in enumerate(drawn, start=1)
                ),
            )
        )
    return found


def arc(start: Place, end: Place, *, height: float) -> np.ndarray:
    """Points [n, 2] of a curve from `start` to `end` that rises to `height` above the straight
    line."""
    t = np.linspace(0.0, 1.0, _ARC_POINTS)
    (x0, y0), (x1, y1) = start, end
    return np.stack([x0 + (x1 - x0) * t, y0 + (y1 - y0) * t + 4 * height * t * (1 - t)], axis=1)


def longest_reaches(genotype: Genotype) -> dict[tuple[int, int], int]:
    """How many items back the longest path through each live edge (source, target) looks, in a
    genotype of one cell."""
    reach = {op.name: op.reach for op in catalog.OPS}
    before: dict[int, int] = defaultdict(int)  # from the cell's input to a node
    after: dict[int, int] = defaultdict(int)  # from a node to the cell's output
    live = genotype.live_edges
    for source, target, op in live:
        before[target] = max(before[target], before[source] + reach[op])
    for source, target, op in sorted(live, reverse=True):
        after[source] = max(after[source], reach[op] + after[target])
    return {(s, t): before[s] + reach[op] + after[t] for s, t, op in live}


def _height(source: int, target: int) -> float:
    span = target - source
    return 0.0 if span == 1 else _RISE * span + _STAGGER * (source % 2)


def _other_ops(op: str, weights: np.ndarray) -> list[tuple[str, float]]:
    """All ops but `op` and their probabilities, from `weights` [O]; the most probable first."""
    pairs = [(name, float(weights[k])) for k, name in enumerate(catalog.OP_NAMES) if name != op]
    return sorted(pairs, key=lambda pair: -pair[1])


def _probable(others: list[tuple[str, float]], num_ops: int) -> list[tuple[str, float]]:
    """The first one, and those that are more probable than chance."""
    return others[:1] + [pair for pair in others[1:] if pair[1] > 1 / num_ops]
