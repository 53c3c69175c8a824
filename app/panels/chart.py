"""A chart as every page shows it: the figure, one sentence under it, its numbers one click
away."""

import re
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.figures.chart import ChartInfo

FIGURE_FORMATS = ("PNG", "SVG")
_PNG_SCALE = 2  # a picture of a page's chart stays sharp in print


def choose_figure_format() -> None:
    """The choice of what the camera button over every chart saves."""
    st.segmented_control(
        "The camera over a chart saves",
        FIGURE_FORMATS,
        default=FIGURE_FORMATS[0],
        required=True,
        key=state.FIGURE_FORMAT,
        help="Point at a chart and press its camera. PNG is a picture of pixels, SVG stays sharp "
        "at any size. The numbers under each chart can be saved as CSV.",
    )


def show_chart(info: ChartInfo, figure: go.Figure, *, key: str, explain: bool = True) -> None:
    """Draws `figure`, explains it, and offers the same numbers as a table and as CSV."""
    with st.container(border=True):
        st.plotly_chart(figure, key=key, config=_config(info), alt=_alt(info))
        _show_words_and_numbers(info, key, explain)


def show_clickable_chart(info: ChartInfo, figure: go.Figure, *, key: str) -> Any:
    """Like `show_chart`; gives the `customdata` of the point that was clicked, None without
    one."""
    with st.container(border=True):
        event = st.plotly_chart(
            figure,
            key=key,
            config=_config(info),
            alt=_alt(info),
            on_select="rerun",
            selection_mode="points",
        )
        _show_words_and_numbers(info, key, explain=True)
    points = event["selection"]["points"]
    return points[0].get("customdata") if points else None


def as_csv(info: ChartInfo) -> str:
    """The chart's numbers as CSV with a header."""
    return pd.DataFrame(info.rows()).to_csv(index=False)


def file_name(info: ChartInfo) -> str:
    """The chart's title as the name of a file, without an ending."""
    return re.sub(r"[^a-z0-9]+", "-", info.title.casefold()).strip("-") or "chart"


def _alt(info: ChartInfo) -> str:
    return f"{info.title}. {info.explanation} The numbers stand in the table below."


def _config(info: ChartInfo) -> dict[str, Any]:
    chosen = st.session_state.get(state.FIGURE_FORMAT, FIGURE_FORMATS[0])
    image = {"format": str(chosen).lower(), "filename": file_name(info), "scale": _PNG_SCALE}
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d"],
        "toImageButtonOptions": image,
    }


def _show_words_and_numbers(info: ChartInfo, key: str, explain: bool) -> None:
    if explain:
        st.caption(info.explanation)
    with st.expander("Numbers as a table"):
        st.dataframe(pd.DataFrame(info.rows()), hide_index=True, key=f"{key}_table")
        st.download_button(
            "Download as CSV",
            partial(as_csv, info),
            file_name=f"{file_name(info)}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"{key}_csv",
        )
