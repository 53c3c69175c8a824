"""Adding control cells to a finished run: what was the search worth?"""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.panels.errors import shown_errors


def offer_controls(run: RunRecord) -> None:
    """A button on a finished run that has none; the run is queued again for the controls alone."""
    if run.state != "succeeded" or not run.result or run.result.get("controls"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input(
            "Random cells",
            1,
            20,
            3,
            key="controls_count",
            width=160,
            help="Random cells of equal cost, each distilled for as long as the student.",
        )
        if st.button(
            "Add controls",
            key=state.ADD_CONTROLS,
            help="Shows what the search was worth. Takes about one distillation per cell; "
            "the finished steps are used again.",
        ):
            with shown_errors():
                gateway.add_controls(run.run, int(count))
                st.rerun()
