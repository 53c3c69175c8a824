"""How the op probabilities of every edge move over the epochs: the cell forming."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from adarec import catalog
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, show_epochs
from app.figures.labels import edge_label

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
        "carries this op. The search is decided on an edge when one line leaves the others."
    )

    def rows(self) -> Rows:
        """One row per epoch and edge, one column per op."""
        return [
            {"epoch": int(epoch), "edge": edge}
            | dict(zip(self.ops, self.weights[e, i].tolist(), strict=True))
            for e, epoch in enumerate(self.epochs)
            for i, edge in enumerate(self.edges)
        ]


def op_curves_info(
    epochs: np.ndarray, op_weights: np.ndarray, edges: list[tuple[int, int]]
) -> OpCurvesInfo:
    """`op_weights` [E, edges, O] in the order of `cell_edges` and `catalog.OP_NAMES`."""
    labels = [edge_label(*edge) for edge in edges]
    return OpCurvesInfo(epochs, op_weights, labels, list(catalog.OP_NAMES[: op_weights.shape[2]]))


def draw_op_curves(info: OpCurvesInfo) -> go.Figure:
    """Small multiples, one an edge, all with the same axes."""
    num_rows = -(-len(info.edges) // _COLUMNS)
    # An undecided search would be a flat bundle at the bottom of an axis to 100 %.
    top = min(1.02, max(0.3, 1.15 * float(info.weights.max())))
    grid = make_subplots(
        rows=num_rows,
        cols=_COLUMNS,
        shared_xaxes=True,
        shared_yaxes=True,
        subplot_titles=info.edges,
        vertical_spacing=0.14 if num_rows < 4 else 0.08,
        horizontal_spacing=0.03,
    )
    for index in range(len(info.edges)):
        row, column = divmod(index, _COLUMNS)
        for place, op in enumerate(info.ops):
            grid.add_scatter(
                x=info.epochs,
                y=info.weights[:, index, place],
                name=catalog.find(catalog.OPS, op).title,
                legendgroup=op,
                showlegend=index == 0,
                mode="lines+markers" if len(info.epochs) < 3 else "lines",
                line={
                    "color": colours.op_colour(op),
                    "dash": "dash" if op.startswith("dil") else "solid",
                },
                hovertemplate=f"{op}: " + "%{y:.0%} at epoch %{x}<extra></extra>",
                row=row + 1,
                col=column + 1,
            )
    look = new_figure(info, x="epoch", plot_height=140 * num_rows, legend_rows=2).layout
    # The row of edge names stands between the title and the first plots.
    grid.update_layout(
        title=look.title,
        height=look.height + 24,
        margin=look.margin.update(t=look.margin.t + 24),
        legend=look.legend,
        uirevision="keep",
    )
    grid.update_annotations(font_size=12)
    grid.update_xaxes(gridcolor=colours.GRID, zeroline=False)
    grid.update_yaxes(gridcolor=colours.GRID, zeroline=False, range=[0, top], tickformat=".0%")
    grid.update_xaxes(title="epoch", row=num_rows)
    grid.update_yaxes(title="probability", col=1)
    return show_epochs(grid, int(info.epochs[-1]))
