"""The cell that was found, as a graph: nodes in a row, edges as arcs labelled with op and
weight."""

from app.figures.cells.cell_graph.cells import (
    CellGraphInfo,
    cell_graph_info,
    cell_graph_infos,
    explain_graphs,
)
from app.figures.cells.cell_graph.drawing import draw_cell_graph
from app.figures.cells.cell_graph.edges import GraphEdge, OtherOp, arc

__all__ = [
    "CellGraphInfo",
    "GraphEdge",
    "OtherOp",
    "arc",
    "cell_graph_info",
    "cell_graph_infos",
    "draw_cell_graph",
    "explain_graphs",
]
