"""How long the histories of a scene are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class SequenceLengthsInfo(ChartInfo):
    """users[i] users have a length with edges[i] <= length < edges[i + 1]; `kept` is the 90th
    percentile."""

    edges: list[int]
    users: list[int]
    kept: int
    title: str = "History lengths"
    explanation: str = (
        "Users by the number of their events; bins grow with the length. The dashed line is the "
        "90th percentile of training lengths: models read at most so many items, or the preset's "
        "cap."
    )

    def rows(self) -> Rows:
        """One row per bin."""
        return [
            {"length": _bin_label(low, high), "users": users}
            for low, high, users in zip(self.edges, self.edges[1:], self.users, strict=False)
        ]


def _bin_label(low: int, high: int) -> str:
    return str(low) if high - low == 1 else f"{low} to {high - 1}"


def sequence_lengths_info(
    histogram: Mapping[str, Sequence[int]], *, training_length_p90: int
) -> SequenceLengthsInfo:
    """`histogram` holds `edges` [n + 1] and `users` [n] as `statistics.json` stores them."""
    return SequenceLengthsInfo(
        list(histogram["edges"]), list(histogram["users"]), training_length_p90
    )


def draw_sequence_lengths(info: SequenceLengthsInfo) -> go.Figure:
    """Bars on a logarithmic length axis when lengths spread widely."""
    is_log = info.edges[-1] > 30 * info.edges[0]
    figure = new_figure(info, x="events of a user" + (" (log scale)" if is_log else ""), y="users")
    pairs = list(zip(info.edges, info.edges[1:], strict=False))
    figure.add_bar(
        x=[(low * (high - 1)) ** 0.5 if is_log else (low + high - 1) / 2 for low, high in pairs],
        y=info.users,
        width=[high - low for low, high in pairs]
        if not is_log
        else [0.92 * (h - lo) for lo, h in pairs],
        marker={"color": colours.ACCENT},
        customdata=[_bin_label(low, high) for low, high in pairs],
        hovertemplate="%{customdata} events: %{y:,} users<extra></extra>",
    )
    figure.add_vline(
        x=info.kept,
        line={"color": colours.NEUTRAL, "dash": "dash", "width": 1.5},
        annotation={"text": f"90 % ≤ {info.kept}", "font": {"size": 11}, "yanchor": "top"},
    )
    # Room above the bars for the words at the dashed line.
    figure.update_yaxes(range=[0, 1.18 * max(info.users)])
    if is_log:
        figure.update_xaxes(type="log")
    return figure
