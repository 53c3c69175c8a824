"""How much each layer counts in the distillation, epoch by epoch."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, mark_level, new_figure, show_epochs
from app.figures.layers.mapping_words import mapping_words


@dataclass(frozen=True)
class LayerWeightsInfo(ChartInfo):
    """weights [E, layers] of student or teacher at `epochs` [E]; each row sums to one."""

    role: str
    epochs: np.ndarray
    weights: np.ndarray
    title: str
    explanation: str

    def rows(self) -> Rows:
        """One row per epoch, one column per layer."""
        return [
            {"epoch": int(epoch)}
            | {f"layer {i + 1}": float(weight) for i, weight in enumerate(row)}
            for epoch, row in zip(self.epochs, self.weights, strict=True)
        ]


def layer_weights_info(
    epochs: np.ndarray, weights: np.ndarray, *, role: str, mapping: str = "emd"
) -> LayerWeightsInfo:
    """`weights` [E, layers]; `role` is `student` or `teacher`, `mapping` the layer mapping that
    recorded them."""
    explanation = mapping_words(mapping).weights[role]
    return LayerWeightsInfo(role, epochs, weights, f"Weights of the {role} layers", explanation)


def draw_layer_weights(info: LayerWeightsInfo) -> go.Figure:
    """One line per layer; the dotted level is an equal share."""
    figure = new_figure(info, x="epoch", y="weight", legend_rows=2)
    num_layers = info.weights.shape[1]
    for layer in range(num_layers):
        figure.add_scatter(
            x=info.epochs,
            y=info.weights[:, layer],
            name=f"layer {layer + 1}",
            mode="lines+markers",
            marker={"size": 6, "symbol": colours.series_marker(layer)},
            line={"color": colours.series_colour(layer), "dash": "solid" if layer < 8 else "dash"},
            hovertemplate=f"layer {layer + 1}, epoch " + "%{x}: %{y:.1%}<extra></extra>",
        )
    mark_level(figure, y=1 / num_layers, dash="dot", width=1)
    # Weights move little around the equal share: show that, but never less than ±5 points.
    reach = max(0.05, 1.15 * float(abs(info.weights - 1 / num_layers).max()))
    bottom = max(0.0, 1 / num_layers - reach)
    figure.update_yaxes(tickformat=".0%", range=[bottom, 1 / num_layers + reach])
    return show_epochs(figure, int(info.epochs[-1]))
