"""What kind of log each scene is, at a glance: length, repeats, popularity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure

# Column -> (its format in words and on the axis, whether the axis ends at 1).
_PARTS = {
    "median events": (",.0f", False),
    "repeat share": (".0%", False),
    "popularity skew": (".2f", True),
}


@dataclass(frozen=True)
class SceneCharacterInfo(ChartInfo):
    """values[part][place] of each scene, None where the scene carries no statistics."""

    scenes: list[str]
    values: dict[str, list[float | None]]
    title: str = "Character of each scene"
    explanation: str = (
        "Events of the median user; share of events whose item the user had before; how unevenly "
        "events spread over items (Gini: 0 all items alike, 1 all events on one item). Look "
        "beside it for what the cells are made of."
    )

    def rows(self) -> Rows:
        """One row per scene."""
        return [
            {"scene": scene} | {part: values[place] for part, values in self.values.items()}
            for place, scene in enumerate(self.scenes)
        ]


def scene_character_info(
    scenes: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> SceneCharacterInfo:
    """`scenes` maps a name to its summary and its statistics, as ingest stores them."""
    popularity = [statistics.get("popularity") for _, statistics in scenes.values()]
    summaries = [summary for summary, _ in scenes.values()]
    return SceneCharacterInfo(
        list(scenes),
        {
            "median events": [summary.get("median_length") for summary in summaries],
            "repeat share": [summary.get("repeat_share") for summary in summaries],
            "popularity skew": [gini(curve) if curve else None for curve in popularity],
        },
    )


def gini(popularity: Mapping[str, Sequence[float]]) -> float:
    """Unevenness of a popularity curve: 0 where all items are alike, near 1 where one has all.

    Args:
        popularity: `rank` and `cumulative_share` of items, the most popular first; ranks in
            between are taken as a straight line.
    """
    ranks = [0.0, *popularity["rank"]]
    shares = [0.0, *popularity["cumulative_share"]]
    area = sum(
        (right - left) * (low + high) / 2
        for left, right, low, high in zip(ranks, ranks[1:], shares, shares[1:], strict=False)
    )
    return 2 * area / ranks[-1] - 1


def draw_scene_character(info: SceneCharacterInfo) -> go.Figure:
    """A row of bars a scene, one column a part, each with a scale of its own."""
    grid = make_subplots(
        cols=len(_PARTS),
        shared_yaxes=True,
        subplot_titles=list(_PARTS),
        horizontal_spacing=0.05,
    )
    for column, (part, (number, ends_at_one)) in enumerate(_PARTS.items(), start=1):
        values = info.values[part]
        grid.add_bar(
            y=info.scenes,
            x=values,
            orientation="h",
            marker={"color": colours.ACCENT},
            text=["" if value is None else format(value, number) for value in values],
            textposition="auto",
            hovertemplate="%{y}: " + part + " %{x:" + number + "}<extra></extra>",
            col=column,
            row=1,
        )
        top = 1.0 if ends_at_one else 1.1 * max([value or 0.0 for value in values] + [1e-3])
        grid.update_xaxes(range=[0, top], tickformat=number, nticks=4, col=column)
    look = new_figure(info, plot_height=20 + 38 * len(info.scenes)).layout
    grid.update_layout(
        title=look.title,
        # The row of names stands between the title and the bars.
        height=look.height + 24,
        margin=look.margin.update(t=look.margin.t + 24),
        showlegend=False,
        uirevision="keep",
        barcornerradius=2,
    )
    grid.update_annotations(font_size=12)
    grid.update_xaxes(gridcolor=colours.GRID, zeroline=False)
    grid.update_yaxes(autorange="reversed", showgrid=False, type="category")
    grid.update_yaxes(automargin=True, col=1)
    return grid
