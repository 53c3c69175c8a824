"""Student layers against teacher layers: the mapping that was used, or the distances it started
from."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, write_values
from app.figures.layers.mapping_words import mapping_words

_MOST_WRITTEN = 12  # columns whose numbers still fit into their fields
_NUMBERS = {"mapping": (".0%", "flow"), "distance": (".2f", "distance")}
_BRIGHT = "A bright field means close: bright is the strong tie in both pictures of layers."


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


def layer_matrix_info(
    values: np.ndarray, *, kind: str, epoch: int, mapping: str = "emd"
) -> LayerMatrixInfo:
    """`values` [S, T]; `kind` is `mapping` (flow) or `distance`, `mapping` the layer mapping that
    recorded them."""
    words = mapping_words(mapping)
    if kind == "distance":
        title, explanation = words.distance_title, f"{words.distance} {_BRIGHT}"
    else:
        title, explanation = words.matrix_title, words.matrix
        if words.rows_are_shares:
            values = values / values.sum(axis=1, keepdims=True)
    return LayerMatrixInfo(values, kind, f"{title} at epoch {epoch}", explanation)


def draw_layer_matrix(info: LayerMatrixInfo) -> go.Figure:
    """A heat map, numbers written in when they fit."""
    number, quantity = _NUMBERS[info.kind]
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
        # Distances run the other way round than shares: the bar says so.
        showscale=info.kind == "distance" or num_teachers > _MOST_WRITTEN,
        colorbar={"thickness": 12, "tickformat": number, "nticks": 5},
        xgap=2,
        ygap=2,
    )
    if num_teachers <= _MOST_WRITTEN:
        write_values(figure, number)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure
