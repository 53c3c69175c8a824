"""A chart as every page shows it: the figure, one sentence under it, its numbers one click
away."""

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
        if explain:
            st.caption(info.explanation)
        with st.expander("Numbers as a table"):
            st.dataframe(pd.DataFrame(info.rows()), hide_index=True, key=f"{key}_table")
