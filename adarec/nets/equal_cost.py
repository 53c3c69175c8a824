"""Cells that cost what a found student costs when their graphs are timed in turn with its own.

A cost table adds up ops that were timed alone. A search ends at cells that the table finds too
cheap, so random cells of the same cost by the table run faster than the found one, and are no
controls of equal cost.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adarec.genotype import Genotype
from adarec.nets.cost_tables import OP_REPEATS
from adarec.nets.costs import CostModel
from adarec.nets.export import write_body_graph
from adarec.nets.latency import request_call, time_in_turn
from adarec.nets.plain_stacks import plain_stacks
from adarec.nets.random_cells import random_genotypes
from adarec.nets.students.student import build_student

# Shares of the found cell's cost by the table: the first window that holds any cell is searched,
# a wide one where the clock shall decide.
BY_CLOCK = ((0.75, 1.35), (0.5, 2.0), (0.0, np.inf))
BY_TABLE = ((0.95, 1.05), *BY_CLOCK)
RANDOM_CELLS = 24  # that are compared
Windows = Sequence[tuple[float, float]]
TOLERANCE = 0.05  # a cell whose cost differs less is of equal cost


@dataclass(frozen=True)
class Priced:
    """A cell and its body's cost: measured in milliseconds, or by the table where that counts."""

    genotype: Genotype
    cost: float

    def to_json(self) -> dict[str, object]:
        """Plain data for matched.json."""
        return {"genotype": self.genotype.to_json(), "cost": self.cost}


def random_candidates(
    found: Genotype,
    costs: CostModel,
    *,
    windows: Windows,
    rng: np.random.Generator,
) -> list[Genotype]:
    """Distinct random cells, in the order in which they were drawn, that cost about what `found`
    costs by the table; `found` itself is none of them. Fewer than `RANDOM_CELLS` where few exist.
    """
    own = costs.of(found)
    for least, most in windows:
        drawn = random_genotypes(
            costs,
            least=least * own,
            most=most * own,
            count=RANDOM_CELLS + 1,
            rng=rng,
            num_own_cells=found.num_own_cells,
        )
        others = [genotype for genotype in drawn if genotype != found]
        if others:
            return others[:RANDOM_CELLS]
    return []


def stack_candidates(found: Genotype, costs: CostModel, *, windows: Windows) -> list[Genotype]:
    """Plain stacks that cost about what `found` costs by the table; it may be one of them."""
    own, stacks = costs.of(found), plain_stacks(costs.num_nodes)
    for least, most in windows:
        near = [each for each in stacks if least * own <= costs.of(each) <= most * own]
        if near:
            return near
    return stacks


def priced_by_table(
    found: Genotype, candidates: Sequence[Genotype], costs: CostModel
) -> list[Priced]:
    """The found cell and then the candidates, at what the table counts."""
    return [Priced(genotype, costs.of(genotype)) for genotype in (found, *candidates)]


def priced_by_clock(
    found: Genotype,
    candidates: Sequence[Genotype],
    *,
    num_items: int,
    width: int,
    num_cells: int,
    length: int,
) -> list[Priced]:
    """The found cell and then the candidates, at the median milliseconds of their bodies'
    graphs, timed in turn; untrained students serve.
    """
    cells = [found, *candidates]
    calls = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, genotype in enumerate(cells):
            graph = Path(folder) / f"{number}.onnx"
            student = build_student(
                num_items=num_items,
                width=width,
                num_cells=num_cells,
                genotype=genotype,
                dropout=0.0,
            )
            write_body_graph(student.eval(), graph, length=length)
            calls[str(number)] = request_call(
                graph, length=length, num_items=num_items, outputs=["state"]
            )
    times = time_in_turn(calls, repeats=OP_REPEATS)
    return [Priced(genotype, times[str(number)].p50) for number, genotype in enumerate(cells)]


def nearest_first(found: Priced, candidates: Sequence[Priced]) -> list[Priced]:
    """Those of equal cost in their order, as none of them is nearer than timing can tell; then the
    others, the nearest first.
    """

    def distance(priced: Priced) -> float:
        return abs(priced.cost - found.cost) / found.cost

    equal = [each for each in candidates if distance(each) <= TOLERANCE]
    return equal + sorted((each for each in candidates if each not in equal), key=distance)
