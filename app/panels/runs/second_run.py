"""Choosing a second run to put beside the first."""

from collections.abc import Callable

import streamlit as st

from adarec.errors import RunError
from adarec.runs.records import RunRecord, RunSummary
from app import gateway, state
from app.panels.errors import as_text
from app.panels.runs.run_picker import run_label


def pick_second_run(
    first: RunRecord,
    *,
    shows: str,
    label: Callable[[RunSummary], str] = run_label,
    is_near: Callable[[RunSummary], bool] = lambda run: False,
) -> RunRecord | None:
    """The run to compare `first` with: the one after `with=` in the address, None without one.

    Args:
        first: The run that the page looks at.
        shows: What the page then shows.
        label: What the box calls a run.
        is_near: Whether a run is offered before the others.
    """
    others = [run for run in gateway.runs() if run.run != first.run]
    labels = {run.run: label(run) for run in sorted(others, key=lambda run: not is_near(run))}
    second = _asked_for(first)
    if second is not None:
        labels.setdefault(second.run, label(second))
    if not labels:
        return None
    st.session_state[state.SECOND_RUN] = second.run if second else None
    st.selectbox(
        "Compare with",
        list(labels),
        format_func=lambda run: labels.get(run, run),
        index=None,
        key=state.SECOND_RUN,
        on_change=state.choose_second_run,
        placeholder="No other run",
        help=shows,
    )
    return second


def _asked_for(first: RunRecord) -> RunRecord | None:
    asked = state.asked_for(state.WITH)
    if not asked or asked == first.run:
        return None
    try:
        return gateway.run(asked)
    except RunError:
        st.warning(as_text(f"There is no run {asked} to compare with. Choose one of these."))
        return None
