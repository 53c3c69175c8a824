"""What stands in front of some short histories: pseudo-priors and real items, told apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure

_PSEUDO, _REAL = colours.SERIES[1], colours.SERIES[5]  # black can be read on both
_LABEL_CHARACTERS = 8  # as many as fit into a cell of a history of 18 items
_ROW_PX = 30


@dataclass(frozen=True)
class AugmentedHistoriesInfo(ChartInfo):
    """Items of each user, oldest first; the first `pseudo[i]` of users[i] are pseudo-priors."""

    users: list[str]
    items: list[list[str]]
    pseudo: list[int]
    title: str = "Some augmented histories"
    explanation: str = (
        "Training histories as models read them, oldest item on the left, aligned at the user's "
        "first real item. Italic items on orange are pseudo-priors that ASReP wrote; the others "
        "are real."
    )

    def rows(self) -> Rows:
        """One row per user."""
        return [
            {
                "user": user,
                "pseudo-priors": ", ".join(items[:count]),
                "real items": ", ".join(items[count:]),
            }
            for user, items, count in zip(self.users, self.items, self.pseudo, strict=True)
        ]


def augmented_histories_info(examples: Sequence[Mapping[str, Any]]) -> AugmentedHistoriesInfo:
    """`examples` are those of augment.json: user_id, item_ids, titles, pseudo."""
    return AugmentedHistoriesInfo(
        [str(example["user_id"]) for example in examples],
        [
            [title or item_id for item_id, title in zip(e["item_ids"], e["titles"], strict=True)]
            for e in examples
        ],
        [int(example["pseudo"]) for example in examples],
    )


def draw_augmented_histories(info: AugmentedHistoriesInfo) -> go.Figure:
    """A row a user, a cell an item; place 1 is the first real item."""
    figure = new_figure(
        info,
        x="place in the history, 1 is the first real item",
        plot_height=_ROW_PX * max(2, len(info.users)),
    )
    before = max(info.pseudo, default=0)
    after = max((len(items) - count for items, count in _pairs(info)), default=0)
    places = [place for place in range(-before, after + 1) if place != 0]
    rows = [_aligned(items, before - count, len(places)) for items, count in _pairs(info)]
    figure.add_heatmap(
        x=[str(place) for place in places],
        y=[f"user {user}" for user in info.users],
        z=[[_kind(item, place) for item, place in zip(row, places, strict=True)] for row in rows],
        text=[[_label(*cell) for cell in zip(row, places, strict=True)] for row in rows],
        customdata=[[item or "" for item in row] for row in rows],
        texttemplate="%{text}",
        textfont={"size": 10, "color": colours.text_on(_PSEUDO)},
        zmin=0,
        zmax=1,
        colorscale=[[0, _PSEUDO], [0.5, _PSEUDO], [0.5, _REAL], [1, _REAL]],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
        hovertemplate="%{y}, place %{x}: %{customdata}<extra></extra>",
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure


def _pairs(info: AugmentedHistoriesInfo) -> Iterable[tuple[list[str], int]]:
    return zip(info.items, info.pseudo, strict=True)


def _aligned(items: list[str], gap: int, width: int) -> list[str | None]:
    """The items with `gap` empty cells before and as many behind as fill the width."""
    return [*[None] * gap, *items, *[None] * (width - gap - len(items))]


def _kind(item: str | None, place: int) -> float | None:
    """0 for a pseudo-prior, 1 for a real item, None for an empty cell."""
    return None if item is None else float(place > 0)


def _label(item: str | None, place: int) -> str:
    if item is None:
        return ""
    short = item if len(item) <= _LABEL_CHARACTERS else item[: _LABEL_CHARACTERS - 1] + "…"
    plain = short.replace("&", "&amp;").replace("<", "&lt;")
    return f"<i>{plain}</i>" if place < 0 else plain
