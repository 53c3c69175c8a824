"""The cell that was found, as a graph: nodes in a row, edges as arcs labelled with op and
weight."""

from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import numpy as np
import plotly.graph_objects as go

from adarec import catalog
from adarec.genotype import Genotype
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, base_layout
from app.figures.labels import edge_label

_ARC_POINTS = 40
_NODE_RADIUS_PX = 15
_LABEL_SHIFT_PX = 24  # straight edges are short: their label stands above the nodes


@dataclass(frozen=True)
class GraphEdge:
    """One edge of the cell; `weight` is its op's probability (None when no search recorded
    one)."""

    source: int
    target: int
    op: str
    weight: float | None
    is_live: bool
    path: np.ndarray  # [points, 2]
    other_op: str | None = None  # in the cell it is compared with, where that op differs


@dataclass(frozen=True)
class CellGraphInfo(ChartInfo):
    """Positions of the nodes (0 = input, last = output) and the arcs between them."""

    positions: dict[int, tuple[float, float]]
    edges: list[GraphEdge]
    outputs: list[np.ndarray]
    is_collapsed: bool
    title: str
    is_compared: bool = False
    explanation: str = (
        "Every node adds up its incoming edges; the cell's output is a learned mean of the nodes "
        "plus its input (thin grey lines). The width of a coloured line is its op's probability "
        "in the search. Dotted grey edges carry nothing. Framed labels with ≠ differ between "
        "compared cells."
    )

    def rows(self) -> Rows:
        """One row per edge."""
        return [
            {
                "edge": edge_label(edge.source, edge.target),
                "op": edge.op,
                "probability": edge.weight,
                "carries something": edge.is_live,
                **({"in the other cell": edge.other_op or edge.op} if self.is_compared else {}),
                "what it does": catalog.find(catalog.OPS, edge.op).description,
            }
            for edge in self.edges
        ]


def arc(start: tuple[float, float], end: tuple[float, float], *, height: float) -> np.ndarray:
    """Points [n, 2] of a curve from `start` to `end` that rises to `height` above the straight
    line."""
    t = np.linspace(0.0, 1.0, _ARC_POINTS)
    (x0, y0), (x1, y1) = start, end
    return np.stack([x0 + (x1 - x0) * t, y0 + (y1 - y0) * t + 4 * height * t * (1 - t)], axis=1)


def cell_graph_info(
    genotype: Genotype,
    *,
    op_weights: np.ndarray | None = None,
    title: str = "The cell that was found",
    compared_with: Genotype | None = None,
) -> CellGraphInfo:
    """Lays a genotype of one cell out; `op_weights` [edges, O] of the last search epoch give the
    edges their strength, and edges whose op differs from that in `compared_with` are marked."""
    graph = nx.DiGraph()
    graph.add_nodes_from((node, {"layer": node}) for node in range(genotype.num_nodes + 2))
    layout = nx.multipartite_layout(graph, subset_key="layer")
    # networkx spreads the layers over [-1, 1]; steps of one make arc heights comparable between
    # cells.
    left = layout[0][0]
    step = layout[1][0] - left
    positions = {node: (float((xy[0] - left) / step), 0.0) for node, xy in layout.items()}
    live = set(genotype.live_edges)
    differs = genotype.differing_edges(compared_with) if compared_with else set()
    others = {(s, t): op for s, t, op in compared_with.edges} if compared_with else {}
    edges = []
    for index, (source, target, op) in enumerate(genotype.edges):
        weight = (
            None if op_weights is None else float(op_weights[index, catalog.OP_NAMES.index(op)])
        )
        span = target - source
        path = arc(positions[source], positions[target], height=0.0 if span == 1 else 0.42 * span)
        edge = GraphEdge(source, target, op, weight, (source, target, op) in live, path)
        if (1, source, target) in differs:
            edge = replace(edge, other_op=others.get((source, target), "no such edge"))
        edges.append(edge)
    output = genotype.num_nodes + 1
    outputs = [
        arc(
            positions[node],
            positions[output],
            height=0.0 if node == output - 1 else -0.22 * (output - node),
        )
        for node in range(1, output)
    ]
    is_compared = compared_with is not None
    return CellGraphInfo(positions, edges, outputs, genotype.is_collapsed, title, is_compared)


def cell_graph_infos(
    genotype: Genotype,
    *,
    op_weights: np.ndarray | None = None,
    title: str | None = None,
    compared_with: Genotype | None = None,
) -> list[CellGraphInfo]:
    """The graph of every cell with ops of its own, the first first; a cell that all places repeat
    is drawn once, beside several cells once for each of them.

    Args:
        genotype: Of one cell or of several.
        op_weights: [edges, O] of the last search epoch, of all the genotype's edges.
        title: What a graph is called; several graphs are numbered.
        compared_with: Edges whose op differs from that in this genotype are marked.
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
            title=named,
            compared_with=others[place] if place < len(others) else None,
        )
        if others and place >= len(others):
            edges = [replace(edge, other_op="no such cell") for edge in info.edges]
            info = replace(info, edges=edges, is_compared=True)
        found.append(info)
    return found


def draw_cell_graph(info: CellGraphInfo) -> go.Figure:
    """Arcs, then labels in the op's colour, then the nodes on top."""
    layout = base_layout(info, plot_height=380)
    names = ["input", *(str(node) for node in list(info.positions)[1:-1]), "output"]
    top = max(edge.path[:, 1].max() for edge in info.edges)
    layout["xaxis"] = {"visible": False, "range": [-0.45, len(names) - 0.55]}
    layout["yaxis"] = {"visible": False, "range": [-0.75, max(0.6, top + 0.15)]}
    layout["annotations"] = [_label(edge) for edge in info.edges]
    outputs = [_Arrow(path, colours.NEUTRAL, 1, "solid") for path in info.outputs]
    arrows = outputs + [_edge_arrow(edge) for edge in info.edges]
    traces = [_line(arrow) for arrow in arrows]
    return go.Figure(data=[*traces, _heads(arrows), _nodes(info, names)], layout=layout)


def _nodes(info: CellGraphInfo, names: list[str]) -> dict[str, Any]:
    inner = len(names) - 2
    return {
        "type": "scatter",
        "x": [x for x, _ in info.positions.values()],
        "y": [y for _, y in info.positions.values()],
        "mode": "markers+text",
        "marker": {"size": 2 * _NODE_RADIUS_PX, "color": colours.ACCENT, "line": {"width": 0}},
        "text": names,
        "textposition": ["bottom center", *["middle center"] * inner, "top center"],
        "textfont": {
            "color": [colours.NEUTRAL, *["#FFFFFF"] * inner, colours.NEUTRAL],
            "size": 14,
        },
        "hoverinfo": "skip",
    }


def _edge_arrow(edge: GraphEdge) -> "_Arrow":
    if not edge.is_live:
        return _Arrow(edge.path, colours.NEUTRAL, 1, "dot")
    strength = 0.5 if edge.weight is None else edge.weight
    return _Arrow(edge.path, colours.op_colour(edge.op), 2 + 5 * strength, "solid")


def _label(edge: GraphEdge) -> dict[str, Any]:
    """The op in the middle of its edge, with what it does on hover."""
    op = catalog.find(catalog.OPS, edge.op)
    share = "" if edge.weight is None else f"<br>probability {edge.weight:.1%}"
    x, y = edge.path[len(edge.path) // 2]
    fill = colours.op_colour(edge.op) if edge.is_live else colours.NEUTRAL
    text = edge.op if edge.weight is None else f"{edge.op} {edge.weight:.0%}"
    other = "" if edge.other_op is None else f"<br>in the other cell: {edge.other_op}"
    return {
        "x": x,
        "y": y,
        "text": text if edge.other_op is None else f"<b>≠ {text}</b>",
        "showarrow": False,
        "yshift": _LABEL_SHIFT_PX if edge.target - edge.source == 1 else 0,
        "bgcolor": fill,
        "borderpad": 3,
        "bordercolor": colours.NEUTRAL if edge.other_op is None else colours.MARK,
        "borderwidth": 0 if edge.other_op is None else 2,
        "font": {"color": colours.text_on(fill), "size": 12},
        "hovertext": f"{edge_label(edge.source, edge.target)}: {op.title}<br>{op.description}"
        f"{share}{other}",
    }


@dataclass(frozen=True)
class _Arrow:
    """A curve [n, 2] and its look."""

    path: np.ndarray
    colour: str
    width: float
    dash: str


def _line(arrow: _Arrow) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": arrow.path[:, 0],
        "y": arrow.path[:, 1],
        "mode": "lines",
        "line": {"color": arrow.colour, "width": arrow.width, "dash": arrow.dash},
        "hoverinfo": "skip",
    }


def _heads(arrows: list[_Arrow]) -> dict[str, Any]:
    """The heads of all arrows in one trace: the browser draws a marker for every point it gets."""
    ends = np.concatenate([arrow.path[-2:] for arrow in arrows])
    return {
        "type": "scatter",
        "x": ends[:, 0],
        "y": ends[:, 1],
        "mode": "markers",
        "marker": {
            "symbol": "arrow",
            "angleref": "previous",
            "color": [arrow.colour for arrow in arrows for _ in range(2)],
            "size": [size for arrow in arrows for size in (0, 10 + arrow.width)],
            "standoff": [0, _NODE_RADIUS_PX] * len(arrows),
            "opacity": 1,
        },
        "hoverinfo": "skip",
    }
