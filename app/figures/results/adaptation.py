"""What a target's histories were worth: the adapted student between the one that never saw them
and the one that knew their labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from adarec.catalog import baseline_title
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure

# Role in the result -> how the chart names it, bottom of the scale first.
_TITLES = {
    "baseline": "best counting",
    "source_only": "student, source alone",
    "student": "student, adapted",
    "teacher": "teacher of the source",
    "oracle": "student, oracle",
}
_LOOK = {
    "baseline": (colours.ROLE_COLOURS["baseline"], "x"),
    "source_only": (colours.ROLE_COLOURS["control"], "diamond"),
    "student": (colours.ROLE_COLOURS["student"], "circle"),
    "teacher": (colours.ROLE_COLOURS["teacher"], "square"),
    "oracle": (colours.NEUTRAL, "star"),
}


@dataclass(frozen=True)
class AdaptationEntry:
    """One model on the target's test items; `interval` bounds its value relative to the adapted
    student's."""

    role: str
    value: float
    interval: tuple[float, float] | None
    name: str


@dataclass(frozen=True)
class AdaptationInfo(ChartInfo):
    """The models of one adaptation."""

    entries: list[AdaptationEntry]
    metric: str
    title: str
    explanation: str = (
        "Each target user's test item, ranked among the items of both scenes. Whiskers: 95 % "
        "paired bootstrap interval of the difference to the adapted student, drawn around the "
        "other model; one that does not reach the vertical line differs measurably. The oracle "
        "learned from the target's labels, which the others never saw. Counting counts the "
        "target's own training histories."
    )

    @property
    def adapted(self) -> float:
        """The adapted student's value."""
        return next(entry.value for entry in self.entries if entry.role == "student")

    def rows(self) -> Rows:
        """One row per model."""
        return [
            {
                "model": _TITLES[entry.role],
                "what": entry.name,
                self.metric.upper(): entry.value,
                "adapted minus it": None if entry.interval is None else self.adapted - entry.value,
                "from": None if entry.interval is None else self.adapted - entry.interval[1],
                "to": None if entry.interval is None else self.adapted - entry.interval[0],
            }
            for entry in self.entries
        ]


def adaptation_info(result: Mapping[str, Any], *, metric: str = "ndcg@10") -> AdaptationInfo:
    """`result` is the contract's Result of an adaptation."""
    adapted = float(result["student"]["metrics"][metric])
    best = max(result["baselines"], key=lambda name: result["baselines"][name][metric])
    entries = [
        AdaptationEntry(
            "baseline", float(result["baselines"][best][metric]), None, baseline_title(best)
        )
    ]
    for role in ("source_only", "student", "teacher", "oracle"):
        model = result[role]
        difference = result["difference"] if role == "teacher" else model.get("difference")
        interval = None
        if role != "student" and difference:
            found = difference[metric]
            interval = (adapted - float(found["high"]), adapted - float(found["low"]))
        entries.append(
            AdaptationEntry(role, float(model["metrics"][metric]), interval, str(model["name"]))
        )
    names = result["adaptation"]
    title = f"From {names['source']} to {names['target']}: {metric.upper()} on the target"
    return AdaptationInfo(entries, metric, title)


def draw_adaptation(info: AdaptationInfo) -> go.Figure:
    """A line a model, its value with whiskers; the adapted student's value is a vertical line."""
    figure = new_figure(info, x=info.metric.upper(), plot_height=40 * len(info.entries))
    for entry in info.entries:
        colour, symbol = _LOOK[entry.role]
        low, high = entry.interval or (entry.value, entry.value)
        figure.add_scatter(
            x=[entry.value],
            y=[_TITLES[entry.role]],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - entry.value],
                "arrayminus": [entry.value - low],
                "visible": entry.interval is not None,
                "color": colour,
            },
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 12},
            hovertemplate=f"{_TITLES[entry.role]}: %{{x:.4f}}<extra></extra>",
        )
    figure.add_vline(
        x=info.adapted, line={"color": colours.ROLE_COLOURS["student"], "width": 1, "dash": "dot"}
    )
    figure.update_yaxes(type="category", showgrid=False)
    figure.update_xaxes(rangemode="tozero")
    return figure
