"""What every chart has in common: a title, one sentence that explains it, a table twin, and one
look."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.figures import colours

Rows = list[dict[str, Any]]

_TITLE_PX = 48
_TICKS_PX = 42
_AXIS_TITLE_PX = 26
_NUMBERS_PX, _BARE_PX = 58, 10  # beside the vertical axis
_NAME_PX, _LETTER_PX = 34, 8.5  # the same for words: a wide letter, so that most words have room
_LEGEND_PX, _LEGEND_ROW_PX = 18, 20
_NAMES_PX = 24  # a row of names over small multiples


class ChartInfo(ABC):
    """The data half of a chart; `draw_*` turns it into a figure, `rows` into its table twin."""

    title: str
    explanation: str

    @abstractmethod
    def rows(self) -> Rows:
        """The numbers that the chart shows, one dictionary a row, units in the column names."""


def new_figure(
    info: ChartInfo,
    *,
    x: str = "",
    y: str = "",
    plot_height: int = 240,
    legend_rows: int = 0,
    names: Iterable[str] = (),
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
        names: The words beside the vertical axis, where no numbers stand there.
    """
    layout = base_layout(
        info, x=x, y=y, plot_height=plot_height, legend_rows=legend_rows, names=names
    )
    return go.Figure(layout=layout)


def base_layout(
    info: ChartInfo,
    *,
    x: str = "",
    y: str = "",
    plot_height: int = 240,
    legend_rows: int = 0,
    names: Iterable[str] = (),
) -> dict[str, Any]:
    """The layout of `new_figure` as plain data.

    A figure that gets all of its layout and traces at once is built many times faster than one
    that is changed step by step: plotly checks the whole path at every change.
    """
    under_plot = _TICKS_PX + (_AXIS_TITLE_PX if x else 0)
    bottom = under_plot + (_LEGEND_PX + _LEGEND_ROW_PX * legend_rows if legend_rows else 0)
    axis = {"automargin": True, "zeroline": False, "gridcolor": colours.GRID}
    return {
        "title": {"text": info.title, "x": 0, "xanchor": "left", "font": {"size": 15}},
        "height": _TITLE_PX + plot_height + bottom,
        # Room that turns out to be too small is found by drawing everything twice.
        "margin": {"l": _left_px(y, names), "r": 16, "t": _TITLE_PX, "b": bottom},
        "hovermode": "closest",
        # A changed value would forget zoom and hidden series at each live update.
        "uirevision": "keep",
        "legend": {
            "orientation": "h",
            "yanchor": "top",
            "y": -under_plot / plot_height,
            "x": 0,
            "title": {"text": ""},
        },
        "showlegend": legend_rows > 0,
        "barcornerradius": 2,
        "xaxis": {**axis, "title": {"text": x}},
        "yaxis": {**axis, "title": {"text": y}},
    }


def _left_px(title: str, names: Iterable[str]) -> int:
    """Room for the vertical axis' words or numbers, and for its title."""
    longest = max(map(len, names), default=0)
    if longest:
        return round(_NAME_PX + _LETTER_PX * longest) + (_AXIS_TITLE_PX if title else 0)
    return _NUMBERS_PX + _AXIS_TITLE_PX if title else _BARE_PX


def mark_level(
    figure: go.Figure,
    *,
    x: float | None = None,
    y: float | None = None,
    colour: str = colours.NEUTRAL,
    dash: str = "dash",
    width: float = 1.5,
    text: str = "",
) -> None:
    """A line across the plot at `y` (or at `x`), with words below its right end."""
    across = {"x0": 0, "x1": 1, "xref": "x domain", "y0": y, "y1": y}
    if y is None:
        across = {"y0": 0, "y1": 1, "yref": "y domain", "x0": x, "x1": x}
    line = {"color": colour, "dash": dash, "width": width}
    figure.add_shape(type="line", line=line, **across)
    if text:
        figure.add_annotation(
            x=1,
            xref="x domain",
            y=y,
            text=text,
            showarrow=False,
            xanchor="right",
            yanchor="top",
            font={"size": 11},
        )


def small_multiples(
    layout: dict[str, Any],
    names: Sequence[str],
    *,
    columns: int,
    gaps: tuple[float, float],
    shared: bool,
) -> dict[str, Any]:
    """The layout with one small plot a name, row by row, instead of one plot.

    Plot n has the axes `xaxis{n}` and `yaxis{n}` (the first ones without a number), and its name
    above it. Labels stand at the left and at the bottom of the grid only.

    Args:
        layout: From `base_layout`; its axes are what every plot's axes start from.
        names: What stands above each plot.
        columns: How many stand side by side.
        gaps: Room between columns and between rows, as shares of the whole.
        shared: Whether all horizontal axes move together.
    """
    rows = -(-len(names) // columns)
    width = (1 - gaps[0] * (columns - 1)) / columns
    height = (1 - gaps[1] * (rows - 1)) / rows
    found = dict(layout) | {"annotations": []}
    found["height"] += _NAMES_PX
    found["margin"] = layout["margin"] | {"t": layout["margin"]["t"] + _NAMES_PX}
    for place, name in enumerate(names):
        row, column = divmod(place, columns)
        number = "" if place == 0 else str(place + 1)
        left, top = column * (width + gaps[0]), 1 - row * (height + gaps[1])
        x: dict[str, Any] = {"domain": [left, left + width], "anchor": f"y{number}"}
        y: dict[str, Any] = {"domain": [max(0.0, top - height), top], "anchor": f"x{number}"}
        if place:
            y["matches"] = "y"
            if shared:
                x["matches"] = "x"
        if place + columns < len(names):
            x |= {"showticklabels": not shared, "title": None}
        if column:
            y |= {"showticklabels": False, "title": None}
        found[f"xaxis{number}"] = layout["xaxis"] | x
        found[f"yaxis{number}"] = layout["yaxis"] | y
        found["annotations"].append(
            {
                "text": name,
                "x": left + width / 2,
                "y": top,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "center",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 12},
            }
        )
    return found


def show_epochs(figure: go.Figure, last: int) -> go.Figure:
    """The figure with whole epochs on its horizontal axis, at most about ten of them named."""
    figure.update_xaxes(epoch_ticks(last))
    return figure


def write_values(figure: go.Figure, form: str, scale: str = colours.SEQUENTIAL) -> go.Figure:
    """The figure with the numbers of its heat map written into the fields, in black or white,
    whichever can be read there: plotly's own choice is a grey that many fields swallow.

    Args:
        figure: Its last trace is the heat map. A field that is NaN stays empty.
        form: How a number is written, as `format` wants it.
        scale: The heat map's colours.
    """
    fields = figure.data[-1]
    values = np.asarray(fields.z, dtype=float)
    low = values.min() if fields.zmin is None else fields.zmin
    high = values.max() if fields.zmax is None else fields.zmax
    shares = np.clip(np.nan_to_num((values - low) / (high - low or 1.0)), 0, 1)
    shares = 1 - shares if fields.reversescale else shares
    figure.add_scatter(
        x=[x for _ in fields.y for x in fields.x],
        y=[y for y in fields.y for _ in fields.x],
        mode="text",
        text=["" if np.isnan(value) else format(value, form) for value in values.ravel()],
        textfont={
            "color": [colours.text_on(colours.on_scale(share, scale)) for share in shares.ravel()],
            "size": 12,
        },
        hoverinfo="skip",
        showlegend=False,
    )
    return figure


def epoch_ticks(last: int) -> dict[str, Any]:
    """What `show_epochs` sets, for an axis that is plain data."""
    return {"dtick": max(1, -(-last // 10)), "tick0": 0, "tickformat": "d"}


def log_ticks(values: Iterable[float]) -> list[float]:
    """1, 2, 5 and their tenfolds around positive `values`: plotly names none or every digit. Where
    fewer than two of them lie among the values, round numbers at equal distances.
    """
    found = sorted(values)
    if not found:
        return [1.0]
    low, high = math.floor(math.log10(found[0])) - 1, math.ceil(math.log10(found[-1]))
    ticks = [digit * 10.0**power for power in range(low, high + 1) for digit in (1, 2, 5)]
    if found[0] == found[-1] or sum(found[0] <= tick <= found[-1] for tick in ticks) > 1:
        return ticks
    smallest = (found[-1] - found[0]) / 4
    power = 10.0 ** math.floor(math.log10(smallest))
    step = next(digit * power for digit in (1, 2, 5, 10) if digit * power >= smallest)
    first = math.floor(found[0] / step)
    return [place * step for place in range(first, math.ceil(found[-1] / step) + 1)]


def without_axes(figure: go.Figure) -> go.Figure:
    """The figure with both axes hidden, for drawings that have no scale."""
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
