"""Adding control cells to a finished run: what was the search worth?"""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.panels.errors import shown_errors


def offer_controls(run: RunRecord) -> None:
    """A button on a finished run that has none; the run is queued again for the controls alone."""
    if run.is_example or run.state != "succeeded":
        return
    if not run.result or run.result.get("controls"):
        return
    if not gateway.takes_controls(run.settings):
        st.caption(
            "A warm start takes no controls: the weights that its student begins with fit one "
            "cell alone."
        )
        return
    st.caption(
        "Controls show what the search was worth: random cells of equal cost and the all-skip "
        "cell, each distilled for as long as the student. Finished steps are used again."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input(
            "Random cells",
            1,
            20,
            3,
            key="controls_count",
            width=160,
            help="Each takes about as long as the student.",
        )
        hand_made = st.checkbox(
            "Hand-made students too",
            key="controls_hand_made",
            help="A CNN, a GRU and a one-block SASRec of about the found student's cost with the "
            "same distillation, and the found cell without distillation.",
        )
        if st.button("Add controls", key=state.ADD_CONTROLS):
            with shown_errors():
                gateway.add_controls(run.run, int(count), hand_made=hand_made)
                st.rerun()
