"""What ten lines of counting reach on a scene: the bar that a neural model has to clear."""

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from adarec.catalog import baseline_title
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class CountBaselinesInfo(ChartInfo):
    """values[name] is the metric of that count baseline on the validation item."""

    values: dict[str, float]
    metric: str
    title: str
    explanation: str = (
        "Validation item (each user's last but one), ranked among all items by counts from "
        "training histories. A teacher below the best bar is not worth distilling. The test item "
        "stays unread until a run measures."
    )

    def rows(self) -> Rows:
        """One row per baseline."""
        return [
            {"baseline": baseline_title(name), self.metric.upper(): value}
            for name, value in self.values.items()
        ]


def count_baselines_info(
    baselines: Mapping[str, Mapping[str, float]], *, metric: str = "ndcg@10"
) -> CountBaselinesInfo:
    """`baselines` maps a count baseline to its validation metrics."""
    values = {name: float(metrics[metric]) for name, metrics in baselines.items()}
    return CountBaselinesInfo(values, metric, f"Count baselines: {metric.upper()}")


def draw_count_baselines(info: CountBaselinesInfo) -> go.Figure:
    """Horizontal bars, the best one in full colour."""
    names = [baseline_title(name) for name in info.values]
    figure = new_figure(info, x=info.metric.upper(), plot_height=130, names=names)
    best = max(info.values.values())
    colour = colours.ROLE_COLOURS["baseline"]
    figure.add_bar(
        y=names,
        x=list(info.values.values()),
        orientation="h",
        marker={
            "color": [
                colours.faded(colour, 1.0 if value == best else 0.5)
                for value in info.values.values()
            ]
        },
        text=[f"{value:.4f}" for value in info.values.values()],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4f}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    # Room for the numbers behind the bars; an axis needs some length even when all are zero.
    figure.update_xaxes(range=[0, 1.12 * (best or 0.01)])
    return figure
