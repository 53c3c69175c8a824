"""How the op probabilities of every edge move over the epochs: the cell forming."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from adarec import catalog
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, base_layout, epoch_ticks, small_multiples

_COLUMNS = 3


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
    """Small multiples, one an edge, all with the same axes."""
    num_rows = -(-len(info.edges) // _COLUMNS)
    layout = small_multiples(
        base_layout(info, x="epoch", y="probability", plot_height=140 * num_rows, legend_rows=2),
        [
            f"{edge}: {op} since {epoch}"
            for edge, (op, epoch) in zip(info.edges, info.leaders, strict=True)
        ],
        columns=_COLUMNS,
        gaps=(0.03, 0.14 if num_rows < 4 else min(0.08, 0.4 / num_rows)),
        shared=True,
    )
    # An undecided search would be a flat bundle at the bottom of an axis to 100 %.
    top = min(1.02, max(0.3, 1.15 * float(info.weights.max())))
    ticks = epoch_ticks(int(info.epochs[-1]))
    for name, axis in layout.items():
        if name.startswith("yaxis"):
            axis |= {"range": [0, top], "tickformat": ".0%"}
        elif name.startswith("xaxis"):
            axis |= ticks
    num_ops = len(info.ops)
    traces = [
        _trace(info, index, place) for index in range(len(info.edges)) for place in range(num_ops)
    ]
    return go.Figure(data=traces, layout=layout)


def _trace(info: OpCurvesInfo, index: int, place: int) -> dict[str, Any]:
    """The line of one op on one edge."""
    op, number = info.ops[place], "" if index == 0 else str(index + 1)
    return {
        "type": "scatter",
        "x": info.epochs,
        "y": info.weights[:, index, place],
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "name": catalog.find(catalog.OPS, op).title,
        "legendgroup": op,
        "showlegend": index == 0,
        "mode": "lines+markers" if len(info.epochs) < 3 else "lines",
        "line": {
            "color": colours.op_colour(op),
            "dash": "dash" if op.startswith("dil") else "solid",
        },
        "hovertemplate": f"{op}: " + "%{y:.0%} at epoch %{x}<extra></extra>",
    }
