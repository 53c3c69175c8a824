"""How the op probabilities of every edge move over the epochs: the cell forming."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from adarec import catalog
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, base_layout

_COLUMNS = 3
_ROW_PX = 150
_GAP = (0.09, 0.22)  # between columns and between rows, where the edge's name stands
_TICKS = 5  # epochs named under a chart, about


@dataclass(frozen=True)
class OpCurvesInfo(ChartInfo):
    """Op probabilities, weights [E, edges, O], at `epochs` [E]."""

    epochs: np.ndarray
    weights: np.ndarray
    edges: list[str]
    ops: list[str]
    title: str = "Op probabilities of each edge"
    explanation: str = (
        "Each small chart is one edge of the cell; a line is the probability that the edge "
        "carries this op. Above it stands which op leads at the end, and since which epoch "
        "without a break."
    )

    def rows(self) -> Rows:
        """One row per epoch and edge, one column per op."""
        return [
            {"epoch": int(epoch), "edge": edge}
            | dict(zip(self.ops, self.weights[e, i].tolist(), strict=True))
            for e, epoch in enumerate(self.epochs)
            for i, edge in enumerate(self.edges)
        ]

    @property
    def leaders(self) -> list[tuple[str, int]]:
        """Of each edge: the most probable op at the end, and the epoch since when it leads."""
        best = self.weights.argmax(axis=2)  # [E, edges]
        found = []
        for edge in range(len(self.edges)):
            others = np.flatnonzero(best[:, edge] != best[-1, edge])
            since = 0 if not len(others) else int(others[-1]) + 1
            found.append((self.ops[best[-1, edge]], int(self.epochs[since])))
        return found


def op_curves_info(epochs: np.ndarray, op_weights: np.ndarray, edges: list[str]) -> OpCurvesInfo:
    """`op_weights` [E, edges, O] in the order of `edge_labels` and `catalog.OP_NAMES`."""
    return OpCurvesInfo(epochs, op_weights, edges, list(catalog.OP_NAMES[: op_weights.shape[2]]))


def draw_op_curves(info: OpCurvesInfo) -> go.Figure:
    """Small charts, one an edge, in one plane: one line an op runs through all of them. A plot
    with axes of its own for each edge took the browser many times as long.
    """
    plane = _Plane.of(info)
    layout = base_layout(
        info, x="epoch", y="probability", plot_height=_ROW_PX * plane.rows, legend_rows=2
    )
    layout["xaxis"] |= plane.x_ticks()
    layout["yaxis"] |= plane.y_ticks()
    layout["annotations"] = [
        {
            "text": f"{edge}: {op} since {epoch}",
            "x": plane.left(index) + 0.5,
            "y": plane.bottom(index) + 1,
            "xanchor": "center",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12},
        }
        for index, (edge, (op, epoch)) in enumerate(zip(info.edges, info.leaders, strict=True))
    ]
    traces = [_trace(info, plane, place) for place in range(len(info.ops))]
    return go.Figure(data=traces, layout=layout)


@dataclass(frozen=True)
class _Plane:
    """Where each edge's chart lies: one unit wide and high, with gaps between them.

    Attributes:
        epochs: The epochs [E] that each chart spans.
        top: The probability at the upper end of a chart.
        edges: How many charts there are.
    """

    epochs: np.ndarray
    top: float
    edges: int

    @classmethod
    def of(cls, info: OpCurvesInfo) -> "_Plane":
        # An undecided search would be a flat bundle at the bottom of an axis to 100 %.
        top = min(1.02, max(0.3, 1.15 * float(info.weights.max())))
        return cls(info.epochs, top, len(info.edges))

    @property
    def rows(self) -> int:
        return -(-self.edges // _COLUMNS)

    def left(self, index: int) -> float:
        return (index % _COLUMNS) * (1 + _GAP[0])

    def bottom(self, index: int) -> float:
        return (self.rows - 1 - index // _COLUMNS) * (1 + _GAP[1])

    def across(self, epochs: np.ndarray) -> np.ndarray:
        """Places [E] of epochs in a chart; a single one stands in the middle."""
        first, last = int(self.epochs[0]), int(self.epochs[-1])
        return np.full(len(epochs), 0.5) if first == last else (epochs - first) / (last - first)

    def x_ticks(self) -> dict[str, Any]:
        """Whole epochs under each column."""
        first, last = int(self.epochs[0]), int(self.epochs[-1])
        step = max(1, -(-(last - first) // _TICKS))
        named = np.arange(first, last + 1, step)
        columns = range(min(_COLUMNS, self.edges))
        return {
            "tickvals": np.concatenate([self.left(c) + self.across(named) for c in columns]),
            "ticktext": [str(epoch) for _ in columns for epoch in named],
            "range": [-0.02, self.left(columns[-1]) + 1.02],
        }

    def y_ticks(self) -> dict[str, Any]:
        """A few probabilities beside each row."""
        step = 0.5 if self.top > 0.9 else 0.25 if self.top > 0.5 else 0.1
        named = np.arange(0, self.top, step)
        bottoms = [self.bottom(row * _COLUMNS) for row in range(self.rows)]
        return {
            "tickvals": np.concatenate([low + named / self.top for low in bottoms]),
            "ticktext": [f"{value:.0%}" for _ in bottoms for value in named],
            "range": [-0.03, self.bottom(0) + 1 + _GAP[1]],
        }


def _trace(info: OpCurvesInfo, plane: _Plane, place: int) -> dict[str, Any]:
    """The line of one op, edge after edge with a gap between them."""
    op, count = info.ops[place], len(info.edges)
    across = plane.across(info.epochs)
    weights = info.weights[:, :, place].T  # [edges, E]
    lefts = np.array([[plane.left(index)] for index in range(count)])
    bottoms = np.array([[plane.bottom(index)] for index in range(count)])
    told = np.stack([weights, np.broadcast_to(info.epochs, weights.shape)], axis=2)
    return {
        "type": "scatter",
        "x": _joined(lefts + across),
        "y": _joined(bottoms + weights / plane.top),
        "customdata": np.pad(told, ((0, 0), (0, 1), (0, 0))).reshape(-1, 2),
        "name": catalog.find(catalog.OPS, op).title,
        "mode": "lines+markers" if len(info.epochs) < 3 else "lines",
        "line": {
            "color": colours.op_colour(op),
            "dash": "dash" if op.startswith("dil") else "solid",
        },
        "hovertemplate": f"{op}: "
        + "%{customdata[0]:.0%} at epoch %{customdata[1]}<extra></extra>",
    }


def _joined(charts: np.ndarray) -> np.ndarray:
    """Rows [edges, E] one after the other, each with a NaN behind it, where the line breaks."""
    return np.pad(charts, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
