"""How long the histories of a scene are."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from adarec.data.scene import HELD_OUT
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, mark_level, new_figure

_NAMED_BINS = 10


@dataclass(frozen=True)
class SequenceLengthsInfo(ChartInfo):
    """users[i] users have a length with edges[i] <= length < edges[i + 1].

    `kept` is the 90th percentile of training lengths.
    """

    edges: list[int]
    users: list[int]
    kept: int
    title: str = "History lengths"
    explanation: str = (
        "Users by the number of their events; bins grow with the length. Nine users of ten have "
        "at most as many as the dashed line says. Models read that many less the two events that "
        "are held out, or the preset's cap."
    )

    @property
    def labels(self) -> list[str]:
        """The lengths of each bin in words: `3`, `4 to 7`."""
        pairs = zip(self.edges, self.edges[1:], strict=False)
        return [str(low) if high - low == 1 else f"{low} to {high - 1}" for low, high in pairs]

    def place_of(self, length: float) -> float:
        """Where `length` stands on an axis on which bin i reaches from i - 1/2 to i + 1/2."""
        index = min(max(bisect_right(self.edges, length) - 1, 0), len(self.users) - 1)
        low, high = self.edges[index], self.edges[index + 1]
        return index - 0.5 + (min(max(length, low), high - 1) + 0.5 - low) / (high - low)

    def rows(self) -> Rows:
        """One row per bin."""
        return [
            {"length": label, "users": users}
            for label, users in zip(self.labels, self.users, strict=True)
        ]


def sequence_lengths_info(
    histogram: Mapping[str, Sequence[int]], *, training_length_p90: int
) -> SequenceLengthsInfo:
    """`histogram` holds `edges` [n + 1] and `users` [n] as `statistics.json` stores them."""
    return SequenceLengthsInfo(
        list(histogram["edges"]), list(histogram["users"]), training_length_p90 + HELD_OUT
    )


def draw_sequence_lengths(info: SequenceLengthsInfo) -> go.Figure:
    """Bars of equal width, one a bin, named by their lengths."""
    figure = new_figure(info, x="events of a user", y="users")
    places = list(range(len(info.users)))
    figure.add_bar(
        x=places,
        y=info.users,
        marker={"color": colours.ACCENT},
        customdata=info.labels,
        hovertemplate="%{customdata} events: %{y:,} users<extra></extra>",
    )
    kept = info.place_of(info.kept)
    mark_level(figure, x=kept)
    figure.add_annotation(
        x=kept,
        y=1,
        yref="paper",
        text=f"90 % ≤ {info.kept}",
        showarrow=False,
        # The words stand on the side that has room.
        xanchor="right" if kept > len(places) / 2 else "left",
        yanchor="top",
        font={"size": 11},
    )
    step = -(-len(places) // _NAMED_BINS)
    figure.update_xaxes(
        tickvals=places[::step],
        ticktext=[str(low) for low in info.edges[:-1:step]],
        showgrid=False,
    )
    # Room above the bars for the words at the dashed line.
    figure.update_yaxes(range=[0, 1.18 * max(info.users)])
    return figure
