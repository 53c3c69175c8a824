"""A run's settings back in the form: to start it again with one of them changed."""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.panels.runs.settings_form import fill_form


def offer_settings(run: RunRecord) -> None:
    """A button that fills the form of a new search with the settings of the run, where a search
    can have them: not those of an adaptation or of a cell taken from a front.
    """
    if run.adapted_from or gateway.setting(run, "point") is not None:
        return
    st.button(
        "Search again with other settings",
        key=state.CHANGE_SETTINGS,
        on_click=_fill,
        args=(run,),
        help="Fills the form above with the settings of this run: change one, and start again. "
        "Steps that the change does not touch are used again.",
    )


def _fill(run: RunRecord) -> None:
    state.choose(state.SCENE, run.scene)
    st.session_state[state.SCENE_PICKER] = run.scene
    fill_form(gateway.settings_of(run))
    st.toast("The form above holds its settings. Change one, then start.")
