"""A chart that is drawn anew is seen as the visitor left it."""

import plotly.graph_objects as go
import pytest
import streamlit as st

from app.figures.chart import ChartInfo, Rows
from app.panels.kept_view import UNCHANGED, View, view_of, view_to_draw

ZOOMED = {"title": "Losses", "ranges": {"xaxis": [1, 2.5], "yaxis2": [0, 1]}, "hidden": ["Task"]}


class Losses(ChartInfo):
    """A chart without numbers."""

    title = "Losses"
    explanation = ""

    def rows(self) -> Rows:
        return []


def figure() -> go.Figure:
    lines = [go.Scatter(x=[1, 2], y=[3, 4], name=name) for name in ("Task", "Sum")]
    return go.Figure(lines, layout={"yaxis2": {"title": "other"}})


def test_the_next_figure_has_the_zoom_and_the_hidden_series() -> None:
    plain = figure()
    seen = view_of({"losses": ZOOMED}, "losses", "Losses").of(plain)
    assert seen.layout.xaxis.range == (1, 2.5)
    assert seen.layout.yaxis2.range == (0, 1)
    assert seen.layout.yaxis.range is None
    assert [line.visible for line in seen.data] == ["legendonly", None]
    assert plain.layout.xaxis.range is None  # other visitors get it, too


@pytest.mark.parametrize(
    ("key", "title"), [("losses", "Losses: train the teacher"), ("validation", "Losses")]
)
def test_the_view_of_another_chart_is_not_taken(key: str, title: str) -> None:
    assert view_of({"losses": ZOOMED}, key, title) == UNCHANGED
    plain = figure()
    assert UNCHANGED.of(plain) is plain


def test_a_figure_that_is_in_the_browser_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", session)
    assert view_to_draw("r-1", ("epoch", 1), "losses", Losses()) == UNCHANGED
    session["kept_view_r-1"] = {"views": {"losses": ZOOMED}}
    assert view_to_draw("r-1", ("epoch", 1), "losses", Losses()) == UNCHANGED
    zoomed = View((("xaxis", 1.0, 2.5), ("yaxis2", 0.0, 1.0)), ("Task",))
    assert view_to_draw("r-1", ("epoch", 2), "losses", Losses()) == zoomed
    session["kept_view_r-1"] = {"views": {}}
    assert view_to_draw("r-1", ("epoch", 2), "losses", Losses()) == zoomed
    assert view_to_draw("r-1", ("epoch", 3), "losses", Losses()) == UNCHANGED
