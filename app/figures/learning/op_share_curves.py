"""The share of each op in the cells that the search would draw, over the epochs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from adarec import catalog
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, base_layout, epoch_ticks


@dataclass(frozen=True)
class OpShareCurvesInfo(ChartInfo):
    """Shares [E, O] of the ops at `epochs` [E]; every epoch's sum to 1."""

    epochs: np.ndarray
    shares: np.ndarray
    ops: list[str]
    title: str = "Share of each op"
    explanation: str = (
        "Mean probability of an op over all edges, as the search recorded it after each epoch: "
        "the share of edges that would carry the op in a cell drawn then. All start alike."
    )

    def rows(self) -> Rows:
        """One row per epoch, one column per op."""
        return [
            {"epoch": int(epoch)} | dict(zip(self.ops, shares.tolist(), strict=True))
            for epoch, shares in zip(self.epochs, self.shares, strict=True)
        ]


def op_share_curves_info(epochs: np.ndarray, op_shares: np.ndarray) -> OpShareCurvesInfo:
    """`op_shares` [E, O] in the order of `catalog.OP_NAMES`."""
    return OpShareCurvesInfo(epochs, op_shares, list(catalog.OP_NAMES[: op_shares.shape[1]]))


def draw_op_share_curves(info: OpShareCurvesInfo) -> go.Figure:
    """A line an op, each with a marker of its own."""
    layout = base_layout(info, x="epoch", y="share of the edges", plot_height=200, legend_rows=3)
    top = max(0.3, 1.15 * float(info.shares.max()))
    layout["yaxis"] |= {"range": [0, top], "tickformat": ".0%"}
    layout["xaxis"] |= epoch_ticks(int(info.epochs[-1]))
    traces = [_trace(info, place) for place in range(len(info.ops))]
    return go.Figure(data=traces, layout=layout)


def _trace(info: OpShareCurvesInfo, place: int) -> dict[str, Any]:
    op = info.ops[place]
    return {
        "type": "scatter",
        "x": info.epochs,
        "y": info.shares[:, place],
        "name": op,
        "mode": "lines+markers",
        "line": {
            "color": colours.op_colour(op),
            "dash": "dash" if op.startswith("dil") else "solid",
        },
        "marker": {"symbol": colours.series_marker(place), "size": 7},
        "hovertemplate": f"{op}: " + "%{y:.1%} at epoch %{x}<extra></extra>",
    }
