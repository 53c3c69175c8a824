"""The curves of a run: losses, validation, expected speed-up, op probabilities."""

from collections.abc import Callable
from functools import cached_property, partial

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway
from app.panels.chart import Picture, show_kept_chart
from app.panels.kept_view import keep_views
from app.panels.runs.run_pictures import (
    Recorded,
    cost_picture,
    losses_picture,
    op_curves_picture,
    recorded_curves,
    validation_picture,
)

CHARTS = ("losses", "validation", "op_curves", "cost")


def show_live_charts(run: RunRecord) -> None:
    """Everything that has been recorded so far; a chart appears with its first epoch."""
    kept = gateway.recorded_so_far(run)
    curves = _Curves(run)
    left, right = st.columns(2)
    with left:
        show_kept_chart(
            kept, partial(_of_curves, losses_picture, curves), key="losses", scope=run.run
        )
    with right:
        show_kept_chart(
            kept, partial(_of_curves, validation_picture, curves), key="validation", scope=run.run
        )
    left, right = st.columns([2, 1])
    with left:
        show_kept_chart(kept, partial(op_curves_picture, run), key="op_curves", scope=run.run)
    with right:
        show_kept_chart(kept, partial(_of_curves, cost_picture, curves), key="cost", scope=run.run)
    keep_views(run.run, CHARTS)


class _Curves:
    """The recorded numbers of a run, read when the first picture needs them."""

    def __init__(self, run: RunRecord) -> None:
        self.run = run

    @cached_property
    def recorded(self) -> Recorded:
        return recorded_curves(self.run)


def _of_curves(
    draw: Callable[[RunRecord, Recorded], Picture | None], curves: _Curves
) -> Picture | None:
    return draw(curves.run, curves.recorded)
