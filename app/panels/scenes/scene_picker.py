"""Choosing the scene that a page looks at or a search works on."""

import streamlit as st

from adarec.runs.records import SceneRecord
from app import gateway, state
from app.panels.links import empty_state


def pick_scene(label: str = "Scene") -> SceneRecord | None:
    """The scene in the address, else that of its run, else the last one, else the newest.

    Draws an empty state and gives None when the workspace has no scene.
    """
    scenes = {scene.name: scene for scene in gateway.scenes()}
    if not scenes:
        empty_state(
            "**No scene yet.** Upload a log first.", url_path="scenes", label="Add a scene"
        )
        return None
    asked = state.asked_for(state.SCENE)
    if asked is not None and asked not in scenes:
        st.warning("The scene in the address is not in this workspace. Choose one of these.")
    key = state.SCENE_PICKER
    if asked in scenes:
        st.session_state[key] = asked
    elif st.session_state.get(key) not in scenes:
        st.session_state[key] = next(
            (name for name in (_scene_of_run(), state.remembered(state.SCENE)) if name in scenes),
            next(iter(scenes)),
        )
    name = st.selectbox(
        label,
        list(scenes),
        format_func=lambda name: f"{name} (sample)" if scenes[name].is_sample else name,
        key=key,
        on_change=state.choose_from,
        args=(state.SCENE, key),
        help="One log with its split. Sample scenes come with the studio.",
    )
    return scenes[name]


def _scene_of_run() -> str | None:
    run_id = state.asked_for(state.RUN)
    return next((run.scene for run in gateway.runs() if run.run == run_id), None)
