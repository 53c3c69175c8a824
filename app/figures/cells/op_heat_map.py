"""Which op each edge would carry, at one epoch of the search."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from adarec import catalog
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, write_values


@dataclass(frozen=True)
class OpHeatMapInfo(ChartInfo):
    """weights [edges, O] at one epoch; rows are edges, columns ops."""

    epoch: int
    weights: np.ndarray
    edges: list[str]
    ops: list[str]
    title: str
    explanation: str = (
        "Probability (softmax of the alphas) that an edge carries an op. Every row sums to 100 %. "
        "The alphas start equal; edges whose row stays flat were never decided."
    )

    def rows(self) -> Rows:
        """One row per edge, one column per op."""
        return [
            {"edge": edge} | dict(zip(self.ops, self.weights[i].tolist(), strict=True))
            for i, edge in enumerate(self.edges)
        ]


def op_heat_map_info(op_weights: np.ndarray, *, epoch: int, edges: list[str]) -> OpHeatMapInfo:
    """`op_weights` [edges, O] of one epoch, in the order of `edge_labels` and
    `catalog.OP_NAMES`."""
    ops = list(catalog.OP_NAMES[: op_weights.shape[1]])
    return OpHeatMapInfo(epoch, op_weights, edges, ops, f"Op probabilities at epoch {epoch}")


def draw_op_heat_map(info: OpHeatMapInfo) -> go.Figure:
    """A heat map with the percentage written into every field."""
    figure = new_figure(
        info,
        x="candidate op",
        y="edge of the cell",
        plot_height=36 * len(info.edges) + 20,
        names=info.edges,
    )
    figure.add_heatmap(
        z=info.weights,
        x=info.ops,
        y=info.edges,
        zmin=0,
        zmax=max(0.3, float(info.weights.max())),
        colorscale=colours.SEQUENTIAL,
        hovertemplate="edge %{y} carries %{x} with probability %{z:.1%}<extra></extra>",
        showscale=False,
        xgap=2,
        ygap=2,
    )
    write_values(figure, ".0%")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False)
    return figure
