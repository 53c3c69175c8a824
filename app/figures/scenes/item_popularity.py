"""How unevenly the items of a scene are used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class ItemPopularityInfo(ChartInfo):
    """cumulative[i] of all interactions fall on the ranks[i] most popular items."""

    ranks: list[int]
    shares: list[float]
    cumulative: list[float]
    title: str = "Item popularity"
    explanation: str = (
        "Share of all interactions that fall on the most popular items. A curve that rises at "
        "once means few items make most of the traffic; the dotted line is what equal items would "
        "give."
    )

    def rows(self) -> Rows:
        """One row per rank that the curve holds."""
        return [
            {"most popular items": rank, "share of one": share, "share of all up to it": total}
            for rank, share, total in zip(self.ranks, self.shares, self.cumulative, strict=True)
        ]


def item_popularity_info(popularity: Mapping[str, Sequence[float]]) -> ItemPopularityInfo:
    """`popularity` holds `rank`, `share`, `cumulative_share` as `statistics.json` stores them."""
    return ItemPopularityInfo(
        [int(rank) for rank in popularity["rank"]],
        list(popularity["share"]),
        list(popularity["cumulative_share"]),
    )


def draw_item_popularity(info: ItemPopularityInfo) -> go.Figure:
    """The cumulative share over the rank, rank on a logarithmic axis."""
    figure = new_figure(info, x="most popular items (log scale)", y="share of interactions")
    figure.add_scatter(
        x=info.ranks,
        y=info.cumulative,
        mode="lines+markers" if len(info.ranks) < 3 else "lines",
        line={"color": colours.ACCENT, "width": 2.5},
        name="this scene",
        showlegend=False,
        hovertemplate="the %{x:,} most popular items: %{y:.1%}<extra></extra>",
    )
    figure.add_scatter(
        x=info.ranks,
        y=[rank / info.ranks[-1] for rank in info.ranks],
        mode="lines",
        line={"color": colours.NEUTRAL, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.03])
    return figure
