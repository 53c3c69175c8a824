"""The curves of a run: losses, validation, expected speed-up, op probabilities."""

import streamlit as st

from adarec.runs.records import RunRecord
from app.panels.chart import show_chart
from app.panels.run_pictures import (
    Picture,
    cost_picture,
    losses_picture,
    op_curves_picture,
    recorded_curves,
    validation_picture,
)


def show_live_charts(run: RunRecord) -> None:
    """Everything that has been recorded so far; a chart appears with its first epoch."""
    recorded = recorded_curves(run)
    left, right = st.columns(2)
    with left:
        _show(losses_picture(run, recorded), "losses")
    with right:
        _show(validation_picture(run, recorded), "validation")
    left, right = st.columns([2, 1])
    with left:
        _show(op_curves_picture(run), "op_curves")
    with right:
        _show(cost_picture(run, recorded), "cost")


def _show(picture: Picture | None, key: str) -> None:
    if picture is not None:
        show_chart(*picture, key=key)
