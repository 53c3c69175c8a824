"""How a visitor looks at charts that are drawn anew while a run computes: zoomed axes and hidden
series stay as they are.

Streamlit replaces a plotly chart whose figure changed, and with it the view. So the browser tells
the session of the view, and the next figure is drawn with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from app.figures.chart import ChartInfo

_SCRIPT = Path(__file__).with_suffix(".js")
_NAME = "kept_view"


@dataclass(frozen=True)
class View:
    """A visitor's view of a chart.

    Attributes:
        ranges: Ends of each zoomed axis, by plotly's name of it.
        hidden: Names of the series that were switched off.
    """

    ranges: tuple[tuple[str, float, float], ...] = ()
    hidden: tuple[str, ...] = ()

    def of(self, figure: go.Figure) -> go.Figure:
        """A copy of `figure`, seen like this; `figure` itself where nothing was changed."""
        if not self.ranges and not self.hidden:
            return figure
        seen = go.Figure(figure)
        for axis, low, high in self.ranges:
            seen.layout[axis].range = [low, high]
        for line in seen.data:
            if line.name in self.hidden:
                line.visible = "legendonly"
        return seen


UNCHANGED = View()


def view_of(views: Mapping[str, Any], key: str, title: str) -> View:
    """The view that the browser told of.

    Args:
        views: What it told, by the chart's key.
        key: The chart's key.
        title: The chart's title now; a view of another one, as of an earlier stage, is forgotten.
    """
    told = views.get(key)
    if told is None or told["title"] != title:
        return UNCHANGED
    ranges = ((axis, float(low), float(high)) for axis, (low, high) in told["ranges"].items())
    return View(tuple(ranges), tuple(told["hidden"]))


def view_to_draw(scope: str, kept: object, key: str, info: ChartInfo) -> View:
    """The view for the figure that is sent now.

    A figure that is in the browser already is sent as it was: there the visitor has changed it.

    Args:
        scope: What was given to `keep_views`.
        kept: Decides the figure's numbers.
        key: The chart's key.
        info: The chart.
    """
    sent = st.session_state.setdefault(f"{_NAME}_sent_{scope}", {})
    if key not in sent or sent[key][0] != kept:
        sent[key] = (kept, view_of(_told(scope), key, info.title))
    view: View = sent[key][1]
    return view


def keep_views(scope: str, keys: Sequence[str]) -> None:
    """Listens to the charts with these keys, from the second time on: the first picture is there
    sooner without, and nobody has a view of it yet.

    Args:
        scope: Views are kept per scope, for instance a run.
        keys: Keys of charts on this page.
    """
    was_drawn = f"{_NAME}_drawn_{scope}"
    if not st.session_state.get(was_drawn):
        st.session_state[was_drawn] = True
        return
    data = {"scope": scope, "keys": list(keys), "views": _told(scope)}
    _listener()(data=data, key=_key(scope), on_views_change=lambda: None)


@cache
def _listener() -> Any:
    return st.components.v2.component(_NAME, js=_SCRIPT.read_text(encoding="utf-8"))


def _told(scope: str) -> Mapping[str, Any]:
    return (st.session_state.get(_key(scope)) or {}).get("views") or {}


def _key(scope: str) -> str:
    return f"{_NAME}_{scope}"
