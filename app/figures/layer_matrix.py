"""Student layers against teacher layers: the mapping that was used, or the distances it started
from."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, write_values

_MOST_WRITTEN = 12  # columns whose numbers still fit into their fields
_KINDS = {
    "mapping": (
        "Layer mapping",
        "Share of the transport that moves from a teacher layer (column) to a student layer "
        "(row), mean of the epoch. The whole matrix sums to 100 %; a bright field means: this "
        "student layer learns from that layer.",
        ".0%",
        "flow",
    ),
    "distance": (
        "Distance of layers",
        "Between student and teacher layer after projection, mean of the epoch: the mean squared "
        "difference after layer norm, or the KL divergence where the run asked for it "
        "(losses.hidden_distance). emd prefers small distances.",
        ".2f",
        "distance",
    ),
}


@dataclass(frozen=True)
class LayerMatrixInfo(ChartInfo):
    """values [S, T] of one epoch; rows are student layers, columns teacher layers."""

    values: np.ndarray
    kind: str
    title: str
    explanation: str

    def rows(self) -> Rows:
        """One row per student layer, one column per teacher layer."""
        return [
            {"student layer": s + 1}
            | {f"teacher {t + 1}": float(value) for t, value in enumerate(row)}
            for s, row in enumerate(self.values)
        ]


def layer_matrix_info(values: np.ndarray, *, kind: str, epoch: int) -> LayerMatrixInfo:
    """`values` [S, T]; `kind` is `mapping` (flow) or `distance`."""
    title, explanation, _, _ = _KINDS[kind]
    return LayerMatrixInfo(values, kind, f"{title} at epoch {epoch}", explanation)


def draw_layer_matrix(info: LayerMatrixInfo) -> go.Figure:
    """A heat map, numbers written in when they fit."""
    _, _, number, quantity = _KINDS[info.kind]
    num_students, num_teachers = info.values.shape
    figure = new_figure(
        info, x="teacher layer", y="student layer", plot_height=20 + 44 * num_students
    )
    figure.add_heatmap(
        z=info.values,
        x=[str(t + 1) for t in range(num_teachers)],
        y=[str(s + 1) for s in range(num_students)],
        # The flow starts at none; distances are compared with each other.
        zmin=0 if info.kind == "mapping" else None,
        colorscale=colours.SEQUENTIAL,
        reversescale=info.kind == "distance",
        hovertemplate="student layer %{y}, teacher layer %{x}: %{z:.3g} "
        + quantity
        + "<extra></extra>",
        showscale=num_teachers > _MOST_WRITTEN,
        colorbar={"thickness": 12, "tickformat": number, "nticks": 5},
        xgap=2,
        ygap=2,
    )
    if num_teachers <= _MOST_WRITTEN:
        write_values(figure, number)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure
