"""The variance of a teacher of Gaussians along one history, and what it is worth."""

from collections.abc import Mapping

from app import gateway
from app.figures.results.state_variance import draw_state_variance, state_variance_info
from app.panels.chart import show_chart


def show_uncertainty(
    found: gateway.HistoryUncertainty, titles: Mapping[str, str], *, history_length: int
) -> None:
    """The chart of the state's total variance after each item of the history."""
    info = state_variance_info(
        found.states,
        titles,
        history_length=history_length,
        rank_correlation=found.rank_correlation,
        users=found.users,
    )
    show_chart(info, draw_state_variance(info), key="state_variance")
