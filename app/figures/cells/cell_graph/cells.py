"""The data of the cell's picture: where the nodes stand, the edges between them, and the words
that explain what is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import numpy as np

from adarec import catalog
from adarec.genotype import Genotype
from app.figures.cells.cell_graph.edges import GraphEdge, Place, arc, graph_edges
from app.figures.chart import ChartInfo, Rows
from app.figures.labels import edge_label


@dataclass(frozen=True)
class CellGraphInfo(ChartInfo):
    """Positions of the nodes (0 = input, last = output) and the arcs between them; `unit` is that
    of the edges' costs."""

    positions: dict[int, Place]
    edges: list[GraphEdge]
    outputs: list[np.ndarray]
    is_collapsed: bool
    title: str
    unit: str = ""
    is_compared: bool = False
    explanation: str = ""

    def rows(self) -> Rows:
        """One row per edge."""
        return [self._row(edge) for edge in self.edges]

    def _row(self, edge: GraphEdge) -> dict[str, Any]:
        row: dict[str, Any] = {
            "edge": edge_label(edge.source, edge.target),
            "op": edge.op,
            "probability": edge.weight,
            "carries something": edge.is_live,
        }
        if self.is_compared:
            row["in the other cell"] = edge.other_op or edge.op
        row["looks back (items)"] = edge.reach
        row["longest path through it (items back)"] = edge.longest_reach
        if self.unit:
            row[f"cost of one use ({self.unit})"] = edge.cost
        if edge.strongest_other is not None:
            row["strongest other op"], row["its probability"] = edge.strongest_other
        row["what it does"] = catalog.find(catalog.OPS, edge.op).description
        return row


def cell_graph_info(
    genotype: Genotype,
    *,
    op_weights: np.ndarray | None = None,
    costs: Mapping[str, Any] | None = None,
    title: str = "The cell that was found",
    compared_with: Genotype | None = None,
    with_others: bool = False,
) -> CellGraphInfo:
    """Lays a genotype of one cell out; see `cell_graph_infos`."""
    positions = _positions(genotype.num_nodes)
    edges = graph_edges(
        genotype,
        positions,
        op_weights=op_weights,
        op_costs=None if costs is None else costs["ops"],
        with_others=with_others,
    )
    if compared_with is not None:
        edges = _marked(edges, genotype, compared_with)
    output = genotype.num_nodes + 1
    outputs = [
        arc(
            positions[node],
            positions[output],
            height=0.0 if node == output - 1 else -0.22 * (output - node),
        )
        for node in range(1, output)
    ]
    info = CellGraphInfo(
        positions,
        edges,
        outputs,
        genotype.is_collapsed,
        title,
        unit="" if costs is None else str(costs["unit"]),
        is_compared=compared_with is not None,
    )
    return replace(info, explanation=explain_graphs([info]))


def cell_graph_infos(
    genotype: Genotype,
    *,
    op_weights: np.ndarray | None = None,
    costs: Mapping[str, Any] | None = None,
    title: str | None = None,
    compared_with: Genotype | None = None,
    with_others: bool = False,
) -> list[CellGraphInfo]:
    """The graph of every cell with ops of its own, the first first; a cell that all places repeat
    is drawn once, beside several cells once for each of them.

    Args:
        genotype: Of one cell or of several.
        op_weights: [edges, O] of the last search epoch, of all the genotype's edges: they give
            the edges their strength.
        costs: The cost table: `unit`, and `ops`, the cost of one use of each op.
        title: What a graph is called; several graphs are numbered.
        compared_with: Edges whose op differs from that in this genotype are marked.
        with_others: Whether probable ops that an edge does not carry are drawn beside it.
    """
    others = () if compared_with is None else compared_with.repeated(genotype.num_own_cells)
    cells = genotype.repeated(len(others)) if others else genotype.cells
    size = len(genotype.ops) // genotype.num_own_cells
    several = len(cells) > 1
    found = []
    for place, cell in enumerate(cells):
        start = place * size if genotype.num_own_cells > 1 else 0
        number = f"Cell {place + 1}"
        named = title or "The cell that was found"
        if several:
            named = number if title is None else f"{number} of {title.removeprefix('Cell of ')}"
        info = cell_graph_info(
            cell,
            op_weights=None if op_weights is None else op_weights[start : start + size],
            costs=costs,
            title=named,
            compared_with=others[place] if place < len(others) else None,
            with_others=with_others,
        )
        if others and place >= len(others):
            info = _without_other_cell(info)
        found.append(info)
    return found


def explain_graphs(graphs: Sequence[CellGraphInfo]) -> str:
    """What the signs in these graphs mean; no word on those that none of them has."""
    edges = [edge for graph in graphs for edge in graph.edges]
    words = [
        "Every node adds up its incoming edges; the cell's output is a learned mean of the nodes "
        "plus its input (thin grey lines)."
    ]
    known = [edge.weight is not None for edge in edges if edge.is_live]
    if any(known):
        where = "" if all(known) else ", where one was recorded"
        words.append(f"The width of a coloured line is its op's probability in the search{where}.")
    if any(edge.others for edge in edges):
        words.append(
            "Faint lines beside an edge are ops that it did not get: the most probable of them, "
            "nearest, and those more probable than chance."
        )
    if not all(edge.is_live for edge in edges):
        words.append("Dotted grey edges carry nothing.")
    if any(edge.other_op is not None for edge in edges):
        words.append("Framed labels with ≠ differ between compared cells.")
    if any(graph.unit for graph in graphs):
        words.append("Point at a label to read how far back its edge looks and what it costs.")
    return " ".join(words)


def _positions(num_nodes: int) -> dict[int, Place]:
    graph = nx.DiGraph()
    graph.add_nodes_from((node, {"layer": node}) for node in range(num_nodes + 2))
    layout = nx.multipartite_layout(graph, subset_key="layer")
    # networkx spreads the layers over [-1, 1]; steps of one make arc heights comparable between
    # cells.
    left = layout[0][0]
    step = layout[1][0] - left
    return {node: (float((xy[0] - left) / step), 0.0) for node, xy in layout.items()}


def _marked(
    edges: list[GraphEdge], genotype: Genotype, compared_with: Genotype
) -> list[GraphEdge]:
    """The edges, with the other cell's op where that differs."""
    differs = genotype.differing_edges(compared_with)
    others = {(s, t): op for s, t, op in compared_with.edges}
    return [
        replace(edge, other_op=others.get((edge.source, edge.target), "no such edge"))
        if (1, edge.source, edge.target) in differs
        else edge
        for edge in edges
    ]


def _without_other_cell(info: CellGraphInfo) -> CellGraphInfo:
    """The graph of a cell whose place is empty in the other run: all of its edges differ."""
    edges = [replace(edge, other_op="no such cell") for edge in info.edges]
    info = replace(info, edges=edges, is_compared=True)
    return replace(info, explanation=explain_graphs([info]))
