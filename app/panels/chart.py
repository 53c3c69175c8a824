"""A chart as every page shows it: the figure, one sentence under it, its numbers one click
away."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from adarec.data.spreadsheet import safe_csv
from app import state
from app.figures.chart import ChartInfo
from app.panels.kept_view import View, view_to_draw
from app.panels.later import draw_alone

Picture = tuple[ChartInfo, go.Figure]
Kept = tuple[str | int | float | None, ...]

FIGURE_FORMATS = ("PNG", "SVG")
# A chart is zoomed by dragging and reset by a double click; a long bar covers titles where the
# browser shows it all the time.
_UNUSED_BUTTONS = ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"]
_PNG_SCALE = 2  # a picture of a page's chart stays sharp in print


def choose_figure_format() -> None:
    """The choice of what the camera button over every chart saves."""
    st.segmented_control(
        "The camera over a chart saves",
        FIGURE_FORMATS,
        default=FIGURE_FORMATS[0],
        required=True,
        key=state.FIGURE_FORMAT,
        bind="query-params",
        help="Point at a chart and press its camera. PNG is a picture of pixels, SVG stays sharp "
        "at any size. The numbers under each chart can be saved as CSV.",
    )


def figure_format() -> str:
    """What the camera saves, as plotly says it."""
    return str(st.session_state.get(state.FIGURE_FORMAT, FIGURE_FORMATS[0])).lower()


def show_chart(info: ChartInfo, figure: go.Figure, *, key: str, explain: bool = True) -> None:
    """Draws `figure`, explains it, and offers the same numbers as a table and as CSV."""
    with st.container(border=True):
        st.plotly_chart(figure, key=key, config=_config(info), alt=_alt(info))
        _show_words_and_numbers(info, key, explain)


def show_kept_chart(
    kept: Kept, make: Callable[[], Picture | None], *, key: str, scope: str
) -> None:
    """Like `show_chart` for a picture that is asked for again and again while it rarely changes:
    `make` is called, and the picture sent anew, only when `kept` is another one.

    Args:
        kept: All that decides what `make` gives; the same for every visitor.
        make: The picture, or None where there is nothing to draw.
        key: The chart's key on its page.
        scope: Of the visitor's view, see `keep_views`.
    """
    picture = _kept_picture(kept, key, make)
    if picture is None:
        return
    info, figure = picture
    view = view_to_draw(scope, kept, key, info)
    with st.container(border=True):
        _draw_kept(kept, view, figure_format(), key, (info, view.of(figure)))
        draw_alone(_show_numbers, info, key)


@st.cache_resource(max_entries=32, show_spinner=False)
def _kept_picture(kept: Kept, key: str, _make: Callable[[], Picture | None]) -> Picture | None:
    return _make()


# Streamlit sends again what a cached function sent, without drawing it.
@st.cache_data(max_entries=32, show_spinner=False)
def _draw_kept(kept: Kept, view: View, saved_as: str, key: str, _picture: Picture) -> None:
    info, figure = _picture
    st.plotly_chart(figure, key=key, config=_config(info), alt=_alt(info))
    st.caption(info.explanation)


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
    rows = list(info.rows())
    header = list(dict.fromkeys(name for row in rows for name in row))
    return safe_csv(header, ([row.get(name) for name in header] for row in rows))


def file_name(info: ChartInfo) -> str:
    """The chart's title as the name of a file, without an ending."""
    return re.sub(r"[^a-z0-9]+", "-", info.title.casefold()).strip("-") or "chart"


def _alt(info: ChartInfo) -> str:
    return f"{info.title}. {info.explanation} The numbers stand in the table below."


def _config(info: ChartInfo) -> dict[str, Any]:
    image = {"format": figure_format(), "filename": file_name(info), "scale": _PNG_SCALE}
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": _UNUSED_BUTTONS,
        "toImageButtonOptions": image,
    }


def _show_words_and_numbers(info: ChartInfo, key: str, explain: bool) -> None:
    if explain:
        st.caption(info.explanation)
    draw_alone(_show_numbers, info, key)


def _show_numbers(info: ChartInfo, key: str) -> None:
    """The table twin: its numbers travel to the browser only when somebody opens it."""
    numbers = st.expander("Numbers as a table", key=f"{key}_numbers", on_change="rerun")
    if numbers.open:
        with numbers:
            st.dataframe(pd.DataFrame(info.rows()), hide_index=True, key=f"{key}_table")
            st.download_button(
                "Download as CSV",
                partial(as_csv, info),
                file_name=f"{file_name(info)}.csv",
                mime="text/csv",
                on_click="ignore",
                key=f"{key}_csv",
            )
