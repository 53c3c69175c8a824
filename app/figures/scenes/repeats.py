"""Do people come back to the same items, and after how many steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class RepeatsInfo(ChartInfo):
    """shares[i] of the events repeat the item that came lags[i] events before."""

    lags: list[int]
    shares: list[float]
    overall: float
    title: str
    explanation: str = (
        "The title says how many events have an item that the user had before, the bars how many "
        "have the one of so many events back. A single high bar is a rhythm "
        "that a (dilated) convolution can pick up; long flat bars favour pooling."
    )

    def rows(self) -> Rows:
        """One row per lag."""
        return [
            {"events back": lag, "share of the same item": share}
            for lag, share in zip(self.lags, self.shares, strict=True)
        ]


def repeats_info(by_lag: Mapping[str, Sequence[float]], *, repeat_share: float) -> RepeatsInfo:
    """`by_lag` holds `lag` and `share` as `statistics.json` stores them."""
    title = f"Repeats: {repeat_share:.1%} of events"
    lags = [int(lag) for lag in by_lag["lag"]]
    return RepeatsInfo(lags, list(by_lag["share"]), repeat_share, title)


def draw_repeats(info: RepeatsInfo) -> go.Figure:
    """One bar per lag."""
    figure = new_figure(info, x="events back", y="share of the same item")
    figure.add_bar(
        x=info.lags,
        y=info.shares,
        marker={"color": colours.ACCENT},
        hovertemplate="the item of %{x} events back: %{y:.2%}<extra></extra>",
    )
    figure.update_xaxes(dtick=1 if len(info.lags) <= 10 else 5, showgrid=False)
    # Without any repeat an automatic axis would show nothing but -1 to 4.
    top = max([*info.shares, 0.01])
    figure.update_yaxes(tickformat=".1%" if top < 0.1 else ".0%", range=[0, 1.1 * top])
    return figure
