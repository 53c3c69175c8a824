"""When the interactions of a scene happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure

_DAY_S = 86_400.0


@dataclass(frozen=True)
class InteractionsOverTimeInfo(ChartInfo):
    """counts[i] interactions between edges[i] and edges[i + 1] (seconds; Unix seconds when
    `is_date`)."""

    edges: list[float]
    counts: list[int]
    is_date: bool
    title: str = "Interactions over time"
    explanation: str = (
        "Events in equal slices of the log's time span. Gaps and steps show outages, campaigns or "
        "a log that was cut."
    )

    @property
    def starts(self) -> list[datetime] | list[float]:
        """Start of each slice: a date, or days since the first event where the log has relative
        times."""
        if self.is_date:
            return [datetime.fromtimestamp(edge, UTC) for edge in self.edges[:-1]]
        return [(edge - self.edges[0]) / _DAY_S for edge in self.edges[:-1]]

    def rows(self) -> Rows:
        """One row per slice."""
        name = "from" if self.is_date else "from day"
        return [
            {name: start, "interactions": count}
            for start, count in zip(self.starts, self.counts, strict=True)
        ]


def interactions_over_time_info(
    over_time: Mapping[str, Sequence[float]], *, time_kind: str
) -> InteractionsOverTimeInfo:
    """`over_time` holds `edges` and `interactions` as `statistics.json` stores them."""
    return InteractionsOverTimeInfo(
        list(over_time["edges"]),
        [int(count) for count in over_time["interactions"]],
        time_kind == "date",
    )


def draw_interactions_over_time(info: InteractionsOverTimeInfo) -> go.Figure:
    """Bars over dates, or over days since the first event."""
    x = "date (UTC)" if info.is_date else "days since the first event"
    figure = new_figure(info, x=x, y="interactions")
    figure.add_bar(
        x=info.starts,
        y=info.counts,
        marker={"color": colours.ACCENT},
        hovertemplate="%{x}: %{y:,} interactions<extra></extra>",
    )
    figure.update_layout(bargap=0.08)
    return figure
