"""A chart as every page shows it: the figure, one sentence under it, its numbers one click
away."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.figures.chart import ChartInfo

_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}


def show_chart(info: ChartInfo, figure: go.Figure, *, key: str, explain: bool = True) -> None:
    """Draws `figure`, explains it, and offers the same numbers as a table (which can be saved as
    CSV)."""
    with st.container(border=True):
        st.plotly_chart(figure, key=key, config=_CONFIG, alt=f"{info.title}. {info.explanation}")
        _show_words_and_numbers(info, key, explain)


def show_clickable_chart(info: ChartInfo, figure: go.Figure, *, key: str) -> Any:
    """Like `show_chart`; gives the `customdata` of the point that was clicked, None without
    one."""
    with st.container(border=True):
        event = st.plotly_chart(
            figure,
            key=key,
            config=_CONFIG,
            alt=f"{info.title}. {info.explanation}",
            on_select="rerun",
            selection_mode="points",
        )
        _show_words_and_numbers(info, key, explain=True)
    points = event["selection"]["points"]
    return points[0].get("customdata") if points else None


def _show_words_and_numbers(info: ChartInfo, key: str, explain: bool) -> None:
    if explain:
        st.caption(info.explanation)
    with st.expander("Numbers as a table"):
        st.dataframe(pd.DataFrame(info.rows()), hide_index=True, key=f"{key}_table")
