"""How undecided the edges of the cell still are: the entropy of their op probabilities."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, show_epochs


@dataclass(frozen=True)
class AlphaEntropyInfo(ChartInfo):
    """Mean entropy of the edges' op probabilities at each epoch, in nats and as `shares` of the
    highest one, and the Gumbel temperature by which ops were drawn (None where unknown)."""

    epochs: list[int]
    entropies: list[float]
    shares: list[float]
    temperatures: list[float | None]
    explanation: str
    title: str = "How undecided the edges are"

    def rows(self) -> Rows:
        """One row per epoch."""
        columns = zip(self.epochs, self.entropies, self.shares, self.temperatures, strict=True)
        return [
            {
                "epoch": epoch,
                "entropy (nats)": entropy,
                "share of the highest entropy": share,
                "Gumbel temperature": temperature,
            }
            for epoch, entropy, share, temperature in columns
        ]


def alpha_entropy_info(
    epochs: Sequence[int],
    entropies: Sequence[float],
    *,
    num_ops: int,
    temperatures: Sequence[float] | None = None,
) -> AlphaEntropyInfo:
    """`entropies` in nats, means over the edges; an edge chooses among `num_ops` ops."""
    highest = math.log(num_ops)
    return AlphaEntropyInfo(
        list(epochs),
        list(entropies),
        [entropy / highest for entropy in entropies],
        [None] * len(epochs) if temperatures is None else list(temperatures),
        "Entropy of the op probabilities, mean over the edges, as a share of the highest. 100 %: "
        f"all {num_ops} ops equally likely ({highest:.2f} nats). Falling: the edges decide; 0 %: "
        "each edge has one op. The Gumbel temperature, in the table, falls by a schedule and "
        "sharpens the alphas' gradient.",
    )


def draw_alpha_entropy(info: AlphaEntropyInfo) -> go.Figure:
    """One line; the hover names nats and temperature."""
    figure = new_figure(info, x="epoch", y="share of the highest")
    figure.add_scatter(
        x=info.epochs,
        y=info.shares,
        text=[
            f"{entropy:.3g} nats" + ("" if heat is None else f", Gumbel temperature {heat:.2g}")
            for entropy, heat in zip(info.entropies, info.temperatures, strict=True)
        ],
        mode="lines+markers",
        name="entropy",
        line={"color": colours.ROLE_COLOURS["student"]},
        hovertemplate="epoch %{x}: %{y:.1%}, %{text}<extra></extra>",
        showlegend=False,
    )
    # A short search decides little: show that, but never less than 10 points.
    reach = max(0.1, 1.15 * (1 - min(info.shares)))
    figure.update_yaxes(tickformat=".0%", range=[max(0.0, 1 - reach), 1 + 0.04 * reach])
    return show_epochs(figure, info.epochs[-1])
