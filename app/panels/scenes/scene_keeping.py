"""Another name for one scene, and its deletion after a second question."""

import streamlit as st

from adarec.runs.records import SceneRecord
from app import gateway, state
from app.panels.errors import as_text, shown_errors
from app.panels.later import draw_alone, folded


def keep_scene(scene: SceneRecord) -> None:
    """The folded part that renames and deletes the scene; nothing for a sample, which stays."""
    if not scene.is_sample:
        draw_alone(_change, scene)


def _change(scene: SceneRecord) -> None:
    drawer = folded("Rename, delete", key=f"{state.KEEP_SCENE}_{scene.name}")
    if drawer is None:
        return
    with drawer:
        _rename(scene)
        _delete(scene)


def _rename(scene: SceneRecord) -> None:
    with st.form(f"rename_{scene.name}", border=False):
        name = st.text_input("New name", scene.name, key=f"{state.NEW_SCENE_NAME}_{scene.name}")
        if st.form_submit_button("Rename", key=state.RENAME_SCENE):
            with shown_errors():
                gateway.rename_scene(scene.name, name.strip())
                state.choose(state.SCENE, name.strip())
                st.rerun()


def _delete(scene: SceneRecord) -> None:
    runs = gateway.runs_on_scene(scene.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Delete …", disabled=bool(runs), key=f"ask_to_delete_scene_{scene.name}"):
            st.markdown(
                f"**Delete the scene {as_text(scene.name)}?** What was read of its log is lost; "
                "the log itself, on your disk, is not touched. Teachers and students that were "
                "made for it stay in the workspace, to be used when the log comes back."
            )
            if st.button("Delete it for good", key=state.DELETE_SCENE):
                with shown_errors():
                    gateway.delete_scene(scene.name)
                    state.forget_scene()
                    st.session_state[state.SCENE_NEWS] = (
                        f"Scene **{as_text(scene.name)}** is deleted."
                    )
                    st.rerun()
        if runs:
            named = as_text(", ".join(run.title for run in runs[:5]))
            st.caption(
                f"{len(runs):,} run(s) need this scene: {named}"
                f"{' …' if len(runs) > 5 else ''}. Delete these first, on the Search page "
                "(archived ones and adaptations too)."
            )
