"""What every chart has in common: a title, one sentence that explains it, a table twin, and one
look."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.figures import colours

Rows = list[dict[str, Any]]

_TITLE_PX = 48
_TICKS_PX = 28
_AXIS_TITLE_PX = 26
_LEGEND_ROW_PX = 24


class ChartInfo(ABC):
    """The data half of a chart; `draw_*` turns it into a figure, `rows` into its table twin."""

    title: str
    explanation: str

    @abstractmethod
    def rows(self) -> Rows:
        """The numbers that the chart shows, one dictionary a row, units in the column names."""


def new_figure(
    info: ChartInfo, *, x: str = "", y: str = "", plot_height: int = 240, legend_rows: int = 0
) -> go.Figure:
    """An empty figure with the info's title, axis labels (units included) and the look that all
    charts share.

    No text colour is set: the page's theme chooses it, so the chart reads in dark and light.

    Args:
        info: The chart's data.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        plot_height: Pixels between the axes; title, labels and legend come on top.
        legend_rows: Lines of text kept free for the legend under the plot.
    """
    under_plot = _TICKS_PX + (_AXIS_TITLE_PX if x else 0)
    bottom = under_plot + _LEGEND_ROW_PX * legend_rows
    figure = go.Figure()
    figure.update_layout(
        title={"text": info.title, "x": 0, "xanchor": "left", "font": {"size": 15}},
        height=_TITLE_PX + plot_height + bottom,
        margin={"l": 10, "r": 16, "t": _TITLE_PX, "b": bottom},
        hovermode="closest",
        # A changed value would forget zoom and hidden series at each live update.
        uirevision="keep",
        legend={
            "orientation": "h",
            "yanchor": "top",
            "y": -under_plot / plot_height,
            "x": 0,
            "title": {"text": ""},
        },
        showlegend=legend_rows > 0,
        barcornerradius=2,
    )
    figure.update_xaxes(title=x, automargin=True, zeroline=False, gridcolor=colours.GRID)
    figure.update_yaxes(title=y, automargin=True, zeroline=False, gridcolor=colours.GRID)
    return figure


def show_epochs(figure: go.Figure, last: int) -> go.Figure:
    """The figure with whole epochs on its horizontal axis, at most about ten of them named."""
    figure.update_xaxes(dtick=max(1, -(-last // 10)), tick0=0, tickformat="d")
    return figure


def write_values(figure: go.Figure, form: str) -> go.Figure:
    """The figure with the numbers of its heat map written into the fields, in black or white,
    whichever can be read there: plotly's own choice is a grey that many fields swallow.

    Args:
        figure: Its last trace is the heat map, in the sequential colours.
        form: How a number is written, as `format` wants it.
    """
    fields = figure.data[-1]
    values = np.asarray(fields.z, dtype=float)
    low = values.min() if fields.zmin is None else fields.zmin
    high = values.max() if fields.zmax is None else fields.zmax
    shares = np.clip((values - low) / (high - low or 1.0), 0, 1)
    shares = 1 - shares if fields.reversescale else shares
    figure.add_scatter(
        x=[x for _ in fields.y for x in fields.x],
        y=[y for y in fields.y for _ in fields.x],
        mode="text",
        text=[format(value, form) for value in values.ravel()],
        textfont={
            "color": [colours.text_on(colours.sequential(share)) for share in shares.ravel()],
            "size": 12,
        },
        hoverinfo="skip",
        showlegend=False,
    )
    return figure


def log_ticks(values: Iterable[float]) -> list[float]:
    """1, 2, 5 and their tenfolds around positive `values`: plotly names none or every digit."""
    found = sorted(values)
    if not found:
        return [1.0]
    low, high = math.floor(math.log10(found[0])) - 1, math.ceil(math.log10(found[-1]))
    return [digit * 10.0**power for power in range(low, high + 1) for digit in (1, 2, 5)]


def without_axes(figure: go.Figure) -> go.Figure:
    """The figure with both axes hidden, for drawings that have no scale."""
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
