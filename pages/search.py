"""Search: choose a scene, a teacher and a target, start, and watch the cell form."""

import streamlit as st

from app import gateway, state
from app.panels.errors import shown_errors
from app.panels.later import draw_alone
from app.panels.links import link
from app.panels.runs.controls import offer_controls
from app.panels.runs.job_progress import show_charts, show_status
from app.panels.runs.run_facts import show_result
from app.panels.runs.run_keeping import keep_run
from app.panels.runs.run_picker import pick_run
from app.panels.runs.run_table import list_runs, offer_list
from app.panels.runs.settings_again import offer_settings
from app.panels.runs.settings_form import (
    choose_augmentation,
    choose_preset,
    choose_settings,
    tell_time,
)
from app.panels.scenes.scene_picker import pick_scene

st.title("Search")
st.caption(
    "Trains a teacher, searches a small student's cell, distils the student and measures both. A "
    "background worker computes: this page may be closed meanwhile."
)
with st.container(border=True):
    st.header("New search")
    left, right = st.columns([1, 2])
    with left:
        scene = pick_scene()
        augment = choose_augmentation()
    with right:
        teacher, preset = choose_preset(augment)
    if scene is not None:
        overrides = choose_settings(preset, teacher, augment)
        with st.container(horizontal=True, vertical_alignment="center"):
            is_asked = st.button("Start search", key=state.START_SEARCH, type="primary")
            tell_time(scene.name, preset=preset, teacher=teacher)
        if is_asked:
            with shown_errors():
                started = gateway.start_search(
                    scene.name, preset=preset, teacher=teacher, overrides=overrides
                )
                state.choose(state.RUN, started)
                st.rerun()

everything = gateway.runs(with_archived=True)
if not everything:
    st.info(
        "No run yet. Choose a scene above and press Start search: steps, losses and the forming "
        "cell then appear here, live. The quick preset takes minutes."
    )
    st.stop()
st.header("Watch a run")
run = pick_run(
    [each for each in everything if not each.archived],
    none_yet="**Every run is archived.** Switch them on in the list below.",
    on_search_page=True,
)
if run is not None:
    show_status(run)
    offer_settings(run)
    keep_run(run)
    if run.result:
        show_result(run.result)
        offer_controls(run)
    show_charts(run)
    with st.container(horizontal=True):
        link("architecture", "Why this cell? →", run=run.run)
        link("distillation", "What did each layer learn from? →", run=run.run)
        link("tradeoffs", "What should I ship? →", run=run.run)
if run is None:
    st.header("All runs")
    draw_alone(list_runs)
else:
    offer_list()
