"""How uncertain a teacher of Gaussians is, item by item of one history."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure

EXPLANATION = (
    "This teacher describes a history by a Gaussian. Its total variance is the sum of the "
    "variances of all dimensions, asked for anew after each item; it has no unit. {worth}"
)


@dataclass(frozen=True)
class StateVarianceInfo(ChartInfo):
    """variances[i] is the total variance of the state after the history's item number
    numbers[i], which is called names[i]."""

    numbers: list[int]
    names: list[str]
    variances: list[float]
    explanation: str
    title: str = "Total variance of the teacher's state along the history"

    def rows(self) -> Rows:
        """One row per item of the history."""
        return [
            {"item number": number, "item": name, "total variance after it": variance}
            for number, name, variance in zip(
                self.numbers, self.names, self.variances, strict=True
            )
        ]


def state_variance_info(
    states: Sequence[tuple[str, float]],
    titles: Mapping[str, str],
    *,
    history_length: int,
    rank_correlation: float,
    users: int,
) -> StateVarianceInfo:
    """`states` holds (item id, total variance after it) of the newest items, oldest first; the
    rest says what a variance is worth."""
    first = history_length - len(states) + 1
    return StateVarianceInfo(
        numbers=list(range(first, history_length + 1)),
        names=[titles.get(item_id, item_id) for item_id, _ in states],
        variances=[variance for _, variance in states],
        explanation=EXPLANATION.format(worth=worth_of(rank_correlation, users)),
    )


def worth_of(rank_correlation: float, users: int) -> str:
    """What a larger variance meant for the rank of the item that came next, in words."""
    if math.isnan(rank_correlation):
        return "All test items were ranked alike, so nothing shows what a variance is worth."
    measured = f"(rank correlation {rank_correlation:+.2f} over {users:,} test users)"
    if abs(rank_correlation) * users**0.5 < 2:  # two standard errors
        return f"It did not tell how well the next item was ranked {measured}."
    better = "worse" if rank_correlation > 0 else "better"
    return f"Larger went with a {better} rank of what came next {measured}."


def draw_state_variance(info: StateVarianceInfo) -> go.Figure:
    """One line over the items of the history."""
    figure = new_figure(info, x="items of the history so far", y="total variance")
    figure.add_scatter(
        x=info.numbers,
        y=info.variances,
        customdata=info.names,
        mode="lines+markers",
        line={"color": colours.ROLE_COLOURS["teacher"]},
        marker={"size": 6, "symbol": colours.ROLE_MARKERS["teacher"]},
        hovertemplate="after %{customdata}: %{y:.2f}<extra></extra>",
    )
    figure.update_xaxes(dtick=max(1, -(-len(info.numbers) // 10)), tickformat="d")
    return figure
