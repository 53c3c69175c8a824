"""Teacher, student, controls and count baselines of several scenes, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from adarec.catalog import baseline_title
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class SceneMetricsInfo(ChartInfo):
    """One entry (label, role, model, value) per model of every run that is compared."""

    entries: list[tuple[str, str, str, float]]
    metric: str
    title: str
    explanation: str = (
        "Test item ranked among all items, nothing masked. A scene where a brown cross lies right "
        "of the teacher's square does not need this teacher."
    )

    def rows(self) -> Rows:
        """One row per model."""
        return [
            {"scene": label, "role": role, "model": model, self.metric.upper(): value}
            for label, role, model, value in self.entries
        ]


def scene_metrics_info(
    results: Mapping[str, Mapping[str, Any]], *, metric: str
) -> SceneMetricsInfo:
    """`results` maps a label to the contract's Result; `metric` is for example `ndcg@10`."""
    entries = []
    for label, result in results.items():
        for name, metrics in result["baselines"].items():
            entries.append((label, "baseline", baseline_title(name), float(metrics[metric])))
        for control in result.get("controls") or []:
            value = float(control["metrics"][metric])
            entries.append((label, "control", str(control["name"]), value))
        for role in ("teacher", "student"):
            model = result[role]
            entries.append((label, role, str(model["name"]), float(model["metrics"][metric])))
    return SceneMetricsInfo(entries, metric, f"{metric.upper()} on the test item")


def draw_scene_metrics(info: SceneMetricsInfo) -> go.Figure:
    """A line of markers a scene; the roles differ by colour and by shape."""
    labels = list(dict.fromkeys(entry[0] for entry in info.entries))
    figure = new_figure(
        info,
        x=info.metric.upper(),
        plot_height=20 + 44 * len(labels),
        legend_rows=2,
        names=labels,
    )
    for role in ("baseline", "control", "teacher", "student"):
        found = [entry for entry in info.entries if entry[1] == role]
        if not found:
            continue
        figure.add_scatter(
            x=[entry[3] for entry in found],
            y=[entry[0] for entry in found],
            customdata=[entry[2] for entry in found],
            mode="markers",
            name={"baseline": "count baseline"}.get(role, role),
            marker={
                "symbol": colours.ROLE_MARKERS[role],
                "color": colours.ROLE_COLOURS[role],
                "size": 13 if role == "student" else 11,
            },
            hovertemplate="%{y}: " + role + " %{customdata}, %{x:.4f}<extra></extra>",
        )
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(rangemode="tozero")
    return figure
