"""The found cell as plain data: which op each edge carries. No numeric library is needed to read
one.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from adarec import catalog
from adarec.errors import ArtefactError

_OPS = {op.name: op for op in catalog.OPS}


def cell_edges(num_nodes: int) -> list[tuple[int, int]]:
    """All edges (source, target) of a cell, in the order that alphas and records use.

    Source 0 is the cell's input; nodes are numbered from 1. Three nodes have six edges.
    """
    return [(source, target) for target in range(1, num_nodes + 1) for source in range(target)]


def cell_name(scene: str) -> str:
    """What a run that distils the cell of another scene calls it: letters, digits, _ and -."""
    return re.sub(r"[^\w-]+", "-", scene)


@dataclass(frozen=True)
class Genotype:
    """The discrete cell: one op name per edge, in the order of `cell_edges`."""

    num_nodes: int
    ops: tuple[str, ...]

    def __post_init__(self) -> None:
        expected = len(cell_edges(self.num_nodes))
        unknown = [op for op in self.ops if op not in _OPS]
        if len(self.ops) != expected or unknown:
            raise ArtefactError(
                f"A genotype of {self.num_nodes} nodes needs {expected} known ops; "
                f"found {', '.join(self.ops)}. Search again with this version."
            )

    @property
    def edges(self) -> list[tuple[int, int, str]]:
        """(source, target, op) of every edge, zero edges included."""
        return [
            (s, t, op) for (s, t), op in zip(cell_edges(self.num_nodes), self.ops, strict=True)
        ]

    @property
    def is_collapsed(self) -> bool:
        """True when no parametric op carries anything from the input to the output of the cell."""
        return not any(_OPS[op].parametric for _, _, op in self.live_edges)

    @property
    def live_edges(self) -> list[tuple[int, int, str]]:
        """Edges that carry something: not zero, and fed by a source that is itself fed."""
        fed = {0}
        live = []
        for source, target, op in self.edges:
            if op != "zero" and source in fed:
                fed.add(target)
                live.append((source, target, op))
        return live

    def receptive_field(self, num_cells: int) -> int:
        """How many of the newest items can influence an output after `num_cells` cells."""
        reach = {0: 0}
        for source, target, op in self.live_edges:
            reach[target] = max(reach.get(target, 0), reach[source] + _OPS[op].reach)
        return 1 + num_cells * max(reach.values())

    def differing_edges(self, other: "Genotype") -> set[tuple[int, int]]:
        """The edges (source, target) that carry another op in `other`, or that only one has."""
        mine = {(source, target): op for source, target, op in self.edges}
        theirs = {(source, target): op for source, target, op in other.edges}
        return {edge for edge in mine | theirs if mine.get(edge) != theirs.get(edge)}

    def distance(self, other: "Genotype") -> float:
        """The share of edges with different ops: 0 for equal cells, 1 where nothing agrees."""
        return len(self.differing_edges(other)) / max(len(self.ops), len(other.ops))

    def describe(self) -> str:
        """One line, for tables and logs: `0>1 conv3, 0>2 skip, …`."""
        return ", ".join(f"{source}>{target} {op}" for source, target, op in self.edges)

    def to_json(self) -> dict[str, Any]:
        """Plain data for `genotype.json` and for the result's `genotype` key."""
        edges = [{"source": s, "target": t, "op": op} for s, t, op in self.edges]
        return {"num_nodes": self.num_nodes, "edges": edges}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Genotype":
        """The genotype written by `to_json`."""
        return cls(num_nodes=data["num_nodes"], ops=tuple(edge["op"] for edge in data["edges"]))

    def dumps(self) -> str:
        """Canonical text, equal for equal genotypes."""
        return json.dumps(self.to_json(), sort_keys=True)
