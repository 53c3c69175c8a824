"""A run's settings back in the form: to start it again with one of them changed."""

from typing import Any

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.panels.runs.settings_form import fill_form


def offer_settings(run: RunRecord) -> None:
    """A button that fills the form of a new search with the settings of the run, where a search
    can have them: not those of an adaptation or of a cell taken from a front.
    """
    values = gateway.settings_of(run)
    is_known = any(scene.name == run.scene for scene in gateway.scenes())
    if not is_known or run.adapted_from or values.get("point") is not None:
        return
    st.button(
        "Search again with other settings",
        key=state.CHANGE_SETTINGS,
        on_click=_fill,
        args=(run.scene, values),
        help="Fills the form above with the settings of this run: change one, and start again. "
        "Steps that the change does not touch are used again.",
    )


def _fill(scene: str, values: dict[str, Any]) -> None:
    state.choose(state.SCENE, scene)
    st.session_state[state.SCENE_PICKER] = scene
    fill_form(values)
    st.toast("The form above holds its settings. Change one, then start.")
