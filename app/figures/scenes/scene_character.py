"""What kind of log each scene is, at a glance: length, repeats, popularity."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, base_layout, small_multiples

# Gives a number of a scene's summary and statistics.
_Reader = Callable[[Mapping[str, Any], Mapping[str, Any]], float | None]

# Column -> (its format in words and on the axis, whether the axis ends at 1).
_PARTS = {
    "median events": (",.0f", False),
    "repeat share": (".0%", False),
    "popularity skew": (".2f", True),
    "drift": (".0%", True),
    "popular items": (".3f", False),
    "item after item": (".3f", False),
}
_NEXT_ROW_PX = 40  # between two rows of plots, for the names of the second
_ROOM = 1.6  # of the longest bar, for its number
_WORDS = {
    "median events": "Events of the median user",
    "repeat share": "share of events whose item the user had before",
    "popularity skew": "how unevenly events spread over items (Gini: 0 all items alike, 1 all "
    "events on one item)",
    "drift": "how far the items of the newest tenth of the log are from those of the first (0 the "
    "same, 100 % all others)",
    "popular items": "NDCG@10 of the most popular items",
    "item after item": "NDCG@10 of the items that most often followed the last one, both on the "
    "validation item",
}


@dataclass(frozen=True)
class SceneCharacterInfo(ChartInfo):
    """values[part][place] of each scene, None where the scene carries no statistics; the scene
    `looked_at` stands out."""

    scenes: list[str]
    values: dict[str, list[float | None]]
    looked_at: str | None
    title: str
    explanation: str

    def rows(self) -> Rows:
        """One row per scene."""
        return [
            {"scene": scene} | {part: values[place] for part, values in self.values.items()}
            for place, scene in enumerate(self.scenes)
        ]


def scene_character_info(
    scenes: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
    *,
    looked_at: str | None = None,
    title: str = "Character of each scene",
) -> SceneCharacterInfo:
    """`scenes` maps a name to its summary and its statistics, as ingest stores them."""
    read: dict[str, _Reader] = {
        "median events": lambda summary, _: summary.get("median_length"),
        "repeat share": lambda summary, _: summary.get("repeat_share"),
        "popularity skew": lambda _, statistics: _gini_of(statistics.get("popularity")),
        "drift": lambda _, statistics: _drift_of(statistics.get("drift")),
        "popular items": lambda _, statistics: _counted(statistics, "popularity"),
        "item after item": lambda _, statistics: _counted(statistics, "last_item_transitions"),
    }
    values = {part: [read[part](*each) for each in scenes.values()] for part in _PARTS}
    words = "; ".join(_WORDS[part] for part in _PARTS)
    return SceneCharacterInfo(list(scenes), values, looked_at, title, f"{words}.")


def _gini_of(popularity: Mapping[str, Sequence[float]] | None) -> float | None:
    return gini(popularity) if popularity else None


def _drift_of(drift: Mapping[str, Sequence[float]] | None) -> float | None:
    return 1.0 - drift["similarity_to_first"][-1] if drift else None


def _counted(statistics: Mapping[str, Any], baseline: str) -> float | None:
    found = (statistics.get("baselines_validation") or {}).get(baseline)
    return float(found["ndcg@10"]) if found else None


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


def draw_scene_character(info: SceneCharacterInfo, *, columns: int = 6) -> go.Figure:
    """A row of bars a scene, one small plot a part, each with a scale of its own.

    Args:
        info: What is drawn.
        columns: How many plots stand side by side.
    """
    columns = min(columns, len(info.values))
    rows = -(-len(info.values) // columns)
    height = 20 + 38 * len(info.scenes)
    whole = rows * height + (rows - 1) * _NEXT_ROW_PX
    layout = small_multiples(
        base_layout(info, plot_height=whole, names=info.scenes),
        list(info.values),
        columns=columns,
        gaps=(0.24 / columns, _NEXT_ROW_PX / whole),
        shared=False,
    )
    traces = []
    bars = [
        colours.ACCENT if info.looked_at in (None, scene) else colours.faded(colours.ACCENT, 0.45)
        for scene in info.scenes
    ]
    for place, (part, values) in enumerate(info.values.items()):
        (number, ends_at_one), axis = _PARTS[part], "" if place == 0 else str(place + 1)
        top = 1.0 if ends_at_one else max(value or 0.0 for value in values) or 1.0
        # Every bar has its number beside it, in the colour of text: ticks would only crowd.
        layout[f"xaxis{axis}"] |= {"range": [0, _ROOM * top], "showticklabels": False}
        layout[f"yaxis{axis}"] |= {"autorange": "reversed", "showgrid": False, "type": "category"}
        traces.append(
            {
                "type": "bar",
                "y": info.scenes,
                "x": values,
                "orientation": "h",
                "marker": {"color": bars},
                "text": ["" if value is None else format(value, number) for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{y}: " + part + " %{x:" + number + "}<extra></extra>",
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
            }
        )
    return go.Figure(data=traces, layout=layout)
