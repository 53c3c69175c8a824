"""Student layers against teacher layers: the mapping that was used, or the distances it started
from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, write_values
from app.figures.layers.mapping_words import mapping_words

_MOST_WRITTEN = 12  # columns whose numbers still fit into their fields
_NUMBERS = {"mapping": ".0%", "distance": ".2f"}
_BRIGHT = "A bright field means close: bright is the strong tie in both pictures of layers."


@dataclass(frozen=True)
class LayerMatrixInfo(ChartInfo):
    """values [S, T] of one epoch; rows are student layers, columns teacher layers. `hover` is what
    a field says of its value, `span` the values between which the colours run, None for its own.
    """

    values: np.ndarray
    kind: str
    title: str
    explanation: str
    hover: str
    span: tuple[float, float] | None = None

    def rows(self) -> Rows:
        """One row per student layer, one column per teacher layer."""
        return [
            {"student layer": s + 1}
            | {f"teacher {t + 1}": float(value) for t, value in enumerate(row)}
            for s, row in enumerate(self.values)
        ]


def layer_matrix_info(
    values: np.ndarray, *, kind: str, epoch: int, mapping: str = "emd", of: str = ""
) -> LayerMatrixInfo:
    """`values` [S, T]; `kind` is `mapping` (flow) or `distance`, `mapping` the layer mapping that
    recorded them; `of` names the run where two stand side by side."""
    words = mapping_words(mapping)
    if kind == "distance":
        title, explanation = words.distance_title, f"{words.distance} {_BRIGHT}"
        hover = "distance %{z:.3g}"
    else:
        title, explanation = words.matrix_title, words.matrix
        hover = "%{customdata:.0f} % of " + words.field_of
        if words.rows_are_shares:
            values = values / values.sum(axis=1, keepdims=True)
    title = f"{title} at epoch {epoch}" + (f": {of}" if of else "")
    return LayerMatrixInfo(values, kind, title, explanation, hover)


def on_one_scale(infos: Sequence[LayerMatrixInfo]) -> list[LayerMatrixInfo]:
    """The matrices with one scale of colours, so that they can be compared by eye; as they are
    where their numbers mean different things."""
    if len({(info.kind, info.explanation) for info in infos}) > 1:
        return list(infos)
    values = np.concatenate([info.values.ravel() for info in infos])
    low = 0.0 if infos[0].kind == "mapping" else float(values.min())
    return [replace(info, span=(low, float(values.max()))) for info in infos]


def draw_layer_matrix(info: LayerMatrixInfo) -> go.Figure:
    """A heat map, numbers written in when they fit."""
    number = _NUMBERS[info.kind]
    # The flow starts at none; distances are compared with each other.
    low, high = info.span or (0 if info.kind == "mapping" else None, None)
    num_students, num_teachers = info.values.shape
    figure = new_figure(
        info, x="teacher layer", y="student layer", plot_height=20 + 44 * num_students
    )
    figure.add_heatmap(
        z=info.values,
        x=[str(t + 1) for t in range(num_teachers)],
        y=[str(s + 1) for s in range(num_students)],
        customdata=100 * info.values,
        zmin=low,
        zmax=high,
        colorscale=colours.SEQUENTIAL,
        reversescale=info.kind == "distance",
        hovertemplate="teacher layer %{x} → student layer %{y}: " + info.hover + "<extra></extra>",
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
