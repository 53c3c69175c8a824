"""Scenes: upload a log, check what was recognised, save it, and see what kind of scene it is."""

import streamlit as st

from app import gateway, state
from app.panels.errors import as_text
from app.panels.links import link
from app.panels.scenes.log_upload import upload_log
from app.panels.scenes.scene_keeping import keep_scene
from app.panels.scenes.scene_picker import pick_scene
from app.panels.scenes.scene_report import show_scene
from app.panels.tour import show_tour

st.title("Scenes")
st.caption(
    "A scene is one interaction log and its split: per user the last item is the test item, the "
    "one before it the validation item, the rest is for training."
)
show_tour(state.asked_for(state.SCENE))
with st.container(border=True):
    st.header("Add a scene")
    upload_log()

news = st.session_state.pop(state.SCENE_NEWS, None)
if news:
    st.success(news)
scene = pick_scene()
if scene is None:
    st.stop()
state.choose(state.SCENE, scene.name)
state.forget(state.RUN)
with st.container(horizontal=True):
    # A slow save leaves the page of the scene before on screen: the link says which one it means.
    link("search", f"Start a search for {as_text(scene.name)} →", scene=scene.name)
    runs = gateway.runs(scene.name)
    if runs:
        newest = runs[0]
        name = "the example run" if newest.is_example else f"its newest run, {newest.title}"
        link("architecture", f"See {as_text(name)} →", run=newest.run)
keep_scene(scene)
show_scene(gateway.scene_details(scene.name))
