"""How good teacher, student and counting are for users with short and with long histories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from adarec.catalog import baseline_title
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class MetricsByLengthInfo(ChartInfo):
    """values[role] holds the metric in each bucket of history lengths; `baseline` is the count
    baseline that is best over all users."""

    buckets: list[str]
    users: list[int]
    values: dict[str, list[float]]
    baseline: str
    metric: str
    title: str
    explanation: str = (
        "Test item ranked among all items, nothing masked; users by the items of their training "
        "history. Buckets with few users move by chance."
    )

    def rows(self) -> Rows:
        """One row per bucket."""
        named = {"baseline": self.baseline}
        return [
            {"training items": bucket, "users": users}
            | {
                f"{named.get(role, role)} {self.metric.upper()}": values[place]
                for role, values in self.values.items()
            }
            for place, (bucket, users) in enumerate(zip(self.buckets, self.users, strict=True))
        ]


def metrics_by_length_info(
    entries: Sequence[Mapping[str, Any]], *, metric: str = "ndcg@10"
) -> MetricsByLengthInfo:
    """`entries` are a result's `metrics_by_length`."""
    users = [int(entry["users"]) for entry in entries]
    totals = {
        name: sum(entry["users"] * entry["baselines"][name][metric] for entry in entries)
        for name in entries[0]["baselines"]
    }
    best = max(totals, key=lambda name: totals[name])
    values = {
        "baseline": [float(entry["baselines"][best][metric]) for entry in entries],
        "teacher": [float(entry["teacher"][metric]) for entry in entries],
        "student": [float(entry["student"][metric]) for entry in entries],
    }
    return MetricsByLengthInfo(
        [_bucket(entry) for entry in entries],
        users,
        values,
        baseline_title(best),
        metric,
        f"{metric.upper()} by length of the training history",
    )


def _bucket(entry: Mapping[str, Any]) -> str:
    low, high = entry["from"], entry["to"]
    if high is None:
        return f"{low} and more"
    return f"{low} to {high}"


def draw_metrics_by_length(info: MetricsByLengthInfo) -> go.Figure:
    """A line a role; the number of users stands under each bucket."""
    figure = new_figure(
        info, x="items of the training history", y=info.metric.upper(), legend_rows=2
    )
    names = [
        f"{bucket}<br>{users:,} users"
        for bucket, users in zip(info.buckets, info.users, strict=True)
    ]
    for role, values in info.values.items():
        figure.add_scatter(
            x=names,
            y=values,
            mode="lines+markers",
            name=info.baseline if role == "baseline" else role,
            line={"color": colours.ROLE_COLOURS[role], "width": 1.5},
            marker={
                "symbol": colours.ROLE_MARKERS[role],
                "color": colours.ROLE_COLOURS[role],
                "size": 11,
            },
            hovertemplate="%{x}: %{y:.4f}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(type="category", title_standoff=20)
    figure.update_yaxes(rangemode="tozero")
    return figure
