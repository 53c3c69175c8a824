"""The found cell as plain data: which op each edge carries. No numeric library is needed to read
one.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adarec import catalog
from adarec.errors import ArtefactError

_OPS = {op.name: op for op in catalog.OPS}


@lru_cache(maxsize=16)
def cell_edges(num_nodes: int) -> tuple[tuple[int, int], ...]:
    """All edges (source, target) of a cell, in the order that alphas and records use.

    Source 0 is the cell's input; nodes are numbered from 1. Three nodes have six edges.
    """
    return tuple(
        (source, target) for target in range(1, num_nodes + 1) for source in range(target)
    )


def cell_name(scene: str) -> str:
    """What a run that distils the cell of another scene calls it: letters, digits, _ and -."""
    return re.sub(r"[^\w-]+", "-", scene)


@dataclass(frozen=True)
class Genotype:
    """What a search found: one op name per edge, in the order of `cell_edges`; either of the one
    cell that all places in the stack repeat, or of one cell after the other, the first first.
    """

    num_nodes: int
    ops: tuple[str, ...]

    def __post_init__(self) -> None:
        expected = len(cell_edges(self.num_nodes))
        unknown = [op for op in self.ops if op not in _OPS]
        if not self.ops or len(self.ops) % expected or unknown:
            raise ArtefactError(
                f"A genotype of {self.num_nodes} nodes needs {expected} known ops a cell; "
                f"found {', '.join(self.ops)}. Search again with this version."
            )

    @property
    def num_own_cells(self) -> int:
        """Cells with ops of their own: 1 where all cells of a student are alike."""
        return len(self.ops) // len(cell_edges(self.num_nodes))

    @property
    def cells(self) -> tuple["Genotype", ...]:
        """Each cell with ops of its own, as a genotype of one cell."""
        if self.num_own_cells == 1:
            return (self,)
        size = len(cell_edges(self.num_nodes))
        starts = range(0, len(self.ops), size)
        return tuple(Genotype(self.num_nodes, self.ops[k : k + size]) for k in starts)

    def repeated(self, count: int) -> tuple["Genotype", ...]:
        """The one cell `count` times; the cells themselves where there are several."""
        return self.cells * count if self.num_own_cells == 1 else self.cells

    def in_series(self, num_cells: int) -> tuple["Genotype", ...]:
        """The cells of a student of `num_cells`, the first first.

        Raises:
            ArtefactError: This genotype has another number of cells.
        """
        if self.num_own_cells not in (1, num_cells):
            raise ArtefactError(
                f"A genotype of {self.num_own_cells} cells does not fit a student of {num_cells}. "
                "Choose as many cells, or a genotype of one cell."
            )
        return self.repeated(num_cells)

    @property
    def edges(self) -> list[tuple[int, int, str]]:
        """(source, target, op) of every edge, zero edges included; one cell after the other."""
        ends = cell_edges(self.num_nodes) * self.num_own_cells
        return [(s, t, op) for (s, t), op in zip(ends, self.ops, strict=True)]

    @property
    def is_collapsed(self) -> bool:
        """True when in no cell a parametric op carries anything from its input to its output."""
        live = (op for cell in self.cells for _, _, op in cell.live_edges)
        return not any(_OPS[op].parametric for op in live)

    @property
    def is_chain(self) -> bool:
        """True when in every cell each node is fed by the one before it alone."""
        return all((op != "zero") == (s == t - 1) for s, t, op in self.edges)

    @property
    def live_edges(self) -> list[tuple[int, int, str]]:
        """Edges that carry something: not zero, and fed by a source that is itself fed; one cell
        after the other.
        """
        live = []
        for cell in self.cells:
            fed = {0}
            for source, target, op in cell.edges:
                if op != "zero" and source in fed:
                    fed.add(target)
                    live.append((source, target, op))
        return live

    def receptive_field(self, num_cells: int) -> int:
        """How many of the newest items can influence an output after `num_cells` cells.

        Raises:
            ArtefactError: This genotype has another number of cells.
        """
        return 1 + sum(cell._reach for cell in self.in_series(num_cells))

    @property
    def _reach(self) -> int:
        """How many places back one cell looks."""
        reach = {0: 0}
        for source, target, op in self.live_edges:
            reach[target] = max(reach.get(target, 0), reach[source] + _OPS[op].reach)
        return max(reach.values())

    def differing_edges(self, other: "Genotype") -> set[tuple[int, int, int]]:
        """The edges (cell, source, target) that carry another op in `other`, or that only one
        has. Cells count from 1; a cell that repeats stands beside each cell of the other.
        """
        mine, theirs = self._by_edge(beside=other), other._by_edge(beside=self)
        return {edge for edge in mine | theirs if mine.get(edge) != theirs.get(edge)}

    def distance(self, other: "Genotype") -> float:
        """The share of edges with different ops: 0 for equal cells, 1 where nothing agrees."""
        return len(self.differing_edges(other)) / self.count_edges(other)

    def count_edges(self, other: "Genotype") -> int:
        """How many edges a comparison with `other` looks at."""
        return len(self._by_edge(beside=other) | other._by_edge(beside=self))

    def _by_edge(self, *, beside: "Genotype") -> dict[tuple[int, int, int], str]:
        cells = enumerate(self.repeated(beside.num_own_cells), start=1)
        return {(number, s, t): op for number, cell in cells for s, t, op in cell.edges}

    def describe(self) -> str:
        """One line, for tables and logs: `0>1 conv3, 0>2 skip, …`, or that of each cell, as in
        `cell 1: 0>1 conv3, …; cell 2: …`.
        """
        lines = [", ".join(f"{s}>{t} {op}" for s, t, op in cell.edges) for cell in self.cells]
        if len(lines) == 1:
            return lines[0]
        return "; ".join(f"cell {number}: {line}" for number, line in enumerate(lines, start=1))

    def to_json(self) -> dict[str, Any]:
        """Plain data for `genotype.json` and for the result's `genotype` key. Edges name their
        cell, from 1, where cells have ops of their own.
        """
        several = self.num_own_cells > 1
        edges = [
            {"source": s, "target": t, "op": op} | ({"cell": number} if several else {})
            for number, cell in enumerate(self.cells, start=1)
            for s, t, op in cell.edges
        ]
        return {"num_nodes": self.num_nodes, "edges": edges}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Genotype":
        """The genotype written by `to_json`."""
        return cls(num_nodes=data["num_nodes"], ops=tuple(edge["op"] for edge in data["edges"]))

    def dumps(self) -> str:
        """Canonical text, equal for equal genotypes."""
        return json.dumps(self.to_json(), sort_keys=True)
