"""The cell's picture: nodes in a row, edges as arcs with the op in their middle."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from adarec import catalog
from app.figures import colours
from app.figures.cells.cell_graph.cells import CellGraphInfo
from app.figures.cells.cell_graph.edges import GraphEdge, OtherOp
from app.figures.chart import base_layout
from app.figures.labels import edge_label

_NODE_RADIUS_PX = 15
_UNIT_PX = 177  # of height, whatever the number of nodes: labels keep their distance
_BELOW = 0.75  # room under the nodes, for the lines to the output
# Straight edges are short: their label stands above the nodes, every second one higher, so that
# neighbours do not meet in a narrow picture.
_LABEL_SHIFTS_PX = (30, 60)
_OTHER_OPACITY = 0.5
_HOVER_PX = 6  # lines lie near each other


def draw_cell_graph(info: CellGraphInfo) -> go.Figure:
    """Ops that were not taken, arcs over them, then labels in the op's colour, and the nodes on
    top."""
    names = ["input", *(str(node) for node in list(info.positions)[1:-1]), "output"]
    top = max(0.6, max(edge.path[:, 1].max() for edge in info.edges) + 0.15)
    layout = base_layout(info, plot_height=round(_UNIT_PX * (_BELOW + top)))
    layout["xaxis"] = {"visible": False, "range": [-0.75, len(names) - 0.55]}
    layout["yaxis"] = {"visible": False, "range": [-_BELOW, top]}
    layout["hoverdistance"] = _HOVER_PX
    layout["annotations"] = [_label(edge, info.unit) for edge in info.edges]
    faint = [_other_line(edge, other) for edge in info.edges for other in edge.others]
    outputs = [_Arrow(path, colours.NEUTRAL, 1, "solid") for path in info.outputs]
    arrows = outputs + [_edge_arrow(edge) for edge in info.edges]
    traces = [*faint, *(_line(arrow) for arrow in arrows), _heads(arrows), _nodes(info, names)]
    return go.Figure(data=traces, layout=layout)


def _nodes(info: CellGraphInfo, names: list[str]) -> dict[str, Any]:
    inner = len(names) - 2
    return {
        "type": "scatter",
        "x": [x for x, _ in info.positions.values()],
        "y": [y for _, y in info.positions.values()],
        "mode": "markers+text",
        "marker": {"size": 2 * _NODE_RADIUS_PX, "color": colours.ACCENT, "line": {"width": 0}},
        "text": names,
        "textposition": ["middle left", *["middle center"] * inner, "top center"],
        "textfont": {
            "color": [colours.NEUTRAL, *["#FFFFFF"] * inner, colours.NEUTRAL],
            "size": 14,
        },
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _edge_arrow(edge: GraphEdge) -> "_Arrow":
    if not edge.is_live:
        return _Arrow(edge.path, colours.NEUTRAL, 1, "dot")
    strength = 0.5 if edge.weight is None else edge.weight
    return _Arrow(edge.path, colours.op_colour(edge.op), 2 + 5 * strength, "solid")


def _label(edge: GraphEdge, unit: str) -> dict[str, Any]:
    """The op in the middle of its edge, with what is known of the edge on hover."""
    x, y = edge.path[len(edge.path) // 2]
    fill = colours.op_colour(edge.op) if edge.is_live else colours.NEUTRAL
    text = edge.op if edge.weight is None else f"{edge.op} {edge.weight:.0%}"
    is_straight = edge.target - edge.source == 1
    return {
        "x": x,
        "y": y,
        "text": text if edge.other_op is None else f"<b>≠ {text}</b>",
        "showarrow": False,
        "yshift": _LABEL_SHIFTS_PX[edge.source % 2] if is_straight else 0,
        "bgcolor": fill,
        "borderpad": 3,
        "bordercolor": colours.NEUTRAL if edge.other_op is None else colours.MARK,
        "borderwidth": 0 if edge.other_op is None else 2,
        "font": {"color": colours.text_on(fill), "size": 12},
        "hovertext": "<br>".join(_words(edge, unit)),
    }


def _words(edge: GraphEdge, unit: str) -> list[str]:
    """What is known of an edge, a line each."""
    op = catalog.find(catalog.OPS, edge.op)
    lines = [f"{edge_label(edge.source, edge.target)}: {op.title}", op.description]
    if edge.is_live:
        path = f"the longest path through it {_items_back(edge.longest_reach)}"
        lines.append(f"looks {_items_back(edge.reach)}, {path}")
    if edge.cost is not None:
        lines.append(f"one use costs {edge.cost:.3g} {unit}")
    if edge.weight is not None:
        lines.append(f"probability {edge.weight:.1%}")
    if edge.weight is not None and edge.strongest_other is not None:
        name, weight = edge.strongest_other
        place = "more probable" if weight > edge.weight else "runner-up"
        lines.append(f"{place}: {catalog.find(catalog.OPS, name).title}, {weight:.1%}")
    if edge.other_op is not None:
        lines.append(f"in the other cell: {edge.other_op}")
    return lines


def _items_back(count: int) -> str:
    if count == 0:
        return "no further back"
    return f"{count} item{'' if count == 1 else 's'} back"


def _other_line(edge: GraphEdge, other: OtherOp) -> dict[str, Any]:
    title = catalog.find(catalog.OPS, other.op).title
    name = edge_label(edge.source, edge.target)
    colour = colours.faded(colours.op_colour(other.op), _OTHER_OPACITY)
    return _line(_Arrow(other.path, colour, 1 + 3 * other.weight, "solid")) | {
        "hoverinfo": "text",
        "text": f"{name}: not taken: {title}, {other.weight:.1%}",
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
