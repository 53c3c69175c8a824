"""How good teacher, student and counting are for users with short and with long histories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from adarec.catalog import baseline_title
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure

WITHOUT = " without augmentation"
EXPLANATION = (
    "Test item ranked among all items, nothing masked; users by the items of their training "
    "history. Buckets with few users move by chance."
)


@dataclass(frozen=True)
class MetricsByLengthInfo(ChartInfo):
    """values[role] holds the metric in each bucket of history lengths, plain[role] that of the
    same run without its augmentation, where there is one; `baseline` is the count baseline that is
    best over all users."""

    buckets: list[str]
    users: list[int]
    values: dict[str, list[float]]
    baseline: str
    metric: str
    title: str
    explanation: str = EXPLANATION
    plain: dict[str, list[float]] = field(default_factory=dict)

    def lines(self) -> dict[str, list[float]]:
        """Name -> values of all that is compared."""
        named = {"baseline": self.baseline}
        values = {named.get(role, role): values for role, values in self.values.items()}
        return values | {f"{role}{WITHOUT}": values for role, values in self.plain.items()}

    def rows(self) -> Rows:
        """One row per bucket."""
        return [
            {"training items": bucket, "users": users}
            | {
                f"{name} {self.metric.upper()}": values[place]
                for name, values in self.lines().items()
            }
            for place, (bucket, users) in enumerate(zip(self.buckets, self.users, strict=True))
        ]


def metrics_by_length_info(
    entries: Sequence[Mapping[str, Any]],
    *,
    metric: str = "ndcg@10",
    plain: Sequence[Mapping[str, Any]] = (),
    plain_run: str = "",
) -> MetricsByLengthInfo:
    """`entries` are a result's `metrics_by_length`; `plain` are those of `plain_run`, the same
    search of the same users without its augmentation."""
    users = [int(entry["users"]) for entry in entries]
    totals = {
        name: sum(entry["users"] * entry["baselines"][name][metric] for entry in entries)
        for name in entries[0]["baselines"]
    }
    best = max(totals, key=lambda name: totals[name])
    baseline = [float(entry["baselines"][best][metric]) for entry in entries]
    before = f" Dashed: the same search without augmentation, run {plain_run}." if plain else ""
    return MetricsByLengthInfo(
        [_bucket(entry) for entry in entries],
        users,
        {"baseline": baseline} | _of_models(entries, metric),
        baseline_title(best),
        metric,
        f"{metric.upper()} by length of the training history",
        EXPLANATION + before,
        _of_models(plain, metric) if plain else {},
    )


def _of_models(entries: Sequence[Mapping[str, Any]], metric: str) -> dict[str, list[float]]:
    return {
        role: [float(entry[role][metric]) for entry in entries] for role in ("teacher", "student")
    }


def _bucket(entry: Mapping[str, Any]) -> str:
    low, high = entry["from"], entry["to"]
    if high is None:
        return f"{low} and more"
    return f"{low} to {high}"


def draw_metrics_by_length(info: MetricsByLengthInfo) -> go.Figure:
    """A line a role, dashed without the augmentation; the number of users stands under each
    bucket."""
    figure = new_figure(
        info,
        x="items of the training history",
        y=info.metric.upper(),
        legend_rows=3 if info.plain else 2,
    )
    names = [
        f"{bucket}<br>{users:,} users"
        for bucket, users in zip(info.buckets, info.users, strict=True)
    ]
    roles = [(role, False) for role in info.values] + [(role, True) for role in info.plain]
    for (role, is_plain), (name, values) in zip(roles, info.lines().items(), strict=True):
        colour = colours.ROLE_COLOURS[role]
        figure.add_scatter(
            x=names,
            y=values,
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 1.5, "dash": "dash" if is_plain else "solid"},
            marker={
                "symbol": colours.ROLE_MARKERS[role] + ("-open" if is_plain else ""),
                "color": colour,
                "size": 11,
            },
            hovertemplate="%{x}: %{y:.4f}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(type="category", title_standoff=20)
    figure.update_yaxes(rangemode="tozero")
    return figure
